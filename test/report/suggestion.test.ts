// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, expect, it } from 'vitest';
import { recordLayout, recordLayouts } from '../../src/layout/record-layouts.js';
import { suggestLayout } from '../../src/layout/suggest.js';
import { type TargetName, targetOf } from '../../src/layout/targets.js';
import { suggestionText } from '../../src/report/suggestion.js';
import { closeToolchains, programAt, toolchain } from '../support/race.js';

afterAll(closeToolchains);

async function text(stage: string, name: string, own: string, machine: TargetName = 'x86_64') {
  const { tree } = await programAt(stage);
  const target = targetOf(machine);
  const struct = await recordLayout(await toolchain(), tree, name, target);
  return suggestionText(suggestLayout(struct, target, new Set(own.split(' '))), target);
}

async function textOf(members: string, own: string) {
  const types = 'typedef unsigned char u8; typedef unsigned u32; typedef unsigned long long u64;';
  const files = new Map([['s.c', `${types} struct s { ${members} };\n`]]);
  const target = targetOf('x86_64');
  const struct = (await recordLayouts(await toolchain(), files, 's.c', target)).struct('s');
  return suggestionText(suggestLayout(struct, target, new Set(own.split(' ').filter(Boolean))), target);
}

it('is what to answer to the third patch', async () => {
  const own = 'virq_disabled bardirty needs_reset pm_intx_masked pm_runtime_engaged';
  expect(await text('base', 'vfio_pci_core_device', own)).toMatchInlineSnapshot(`
    "vfio_pci_core_device: 1464 bytes, costs 0 bytes, 5 bit-fields made whole, 3 of 45 members moved
      move      virq_disabled, bardirty after bar_mmap_supported
      move      needs_reset after ioeventfds_nr
      hole      2 bytes after bar_mmap_supported, filled exactly by virq_disabled bardirty
      hole      1 byte after sriov_active, gone
      hole      after ioeventfds_nr shrinks from 4 bytes to 3 bytes by needs_reset
      stays     vdev first: its offset is what container_of and embedding structs rely on

    struct vfio_pci_core_device {
     	…
     	bool bar_mmap_supported[6];		/*   1112   6 */
    +	bool virq_disabled;			/*   1118   1 */
    +	bool bardirty;				/*   1119   1 */
     	u8 *pci_config_map;			/*   1120   8 */
     	…
     	bool pci_2_3:1;				/* 1252:1   1 */
    -	bool virq_disabled:1;			/* 1252:2   1 */
     	bool reset_works:1;			/* 1252:2   1 */
     	bool extended_caps:1;			/* 1252:3   1 */
    -	bool bardirty:1;			/* 1252:5   1 */
     	bool has_vga:1;				/* 1252:4   1 */
    -	bool needs_reset:1;			/* 1252:7   1 */
     	bool nointx:1;				/* 1252:5   1 */
     	bool needs_pm_restore:1;		/* 1252:6   1 */
    -	bool pm_intx_masked:1;			/* 1253:2   1 */
    +	bool pm_intx_masked;			/*   1253   1 */
    -	bool pm_runtime_engaged:1;		/* 1253:3   1 */
    +	bool pm_runtime_engaged;		/*   1254   1 */
     	bool sriov_active;			/*   1255   1 */
     	…
     	int ioeventfds_nr;			/*   1272   4 */
    +	bool needs_reset;			/*   1276   1 */
     	struct vfio_pci_eventfd *err_trigger;	/*   1280   8 */
     	…
    }; /* size: 1464, holes: 2 of 7 bytes (was 4 of 11 bytes) */"
  `);
});

it('is what to answer to the fourth', async () => {
  expect(await text('base', 'mlx5_vhca_page_tracker', 'is_err object_changed')).toMatchInlineSnapshot(`
    "mlx5_vhca_page_tracker: 352 bytes, saves 8 bytes, 2 bit-fields made whole, 1 of 10 members moved
      move      status after object_changed
      hole      after object_changed shrinks from 7 bytes and 6 bits to 2 bytes by status
      hole      4 bytes at the end, gone
      stays     id first: its offset is what container_of and embedding structs rely on

    struct mlx5_vhca_page_tracker {
     	…
     	u32 pdn;				/*      4   4 */
    -	u8 is_err:1;				/*    8:0   1 */
    +	u8 is_err;				/*      8   1 */
    -	u8 object_changed:1;			/*    8:1   1 */
    +	u8 object_changed;			/*      9   1 */
    +	int status;				/*     12   4 */
     	struct mlx5_uars_page *uar;		/*     16   8 */
     	…
     	struct mlx5_nb nb;			/*    320  32 */
    -	int status;				/*    352   4 */
    }; /* size: 352 (−8), holes: 1 of 2 bytes (was 1 of 7 bytes) */"
  `);
  const own = 'deferred_reset mdev_detach log_active';
  expect(await text('base', 'mlx5vf_pci_core_device', own)).toMatchInlineSnapshot(`
    "mlx5vf_pci_core_device: 1968 bytes, costs 8 bytes, 3 bit-fields made whole, 1 of 18 members moved
      move      chunk_mode after migrate_cap
      hole      after log_active grows from 1 byte and 3 bits to 6 bytes
      stays     core_device first: its offset is what container_of and embedding structs rely on

    struct mlx5vf_pci_core_device {
     	…
     	u8 migrate_cap:1;			/* 1470:0   1 */
    +	u8 chunk_mode:1;			/* 1470:1   1 */
    -	u8 deferred_reset:1;			/* 1470:1   1 */
    +	u8 deferred_reset;			/*   1471   1 */
    -	u8 mdev_detach:1;			/* 1470:2   1 */
    +	u8 mdev_detach;				/*   1472   1 */
    -	u8 log_active:1;			/* 1470:3   1 */
    +	u8 log_active;				/*   1473   1 */
    -	u8 chunk_mode:1;			/* 1470:4   1 */
     	struct completion tracker_comp;		/*   1480  32 */
     	…
    }; /* size: 1968 (+8), holes: 1 of 6 bytes (was 1 of 1 byte) */"
  `);
});

it('says so where there is nothing to change', async () => {
  expect(await textOf('u64 a; u32 b; u8 c; u8 d;', 'c d')).toBe(
    's: 16 bytes, costs 0 bytes\n  nothing to change: no other order is smaller, and the fields are apart',
  );
});

it('says why a type is another, what stays first and last, and what else moves', async () => {
  expect(
    await textOf('u32 a:3; u32 b:1; u64 c; u32 d; u64 e; u32 f; struct { u8 x; } rest[];', 'b'),
  ).toMatchInlineSnapshot(`
    "s: 32 bytes, saves 8 bytes, 1 bit-field made whole, 1 of 7 members moved
      type      u32 b:1 to u8 b: it holds all that 1 bit can, and more
      move      f after d
      hole      after b shrinks from 7 bytes and 4 bits to 6 bytes
      hole      4 bytes after d, filled exactly by f
      hole      4 bytes at the end, gone
      stays     a first: its offset is what container_of and embedding structs rely on
      stays     rest last: it has no length of its own

    struct s {
     	u32 a:3;				/*    0:0   4 */
    -	u32 b:1;				/*    0:3   4 */
    +	u8 b;					/*      1   1 */
     	u64 c;					/*      8   8 */
     	u32 d;					/*     16   4 */
    +	u32 f;					/*     20   4 */
     	u64 e;					/*     24   8 */
    -	u32 f;					/*     32   4 */
     	struct {…} rest[];			/*     32   0 */
    }; /* size: 32 (−8), holes: 1 of 6 bytes (was 2 of 11 bytes) */"
  `);
});
