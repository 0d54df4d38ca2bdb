// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { availableParallelism } from 'node:os';
import { LostbitError } from '../errors.js';
import { readLocks } from '../source/own-c.js';
import { PatchedTree } from '../source/patched-tree.js';
import { RetoldTree } from '../source/retold-tree.js';
import { includeClosure } from '../toolchain/includes.js';
import { Slots } from '../toolchain/slots.js';
import type { FileTree, LikeTree, Toolchain } from '../toolchain/types.js';
import { type Annotation, annotated, byPath } from './annotate.js';
import type { HazardSource, SurveyedUnit } from './source.js';

/** An annotation that the compiler does not confirm. */
export interface Unproved {
  readonly annotation: Annotation;
  readonly why: string;
}

export interface Proof {
  readonly proved: readonly Annotation[];
  readonly unproved: readonly Unproved[];
  /** Who says what locks are: the headers of the sources, or lostbit for headers that do not. */
  readonly locksOf: 'headers' | 'lostbit';
}

export interface ProofOptions {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number, unit: string) => void;
}

/** The first release whose analysis knows members by name that are declared later, and ends of scopes. */
const oldestClang = 22;

/** Says what locks are, from Linux 7.0 on; older releases have it with names alone that are in use elsewhere. */
const contextHeader = 'include/linux/compiler-context-analysis.h';
const hasContextHeader = (tree: FileTree): boolean =>
  tree.get(contextHeader)?.includes('guarded_by') ?? false;

/** As a kernel's own build has them, with the code generator left alone. */
const FLAGS: readonly string[] = [
  '--target=x86_64-linux-gnu',
  '-O1',
  '-ffile-compilation-dir=.',
  '-Xclang',
  '-disable-llvm-passes',
  '-Wno-everything',
  '-Wthread-safety',
  '-Wthread-safety-beta',
  '-Xclang',
  '-fexperimental-late-parse-attributes',
  '-fno-caret-diagnostics',
  '-ferror-limit=0',
];

/**
 * Has clang's context analysis judge annotations: all units that know one of the files are compiled with them, and one that is warned
 * of does not hold. To be sure that the analysis sees the field at all, the same is done with a lock that nobody holds: where that is
 * not warned of, nothing is proved.
 *
 * @throws LostbitError `E_TOOLCHAIN` where the compiler is too old; what is wrong with a unit leaves its annotations unproved.
 */
export async function prove(
  annotations: readonly Annotation[],
  source: HazardSource,
  units: readonly string[],
  toolchain: Toolchain,
  options: ProofOptions = {},
): Promise<Proof> {
  const release = Number(/clang (\d+)/.exec(toolchain.version)?.[1] ?? 0);
  if (release < oldestClang)
    throw new LostbitError(
      'E_TOOLCHAIN',
      `clang ${release} cannot check annotations of members: ${oldestClang} can`,
      {
        hint: 'use --toolchain llvm, which needs nothing',
      },
    );
  if (annotations.length === 0) return { proved: [], unproved: [], locksOf: 'headers' };
  const front = await readLocks();
  const judge = new Judge(source, units, toolchain, front, options);
  const proved: Annotation[] = [];
  const unproved: Unproved[] = [];
  for (const round of roundsOf(annotations)) {
    const judged = await judge.judge(round);
    proved.push(...judged.proved);
    unproved.push(...judged.unproved);
  }
  return { proved, unproved, locksOf: judge.hasHeaders ? 'headers' : 'lostbit' };
}

const nameOf = ({ guarded: { field } }: Annotation): string => field.slice(field.lastIndexOf('.') + 1);

/** A warning says the name of a field and not of which struct: in one round every name is there once. */
function roundsOf(annotations: readonly Annotation[]): Annotation[][] {
  const rounds: Annotation[][] = [];
  for (const one of annotations) {
    const free = rounds.find((round) => round.every((other) => nameOf(other) !== nameOf(one)));
    if (free === undefined) rounds.push([one]);
    else free.push(one);
  }
  return rounds;
}

interface Diagnostic {
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly text: string;
}

/** What clang said of a unit. */
interface Said {
  readonly unit: string;
  readonly compiles: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

class Judge {
  readonly #source: HazardSource;
  readonly #toolchain: Toolchain;
  readonly #front: string;
  readonly #options: ProofOptions;
  readonly #units: readonly SurveyedUnit[];
  readonly hasHeaders: boolean;

  constructor(
    source: HazardSource,
    units: readonly string[],
    toolchain: Toolchain,
    front: string,
    options: ProofOptions,
  ) {
    this.#source = source;
    this.#toolchain = toolchain;
    this.#front = front;
    this.#options = options;
    this.#units = units.map((path) => source.unit(path));
    this.hasHeaders = this.#units.some(({ tree }) => hasContextHeader(tree));
  }

