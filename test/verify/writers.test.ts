// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, it } from 'vitest';
import { DebugInfo } from '../../src/layout/debug-info.js';
import { fieldsOf } from '../../src/layout/fields.js';
import type { FieldUse } from '../../src/layout/hazards.js';
import {
  type DriverUse,
  driverUse,
  type StructLayout,
  withRecordedSpans,
} from '../../src/layout/struct-layout.js';
import { targetOf } from '../../src/layout/targets.js';
import type { DriverAccesses } from '../../src/layout/writes.js';
import type { Build } from '../../src/toolchain/build.js';
import type { BitfieldAccess, FileTree } from '../../src/toolchain/types.js';
import { keptAccesses } from '../../src/verify/kept-accesses.js';
import { cellsOf } from '../../src/verify/verify.js';
import { catalogue } from '../../subjects/vfio-pci/scenarios/index.js';
import { build, closeToolchains, replaced } from '../support/race.js';
import { selected } from '../support/selected.js';

afterAll(closeToolchains);

const core = 'vfio_pci_core_device';
const device = 'mlx5vf_pci_core_device';
const tracker = 'mlx5_vhca_page_tracker';

interface Looked {
  readonly accesses: DriverAccesses;
  readonly build: Build;
}

const looked = new Map<string, Promise<Looked>>();

/** What the driver does over the catalogue, or in some scenarios of it. */
function look(
  stage: string,
  bitfieldAccess: BitfieldAccess,
  { only, mutate }: { only?: readonly string[]; mutate?: (tree: FileTree) => FileTree } = {},
): Promise<Looked> {
  const key = `${stage} ${bitfieldAccess} ${only?.join()} ${mutate}`;
  const known = looked.get(key) ?? lookNow(stage, bitfieldAccess, only, mutate);
  looked.set(key, known);
  return known;
}

async function lookNow(
  stage: string,
  bitfieldAccess: BitfieldAccess,
  only: readonly string[] | undefined,
  mutate: ((tree: FileTree) => FileTree) | undefined,
): Promise<Looked> {
  const scenarios = Object.keys(catalogue)
    .filter((name) => only?.includes(name) ?? true)
    .map((name) => selected(name));
  const cells = cellsOf(scenarios, [stage]).filter((cell) => cell.stage === stage);
  const builds = new Map<string, Build>();
  for (const config of [{}, ...cells.map(({ scenario }) => scenario.config ?? {})]) {
    const key = JSON.stringify(config);
    const variant = { bitfieldAccess, config, ...(mutate && { mutate }) };
    if (!builds.has(key)) builds.set(key, await build(stage, variant));
  }
  const buildOf = ({ scenario }: (typeof cells)[number]) =>
    builds.get(JSON.stringify(scenario.config ?? {}))!;
  return {
    accesses: await keptAccesses(cells, buildOf, { warn: expect.unreachable }),
    build: builds.get('{}')!,
  };
}

function useOf({ accesses, build }: Looked, tag: string): DriverUse {
  const debugInfo = DebugInfo.fromWasm(build.bytes);
  const layout: StructLayout = {
    name: 'test',
    struct: debugInfo.struct(tag),
    target: targetOf('wasm32'),
    saysAlignment: true,
    incomplete: false,
    spans: null,
    gccSpans: null,
    given: [],
  };
  return driverUse(withRecordedSpans(layout, accesses, debugInfo), 'test', accesses, debugInfo);
}

const hazards = (of: Looked, tag: string) => useOf(of, tag).hazards.map(({ fields }) => fields.join(' × '));

// The real pairs of the table of facts, as far as the catalogue has two actors write them; and the pair of close and suspend, which the
// table rules out for ioctls alone (docs/findings.md).
const real = {
  fine: ['virq_disabled × bardirty', 'pm_intx_masked × pm_runtime_engaged'],
  wide: [
    'virq_disabled × bardirty',
    'virq_disabled × pm_runtime_engaged',
    'bardirty × pm_runtime_engaged',
    'pm_intx_masked × pm_runtime_engaged',
  ],
  [device]: ['deferred_reset × mdev_detach', 'deferred_reset × log_active'],
  [tracker]: ['is_err × object_changed'],
} as const;

