// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isExcerptOf, shownIn, strayCode } from '../support/document.js';
import { lostbit, root } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** A document's commands of lostbit; `npm start` is shown with the matrix, and tested with it. */
const documents = ['README.md', 'docs/subjects.md', 'docs/layout.md'];
const commands = documents.flatMap((file) =>
  shownIn(file).flatMap(({ command, outputs }) => {
    const [, line] = /^npx lostbit (.*)$/.exec(command) ?? [];
    return line === undefined ? [] : [{ file, line, outputs }];
  }),
);

test.each(documents)('%s shows commands', (file) => {
  expect(commands.filter((one) => one.file === file).length).toBeGreaterThan(0);
});

test.each(commands)('$file: $line', async ({ line, outputs }) => {
  const { stdout, stderr, status } = await quickly(line.split(' '));
  expect(status, stdout + stderr).toBe(0);
  for (const lines of outputs) expect(isExcerptOf(lines, stdout)).toBeNull();
});

test.each(['README.md', 'docs/subjects.md', 'docs/vfio-pci.md'])(
  '%s: code stands there as it is in its file',
  (file) => {
    expect(strayCode(file)).toEqual([]);
  },
);

test('an excerpt is in the order of the output, and whole where no ellipsis stands', () => {
  const output = 'one\ntwo\nthree\n';
  expect(isExcerptOf(['one', 'two', 'three'], output)).toBeNull();
  expect(isExcerptOf(['one', '…', 'three'], output)).toBeNull();
  expect(isExcerptOf(['one', 'three'], output)).toMatch(/lacks: three/);
  expect(isExcerptOf(['one', 'two'], output)).toMatch(/goes on: three/);
  expect(isExcerptOf(['…', 'two', 'one'], output)).toMatch(/lacks: one/);
});

describe('README.md', () => {
  const readme = text('README.md');

  test('is short', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThan(260);
  });

  const [, listed] = /^## Commands\n\n```\n(.*?)^```$/ms.exec(readme)!;
  const synopses = listed!.split(/^(?=lostbit |common:)/m).map((synopsis) => ({
    name: /^lostbit (\w+)/.exec(synopsis)?.[1],
    options: [...synopsis.matchAll(/ (--?[a-zA-Z][\w-]*)/g)].map(([, option]) => option!),
  }));
  const named = synopses.flatMap(({ name, options }) => (name === undefined ? [] : [{ name, options }]));

  test.each(named)('lists $name with options that it has', async ({ name, options }) => {
    const { status, stdout } = await lostbit(name, '--help');
    expect(status).toBe(0);
    expect(options.filter((option) => !stdout.includes(option))).toEqual([]);
  });

  test('lists every command', async () => {
    const { stdout } = await lostbit('--help');
    const all = [
      ...stdout
        .split('Commands:')[1]!
        .split('\n\n')[0]!
        .matchAll(/^ {2}(\w+)/gm),
    ].map(([, name]) => name!);
    expect(named.map(({ name }) => name).sort()).toEqual(all.filter((name) => name !== 'help').sort());
  });
});
