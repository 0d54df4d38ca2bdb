// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../src/source/apply.js';
import { readSeries } from '../../src/source/series.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { root } from '../support/lostbit.js';
import { directoryOf } from './fixture.js';

/** A diff of x.c: its line `old` becomes `new`. */
const diff = (from: string, to: string) =>
  `diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

/** A mail of an mbox as git writes it. */
const mail = (subject: string, body: string, fields = '') =>
  `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: A Reviewer <a@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: ${subject}\n${fields}\n${body}\n`;

const posted = (subject: string, from: string, to: string) =>
  mail(subject, `Why.\n---\n x.c | 2 +-\n\n${diff(from, to)}-- \n2.39.0\n`);

async function inFile(content: string | Uint8Array, name = 'fix.v2.mbox') {
  const path = join(await directoryOf({}), name);
  await writeFile(path, content);
  return readSeries(path);
}

const subjects = ({ patches }: Awaited<ReturnType<typeof readSeries>>) =>
  patches.map(({ subject }) => subject);

const refusal = async (read: Promise<unknown>): Promise<{ code: string; message: string }> =>
  read.then(
    () => Promise.reject(new Error('it was read')),
    (error) => error,
  );

describe('an mbox', () => {
  test('is ordered by number; cover letter, replies and other mails are no patches', async () => {
    const series = await inFile(
      [
        posted('[PATCH net v2 2/2] port: Second', 'b', 'c'),
        mail('Re: [PATCH net v2 1/2] port: First', `> +b\nLooks good, but:\n${diff('b', 'z')}`),
        mail('[PATCH net v2 0/2] port: Do not\n lose updates', 'Two patches.\n\n x.c | 2 +-\n'),
        posted('[PATCH net v2 1/2] port: First', 'a', 'b'),
        mail('[ANNOUNCE] a meeting', 'Monday.'),
      ].join(''),
    );
    expect(series).toMatchObject({ name: 'fix.v2', title: 'port: Do not lose updates' });
    expect(series.patches.map(({ text: _, ...rest }) => rest)).toEqual([
      { name: '0001-port-First.patch', number: 1, subject: 'port: First', changelog: 'Why.', files: ['x.c'] },
      {
        name: '0002-port-Second.patch',
        number: 2,
        subject: 'port: Second',
        changelog: 'Why.',
        files: ['x.c'],
      },
    ]);
    const after = series.patches.reduce<FileTree>(applyPatch, new Map([['x.c', 'a\n']]));
    expect(after.get('x.c')).toBe('c\n');
  });

  test('is in the order of the file where a patch has no number', async () => {
    const series = await inFile(
      posted('[PATCH] b: Later', 'a', 'b') + posted('[PATCH v3] a: Sooner', 'b', 'c'),
    );
    expect(subjects(series)).toEqual(['b: Later', 'a: Sooner']);
    expect(series.title).toBeNull();
  });

  test('with a mail twice has it once', async () => {
    const once = (subject: string) => mail(subject, diff('a', 'b'), 'Message-ID: <1@example.org>\n');
    expect(subjects(await inFile(once('[PATCH] x') + once('[PATCH] x') + once('[PATCH] x')))).toEqual(['x']);
  });

  test.each([
    [
      'two versions',
      ['[PATCH 1/2] a', '[PATCH 2/2] b', '[PATCH v2 1/2] a', '[PATCH v2 2/2] b'],
      /holds several series: v1 of 2 patches \(2 here\), v2 of 2 patches \(2 here\)/,
    ],
    [
      'two series',
      ['[PATCH 1/1] a', '[PATCH 1/2] b', '[PATCH 2/2] c'],
      /v1 of 1 patches .*, v1 of 2 patches/,
    ],
    ['two versions of one patch', ['[PATCH] a', '[PATCH v2] a'], /holds 'a' in several versions: v1, v2/],
    ['a patch missing', ['[PATCH v4 1/3] a', '[PATCH v4 3/3] c'], /holds v4 without 2\/3$/],
    ['most patches missing', ['[PATCH 1/9999] a', '[PATCH 3/9999] c'], /9\/9999, 10\/9999 … \(9997 in all\)/],
    ['a number twice', ['[PATCH 1/2] a', '[PATCH 1/2] c', '[PATCH 2/2] b'], /holds v1 1\/2 2 times/],
    ['no patch', ['Re: [PATCH] a'], /holds no patch/],
  ])('with %s is refused', async (_, given, message) => {
    const refused = await refusal(inFile(given.map((subject) => posted(subject, 'a', 'b')).join('')));
    expect(refused).toMatchObject({ code: 'E_SERIES', message: expect.stringMatching(message) });
  });

  /** Mails by their subject; each answers the one that is named. */
  const thread = (...mails: [subject: string, id: string, answers?: string][]) =>
    inFile(
      mails
        .map(([subject, id, answers]) =>
          mail(
            subject,
            subject.includes('0/3')
              ? `All.\n\nbase-commit: ${id.repeat(40).slice(0, 40)}\n`
              : `Why.\n---\n${diff(id, 'z')}`,
            `Message-ID: <${id}@example.org>\n${answers === undefined ? '' : `In-Reply-To: <${answers}@example.org>\n`}`,
          ),
        )
        .join(''),
    );
  const v1: [string, string][] = [
    ['[PATCH 0/3] port: All', 'a'],
    ['[PATCH 1/3] one', 'b'],
    ['[PATCH 2/3] two', 'c'],
    ['[PATCH 3/3] three', 'd'],
  ];

  test.each<[string, [string, string, string?][], string[], string]>([
    [
      'one patch',
      [['[PATCH v2 2/3] two again', 'e', 'c']],
      ['one', 'two again', 'three'],
      '2/3 of v2; 1/3, 3/3 of v1',
    ],
    [
      'two, one in answer to an answer',
      [
        ['[PATCH v2 3/3] three again', 'e', 'f'],
        ['[PATCH v2 1/3] one again', '1', 'b'],
        ['Re: [PATCH 3/3] three', 'f', 'd'],
      ],
      ['one again', 'two', 'three again'],
      '1/3, 3/3 of v2; 2/3 of v1',
    ],
    [
      'one patch, and then that again',
      [
        ['[PATCH v2 2/3] two again', 'e', 'c'],
        ['[PATCH v3 2/3] two at last', 'f', 'e'],
      ],
      ['one', 'two at last', 'three'],
      '2/3 of v3; 1/3, 3/3 of v1',
    ],
  ])('of which anew was sent %s is completed by the version before', async (_, anew, wanted, parts) => {
    const { title, madeFor, notes, ...series } = await thread(...v1, ...anew);
    expect(subjects({ title, ...series })).toEqual(wanted);
    expect(title).toBe('port: All');
    expect(madeFor).toEqual({ commit: 'a'.repeat(40), prerequisites: [] });
    expect(notes).toEqual([expect.stringMatching(new RegExp(`fix.v2.mbox' is a partial reroll: ${parts}$`))]);
  });

  test('is completed where the patch that was sent anew is the only one left', async () => {
    const left = v1.filter(([subject]) => !subject.includes('2/3'));
    expect(subjects(await thread(...left, ['[PATCH v2 2/3] two again', 'e']))).toEqual([
      'one',
      'two again',
      'three',
    ]);
  });

  test.each<[string, [string, string, string?][]]>([
    ['a patch that answers none', [['[PATCH v2 2/3] two again', 'e']]],
    ['a patch that answers another one', [['[PATCH v2 2/3] two again', 'e', 'b']]],
    ['a patch of a version in between that is missing', [['[PATCH v3 2/3] two again', 'e', 'c']]],
    ['a patch of another count', [['[PATCH v2 2/4] two again', 'e', 'c']]],
    [
      'a patch twice',
      [
        ['[PATCH v2 2/3] two again', 'e', 'c'],
        ['[PATCH v2 2/3] two', 'f', 'c'],
      ],
    ],
    [
      'all patches anew',
      [
        ['[PATCH v2 1/3] one', 'e', 'b'],
        ['[PATCH v2 2/3] two', 'f', 'c'],
        ['[PATCH v2 3/3] three', '1', 'd'],
      ],
    ],
  ])('with %s is refused', async (_, anew) => {
    expect((await refusal(thread(...v1, ...anew))).message).toMatch(/holds several series: v1 of 3 patches/);
  });

  test('says what it is made for in its letter, or behind a patch', async () => {
    const [base, id] = ['1234567890'.repeat(4), 'abcdef0123'.repeat(4)];
    const said = `base-commit: ${base}\nprerequisite-patch-id: ${id}\n`;
    const behind = await inFile(mail('[PATCH] x', `Why.\n---\n${diff('a', 'b')}\n${said}-- \n2.39.5\n`));
    expect(behind.madeFor).toEqual({ commit: base, prerequisites: [id] });
    const quoted = await inFile(mail('[PATCH] x', `> ${said}---\n${diff('a', 'b')}`));
    expect(quoted.madeFor?.commit).toBeNull();
  });

  test('as b4 prints it, without its letter, with what came by the way', async () => {
    const fields =
      'X-Mailer: b4 0.15-dev\nX-Developer-Signature: v=1; a=openpgp-sha256;\n b=owEBbQ\nMessage-Id: <1@example.org>\n';
    const of = (subject: string, from: string, to: string) =>
      `From git@z Thu Jan  1 00:00:00 1970\nSubject: ${subject}\nFrom: A Reviewer <a@example.org>\nDate: Mon, 01 Jan 2024 10:00:00 +0100\n` +
      `${fields.replace('1@', `${from}@`)}\nWhy.\n\nReviewed-by: B Reviewer <b@example.org>\n---\n x.c | 2 +-\n\n${diff(from, to)}\n-- \n2.51.0\n\n\n`;
    const series = await inFile(
      of('[PATCH v2 1/2] port: First', 'a', 'b') + of('[PATCH v2 2/2] port: Second', 'b', 'c'),
    );
    expect(subjects(series)).toEqual(['port: First', 'port: Second']);
    expect(series.patches[0]!.changelog).toBe('Why.\n\nReviewed-by: B Reviewer <b@example.org>');
    expect(series.patches.reduce<FileTree>(applyPatch, new Map([['x.c', 'a\n']])).get('x.c')).toBe('c\n');
  });

  test('with one patch of many alone is that patch', async () => {
    expect(subjects(await inFile(posted('[PATCH 2/5] b', 'a', 'b')))).toEqual(['b']);
  });

  test('says where each patch begins: prose may begin with the same word', async () => {
    const series = await inFile(
      mail('[PATCH] x', `From here on\n>From there\n>>From both\n---\n${diff('>From', '>>From ')}`),
    );
    expect(series.patches[0]!.changelog).toBe('From here on\nFrom there\n>From both');
    expect(series.patches[0]!.text).toContain('\n->From\n+>>From \n');
  });

  test('of more mails than a series has is refused', async () => {
    expect((await refusal(inFile(mail('x', '').repeat(10_001)))).message).toMatch(
      /holds more than 10000 mails/,
    );
  });
});

