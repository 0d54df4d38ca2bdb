// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { expect, test } from 'vitest';
import { ownPath, ownRoot } from '../../src/source/own-path.js';

test.each<[string | null, string | null]>([
  [`${ownRoot}/kernel/slab.c`, 'kernel/slab.c'],
  ['kernel/slab.c', 'kernel/slab.c'],
  [`${ownRoot}/${ownRoot}/slab.c`, `${ownRoot}/slab.c`],
  // A kernel's own folders may be called so as well.
  [`drivers/${ownRoot}/core.c`, `drivers/${ownRoot}/core.c`],
  [`${ownRoot}.c`, `${ownRoot}.c`],
  [`${ownRoot}s/a.c`, `${ownRoot}s/a.c`],
  ['', ''],
  [null, null],
])('%j is called %j below c-src', (file, path) => {
  expect(ownPath(file)).toBe(path);
});
