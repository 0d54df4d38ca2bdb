import { LostbitError } from '../errors.js';
import { ByteReader } from './bytes.js';

const MAGIC = 0x6d736100;
const VERSION = 1;
const CUSTOM = 0;

/**
 * The custom sections of a WebAssembly module (`.debug_info`, `name`, …), by name; the bytes are views of `module`.
 * Throws `E_BAD_MODULE` with the byte offset. Format: WebAssembly core specification, §5.5 Modules.
 */
export function customSections(module: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const reader = new ByteReader(
    module,
    (message, offset) => new LostbitError('E_BAD_MODULE', `the wasm module ${message} (byte ${offset})`),
  );
  if (module.length < 8 || reader.u32() !== MAGIC) throw reader.bad('does not start with the wasm magic', 0);
  const version = reader.u32();
  if (version !== VERSION) throw reader.bad(`has version ${version}, only version ${VERSION} is known`, 4);
  const sections = new Map<string, Uint8Array>();
  while (!reader.atEnd) {
    const id = reader.u8();
    const size = reader.uleb();
    const end = reader.position + size;
    if (id === CUSTOM) {
      const name = Buffer.from(reader.take(reader.uleb())).toString('utf8');
      if (reader.position > end) throw reader.bad('has a section name that outruns its section');
      sections.set(name, reader.take(end - reader.position));
    } else {
      reader.skip(size);
    }
  }
  return sections;
}
