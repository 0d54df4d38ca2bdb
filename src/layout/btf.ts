// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { LostbitError } from '../errors.js';
import { nearest } from '../nearest.js';
import { printable } from '../printable.js';
import { BtfBlob } from './btf/blob.js';
import { Kind } from './btf/constants.js';
import { BtfSpace } from './btf/space.js';
import { BtfTypeReader } from './btf/type-reader.js';
import type { LayoutTarget, StructType } from './types.js';

/** The machine, as far as it is known from elsewhere: BTF itself only has its byte order. */
export type BtfMachine = Pick<LayoutTarget, 'name' | 'pointerSize'>;

/**
 * The types of BTF: a kernel's, or a module's, which is split: it refers to the kernel's for all that is not
 * the module's own. Without that base, names that lie in it read `?` and their offset, and types that lie in it
 * are `unknown`, of the size that the layout of the module's structs leaves them.
 * Corrupt input throws `E_BAD_BTF` when it is asked for, at the latest.
 */
export class BtfInfo {
  readonly target: LayoutTarget;
  readonly #space: BtfSpace;
  readonly #types: BtfTypeReader;
  #names: ReadonlyMap<string, readonly number[]> | undefined;

  /**
   * Reads the content of `.BTF` or of a file of `/sys/kernel/btf`; `base` is what split BTF builds upon.
   * Throws `E_BAD_BTF`, and `E_BTF_BASE` where the base is another one, or is not given and cannot be solved for.
   */
  constructor(bytes: Uint8Array, base: BtfInfo | null = null, machine: BtfMachine | null = null) {
    this.#space = new BtfSpace(new BtfBlob(bytes), base === null ? null : base.#space);
    const known = machine ?? base?.target;
    this.target = {
      name: known?.name ?? null,
      littleEndian: this.#space.own.littleEndian,
      pointerSize: known?.pointerSize ?? longSize(this.#space),
    };
    this.#types = new BtfTypeReader(
      this.#space,
      this.target.pointerSize,
      (kind, name) => this.#index.get(`${kind} ${name}`)?.[0],
    );
  }

  /** Whether it builds upon a base that was not given. */
  get lacksBase(): boolean {
    return this.#space.lacksBase;
  }

  /** The tags of all structs and unions, the base's included. */
  structNames(): string[] {
    return [...new Set(Array.from(this.#index.keys(), (key) => key.slice(key.indexOf(' ') + 1)))];
  }

  /**
   * A struct or union by its tag, a module's own before its base's. Throws `E_UNKNOWN_TYPE`, and
   * `E_AMBIGUOUS_TYPE` where there are several with different layouts.
   */
  struct(name: string): StructType {
    const ids = [Kind.struct, Kind.union].flatMap((kind) => this.#index.get(`${kind} ${name}`) ?? []);
    const own = ids.filter((id) => id > this.#space.baseTypes);
    const [first, ...others] = (own.length > 0 ? own : ids).map((id) => this.#read(id));
    if (first === undefined) {
      const near = nearest(name, this.structNames());
      throw new LostbitError('E_UNKNOWN_TYPE', `no struct or union '${printable(name)}' is defined`, {
        hint:
          near.length > 0
            ? `did you mean ${near.map((other) => `'${other}'`).join(' or ')}?`
            : 'types that no code refers to are left out',
      });
    }
    const shape = others.length === 0 ? '' : shapeOf(first);
    if (others.some((other) => shapeOf(other) !== shape)) {
      throw new LostbitError('E_AMBIGUOUS_TYPE', `struct ${name} has ${others.length + 1} definitions`, {
        hint: 'BTF does not say which source file they are from; read DWARF instead',
      });
    }
    return first;
  }

  #read(id: number): StructType {
    const type = this.#types.read(id);
    if (type.kind !== 'struct' && type.kind !== 'union')
      throw new LostbitError('E_BAD_BTF', `the BTF's type ${id} is a struct that is none`);
    return type;
  }

  /** Ids by kind and name; the module's own come first. */
  get #index(): ReadonlyMap<string, readonly number[]> {
    this.#names ??= indexNames(this.#space);
    return this.#names;
  }
}

function indexNames(space: BtfSpace): Map<string, number[]> {
  const names = new Map<string, number[]>();
  for (let at: BtfSpace | null = space; at !== null; at = at.base) {
    for (const id of at.ownIds()) {
      const kind = at.own.kind(id - at.baseTypes - 1);
      if (kind !== Kind.struct && kind !== Kind.union) continue;
      const { name: nameAt } = at.own.head(id - at.baseTypes - 1);
      // A name in a base that is not there cannot be asked for.
      const name = at.lacksBase && nameAt < at.baseStrings ? null : at.name(nameAt);
      if (name === null) continue;
      const key = `${kind} ${name}`;
      const ids = names.get(key);
      if (ids === undefined) names.set(key, [id]);
      else ids.push(id);
    }
  }
  return names;
}

/** A `long` is as long as a pointer on every Linux; 8 where there is none. */
function longSize(space: BtfSpace): 4 | 8 {
  for (const id of space.ownIds()) {
    const entry = space.entry(id);
    if (entry?.kind !== Kind.int) continue;
    const name = space.name(entry.name);
    if (name === 'long unsigned int' || name === 'unsigned long' || name === 'long int' || name === 'long')
      return entry.sizeOrType === 4 ? 4 : 8;
  }
  return 8;
}

/** A text that is the same for equal layouts. */
function shapeOf({ kind, size, members }: StructType): string {
  return [kind, size, ...members.map(({ name, offset, bit, bits }) => [name, offset, bit, bits].join())].join(
    ';',
  );
}
