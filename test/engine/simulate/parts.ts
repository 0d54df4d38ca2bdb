// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { RaceScenario } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import type { FileTree } from '../../../src/toolchain/types.js';
import {
  bind,
  intxEnable,
  load,
  open,
  type RaceDefinition,
  type Step,
} from '../../../subjects/vfio-pci/index.js';
import { doesPart, withParts } from '../../support/parts.js';
import { build } from '../../support/race.js';
import { raceOf } from '../../support/vfio.js';

/** What an actor does in a step, `v` being the device's `struct vfio_pci_core_device`, in C. */
const parts = {
  count: 'v->ioeventfds_nr++;',
  'count under igate': 'mutex_lock(&v->igate); v->ioeventfds_nr++; mutex_unlock(&v->igate);',
  'count under ioeventfds_lock':
    'mutex_lock(&v->ioeventfds_lock); v->ioeventfds_nr++; mutex_unlock(&v->ioeventfds_lock);',
  'count for a reader': 'down_read(&v->memory_lock); v->ioeventfds_nr++; up_read(&v->memory_lock);',
  'count for a writer': 'down_write(&v->memory_lock); v->ioeventfds_nr++; up_write(&v->memory_lock);',
  'count if igate is free': 'if (mutex_trylock(&v->igate)) { v->ioeventfds_nr++; mutex_unlock(&v->igate); }',
  bump: 'bump(v);',
  'bump under igate': 'mutex_lock(&v->igate); bump(v); mutex_unlock(&v->igate);',
  'set bardirty': 'v->bardirty = true;',
  'set virq_disabled': 'v->virq_disabled = true;',
  'test bardirty': 'return v->bardirty;',
  'test virq_disabled': 'return v->virq_disabled;',
  'set bardirty under igate': 'mutex_lock(&v->igate); v->bardirty = true; mutex_unlock(&v->igate);',
  'set virq_disabled under igate': 'mutex_lock(&v->igate); v->virq_disabled = true; mutex_unlock(&v->igate);',
  'read rbar[1]': 'return v->rbar[1];',
  'write a byte of rbar[1]': '((volatile u8 *)&v->rbar[1])[2] = 7;',
  'write rbar[2]': 'v->rbar[2] = 7;',
  'copy all of config space': 'u8 to[256]; memcpy(to, v->vconfig, 256); return to[index & 255];',
  'write a byte of config space': 'v->vconfig[0x50] = 7;',
  'mark irq_type': 'WRITE_ONCE(v->irq_type, 7);',
  'look at irq_type': 'return READ_ONCE(v->irq_type);',
  'write irq_type': 'v->irq_type = 7;',
  'add to irq_type': '__atomic_fetch_add(&v->irq_type, 1, __ATOMIC_SEQ_CST);',
  publish: 'v->num_regions = 7; WRITE_ONCE(v->irq_type, 7);',
  'publish plainly': 'v->num_regions = 7; *(volatile int *)&v->irq_type = 7;',
  consume: 'return READ_ONCE(v->irq_type) == 7 ? v->num_regions : 0;',
  complete: 'v->num_regions = 7; complete(&v->vdev.comp);',
  'complete early': 'complete(&v->vdev.comp); v->num_regions = 7;',
  wait: 'wait_for_completion(&v->vdev.comp); return v->num_regions;',
  'igate, ioeventfds_lock':
    'mutex_lock(&v->igate); mutex_lock(&v->ioeventfds_lock); mutex_unlock(&v->ioeventfds_lock); mutex_unlock(&v->igate);',
  'ioeventfds_lock, igate':
    'mutex_lock(&v->ioeventfds_lock); mutex_lock(&v->igate); mutex_unlock(&v->igate); mutex_unlock(&v->ioeventfds_lock);',
  'spin on irq_type': 'while (READ_ONCE(v->irq_type) != 7) ;',
  'trap if irq_type': 'if (READ_ONCE(v->irq_type) == 7) __builtin_trap();',
  'trap at once': '__builtin_trap();',
  'usage-underflow':
    'if (READ_ONCE(v->irq_type) == 7) { atomic_set(&v->pdev->dev.power.usage_count, 0); pm_runtime_put(&v->pdev->dev); }',
  'lock-left-held': 'if (READ_ONCE(v->irq_type) == 7) mutex_lock(&v->igate);',
  'lock-not-held': 'if (READ_ONCE(v->irq_type) == 7) mutex_unlock(&v->igate);',
  'double-free': 'if (READ_ONCE(v->irq_type) == 7) { void *p = kmalloc(8, GFP_KERNEL); kfree(p); kfree(p); }',
  warned: 'WARN_ON(READ_ONCE(v->irq_type) == 7);',
  refuse: 'return -EBUSY;',
  'refuse if irq_type': 'return READ_ONCE(v->irq_type) == 7 ? -EBUSY : 0;',
  nothing: '',
} as const;

export type Part = keyof typeof parts;

const headers = ['atomic', 'bug', 'compiler', 'completion', 'pm_runtime', 'slab', 'string', 'vfio_pci_core'];
const bump =
  'static __attribute__((__noinline__)) void bump(struct vfio_pci_core_device *v)\n{\n\tv->ioeventfds_nr++;\n}\n\n';

/** The driver at a stage, with an op that does any of the parts. */
export const partsBuild = (
  stage: string,
  mutate: (tree: FileTree) => FileTree = (tree) => tree,
): Promise<Build> => build(stage, { mutate: (tree) => mutate(withParts(tree, parts, headers, bump)) });

/** A step of an actor. */
export const does = (part: Part): Step<'A'> => doesPart(parts, part);

/** Actors a, b, … of such steps, on a device that is in use; whatever comes out is fine. */
export function scenarioOf(
  actors: readonly (readonly (Part | Step)[])[],
  more: Partial<RaceDefinition<string, string, string>> = {},
): RaceScenario {
  return raceOf({
    title: 'parts',
    devices: { A: { intx: true } },
    setup: [load('vfio-pci'), bind('A'), open('A'), intxEnable('A')],
    actors: Object.fromEntries(
      actors.map((steps, i) => [
        String.fromCharCode(97 + i),
        steps.map((step) => (typeof step === 'string' ? does(step) : step)),
      ]),
    ),
    observe: { irq_type: 'A.irq_type' },
    outcomes: [{ when: {}, grade: 'acceptable', note: 'whatever' }],
    ...more,
  });
}
