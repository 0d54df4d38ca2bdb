// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { openLayouts } from '../src/layout/open-layouts.js';
import { paholeText } from '../src/report/pahole.js';

// node dist/bench/layout-once.js FILE STRUCT      how long its text takes, as JSON

const [file = '', name = ''] = process.argv.slice(2);
const started = performance.now();
const source = await openLayouts(file);
const struct = source.struct(name);
const text = paholeText(struct, { target: source.target });
const seconds = (performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, members: struct.members.length, characters: text.length }));