test('a series is the same however its mails are written', async () => {
  const bodies = [
    [
      'port: Größe – first',
      `Why.\nFrom here on.\n---\n x.c | 2 +-\n\n${diff('a = 1', 'b = "ä"')}-- \n2.39.0\n`,
    ],
    ['port: Second', `Why not.\n---\n\n${diff('b = "ä"', 'c')}-- \n2.39.0\n`],
  ] as const;
  const written = (encoding: string, body: string) => {
    const fields = 'MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: ';
    const bytes = Buffer.from(body);
    if (encoding === 'base64')
      return `${fields}base64\n\n${bytes.toString('base64').replace(/.{76}/g, '$&\n')}\n`;
    if (encoding === 'quoted-printable') {
      const line = (text: string) =>
        Array.from(Buffer.from(text), (byte) =>
          byte === 0x3d || byte > 126
            ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
            : String.fromCharCode(byte),
        )
          .join('')
          .replace(/.{60}(?<!=.?)/g, '$&=\n')
          .replace(/ $/, '=20');
      return `${fields}quoted-printable\n\n${body.split('\n').map(line).join('\n')}`;
    }
    return `${fields}8bit\n\n${body}`;
  };
  const mbox = (encoding: string) =>
    [['port: Both', 'All of it.\n'] as const, ...bodies]
      .map(([subject, body], i) => {
        const mail = `From: A <a@example.org>\nSubject: [PATCH v2 ${i}/2] ${subject}\n${written(encoding, body)}`;
        return `From a@example.org Mon Jan  1 10:00:00 2024\n${mail.replace(/^(>*From )(?=\S+ )/gm, '>$1').replace(/^>From: /m, 'From: ')}\n`;
      })
      .join('');
  const stages = async (text: string) => {
    const { title, patches } = await inFile(text);
    const trees: FileTree[] = [new Map([['x.c', 'a = 1\n']])];
    for (const patch of patches) trees.push(applyPatch(trees.at(-1)!, patch));
    return {
      title,
      told: patches.map(({ subject, changelog }) => [subject, changelog]),
      texts: trees.map((tree) => tree.get('x.c')),
    };
  };
  const plain = await stages(mbox('8bit'));
  expect(plain).toEqual({
    title: 'port: Both',
    told: [
      ['port: Größe – first', 'Why.\nFrom here on.'],
      ['port: Second', 'Why not.'],
    ],
    texts: ['a = 1\n', 'b = "ä"\n', 'c\n'],
  });
  for (const encoding of ['base64', 'quoted-printable'])
    expect(await stages(mbox(encoding)), encoding).toEqual(plain);
  for (const encoding of ['8bit', 'base64', 'quoted-printable'])
    expect(await stages(mbox(encoding).replaceAll('\n', '\r\n')), `${encoding}, CRLF`).toEqual(plain);
});

