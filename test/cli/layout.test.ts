// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayoutDocument } from '../../src/report/layout-schema.js';
import { onPath } from '../layout/compile.js';
import { lostbit, type Ran, root, start } from '../support/lostbit.js';
import { build, closeToolchains, quickest } from '../support/race.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-layout-'));
});
afterAll(() => rm(dir, { recursive: true }));
afterAll(closeToolchains);

const core = 'vfio_pci_core_device';
const tracker = 'mlx5_vhca_page_tracker';
const ran = new Map<string, Promise<Ran>>();
/** What a command line says, which runs all scenarios: the same once. */
function layout(...args: readonly string[]): Promise<Ran> {
  const line = args.join(' ');
  const known = ran.get(line) ?? quickest.then((name) => lostbit('layout', ...args, '--toolchain', name));
  ran.set(line, known);
  return known;
}

const schema = JSON.parse(await readFile(join(root, 'schema/layout.schema.json'), 'utf8')) as object;
const validate = new Ajv2020().compile(schema);

/** What standard output says, which is JSON and nothing else. */
function parsed(text: string): LayoutDocument {
  const document = JSON.parse(text) as LayoutDocument;
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document;
}

async function documentOf(...args: readonly string[]): Promise<LayoutDocument & { status: number | null }> {
  const { status, stdout, stderr } = await layout(...args, '--json', '-');
  expect(stderr).not.toContain('error');
  return { ...parsed(stdout), status };
}

interface Placed {
  readonly members: readonly Pick<LayoutDocument['members'][number], 'path' | 'offset' | 'bit'>[];
}
const placesOf = ({ members }: Placed, ...paths: readonly string[]) =>
  paths.map((path) => {
    const { offset, bit } = members.find((member) => member.path === path)!;
    return bit === null ? `${offset}` : `${offset}:${bit}`;
  });
const pairsOf = ({ hazards }: Pick<LayoutDocument, 'hazards'>) =>
  hazards?.map(({ fields }) => fields.join(' × ')) ?? null;

/** Without what changes with every change of the C, schedules and lines, and without the toolchain. */
const steady = (text: string) =>
  text
    .replace(/ --toolchain \w+$/gm, '')
    .replace(/(@\w+\.\w+):[0-9a-f]{16}:\w+:[0-9a-f]{8}/g, '$1:…')
    .replace(/(\.c):\d+/g, '$1:N');

describe('layout', () => {
  test('explains itself', async () => {
    const { status, stdout } = await layout('--help');
    expect(status).toBe(0);
    for (const option of [
      'stage',
      'against',
      'target',
      'btf',
      'base',
      'svg',
      'c',
      'justify',
      'suggest',
      'json',
    ])
      expect(stdout).toContain(`--${option}`);
    expect((await lostbit('--help')).stdout).toContain('layout');
  });

  test('shows a struct, its spans, who writes its flags and what can be lost', async () => {
    const { status, stdout } = await layout(tracker);
    expect(status).toBe(0);
    expect(stdout).not.toContain('\u001b');
    await expect(steady(stdout)).toMatchFileSnapshot('layout-tracker-base.txt');
  });

  test('shows one in which nothing is lost', async () => {
    const { status, stdout } = await layout(tracker, '--stage', 'p4');
    expect(status).toBe(0);
    expect(stdout).toContain('none: no write of one field loses an update of another');
    await expect(steady(stdout)).toMatchFileSnapshot('layout-tracker-p4.txt');
  });

  test('shows the use of all fields where it is asked to', async () => {
    const { stdout } = await layout(tracker, '--verbose');
    const used = (name: string) => new RegExp(`^${name} +(run time|set-up/release) `, 'm');
    for (const name of ['is_err', 'status', 'uar']) expect(stdout).toMatch(used(name));
    expect((await layout(tracker)).stdout).not.toMatch(used('status'));
  });

  test('needs no compiler of accesses for a struct without bit-fields', async () => {
    const { status, stdout } = await layout('vfio_device_set', '--quiet');
    expect(status).toBe(0);
    expect(stdout).toContain('struct vfio_device_set {');
  });
});

