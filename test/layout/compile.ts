// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands, Exit, runLLVM, type Tree } from '@yowasp/clang';
import type { RunDetails } from 'fast-check';

/** C files by name. */
export type Sources = Readonly<Record<string, string>>;

const TARGET = ['--target=wasm32-unknown-unknown', '-ffreestanding', '-nostdlib'];
const LINK = ['--no-entry', '--export-all'];

let started: Promise<unknown> | undefined;

/** Loads npm's LLVM, which prints its progress unless it has a handler. */
export function startLlvm(): Promise<unknown> {
  started ??= Promise.resolve(runLLVM(undefined, undefined, { fetchProgress: () => {} }));
  return started;
}

/** Compiles each file with npm LLVM and links them: relocations in debug sections are applied by the linker. */
export async function compileWasm(sources: Sources, flags: readonly string[]): Promise<Uint8Array> {
  await startLlvm();
  const objects: Tree = {};
  for (const [file, text] of Object.entries(sources)) {
    const out = await tool('clang', [...TARGET, ...flags, '-c', file, '-o', `${file}.o`], { [file]: text });
    objects[`${file}.o`] = out[`${file}.o`]!;
  }
  const linked = await tool('wasm-ld', [...LINK, ...Object.keys(objects), '-o', 'a.wasm'], objects);
  return linked['a.wasm'] as Uint8Array;
}

async function tool(name: 'clang' | 'wasm-ld', args: string[], files: Tree): Promise<Tree> {
  let output = '';
  const stderr = (bytes: Uint8Array | null) => {
    output += Buffer.from(bytes ?? []).toString();
  };
  try {
    return (await commands[name](args, files, { stderr })) ?? {};
  } catch (error) {
    throw error instanceof Exit ? new Error(`${name} ${args.join(' ')}:\n${output}`) : error;
  }
}

/** Whether a command is on PATH. */
export function onPath(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Compiles and links one file with commands of the system; `{in}` and `{out}` stand for the files. */
export function compileOutside(text: string, steps: readonly (readonly string[])[]): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'lostbit-layout-'));
  try {
    writeFileSync(join(folder, '0'), text);
    for (const [i, step] of steps.entries()) {
      const [command, ...args] = step.map((word) =>
        word.replaceAll('{in}', join(folder, `${i}`)).replaceAll('{out}', join(folder, `${i + 1}`)),
      );
      execFileSync(command!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    }
    return new Uint8Array(readFileSync(join(folder, `${steps.length}`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names the seed of a property that failed: its counterexample is a program of many lines. */
export function reportSeed<T>({ failed, seed, errorInstance }: RunDetails<T>): void {
  if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
}
