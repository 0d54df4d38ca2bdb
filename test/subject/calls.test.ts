// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, simulate } from '../../src/api.js';
import { quickest } from '../support/race.js';

let dir: string;
let options: { toolchain: 'clang' | 'llvm' };
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-calls-'));
  options = { toolchain: (await quickest) as 'clang' | 'llvm' };
  await writeFile(
    join(dir, 'port.c'),
    `#include <linux/types.h>
struct inner { u8 x; };
static struct port { bool a:1; u32 mask; } port;
static void start(struct port *p) { p->a = 1; }
static int
add(int x, u8 y) { return x + y; }
static int note(const char *text, ...) { return 1; }
static void take(struct inner in) { port.mask = in.x; }
static struct inner give(void) { return (struct inner){ 1 }; }
void look(const char *text) { port.mask = *text; }
`,
  );
});
afterAll(() => rm(dir, { recursive: true }));

async function sequenceOf(step: string, source = './port.c'): Promise<string> {
  const path = join(dir, 'calling.ts');
  const text = `import { call, fail, sequence } from 'lostbit';
export default sequence({ title: 'a call', source: '${source}', steps: [${step}] });`;
  await writeFile(path, text);
  return path;
}

test.each([
  ["call('start')", ' gives 0 arguments, and start() takes 1: void start(struct port *p), port.c:4'],
  [
    "call('start', '&port', 1)",
    ' gives 2 arguments, and start() takes 1: void start(struct port *p), port.c:4',
  ],
  ["call('give', 1)", ' gives 1 argument, and give() takes 0: struct inner give(void), port.c:9'],
  [
    "call('note')",
    ' gives 0 arguments, and note() takes at least 1: int note(const char *text, …), port.c:7',
  ],
  [
    "call('start', 'port')",
    ": argument 1, 'port', is 'struct port', and start() takes 'struct port *p': void start(struct port *p), port.c:4",
  ],
  [
    "call('start', '&port.mask')",
    ": argument 1, '&port.mask', is 'u32 *', and start() takes 'struct port *p': void start(struct port *p), port.c:4",
  ],
  [
    "call('add', 1, '300')",
    ": argument 2, '300', does not fit 'u8 y': 300 would become 44: int add(int x, u8 y), port.c:6",
  ],
  [
    "call('add', '1.5', 3)",
    ": argument 1, '1.5', does not fit 'int x': 1.5 would become 1: int add(int x, u8 y), port.c:6",
  ],
  [
    "call('take', 5)",
    ": argument 1, 5, is a number, and take() takes 'struct inner in': void take(struct inner in), port.c:8",
  ],
  [
    "call('give')",
    ": give() returns 'struct inner', and a step returns a number: struct inner give(void), port.c:9",
  ],
  [
    "call('start', '&prt')",
    ": argument 1, '&prt', is no expression of this C: use of undeclared identifier 'prt'; did you mean 'port'?: void start(struct port *p), port.c:4",
  ],
])('%s is refused in its own words', async (step, words) => {
  await expect(run(await sequenceOf(step), options)).rejects.toMatchObject({
    code: 'E_BAD_CALL',
    message: `calling: ${step}${words}`,
  });
});

test.each(["call('add', 1, '255')", "call('look', '\"x\"')", "call('start', '(void *)&port')"])(
  '%s is made, without a word of the code that makes it',
  async (step) => {
    const said: string[] = [];
    const path = await sequenceOf(step);
    const { verdict } = await run(path, { ...options, diagnostics: (text) => said.push(text) });
    expect(verdict).toBe('holds');
    expect(said.join('')).not.toContain('LAB_CALL');
  },
);

test.each([
  ["call('start', '5')", "start(5): 5 does not fit 'struct port * p'"],
  ["call('start', 5)", "start(5): 5 does not fit 'struct port * p'"],
])('%s is refused: no pointer is a number', async (step, words) => {
  await expect(run(await sequenceOf(step), options)).rejects.toMatchObject({
    code: 'E_BAD_CALL',
    message: expect.stringContaining(words),
  });
});

