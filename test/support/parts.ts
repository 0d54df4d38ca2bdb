// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FileTree } from '../../src/toolchain/types.js';
import type { DeviceStep } from '../../subjects/vfio-pci/steps.js';

/** Where the parts are, and what they are in. */
export const partsFile = 'subjects/vfio-pci/parts.c';
export const partsFunction = 'op_part';

/** C by names. */
type Parts = Readonly<Record<string, string>>;

/**
 * vfio-pci with one op more, which does one of some parts: `v` is the device's `struct vfio_pci_core_device` there.
 *
 * @param headers of <linux/…> that they need.
 * @param before C that stands before the op.
 */
export function withParts(tree: FileTree, parts: Parts, headers: readonly string[], before = ''): FileTree {
  const includes = headers.map((name) => `#include <linux/${name}.h>\n`).join('');
  const cases = Object.values(parts).map((code, i) => `\tcase ${i}: {\n\t\t${code}\n\t\treturn 0;\n\t}\n`);
  const op = `LAB_OP(part, u32 device, u32 which, u32 index)
{
\tstruct vfio_pci_core_device *v = slots[device].vdev;

\tswitch (which) {
${cases.join('')}\t}
\treturn -EINVAL;
}
`;
  const own = '#include "lab/op.h"\n#include "subjects/vfio-pci/ops/slots.h"\n';
  return new Map(tree).set(partsFile, `#include <linux/errno.h>\n${includes}${own}${before}${op}`);
}

/** A step that does a part. */
export const doesPart = <P extends Parts>(parts: P, part: keyof P & string): DeviceStep<'A'> => ({
  op: 'part',
  device: 'A',
  args: [Object.keys(parts).indexOf(part)],
});
