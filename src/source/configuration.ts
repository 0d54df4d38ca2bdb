// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What a kernel is configured with: `y`, `m`, a number, or a string in quotes, by symbol (`CONFIG_PCI`). What is off is not in it. */
export type Configuration = ReadonlyMap<string, string>;

/** Reads a `.config`. */
export function readConfiguration(text: string): Map<string, string> {
  const lines = text.matchAll(/^(CONFIG_\w+)=(.*?)[ \t\r]*$/gm);
  return new Map(
    Array.from(lines, ([, name, value]) => [name!, value!] as const).filter(([, value]) => value !== 'n'),
  );
}

/** A `.config` that says the same. */
export const configurationText = (configuration: Configuration): string =>
  Array.from(configuration, ([name, value]) => `${name}=${value}\n`).join('');
