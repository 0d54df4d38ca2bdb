// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { accessSpans } from '../../src/layout/access-spans.js';
import { aarch64Accesses } from '../../src/layout/spans/aarch64-accesses.js';
import { spansOf } from '../../src/layout/spans/access-span.js';
import { accessorUnit } from '../../src/layout/spans/accessors.js';
import type { Touched } from '../../src/layout/spans/touched.js';
import { x86Accesses } from '../../src/layout/spans/x86-accesses.js';
import { type TargetName, targetOf } from '../../src/layout/targets.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { onPath, reportSeed } from './compile.js';
import { randomStructs } from './random-struct.js';
import { allTogether, expectLawful, expectWithin, shown } from './spans.js';

afterAll(closeToolchains);

const touchedText = ({ reads, writes, problem }: Touched) =>
  problem ?? `reads ${reads.map(shown).join(' ')} writes ${writes.map(shown).join(' ')}`;
const x86 = (...lines: string[]) =>
  touchedText(x86Accesses(`f:\n\t${lines.join('\n\t')}\n`, 'x86_64').get('f')!);
const arm = (...lines: string[]) => touchedText(aarch64Accesses(`f:\n\t${lines.join('\n\t')}\n`).get('f')!);

describe('instructions of x86', () => {
  it('are read as gcc and clang write them', () => {
    expect(x86('.cfi_startproc', 'or\tBYTE PTR [rdi+1252], 4', 'ret')).toBe('reads 1252+1 writes 1252+1');
    expect(x86('or\tBYTE PTR 1252[rdi], 4')).toBe('reads 1252+1 writes 1252+1');
    expect(x86('or\tbyte ptr [rdi + 1252], 4 # comment')).toBe('reads 1252+1 writes 1252+1');
    expect(x86('movzx\teax, WORD PTR [rdi-2]', 'mov WORD PTR 4[rdi], ax')).toBe('reads -2+2 writes 4+2');
    expect(x86('lock or\tDWORD PTR [rdi], 1', 'xchg eax, DWORD PTR [rdi+8]')).toBe(
      'reads 0+4 8+4 writes 0+4 8+4',
    );
    expect(x86('cmp\tQWORD PTR [rdi], 0', 'setne BYTE PTR [rdi+8]')).toBe('reads 0+8 writes 8+1');
    expect(x86('fld\tTBYTE PTR [rsi]', 'fstp TBYTE PTR [rdi+16]')).toBe('reads  writes 16+10');
    expect(x86('andps xmm0, XMMWORD PTR .LC0[rip]', 'movups XMMWORD PTR [rdi], xmm0')).toBe(
      'reads  writes 0+16',
    );
  });

  it('are followed where the pointer goes', () => {
    expect(x86('lea rax, [rdi+8]', 'mov rcx, rax', 'mov DWORD PTR [rcx+4], esi')).toBe('reads  writes 12+4');
    expect(x86('mov r8, rdi', 'mov DWORD PTR [r8], esi')).toBe('reads  writes 0+4');
    expect(x86('sub rsp, 24', 'mov QWORD PTR [rsp+8], rax', 'mov eax, DWORD PTR [rsi]')).toBe(
      'reads  writes ',
    );
  });

  it.each([
    ['an address that is computed', 'mov DWORD PTR [rdi+rax*4], esi'],
    ['a register that no longer holds it', 'mov rdi, rax', 'mov DWORD PTR [rdi], esi'],
    ['a half of a pointer', 'mov eax, edi', 'mov DWORD PTR [rax], esi'],
    ['a register that was changed', 'add rdi, 4', 'mov DWORD PTR [rdi], esi'],
    ['a half of a register that was changed', 'mov dil, 1', 'mov DWORD PTR [rdi], esi'],
    [
      'a pointer that was put by and fetched',
      'mov QWORD PTR [rsp-8], rdi',
      'mov rax, [rsp-8]',
      'mov [rax], esi',
    ],
    ['no size', 'mov [rdi], esi'],
    ['a bit anywhere', 'bts DWORD PTR [rdi], esi'],
    ['a branch', 'je .L3', 'mov DWORD PTR [rdi], esi'],
    ['a call', 'call __atomic_store_16'],
    ['a repetition', 'rep stosq'],
    ['another segment', 'mov eax, DWORD PTR fs:[rdi]'],
    ['what is not known', 'vmovdqu ymm0, YMMWORD PTR [rdi]'],
  ])('are not guessed at: %s', (_, ...lines) => {
    expect(x86(...lines)).toBe(`the assembly has '${lines.at(lines[0]!.startsWith('je') ? 0 : -1)}'`);
  });

  it('take i386’s arguments from registers', () => {
    const accesses = x86Accesses('f:\n\tmov edx, DWORD PTR [edx]\n\tmov BYTE PTR [eax+3], dl\n', 'i386');
    expect(touchedText(accesses.get('f')!)).toBe('reads  writes 3+1');
  });
});

