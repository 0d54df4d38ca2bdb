// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Value types, as the binary format writes them. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;

/** An unsigned LEB128, padded to 5 bytes as linkers do where `padded` asks for it. */
export function uleb(value: number, padded = false): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const last = padded ? bytes.length === 4 : rest < 128;
    bytes.push((rest % 128) | (last ? 0 : 0x80));
    if (last) return bytes;
  }
}

export interface TestFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** Declarations of locals: how many, and of what type. */
  readonly locals?: readonly (readonly [number, number])[];
  /** Instructions without the last `end`. */
  readonly code: readonly number[];
}

/**
 * A module by the letter of the specification. It imports `env.hook`, (i32, i32, i32) -> (), and exports it again;
 * a memory of 1 page, shared, is exported as `memory`; so are all functions. One passive data segment: 01 02 … 20.
 */
export function assemble(
  functions: readonly TestFunction[],
  { memory = [1, 3, 1, 1], padded = false, customs = [] as readonly (readonly [string, ...number[]])[] } = {},
): Uint8Array<ArrayBuffer> {
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const vector = (elements: readonly (readonly number[])[]) => [...uleb(elements.length), ...elements.flat()];
  const section = (id: number, bytes: readonly number[]) => [id, ...uleb(bytes.length, padded), ...bytes];
  const type = (parameters: readonly number[], results: readonly number[]) => [
    0x60,
    ...vector(parameters.map((one) => [one])),
    ...vector(results.map((one) => [one])),
  ];
  const bodies = functions.map(({ locals = [], code }) => {
    const body = [...vector(locals.map(([count, type]) => [...uleb(count), type])), ...code, 0x0b];
    return [...uleb(body.length, padded), ...body];
  });
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      vector([
        type([I32, I32, I32], []),
        ...functions.map(({ parameters, results }) => type(parameters, results)),
      ]),
    ),
    ...section(2, vector([[...name('env'), ...name('hook'), 0, 0]])),
    ...section(3, vector(functions.map((_, i) => uleb(i + 1)))),
    ...section(5, memory),
    ...section(
      7,
      vector([
        [...name('memory'), 2, 0],
        [...name('hook'), 0, 0],
        ...functions.map((one, i) => [...name(one.name), 0, ...uleb(i + 1)]),
      ]),
    ),
    ...section(12, [1]),
    ...section(10, vector(bodies)),
    ...section(11, vector([[1, 20, ...Array.from({ length: 20 }, (_, i) => i + 1)]])),
    ...customs.flatMap(([title, ...content]) => section(0, [...name(title), ...content])),
  ];
  return Uint8Array.from(bytes);
}
