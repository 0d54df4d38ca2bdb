// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import bareFlags from './bare-flags/subject.js';
import vfioPci from './vfio-pci/subject.js';

/** The subjects that come with lostbit, each by the name of its directory here. The first one is what is tested by default. */
export const embedded = { 'vfio-pci': vfioPci, 'bare-flags': bareFlags };
