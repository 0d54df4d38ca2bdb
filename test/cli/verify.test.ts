// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../support/lostbit.js';
import { quickly } from '../support/quickly.js';
import { parseReport } from '../support/report.js';
import { flagsC, twoFlags } from '../support/users-flags.js';

const lostbit = (...args: string[]) => quickly(args);

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lostbit-verify-'));
});
afterAll(() => rm(dir, { recursive: true }));

/** A user's sequence: it opens a device, and says what it expects of that. */
async function userFile(name: string, rest: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(
    path,
    `import { bind, configRead, load, observe, open, sequence } from 'lostbit/vfio';
export default sequence({
  title: 'A device is opened',
  devices: { A: {} },
  setup: [load('vfio-pci'), bind('A')],
  ${rest}
});`,
  );
  return path;
}

const opened = "steps: [observe('opened', open('A'))],";

describe('verify', () => {
  test('shows stage by stage which scenarios fail, with the evidence', async () => {
    const { status, stdout } = await lostbit('verify', '--scenario', 'reload-before-*', '--stage', 'base,p1');
    expect(status).toBe(0);
    expect(stdout.replace(/in \d+\.\d s/, 'in N s')).toMatchInlineSnapshot(`
      "reload-before-open: vfio-pci is loaded with disable_idle_d3 before a device of a variant driver is opened
        fails at base; at base:
          1 × in use, and nothing keeps it awake (usage=0 status=0)
          unbalanced-usage: a PM usage count differs from its value before the driver was bound, by 'shutdown', in 'shutdown'
          set-up: load variant; bind A variant
          steps: load vfio-pci disable_idle_d3; open A; A.pdev.dev.power.usage_count = 0; A.pdev.dev.power.runtime_status = 0; shutdown
        reproduce: npx lostbit run reload-before-open --stage base

      reload-before-close: vfio-pci is loaded with disable_idle_d3 while a variant driver's device is open
        fails at base; at base:
          1 × nobody uses it, and it never sleeps again (usage=1 suspended=0)
          set-up: load variant; bind A variant; open A
          steps: load vfio-pci disable_idle_d3; close A; A.pdev.dev.power.usage_count = 1; pm_work A = 0; shutdown
        reproduce: npx lostbit run reload-before-close --stage base

      reload-before-unbind-of-awake: vfio-pci is loaded without disable_idle_d3 before a variant driver's device is unbound
        fails at base; at base:
          2 × no later driver can let it sleep (unbound=2)
          unbalanced-usage: a PM usage count differs from its value before the driver was bound, by 'shutdown', in 'shutdown'
          set-up: load vfio-pci disable_idle_d3; load variant; bind A variant
          steps: unload vfio-pci; load vfio-pci; unbind A; A.pdev.dev.power.usage_count = 2; shutdown
        reproduce: npx lostbit run reload-before-unbind-of-awake --stage base --sequence 'never opened'

      reload-before-close-of-awake: vfio-pci is loaded without disable_idle_d3 while a variant driver's device is open
        fails at base; at base:
          1 × it sleeps though it was to stay awake (bound=1 closed=0 suspended=1)
          set-up: load vfio-pci disable_idle_d3; load variant; bind A variant
          steps: A.pdev.dev.power.usage_count = 1; open A; unload vfio-pci; load vfio-pci; close A; A.pdev.dev.power.usage_count = 0; pm_work A = 1; shutdown
        reproduce: npx lostbit run reload-before-close-of-awake --stage base

      reload-before-rebind: vfio-pci is loaded with disable_idle_d3 before a variant driver's device is bound again
        fails at base; at base:
          2 × nothing keeps a device without a driver awake (unbound=0)
          unbalanced-usage: a PM usage count differs from its value before the driver was bound, by 'shutdown', in 'shutdown'
          usage-underflow: a PM usage count dropped below zero, by 'user', in 'bind A variant', let_idle vfio/pci/vfio_pci_core.c:40
          set-up: load variant; bind A variant
          steps: load vfio-pci disable_idle_d3; unbind A; A.pdev.dev.power.usage_count = 0; bind A variant; shutdown
        reproduce: npx lostbit run reload-before-rebind --stage base --sequence 'under the new policy'

      reload-before-low-power-entry: A device of a variant driver, opened after a reload of vfio-pci, enters low power and leaves it
        fails at base; at base:
          1 × there is no count for the entry to give up (opened=0 entry=0 engaged=0 suspended=0 exit=0 left=1)
          usage-underflow: a PM usage count dropped below zero, by 'user', in 'low_power_entry A', vfio_device_pm_runtime_put vfio/vfio_main.c:273
          set-up: load variant; bind A variant
          steps: load vfio-pci disable_idle_d3; open A; A.pdev.dev.power.usage_count = 0; low_power_entry A = 0; A.pdev.dev.power.usage_count = 0; pm_work A = 0; low_power_exit A = 0; A.pdev.dev.power.usage_count = 1; shutdown
        reproduce: npx lostbit run reload-before-low-power-entry --stage base

      reload-before-bus-reset: vfio-pci is loaded with disable_idle_d3 before closing a device resets the bus of a sleeping one
        fails at base; at base:
          1 × nobody uses it, and it never sleeps again (A_needs_reset=0 A_usage=1 B_usage=0 B_suspended=0)
          reset-while-suspended: a device was reset while it was asleep, by 'user', in 'close A', vfio_pci_dev_set_try_reset vfio/pci/vfio_pci_reset.c:138
          reset-unheld: a bus was reset while nothing kept one of its devices awake, by 'user', in 'close A', vfio_pci_dev_set_try_reset vfio/pci/vfio_pci_reset.c:138
          unbalanced-usage: a PM usage count differs from its value before the driver was bound, by 'shutdown', in 'shutdown'
          set-up: load variant; bind A variant; bind B variant; open A; pm_work B
          steps: load vfio-pci disable_idle_d3; close A; A.needs_reset = 0; A.pdev.dev.power.usage_count = 1; B.pdev.dev.power.usage_count = 0; pm_work B = 0; shutdown
        reproduce: npx lostbit run reload-before-bus-reset --stage base

      reference  scenario                       engine    base    p1
      fact 1     reload-before-open             run       fails   holds
      fact 2     reload-before-close            run       fails   holds
      fact 3     reload-before-unbind-of-awake  run       fails   holds
      fact 4     reload-before-close-of-awake   run       fails   holds
      fact 5     reload-before-rebind           run       fails   holds
      fact 7     reload-before-low-power-entry  run       fails   holds
      fact 8     reload-before-bus-reset        run       fails   holds

      14 cells as expected, in N s
      "
    `);
  });
  test('says the same as JSON', async () => {
    const { status, stdout } = await lostbit(
      'verify',
      '--json',
      '-',
      '--scenario',
      'reload-before-open,intx-mask-vs-bar-write',
      '--stage',
      'base,p3',
      '--time-budget',
      '2s',
    );
    expect(status).toBe(0);
    const { results } = parseReport(stdout);
    expect(
      results.map(({ scenario, stage, engine, verdict, exhaustive }) => ({
        scenario,
        stage,
        engine,
        verdict,
        exhaustive,
      })),
    ).toEqual([
      { scenario: 'reload-before-open', stage: 'base', engine: 'run', verdict: 'fails', exhaustive: true },
      { scenario: 'reload-before-open', stage: 'p3', engine: 'run', verdict: 'holds', exhaustive: true },
      {
        scenario: 'intx-mask-vs-bar-write',
        stage: 'base',
        engine: 'simulate',
        verdict: 'fails',
        exhaustive: false,
      },
      {
        scenario: 'intx-mask-vs-bar-write',
        stage: 'p3',
        engine: 'simulate',
        verdict: 'holds',
        exhaustive: true,
      },
    ]);
    expect(results[0]!.runs[0]!.steps.map(({ text }) => text)).toContain('open A');
    expect(results[0]!.reproduce).toBe('npx lostbit run reload-before-open --stage base');
    expect(results[1]!.reproduce).toBe(null);
  });
  test('differs where a scenario expects something else: exit status 1', async () => {
    const fails = await userFile('fails.ts', `${opened} outcomes: [], expect: 'holds',`);
    const { status, stdout } = await lostbit('verify', '--scenario', fails, '--stage', 'base');
    expect(stdout).toContain('fails!');
    expect(stdout).toContain('NOT EXPECTED at base');
    expect(stdout).toContain('1 NOT as expected');
    expect(stdout).toContain(`reproduce: npx lostbit run ${fails} --stage base`);
    expect(status).toBe(1);

    const holds = await userFile('holds.ts', `${opened} expect: 'fails',`);
    const other = await lostbit('verify', '--scenario', holds, '--stage', 'base');
    expect(other.stdout).toContain('holds!');
    expect(other.status).toBe(1);
  });
  test('of an exploration that was cut short says that it was not seen, which contradicts nobody', async () => {
    const path = join(dir, 'unseen.ts');
    await writeFile(join(dir, 'flags.c'), flagsC);
    await writeFile(
      path,
      `import { call, scenario } from 'lostbit';
const often = Array.from({ length: 12 }, () => call('count_up'));
export default scenario({
  title: 'More orders than there is time for',
  source: './flags.c',
  actors: { one: often, two: often, three: often },
  observe: { count: 'count' },
  outcomes: [{ when: {}, grade: 'acceptable', note: 'counted' }],
  expect: 'fails',
});`,
    );
    const options = ['--scenario', path, '--stage', 'base', '--time-budget', '100ms'];
    const { status, stdout } = await lostbit('verify', ...options);
    expect(stdout).toContain('undecided: unseen at ');
    expect(stdout).toContain('1 undecided');
    expect(status).toBe(0);
  });
  test('asks of a control only what is the same at every stage, and its own scenarios', async () => {
    const { status, stdout } = await lostbit(
      'verify',
      '--stage',
      'control',
      '--scenario',
      'every*,open-fails*,reload-before-open',
      '--time-budget',
      '200ms',
      '-q',
    );
    expect(stdout).toMatch(/open-fails-halfway .* holds/);
    expect(stdout).toMatch(/every-flag-its-own-bool .* holds/);
    expect(stdout).not.toContain('reload-before-open');
    expect(status).toBe(0);
  });
  test.each([
    [['--stage', 'p9'], "no stage 'p9'"],
    [['--scenario', 'reload-befroe-open'], "unknown scenario 'reload-befroe-open'"],
    [['--time-budget', 'soon'], 'Give a time'],
    [['--json', '/nowhere/at/all.json'], 'cannot write'],
  ])('%j is refused', async (args, message) => {
    const { status, stdout, stderr } = await lostbit('verify', ...args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('a series from standard input', () => {
  const patch = `--- a/flags.c
+++ b/flags.c
@@ -1,2 +1,3 @@
 #include <linux/types.h>
 
+/* Two flags in one byte. */
`;
  const refusal = (...scenarios: string[]) => {
    const own = join(dir, 'own-c-1.ts');
    const args = ['--subject', own, '--series', '-', '--scenario', scenarios.join(','), '--stage', 'no such'];
    return spawnSync(process.execPath, [join(root, 'dist/src/cli/main.js'), 'verify', ...args], {
      input: patch,
      encoding: 'utf8',
    }).stderr;
  };
  beforeAll(async () => {
    await writeFile(join(dir, 'flags.c'), flagsC);
    for (const i of [1, 2]) await writeFile(join(dir, `own-c-${i}.ts`), twoFlags('packed.a', 'packed.b'));
  });

  test('is read for all scenarios that are of the subject', () => {
    expect(refusal('own-c-1', 'own-c-3')).toContain("unknown scenario 'own-c-3'");
  });
  test('is read for all scenarios with C of their own', () => {
    expect(refusal(join(dir, 'own-c-1.ts'), join(dir, 'own-c-2.ts'))).toContain("no stage 'no such'");
  });
});

describe('run', () => {
  test('shows every step, what it returned and what was seen', async () => {
    const { status, stdout } = await lostbit('run', 'reload-before-open', '--stage', 'base,p1');
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "reload-before-open at base: vfio-pci is loaded with disable_idle_d3 before a device of a variant driver is opened
        set-up: load variant; bind A variant
        load vfio-pci disable_idle_d3    0
        open A                           0
        A.pdev.dev.power.usage_count     0  usage
        A.pdev.dev.power.runtime_status  0  status
        shutdown                         1
          violation unbalanced-usage: a PM usage count differs from its value before the driver was bound, by 'shutdown', A.pdev.dev.power.usage_count
              report_if kernel/balance.c:13
              stub_check_function kernel/balance.c:36
              check subjects/vfio-pci/ops/shutdown.c:39
              op_shutdown subjects/vfio-pci/ops/shutdown.c:53
              lab_run_step lab/instance.c:78
              lab_run_one lab/instance.c:120

      ✓ base fails, as expected: 1 × in use, and nothing keeps it awake; violation unbalanced-usage in 'shutdown'
        reproduce: npx lostbit run reload-before-open --stage base

      reload-before-open at p1: vfio-pci is loaded with disable_idle_d3 before a device of a variant driver is opened
        set-up: load variant; bind A variant
        load vfio-pci disable_idle_d3    0
        open A                           0
        A.pdev.dev.power.usage_count     1  usage
        A.pdev.dev.power.runtime_status  0  status
        shutdown                         0

      ✓ p1 holds, as expected: nothing forbidden in 1 sequence

      "
    `);
  });
  test('runs one sequence of several', async () => {
    const { status, stdout } = await lostbit('run', 'policy-changes-anywhere', '--sequence', '0011');
    expect(stdout).toContain('sequence 0011');
    expect(stdout).not.toContain('sequence 0010');
    expect(stdout).toContain('out of balance');
    expect(status).toBe(0);
  });
  test('makes a call fail on request', async () => {
    const path = await userFile('fault.ts', opened);
    const { stdout } = await lostbit('run', path, '--fault', 'pci_enable_device:1');
    expect(stdout).toContain('call 1 of pci_enable_device() fails');
    expect(stdout).toMatch(/open A +-EIO/);
  });
  test.each([
    [['reload-before-open', '--sequence', 'no'], "no sequence 'no'"],
    [['reload-before-open', '--fault', 'pci_disable_device:1'], 'is not a function that can be made to fail'],
    [['reload-before-open', '--fault', '!'], 'Give a function'],
    [['intx-mask-vs-bar-write', '--fault', 'kmalloc:1'], 'no sequence that a fault is for'],
    [['intx-mask-vs-bar-write', '--sequence', 'no'], "no sequence 'no'"],
    [['runtime-flags-share-no-byte', '--fault', 'kmalloc:3'], 'it looks at a layout'],
    [['reload-before-open', '--fault', 'kmalloc:1', '--fault', 'kmalloc:2'], 'Give it once'],
  ])('%j is refused before anything runs', async (args, message) => {
    const { status, stdout, stderr } = await lostbit('run', ...args);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
  test('says when a fault that was asked for never came', async () => {
    const path = await userFile('no-fault.ts', opened);
    const { stdout } = await lostbit('run', path, '--fault', 'pci_enable_device:9');
    expect(stdout).toContain('warning: call 9 of pci_enable_device() never came: there were 1');
    const met = await lostbit('run', path, '--fault', 'pci_enable_device:1');
    expect(met.stdout).not.toContain('warning');
  });
  test('shows a sequence of any length', async () => {
    const path = await userFile(
      'long.ts',
      "steps: [open('A'), ...Array.from({ length: 200_000 }, () => configRead('A', 0, 4))],",
    );
    const { status, stderr } = await lostbit('run', path, '-q');
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
  test.each([
    ["load('vfio-pci', 'disable_idled3')", "unknown parameter 'disable_idled3'", "'disable_idle_d3'"],
    ["load('vfio-pcii')", "unknown module 'vfio-pcii'", "'vfio-pci'"],
    ["bind('A', 'varient')", "unknown module 'varient'", "'variant'"],
    ["fail('pci_enable_devise')", 'E_UNKNOWN_FAULT', "'pci_enable_device'"],
    ["paramWrite('nointxmask', 'maybe')", "'maybe' is too long", ''],
    ["observe('__proto__', open('A'))", "'__proto__' is not a valid name", ''],
    ["observe('a b', open('A'))", "'a b' is not a valid name", ''],
  ])('refuses %s', async (step, message, hint) => {
    const path = join(dir, 'misspelt.js');
    await writeFile(
      path,
      `import { bind, fail, load, observe, open, paramWrite, sequence } from 'lostbit/vfio';
export default sequence({ title: '', devices: { A: {} }, steps: [${step}] });`,
    );
    const { status, stdout, stderr } = await lostbit('run', path);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
  test('a fault that a scenario file names is looked at before anything runs', async () => {
    const path = await userFile('bad-fault.ts', `${opened} faults: { pci_disable_device: 1 },`);
    const { status, stderr } = await lostbit('run', path);
    expect(stderr).toContain("'pci_disable_device' is not a function that can be made to fail");
    expect(status).toBe(2);
  });
  test('race refuses what has one schedule', async () => {
    const { status, stderr } = await lostbit('race', 'reload-before-open');
    expect(stderr).toContain('hint: lostbit run reload-before-open');
    expect(status).toBe(2);
  });
});

describe('series', () => {
  test('shows each patch with its files and lines', async () => {
    const { stdout } = await lostbit('series', '--stage', 'p2');
    expect(stdout).toMatchInlineSnapshot(`
      "p2  vfio/pci: Release the VGA arbiter client on register_device() failure
            vfio/pci/vfio_pci_core.c | +1 -0
            1 file changed, 1 insertion(+), 0 deletions(-)

            A device that cannot be registered after all is freed, but the VGA arbiter
            keeps the callback that was registered for it. Each adapter that comes or
            goes later calls that callback for a device without a driver, or, once the
            module is gone, code that is not there. The legacy ranges are not given
            back, and a user's writes to the arbiter are ignored.

            Undo on that path what vfio_pci_vga_init() did, as unregistering does.
      "
    `);
    const all = await lostbit('series');
    for (const stage of ['p1', 'p2', 'p3', 'p5', 'control'])
      expect(all.stdout).toContain(`\n${stage}  vfio`.slice(stage === 'p1' ? 1 : 0));
  });
  test('shows the patch as it is applied', async () => {
    const { stdout } = await lostbit('series', '--stage', 'p2', '--diff');
    expect(stdout).toContain('--- a/vfio/pci/vfio_pci_core.c\n+++ b/vfio/pci/vfio_pci_core.c\n@@');
  });
  test.each([
    [['--stage', 'base'], "no patch leads to stage 'base'"],
    [['--subject', 'bare-flags'], "'bare-flags' has no patches"],
  ])('has no patch to show: %j', async (args, message) => {
    const { status, stderr } = await lostbit('series', ...args);
    expect(stderr).toContain(`E_NO_PATCH: ${message}`);
    expect(status).toBe(2);
  });
});

describe('source', () => {
  test.skipIf(process.platform !== 'linux')('ends where there can be no directory', async () => {
    const { status, stderr } = await lostbit('source', '/proc/lostbit');
    expect(stderr).toContain('E_WRITE');
    expect(status).toBe(2);
  });
  test('writes a stage out, whole, and nothing where something is', async () => {
    const target = join(dir, 'p3');
    expect((await lostbit('source', target, '--stage', 'p3')).status).toBe(0);
    expect(await readdir(target)).toEqual([
      'compile_flags.txt',
      'include',
      'kernel',
      'lab',
      'subjects',
      'vfio',
    ]);
    const header = await readFile(join(target, 'include/linux/vfio_pci_core.h'), 'utf8');
    expect(header).toMatch(/^\tbool virq_disabled;$/m);

    const again = await lostbit('source', target);
    expect(again.stderr).toContain('it is not empty');
    expect(again.status).toBe(2);
    expect(await readFile(join(target, 'include/linux/vfio_pci_core.h'), 'utf8')).toBe(header);
    expect((await readdir(dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