  async judge(round: readonly Annotation[]): Promise<Omit<Proof, 'locksOf'>> {
    const unproved: Unproved[] = [];
    let left = round;
    const refuse = (annotation: Annotation, why: string) => {
      left = left.filter((one) => one !== annotation);
      unproved.push({ annotation, why });
    };

    // What clang cannot read goes first: it says nothing of the rest.
    let said: readonly Said[] = [];
    for (;;) {
      said = await this.#compile(left);
      const broken = said.filter(({ compiles }) => !compiles);
      if (broken.length === 0) break;
      const before = left;
      for (const { unit, diagnostics } of broken) {
        const errors = diagnostics.filter(({ kind }) => kind.includes('error'));
        const [first] = errors;
        const own = before.filter(({ path, line }) =>
          errors.some((error) => error.file === path && error.line === line),
        );
        const meant = own.length > 0 ? own : before.filter((one) => this.#knows(unit, one.path));
        for (const annotation of meant) {
          if (!left.includes(annotation)) continue;
          const at = first === undefined ? '' : `: ${placeText(first)}: ${first.text}`;
          const error = errors.find(({ file, line }) => file === annotation.path && line === annotation.line);
          refuse(
            annotation,
            error === undefined
              ? `${unit} does not compile with the analysis${at}`
              : `clang cannot read the annotation: ${error.text}`,
          );
        }
      }
      // A unit that knows none of them is not compiled.
      if (left === before) throw new Error('a unit does not compile for no annotation');
    }
    for (const annotation of left) {
      const [first, ...more] = warningsOf(said, nameOf(annotation));
      if (first === undefined) continue;
      const others = more.length === 0 ? '' : `, and ${more.length} more`;
      refuse(annotation, `${placeText(first)}: ${first.text}${others}`);
    }
    const seen = left.length === 0 ? [] : await this.#compile(left, () => 'lostbit_nobody');
    for (const annotation of left) {
      const isSeen = warningsOf(seen, nameOf(annotation)).some(
        ({ text }) => text.startsWith('writing') && text.includes("'lostbit_nobody'"),
      );
      if (!isSeen) refuse(annotation, 'the analysis sees none of its writers');
    }
    return { proved: left, unproved };
  }

  #knows(path: string, file: string): boolean {
    const unit = this.#units.find((one) => one.path === path)!;
    return knows(unit, file);
  }

  async #compile(
    annotations: readonly Annotation[],
    lockOf?: (of: Annotation['guarded']) => string,
  ): Promise<Said[]> {
    const files = byPath(annotations);
    const texts = new Map(
      [...files].map(([path, of]) => [path, annotated(this.#source.text(path), of, lockOf)]),
    );
    const units = this.#units.filter((unit) => [...files.keys()].some((file) => knows(unit, file)));
    const { signal, progress } = this.#options;
    const trees = new Map<FileTree, FileTree>();
    const slots = new Slots(availableParallelism());
    let done = 0;
    const working = units.map((unit) =>
      slots.run(async () => {
        signal?.throwIfAborted();
        progress?.(done, units.length, unit.path);
        const said = await this.#saidOf(unit, this.#treeOf(unit, texts, trees));
        done++;
        return said;
      }),
    );
    await Promise.allSettled(working);
    return Promise.all(working);
  }

  /** The unit's tree with files annotated and with the unit's own beginning. What units have in common stays that. */
  #treeOf(
    { path, tree }: SurveyedUnit,
    texts: ReadonlyMap<string, string>,
    trees: Map<FileTree, FileTree>,
  ): FileTree {
    const { like, retold } =
      'like' in tree ? (tree as LikeTree) : { like: tree, retold: new Map<string, string>() };
    const below = trees.get(like) ?? new PatchedTree(like, texts);
    trees.set(like, below);
    const whole = tree.get(path) ?? '';
    const own = this.#source.text(path);
    // Before its text stands what a build says on its command line.
    const head = whole.endsWith(own) ? whole.slice(0, whole.length - own.length) : '';
    const text = texts.get(path) ?? own;
    const changed = `${head}\n#line 1 "lostbit.h"\n${this.#front}\n#line 1 "${path}"\n${text}`;
    return new RetoldTree(below, new Map([...retold, [path, changed]]));
  }

  async #saidOf({ path, dialect }: SurveyedUnit, tree: FileTree): Promise<Said> {
    const flags = this.hasHeaders ? [...FLAGS, '-DWARN_CONTEXT_ANALYSIS'] : FLAGS;
    try {
      const { diagnostics } = await this.#toolchain.lower(
        path,
        tree,
        flags,
        this.#options.signal,
        dialect,
        false,
      );
      return { unit: path, compiles: true, diagnostics: diagnosticsIn(diagnostics) };
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (!(error instanceof LostbitError) || error.code !== 'E_COMPILE') throw error;
      return { unit: path, compiles: false, diagnostics: diagnosticsIn(error.message) };
    }
  }
}

const knows = ({ path, tree, dialect }: SurveyedUnit, file: string): boolean =>
  path === file || includeClosure(path, tree, dialect).includes(file);

const placeText = ({ file, line }: Diagnostic): string => `${file}:${line}`;

const diagnosticsIn = (text: string): Diagnostic[] =>
  [...text.matchAll(/^(?:\.\/)?(.+?):(\d+):\d+: (warning|error|fatal error): (.*)$/gm)].map(
    ([, file, line, kind, said]) => ({
      file: file!,
      line: Number(line),
      kind: kind!,
      text: said!.replace(/ \[-W[\w-]+\]$/, ''),
    }),
  );

/** Warnings that name a variable, each place once: a header is in many units. */
function warningsOf(said: readonly Said[], name: string): Diagnostic[] {
  const found = new Map<string, Diagnostic>();
  for (const { diagnostics } of said)
    for (const one of diagnostics)
      if (one.kind === 'warning' && one.text.includes(`variable '${name}'`))
        found.set(`${placeText(one)} ${one.text}`, one);
  return [...found.values()];
}
