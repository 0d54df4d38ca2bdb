import { afterAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../../scenarios/index.js';
import { setUpOne } from '../../../src/engine/instance.js';
import { Replayer } from '../../../src/engine/replay/replay.js';
import { Simulator } from '../../../src/engine/simulate/simulator.js';
import { isRace, type RaceScenario } from '../../../src/scenario/scenario.js';
import type { Build } from '../../../src/toolchain/build.js';
import { build, closeToolchains, subject } from '../../support/race.js';

afterAll(closeToolchains);

/** What the simulator finds. */
async function explored(scenario: RaceScenario, { bytes }: Build, executions: number) {
  const simulator = await Simulator.open(bytes);
  const { machine } = simulator;
  const { states } = await setUpOne(machine, scenario);
  await simulator.call('set_states', states, machine.debugInfo.struct('lab_simulated').size);
  await simulator.call('forget_sharing');
  const caught = machine.global('stub_violations');
  const first = caught.addressOf('first[0].kind');
  const next = caught.addressOf('first[1].kind');
  await simulator.call('set_caught', caught.addressOf('count'), first, next - first);
  const found = await simulator.explore({
    actors: Object.keys(scenario.actors).length,
    observed: Object.keys(scenario.observe).length,
    strategy: 'dpor',
    executions,
  });
  await simulator.close();
  return found;
}

const races = Object.entries(catalogue).filter(([, scenario]) => isRace(scenario));

describe.each(['base', 'p5'])('at %s', (stage) => {
  test.each(races)('%s: schedules of the simulator are what real threads do', async (name) => {
    const built = await build(stage);
    const what = subject(name, stage, built);
    const t0 = performance.now();
    const { outcomes, executions, bounded } = await explored(what.scenario, built, 2000);
    const t1 = performance.now();
    const replayer = new Replayer(built);
    for (const o of outcomes) {
      const result = await replayer.replay(what, o.runs, { times: 100 });
      console.log(name, stage, executions, bounded, (t1 - t0).toFixed(0), o.ending, o.values.join(), o.caught, 'runs', o.runs.length, 'ticks', o.runs.reduce((s, r) => s + r.ticks, 0),
       JSON.stringify(result.outcomes.map((x) => [x.values, x.count])), JSON.stringify(result.endings), JSON.stringify(result.diverged), (result.seconds).toFixed(3), result.violations.map(v => v.message+' '+v.count+' '+v.stack.map(f=>f.function).join('<')).slice(0,2).join('|'));
    }
    await replayer.close();
  });
});
