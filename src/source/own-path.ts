// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Where lostbit's own C is in a program that is made of a kernel's sources; elsewhere it is at the root. */
export const ownRoot = 'lostbit';

const inTree = new RegExp(`^${ownRoot}/`);

/** What a file of lostbit's own is called below `c-src`, in whatever program it is compiled; any other file as it is. */
export const ownPath = <Path extends string | null>(file: Path): Path =>
  (file === null ? null : file.replace(inTree, '')) as Path;
