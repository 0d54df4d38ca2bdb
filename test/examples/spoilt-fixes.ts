// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Makes of a race's fix one that looks like it and does not end the race; the patch keeps its number of lines. */
type Spoiling = (patch: string) => string;

/** Flags that the fix makes bools or words of their own are bits again. */
const asBits: Spoiling = (patch) => patch.replace(/^\+\t(bool|unsigned int) (\w+);/gm, '+\t$1 $2:1;');

/** Bits are changed by a load and a store. */
const notAtomic: Spoiling = (patch) => patch.replace(/\b(set_bit|clear_bit)\(/g, '__$1(');

/** The flag is no bit of an atomic word, but of the byte that it was a bit of before. */
const anotherBit =
  (bit: string, flag: string): Spoiling =>
  (patch) =>
    patch.replace(`set_bit(${bit});`, `${flag} = 1;`).replaceAll(`test_bit(${bit})`, flag);

/** A lock is not taken. */
const without =
  (lock: string): Spoiling =>
  (patch) =>
    patch
      .split('\n')
      .map((line) => (line.startsWith('+') && line.includes(`lock(${lock});`) ? '+\t;' : line))
      .join('\n');

/** A lock is taken by name only, or with interrupts on. */
const lockingBy =
  (lock: string, unlock: string): Spoiling =>
  (patch) =>
    patch
      .replace(/^\+(\t+)\w+_irqsave\((.*), flags\);$/m, `+$1${lock} flags = 0;`)
      .replace(/^\+(\t+)\w+_irqrestore\((.*), flags\);$/m, `+$1${unlock} (void)flags;`);

/** By the race's folder. */
export const spoilt: Readonly<Record<string, Spoiling>> = {
  'als4000-rate-lock': without('&chip->reg_lock'),
  'brcmstb-l2-mask': lockingBy('raw_spin_lock($2);', 'raw_spin_unlock($2);'),
  'bridge-fdb-local': anotherBit('BR_FDB_LOCAL, &fdb->flags', 'fdb->is_sticky'),
  'btrfs-inode-flags': notAtomic,
  'cpuset-spread-flags': (patch) =>
    patch
      .replace(/set_bit\((PFA_SPREAD_PAGE), .*\);/, 'tsk->flags |= 1 << $1;')
      .replace(/test_bit\((PFA_SPREAD_PAGE), .*\);/, 'tsk->flags & 1 << $1;'),
  'leds-blink-flags': notAtomic,
  'mbcache-reusable': notAtomic,
  'mmc-host-claimed': asBits,
  'packet-running': (patch) => without('&po->sk_lock')(asBits(patch)),
  'pci-is-added': anotherBit('PCI_DEV_ADDED, &dev->priv_flags', 'dev->transparent'),
  'pm-work-in-progress': asBits,
  'rdma-cma-options': without('&id_priv->qp_mutex'),
  'scsi-async-scan': lockingBy('', ''),
  'smb-cached-fid': asBits,
  'tick-idle-flags': (patch) =>
    patch.replace(/^( .*idle_calls;\n)\+(.*)got_idle_tick;\n/m, '+$2got_idle_tick:1;\n$1'),
  'tty-flow-bits': (patch) =>
    patch.replace(/^\+\tint (.*), (.*), (.*), (.*);$/m, '+\tunsigned int $1:1, $2:1, $3:1, $4:1;'),
  'xfs-log-item-flags': notAtomic,
};
