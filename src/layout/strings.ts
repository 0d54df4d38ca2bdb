// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { ByteReader } from '../bytes.js';

/** Strings never overlap but where one is the end of another, which linkers make use of: so much do they make of it. */
const MOST_SHARING = 8;
/** Bytes of strings that are always allowed. */
const FEW = 2 ** 20;
/** Bytes of all names that are kept, of one section; those of a kernel's types are some millions. */
const MOST = 2 ** 28;

/**
 * The strings of a section, by their offsets. Each is read once and kept. A crafted file could have every offset of one
 * long string be a name, and take up a thousand times its own size: that is refused as what is corrupt is.
 */
export class Strings {
  readonly #reader: ByteReader;
  readonly #known = new Map<number, string>();
  #bytes = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  at(offset: number): string {
    let text = this.#known.get(offset);
    if (text === undefined) {
      const reader = this.#reader.seek(offset);
      text = reader.cstring();
      this.#bytes += reader.position - offset;
      if (this.#bytes > Math.min(MOST, Math.max(FEW, MOST_SHARING * reader.bytes.length)))
        throw reader.bad('has strings that overlap', offset);
      this.#known.set(offset, text);
    }
    return text;
  }
}