test('of several scenarios and actors, those that call are named', async () => {
  const path = join(dir, 'subject.ts');
  const text = `import { call, scenario, subject } from 'lostbit';
const two = (one, other) => scenario({
  title: 'two', actors: { one: [one], other: [other] },
  observe: { mask: 'port.mask' }, outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
});
export default subject({ title: 'a port', source: './port.c', scenarios: {
  right: two(call('start', '&port'), call('start', '&port')),
  wrong: two(call('start', '&port'), call('start', '&port', 2)),
} });`;
  await writeFile(path, text);
  await expect(simulate('right', { ...options, subject: path })).rejects.toMatchObject({
    code: 'E_BAD_CALL',
    message: expect.stringContaining("wrong, actor 'other': call('start', '&port', 2) gives 2 arguments"),
  });
});

test('C that does not compile is shown without the calls behind it', async () => {
  await writeFile(join(dir, 'broken.c'), 'int fine(int x) { return x; }\nint broken(void) { return y; }\n');
  const refused = run(await sequenceOf("call('fine')", './broken.c'), options);
  await expect(refused).rejects.toMatchObject({
    code: 'E_COMPILE',
    message: expect.stringMatching(/^broken\.c does not compile[\s\S]*broken\.c:2:/),
  });
  await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('LAB_CALL') });
});

test('a scenario that names no source says which C it is about', async () => {
  const path = join(dir, 'sourceless.ts');
  const text = `import { call, fail, sequence } from 'lostbit';
export default sequence({ title: 'a call', steps: [call('start_port')] });`;
  await writeFile(path, text);
  await expect(run(path, options)).rejects.toMatchObject({
    code: 'E_UNKNOWN_FUNCTION',
    advice: {
      hint: expect.stringContaining('the scenario names no source, so that it is about vfio-pci: say where'),
    },
  });
});

test('where nothing can fail, none is offered', async () => {
  await expect(run(await sequenceOf("fail('kmaloc', 1)"), options)).rejects.toMatchObject({
    code: 'E_UNKNOWN_FAULT',
    advice: { hint: expect.stringContaining('this C uses no function of the kernel that can fail') },
  });
});

test('a header outside of the source is hinted at', async () => {
  await mkdir(join(dir, 'src'), { recursive: true });
  await mkdir(join(dir, 'inc'), { recursive: true });
  await writeFile(join(dir, 'src/outer.c'), '#include "../inc/outer.h"\nint outer(void) { return OUTER; }\n');
  await writeFile(join(dir, 'inc/outer.h'), '#define OUTER 3\n');
  await expect(run(await sequenceOf("call('outer')", './src'), options)).rejects.toMatchObject({
    code: 'E_COMPILE',
    advice: { hint: expect.stringContaining("'../inc/outer.h' is not in the source: name its directory") },
  });
  const path = await sequenceOf("call('outer')", "./src', './inc").then(async (path) => {
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace(/source: (.*), steps/, 'source: [$1], steps'),
    );
    return path;
  });
  expect((await run(path, options)).verdict).toBe('holds');
});

test('who runs without end, and touches nothing that others do, is named where that was cut short', async () => {
  await writeFile(
    join(dir, 'endless.c'),
    `#include <linux/types.h>
static u32 done;
static void endless(void) { volatile int i = 0; for (;;) i++; }
static void end(void) { done = 1; }
`,
  );
  const path = join(dir, 'endless.ts');
  const text = `import { call, scenario } from 'lostbit';
export default scenario({
  title: 'one runs for ever', source: './endless.c', actors: { one: [call('endless')], other: [call('end')] },
  observe: { done: 'done' }, outcomes: [{ when: {}, grade: 'acceptable', note: 'any' }],
});`;
  await writeFile(path, text);
  const { warnings } = await simulate(path, options);
  expect(warnings).toContain("executions were cut short after 1 access, when 'one' had not come to an end");
});
