// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { nearest, offer } from '../nearest.js';

/** A hint for a name of a scenario's that the C has not: where none is like it, the scenario may be for other C. */
export function offerOfSubject(wanted: string, known: Iterable<string>): string {
  const all = [...known];
  const other =
    "is the scenario for other C? It says where that is, as source: './port.c', or --subject names its subject; ";
  return (nearest(wanted, all).length > 0 ? '' : other) + offer(wanted, all);
}