describe('updates that can be lost', () => {
  it.each(['fine', 'wide'] as const)('at base, %s: the real pairs, and no others', async (access) => {
    const found = await look('base', access);
    expect(hazards(found, core)).toEqual(real[access]);
    expect(hazards(found, device)).toEqual(real[device]);
    expect(hazards(found, tracker)).toEqual(real[tracker]);
    for (const tag of [core, device, tracker])
      for (const { fields, victims } of useOf(found, tag).hazards) expect(victims).toEqual(fields);
    expect(found.accesses.bounded).toEqual([]);
  });

  it('at p3: those of mlx5 alone', async () => {
    const found = await look('p3', 'fine');
    expect(hazards(found, core)).toEqual([]);
    expect(hazards(found, device)).toEqual(real[device]);
    expect(hazards(found, tracker)).toEqual(real[tracker]);
  });

  it.each(['fine', 'wide'] as const)('at p4, %s: none', async (access) => {
    const found = await look('p4', access);
    for (const tag of [core, device, tracker]) {
      expect(hazards(found, tag)).toEqual([]);
      expect(useOf(found, tag).pairs).toEqual([]);
    }
  });

  it('come back with a flag that goes back beside another', async () => {
    const only = ['intx-mask-vs-bar-write'];
    const header = 'include/linux/vfio_pci_core.h';
    const mutate = (tree: FileTree) =>
      ['virq_disabled', 'bardirty'].reduce(
        (files, flag) => replaced(files, header, `bool ${flag};`, `bool ${flag}:1;`),
        tree,
      );
    expect(hazards(await look('p4', 'fine', { only }), core)).toEqual([]);
    expect(hazards(await look('p4', 'fine', { only, mutate }), core)).toEqual(['virq_disabled × bardirty']);
  });
});

/** A row of the table of facts: the class that the series gives a flag, and its writers by what they hold and what they must not. */
interface Fact {
  readonly class: FieldUse['class'];
  readonly writers: Readonly<Record<string, { readonly holds?: string; readonly lacks?: string }>>;
}

const setUp = (...names: readonly string[]): Fact => ({
  class: 'set-up/release',
  writers: Object.fromEntries(names.map((name) => [name, {}])),
});
const atOpen: Fact = {
  class: 'set-up/release',
  writers: { vfio_pci_core_enable: { holds: 'vdev.dev_set.lock' } },
};

const coreFacts: Readonly<Record<string, Fact>> = {
  has_dyn_msix: atOpen,
  pci_2_3: atOpen,
  virq_disabled: {
    class: 'run time',
    writers: {
      vfio_basic_config_write: { lacks: 'memory_lock' },
      vfio_pci_core_disable: { holds: 'vdev.dev_set.lock' },
    },
  },
  reset_works: atOpen,
  // vfio_cap_len() of the kernel, too, runs under vfio_config_init().
  extended_caps: { class: 'set-up/release', writers: { vfio_config_init: { holds: 'vdev.dev_set.lock' } } },
  bardirty: {
    class: 'run time',
    writers: {
      vfio_config_init: { holds: 'vdev.dev_set.lock' },
      vfio_basic_config_write: { lacks: 'memory_lock' },
      vfio_basic_config_read: { lacks: 'memory_lock' },
    },
  },
  has_vga: atOpen,
  needs_reset: {
    class: 'run time',
    writers: {
      vfio_pci_core_disable: { holds: 'vdev.dev_set.lock' },
      vfio_pci_dev_set_try_reset: { holds: 'vdev.dev_set.lock' },
    },
  },
  nointx: atOpen,
  needs_pm_restore: setUp('vfio_pci_probe_power_state'),
  pm_intx_masked: {
    class: 'run time',
    writers: { vfio_pci_core_runtime_suspend: { lacks: 'memory_lock' } },
  },
  pm_runtime_engaged: {
    class: 'run time',
    writers: {
      vfio_pci_runtime_pm_entry: { holds: 'memory_lock' },
      vfio_pci_runtime_pm_exit: { holds: 'memory_lock' },
      vfio_pci_core_runtime_resume: { holds: 'memory_lock' },
    },
  },
  sriov_active: {
    class: 'run time',
    writers: { vfio_pci_core_sriov_configure: { holds: 'pdev.dev.mutex' } },
  },
};

