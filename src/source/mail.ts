// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import PostalMime, { type Email } from 'postal-mime';
import { LostbitError } from '../errors.js';
import { printable } from '../printable.js';

/** A mail as its reader sees it. */
export interface Mail {
  /** In one line, its tags included: `[PATCH v2 1/3] …`. */
  readonly subject: string;
  /** Its Message-ID, where it has one. */
  readonly id: string | null;
  /** The Message-ID of what it answers. */
  readonly inReplyTo: string | null;
  readonly body: string;
  readonly attachments: readonly { readonly name: string; readonly bytes: Buffer }[];
}

/** Lines of a mail whose parts or encoding must be undone, at most: a line takes some hundred bytes meanwhile. */
const mostLines = 200_000;

/**
 * Does a text begin as a mail does? That is so for patch files too, which often have a subject and an author alone;
 * others begin with prose, or with the diff.
 */
export function isMail(text: string): boolean {
  const [header] = text.slice(0, 64 * 1024).split(/\r?\n\r?\n/, 1);
  const lines = header!.split(/\r?\n/);
  return (
    lines.some((line) => /^(?:Subject|From):/i.test(line)) &&
    lines.every((line, i) => /^[!-9;-~]+:/.test(line) || (i > 0 && /^[ \t]/.test(line)))
  );
}

/**
 * Reads a mail: encoded words of its subject, parts, transfer encodings and charsets undone, ends of lines `\n`.
 *
 * @param of which one it is, for the error.
 * @throws LostbitError `E_SERIES`.
 */
export async function readMail(bytes: Buffer, of: string): Promise<Mail> {
  const end = endOfHeader(bytes);
  const header = await parsed(bytes.subarray(0, end), of);
  if (isPlain(header)) {
    return { ...known(header), body: lines(bytes.subarray(end).toString('utf8')), attachments: [] };
  }
  if (bytes.toString('latin1').split('\n', mostLines + 1).length > mostLines)
    throw new LostbitError('E_SERIES', `${of} is too large: an encoded mail of more than ${mostLines} lines`);
  const mail = await parsed(bytes, of);
  return {
    ...known(mail),
    body: lines(mail.text ?? ''),
    attachments: mail.attachments.map(({ filename, content }) => ({
      name: filename ?? '',
      bytes: Buffer.from(content as ArrayBuffer),
    })),
  };
}

const known = ({ subject, messageId, inReplyTo }: Email) => ({
  subject: (subject ?? '').replace(/\s+/g, ' ').trim(),
  id: messageId ?? null,
  inReplyTo: inReplyTo === undefined ? null : (/<[^<>]*>/.exec(inReplyTo)?.[0] ?? inReplyTo),
});

const lines = (text: string) => text.replace(/\r\n/g, '\n');

function endOfHeader(bytes: Buffer): number {
  const ends = ['\n\n', '\n\r\n'].flatMap((blank) => {
    const at = bytes.indexOf(blank);
    return at < 0 ? [] : [at + blank.length];
  });
  return Math.min(bytes.length, ...ends);
}

/** Is the body UTF-8 as it stands? Then it is not taken apart, which takes long for large patches. */
function isPlain({ headers }: Email): boolean {
  const field = (name: string) => headers.find(({ key }) => key === name)?.value.toLowerCase() ?? '';
  const type = field('content-type');
  return (
    /^(?:|7bit|8bit|binary)$/.test(field('content-transfer-encoding').trim()) &&
    /^(?:|text\/plain)\s*(?:;|$)/.test(type) &&
    !/format\s*=\s*"?flowed/.test(type) &&
    /^"?(?:utf-?8|us-ascii)?"?\s*(?:;|$)/.test(/charset\s*=\s*(.*)/.exec(type)?.[1] ?? '')
  );
}

async function parsed(bytes: Buffer, of: string): Promise<Email> {
  try {
    // A mail in a mail is read as one, where it holds a patch.
    return await PostalMime.parse(bytes, { forceRfc822Attachments: true });
  } catch (cause) {
    throw new LostbitError(
      'E_SERIES',
      `${of} cannot be read as a mail: ${printable((cause as Error).message)}`,
      {},
      cause,
    );
  }
}
