// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { TracedEvent } from '../engine/run/tracer.js';
import { callName, isSecondMeant, isSilent } from './call-names.js';
import { driverCall } from './driver-code.js';

/** What code does, in words that do not depend on how it is written: a call, or a write of a field. */
export interface Token {
  readonly kind: 'call' | 'write';
  /** `mutex_lock(A.igate)`, `A.irq_type =` */
  readonly text: string;
  /** The function of the driver that does it. */
  readonly where: string;
  /** Names of the locks that are held, the first taken first. */
  readonly locks: readonly string[];
}

/** Numbers below are no addresses. */
const firstPage = 4096;

/**
 * Calls and writes in their order. What is written between two calls comes in the order of the fields' names: a compiler is free
 * to reorder it.
 *
 * @param fields paths that writes are told of.
 */
export function tokensOf(events: readonly TracedEvent[], fields: ReadonlySet<string>): Token[] {
  const tokens: Token[] = [];
  let written = new Map<string, Token>();
  const flush = () => {
    tokens.push(...[...written.values()].sort((a, b) => (a.text < b.text ? -1 : 1)));
    written = new Map();
  };
  for (const { called, what, second, locks, stack } of events) {
    const place = { where: driverCall(stack)?.function ?? '', locks: locks.map(({ name }) => name) };
    if (called === null) {
      for (const path of what) {
        const text = `${path.replace(/\[\d+\]$/, '')} =`;
        if (fields.has(path) && !written.has(text)) written.set(text, { kind: 'write', text, ...place });
      }
      continue;
    }
    const name = callName(called);
    if (isSilent(name)) continue;
    flush();
    const first = what.filter((path) => /^\w+(?:\.\w+)+$/.test(path));
    const passed =
      isSecondMeant(name) && second !== null && second < firstPage ? [...first, String(second)] : first;
    tokens.push({ kind: 'call', text: `${name}(${passed.join(', ')})`, ...place });
  }
  flush();
  return tokens;
}