describe('a mail', () => {
  const encoded = (fields: string, body: string | Buffer, subject = '[PATCH] x') =>
    Buffer.concat([
      Buffer.from(`From x@y Thu Jan  1 00:00:00 1970\nSubject: ${subject}\nMIME-Version: 1.0\n${fields}\n`),
      Buffer.from(body),
    ]);

  test('has its encoded subject, its charset and its ends of lines undone', async () => {
    const subject = '[PATCH] =?utf-8?q?K=C3=B6nig=3A_?=\n =?iso-8859-1?b?RvxycyBibGFu?= bit';
    const latin1 = Buffer.from(`Für.\n---\n${diff('ä', 'ö')}`.replaceAll('\n', '\r\n'), 'latin1');
    const [patch] = (await inFile(encoded('Content-Type: text/plain; charset=iso-8859-1\n', latin1, subject)))
      .patches;
    expect(patch).toMatchObject({ subject: 'König: Fürs blan bit', changelog: 'Für.' });
    expect(applyPatch(new Map([['x.c', 'ä\n']]), patch!).get('x.c')).toBe('ö\n');
  });

  const plain = `Why.\n---\n${diff('a =', 'ö = 1')}-- \n2.39.0\n`;
  const quoted = plain.replaceAll('=', '=3D').replaceAll('ö', '=C3=B6').replace('index', 'in=\ndex');
  const base64 = Buffer.from(plain).toString('base64').replace(/.{76}/g, '$&\n');
  const multipart = (...parts: string[]) => [...parts.map((part) => `--x\n${part}\n`), '--x--\n'].join('');
  const html = 'Content-Type: text/html\n\n<pre>Why.</pre>';
  test.each([
    ['quoted-printable', 'Content-Transfer-Encoding: quoted-printable\n', quoted],
    ['base64', 'Content-Type: text/plain\nContent-Transfer-Encoding: BASE64\n', base64],
    [
      'parts, the patch in the text',
      'Content-Type: multipart/alternative; boundary=x\n',
      multipart(`Content-Type: text/plain; charset="utf-8"\n\n${plain}`, html),
    ],
    [
      'a patch attached',
      'Content-Type: multipart/mixed; boundary="x"\n',
      multipart(
        'Content-Type: text/plain\n\nWhy.\n',
        `Content-Type: text/x-patch; name="fix.patch"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\n${Buffer.from(diff('a =', 'ö = 1')).toString('base64')}`,
      ),
    ],
    [
      'a patch of git attached',
      'Content-Type: multipart/mixed; boundary="x"\n',
      multipart(
        'Content-Type: text/plain\n\nPlease find it attached.\n',
        `Content-Type: text/plain; name="0001-x.patch"\nContent-Disposition: attachment\n\n${mail('[PATCH] x', plain)}`,
      ),
    ],
  ])('has %s undone', async (_, fields, body) => {
    const series = await inFile(encoded(`${fields}`, body));
    expect(series.patches).toHaveLength(1);
    const [patch] = series.patches;
    expect(patch).toMatchObject({ subject: 'x', changelog: 'Why.' });
    expect(applyPatch(new Map([['x.c', 'a =\n']]), patch!).get('x.c')).toBe('ö = 1\n');
  });

  test('with several patches attached has them in order', async () => {
    const attached = ['a', 'b', 'c'].map(
      (name) =>
        `Content-Disposition: attachment; filename=${name}.diff\n\n${name}: ${name}\n\n${diff(name, 'x')}`,
    );
    const series = await inFile(
      encoded('Content-Type: multipart/mixed; boundary=x\n', multipart('\nThree.', ...attached)),
    );
    expect(subjects(series)).toEqual(['a: a', 'b: b', 'c: c']);
  });

  test('that is forwarded has the subject of who wrote it', async () => {
    const body = `From: Somebody Else <b@example.org>\nSubject: [PATCH] theirs\n\nWhy.\n---\n${diff('a', 'b')}`;
    expect((await inFile(mail('[PATCH] ours', body))).patches).toMatchObject([
      { subject: 'theirs', changelog: 'Why.' },
    ]);
  });

  test('whose parts are nested without end is refused', async () => {
    let body = 'x\n';
    for (let i = 0; i < 300; i++)
      body = `Content-Type: multipart/mixed; boundary=b${i}\n\n--b${i}\n${body}--b${i}--\n`;
    const refused = await refusal(inFile(`From x@y Thu Jan  1 00:00:00 1970\n${body}`));
    expect(refused).toMatchObject({
      code: 'E_SERIES',
      message: expect.stringMatching(/cannot be read as a mail/),
    });
  });

  test('that is encoded and has more lines than any patch is refused', async () => {
    const refused = await refusal(
      inFile(encoded('Content-Transfer-Encoding: quoted-printable\n', '\n'.repeat(200_001))),
    );
    expect(refused).toMatchObject({ code: 'E_SERIES', message: expect.stringMatching(/is too large/) });
  });

  test('in a mail in a mail has an end', async () => {
    const nested = (times: number): string => {
      if (times === 0) return `Subject: [PATCH] x\n\n${diff('a', 'b')}`;
      const parts = `--b${times}\nContent-Type: message/rfc822\n\n${nested(times - 1)}\n--b${times}--\n`;
      return `Subject: x\nContent-Type: multipart/mixed; boundary=b${times}\n\n${parts}`;
    };
    expect(subjects(await inFile(nested(2)))).toEqual(['x']);
    expect(await refusal(inFile(nested(10)))).toMatchObject({ code: 'E_SERIES' });
  });
});

