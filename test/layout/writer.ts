// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** Bytes written one after the other, in a byte order. */
export class Writer {
  readonly #bytes: number[] = [];

  constructor(private readonly littleEndian = true) {}

  get length(): number {
    return this.#bytes.length;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  text(text: string): void {
    this.raw(Buffer.from(`${text}\0`));
  }

  uint(value: number | bigint, size: number): void {
    const bytes = Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
    this.#bytes.push(...(this.littleEndian ? bytes : bytes.reverse()));
  }

  patch(at: number, value: number, size = 4): void {
    const patch = new Writer(this.littleEndian);
    patch.uint(value, size);
    for (const [i, byte] of patch.#bytes.entries()) this.#bytes[at + i] = byte;
  }

  uleb(value: number | bigint): void {
    let rest = BigInt(value);
    do {
      const more = rest > 0x7fn;
      this.#bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
      rest >>= 7n;
    } while (rest > 0n);
  }

  sleb(value: bigint): void {
    for (let rest = value; ; ) {
      const low = rest & 0x7fn;
      rest >>= 7n;
      const done = rest === ((low & 0x40n) === 0n ? 0n : -1n);
      this.#bytes.push(Number(low) | (done ? 0 : 0x80));
      if (done) return;
    }
  }
}