const deviceFacts: Readonly<Record<string, Fact>> = {
  migrate_cap: {
    class: 'set-up/release',
    writers: { mlx5vf_cmd_set_migratable: { holds: 'mdev.intf_state_mutex' } },
  },
  chunk_mode: {
    class: 'set-up/release',
    writers: { mlx5vf_cmd_set_migratable: { holds: 'mdev.intf_state_mutex' } },
  },
  mdev_detach: { class: 'run time', writers: { mlx5fv_vf_event: { holds: 'state_mutex' } } },
  log_active: {
    class: 'run time',
    writers: {
      mlx5vf_start_page_tracker: { holds: 'state_mutex' },
      _mlx5vf_free_page_tracker_resources: { holds: 'state_mutex' },
      mlx5vf_stop_page_tracker: { holds: 'state_mutex' },
    },
  },
  deferred_reset: {
    class: 'run time',
    writers: {
      mlx5vf_pci_aer_reset_done: { holds: 'reset_lock', lacks: 'state_mutex' },
      mlx5vf_state_mutex_unlock: { holds: 'reset_lock' },
    },
  },
};

// A report that ends in an error is the one writer of the table that the stub's firmware never leads to.
const trackerFacts: Readonly<Record<string, Fact>> = {
  is_err: {
    class: 'run time',
    writers: {
      set_tracker_error: { lacks: 'state_mutex' },
      mlx5vf_event_notifier: { lacks: 'state_mutex' },
      mlx5vf_start_page_tracker: { holds: 'state_mutex' },
    },
  },
  object_changed: {
    class: 'run time',
    writers: {
      mlx5vf_event_notifier: { lacks: 'state_mutex' },
      mlx5vf_tracker_read_and_clear: { holds: 'state_mutex' },
      mlx5vf_start_page_tracker: { holds: 'state_mutex' },
    },
  },
};

