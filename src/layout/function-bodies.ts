import type { ByteReader } from './bytes.js';
import { moduleReader, SectionId, sectionsOf } from './wasm-sections.js';

/** A function's code in the code section; offsets are from the module's start. */
export interface FunctionBody {
  /** In the module's index space, where imported functions come first. */
  readonly index: number;
  /** Where its size stands. */
  readonly size: number;
  /** Where its locals are declared; DWARF says that the function begins here. */
  readonly start: number;
  readonly end: number;
}

/** The code section of a module. */
export interface CodeSection {
  /** Offset of its content, which addresses in DWARF are counted from. */
  readonly start: number;
  /** In order of their indices, and of their offsets. */
  readonly bodies: readonly FunctionBody[];
}

const ImportKind = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const HAS_MAXIMUM = 1;

/**
 * Where a module's functions are.
 * Throws `E_BAD_MODULE`. Format: WebAssembly core specification, §5.5.5 Import Section, §5.5.13 Code Section.
 */
export function codeSection(module: Uint8Array): CodeSection {
  const sections = sectionsOf(module);
  const code = sections.find(({ id }) => id === SectionId.code);
  if (code === undefined) return { start: module.length, bodies: [] };
  const imports = sections.find(({ id }) => id === SectionId.import);
  const first = imports === undefined ? 0 : importedFunctions(moduleReader(module).seek(imports.content));

  const reader = moduleReader(module).seek(code.content);
  const bodies: FunctionBody[] = [];
  for (let count = reader.uleb(); count > 0; count--) {
    const size = reader.position;
    const length = reader.uleb();
    const start = reader.position;
    if (start + length > code.end) throw reader.bad('has a function that outruns the code section', size);
    reader.skip(length);
    bodies.push({ index: first + bodies.length, size, start, end: reader.position });
  }
  if (reader.position !== code.end) throw reader.bad('has more code than functions');
  return { start: code.content, bodies };
}

/** The number of functions that come from elsewhere; the reader stands on the import section's content. */
function importedFunctions(reader: ByteReader): number {
  let functions = 0;
  for (let count = reader.uleb(); count > 0; count--) {
    reader.skip(reader.uleb());
    reader.skip(reader.uleb());
    const kind = reader.u8();
    switch (kind) {
      case ImportKind.function:
        functions++;
        reader.skipLeb();
        break;
      case ImportKind.table:
        reader.skip(1);
        skipLimits(reader);
        break;
      case ImportKind.memory:
        skipLimits(reader);
        break;
      case ImportKind.global:
        reader.skip(2);
        break;
      case ImportKind.tag:
        reader.skip(1);
        reader.skipLeb();
        break;
      default:
        throw reader.bad(`has an import of the unknown kind ${kind}`);
    }
  }
  return functions;
}

function skipLimits(reader: ByteReader): void {
  const flags = reader.u8();
  reader.skipLeb();
  if ((flags & HAS_MAXIMUM) !== 0) reader.skipLeb();
}
