// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** Are tests over kernels' sources to look at all that there is, for many minutes? Otherwise they do at what says most. */
export const isWhole = process.env.LOSTBIT_WHOLE === '1';