describe('layout --json', () => {
  test('has the offsets of a kernel on x86_64, and the spans of both compilers', async () => {
    const base = await documentOf(tracker, '--target', 'x86_64');
    expect(base).toMatchObject({ status: 0, struct: tracker, target: 'x86_64', source: 'base', size: 360 });
    expect(placesOf(base, 'is_err', 'object_changed', 'uar', 'cq', 'host_qp', 'nb', 'status')).toEqual([
      ...['8:0', '8:1', '16', '24', '304', '320', '352'],
    ]);
    const flag = base.members.find(({ path }) => path === 'is_err')!;
    expect(flag).toMatchObject({ bits: 1, unit: { offset: 8, size: 1 }, span: { offset: 8, size: 1 } });
    expect(base.given).toEqual([{ type: 'mlx5_vhca_cq', size: 280 }]);
    expect(base.holes).toContainEqual({ offset: 9, size: 7, bit: null, bits: null, padding: false });
    const p4 = await documentOf(tracker, '--target', 'x86_64', '--stage', 'p4');
    expect(p4.size).toBe(352);
    expect(placesOf(p4, 'is_err', 'object_changed', 'status', 'uar', 'nb')).toEqual([
      ...['8', '9', '12', '16', '320'],
    ]);
  });

  test('has the flags of the core, who writes them, and the scenarios that were run', async () => {
    const found = await documentOf(core, '--target', 'x86_64', '--against', 'p3');
    expect(found).toMatchObject({ status: 0, size: 1464 });
    expect(placesOf(found, 'has_dyn_msix', 'virq_disabled', 'bardirty', 'needs_reset')).toEqual([
      ...['1252:0', '1252:2', '1252:5', '1252:7'],
    ]);
    expect(placesOf(found, 'nointx', 'pm_intx_masked', 'pm_runtime_engaged', 'sriov_active')).toEqual([
      ...['1253:0', '1253:2', '1253:3', '1254'],
    ]);
    expect(found.scenarios).toMatchObject({ stage: 'base', bounded: [] });
    expect(found.scenarios!.ran).toEqual(expect.arrayContaining(found.scenarios!.explored as string[]));
    expect(found.scenarios!.explored).toContain('intx-mask-vs-bar-write');
    const use = found.uses!.find(({ path }) => path === 'virq_disabled')!;
    expect(use).toMatchObject({ class: 'run time', locks: [] });
    expect(use.writers).toContainEqual(
      expect.objectContaining({ inside: 'vfio_basic_config_write', phase: 'run time', locks: [] }),
    );
    expect(pairsOf(found)).toContain('virq_disabled × bardirty');
    const { layout: after, comparison, hazards } = found.against!;
    expect(after).toMatchObject({ source: 'p3', target: 'x86_64', size: 1472 });
    expect(placesOf(after, 'virq_disabled', 'bardirty', 'has_dyn_msix', 'needs_reset')).toEqual([
      ...['1118', '1119', '1252:0', '1253'],
    ]);
    expect(after.hazards).toEqual([]);
    expect(hazards!.gone.map((fields) => fields.join(' × '))).toEqual(pairsOf(found));
    expect(hazards!.added).toEqual([]);
    expect(comparison).toMatchObject({
      names: { before: 'base', after: 'p3' },
      size: { before: 1464, after: 1472 },
    });
  });

  test('goes to a file, and the text to standard output', async () => {
    const file = join(dir, 'layout.json');
    const { status, stdout } = await layout(tracker, '--suggest', '--json', file, '--quiet');
    expect(status).toBe(0);
    const { suggestion } = parsed(await readFile(file, 'utf8'));
    expect(suggestion).toMatchObject({ cost: 0, redeclared: ['is_err', 'object_changed'] });
    expect(stdout).toContain('2 bit-fields made whole');
    await rm(file);
  });
});

