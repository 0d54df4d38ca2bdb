// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Build } from '../../src/toolchain/build.js';
import { build, replaced, type Variant } from './race.js';

/** The bare flags, as they come with lostbit. */
export const flagsBuild = (variant: Variant = {}): Promise<Build> =>
  build('base', { ...variant, subject: 'bare-flags' });

const flags = 'subjects/bare-flags/flags.c';

/** Another body of the op that counts, and more C before it. */
export const counts = (body: string, before = ''): Variant => ({
  mutate: (tree) => {
    const other = replaced(tree, flags, '\treturn ++count;\n', `${body}\n`);
    return replaced(other, flags, '#include "lab/op.h"\n', `#include "lab/op.h"\n${before}`);
  },
});

/** More C, in a file of its own. */
export const withMore = (code: string): Variant => ({
  mutate: (tree) => new Map(tree).set('subjects/bare-flags/more.c', code),
});

/** Two locks, F and G, and ops that take and give them. */
export const locks = withMore(`
#include "kernel/stub.h"
#include "lab/op.h"

struct lock { u32 count; };
LAB_ROOT(struct lock, F);
LAB_ROOT(struct lock, G);

LAB_OP(take, bool g)
{
	stub_acquire(g ? &G.count : &F.count, 1, 1);
	return 0;
}

LAB_OP(give, bool g)
{
	stub_release(g ? &G.count : &F.count, 1);
	return 0;
}
`);