test('whatever is written into an mbox comes out of it', async () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      'From here',
      '>From x',
      'From a@b Thu Jan  1 00:00:00 1970',
      '-- ',
      '--x',
      '=20',
      'ö é',
      '.',
      '\tx',
    ),
    fc.string({ unit: fc.constantFrom(...'abc =_?>ö\t'), maxLength: 20 }),
  );
  const one = fc.record({
    lines: fc.array(line, { maxLength: 6 }),
    encoding: fc.constantFrom('8bit', 'quoted-printable', 'base64'),
    charset: fc.constantFrom('utf-8', 'iso-8859-1'),
    crlf: fc.boolean(),
  });
  const encode = (text: string, { encoding, charset }: { encoding: string; charset: string }): Buffer => {
    const bytes = Buffer.from(text, charset === 'utf-8' ? 'utf8' : 'latin1');
    if (encoding === '8bit') return bytes;
    if (encoding === 'base64') return Buffer.from(bytes.toString('base64').replace(/.{60}/g, '$&\n'));
    const hex = (byte: number) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    return Buffer.from(
      [...bytes]
        .map((b) => (b === 10 || (b > 32 && b < 127 && b !== 61) ? String.fromCharCode(b) : hex(b)))
        .join(''),
    );
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(one, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat(9)),
      async (mails, order) => {
        const written = mails.map((given, i) => {
          const added = given.lines.map((line) => `+${line}\n`).join('');
          const text = `What ${i} does.\n---\ndiff --git a/${i}.c b/${i}.c\nnew file mode 100644\n--- /dev/null\n+++ b/${i}.c\n@@ -0,0 +1,${given.lines.length + 1} @@\n+${i}\n${added}-- \n2.39.0\n`;
          const fields = `Subject: [PATCH ${i + 1}/${mails.length}] Number ${i}\nContent-Type: text/plain; charset=${given.charset}\nContent-Transfer-Encoding: ${given.encoding}\n\n`;
          const whole = Buffer.concat([Buffer.from(fields), encode(text, given)]).toString('latin1');
          const quoted = whole.replace(/^(>*From )/gm, '>$1');
          const content = `From x@y Thu Jan  1 00:00:00 1970\n${quoted}\n\n`;
          return {
            key: order.next().value!,
            bytes: Buffer.from(given.crlf ? content.replaceAll('\n', '\r\n') : content, 'latin1'),
          };
        });
        written.sort((a, b) => a.key - b.key);
        const { patches } = await inFile(Buffer.concat(written.map(({ bytes }) => bytes)));
        const tree = patches.reduce<FileTree>(applyPatch, new Map());
        expect(patches.map(({ subject, changelog }) => [subject, changelog])).toEqual(
          mails.map((_, i) => [`Number ${i}`, `What ${i} does.`]),
        );
        expect([...tree.values()]).toEqual(mails.map(({ lines }, i) => [i, ...lines, ''].join('\n')));
      },
    ),
    { numRuns: 60 },
  );
});

