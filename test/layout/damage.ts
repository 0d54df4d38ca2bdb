// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import fc from 'fast-check';

/** The file changed: bytes set, bits flipped, a part left out, the end cut off, noise put in. */
export const damage = fc.oneof(
  fc
    .array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((edits) => (file: Uint8Array) => {
      for (const [at, value] of edits) file[at % file.length] = value;
      return file;
    }),
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (file: Uint8Array) => {
    file[at % file.length]! ^= 1 << bit;
    return file;
  }),
  fc
    .tuple(fc.nat(), fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff))
    .map(([at, value]) => (file: Uint8Array) => {
      if (file.length >= 4)
        new DataView(file.buffer).setUint32(((at % (file.length - 3)) >> 2) << 2, value, true);
      return file;
    }),
  fc.nat().map((at) => (file: Uint8Array) => file.slice(0, at % file.length)),
  fc
    .tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 64 }))
    .map(([at, noise]) => (file: Uint8Array) => {
      file.set(noise.subarray(0, file.length - (at % file.length)), at % file.length);
      return file;
    }),
);
