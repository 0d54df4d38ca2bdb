// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** The sections of a linked little-endian ELF64 file by name, as `gcc` writes it (System V ABI, ch. 4). */
export function elfSections(file: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const headers = Array.from({ length: view.getUint16(60, true) }, (_, i) => word(40) + i * 64);
  const bytes = (header: number) => file.subarray(word(header + 24), word(header + 24) + word(header + 32));
  const names = bytes(headers[view.getUint16(62, true)]!);
  return new Map(
    headers.map((header) => {
      const start = view.getUint32(header, true);
      return [Buffer.from(names.subarray(start, names.indexOf(0, start))).toString(), bytes(header)];
    }),
  );
}