describe('who writes which flag, holding what, is what the facts say', () => {
  const expectFacts = (of: Looked, tag: string, facts: Readonly<Record<string, Fact>>) => {
    const { uses } = useOf(of, tag);
    for (const [path, fact] of Object.entries(facts)) {
      const use = uses.find((one) => one.path === path);
      expect(use?.class, path).toBe(fact.class);
      const names = new Set(use!.writers.map(({ function: name, inside }) => inside ?? name));
      expect([...names].sort(), path).toEqual(Object.keys(fact.writers).sort());
      for (const { function: name, inside, locks } of use!.writers) {
        const { holds, lacks } = fact.writers[inside ?? name]!;
        const alone = locks.filter(({ shared }) => !shared).map((lock) => lock.name);
        if (holds !== undefined) expect(alone, `${path} in ${name}`).toContain(holds);
        if (lacks !== undefined) expect(alone, `${path} in ${name}`).not.toContain(lacks);
      }
    }
  };

  it('at base, and no flag is left out', async () => {
    const found = await look('base', 'fine');
    expectFacts(found, core, coreFacts);
    expectFacts(found, device, deviceFacts);
    expectFacts(found, tracker, trackerFacts);
    for (const [tag, facts] of [
      [core, coreFacts],
      [device, deviceFacts],
      [tracker, trackerFacts],
    ] as const) {
      const struct = DebugInfo.fromWasm(found.build.bytes).struct(tag);
      for (const { path, bits } of fieldsOf(struct))
        if (bits !== null) expect(Object.keys(facts), tag).toContain(path);
    }
  });

  it('the contexts, and that nothing is held where the table says so', async () => {
    const found = useOf(await look('base', 'fine'), core);
    const writers = (path: string) => found.uses.find((use) => use.path === path)!.writers;
    expect(writers('pm_intx_masked')).toMatchObject([{ context: 'workqueue', locks: [], phase: 'run time' }]);
    for (const path of ['virq_disabled', 'bardirty'])
      for (const { locks, phase } of writers(path)) if (phase === 'run time') expect(locks).toEqual([]);
    const { uses } = useOf(await look('base', 'fine'), tracker);
    const errors = uses.find(({ path }) => path === 'is_err')!.writers;
    expect(errors.find(({ context }) => context === 'irq')).toMatchObject({ locks: [] });
  });

  it('of mlx5 at p4 and of the core at p5, where the marks have a byte each', async () => {
    // A byte of its own is written where the mark is made and where it is taken, which is one function by then.
    const { deferred_reset: _, ...others } = deviceFacts;
    expectFacts(await look('p4', 'fine'), device, others);
    // At base one store stands for both of its marks, and is of no function but the notifier.
    const { is_err, object_changed } = trackerFacts;
    const { mlx5vf_event_notifier: _notifier, ...errors } = is_err!.writers;
    expectFacts(await look('p4', 'fine'), tracker, {
      is_err: { ...is_err!, writers: errors },
      object_changed: object_changed!,
    });
  });

  it('latched parameters are written before anybody can use the device', async () => {
    expectFacts(await look('p3', 'fine'), core, {
      ...coreFacts,
      disable_idle_d3: setUp('vfio_pci_core_init_dev'),
    });
    const init = setUp('vfio_pci_init_dev');
    expectFacts(await look('p5', 'fine'), core, {
      ...coreFacts,
      disable_idle_d3: init,
      nointxmask: init,
      disable_vga: init,
    });
  });
});

describe('pairs that share bytes', () => {
  const pairs = async (access: BitfieldAccess) =>
    Object.fromEntries(
      useOf(await look('base', access), core).pairs.map(({ fields, ...rest }) => [fields.join(' × '), rest]),
    );

  it('are those of the table of facts, each real or with the scenarios that always order it', async () => {
    const fine = await pairs('fine');
    expect(Object.keys(fine).sort()).toEqual([
      'bardirty × needs_reset',
      'pm_intx_masked × pm_runtime_engaged',
      'virq_disabled × bardirty',
      'virq_disabled × needs_reset',
    ]);
    expect(fine['virq_disabled × needs_reset']).toMatchObject({ verdict: 'no', locks: [] });
    expect(fine['virq_disabled × needs_reset']!.together).toContain('close-vs-sibling-open');
    const wide = await pairs('wide');
    expect(Object.keys(wide)).toHaveLength(10);
    expect(wide['needs_reset × pm_intx_masked']).toEqual({
      verdict: 'no',
      locks: [],
      together: ['close-vs-suspend'],
    });
    expect(wide['virq_disabled × pm_intx_masked']).toMatchObject({ verdict: 'no' });
    expect(wide['needs_reset × pm_runtime_engaged']).toMatchObject({ verdict: 'unseen', together: [] });
    for (const [name, { verdict }] of Object.entries(wide))
      expect(verdict === 'real', name).toBe((real.wide as readonly string[]).includes(name));
  });

  it('of mlx5: what the state mutex orders', async () => {
    const found = useOf(await look('base', 'fine'), device).pairs;
    expect(found.find(({ fields }) => fields.join() === 'mdev_detach,log_active')).toMatchObject({
      verdict: 'no',
      locks: ['state_mutex'],
    });
  });
});