describe('instructions of AArch64', () => {
  it('are read as gcc and clang write them', () => {
    expect(arm('ldrb\tw2, [x0, 1252]', 'orr w2, w2, 4', 'strb\tw2, [x0, 1252]', 'ret')).toBe(
      'reads 1252+1 writes 1252+1',
    );
    expect(arm('ldrsh\tw2, [x0, #6]', 'ldrsw x3, [x0]', 'ldr x4, [x0, #8]', 'ldur w5, [x0, #-4]')).toBe(
      'reads 6+2 0+4 8+8 -4+4 writes ',
    );
    expect(arm('ldp x2, x3, [x1]', 'stp\tx2, x3, [x0, 16]', 'str q0, [x0]', 'stlrb w4, [x0]')).toBe(
      'reads  writes 16+16 0+16 0+1',
    );
  });

  it('are followed where the pointer goes', () => {
    expect(arm('add x2, x0, 1252', 'mov x3, x2', 'ldaxrb w4, [x3]')).toBe(
      "the assembly has 'ldaxrb w4, [x3]'",
    );
    expect(arm('add x2, x0, #1252', 'mov x3, x2', 'ldarb w4, [x3] // comment')).toBe('reads 1252+1 writes ');
    expect(arm('ldr w2, [x0, #8]!', 'str w2, [x0], 4', 'str w3, [x0]')).toBe('reads 8+4 writes 8+4 12+4');
    expect(arm('str x9, [sp, -16]!', 'ldr x9, [sp], 16', 'ldr w4, [x1, 8]')).toBe('reads  writes ');
  });

  it.each([
    ['an address that is computed', 'ldr w2, [x0, x1]'],
    ['a shifted addition', 'add x0, x0, 1, lsl 12', 'ldr w2, [x0]'],
    ['a register that no longer holds it', 'ldr w0, [x1]', 'str w2, [x0]'],
    ['a register that goes on by another', 'str w2, [x0], x3'],
    ['two registers where one is loaded', 'ldr w2, w3, [x0]'],
    ['a branch', 'cbz w2, .L3'],
    ['a call', 'bl __aarch64_swp4_acq_rel'],
    ['what is not known', 'ld1 {v0.4s}, [x0]'],
  ])('are not guessed at: %s', (_, ...lines) => {
    expect(arm(...lines)).toBe(`the assembly has '${lines.at(-1)}'`);
  });
});

const MACHINES: { name: TargetName; flags: string[]; read: (assembly: string) => Map<string, Touched> }[] = [
  { name: 'x86_64', flags: ['-masm=intel'], read: (text) => x86Accesses(text, 'x86_64') },
  { name: 'i386', flags: ['-masm=intel', '-mregparm=3'], read: (text) => x86Accesses(text, 'i386') },
  { name: 'aarch64', flags: [], read: aarch64Accesses },
];

describe.skipIf(!onPath('clang-22'))('clang’s instructions', () => {
  it.each(MACHINES)('touch no more than its intermediate code, on $name', async ({ name, flags, read }) => {
    const target = targetOf(name);
    await fc.assert(
      fc.asyncProperty(randomStructs(25, true), async (structs) => {
        const { struct, tree } = await allTogether(structs, target);
        const ir = await accessSpans(await toolchain(), tree, 'all.h', struct, target, 'wide');
        const { path, text, accessors } = accessorUnit(struct, 'all.h', () => true);
        const folder = mkdtempSync(join(tmpdir(), 'lostbit-assembly-'));
        try {
          for (const [file, content] of [...tree, [path, text]] as const)
            writeFileSync(join(folder, file), content);
          const args = [
            `--target=${target.triple}`,
            ...flags,
            '-O2',
            '-w',
            '-ffreestanding',
            '-fno-strict-aliasing',
          ];
          execFileSync('clang-22', [...args, '-fomit-frame-pointer', '-S', path, '-o', 'a.s'], {
            cwd: folder,
          });
          const spans = spansOf(accessors, read(readFileSync(join(folder, 'a.s'), 'utf8')));
          expectLawful(struct, spans, true);
          expectWithin(spans, ir, struct, true);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { numRuns: 1, endOnFailure: true, reporter: reportSeed },
    );
  });
});
