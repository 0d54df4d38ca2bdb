// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { readRegularFile } from '../regular-file.js';
import { isWasm } from '../wasm/sections.js';
import { btfByteOrder } from './btf/blob.js';
import { BtfInfo, type BtfMachine } from './btf.js';
import { openDebugInfo } from './companions.js';
import { debugFileOf, hasEntries } from './debug-file.js';
import type { DebugInfo } from './debug-info.js';
import { Elf, isElf } from './elf/elf.js';
import type { LayoutTarget, StructType } from './types.js';
import { UnpackBudget, unpack } from './unpack.js';

/** Structs and unions with their layout, wherever they were read from. */
export interface LayoutSource {
  /** Where they are from: a file's debug information, or a compiler's front end (`recordLayouts`). */
  readonly kind: 'dwarf' | 'btf' | 'compiler';
  readonly target: LayoutTarget;
  /** It is a module's BTF without the kernel's: what lies in that is `unknown`, and its names are not there. */
  readonly lacksBase: boolean;
  /** All tags. */
  structNames(): string[];
  /** Throws `E_UNKNOWN_TYPE`, `E_AMBIGUOUS_TYPE`, and `E_BAD_…` where the file is corrupt. */
  struct(name: string): StructType;
}

export interface LayoutOptions {
  /** The BTF that a module's builds upon: a vmlinux, or a bare file of BTF; a path, or its content. */
  readonly base?: string | Uint8Array;
}

/**
 * Opens a file with layouts of structs, by path or content: a WebAssembly module, an ELF file with DWARF or BTF (DWARF if
 * it has both), bare BTF, or one of these packed by gzip, xz or zstd. Its kind is found by its content, not by its name.
 * Given a path, other files that its DWARF refers to are read too.
 *
 * @throws LostbitError `E_NO_FILE`, `E_UNPACK`, `E_NO_LAYOUTS` where it is none of these, `E_NO_DEBUG_INFO`,
 *   `E_BTF_BASE`, and `E_BAD_MODULE`, `E_BAD_ELF`, `E_BAD_DWARF` or `E_BAD_BTF` where it is corrupt.
 */
export async function openLayouts(
  input: string | Uint8Array,
  { base }: LayoutOptions = {},
): Promise<LayoutSource> {
  const { file, budget } = await read(input, 'the file');
  const path = typeof input === 'string' ? input : null;
  if (isWasm(file)) return fromDwarf(await openDebugInfo(debugFileOf(file), path));
  if (isElf(file)) {
    const elf = new Elf(file, budget);
    const debug = debugFileOf(elf);
    if (hasEntries(debug)) {
      const info = await openDebugInfo(debug, path);
      const isElsewhere = info.unread.length > 0 && info.structNames().length === 0;
      if (!isElsewhere) return fromDwarf(info);
      if (elf.section('.BTF') === undefined) throw elsewhere(nameOf(input), info);
    }
  }
  const { bytes, ownBase, machine } = findBtf(file, input, budget);
  const given = base === undefined ? null : await openBase(base);
  // What a module carries as its base is what its ids refer to, whichever kernel it is loaded into.
  return fromBtf(new BtfInfo(bytes, ownBase === null ? given : new BtfInfo(ownBase, null, machine), machine));
}

async function openBase(base: string | Uint8Array): Promise<BtfInfo> {
  const { file, budget } = await read(base, 'the base');
  const { bytes, machine } = findBtf(file, base, budget);
  return new BtfInfo(bytes, null, machine);
}

function elsewhere(name: string, { unread }: DebugInfo): LostbitError {
  const what = unread.map(({ what }) => what).join(', and ');
  return new LostbitError('E_NO_DEBUG_INFO', `the types of ${name} are elsewhere, and not read: ${what}`, {
    hint: unread.map(({ hint }) => hint).join('\n'),
  });
}

interface FoundBtf {
  readonly bytes: Uint8Array;
  /** What a module built outside the kernel's tree keeps of its base. */
  readonly ownBase: Uint8Array | null;
  readonly machine: BtfMachine | null;
}

function findBtf(file: Uint8Array, input: string | Uint8Array, budget: UnpackBudget): FoundBtf {
  if (btfByteOrder(file) !== null) return { bytes: file, ownBase: null, machine: null };
  if (!isElf(file)) {
    throw new LostbitError(
      'E_NO_LAYOUTS',
      `${nameOf(input)} is ${whatIs(file)}, and says nothing of layouts`,
      {
        hint: isBitcode(file)
          ? 'compile without -flto, or with -ffat-lto-objects'
          : 'give an object or a kernel module (.o, .ko, .ko.xz), a WebAssembly module, or BTF',
      },
    );
  }
  const elf = new Elf(file, budget);
  const btf = elf.section('.BTF');
  if (btf === undefined) {
    const link = elf.section('.gnu_debuglink');
    throw new LostbitError('E_NO_DEBUG_INFO', `${nameOf(input)} carries neither DWARF nor BTF`, {
      hint:
        link === undefined
          ? 'compile it with -g; a kernel module of a distribution has BTF unless it was stripped of all'
          : `its debug information was moved to '${elf.readerOf(link, 'the link').cstring()}': give that`,
    });
  }
  const ownBase = elf.section('.BTF.base');
  return {
    bytes: elf.content(btf),
    ownBase: ownBase === undefined ? null : elf.content(ownBase),
    machine: elf.target,
  };
}

interface ReadFile {
  readonly file: Uint8Array;
  /** What its parts may still become by being unpacked. */
  readonly budget: UnpackBudget;
}

async function read(input: string | Uint8Array, what: string): Promise<ReadFile> {
  const stored = typeof input === 'string' ? await readRegularFile(input, 'E_NO_FILE') : input;
  const budget = new UnpackBudget(stored.length);
  const named = typeof input === 'string' ? `'${printable(input)}'` : what;
  return { file: await unpack(stored, named, budget), budget };
}

function nameOf(input: string | Uint8Array): string {
  return typeof input === 'string' ? `'${printable(input)}'` : 'the file';
}

/** What clang writes with -flto: intermediate code, bare or wrapped. */
function isBitcode(file: Uint8Array): boolean {
  const magic = Buffer.from(file.subarray(0, 4)).toString('hex');
  return magic === '4243c0de' || magic === 'dec0170b';
}

function whatIs(file: Uint8Array): string {
  if (file.length === 0) return 'empty';
  if (isBitcode(file)) return 'LLVM bitcode';
  // Of what people write, only tabs and ends of lines are below a space.
  const strange = file.subarray(0, 4096).some((byte) => byte < 9 || (byte > 13 && byte < 32));
  return strange ? 'of no format that is known' : 'text';
}

function fromDwarf(info: DebugInfo): LayoutSource {
  return {
    kind: 'dwarf',
    target: info.target,
    lacksBase: false,
    structNames: () => info.structNames(),
    struct: (name) => info.struct(name),
  };
}

function fromBtf(info: BtfInfo): LayoutSource {
  return {
    kind: 'btf',
    target: info.target,
    lacksBase: info.lacksBase,
    structNames: () => info.structNames(),
    struct: (name) => info.struct(name),
  };
}
