// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { At, Form, Tag } from '../../src/layout/dwarf/constants.js';
import { openLayouts } from '../../src/layout/open-layouts.js';
import { paholeWithSpans } from '../../src/report/pahole-spans.js';
import { onPath } from './compile.js';
import { type Attribute, buildDwarf, type Entry } from './dwarf-builder.js';
import { int, member, named, sized, struct, unit } from './dwarf-entries.js';
import { buildElf } from './elf-builder.js';
import { torture } from './torture.js';
import { Writer } from './writer.js';

const BUILD_ID = Uint8Array.of(1, 2, 3, 4);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lostbit-dwz-'));
  mkdirSync(join(folder, 'shared'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const note = (id: Uint8Array) => {
  const out = new Writer();
  for (const value of [4, id.length, 3]) out.uint(value, 4);
  out.text('GNU');
  out.raw(id);
  return out.bytes();
};
const sectionsOf = (root: Entry, offsetSize: 4 | 8 = 4) =>
  [...buildDwarf(root, { addressSize: 8, offsetSize })].map(([name, bytes]) => ({ name, bytes }));
const put = (name: string, bytes: Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** As `dwz -m` leaves them: a file that refers to the first of two units that several share. */
describe('what several files share', () => {
  const link = (path: string, id = BUILD_ID) => {
    const out = new Writer();
    out.text(path);
    out.raw(id);
    return out.bytes();
  };
  const supplementary = (isOne: boolean, path: string) => {
    const out = new Writer();
    out.uint(5, 2);
    out.uint(isOne ? 1 : 0, 1);
    out.text(path);
    out.uleb(BUILD_ID.length);
    out.raw(BUILD_ID);
    return out.bytes();
  };
  /** Two units one behind the other, of one abbreviation table each. */
  const shared = () => {
    const units = [unit(int, struct('moved', [member('m', 'int')], 4)), unit(struct('of_others', []))].map(
      (root) => buildDwarf(root, { addressSize: 8 }),
    );
    const [first, second] = units.map((one) => ({
      info: one.get('.debug_info')!,
      abbrev: one.get('.debug_abbrev')!,
    }));
    const other = second!.info.slice();
    new DataView(other.buffer).setUint32(8, first!.abbrev.length, true);
    const strings = new Writer();
    strings.text('name of a struct');
    return [
      { name: '.debug_info', bytes: Buffer.concat([first!.info, other]) },
      { name: '.debug_abbrev', bytes: Buffer.concat([first!.abbrev, second!.abbrev]) },
      { name: '.debug_str', bytes: strings.bytes() },
    ];
  };
  /** The first unit's own entry, and that of its `int`, behind its header and name. */
  const [ROOT, INT] = [12, 12 + 1 + 4];
  const own = (reference: number, string: number): Entry =>
    unit(
      { tag: Tag.importedUnit, attributes: [[At.import, reference, ROOT]] },
      {
        tag: Tag.structureType,
        attributes: [[At.name, string, 0] as Attribute, sized(4)],
        children: [{ tag: Tag.member, attributes: [named('x'), [At.type, reference, INT]] }],
      },
    );

  it.each([
    ['as GNU has it', Form.gnuRefAlt, Form.gnuStrpAlt],
    ['as DWARF 5 has it', Form.refSup4, Form.strpSup],
    ['as DWARF 5 has it, in 64 bits', Form.refSup8, Form.strpSup],
  ])('is read, %s', async (_, reference, string) => {
    const isGnu = reference === Form.gnuRefAlt;
    put(
      'shared/common.debug',
      buildElf([
        ...shared(),
        isGnu
          ? { name: '.note.gnu.build-id', bytes: note(BUILD_ID) }
          : { name: '.debug_sup', bytes: supplementary(true, '') },
      ]),
    );
    const path = put(
      'program',
      buildElf([
        ...sectionsOf(own(reference, string), reference === Form.refSup8 ? 8 : 4),
        isGnu
          ? { name: '.gnu_debugaltlink', bytes: link('shared/common.debug') }
          : { name: '.debug_sup', bytes: supplementary(false, 'shared/common.debug') },
      ]),
    );
    const source = await openLayouts(path);
    expect(source.structNames().sort()).toEqual(['moved', 'name of a struct']);
    expect(source.struct('name of a struct').members[0]).toMatchObject({ name: 'x', type: { name: 'int' } });
    expect(source.struct('moved').size).toBe(4);
    expect(() => source.struct('of_others')).toThrow(expect.objectContaining({ code: 'E_UNKNOWN_TYPE' }));
  });

  it('is named where it is not there or of another build', async () => {
    put(
      'shared/old.debug',
      buildElf([...shared(), { name: '.note.gnu.build-id', bytes: note(Uint8Array.of(9)) }]),
    );
    for (const name of ['shared/old.debug', 'shared/none.debug']) {
      const path = put(
        'lonely',
        buildElf([
          ...sectionsOf(own(Form.gnuRefAlt, Form.gnuStrpAlt)),
          { name: '.gnu_debugaltlink', bytes: link(name) },
        ]),
      );
      await expect(openLayouts(path)).rejects.toMatchObject({
        code: 'E_NO_DEBUG_INFO',
        message: expect.stringContaining(`'${name}', which was not read`),
        advice: { hint: expect.stringContaining('`dwz -m` has moved there') },
      });
    }
  });

  it.skipIf(!onPath('dwz') || !onPath('gcc') || process.arch !== 'x64')(
    'is read, as dwz does it',
    async () => {
      const programs = [1, 2, 3].map((i) => {
        const source = put(
          `p${i}.c`,
          Buffer.from(`${torture}\nstruct own { int own${i}; } own; int main(void) { return 0; }`),
        );
        const program = join(folder, `p${i}`);
        execFileSync('gcc', ['-w', '-g', source, '-o', program]);
        return program;
      });
      const layouts = async (file: string) => {
        const source = await openLayouts(file);
        return source
          .structNames()
          .map((name) => paholeWithSpans(source.struct(name), { target: source.target }))
          .sort();
      };
      const before = await layouts(programs[0]!);
      execFileSync('dwz', ['-m', 'shared/dwz.debug', ...programs], { cwd: folder, stdio: 'ignore' });
      expect(await layouts(programs[0]!)).toEqual(before);
    },
  );
});
