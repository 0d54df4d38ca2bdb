// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What a kernel tree's Makefile says of its release. */
export interface TreeVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** EXTRAVERSION: `-rc3`, or nothing. */
  readonly extra: string;
}

/** What the generated headers follow from. Names are those of files, without their folder. */
export interface TreeHeadersOptions {
  readonly version: TreeVersion;
  /** In `include/asm-generic` of the tree. */
  readonly asmGeneric: readonly string[];
  /** In `include/uapi/asm-generic` of the tree. */
  readonly uapiAsmGeneric: readonly string[];
  /** In `arch/wasm/include/asm` of our own C, and in `arch/wasm/include/uapi/asm`. */
  readonly ownAsm: readonly string[];
  readonly ownUapiAsm: readonly string[];
  /** The text of `arch/wasm/config`. */
  readonly config: string;
}

/**
 * The headers that a build of a kernel tree writes for itself before it compiles a unit, each by its path from the root
 * that they are reached from: what is configured, which version it is, numbers that the build takes out of object files,
 * and for every asm header that the architecture has none of its own for, one that includes the generic one. So nothing
 * need be written into the tree.
 *
 * @throws SyntaxError with the line, where the configuration is none; RangeError where it lacks a number that is needed.
 */
export function generatedHeaders(options: TreeHeadersOptions): Map<string, string> {
  const config = parsedConfig(options.config);
  const hz = numberOf(config, 'CONFIG_HZ');
  const headers = new Map([
    ['generated/autoconf.h', autoconf(config)],
    ['uapi/linux/version.h', versionHeader(options.version)],
    ['generated/utsrelease.h', defines([['UTS_RELEASE', `"${release(options.version)}"`]])],
    ['generated/bounds.h', bounds(numberOf(config, 'CONFIG_NR_CPUS'))],
    ['generated/timeconst.h', timeconst(hz)],
    // Offsets that assembler needs, of which there is none.
    ['generated/asm-offsets.h', ''],
    // Where a run queue counts those that do not migrate: the header that asks for it uses it for nothing in a module.
    ['generated/rq-offsets.h', defines([['RQ_nr_pinned', 0]])],
  ]);
  redirect(headers, 'asm', 'asm-generic', options.asmGeneric, options.ownAsm);
  redirect(headers, 'uapi/asm', 'asm-generic', options.uapiAsmGeneric, options.ownUapiAsm);
  return headers;
}

/** `6.12.95`, `7.2.0-rc3`. */
const release = ({ major, minor, patch, extra }: TreeVersion) => `${major}.${minor}.${patch}${extra}`;

/** Values by their names, in order: of what is `y`, the value is 1. What is not set is not there. */
function parsedConfig(text: string): Map<string, string> {
  const config = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const [, name, value] = /^(CONFIG_\w+)=(y|-?\d+|0x[\da-fA-F]+|"(?:[^"\\]|\\.)*")$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new SyntaxError(`line ${index + 1} of the configuration is no CONFIG_…=value: ${line}`);
    config.set(name, value === 'y' ? '1' : value);
  }
  return config;
}

/** The header that says what is configured: `.config` text to C. Throws what {@link generatedHeaders} does. */
export const autoconfHeader = (config: string): string => autoconf(parsedConfig(config));

/** For other machines than WebAssembly's nothing is linked, but it can be asked how they lay structs out. */
const autoconf = (config: ReadonlyMap<string, string>) =>
  `${defines([...config])}\n#ifdef __LP64__\n#define CONFIG_64BIT 1\n#endif\n`;

function numberOf(config: ReadonlyMap<string, string>, name: string): number {
  const value = Number(config.get(name));
  if (!Number.isSafeInteger(value) || value <= 0)
    throw new RangeError(`the configuration lacks a number ${name}`);
  return value;
}

function versionHeader({ major, minor, patch }: TreeVersion): string {
  // A stable release has more of them than the code has room for; the kernel keeps to 255.
  const sublevel = Math.min(patch, 255);
  return defines([
    ['LINUX_VERSION_CODE', major * 65536 + minor * 256 + sublevel],
    ['KERNEL_VERSION(a, b, c)', '(((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))'],
    ['LINUX_VERSION_MAJOR', major],
    ['LINUX_VERSION_PATCHLEVEL', minor],
    ['LINUX_VERSION_SUBLEVEL', patch],
  ]);
}

/**
 * Numbers of enumerators and sizes that preprocessor conditions ask for. They need not be what this tree's enumerators are:
 * flags of a page only have to fit into its word with the zone, and locks are our architecture's, in every version.
 */
const bounds = (cpus: number) =>
  defines([
    ['NR_PAGEFLAGS', 24],
    // Normal and movable: what the configuration has no other zone than.
    ['MAX_NR_ZONES', 2],
    ['NR_CPUS_BITS', Math.ceil(Math.log2(cpus))],
    ['SPINLOCK_SIZE', 4],
    ['LRU_GEN_WIDTH', 0],
    ['__LRU_REFS_WIDTH', 0],
  ]);

/**
 * How jiffies turn into milliseconds, microseconds and nanoseconds and back: as a fraction, and as a multiplication and a
 * shift of 32-bit numbers, whose rounding up `ADJ` makes up for. As in kernel/time/timeconst.bc.
 */
function timeconst(hz: number): string {
  const lines: [string, string | number | bigint][] = [];
  const fraction = (name: string, by: bigint, through: bigint) => {
    const common = greatestCommonDivisor(by, through);
    lines.push([`${name}_NUM`, by / common], [`${name}_DEN`, through / common]);
  };
  const product = (name: string, by: bigint, through: bigint) => {
    const factor = (shift: bigint) => ((by << shift) + through - 1n) / through;
    let shift = 0n;
    while (factor(shift) < 1n << 31n) shift++;
    const reduced = through / greatestCommonDivisor(by, through);
    lines.push(
      [`${name}_MUL32`, `U64_C(0x${factor(shift).toString(16)})`],
      [`${name}_ADJ32`, `U64_C(0x${(((reduced - 1n) << shift) / reduced).toString(16)})`],
      [`${name}_SHR32`, shift],
    );
  };
  for (const [unit, perSecond] of [
    ['MSEC', 1000n],
    ['USEC', 1000000n],
    ['NSEC', 1000000000n],
  ] as const) {
    // Nanoseconds of 32 bits would be four seconds.
    if (unit !== 'NSEC') {
      product(`HZ_TO_${unit}`, perSecond, BigInt(hz));
      product(`${unit}_TO_HZ`, BigInt(hz), perSecond);
    }
    fraction(`HZ_TO_${unit}`, perSecond, BigInt(hz));
    fraction(`${unit}_TO_HZ`, BigInt(hz), perSecond);
  }
  return guarded('KERNEL_TIMECONST_H', `#include <linux/types.h>\n${defines(lines)}`);
}

const greatestCommonDivisor = (a: bigint, b: bigint): bigint =>
  b === 0n ? a : greatestCommonDivisor(b, a % b);

function redirect(
  headers: Map<string, string>,
  folder: string,
  generic: string,
  names: readonly string[],
  own: readonly string[],
): void {
  const ours = new Set(own);
  for (const name of names)
    if (name.endsWith('.h') && !ours.has(name))
      headers.set(`${folder}/${name}`, `#include <${generic}/${name}>\n`);
}

const defines = (lines: readonly (readonly [string, string | number | bigint])[]) =>
  lines.map(([name, value]) => `#define ${name} ${value}\n`).join('');

const guarded = (name: string, text: string) => `#ifndef ${name}\n#define ${name}\n${text}#endif\n`;
