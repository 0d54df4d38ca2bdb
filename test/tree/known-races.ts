// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Edits, each, fieldsAgain, member, noMember, unlocked } from './edits.js';
import type { TreeName } from './trees.js';

/** A race of the gallery in the sources that it was in. */
export interface KnownRace {
  readonly name: string;
  readonly tree: TreeName;
  /** Which of the two states the sources are in; the other one is made of them. */
  readonly as: 'racy' | 'fixed';
  readonly edits: Edits;
  readonly units: readonly string[];
  readonly struct: string;
  /** Fields of which the one's writers can lose what the other's have written. */
  readonly pairs: readonly (readonly [string, string])[];
}

const bridge = { BR_FDB_LOCAL: 'is_local', BR_FDB_ADDED_BY_EXT_LEARN: 'added_by_external_learn' };
const mbcache = { MBE_REFERENCED_B: 'e_referenced', MBE_REUSABLE_B: 'e_reusable' };

export const knownRaces: readonly KnownRace[] = [
  {
    name: 'bridge-fdb-local',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'net/bridge/br_private.h': [
        each(
          /(struct net_bridge_fdb_entry \{[^}]*?)(unsigned long\s+flags;)/,
          '$1$2\nunsigned char is_local:1, added_by_external_learn:1;',
        ),
      ],
      'net/bridge/br_fdb.c': [fieldsAgain('flags', bridge)],
    },
    units: ['net/bridge/br_fdb.c'],
    struct: 'net_bridge_fdb_entry',
    pairs: [['is_local', 'added_by_external_learn']],
  },
  {
    name: 'mbcache-reusable',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'include/linux/mbcache.h': [
        member('unsigned long e_flags', 'unsigned long e_flags; u32 e_referenced:1; u32 e_reusable:1;'),
      ],
      'fs/mbcache.c': [fieldsAgain('e_flags', mbcache)],
      'fs/ext4/xattr.c': [fieldsAgain('e_flags', mbcache)],
    },
    units: ['fs/mbcache.c', 'fs/ext4/xattr.c'],
    struct: 'mb_cache_entry',
    pairs: [['e_referenced', 'e_reusable']],
  },
  {
    name: 'mmc-host-claimed',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'include/linux/mmc/host.h': [
        noMember('bool claimed'),
        noMember('bool retune_now'),
        member(
          'unsigned int use_spi_crc:1',
          'unsigned int use_spi_crc:1; unsigned int claimed:1; unsigned int retune_now:1;',
        ),
      ],
    },
    units: ['drivers/mmc/core/core.c', 'drivers/mmc/core/queue.c'],
    struct: 'mmc_host',
    pairs: [['claimed', 'retune_now']],
  },
  {
    name: 'packet-running',
    tree: '6.1.170',
    as: 'fixed',
    edits: {
      'net/packet/internal.h': [
        member('unsigned int running', 'unsigned int running:1, auxdata:1, origdev:1;'),
      ],
      'net/packet/af_packet.c': [
        each(/packet_sock_flag_set\(po, PACKET_SOCK_AUXDATA, val\)/, 'po->auxdata = !!val'),
        each(/packet_sock_flag_set\(po, PACKET_SOCK_ORIGDEV, val\)/, 'po->origdev = !!val'),
      ],
    },
    units: ['net/packet/af_packet.c'],
    struct: 'packet_sock',
    pairs: [
      ['running', 'auxdata'],
      ['auxdata', 'origdev'],
    ],
  },
  {
    name: 'pci-is-added',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'include/linux/pci.h': [
        member('unsigned int is_busmaster:1', 'unsigned int is_added:1; unsigned int is_busmaster:1;'),
      ],
      'drivers/pci/pci.h': [fieldsAgain('priv_flags', { PCI_DEV_ADDED: 'is_added' })],
    },
    units: ['drivers/pci/bus.c', 'drivers/pci/pci.c'],
    struct: 'pci_dev',
    pairs: [['is_added', 'is_busmaster']],
  },
  {
    name: 'pm-work-in-progress',
    tree: '7.2.13',
    as: 'fixed',
    edits: {
      'include/linux/pm.h': [
        noMember('bool work_in_progress'),
        member('bool no_pm_callbacks:1', 'bool no_pm_callbacks:1; bool work_in_progress:1;'),
      ],
    },
    units: ['drivers/base/power/main.c'],
    struct: 'dev_pm_info',
    pairs: [['wakeup_path', 'work_in_progress']],
  },
  {
    name: 'rdma-cma-options',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'drivers/infiniband/core/cma.c': [
        unlocked(
          'mutex_lock\\(&id_priv->qp_mutex\\)',
          'tos_set = true',
          'mutex_unlock\\(&id_priv->qp_mutex\\)',
        ),
        unlocked(
          'mutex_lock\\(&id_priv->qp_mutex\\)',
          'timeout_set = true',
          'mutex_unlock\\(&id_priv->qp_mutex\\)',
        ),
      ],
    },
    units: ['drivers/infiniband/core/cma.c'],
    struct: 'rdma_id_private',
    pairs: [['tos_set', 'timeout_set']],
  },
  {
    name: 'scsi-async-scan',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'drivers/scsi/scsi_scan.c': [
        unlocked(
          'spin_lock_irqsave\\(shost->host_lock, flags\\)',
          'async_scan = [01]',
          'spin_unlock_irqrestore\\(shost->host_lock, flags\\)',
        ),
      ],
    },
    units: ['drivers/scsi/scsi_error.c', 'drivers/scsi/scsi_scan.c'],
    struct: 'Scsi_Host',
    pairs: [['tmf_in_progress', 'async_scan']],
  },
  {
    name: 'smb-cached-fid',
    tree: '6.12.117',
    as: 'fixed',
    edits: {
      'fs/smb/client/cached_dir.h': ['has_lease', 'is_open', 'on_list', 'file_all_info_is_valid'].map(
        (name) => member(`bool ${name}`, `bool ${name}:1;`),
      ),
    },
    units: ['fs/smb/client/cached_dir.c'],
    struct: 'cached_fid',
    pairs: [
      ['has_lease', 'is_open'],
      ['is_open', 'on_list'],
    ],
  },
  {
    name: 'tick-idle-flags',
    tree: '6.1.170',
    as: 'racy',
    edits: {
      'kernel/time/tick-sched.h': [
        noMember('unsigned int got_idle_tick : 1'),
        member('unsigned int stalled_jiffies', 'unsigned int stalled_jiffies; unsigned int got_idle_tick;'),
      ],
    },
    units: ['kernel/time/tick-sched.c'],
    struct: 'tick_sched',
    pairs: [['idle_active', 'got_idle_tick']],
  },
];
