// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LostbitError } from '../errors.js';
import { type AccessSpan, accessSpans, gccSpans } from '../layout/access-spans.js';
import { hasUnknown, withAssumedSizes } from '../layout/assumed-sizes.js';
import type { DebugInfo } from '../layout/debug-info.js';
import { type Field, fieldsOf } from '../layout/fields.js';
import { givenSizes } from '../layout/given.js';
import { type LayoutSource, openLayouts } from '../layout/open-layouts.js';
import { definitionsIn, recordLayout } from '../layout/record-layouts.js';
import { type DriverUse, driverUse, type StructLayout, withRecordedSpans } from '../layout/struct-layout.js';
import { type CompilerTarget, targetNames, targetOf } from '../layout/targets.js';
import type { StructType } from '../layout/types.js';
import type { DriverAccesses } from '../layout/writes.js';
import { debugInfoOf } from '../machine/machine.js';
import { printable } from '../printable.js';
import { structC } from '../report/struct-c.js';
import type { Subject } from '../subject/open.js';
import type { Build } from '../toolchain/build.js';
import { openToolchain } from '../toolchain/find.js';
import type { BitfieldAccess, Dialect, FileTree, Toolchain } from '../toolchain/types.js';
import { inapplicable } from '../verify/applicability.js';
import { keyOfBuild, programFor } from '../verify/builds.js';
import { keptAccesses } from '../verify/kept-accesses.js';
import type { SubjectFacts } from '../verify/result.js';
import { cellsOf } from '../verify/verify.js';
import { buildAll, type Context } from './context.js';
import type { BuildOptions } from './options.js';
import { type ChosenCell, chosenOf, openAsked, wantedAt, wantedOf, wordsOf } from './selection.js';

/** Fields up to which the accesses of all are compiled, for which a compiler takes a second. Beyond, of bit-fields. */
const mostFields = 256;

/** Where a layout is to come from. */
export type LayoutOrigin = { readonly stage: string } | { readonly file: string };

export interface LayoutRequest extends BuildOptions {
  readonly tag: string;
  /** For a stage; a file has its machine in its header, unless it is bare BTF. */
  readonly target?: CompilerTarget;
  /** The BTF that a kernel module's builds upon. */
  readonly base?: string;
  /** Whether access spans are wanted. */
  readonly spans: boolean;
}

/** A layout, and what the driver does to it where that was examined. */
export interface FoundLayout {
  readonly layout: StructLayout;
  readonly driver: DriverUse | null;
  /** The build of the driver that was run; `null` where none was. */
  readonly build: Build | null;
  /** How its subject is found again. */
  readonly of: Pick<SubjectFacts, 'words'>;
}

interface RunDriver {
  readonly build: Build;
  readonly debugInfo: DebugInfo;
  readonly accesses: DriverAccesses;
}

/** Layouts of one struct, with a toolchain that is opened when the first one needs it. */
export class LayoutFinder {
  readonly #request: LayoutRequest;
  readonly #context: Context;
  /** The machine that a stage's layout is for: by default that of the first file. */
  #target: CompilerTarget | undefined;
  #opened: Promise<Subject> | null = null;
  #toolchain: Promise<Toolchain> | null = null;
  readonly #drivers = new Map<string, Promise<RunDriver>>();

  constructor(request: LayoutRequest, context: Context) {
    this.#request = request;
    this.#context = context;
    this.#target = request.target;
  }

