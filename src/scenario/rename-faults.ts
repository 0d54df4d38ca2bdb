// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Scenario } from './scenario.js';

/** A scenario in which other functions fail: by the names that they have in it, those that are to fail instead. */
export function withFaultsRenamed(scenario: Scenario, names: Readonly<Record<string, string>>): Scenario {
  const renamed = (name: string) => (Object.hasOwn(names, name) ? names[name]! : name);
  const within = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(within);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [
        key,
        key === 'fault' && typeof one === 'string' ? renamed(one) : within(one),
      ]),
    );
  };
  const { faults } = scenario as { readonly faults?: Readonly<Record<string, number>> };
  return {
    ...(within(scenario) as Scenario),
    ...(faults === undefined
      ? {}
      : { faults: Object.fromEntries(Object.entries(faults).map(([name, nth]) => [renamed(name), nth])) }),
  };
}
