// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** A whole number with separators: 12,345. */
export const grouped = (value: number) => Math.round(value).toLocaleString('en-US');
