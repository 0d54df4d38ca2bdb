// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { type KernelTree, versionText } from './kernel-tree.js';

/**
 * What it means that a unit of a kernel's sources does not compile, where a header is missing: who includes it, and where it would come
 * from. The error itself for all else.
 *
 * @param error of the compiler.
 */
export function treeError(error: LostbitError, { dir, version }: KernelTree): LostbitError {
  const [, place, line, header] =
    /^(\S+?):(\d+):\d+: fatal error: '([^'\n]+)' file not found/m.exec(error.message) ?? [];
  if (error.code !== 'E_COMPILE' || header === undefined) return error;
  const what = `${printable(place!)}:${line} includes '${printable(header)}', which is not there`;
  return new LostbitError(
    'E_TREE',
    `${printable(dir)} (Linux ${versionText(version)}): ${what}`,
    { hint: hintOfHeader(header) },
    error,
  );
}

function hintOfHeader(header: string): string {
  if (/^(?:asm|uapi\/asm)\//.test(header))
    return 'it belongs to another architecture: take units that all architectures have';
  if (/^generated\//.test(header))
    return 'a kernel’s build makes it, and lostbit makes only those that all units need: take other units';
  return 'are the sources complete? In a clone by git: git status; in an archive: unpack it again';
}
