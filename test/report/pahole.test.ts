// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { paholeText } from '../../src/report/pahole.js';
import { onPath } from '../layout/compile.js';
import { PRELUDE, randomStructs } from '../layout/random-struct.js';
import { type Compiled, compileHere, tags } from '../layout/torture.js';

/** The releases whose format is ours; null where there is none on PATH. */
function paholeVersion(): string | null {
  return onPath('pahole') ? execFileSync('pahole', ['--version'], { encoding: 'utf8' }).trim() : null;
}

const pahole = paholeVersion();
const here = process.arch === 'x64' && process.platform === 'linux';

/** What pahole prints of each of these structs, in one go: a process for each takes longer than all else here. */
function printedBy(args: readonly string[], tags: readonly string[]): ReadonlyMap<string, string> {
  const text = execFileSync('pahole', ['-C', tags.join(), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pieces = text.split(/^(?=(?:struct|union) \w+ \{$)/m);
  return new Map(pieces.map((piece) => [/^\w+ (\w+)/.exec(piece)?.[1] ?? '', piece]));
}

// gcc puts every type at file scope. clang puts an anonymous one in the struct around it, and pahole then prints
// it once more where it stands by default.
const compilers = [
  { compiler: 'gcc', options: [], fullWidth: true },
  // Of a packed bit-field as wide as its type clang's DWARF says that it is none, and where it is not.
  ...['clang', 'clang-22'].map((compiler) => {
    return { compiler, options: ['--show_only_data_members'], fullWidth: false };
  }),
].flatMap((one) => [4, 5].map((dwarf) => ({ ...one, dwarf })));

describe.each(compilers)(
  'what $compiler compiles, DWARF $dwarf',
  ({ compiler, options, fullWidth, dwarf }) => {
    // Elsewhere there is nothing to compare with: the tests below are skipped.
    const runs = here && pahole !== null && /^v1\.2[45]$/.test(pahole) && onPath(compiler);
    let compiled: Compiled;
    let printed: ReadonlyMap<string, string>;
    beforeAll(() => {
      if (!runs) return;
      compiled = compileHere(compiler, [`-gdwarf-${dwarf}`]);
      printed = printedBy([...options, compiled.object], tags);
    });
    afterAll(() => compiled?.close());

    it.skipIf(!runs).each(tags)('is as pahole prints it: %s', (tag) => {
      expect(paholeText(compiled.struct(tag))).toBe(printed.get(tag));
    });

    it.skipIf(!runs)('is as pahole prints it, random structs', () => {
      fc.assert(
        fc.property(randomStructs(40, fullWidth), (structs) => {
          const uses = structs.map(({ tag, definition }) => `${definition}\nstruct ${tag} ${tag};`);
          const random = compileHere(compiler, [`-gdwarf-${dwarf}`], `${PRELUDE}\n${uses.join('\n')}`);
          try {
            const printed = printedBy(
              [...options, random.object],
              structs.map(({ tag }) => tag),
            );
            for (const { tag, definition } of structs)
              expect(paholeText(random.struct(tag)), definition).toBe(printed.get(tag));
          } finally {
            random.close();
          }
        }),
        {
          numRuns: 2,
          endOnFailure: true,
          reporter: ({ failed, seed, errorInstance }) => {
            if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
          },
        },
      );
    });
  },
);

describe('BTF, which says of no alignment', () => {
  const runs = here && pahole !== null && /^v1\.2[45]$/.test(pahole) && onPath('gcc');
  it.skipIf(!runs)('is as pahole prints it', async () => {
    const { object, close } = compileHere('gcc', []);
    const btf = `${object}.btf`;
    execFileSync('pahole', [`--btf_encode_detached=${btf}`, object], { stdio: 'ignore' });
    const layouts = await openLayouts(new Uint8Array(readFileSync(btf)));
    // From the gaps of these pahole guesses at attributes, which nothing in BTF says.
    const asked = tags.filter((one) => !one.startsWith('aligned_'));
    const printed = printedBy(['-F', 'btf', btf], asked);
    for (const tag of asked)
      expect(paholeText(layouts.struct(tag), { saysAlignment: false })).toBe(printed.get(tag));
    close();
  });
});
