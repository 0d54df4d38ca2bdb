import { openSource } from './src/source/source.js';
import { programOf } from './src/source/program.js';
import { buildModule } from './src/toolchain/build.js';
import { openToolchain } from './src/toolchain/find.js';
import { callsIn } from './src/scenario/calls.js';
import { call } from './src/scenario/step.js';
import { stress } from './src/engine/stress/stress.js';
import { Simulation } from './src/engine/simulate/simulation.js';
import { Replayer } from './src/engine/replay/replay.js';
import { Session } from './src/engine/run/session.js';
import { instanceDataOf } from './src/wasm/instance-data.js';
const source = await openSource('port', 'x', '/tmp/p1', ['./port.c']);
const scenario: any = {
  title: 't',
  actors: { a: [call('port_start', 1)], b: [call('port_open', '&port', 2)] },
  observe: { busy: 'port.busy', opens: 'opens', inner: 'port_open.inner' },
  outcomes: [{ when: { busy: 1, open: 1 }, grade: 'acceptable', note: 'ok' }],
};
const program = await programOf({ tree: source.tree, units: source.units, defines: {}, modules: {}, calls: callsIn(Object.values(scenario.actors).flat() as any) });
console.log(program.units);
const toolchain = await openToolchain((process.argv[2] as any) ?? 'clang');
const t0 = performance.now();
const build = await buildModule(program, toolchain, { bitfieldAccess: 'fine', optimize: '2' }, { diagnostics: (t) => console.log(t) });
console.log('built', build.bytes.length, build.compiled, (performance.now() - t0) | 0, instanceDataOf(build.bytes));
const tested: any = { name: 'port', origin: 'port', scenario, stage: 'base', build };
const s = new Session(build);
await s.renew(scenario);
for (const step of [call('port_start', 1), call('port_open', '&port', 2), call('port_open', '&port', 2)]) console.log(await s.step(step as any));
console.log(await s.read('port.busy'), await s.read('port.open'), await s.read('opens'));
await s.renew(scenario); console.log('renewed', await s.read('opens'));
await s.close();
const sim = new Simulation(build);
const r = await sim.explore(tested, { seconds: 5 });
console.log(r.outcomes, r.violations, (r as any).executions);
const rep = new Replayer(build);
for (const o of r.outcomes) console.log((await rep.replay(tested, (o as any).runs, { times: 5 })).outcomes);
await rep.close(); await sim.close();
const raced = await stress(tested, { seconds: 1, seed: 1 });
console.log(raced.outcomes, raced.violations, raced.samples);
await toolchain.close();
