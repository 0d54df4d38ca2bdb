// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { Hazard, HazardChange, HazardSide, SharedPair } from '../layout/hazards.js';
import { placeText } from '../layout/source-place.js';
import type { ByteRange } from '../layout/types.js';
import { functionText, lockText } from './field-uses.js';

/** Makes the command that shows an execution again out of its schedule. */
export type ReplayCommand = (schedule: string) => string;

/** The pairs of fields of which one's update can be lost, each with the writers and the command that shows it. */
export function hazardsText(
  hazards: readonly Hazard[],
  pairs: readonly SharedPair[],
  replay: ReplayCommand,
): string {
  if (hazards.length === 0)
    return pairs.some(({ verdict }) => verdict === 'unseen')
      ? pc.yellow('no hazard was seen; nothing is known about the unseen pairs')
      : pc.green('none: no write of one field loses an update of another');
  return hazards.map((hazard) => hazardText(hazard, replay)).join('\n');
}

function hazardText({ fields, victims, shared, evidence }: Hazard, replay: ReplayCommand): string {
  const lost =
    victims.length === 2 ? 'an update of either can be lost' : `an update of ${victims[0]} can be lost`;
  const lines = [`${pc.red('✗')} ${pc.bold(fields.join(' × '))}, ${bytesText(shared)}: ${lost}`];
  for (const { scenario, schedule, sides } of evidence) {
    lines.push(`    ${scenario}:`, ...sidesText(sides, fields));
    lines.push(`      ${pc.dim(`reproduce: ${replay(schedule)}`)}`);
  }
  return lines.join('\n');
}

function sidesText(sides: readonly HazardSide[], about: readonly string[]): string[] {
  const width = Math.max(...sides.map(({ actor }) => actor.length));
  return sides.map((side) => {
    const { actor, op, context, locks, fields, file } = side;
    const place = file === null ? '' : ` (${placeText(side)})`;
    const where = context === 'process' ? '' : `${context}, `;
    const named = fields.filter((field) => about.includes(field));
    const others = fields.length - named.length;
    const written = named.join(', ') + (others > 0 ? ` and ${others} more` : '');
    return `      ${actor.padEnd(width)}  ${op}: ${written} in ${functionText(side)}${place}, ${where}${lockText(locks)}`;
  });
}

/** Hazards that are gone, and those that are new, with the evidence of these; and pairs that were not examined. */
export function hazardChangeText(
  { gone, added }: HazardChange,
  unseen: readonly SharedPair[],
  { before, after }: { readonly before: string; readonly after: string },
  replay: ReplayCommand,
): string {
  const lines = gone.map(
    ({ fields, shared }) =>
      `${pc.green('✓')} hazard gone at ${after}: ${fields.join(' × ')} (${bytesText(shared)} at ${before})`,
  );
  if (added.length > 0) lines.push(`${pc.red('new hazards')} at ${after}:`, hazardsText(added, [], replay));
  if (lines.length === 0) lines.push(pc.dim('hazards: unchanged'));
  if (unseen.length > 0) {
    const pairs = unseen.map(({ fields }) => fields.join(' × ')).join(', ');
    lines.push(pc.yellow(`unknown at ${after}: ${pairs}`));
  }
  return lines.join('\n');
}

/** All pairs of run-time fields that share bytes: real, or why not. */
export function sharedPairsText(pairs: readonly SharedPair[]): string {
  const width = Math.max(...pairs.map(({ fields }) => fields.join(' × ').length));
  return pairs.map((pair) => `${pair.fields.join(' × ').padEnd(width)}  ${verdictText(pair)}`).join('\n');
}

function verdictText({ verdict, locks, together }: SharedPair): string {
  switch (verdict) {
    case 'real':
      return pc.red('real');
    case 'unseen':
      return `${pc.yellow('unseen')}  ${
        together.length > 0
          ? `in separate bytes in the code that was run, so their order was not checked: ${together.join(', ')}`
          : 'no scenario has two actors writing them'
      }`;
    case 'no': {
      const why =
        locks.length > 0
          ? `both under ${locks.join(', ')}`
          : `ordered in every interleaving of ${together.join(', ')}`;
      return `${pc.green('no')}      ${why}`;
    }
  }
}

export function bytesText({ offset, size }: ByteRange): string {
  return size === 1 ? `byte ${offset}` : `bytes ${offset} to ${offset + size - 1}`;
}
