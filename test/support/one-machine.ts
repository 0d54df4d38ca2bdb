// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { encodeStep } from '../../src/engine/encode.js';
import type { Violation } from '../../src/engine/engine.js';
import { giveValues, placeOwn } from '../../src/engine/given.js';
import { placedFor } from '../../src/engine/instrument/placed.js';
import { resolveField } from '../../src/engine/variables.js';
import { readViolations } from '../../src/engine/violations.js';
import { Machine } from '../../src/machine/machine.js';
import type * as general from '../../src/scenario/step.js';
import type { Build } from '../../src/toolchain/build.js';
import type { Devices, Step } from '../../subjects/vfio-pci/index.js';
import { Machinery } from '../../subjects/vfio-pci/machinery.js';

/** Room for eight devices and all that a long test allocates, the stacks of allocations included. */
const arenaBytes = 512 * 1024;

/** One machine with devices, driven step by step from one thread. */
export class OneMachine {
  readonly machine: Machine;
  readonly #machinery: Machinery;

  private constructor(machine: Machine, machinery: Machinery) {
    this.machine = machine;
    this.#machinery = machinery;
  }

  /**
   * A machine with the devices plugged in; `stop` it. `watch`: with the stacks of allocations and the order of
   * locks. `shadow`: with a shadow of memory for `stub_check_access`.
   */
  static async start(
    { bytes }: Build,
    devices: Devices,
    { watch = false, shadow = false } = {},
  ): Promise<OneMachine> {
    const machine = new Machine(bytes, placedFor(bytes, false));
    await machine.start(1, []);
    const machinery = new Machinery(devices);
    placeOwn(machine);
    giveValues(machine, machinery);
    machine.setScalar('stub_watch', Number(watch));
    if (shadow) machine.setScalar('stub_shadow', machine.allocate(machine.memory.buffer.byteLength / 8));
    const instances = machine.global('lab_instances');
    instances.set('start', machine.allocate(arenaBytes));
    instances.set('stride', arenaBytes);
    instances.set('bytes', arenaBytes);
    instances.set('count', 1);
    await machine.call(0, 'lab_setup');
    return new OneMachine(machine, machinery);
  }

  /** Runs one step, which may name a slot, an op's argument or a number that there is not; returns what it does. */
  async run(step: Step | RawStep): Promise<number> {
    const one = this.machine.global('lab_one');
    encodeStep(this.machine, one, 'step', isRaw(step) ? plain(step) : this.#machinery.step(step));
    await this.machine.call(0, 'lab_run_one');
    return one.get('returned');
  }

  /** Runs steps one after the other; returns what each did. */
  async runAll(steps: readonly (Step | RawStep)[]): Promise<number[]> {
    const returned: number[] = [];
    for (const step of steps) returned.push(await this.run(step));
    return returned;
  }

  /** An unsigned field's value, by its path: `slots[0].vdev.irq_type`. */
  field(path: string): number {
    const { hops, size, bit, bits } = resolveField(this.machine, this.#machinery.names, path);
    const memory = new DataView(this.machine.memory.buffer);
    let at = this.machine.global('lab_instances').get('start');
    for (const hop of hops.slice(0, -1)) at = memory.getUint32(at + hop, true);
    at += hops.at(-1)!;
    const raw = { 1: memory.getUint8(at), 2: memory.getUint16(at, true), 4: memory.getUint32(at, true) }[
      size as 1 | 2 | 4
    ];
    return (raw >>> bit) % 2 ** bits;
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
    return readViolations(this.machine, this.#machinery.names);
  }

  /** The same, by kind. */
  get violations(): string[] {
    return this.found.map(({ kind }) => kind);
  }

  stop(): Promise<void> {
    return this.machine.stop();
  }
}

/** A step as no step function would make it, on a slot by its number; `null`: on none. */
export interface RawStep {
  readonly op: string;
  readonly device: number | null;
  readonly args: readonly number[];
}

const isRaw = (step: Step | RawStep): step is RawStep =>
  'device' in step && typeof step.device !== 'string' && step.device !== undefined;

const plain = ({ op, device, args }: RawStep): general.Step => ({
  op,
  args: device === null ? args : [device, ...args],
});
