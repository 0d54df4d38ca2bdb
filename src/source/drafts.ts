// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';
import { diffStart, hasDiff } from './diff.js';
import { isMail, readMail } from './mail.js';
import { isMbox, mailsIn } from './mbox.js';
import type { Posted } from './order.js';
import type { Draft } from './patch.js';

/** Mails that a series is looked for among, at most. */
export const mostMails = 10_000;

/** Mails in mails, at most. */
const deepest = 3;

/** What a patch without a subject or a text is said to be about. */
interface About {
  readonly subject: string;
  readonly body: string;
}

/**
 * What a file holds: the mails of an mbox, one mail, or a diff, with or without prose before it.
 *
 * @param of the file's name, for errors.
 * @throws LostbitError `E_SERIES`.
 */
export async function postedIn(bytes: Buffer, of: string, about: About, depth = 0): Promise<Posted[]> {
  if (isMbox(bytes)) {
    const mails = mailsIn(bytes);
    if (mails.length > mostMails) throw tooMany(of);
    const posted: Posted[] = [];
    for (const [i, mail] of mails.entries())
      posted.push(await postedBy(mail, mails.length > 1 ? `mail ${i + 1} of ${of}` : of, depth));
    return posted;
  }
  const text = textOf(bytes);
  if (isMail(text)) return [await postedBy(bytes, of, depth)];
  return [
    {
      subject: '',
      id: null,
      inReplyTo: null,
      body: '',
      drafts: hasDiff(text) ? [plainDraft(text, about)] : [],
    },
  ];
}

export const tooMany = (of: string): LostbitError =>
  new LostbitError('E_SERIES', `${of} holds more than ${mostMails} mails`, {
    hint: 'leave the mails of one series in it',
  });

/** A mail's patch stands in its body, or is attached. */
async function postedBy(bytes: Buffer, of: string, depth: number): Promise<Posted> {
  const { subject, id, inReplyTo, body, attachments } = await readMail(bytes, of);
  if (hasDiff(body))
    return {
      subject,
      id,
      inReplyTo,
      body,
      drafts: [{ subject, body, text: `Subject: ${subject}\n\n${body}` }],
    };
  const drafts: Draft[] = [];
  if (depth < deepest) {
    for (const { name, bytes } of attachments) {
      const inside = await postedIn(
        bytes,
        `'${printable(name)}', attached to ${of}`,
        { subject, body },
        depth + 1,
      );
      drafts.push(...inside.flatMap((posted) => posted.drafts));
    }
  }
  return { subject, id, inReplyTo, body, drafts };
}

/** A diff that is no mail: the first line before it is its subject. */
function plainDraft(text: string, about: About): Draft {
  const start = diffStart(text);
  const diff = text.slice(start);
  const prose = (isShown(text) ? message(text.slice(0, start)) : text.slice(0, start)).trim();
  if (prose === '') return { subject: about.subject, body: `${about.body}\n---\n${diff}`, text };
  const [first = ''] = prose.split('\n', 1);
  return {
    subject: first.replace(/^Subject:/, '').trim(),
    body: `${prose.slice(first.length)}\n---\n${diff}`,
    text,
  };
}

/** Did `git show` print it? Then a header of git's own stands before the message, which is indented. */
const isShown = (text: string): boolean => /^commit [0-9a-f]{40}\b/.test(text);
const message = (prose: string): string =>
  prose
    .split('\n')
    .filter((line) => line === '' || line.startsWith('    '))
    .map((line) => line.slice(4))
    .join('\n');

/** Text in UTF-8. If each line ends as mails' and Windows' do, that is how it came and not what is in it. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  return /(?:^|[^\r])\n/.test(text) ? text : text.replaceAll('\r\n', '\n');
}
