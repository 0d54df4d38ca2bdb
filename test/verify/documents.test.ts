// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isExcerptOf, shownIn } from '../support/document.js';
import { lostbit, root } from '../support/lostbit.js';
import { quickest } from '../support/race.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');

/** A document's commands of lostbit; `npm start` is shown with the matrix, and tested with it. */
const commands = ['README.md', 'docs/layout.md'].flatMap((file) =>
  shownIn(file).flatMap(({ command, outputs }) => {
    const [, line] = /^npx lostbit (.*)$/.exec(command) ?? [];
    return line === undefined ? [] : [{ file, line, outputs }];
  }),
);

test('the documents show commands', () => {
  expect(commands.filter(({ file }) => file === 'README.md').length).toBeGreaterThan(2);
  expect(commands.filter(({ file }) => file === 'docs/layout.md').length).toBeGreaterThan(3);
});

test.each(commands)('$file: $line', async ({ line, outputs }) => {
  const { stdout, status } = await lostbit(...line.split(' '), '--toolchain', await quickest);
  expect(status, stdout).toBe(0);
  for (const lines of outputs) expect(isExcerptOf(lines, stdout)).toBeNull();
});

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

  test.each(['README.md', 'docs/scenarios.md'])(
    '%s: scenarios of the catalogue stand there as they are',
    (file) => {
      const scenarios = [...text(file).matchAll(/^```ts\n(export default .*?)^```$/gms)].map(
        ([, source]) => source!,
      );
      expect(scenarios.length).toBeGreaterThan(0);
      const catalogue = ['intx-mask-vs-bar-write', 'reload-before-open'].map((name) =>
        text(`subjects/vfio-pci/scenarios/${name}.ts`),
      );
      for (const source of scenarios)
        expect(
          catalogue.some((whole) => whole.includes(source)),
          source,
        ).toBe(true);
    },
  );
});