describe('layout --against', () => {
  test('shows what is gone, and ends with 0', async () => {
    const { status, stdout } = await layout(tracker, '--against', 'p4');
    expect(status).toBe(0);
    expect(stdout).toContain(`${tracker}, base to p4: 84 bytes (0), 2 cache lines`);
    expect(stdout).toContain('✓ hazard gone at p4: is_err × object_changed (byte 8 at base)');
  });

  test('shows what is new with its evidence, and ends with 1', async () => {
    const { status, stdout } = await layout(tracker, '--stage', 'p4', '--against', 'base');
    expect(status).toBe(1);
    expect(stdout).toContain('new hazards at base:\n✗ is_err × object_changed, byte 8');
    const schedule = /npx lostbit replay (dirty-page-report-vs-qp-error\S+)/.exec(stdout)![1]!;
    const replayed = await lostbit('replay', schedule, '--toolchain', await quickest);
    expect(replayed.status).toBe(0);
    // In a column, where a line may be broken.
    expect(replayed.stdout).toMatch(
      /\(writes back[\s|]+(is_err|object_changed) = 1[\s|]+over 0|\(writes back[\s|]+(is_err|object_changed) = 0[\s|]+over 1/,
    );
    const document = await documentOf(tracker, '--stage', 'p4', '--against', 'base');
    expect(document).toMatchObject({
      status: 1,
      hazards: [],
      against: { hazards: { gone: [], added: [['is_err', 'object_changed']] } },
    });
  });

  test('shows that all is the same', async () => {
    const { status, stdout } = await layout(tracker, '--against', 'p3');
    expect(status).toBe(0);
    expect(stdout).toContain('hazards: unchanged');
  });
});

/** The core's flags, each alone or all in one byte, as somebody else declares them. */
const foreign = `
union lab_variant { int a; char b; };
struct ${core} {
	void *pdev;
	FLAG(has_vga)
	FLAG(virq_disabled)
	FLAG(bardirty)
	FLAG(pm_intx_masked)
	FLAG(pm_runtime_engaged)
	_Bool sriov_active;
	int irq_type;
};
struct ${core} device;
union lab_variant variant;
struct { union lab_variant whole; } *use;
`;

describe.skipIf(!onPath('gcc') || process.arch !== 'x64' || process.platform !== 'linux')(
  'layout of an object',
  () => {
    let bits: string;
    let bools: string;
    beforeAll(async () => {
      [bits, bools] = [join(dir, 'bits.o'), join(dir, 'bools.o')];
      const source = join(dir, 'foreign.c');
      await writeFile(source, foreign);
      for (const [file, width] of [
        [bits, ' : 1'],
        [bools, ''],
      ] as const)
        execFileSync('gcc', ['-g', '-c', `-DFLAG(name)=_Bool name${width};`, source, '-o', file]);
    });
    const real = ['virq_disabled × bardirty', 'pm_intx_masked × pm_runtime_engaged'];

    test('is for its machine, and says nothing of who writes it', async () => {
      const found = await documentOf(core, '--btf', bits);
      expect(found).toMatchObject({ status: 0, target: 'x86_64', source: bits, size: 16 });
      expect(found).toMatchObject({ hazards: null, uses: null, pairs: null, scenarios: null });
      expect(placesOf(found, 'has_vga', 'bardirty', 'sriov_active')).toEqual(['8:0', '8:2', '9']);
      const { stdout } = await layout(core, '--btf', bits);
      expect(stdout).not.toContain('hazard');
    });

    test("has a stage's hazards reported, by its own bytes", async () => {
      const found = await documentOf(core, '--btf', bits, '--stage', 'base');
      expect(pairsOf(found)).toEqual(expect.arrayContaining(real));
      expect(found.hazards!.every(({ shared }) => shared.offset === 8 && shared.size === 1)).toBe(true);
      expect(found.scenarios!.stage).toBe('base');
      const apart = await documentOf(core, '--btf', bools, '--stage', 'base');
      expect(apart).toMatchObject({ status: 0, hazards: [], pairs: [] });
      expect(apart.uses!.find(({ path }) => path === 'bardirty')).toMatchObject({ class: 'run time' });
    });

    test('is not reported as safe where the stage has apart what it has together', async () => {
      const found = await documentOf(core, '--btf', bits, '--stage', 'p3');
      // At p3 they lie apart: nobody has looked whether their writes are ordered.
      expect(pairsOf(found)).toEqual([]);
      for (const { fields, verdict, locks } of found.pairs!)
        expect(verdict, fields.join()).toBe(locks.length > 0 ? 'no' : 'unseen');
      expect((await layout(core, '--btf', bits, '--stage', 'p3')).stdout).toContain('nothing is known');
      const base = await documentOf(core, '--btf', bits, '--stage', 'base');
      const across = base.pairs!.find(
        ({ fields }) => fields.join(' × ') === 'virq_disabled × pm_runtime_engaged',
      );
      expect(across!.verdict).not.toBe('no');
    });

    test('is compared with another, and with a stage for the same machine', async () => {
      const plain = await layout(core, '--btf', bits, '--against', bools);
      expect(plain).toMatchObject({ status: 0 });
      expect(plain.stdout).toContain('16 to 24 bytes (+8)');
      expect(plain.stdout).toContain('hazards: not examined');
      const worse = await layout(core, '--btf', bools, '--against', bits, '--stage', 'base');
      expect(worse.status).toBe(1);
      for (const pair of real) expect(worse.stdout).toContain(`✗ ${pair}`);
      const better = await layout(core, '--btf', bits, '--against', bools, '--stage', 'base');
      expect(better.status).toBe(0);
      for (const pair of real) expect(better.stdout).toContain(`gone at ${bools}: ${pair}`);
      const stage = await documentOf(core, '--btf', bits, '--against', 'p3');
      expect(stage.against!.layout).toMatchObject({ source: 'p3', size: 1472 });
    });

    test('is suggested an order', async () => {
      const { suggestion } = await documentOf(core, '--btf', bits, '--stage', 'base', '--suggest');
      expect(suggestion!.redeclared).toEqual([
        ...['virq_disabled', 'bardirty', 'pm_intx_masked', 'pm_runtime_engaged'],
      ]);
    });

    test('is suggested none where it is packed, and no file is left', async () => {
      const source = join(dir, 'packed.c');
      const packed = join(dir, 'packed.o');
      await writeFile(
        source,
        `struct ${core} { char pad; int irq_type; _Bool bardirty; } __attribute__((packed)) device;\n`,
      );
      execFileSync('gcc', ['-g', '-c', source, '-o', packed]);
      const before = await readdir(dir);
      const files = ['--svg', join(dir, 'not.svg'), '--json', join(dir, 'not.json')];
      const refused = await layout(core, '--btf', packed, '--stage', 'base', '--suggest', ...files);
      expect(refused).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(/E_NO_SUGGESTION: .*packed.*\n {2}hint: /),
      });
      expect(await readdir(dir)).toEqual(before);
    });

    test('is refused for another machine, and where it does not say who writes', async () => {
      expect(await layout(core, '--btf', bits, '--target', 'aarch64')).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /E_TARGET: '.*bits\.o' is for x86_64\n {2}hint: leave --target aarch64 out/,
        ),
      });
      for (const wish of ['--justify', '--suggest'])
        expect(await layout(core, '--btf', bits, wish)).toMatchObject({
          status: 2,
          stdout: '',
          stderr: expect.stringMatching(/E_NO_WRITERS: .*\n {2}hint: say by --stage/),
        });
    });
  },
);

