// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { beforeAll, describe, expect, test } from 'vitest';
import { checkApart } from '../../src/engine/apart.js';
import type { LostbitError } from '../../src/errors.js';
import type { LayoutScenario } from '../../src/scenario/scenario.js';
import type { Build } from '../../src/toolchain/build.js';
import { compileWasm } from '../layout/compile.js';

const c = `
struct port {
	unsigned char busy:1;
	unsigned char armed:1;
	unsigned char alone;
	unsigned int wide:10;
	unsigned int tail:3;
	unsigned short next;
} port;
struct line { int up; } line;
int main(void) { return port.alone + line.up; }
`;

let bytes: Uint8Array;
beforeAll(async () => {
  bytes = await compileWasm({ 'port.c': c }, ['-g', '-gdwarf-4', '-O1', '-fno-eliminate-unused-debug-types']);
});

function check(apart: LayoutScenario['apart'], mayLack?: boolean) {
  const scenario: LayoutScenario = { title: 'apart', apart };
  const tested = { name: 'apart', origin: 'apart', scenario, stage: 'base', build: { bytes } as Build };
  const { violations, warnings, samples } = checkApart(tested, mayLack);
  return { found: violations.map(({ message }) => message), warnings, samples };
}

function refusal(apart: LayoutScenario['apart'], mayLack?: boolean): LostbitError {
  try {
    check(apart, mayLack);
  } catch (error) {
    return error as LostbitError;
  }
  throw new Error('it was not refused');
}

describe('fields that are to be apart', () => {
  test('are so where no other has a bit of their bytes', () => {
    expect(check({ port: ['alone', 'next'], line: ['up'] })).toEqual({ found: [], warnings: [], samples: 1 });
  });

  test('are told with whom they share', () => {
    expect(check({ port: ['busy', 'alone', 'tail'] }).found).toEqual([
      'busy of struct port shares byte 0 with armed',
      expect.stringMatching(/^tail of struct port shares byte \d+ with wide$/),
    ]);
  });

  test('are all there in C of our own, and near ones are offered', () => {
    expect(refusal({ port: ['busi'] })).toMatchObject({
      code: 'E_UNKNOWN_FIELD',
      message: "struct port has no member 'busi'",
      advice: { hint: expect.stringContaining("'busy'") },
    });
    expect(refusal({ lines: ['up'] }).message).toContain("'lines'");
    expect(refusal({ port: ['alone', 'busi'] }).code).toBe('E_UNKNOWN_FIELD');
  });

  test('may be missing in somebody else’s, which is said, and the others are looked at', () => {
    const { found, warnings } = check({ port: ['busi', 'armed'], lines: ['up'] }, true);
    expect(found).toEqual(['armed of struct port shares byte 0 with busy']);
    expect(warnings).toEqual(["struct port has no member 'busi'", expect.stringContaining("'lines'")]);
    expect(check({ port: ['alone'] }, true)).toEqual({ found: [], warnings: [], samples: 1 });
  });

  test('cannot all be missing: that would hold of nothing', () => {
    expect(refusal({ port: ['busi'], lines: ['up'] }, true)).toMatchObject({
      code: 'E_UNKNOWN_FIELD',
      message: "struct port has no member 'busi'",
    });
    expect(refusal({ lines: ['up'] }, true).code).toBe(refusal({ lines: ['up'] }).code);
  });
});
