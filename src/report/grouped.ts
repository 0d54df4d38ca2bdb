// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** A whole number with separators: 12,345. */
export const grouped = (value: number) =>
  // What knows all languages takes 30 ms to start.
  String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