test('layout of a WebAssembly module is that of its stage', async () => {
  const module = join(dir, 'base.wasm');
  await writeFile(module, (await build('base')).bytes);
  const [file, stage] = [await documentOf(tracker, '--btf', module), await documentOf(tracker)];
  expect(file.target).toBe('wasm32');
  expect(file.size).toBe(stage.size);
  expect(placesOf(file, ...stage.members.map(({ path }) => path))).toEqual(
    placesOf(stage, ...stage.members.map(({ path }) => path)),
  );
  await rm(module);
});

describe('layout writes', () => {
  test('a drawing, with who writes the fields', async () => {
    const file = join(dir, 'core.svg');
    const { status } = await layout(core, '--svg', file, '--quiet');
    expect(status).toBe(0);
    const svg = await readFile(file, 'utf8');
    expect(wellFormed(svg)).toBe(true);
    expect(svg).toContain(`struct ${core}: base, wasm32`);
    for (const label of ['set-up/release', 'run time, process, no lock', 'run time, workqueue, no lock'])
      expect(svg).toContain(`>${label}<`);
    expect(await readdir(dir)).not.toContainEqual(expect.stringContaining('.tmp'));
    await rm(file);
  });

  test('C that a compiler takes, with the same layout', async () => {
    const { status, stdout, stderr } = await layout(tracker, '--c', '--target', 'x86_64');
    expect(status).toBe(0);
    expect(stdout).not.toContain('/*');
    expect(stderr).not.toContain('error');
    if (!onPath('gcc') || process.arch !== 'x64') return;
    const source = join(dir, 'tracker.c');
    await writeFile(
      source,
      `${stdout}\n_Static_assert(sizeof(struct ${tracker}) == 360, "size");
_Static_assert(__builtin_offsetof(struct ${tracker}, status) == 352, "status");\n`,
    );
    execFileSync('gcc', ['-fsyntax-only', source]);
    await rm(source);
  });

  test("what a patch's changelog says, in its columns", async () => {
    const { status, stdout } = await layout(core, '--justify', '--stage', 'p3');
    expect(status).toBe(0);
    const [still, moving] = stdout.split('\n\n') as [string, string];
    expect(still).toMatch(/^Written in set-up and release only, so that they may share a storage unit:\n/);
    for (const flag of ['has_dyn_msix', 'pci_2_3', 'reset_works', 'has_vga', 'nointx', 'needs_pm_restore'])
      expect(still).toContain(`\n  ${flag}: written only in `);
    for (const flag of ['virq_disabled', 'bardirty', 'needs_reset', 'pm_intx_masked', 'pm_runtime_engaged'])
      expect(moving).toContain(`\n  ${flag}: written by `);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(75);
  });

  test('an order in which nothing is lost', async () => {
    const { suggestion, hazards } = await documentOf(core, '--suggest');
    expect(hazards!.length).toBeGreaterThan(0);
    const flags = ['virq_disabled', 'bardirty', 'needs_reset', 'pm_intx_masked', 'pm_runtime_engaged'];
    expect(suggestion!.redeclared).toEqual(flags);
    const bytes = placesOf(suggestion!, ...flags, 'sriov_active');
    expect(new Set(bytes).size).toBe(bytes.length);
    expect(suggestion!.c).toContain('bool virq_disabled;');
    const { stdout } = await layout(core, '--suggest');
    expect(stdout).toContain(`+	bool virq_disabled;`);
  });
});

