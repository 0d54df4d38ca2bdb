// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import { printable } from '../printable.js';
import type { MissingFunction, TreeFacts } from '../verify/tree-facts.js';

/** What a kernel's sources are, for people. */
export function treeText(facts: TreeFacts): string {
  const { dir, version, commit, configuration, patches, scenarios, missing } = facts;
  const applying = scenarios.filter(({ inapplicable }) => inapplicable === null);
  const width = Math.max(0, ...patches.map(({ stage }) => stage.length));
  return [
    `${pc.bold(`Linux ${version}`)} in ${printable(dir)}${commit === null ? ', no work tree of git' : `, HEAD at ${commit.slice(0, 12)}`}`,
    `configured by lostbit's own ${Object.keys(configuration).length} options (--json lists them), for WebAssembly`,
    '',
    stageText(facts),
    ...patches.map(
      ({ stage, subject, has }) =>
        `  ${stage.padEnd(width)}  ${has ? pc.green('there  ') : pc.yellow('missing')}  ${printable(subject)}`,
    ),
    '',
    `${applying.length} of ${scenarios.length} scenarios apply`,
    ...reasonsText(scenarios),
    '',
    missing.length === 0
      ? 'The stub kernel has all that they call.'
      : `${missing.length} function${missing.length === 1 ? ' is' : 's are'} called that the stub kernel does not have (--missing lists them): where one is reached, a scenario is undecided.`,
  ].join('\n');
}

const stageText = ({ stage }: TreeFacts): string =>
  stage === null
    ? 'By its code it has some patches of the series without others:'
    : `By its code it corresponds to stage ${pc.bold(stage)}:`;

/** Why scenarios do not apply, a line a reason. */
function reasonsText(scenarios: TreeFacts['scenarios']): string[] {
  const reasons = new Map<string, string[]>();
  for (const { name, inapplicable } of scenarios)
    if (inapplicable !== null) reasons.set(inapplicable, [...(reasons.get(inapplicable) ?? []), name]);
  return [...reasons].flatMap(([reason, names]) => [
    pc.dim(`  not ${names.map(printable).join(', ')}:`),
    pc.dim(`    ${printable(reason)}`),
  ]);
}

/** What sources call that is not there, by the header that declares it. */
export function missingText(missing: readonly MissingFunction[]): string {
  if (missing.length === 0) return 'The stub kernel has all that they call.';
  const headers = new Map<string, MissingFunction[]>();
  for (const one of missing) {
    const header = one.header ?? 'declared in no header that was read';
    headers.set(header, [...(headers.get(header) ?? []), one]);
  }
  const width = Math.max(...missing.map(({ name }) => name.length));
  return [...headers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([header, functions]) => [
      pc.bold(printable(header)),
      ...functions.map(
        ({ name, users }) => `  ${printable(name).padEnd(width)}  ${users.map(printable).join(' ')}`,
      ),
    ])
    .join('\n');
}
