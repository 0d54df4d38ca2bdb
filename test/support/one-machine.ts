// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { argValue, encodeScenario } from '../../src/engine/encode.js';
import type { Violation } from '../../src/engine/engine.js';
import { readViolations } from '../../src/engine/violations.js';
import { resolveFieldPath } from '../../src/machine/field-path.js';
import { Machine } from '../../src/machine/machine.js';
import type { DeviceSpec, RaceScenario } from '../../src/scenario/scenario.js';
import type { Step } from '../../src/scenario/steps.js';
import type { Build } from '../../src/toolchain/build.js';

/** Room for eight devices and all that a long test allocates, the stacks of allocations included. */
const arenaBytes = 512 * 1024;

/** One machine, driven step by step from one thread. */
export class OneMachine {
  readonly machine: Machine;
  readonly #scenario: RaceScenario;

  private constructor(machine: Machine, scenario: RaceScenario) {
    this.machine = machine;
    this.#scenario = scenario;
  }

  /**
   * A machine with the devices plugged in; `stop` it. `watch`: with the stacks of allocations and the order of
   * locks. `shadow`: with a shadow of memory for `stub_check_access`.
   */
  static async start(
    { bytes }: Build,
    devices: Readonly<Record<string, DeviceSpec>>,
    { watch = false, shadow = false } = {},
  ): Promise<OneMachine> {
    const machine = new Machine(bytes);
    await machine.start(1, []);
    const scenario: RaceScenario = { title: '', devices, setup: [], actors: {}, observe: {}, outcomes: [] };
    encodeScenario(machine, scenario);
    machine.setScalar('stub_watch', Number(watch));
    if (shadow) machine.setScalar('stub_shadow', machine.allocate(machine.memory.buffer.byteLength / 8));
    const instances = machine.global('lab_instances');
    instances.set('start', machine.allocate(arenaBytes));
    instances.set('stride', arenaBytes);
    instances.set('bytes', arenaBytes);
    instances.set('count', 1);
    await machine.call(0, 'lab_setup');
    return new OneMachine(machine, scenario);
  }

  /** Runs one step, which may name a device, an op's argument or a number that there is not; returns what it does. */
  async run({ op, device, args }: Step | RawStep): Promise<number> {
    const one = this.machine.global('lab_one');
    one.set('step.op', this.machine.enumerator('lab_op', `LAB_OP_${op.toUpperCase()}`));
    const slot =
      typeof device === 'string' ? Object.keys(this.#scenario.devices).indexOf(device) : (device ?? 0);
    one.set('step.device', slot);
    for (let i = 0; i < this.machine.arrayLength('lab_step', 'arg'); i++)
      one.set(`step.arg[${i}]`, argValue(this.machine, args[i] ?? 0));
    await this.machine.call(0, 'lab_run_one');
    return one.get('returned');
  }

  /** Runs steps one after the other; returns what each did. */
  async runAll(steps: readonly (Step | RawStep)[]): Promise<number[]> {
    const returned: number[] = [];
    for (const step of steps) returned.push(await this.run(step));
    return returned;
  }

  /** An unsigned field's value, by its path from `struct lab_instance`: `device[0].vdev.irq_type`. */
  field(path: string): number {
    const { hops, size, bit, bits } = resolveFieldPath(this.machine.debugInfo.struct('lab_instance'), path);
    const memory = new DataView(this.machine.memory.buffer);
    let at = memory.getUint32(this.machine.global('lab_instances').get('start') + this.#rootOffset, true);
    for (const hop of hops.slice(0, -1)) at = memory.getUint32(at + hop, true);
    at += hops.at(-1)!;
    const raw = { 1: memory.getUint8(at), 2: memory.getUint16(at, true), 4: memory.getUint32(at, true) }[
      size as 1 | 2 | 4
    ];
    return (raw >>> bit) % 2 ** bits;
  }

  get #rootOffset(): number {
    const { members } = this.machine.debugInfo.struct('stub_arena');
    return members.find(({ name }) => name === 'root')!.offset;
  }

  /** Below the module's data there is nothing: who writes there has followed a NULL pointer. */
  get isLowMemoryClear(): boolean {
    return new Uint8Array(this.machine.memory.buffer, 0, 1024).every((byte) => byte === 0);
  }

  /** Keeps the machine as it is, once, for `restore`. */
  async snapshot(): Promise<void> {
    const bytes = await this.machine.call(0, 'lab_instance_bytes');
    this.machine.global('lab_instances').set('snapshot', this.machine.allocate(bytes));
    await this.machine.call(0, 'lab_snapshot');
  }

  async restore(): Promise<void> {
    await this.machine.call(0, 'lab_restore', 0);
  }

  /** What the stub kernel has caught so far. */
  get found(): Violation[] {
    return readViolations(this.machine, this.#scenario.devices);
  }

  /** The same, by kind. */
  get violations(): string[] {
    return this.found.map(({ kind }) => kind);
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}

/** A step as no step function would make it, on a slot by its number. */
export interface RawStep {
  readonly op: string;
  readonly device: number;
  readonly args: readonly number[];
}
