import pc from 'picocolors';
import type { Hazard, HazardSide, SharedPair } from '../layout/hazards.js';
import type { ByteRange } from '../layout/types.js';
import { functionText, lockText } from './field-uses.js';

/** Makes the command that shows an execution again out of its schedule. */
export type ReplayCommand = (schedule: string) => string;

/** The pairs of fields of which one's update can be lost, each with who was met and the command that shows it. */
export function hazardsText(hazards: readonly Hazard[], replay: ReplayCommand): string {
  if (hazards.length === 0) return pc.green('no hazard: no write of one field loses an update of another');
  return hazards.map((hazard) => hazardText(hazard, replay)).join('\n');
}

function hazardText({ fields, victims, shared, evidence }: Hazard, replay: ReplayCommand): string {
  const lost =
    victims.length === 2 ? 'an update of either can be lost' : `an update of ${victims[0]} can be lost`;
  const lines = [`${pc.red('✗')} ${pc.bold(fields.join(' × '))}, ${bytesText(shared)}: ${lost}`];
  for (const { scenario, schedule, sides } of evidence) {
    lines.push(`    ${scenario}:`, ...sidesText(sides));
    lines.push(`      ${pc.dim(`reproduce: ${replay(schedule)}`)}`);
  }
  return lines.join('\n');
}

function sidesText(sides: readonly HazardSide[]): string[] {
  const width = Math.max(...sides.map(({ actor }) => actor.length));
  return sides.map((side) => {
    const { actor, op, context, locks, fields, file, line } = side;
    const place = file === null ? '' : ` (${file}${line === null ? '' : `:${line}`})`;
    const where = context === 'process' ? '' : `${context}, `;
    return `      ${actor.padEnd(width)}  ${op}: ${fields.join(', ')} in ${functionText(side)}${place}, ${where}${lockText(locks)}`;
  });
}

/** All pairs of run-time fields that share bytes: real, or why not. */
export function sharedPairsText(pairs: readonly SharedPair[]): string {
  const width = Math.max(...pairs.map(({ fields }) => fields.join(' × ').length));
  return pairs
    .map((pair) => {
      const text = `${pair.fields.join(' × ').padEnd(width)}  `;
      return pair.verdict === 'real'
        ? `${text}${pc.red('real')}`
        : `${text}${pc.green('no')}    ${whyNot(pair)}`;
    })
    .join('\n');
}

function whyNot({ locks, together }: SharedPair): string {
  if (locks.length > 0) return `both under ${locks.join(', ')}`;
  if (together.length > 0) return `ordered in every interleaving of ${together.join(', ')}`;
  return 'no scenario has them written by two actors';
}

export function bytesText({ offset, size }: ByteRange): string {
  return size === 1 ? `byte ${offset}` : `bytes ${offset} to ${offset + size - 1}`;
}
