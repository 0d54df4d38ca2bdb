// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import { bigSource } from './big-object.js';

/** Reading one struct out of a file, in a process of its own. */
export interface LayoutRow {
  readonly name: string;
  /** Of the file, bytes. */
  readonly size: number;
  readonly members: number;
  /** From opening the file to the text, the median of several. */
  readonly seconds: number;
  /** From the start of the process to its end. */
  readonly processSeconds: number;
}

/** What to make, by commands of the system; `{}` stands for the file. */
interface Recipe {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
}

const KERNEL = '/sys/kernel/btf/vmlinux';
/** How often each is read, and by how much what is in it is smaller in brief. */
const long = { runs: 5, smaller: 1 };
const short = { runs: 1, smaller: 100 };
const FLAGS = ['-w', '-O0', '-fPIC'];
const times = (count: number, file: string) => new Array<string>(count).fill(file);
const compile = (compiler: string, source: string, ...flags: string[]) => [
  ...[compiler, ...FLAGS, ...flags, '-c', source, '-o', 'unit.o'],
];
const linked = ['ld', '-shared', '-o', '{}'];
/** What is not debug information. */
const bare = ['objcopy', '-R', '.text', '-R', '.debug_line', '-R', '.eh_frame', '-R', '.symtab', '{}'];

const RECIPES: readonly Recipe[] = [
  {
    name: 'object, gcc, DWARF 4, 0.8 M relocations',
    commands: [compile('gcc', 'functions.c', '-gdwarf-4'), ['ld', '-r', '-o', '{}', ...times(4, 'unit.o')]],
  },
  {
    name: 'object, clang, DWARF 5',
    commands: [compile('clang', 'functions.c', '-gdwarf-5'), ['ld', '-r', '-o', '{}', ...times(4, 'unit.o')]],
  },
  {
    name: 'object, gcc, DWARF 5, types alone',
    commands: [
      compile('gcc', 'types.c', '-gdwarf-5', '-fno-eliminate-unused-debug-types'),
      ['ld', '-r', '-o', '{}', ...times(5, 'unit.o')],
    ],
  },
  {
    name: 'shared, gcc, DWARF 5, .debug_info',
    commands: [compile('gcc', 'functions.c', '-gdwarf-5'), [...linked, ...times(15, 'unit.o')], bare],
  },
  {
    name: 'shared, clang, DWARF 4, .debug_info',
    commands: [compile('clang', 'functions.c', '-gdwarf-4'), [...linked, ...times(14, 'unit.o')], bare],
  },
  {
    name: 'shared, gcc, DWARF 5, packed by zlib',
    commands: [
      compile('gcc', 'functions.c', '-gdwarf-5'),
      [...linked, ...times(14, 'unit.o')],
      ['objcopy', '--compress-debug-sections=zlib', '{}'],
    ],
  },
  {
    name: 'object, gcc, DWARF 5, .data',
    commands: [compile('gcc', 'data.c', '-gdwarf-5'), ['cp', 'unit.o', '{}']],
  },
  {
    name: 'WebAssembly module, clang, DWARF 4',
    commands: [
      ['clang', '--target=wasm32-unknown-unknown', '-w', '-gdwarf-4', '-c', 'functions.c', '-o', 'unit.o'],
      [
        ...['clang', '--target=wasm32-unknown-unknown', '-nostdlib', '-Wl,--no-entry', '-o', '{}'],
        ...times(11, 'unit.o'),
      ],
    ],
  },
];

/** Every file that the commands of the system can make, and the running kernel's BTF. */
export async function benchLayouts(progress: (what: string) => void, brief: boolean): Promise<LayoutRow[]> {
  const { runs, smaller } = brief ? short : long;
  const folder = await mkdtemp(join(tmpdir(), 'lostbit-bench-'));
  const rows: LayoutRow[] = [];
  try {
    const big = { members: 1000, types: 4000 / smaller, functions: 20_000 / smaller, data: 0 };
    await writeFile(join(folder, 'functions.c'), bigSource(big));
    await writeFile(join(folder, 'types.c'), bigSource({ ...big, types: 40_000 / smaller, functions: 10 }));
    await writeFile(join(folder, 'data.c'), bigSource({ ...big, functions: 10, data: 50_000_000 / smaller }));
    for (const { name, commands } of RECIPES) {
      progress(name);
      const file = join(folder, 'made');
      try {
        for (const [command, ...args] of commands) {
          const filled = args.map((word) => (word === '{}' ? file : word));
          execFileSync(command!, filled, { cwd: folder, stdio: 'ignore' });
        }
      } catch (error) {
        progress(`left out: ${(error as Error).message.split('\n')[0]}`);
        continue;
      }
      rows.push(measure(name, file, 'big', runs));
    }
    if (existsSync(KERNEL))
      rows.push(measure('BTF of the running kernel, task_struct', KERNEL, 'task_struct', runs));
    return rows;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function measure(name: string, file: string, struct: string, count: number): LayoutRow {
  const runs = Array.from({ length: count }, () => {
    const started = performance.now();
    const output = execFileSync(process.execPath, ['dist/bench/layout-once.js', file, struct], {
      cwd: packageRoot(),
      encoding: 'utf8',
    });
    const { seconds, members } = JSON.parse(output) as { seconds: number; members: number };
    return { seconds, members, processSeconds: (performance.now() - started) / 1000 };
  }).sort((a, b) => a.seconds - b.seconds);
  const median = runs[count >> 1]!;
  return { name, size: statSync(file).size, ...median };
}
