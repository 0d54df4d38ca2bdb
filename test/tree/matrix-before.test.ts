// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describeMatrix } from './matrix.js';
import { debianTree } from './trees.js';

// Sources from before the series. Those of 6.1.170 have no bit-fields yet that could lose anything. Neither has
// a flag that says whether there are virtual functions.
const lacks = ['vfs-vs-power-state-write'];
describeMatrix({ name: '6.12.95', has: [], lacks }, debianTree('6.12.95'));
describeMatrix({ name: '6.1.170', has: ['p3'], lacks }, debianTree('6.1.170'));
