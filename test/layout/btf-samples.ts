// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { IntEncoding, Kind } from '../../src/layout/btf/constants.js';
import { BtfBuilder } from './btf-builder.js';

/** A small kernel: whole BTF that the module of `sampleModule` builds upon. */
export function sampleKernel() {
  const btf = new BtfBuilder();
  const int = btf.int('int', 4);
  const long = btf.int('long unsigned int', 8, 0);
  const bool = btf.int('bool', 1, IntEncoding.bool);
  const short = btf.int('u16', 2, 0);
  const lock = btf.struct('lock', 12, [
    { name: 'owner', type: int, at: 0 },
    { name: 'count', type: int, at: 32 },
    { name: 'next', type: int, at: 64 },
  ]);
  return { btf, int, long, bool, short, lock, row: btf.array(bool, 6), file: btf.pointer(lock) };
}

/** A module with the structs `region` and `device`: split BTF. */
export function sampleModule(kernel: ReturnType<typeof sampleKernel>): BtfBuilder {
  const { btf: base, int, long, bool, short, lock, row, file } = kernel;
  const btf = new BtfBuilder({ base });
  const region = btf.struct('region', 16, [
    { name: 'start', type: long, at: 0 },
    { name: 'owner', type: long, at: 64 },
  ]);
  btf.struct('device', 120, [
    { name: 'lock', type: lock, at: 0 },
    { name: 'first', type: int, at: 96 },
    { name: 'second', type: int, at: 128 },
    { name: 'barmap', type: row, at: 160 },
    { name: 'alone', type: bool, at: 208 },
    { name: 'bits_a', type: bool, at: 216, bits: 1 },
    { name: 'bits_b', type: bool, at: 217, bits: 1 },
    { name: 'region', type: btf.pointer(region), at: 256 },
    { name: 'file', type: file, at: 320 },
    { name: 'mapped', type: btf.array(long, 3), at: 384 },
    { name: 'queue', type: short, at: 576 },
    { name: 'inside', type: region, at: 640 },
    { name: 'vector', type: btf.array(bool, 6), at: 768 },
    { name: 'pdev', type: btf.pointer(int), at: 832 },
  ]);
  const open = btf.prototype(int, [['device', btf.pointer(3 + base.extent.types)]]);
  btf.add(Kind.function, 'device_open', open, [], 1);
  btf.add(Kind.function, 'device_close', btf.prototype(0, [['device', region]]), [], 1);
  return btf;
}