  async close(): Promise<void> {
    await (await this.#toolchain?.catch(() => null))?.close();
    this.#toolchain = null;
  }

  /** Throws what {@link openLayouts} does, and `E_TARGET` where the file is for another machine than the one asked for. */
  async ofFile(file: string, driverStage: string | null): Promise<FoundLayout> {
    const { tag, base = baseOf(file) } = this.#request;
    this.#context.status.update('reading', file);
    const source = await openLayouts(file, base === undefined ? {} : { base });
    const read = source.struct(tag);
    const incomplete = source.lacksBase && hasUnknown(read);
    if (incomplete && !this.#request.spans) {
      throw new LostbitError('E_NO_DECLARATION', `types that ${tag} holds are not in '${printable(file)}'`, {
        hint: "a kernel module's BTF needs its kernel's: give that with --base",
      });
    }
    const struct = incomplete ? withAssumedSizes(read) : read;
    const target = machineOf(source, file, this.#request.target);
    this.#target ??= target ?? undefined;
    const spans = await this.#spansOfFile(source, struct, target);
    const saysAlignment = source.kind !== 'btf';
    const layout = {
      name: printable(file),
      struct,
      target: target ?? source.target,
      saysAlignment,
      incomplete,
      given: [],
      ...spans,
    };
    if (driverStage === null) return { layout, driver: null, build: null, of: wordsOf(this.#request) };
    const { build, debugInfo, accesses } = await this.driver(driverStage);
    return {
      layout,
      driver: driverUse(layout, driverStage, accesses, debugInfo),
      build,
      of: wordsOf(this.#request),
    };
  }

  /** Throws `E_UNKNOWN_STAGE`, `E_UNKNOWN_TYPE`, `E_COMPILE`, and what the engines throw. */
  async ofStage(stage: string, withDriver: boolean): Promise<FoundLayout> {
    const { tag, bitfieldAccess } = this.#request;
    const target = this.#target ?? targetOf('wasm32');
    const { tree, dialect } = await programFor(wantedAt(await this.#subject(), stage));
    const definition = definitionsIn(tree).get(tag);
    const ran = withDriver ? await this.driver(stage) : null;
    const isModule = target.name === 'wasm32';
    const struct = isModule
      ? (ran?.debugInfo ?? debugInfoOf((await this.#build(stage)).bytes)).struct(tag)
      : await recordLayout(await this.#open(), tree, tag, target, this.#context.signal, dialect);
    const spans =
      definition === undefined
        ? { spans: null, gccSpans: null }
        : await this.#spansIn(tree, definition, struct, target, bitfieldAccess, dialect);
    const compiled: StructLayout = {
      name: stage,
      struct,
      target,
      saysAlignment: true,
      incomplete: false,
      given: isModule ? [] : givenSizes(struct),
      ...spans,
    };
    const of = wordsOf(this.#request);
    if (ran === null) return { layout: compiled, driver: null, build: null, of };
    const layout = isModule ? withRecordedSpans(compiled, ran.accesses, ran.debugInfo) : compiled;
    return { layout, driver: driverUse(layout, stage, ran.accesses, ran.debugInfo), build: ran.build, of };
  }

  /** What the driver's code does at a stage, over the whole catalogue; looked at once. */
  driver(stage: string): Promise<RunDriver> {
    const known = this.#drivers.get(stage);
    if (known !== undefined) return known;
    const looking = this.#lookAtDriver(stage);
    this.#drivers.set(stage, looking);
    return looking;
  }

  async #lookAtDriver(stage: string): Promise<RunDriver> {
    const { status, signal } = this.#context;
    const subject = await this.#subject();
    const scenarios = Object.keys(subject.scenarios).map((name) => chosenOf(subject, name, this.#request));
    const cells = cellsOf(scenarios, [stage]).filter((cell) => cell.stage === stage);
    const wanted = (cell: ChosenCell) => wantedOf(cell, stage);
    const plain = wantedAt(subject, stage);
    const builds = await buildAll([plain, ...cells.map(wanted)], this.#request, this.#context);
    const buildOf = (cell: ChosenCell) => builds.get(keyOfBuild(wanted(cell)))!;
    const build = builds.get(keyOfBuild(plain))!;
    const debugInfo = debugInfoOf(build.bytes);
    // A misspelt name should not cost the running of all scenarios.
    debugInfo.struct(this.#request.tag);
    const applying = cells.filter(
      (cell) =>
        cell.of.known === undefined ||
        inapplicable(cell.scenario, cell.of, cell.stage, buildOf(cell)) === null,
    );
    const accesses = await keptAccesses(applying, buildOf, {
      signal,
      warn: (text) => status.note(text.trimEnd()),
      progress: ({ done, total, cell }) =>
        status.update(`seeing who writes what at ${stage}`, `${done}/${total} ${cell.name}`),
    });
    status.clear();
    return { build, debugInfo, accesses };
  }

  async #build(stage: string): Promise<Build> {
    const wanted = wantedAt(await this.#subject(), stage);
    return (await buildAll([wanted], this.#request, this.#context)).get(keyOfBuild(wanted))!;
  }

  #subject(): Promise<Subject> {
    this.#opened ??= openAsked(this.#request);
    return this.#opened;
  }

  #open(): Promise<Toolchain> {
    this.#toolchain ??= openToolchain(this.#request.toolchain);
    return this.#toolchain;
  }

  /** A file may hold too little for the struct to be compiled again: then the spans are unknown. */
  async #spansOfFile(
    source: LayoutSource,
    struct: StructType,
    target: CompilerTarget | null,
  ): Promise<Pick<StructLayout, 'spans' | 'gccSpans'>> {
    const { status } = this.#context;
    const unknown = { spans: null, gccSpans: null };
    // The report mentions that the layout is incomplete.
    if (source.lacksBase && hasUnknown(struct)) return unknown;
    if (target === null && this.#request.spans)
      status.note(
        source.target.name === null
          ? 'no access spans: the file does not say for which machine it is; --target does'
          : `no access spans: what is compiled for ${source.target.name} is not known`,
      );
    const header = 'struct.h';
    try {
      const tree = new Map([[header, structC(struct, source.target)]]);
      return await this.#spansIn(tree, header, struct, target, this.#request.bitfieldAccess);
    } catch (error) {
      if (!(error instanceof LostbitError) || !['E_COMPILE', 'E_NO_DECLARATION'].includes(error.code))
        throw error;
      const [, why] = error.message.split('\n');
      status.note(`no access spans: the struct cannot be declared again: ${why ?? error.message}`);
      return unknown;
    }
  }

  /** Unknown for an unknown machine, and with a compiler that makes no IR. */
  async #spansIn(
    tree: FileTree,
    path: string,
    struct: StructType,
    target: CompilerTarget | null,
    access: BitfieldAccess,
    dialect?: Dialect,
  ): Promise<Pick<StructLayout, 'spans' | 'gccSpans'>> {
    const { spans: wanted } = this.#request;
    const fields = target === null ? [] : fieldsOf(struct, target.littleEndian);
    const isLookedAt = ({ bits }: Field) => fields.length <= mostFields || bits !== null;
    if (!wanted || target === null || !fields.some(isLookedAt)) return { spans: null, gccSpans: null };
    const { signal, status } = this.#context;
    status.update(`compiling accesses for ${target.name}`);
    const byClang = async (): Promise<ReadonlyMap<string, AccessSpan> | null> =>
      this.#request.toolchain === 'emcc'
        ? null
        : accessSpans(await this.#open(), tree, path, struct, target, access, signal, isLookedAt, dialect);
    // That an installed gcc cannot compile it is no reason to fail.
    const byGccOf = () =>
      gccSpans(tree, path, struct, target, signal, isLookedAt, dialect).catch((error: unknown) => {
        if (!(error instanceof LostbitError)) throw error;
        status.note(`no spans by gcc: ${error.message.split('\n').slice(0, 2).join(' ')}`);
        return null;
      });
    const [spans, byGcc] = await Promise.all([byClang(), byGccOf()]);
    status.clear();
    return { spans, gccSpans: byGcc };
  }
}

/** Where a running kernel shows its BTF, and that of its modules. */
const RUNNING = '/sys/kernel/btf';

/** What a module of the running kernel builds upon. */
function baseOf(file: string): string | undefined {
  const path = resolve(file);
  const kernel = join(RUNNING, 'vmlinux');
  return dirname(path) === RUNNING && path !== kernel && existsSync(kernel) ? kernel : undefined;
}

/** The machine that a file is for, as the compilers know it; `null` for one that they do not know. */
function machineOf(
  { target }: LayoutSource,
  file: string,
  asked: CompilerTarget | undefined,
): CompilerTarget | null {
  const fits =
    asked === undefined ||
    (target.name === null
      ? asked.littleEndian === target.littleEndian && asked.pointerSize === target.pointerSize
      : asked.name === target.name);
  if (!fits) {
    const bytes = `${target.littleEndian ? 'little' : 'big'} endian with pointers of ${target.pointerSize} bytes`;
    throw new LostbitError(
      'E_TARGET',
      `'${printable(file)}' is for ${target.name ?? `a machine that is ${bytes}`}`,
      {
        hint: `leave --target ${asked.name} out`,
      },
    );
  }
  const known = (targetNames as readonly string[]).includes(target.name ?? '');
  return asked ?? (known ? targetOf(target.name!) : null);
}
