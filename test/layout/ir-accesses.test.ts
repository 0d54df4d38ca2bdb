// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, it } from 'vitest';
import { irAccesses } from '../../src/layout/spans/ir-accesses.js';
import type { Touched } from '../../src/layout/spans/touched.js';
import { targetOf } from '../../src/layout/targets.js';
import { shown } from './spans.js';

const touchedText = ({ reads, writes, problem }: Touched) =>
  problem ?? `reads ${reads.map(shown).join(' ')} writes ${writes.map(shown).join(' ')}`;

/** What a function of these instructions does to `%0`. */
const read = (...lines: string[]) => {
  const text = `declare void @g(ptr)\n\ndefine dso_local void @f(ptr noundef captures(none) initializes((6, 7)) %0, ptr noundef %1) #0 {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
  return touchedText(irAccesses(text, targetOf('x86_64')).get('f')!);
};
const at = (bytes: number) => `%3 = getelementptr inbounds nuw i8, ptr %0, i64 ${bytes}`;

describe('intermediate code', () => {
  it('is read for the sizes that types have in memory', () => {
    for (const [type, size] of [
      ['i1', 1],
      ['i8', 1],
      ['i24', 3],
      ['i40', 5],
      ['i65', 9],
      ['ptr', 8],
      ['half', 2],
      ['double', 8],
      ['x86_fp80', 10],
      ['fp128', 16],
      ['<2 x float>', 8],
      ['<4 x i8>', 4],
      ['<2 x ptr>', 16],
    ] as const) {
      expect(read(at(8), `%4 = load ${type}, ptr %3, align 4`), type).toBe(`reads 8+${size} writes `);
      expect(read(at(8), `store ${type} %2, ptr %3, align 4`), type).toBe(`reads  writes 8+${size}`);
    }
  });

  it('is read for all ways of access', () => {
    expect(read('store volatile i8 0, ptr %0, align 1', 'fence seq_cst')).toBe('reads  writes 0+1');
    expect(read('store atomic volatile i32 %2, ptr %0 seq_cst, align 4')).toBe('reads  writes 0+4');
    expect(read('%4 = load atomic i16, ptr %0 syncscope("a") acquire, align 2')).toBe('reads 0+2 writes ');
    expect(read(at(-4), '%4 = load i32, ptr %3, align 4, !tbaa !5')).toBe('reads -4+4 writes ');
    expect(read(at(4), '%5 = getelementptr i8, ptr %3, i64 4', 'store i8 %4, ptr %5, align 1')).toBe(
      'reads  writes 8+1',
    );
    const block = (name: string, operands: string) => `tail call void @llvm.${name}(${operands}, i1 false)`;
    const aligned = (name: string) => `ptr noundef nonnull align 4 dereferenceable(12) ${name}`;
    expect(read(block('memcpy.p0.p0.i64', `${aligned('%0')}, ${aligned('%1')}, i64 12`))).toBe(
      'reads  writes 0+12',
    );
    expect(read(block('memcpy.p0.p0.i64', `${aligned('%1')}, ${aligned('%0')}, i64 12`))).toBe(
      'reads 0+12 writes ',
    );
    expect(read(block('memset.p0.i64', `${aligned('%0')}, i8 0, i64 7`))).toBe('reads  writes 0+7');
    expect(read('call void @__atomic_store_8(ptr noundef %0, i64 noundef %2, i32 noundef 5)')).toBe(
      'reads  writes 0+8',
    );
    expect(
      read('call void @__atomic_load(i64 noundef 24, ptr noundef %0, ptr noundef %2, i32 noundef 5)'),
    ).toBe('reads 0+24 writes ');
    expect(read('store i8 1, ptr %1, align 1', '%5 = load %struct.x, ptr %1, align 1')).toBe(
      'reads  writes ',
    );
  });

  it.each([
    '%4 = getelementptr i8, ptr %0, i64 %1',
    '%4 = getelementptr %struct.s, ptr %0, i32 0, i32 1',
    '%4 = load %struct.s, ptr %0, align 4',
    '%4 = load { i32, i32 }, ptr %0, align 4',
    '%4 = load [2 x i8], ptr %0, align 1',
    'store ptr %0, ptr %1, align 8',
    'store ptr %0, ptr %0, align 8',
    '%4 = ptrtoint ptr %0 to i64',
    '%4 = select i1 %2, ptr %0, ptr %1',
    '%4 = phi ptr [ %0, %2 ], [ %1, %3 ]',
    '%4 = atomicrmw or ptr %0, i8 1 seq_cst, align 1',
    'call void @g(ptr noundef %0)',
    'call void @llvm.memcpy.p0.p0.i64(ptr %0, ptr %1, i64 %2, i1 false)',
    'call void @llvm.memset.p0.i64(ptr %1, i8 0, i64 %0, i1 false)',
    'call void @__atomic_store(i64 %2, ptr %0, ptr %1, i32 5)',
  ])('is not guessed at: %s', (line) => {
    expect(read(line)).toBe(`the compiler's intermediate code has '${line}'`);
  });

  it('may have names of any letters', () => {
    const text =
      'define void @f(ptr %"a b", ptr %p.-$_) {\n  %at-x = getelementptr i8, ptr %p.-$_, i64 8\n}\n';
    expect(touchedText(irAccesses(text, targetOf('x86_64')).get('f')!)).toBe('reads  writes ');
    const other = text.replace('%"a b", ptr ', '').replace('\n}', '\n  %1 = load i8, ptr %at-x, align 1\n}');
    expect(touchedText(irAccesses(other, targetOf('x86_64')).get('f')!)).toBe('reads 8+1 writes ');
  });
});