describe('what git writes', () => {
  test('leads to what git has', async () => {
    const dir = await directoryOf({
      'drivers/a.c': 'a\n'.repeat(20),
      'drivers/gone.c': 'g\n',
      'run.sh': '#!/bin/sh\n',
    });
    const git = (...args: string[]) =>
      execFileSync(
        'git',
        ['-c', 'user.name=Ä Ö', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...args],
        {
          cwd: dir,
          encoding: 'utf8',
          env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
        },
      );
    const commit = async (message: string, files: Record<string, string>, ...more: string[][]) => {
      for (const [path, text] of Object.entries(files)) await writeFile(join(dir, path), text);
      for (const each of more) git(...each);
      git('add', '-A');
      git('commit', '-q', '-m', message);
    };
    git('init', '-q', '-b', 'main');
    await commit('start', {});
    const long = `drivers: ${'A very long subject that has to be folded. '.repeat(5).trim()}`;
    await commit(`${long}\n\nFrom me to you\n>From there\n\n    diff indented\n`, {
      'drivers/a.c': `${'a\n'.repeat(10)}b\n${'a\n'.repeat(9)}`,
    });
    await commit(
      'Über: Move, and delete',
      { 'drivers/a.c': `ä\n${'a\n'.repeat(9)}b\n${'a\n'.repeat(9)}` },
      ['mv', 'drivers/a.c', 'drivers/b.c'],
      ['rm', '-q', 'drivers/gone.c'],
    );
    await commit('drivers: Mode and an empty file', { 'drivers/empty.h': '' }, [
      'update-index',
      '--chmod=+x',
      'run.sh',
    ]);
    await commit('drivers: No end of line', { 'drivers/b.c': 'only' });

    const treeAt = (commit: string) =>
      Object.fromEntries(
        git('ls-tree', '-r', '--name-only', '-z', commit)
          .split('\0')
          .filter((path) => path !== '')
          .map((path) => [path, git('show', `${commit}:${path}`)]),
      );
    const trees = Array.from({ length: 5 }, (_, i) => treeAt(`main~${4 - i}`));
    const base = new Map(Object.entries(trees[0]!));
    const range = 'main~4..main';
    const style = [
      ['--stdout'],
      ['--stdout', '-M', '--no-prefix'],
      ['--stdout', '--attach'],
      ['--stdout', '--pretty=mboxrd', '--cover-letter', '--cover-from-description=none'],
      ['--stdout', '--cc=ü <u@example.org>', '--thread', '-v3', '--no-signature', '-M', '-C'],
    ];
    for (const options of style) {
      const series = await inFile(git('format-patch', '-q', ...options, range));
      expect(subjects(series)).toEqual([
        long,
        'Über: Move, and delete',
        'drivers: Mode and an empty file',
        'drivers: No end of line',
      ]);
      series.patches.reduce<FileTree>((tree, patch, i) => {
        const next = applyPatch(tree, patch);
        expect(Object.fromEntries(next), `${options} ${patch.name}`).toEqual(trees[i + 1]);
        return next;
      }, base);
    }
    const one = await inFile(git('diff', range), 'all.diff');
    expect(one).toMatchObject({
      name: 'all',
      title: null,
      patches: [{ name: 'all.diff', number: 1, subject: 'all', changelog: '' }],
    });
    expect(Object.fromEntries(applyPatch(base, one.patches[0]!))).toEqual(trees[4]);
    expect(await inFile(git('show', 'main'), 'x.patch')).toMatchObject({
      patches: [{ subject: 'drivers: No end of line' }],
    });
    expect((await refusal(inFile(git('log', '-p', range)))).message).toMatch(
      /holds several commits: .*format-patch --stdout/,
    );
  });
});