/** Every element is closed by its own end, and text holds no bare `<` or `&`. */
function wellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, text, end, name, empty] of xml.matchAll(/([^<]*)(?:<(\/?)([\w:]+)(?:\s[^<>]*?)?(\/?)>|$)/g)) {
    if (/&(?!(amp|lt|gt|quot|apos|#\d+);)/.test(text ?? '')) return false;
    if (name === undefined) continue;
    if (end === '/') {
      if (open.pop() !== name) return false;
    } else if (empty !== '/') open.push(name);
  }
  return open.length === 0 && !xml.replace(/<\/?[\w:]+(?:\s[^<>]*?)?\/?>/g, '').includes('<');
}

describe('layout refuses', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['a struct that there is not', ['no_such_struct'], /E_UNKNOWN_TYPE: .*no_such_struct.*\n {2}hint: /],
    [
      'a struct that is misspelt',
      ['vfio_pci_core_devic'],
      /E_UNKNOWN_TYPE: .*\n {2}hint: did you mean 'vfio_pci_core_device'/,
    ],
    ['a stage that there is not', [core, '--stage', 'p9'], /E_UNKNOWN_STAGE: .*'p9'\n {2}hint: did you mean/],
    ['one to compare with', [core, '--against', 'p9'], /E_UNKNOWN_STAGE: .*'p9'\n {2}hint: did you mean/],
    ['a file that there is not', [core, '--btf', 'no-such.ko'], /E_NO_FILE: cannot read 'no-such\.ko'/],
    ['one to compare with', [core, '--against', './no-such.ko'], /E_NO_FILE: cannot read '\.\/no-such\.ko'/],
    [
      'a file that says no layouts',
      [core, '--btf', 'package.json'],
      /E_NO_LAYOUTS: .*\n {2}hint: give an object/,
    ],
    ['a base without a module', [core, '--base', 'vmlinux'], /E_USAGE: --base goes with --btf\n {2}hint: /],
    [
      'a machine that nobody knows',
      [core, '--target', 'vax'],
      /'vax' is invalid\. Allowed choices are x86_64/,
    ],
    ['no struct', [], /missing required argument 'struct'/],
    ['two structs', [core, tracker], /too many arguments/],
    ['C as JSON', [core, '--c', '--json'], /'--c' cannot be used with option '--json/],
    ['C of two layouts', [core, '--c', '--against', 'p3'], /'--c' cannot be used with option '--against/],
    ['a changelog as JSON', [core, '--justify', '--json'], /'--justify' cannot be used with option '--json/],
    ['a changelog as C', [core, '--justify', '--c'], /'--justify' cannot be used with option '--c'/],
    [
      'a changelog of two',
      [core, '--justify', '--against', 'p3'],
      /'--justify' cannot be used with option '--against/,
    ],
    [
      'a suggestion of two',
      [core, '--suggest', '--against', 'p3'],
      /'--suggest' cannot be used with option '--against/,
    ],
    ['a suggestion as C alone', [core, '--suggest', '--c'], /'--suggest' cannot be used with option '--c'/],
    [
      'a suggestion and a changelog',
      [core, '--suggest', '--justify'],
      /'--suggest' cannot be used with option '--justify'/,
    ],
    [
      'a drawing in no folder',
      [core, '--svg', '/no-such-folder/x.svg'],
      /E_WRITE: cannot write '\/no-such-folder\/x\.svg'/,
    ],
    [
      'JSON in no folder',
      [core, '--json', '/no-such-folder/x.json'],
      /E_WRITE: cannot write '\/no-such-folder\/x\.json'/,
    ],
  ])('%s', async (_, args, error) => {
    const { status, stdout, stderr } = await layout(...args);
    expect(stderr).toMatch(error);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('what cannot be done, and leaves no file', async () => {
    const before = await readdir(dir);
    const [svg, json] = [join(dir, 'not.svg'), join(dir, 'not.json')];
    const files = ['--svg', svg, '--json', json];
    expect(await layout('no_such_struct', ...files)).toMatchObject({ status: 2, stdout: '' });
    expect(await layout(core, '--against', './no-such.ko', ...files)).toMatchObject({
      status: 2,
      stdout: '',
    });
    expect(await readdir(dir)).toEqual(before);
  });
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test('ends the run of the scenarios: no process and no file is left', async () => {
    const before = await readdir(dir);
    const [svg, json] = [join(dir, 'half.svg'), join(dir, 'half.json')];
    // A stage whose writers nobody else asks for: what is kept from before would leave nothing to be interrupted.
    const args = ['layout', core, '--stage', 'p2', '--svg', svg, '--json', json];
    const { child, ended, seen } = start([...args, '--toolchain', await quickest]);
    for (let i = 0; i < 600 && !seen().includes('seeing who writes what'); i++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill(signal);
    const { status, stdout, stderr } = await ended;
    expect(status).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(await readdir(dir)).toEqual(before);
  });
});
