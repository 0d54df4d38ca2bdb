// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
// A command that wants more memory than there is.
const all = [];
for (;;) all.push(new Array(1000).fill(all.length));
