// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/**
 * The line that a mail begins with in an mbox: a sender or a commit, then a time. Prose has lines that begin with the
 * same word, and not every writer of an mbox quotes them.
 */
const SEPARATOR = /^From \S.*\d:\d\d.*\d{4}/;
const START = 'From ';

/** Does a file begin as an mbox, or as what `git format-patch` writes? */
export const isMbox = (bytes: Buffer): boolean => isSeparator(bytes, 0);

/** The mails of an mbox, each without its separator. Lines that were quoted, `>From `, are as they were (mboxrd). */
export function mailsIn(mbox: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = isSeparator(mbox, 0) ? 0 : nextSeparator(mbox, 0); at >= 0; at = nextSeparator(mbox, at))
    starts.push(at);
  return starts.map((start, i) => {
    const line = mbox.indexOf('\n', start);
    return line < 0 ? Buffer.alloc(0) : unquoted(mbox.subarray(line + 1, starts[i + 1]));
  });
}

function nextSeparator(mbox: Buffer, from: number): number {
  for (let at = from; ; at++) {
    at = mbox.indexOf(`\n${START}`, at);
    if (at < 0) return -1;
    if (isSeparator(mbox, at + 1)) return at + 1;
  }
}

function isSeparator(bytes: Buffer, at: number): boolean {
  const start = bytes.subarray(at, at + 200).toString('latin1');
  return SEPARATOR.test(start.split('\n', 1)[0]!);
}

function unquoted(mail: Buffer): Buffer {
  if (!mail.includes('\n>')) return mail;
  return Buffer.from(mail.toString('latin1').replace(/\n>(>*From )/g, '\n$1'), 'latin1');
}