describe('a single patch', () => {
  test.each([
    ['with nothing but the diff', diff('a', 'b'), 'fix', ''],
    [
      'with prose before it',
      `Keep the update\n\nIt was lost.\n---\n${diff('a', 'b')}`,
      'Keep the update',
      'It was lost.',
    ],
    ['with ends of lines as in mails', diff('a', 'b').replaceAll('\n', '\r\n'), 'fix', ''],
    ['that begins with a mark of its byte order', `\ufeff${diff('a', 'b')}`, 'fix', ''],
    [
      'with a header that is not encoded',
      `Subject: [PATCH] Keep it\n\nWhy.\n${diff('a', 'b')}`,
      'Keep it',
      'Why.',
    ],
  ])('%s', async (_, text, subject, changelog) => {
    const series = await inFile(text, 'fix.patch');
    expect(series).toMatchObject({
      name: 'fix',
      patches: [{ name: 'fix.patch', number: 1, subject, changelog }],
    });
    expect(applyPatch(new Map([['x.c', 'a\n']]), series.patches[0]!).get('x.c')).toBe('b\n');
  });

  test.each([
    ['not there', () => readSeries('/none/at\x1ball.mbox'), /cannot read '\/none\/at\\x1ball\.mbox'/],
    ['without a diff', () => inFile('nothing\n'), /holds no patch/],
    ['empty', () => inFile(''), /holds no patch/],
  ])('%s is refused', async (_, read, message) => {
    expect(await refusal(read())).toMatchObject({
      code: 'E_SERIES',
      message: expect.stringMatching(message),
    });
  });
});

