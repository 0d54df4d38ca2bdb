// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What it means to wait for the stub kernel's own words, by their names. */
const meanings: readonly (readonly [RegExp, (cpu: string | undefined) => string])[] = [
  [/^cpu(?:\[(\d+)\])?\.soft$/, (cpu = '0') => `processor ${cpu}, where a softirq runs`],
  [/^cpu(?:\[(\d+)\])?(?:\.hard)?$/, (cpu = '0') => `processor ${cpu}, where an interrupt runs`],
  [/^(?:arena\.first|lane\[\d+\])\.sleeps$/, () => 'somebody to wake it up'],
  [/^timers\.cpu\b/, () => "a timer's function to return"],
  [/^pool\.worker\b/, () => 'a work item to end'],
  [/\bline\[\d+\]\.running$/, () => "an interrupt's handlers to return"],
];

/** What a task waits for, by the name of the word: a lock's own, or what the stub kernel has it for. */
export function waitText(name: string): string {
  for (const [pattern, text] of meanings) {
    const found = pattern.exec(name);
    if (found !== null) return text(found[1]);
  }
  return name;
}
