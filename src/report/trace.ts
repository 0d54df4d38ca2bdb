// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import pc from 'picocolors';
import type { Violation } from '../engine/engine.js';
import { errnoName, isErrno } from '../engine/errno.js';
import type { SequenceRun } from '../engine/run/run.js';
import type { CodeFrame } from '../layout/code-map.js';
import { placeText } from '../layout/source-place.js';
import { driverCall } from '../verify/driver-code.js';
import type { Result } from '../verify/result.js';
import { valueText } from '../verify/values.js';
import { setupTexts } from './steps.js';

/** A call and where it is: `port_open port.c:12`. */
export function frameText(frame: CodeFrame): string {
  return `${frame.function} ${placeText(frame)}`.trimEnd();
}

/** `, port_open port.c:12`: the innermost call in the driver, outside of the kernel's functions; empty where there is none. */
export function driverFrame(stack: Violation['stack']): string {
  const frame = driverCall(stack);
  return frame === undefined ? '' : `, ${frameText(frame)}`;
}

/** A violation in lines: what it is, which task caused it, and the calls that led there, as in a kernel's warning. */
export function violationLines({ kind, message, count, object, stack }: Violation): string[] {
  const often = count > 1 ? ` (${count} times)` : '';
  const about = object === null ? '' : `, ${object}`;
  return [
    pc.red(`violation ${kind}${often}: ${message}${about}`),
    ...stack.map((frame) => pc.dim(`    ${frameText(frame)}`)),
  ];
}

/** The steps that come first, in a line. */
export function setupLine(result: Pick<Result, 'setup'>): string {
  return pc.dim(`  set-up: ${setupTexts(result).join('; ') || 'none'}`);
}

/** A sequence step by step: what each returned, what was observed, and the violations in it. */
export function sequenceTrace(run: SequenceRun): string {
  const width = run.steps.reduce((most, { text }) => Math.max(most, text.length), 0);
  const title = [
    run.name === '' ? '' : `sequence ${run.name}`,
    run.fault === null ? '' : `call ${run.fault.nth} of ${run.fault.function}() fails`,
  ].filter((part) => part !== '');
  return [
    ...(title.length > 0 ? [pc.bold(`  ${title.join(', ')}`)] : []),
    ...run.steps.flatMap(({ text, value, name, violations }) => [
      `  ${text.padEnd(width)}  ${shown(value)}${name === null ? '' : pc.dim(`  ${name}`)}`,
      ...violations.flatMap(violationLines).map((line) => `    ${line}`),
    ]),
  ].join('\n');
}

/** A value; negative ones that are an errno by its name. */
function shown(value: number | null): string {
  if (value === null) return pc.yellow('none');
  return isErrno(value) ? pc.yellow(errnoName(value)) : valueText(value);
}
