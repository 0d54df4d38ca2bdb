// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunDetails } from 'fast-check';
import type { Backend, Job } from '../../src/toolchain/backend.js';
import { llvmBackend, locateLlvm } from '../../src/toolchain/llvm.js';

/** C files by name. */
export type Sources = Readonly<Record<string, string>>;

const TARGET = ['--target=wasm32-unknown-unknown', '-ffreestanding', '-nostdlib'];
const LINK = ['--no-entry', '--export-all'];

let started: Promise<Backend> | undefined;

/** npm's LLVM, in a process of its own as lostbit runs it: in this one V8 would optimise it while it works. */
function llvm(): Promise<Backend> {
  started ??= locateLlvm().then(llvmBackend);
  return started;
}

/** Compiles each file with npm LLVM and links them: relocations in debug sections are applied by the linker. */
export async function compileWasm(sources: Sources, flags: readonly string[]): Promise<Uint8Array> {
  const objects = new Map<string, Uint8Array>();
  for (const [file, text] of Object.entries(sources))
    objects.set(`${file}.o`, await compileObject(file, text, flags));
  const args = [...LINK, ...objects.keys(), '-o', 'a.wasm'];
  return make({ tool: 'wasm-ld', args, files: objects, output: 'a.wasm' });
}

/** Compiles a file with npm LLVM, and links nothing. */
export function compileObject(file: string, text: string, flags: readonly string[]): Promise<Uint8Array> {
  const output = `${file}.o`;
  const args = [...TARGET, ...flags, '-c', file, '-o', output];
  return make({ tool: 'clang', args, files: new Map([[file, text]]), output });
}

async function make(job: Job): Promise<Uint8Array> {
  const { bytes, diagnostics } = await (await llvm()).run(job, new AbortController().signal);
  if (bytes === null) throw new Error(`${job.tool} ${job.args.join(' ')}:\n${diagnostics}`);
  return bytes;
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