describe('a maildir', () => {
  test('has mails in cur/ and new/', async () => {
    const dir = await directoryOf({
      'cur/1700000002.M2:2,S': posted('[PATCH 1/3] a', 'a', 'b').replace(/^.*\n/, ''),
      'cur/1700000009.M9:2,S': mail('[PATCH 0/3] All', 'Text.').replace(/^.*\n/, ''),
      'new/1700000001.M1': posted('[PATCH 3/3] c', 'c', 'd').replace(/^.*\n/, ''),
      'new/1700000003.M3': posted('[PATCH 2/3] b', 'b', 'c').replace(/^.*\n/, ''),
      'tmp/1700000004.M4': posted('[PATCH 4/3] d', 'b', 'c').replace(/^.*\n/, ''),
    });
    const series = await readSeries(`${dir}/`);
    expect(series.title).toBe('All');
    expect(series.patches.map(({ name }) => name)).toEqual(['0001-a.patch', '0002-b.patch', '0003-c.patch']);
  });

  test('without numbers is in the order of arrival', async () => {
    const dir = await directoryOf({
      'cur/1700000010.M2:2,S': `Subject: b\n\n${diff('a', 'b')}`,
      'new/999999999.M1': `Subject: a\n\n${diff('a', 'b')}`,
    });
    expect(subjects(await readSeries(dir))).toEqual(['a', 'b']);
  });

  test('may lack one of the two', async () => {
    const dir = await directoryOf({ cur: '', 'new/1.M1': `Subject: a\n\n${diff('a', 'b')}` });
    expect(subjects(await readSeries(dir))).toEqual(['a']);
  });

  test.skipIf(process.getuid?.() === 0)(
    'that may not be read is refused, and not taken for none',
    async () => {
      const dir = await directoryOf({ 'new/1.M1': `Subject: a\n\n${diff('a', 'b')}` });
      await chmod(join(dir, 'new'), 0);
      expect(await refusal(readSeries(dir))).toMatchObject({
        code: 'E_SERIES',
        message: expect.stringContaining('permission denied'),
      });
      await chmod(join(dir, 'new'), 0o700);
    },
  );
});

describe('a directory of patches', () => {
  test('is in the order of names', async () => {
    const dir = await directoryOf({
      '10-c.diff': diff('c', 'd'),
      '2-b.patch': `Subject: b\n\n${diff('b', 'c')}`,
      '1-a.patch': diff('a', 'b'),
      README: 'no patch',
    });
    const series = await readSeries(dir);
    expect(series.patches.map(({ name, subject }) => [name, subject])).toEqual([
      ['1-a.patch', '1-a'],
      ['2-b.patch', 'b'],
      ['10-c.diff', '10-c'],
    ]);
  });

  test('has a title by its cover letter, and no file without a diff besides', async () => {
    const files = {
      'v2-0000-cover-letter.patch': mail('[PATCH v2 0/1] All of it', 'Text.'),
      'v2-0001-a.patch': posted('[PATCH v2 1/1] a', 'a', 'b'),
    };
    const series = await readSeries(await directoryOf(files));
    expect(series).toMatchObject({
      title: 'All of it',
      patches: [{ name: 'v2-0001-a.patch', subject: 'a' }],
    });
    expect(
      await refusal(readSeries(await directoryOf({ ...files, 'x.patch': 'Subject: x\n\nText\n' }))),
    ).toMatchObject({
      code: 'E_PATCH',
      message: "patch 'x.patch' holds no diff",
    });
  });

  test('without one is refused', async () => {
    expect(await refusal(readSeries(await directoryOf({ 'x.c': '' })))).toMatchObject({
      code: 'E_SERIES',
      message: expect.stringMatching(/is not a patch series/),
    });
  });
});

