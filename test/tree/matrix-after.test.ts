// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describeMatrix } from './matrix.js';
import { debianTree } from './trees.js';

// Sources that have the series, or what the stable ones took of it.
const findings = {
  'any-failure-while-binding-vga':
    'where a container’s group cannot be made, vfio_create_group() warns of a reference that is still held',
};
const most = ['p1', 'p2', 'p3', 'p4'];

describeMatrix({ name: '7.2.13', has: [...most, 'p5'], findings }, debianTree('7.2.13'));
describeMatrix({ name: '6.12.117', has: most, findings }, debianTree('6.12.117'));
describeMatrix({ name: '6.1.192', has: most, findings }, debianTree('6.1.192'));
