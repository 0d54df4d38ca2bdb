import { type Report, type Result, reportSchemaId } from '../report/schema.js';
import { writable, writeWhole } from '../report/write.js';

/** Where a command's report goes. */
export interface Output {
  /** Standard output is the report's: nothing else may be printed there. */
  readonly jsonAlone: boolean;
  /** Writes the report, if one was asked for. */
  write(results: readonly Result[]): Promise<void>;
}

/**
 * Looks before long work whether the report that `--json` asks for can be written.
 *
 * @throws LostbitError `E_WRITE`.
 */
export async function openOutput(json: string | true | undefined): Promise<Output> {
  const jsonAlone = json === true || json === '-';
  const target = json === undefined || jsonAlone ? null : await writable(String(json));
  return {
    jsonAlone,
    write: async (results) => {
      const report: Report = { schema: reportSchemaId, results: [...results] };
      const text = `${JSON.stringify(report, null, 2)}\n`;
      if (target !== null) await writeWhole(target, text);
      else if (jsonAlone) process.stdout.write(text);
    },
  };
}
