// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Build } from '../../src/toolchain/build.js';
import type { Step } from '../../subjects/vfio-pci/steps.js';
import { doesPart, withParts } from './parts.js';
import { build } from './race.js';

/** What a step does to memory, in C. */
const parts = {
  nothing: '',
  'have none': 'thing = NULL;',
  make: 'thing = kzalloc(sizeof(*thing), GFP_KERNEL);',
  free: 'give_back(thing);',
  'free under lock': 'mutex_lock(&v->igate); give_back(thing); thing = NULL; mutex_unlock(&v->igate);',
  use: 'thing->count++;',
  'use under lock': 'mutex_lock(&v->igate); if (thing) thing->count++; mutex_unlock(&v->igate);',
  'free and use': 'struct thing *mine = kzalloc(sizeof(*mine), GFP_KERNEL); give_back(mine); mine->count++;',
  'use and free': 'struct thing *mine = kzalloc(sizeof(*mine), GFP_KERNEL); mine->count++; give_back(mine);',
  'free twice': 'struct thing *mine = kzalloc(sizeof(*mine), GFP_KERNEL); give_back(mine); give_back(mine);',
  'index at the end': 'WRITE_ONCE(place, 4);',
  'index behind the end': 'WRITE_ONCE(place, 8);',
  'write at index': '((volatile u8 *)thing->last)[READ_ONCE(place)] = 7;',
  'make unwritten': 'thing = kmalloc(sizeof(*thing), GFP_KERNEL);',
  write: 'thing->count = 7; thing->other = 7;',
  read: 'return test(READ_ONCE(thing->count));',
  'read plainly': 'if (thing->count == 3) return 1; return 0;',
  'set flags': 'thing->flag = 1; thing->mark = 1;',
  'test flags': 'return test(thing->flag && thing->mark);',
  'copy it': 'struct thing *copy = kmalloc(sizeof(*copy), GFP_KERNEL); *copy = *thing; copies = copy;',
  'read the copy': 'return test(copies->count);',
  'drop the copy': 'give_back(copies);',
  'make, hand out, write':
    'struct thing *mine = kmalloc(sizeof(*mine), GFP_KERNEL); WRITE_ONCE(thing, mine); WRITE_ONCE(mine->count, 7);',
  'make, write, hand out':
    'struct thing *mine = kmalloc(sizeof(*mine), GFP_KERNEL); WRITE_ONCE(mine->count, 7); WRITE_ONCE(thing, mine);',
  'read if there':
    'struct thing *there = READ_ONCE(thing); return there ? test(READ_ONCE(there->count)) : 0;',
  'hand out a local': 'hand_out_and_take_back();',
  'hand out a local under lock': 'hand_out_under_lock(v);',
  'leave a local behind': 'hand_out();',
  'use the local': 'u32 *there = READ_ONCE(local); if (there) WRITE_ONCE(*there, 7);',
  'use the local under lock': 'mutex_lock(&v->igate); if (local) *local = 7; mutex_unlock(&v->igate);',
  'much depth': 'WRITE_ONCE(depth, 1000);',
  'little depth': 'WRITE_ONCE(depth, 3);',
  'go as deep': 'return deep(READ_ONCE(depth));',
  'go deep': 'return deep(1000);',
  'go less deep': 'return deep(100);',
  'nest deeply': 'return nest(12000);',
  'nest less deeply': 'return nest(12);',
} as const;

export type MemoryPart = keyof typeof parts;

const helpers = `
struct thing { u32 count; u32 other; u8 flag:1; u8 mark:1; u32 more[40]; u8 last[5]; };
static struct thing *thing, *copies;
static u32 *local;
static u32 place, depth, rest;

static __attribute__((__noinline__)) void give_back(struct thing *it) { kfree(it); }
static __attribute__((__noinline__)) u32 test(u32 value) { return value == 3; }
static __attribute__((__noinline__)) void hand_out(void)
{
	u32 own = 1;

	WRITE_ONCE(local, &own);
	WRITE_ONCE(rest, own);
}
static __attribute__((__noinline__)) void hand_out_and_take_back(void)
{
	u32 own = 1;

	WRITE_ONCE(local, &own);
	WRITE_ONCE(rest, READ_ONCE(own));
	WRITE_ONCE(local, NULL);
}
static __attribute__((__noinline__)) void hand_out_under_lock(struct vfio_pci_core_device *v)
{
	u32 own = 1;

	mutex_lock(&v->igate); local = &own; mutex_unlock(&v->igate);
	mutex_lock(&v->igate); local = NULL; mutex_unlock(&v->igate);
}
static __attribute__((__noinline__)) u32 deep(u32 n)
{
	volatile u32 room[64];

	room[n & 63] = n;
	return n ? deep(n - 1) + room[n & 63] : 0;
}
static __attribute__((__noinline__)) u32 nest(u32 n)
{
	u32 below = n ? nest(n - 1) : READ_ONCE(rest);

	return below * 3 + n;
}

`;

const headers = ['atomic', 'bug', 'compiler', 'slab', 'string', 'vfio_pci_core'];

/** The driver at a stage, with an op that does any of the parts. */
export const memoryBuild = (stage = 'base'): Promise<Build> =>
  build(stage, { mutate: (tree) => withParts(tree, parts, headers, helpers) });

export const does = (part: MemoryPart): Step<'A'> => doesPart(parts, part);
