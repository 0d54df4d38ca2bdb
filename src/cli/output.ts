// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { jsonText } from '../printable.js';
import type { SeriesFacts } from '../report/json.js';
import type { Report } from '../report/schema.js';
import { writable, writeWhole } from '../report/write.js';
import type { Result } from '../verify/result.js';
import { printJson } from './terminal.js';

/** Where a command's JSON goes. */
export interface Output<T, More = never> {
  /** Standard output is the JSON's: nothing else may be printed there. */
  readonly jsonAlone: boolean;
  /** Writes it, if it was asked for. */
  write(what: T, more?: More): Promise<void>;
}

/**
 * Checks before long work whether the report that `--json` asks for can be written.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function openOutput(
  json: string | true | undefined,
): Promise<Output<readonly Result[], SeriesFacts>> {
  const { jsonAlone, write } = await openDocument<Report>(json);
  // Only what prints a report loads what knows all of it.
  const { reportJson } = await import('../report/json.js');
  return { jsonAlone, write: (results, series) => write(reportJson(results, series)) };
}

/**
 * The same of any document.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function openDocument<T extends object>(json: string | true | undefined): Promise<Output<T>> {
  const jsonAlone = json === true || json === '-';
  const target = json === undefined || jsonAlone ? null : await writable(String(json));
  return {
    jsonAlone,
    write: async (document) => {
      if (target !== null) await writeWhole(target, `${jsonText(document)}\n`);
      else if (jsonAlone) printJson(document);
    },
  };
}
