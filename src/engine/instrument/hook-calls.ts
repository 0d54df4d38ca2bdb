// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { type Edit, type Edited, growth } from '../../wasm/edits.js';
import { sleb32, uleb } from '../../wasm/leb.js';
import { ValueType } from './access-shapes.js';
import { hookOf, rewritten } from './hook-accesses.js';
import { type DecodedFunction, type DirectCall, decodeFunctions } from './memory-accesses.js';
import { type FunctionType, functionTypes } from './module-types.js';
import { ScratchLocals } from './scratch-locals.js';

export interface CallHookOptions {
  /** Name of the exported function to call: (first argument i32, second i32, what i32) without a result. */
  readonly hook: string;
  /** What is passed for a call; `null`: it is not reported. */
  what(call: DirectCall, caller: number): number | null;
}

const Opcode = { call: 0x10, localGet: 0x20, localSet: 0x21, i32Const: 0x41 } as const;

/**
 * Has a hook called right before each call that is wanted, with its first two arguments, each 0 where there is none of 32 bits.
 * Indices, exports, names and data stay as they are; debug information is dropped, as by hookAccesses.
 *
 * @throws LostbitError `E_HOOK` where the module exports no such function.
 */
export function hookCalls(module: Uint8Array<ArrayBuffer>, { hook: name, what }: CallHookOptions): Edited {
  const types = functionTypes(module);
  const hook = hookOf(module, types, name, [ValueType.i32, ValueType.i32, ValueType.i32]);
  return rewritten(
    module,
    decodeFunctions(module).flatMap((one) => {
      const wanted = one.calls.flatMap((call) => {
        const number = what(call, one.body.index);
        return number === null
          ? []
          : [{ call, number, operands: types[call.callee]!.parameters as readonly ValueType[] }];
      });
      return wanted.length === 0 ? [] : hooked(one, types[one.body.index]!, wanted, hook);
    }),
  );
}

interface Wanted {
  readonly call: DirectCall;
  readonly number: number;
  readonly operands: readonly ValueType[];
}

function hooked(
  { body, locals }: DecodedFunction,
  { parameters }: FunctionType,
  wanted: readonly Wanted[],
  hook: number,
): Edit[] {
  const scratch = new ScratchLocals(
    parameters.length + locals.count,
    wanted.map(({ operands }) => operands),
  );
  const get = (local: number) => [Opcode.localGet, ...uleb(local)];
  const inside: Edit[] = [
    { at: body.start, remove: locals.start - body.start, bytes: uleb(locals.groups + scratch.groups) },
    { at: locals.end, remove: 0, bytes: scratch.declarations },
    ...wanted.map(({ call, number, operands }) => {
      const kept = scratch.forOperands(operands);
      const passed = (nth: number) =>
        operands[nth] === ValueType.i32 ? get(kept[nth]!) : [Opcode.i32Const, 0];
      return {
        at: call.offset,
        remove: 0,
        bytes: [
          ...kept.toReversed().flatMap((local) => [Opcode.localSet, ...uleb(local)]),
          ...passed(0),
          ...passed(1),
          ...[Opcode.i32Const, ...sleb32(number), Opcode.call, ...uleb(hook)],
          ...kept.flatMap(get),
        ],
      };
    }),
  ];
  const size = uleb(body.end - body.start + growth(inside));
  return [{ at: body.size, remove: body.start - body.size, bytes: size }, ...inside];
}