describe('a quilt directory', () => {
  test('lists patches by any name, with how many folders to take off', async () => {
    const bare = diff('a', 'b').replace(/ [ab]\//g, ' ');
    const dir = await directoryOf({
      series: '# mine\nfix-one.patch\n\nmore/two#2.diff -p0 # why\nthree -p1\n#four.patch\n',
      'fix-one.patch': 'One\n\nChanges it.\n'.concat(diff('a', 'b')),
      'more/two#2.diff': bare.replaceAll('x.c', 'a/x.c'),
      three: diff('b', 'c'),
      'four.patch': 'nothing',
    });
    const { patches, title } = await readSeries(dir);
    expect(title).toBeNull();
    expect(patches.map(({ name, number, subject, files }) => ({ name, number, subject, files }))).toEqual([
      { name: 'fix-one.patch', number: 1, subject: 'One', files: ['x.c'] },
      { name: 'more/two#2.diff', number: 2, subject: 'two#2', files: ['a/x.c'] },
      { name: 'three', number: 3, subject: 'three', files: ['x.c'] },
    ]);
    expect(patches[1]!.strip).toBe(0);
  });

  test.each([
    [
      'a patch that is missing',
      { series: 'x.patch\n' },
      /lists 'x.patch', but cannot read '.*x\.patch': ENOENT/,
    ],
    ['an option', { series: 'x.patch -R\n', 'x.patch': diff('a', 'b') }, /'-R' after 'x.patch' is not known/],
    ['a file without a diff', { series: 'x.patch\n', 'x.patch': 'text' }, /'x.patch' holds no diff/],
    [
      'a file of several patches',
      { series: 'x\n', x: posted('[PATCH] a', 'a', 'b') + posted('[PATCH] b', 'b', 'c') },
      /holds 2 patches/,
    ],
  ])('with %s is refused', async (_, files, message) => {
    const dir = await directoryOf(files as Record<string, string>);
    expect((await refusal(readSeries(dir))).message).toMatch(message);
  });

  test.each(['', '# none.patch\n\n'])('that lists nothing, %j, holds no patch', async (series) => {
    const dir = await directoryOf({ series, 'a.patch': diff('a', 'b') });
    expect(await refusal(readSeries(dir))).toMatchObject({
      code: 'E_SERIES',
      message: `'${dir}' holds no patch`,
    });
  });

  test('is asked for before whatever else is there', async () => {
    const dir = await directoryOf({
      series: 'b.patch\n',
      'a.patch': diff('a', 'b'),
      'b.patch': diff('a', 'b'),
    });
    await mkdir(join(dir, 'new'));
    expect((await readSeries(dir)).patches.map(({ name }) => name)).toEqual(['b.patch']);
  });
});

test('a series comes from standard input, in a thread too', async () => {
  const module = pathToFileURL(join(root, 'dist/src/source/series.js')).href;
  const program = `import { parentPort, isMainThread, Worker } from 'node:worker_threads';
    if (isMainThread) {
      new Worker(new URL(import.meta.url)).on('message', (said) => console.log(said));
    } else {
      const { readSeries } = await import('${module}');
      const { name, patches } = await readSeries('-');
      parentPort.postMessage(JSON.stringify([name, ...patches.map((patch) => patch.subject)]));
    }`;
  const dir = await directoryOf({ 'read.mjs': program });
  const said = execFileSync(process.execPath, [join(dir, 'read.mjs')], {
    input: posted('[PATCH] a', 'a', 'b') + posted('[PATCH] b', 'b', 'c'),
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual(['stdin', 'a', 'b']);
});

test('no hostile file does worse than being refused', async () => {
  const piece = fc.constantFrom(
    'From x@y Thu Jan  1 00:00:00 1970\n',
    'From: a\n',
    'Subject: [PATCH 1/2] a\n',
    'Subject: [PATCH v99999999999 0/0]\n',
    '\n',
    '\n\n',
    '--- a/x.c\n+++ b/x.c\n',
    '@@ -1 +1 @@\n-a\n+b\n',
    '@@ -999999999,0 +999999999 @@\n+b\n',
    '@@ -1,99999999999999999999 +1 @@\n',
    '@@@ -1 -1 +1 @@@\n',
    'diff --git a/x b/y\n',
    'rename from x\nrename to y\n',
    'Content-Type: multipart/mixed; boundary=x\n',
    '--x\n',
    '--x--\n',
    'Content-Transfer-Encoding: base64\n',
    'Content-Type: text/plain; charset=none\n',
    '\0',
    '\r',
    '\xff',
    '-- \n',
    'GIT binary patch\n',
    'deleted file mode 100644\n',
    'new file mode 100644\n',
    '--- /dev/null\n',
    '+++ /dev/null\n',
    '--- "a/\\303x"\n',
    '=?utf-8?b?////?=',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 25 }), async (pieces) => {
      try {
        const { patches } = await inFile(Buffer.from(pieces.join(''), 'latin1'));
        expect(patches.length).toBeGreaterThan(0);
        patches.reduce<FileTree>(
          applyPatch,
          new Map([
            ['x.c', 'a\n'],
            ['d/x', 'a\n'],
          ]),
        );
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/^E_(?:SERIES|PATCH)$/);
      }
    }),
    { numRuns: 150 },
  );
});
