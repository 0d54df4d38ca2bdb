// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { posix } from 'node:path';
import { commands, runLLVM } from '@yowasp/clang';
import type { CodeFrame } from '../../src/layout/code-map.js';

interface Symbolized {
  readonly FunctionName: string;
  readonly FileName: string;
  readonly Line: number;
}

interface Answer {
  readonly Symbol?: readonly Symbolized[];
}

/**
 * What LLVM's own symbolizer says of addresses, which count from the code section's content: the frames of
 * each, innermost first, in the terms of `CodeMap`.
 */
export async function symbolize(module: Uint8Array, addresses: readonly number[]): Promise<CodeFrame[][]> {
  // Without a handler it prints its progress.
  await runLLVM(undefined, undefined, { fetchProgress: () => {} });
  let output = '';
  const stdout = (bytes: Uint8Array | null) => {
    output += Buffer.from(bytes ?? []).toString('latin1');
  };
  // Short names come from the DWARF; others may be the symbol table's, whose addresses are not reliable.
  const options = ['-e', 'a.wasm', '-i', '--functions=short', '--output-style=JSON'];
  let asked = Buffer.from(addresses.map((address) => `0x${address.toString(16)}\n`).join(''));
  const stdin = (length: number) => {
    const next = asked.subarray(0, length);
    asked = asked.subarray(length);
    return next.length === 0 ? null : next;
  };
  await commands.addr2line(options, { 'a.wasm': module }, { stdin, stdout });
  // One line of JSON an address.
  return output
    .trimEnd()
    .split('\n')
    .map((line) => ((JSON.parse(line) as Answer).Symbol ?? []).map(toFrame));
}

function toFrame({ FunctionName, FileName, Line }: Symbolized): CodeFrame {
  return {
    function: FunctionName,
    file: FileName === '' ? null : posix.normalize(FileName),
    line: Line === 0 ? null : Line,
  };
}
