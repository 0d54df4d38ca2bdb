// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Machine } from '../../machine/machine.js';
import { StructView } from '../../machine/struct-view.js';
import type { Context } from '../../scenario/scenario.js';
import { taskContextOf } from '../kernel-names.js';

/** What the C side has noted of a write or a call: its `struct stub_record`. */
export interface Recorded {
  /** Of what is written; of a call, what it passes first. */
  readonly address: number;
  /** 0: it is a call. */
  readonly bytes: number;
  /** Of a call, what it passes second: 32 bits. */
  readonly second: number;
  readonly site: number;
  readonly context: Context;
  /** Addresses of the locks that were held, the first taken first. */
  readonly held: readonly { readonly lock: number; readonly shared: boolean }[];
}

/** Records of one step that there is room for. */
const room = 32_768;

/** What a machine's code has done in a step, in its order, where it reports that. */
export class Records {
  readonly #machine: Machine;
  readonly #start: number;
  /** Bytes from the start of a record. */
  readonly #at: Readonly<
    Record<'size' | 'address' | 'bytes' | 'second' | 'site' | 'context' | 'nr_held', number>
  >;
  /** Of its first lock, and from one lock to the next. */
  readonly #lock: number;
  readonly #how: number;
  readonly #stride: number;

  constructor(machine: Machine) {
    this.#machine = machine;
    const struct = machine.debugInfo.struct('stub_record');
    const first = new StructView(struct, machine.memory, 0);
    this.#at = {
      size: struct.size,
      address: first.addressOf('address'),
      bytes: first.addressOf('bytes'),
      second: first.addressOf('second'),
      site: first.addressOf('site'),
      context: first.addressOf('context'),
      nr_held: first.addressOf('nr_held'),
    };
    this.#lock = first.addressOf('held[0].lock');
    this.#how = first.addressOf('held[0].how');
    this.#stride = first.addressOf('held[1].lock') - this.#lock;
    this.#start = machine.allocate(room * struct.size);
    const recorder = machine.global('stub_recorder');
    recorder.set('records', this.#start);
    recorder.set('room', room);
  }

  begin(): void {
    this.#machine.global('stub_recorder').set('count', 0);
  }

  /** What was recorded since then. */
  *all(): Generator<Recorded> {
    const count = this.#machine.global('stub_recorder').get('count');
    if (count > room) throw new Error(`a step makes ${count} records, and there is room for ${room}`);
    const view = new DataView(this.#machine.memory.buffer);
    const read = this.#machine.enumerator('stub_hold', 'STUB_READ');
    for (let i = 0; i < count; i++) {
      const record = this.#start + i * this.#at.size;
      const get = (offset: number) => view.getUint32(record + offset, true);
      yield {
        address: get(this.#at.address),
        bytes: get(this.#at.bytes),
        second: get(this.#at.second),
        site: get(this.#at.site),
        context: taskContextOf(this.#machine, get(this.#at.context)) ?? 'process',
        held: Array.from({ length: get(this.#at.nr_held) }, (_, nth) => ({
          lock: get(this.#lock + nth * this.#stride),
          shared: get(this.#how + nth * this.#stride) === read,
        })),
      };
    }
  }
}
