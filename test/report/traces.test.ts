// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, describe, expect, test } from 'vitest';
import type { Interleaving } from '../../src/engine/interleaving.js';
import { names } from '../../src/report/access.js';
import { interleavingText } from '../../src/report/interleaving.js';
import {
  bind,
  configRead,
  configWrite,
  load,
  open,
  PCI_BASE_ADDRESS_0,
} from '../../subjects/vfio-pci/index.js';
import { build, caseOf, closeToolchains } from '../support/race.js';
import { closeSimulations, explore, simulationOf } from '../support/simulation.js';
import { raceOf } from '../support/vfio.js';

afterAll(async () => {
  await closeSimulations();
  await closeToolchains();
});

/** What a scenario fails by at base, with the fewest preemptions there are. */
async function failing(scenario: string, when: Readonly<Record<string, number>>): Promise<Interleaving> {
  const base = await build('base');
  const { outcomes, violations } = await explore(base, scenario, {}, 'base');
  const wanted = Object.entries(when);
  const found =
    wanted.length === 0
      ? violations[0]
      : outcomes.find(({ values }) => wanted.every(([name, value]) => values[name] === value));
  const simulation = simulationOf(base);
  const of = caseOf(scenario, 'base', base);
  const { runs } = await simulation.shrink(of, found!);
  return (await simulation.describe(of, runs)).interleaving;
}

const short = (one: Interleaving) => interleavingText(one, { steps: {}, width: 100, verbose: false });
const kindOf = ({ kind }: Interleaving['accesses'][number]) => (kind === 'store' ? '=' : '->');
/** Actor, field, and whether it is read or written, of each that decides. */
const decisive = ({ actors, accesses, decisive }: Interleaving) =>
  decisive.map((i) => `${actors[accesses[i]!.actor]}: ${names(accesses[i]!)} ${kindOf(accesses[i]!)}`);

describe('the trace of a failing case has what decides, in at most 40 lines', () => {
  test.each<[string, Readonly<Record<string, number>>, string[]]>([
    [
      'intx-mask-vs-bar-write',
      { virq_disabled: 0, bardirty: 1 },
      ['mover: A.bardirty ->', 'masker: A.virq_disabled =', 'mover: A.bardirty ='],
    ],
    [
      'log-stop-vs-reset',
      { doorbells: 1, mig_state: 1 },
      ['logger: A.log_active ->', 'resetter: A.deferred_reset =', 'logger: A.log_active ='],
    ],
    [
      'log-stop-vs-reset',
      {},
      [
        'logger: A.log_active =',
        'resetter: A.deferred_reset =',
        'logger: A.tracker.fw_qp.qpn ->',
        'logger: header(A.tracker.fw_qp).mark ->',
      ],
    ],
    [
      'dirty-page-report-vs-qp-error',
      {},
      [
        'reader: A.tracker.object_changed ->',
        'adapter: A.tracker.is_err =',
        'reader: A.tracker.object_changed =',
      ],
    ],
  ])('%s', async (scenario, when, wanted) => {
    const execution = await failing(scenario, when);
    const marked = decisive(execution);
    for (const one of wanted) expect(marked).toContain(one);
    const text = short(execution);
    expect(text.split('\n').length).toBeLessThanOrEqual(40);
    expect(text.split('\n').filter((line) => /^(\s*\| )?\* /.test(line))).toHaveLength(
      execution.decisive.length +
        execution.returned.flat().filter(({ observed, value }) => observed && value !== null).length,
    );
    expect(
      execution.accesses.filter(({ object }) => object.startsWith('0x')).map(({ object }) => object),
    ).toEqual([]);
  });

  test('a device that a module’s parameter keeps awake: by the parameter’s name', async () => {
    const execution = await failing('reload-vs-bus-reset', {});
    expect(decisive(execution)).toContain('admin: policy.disable_idle_d3 =');
    expect(
      decisive(execution).filter((one) => one.startsWith('user: policy.disable_idle_d3 ->')),
    ).not.toEqual([]);
    expect(short(execution).split('\n').length).toBeLessThanOrEqual(40);
  });
});

test('config space behind a pointer is named in races and traces, byte by byte', async () => {
  const write = (value: number) => configWrite('A', PCI_BASE_ADDRESS_0, 4, value);
  const scenario = raceOf({
    title: '',
    devices: { A: { intx: true } },
    setup: [load('vfio-pci'), bind('A'), open('A')],
    actors: { one: [write(0xe000_0000)], other: [configRead('A', PCI_BASE_ADDRESS_0, 4)] },
    observe: { top: 'A.vconfig[19]' },
    outcomes: [{ when: {}, grade: 'acceptable', note: '' }],
  });
  const base = await build('base');
  const { races, outcomes } = await explore(base, scenario, {}, 'base');
  const objects = races.flatMap(({ sides }) => sides.map(names));
  expect(objects).toContain('A.vconfig[16]..vconfig[19]');
  expect(objects.filter((object) => object.startsWith('0x'))).toEqual([]);
  const execution = await simulationOf(base).describe(caseOf(scenario, 'base', base), outcomes[0]!.runs);
  const { accesses, observed, returned } = execution.interleaving;
  const seen = [...new Set(observed.map((i) => names(accesses[i]!)))];
  expect(seen).toContain('A.vconfig[16]..vconfig[19]');
  expect(seen.filter((name) => !name.startsWith('A.vconfig[1'))).toEqual([]);
  expect(accesses.map(({ object }) => object)).toContain('A.pci_config_map[16]');
  expect(returned[0]).toEqual([{ value: 0, observed: false }]);
});
