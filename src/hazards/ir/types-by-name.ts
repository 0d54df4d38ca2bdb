// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import {
  badIr,
  type Metadata,
  type Node,
  numberIn,
  referenceIn,
  stringIn,
} from '../../layout/ir/metadata.js';

/** Where something stands in the source. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/** A bit-field by its name in a struct or a union. */
export interface NamedBitField {
  /** The innermost struct or union around it that has a tag. */
  readonly tag: string;
  /** `deferred_reset`, or of a struct without a tag in it `flags.busy`. */
  readonly path: string;
  /** Bits from the start of that struct. */
  readonly start: number;
  readonly width: number;
  /** Bits of the type that it is declared with. */
  readonly declared: number;
}

interface Member {
  readonly name: string | null;
  readonly start: number;
  readonly size: number;
  readonly isBitField: boolean;
  readonly type: number | null;
}

/** What the debug information of a module says of structs, unions and places. Types are read when they are asked for. */
export class TypesByName {
  readonly #metadata: Metadata;
  #tags: Map<string, number> | undefined;
  readonly #members = new Map<number, readonly Member[]>();
  readonly #files = new Map<number, string>();
  readonly #behind = new Map<string, string | null>();

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  /** What is called so in LLVM's IR: `%struct.usb_hub`, or the same with a number behind it; its tag, null where it has none. */
  tagOf(record: string): string | null {
    const name = /^%"?(?:struct|union)\.(.*?)"?$/.exec(record)?.[1];
    if (name === undefined || /^anon(?:\.\d+)?$/.test(name)) return null;
    const tags = this.#known();
    if (tags.has(name)) return name;
    const bare = name.replace(/\.\d+$/, '');
    return tags.has(bare) ? bare : null;
  }

  /** The file and the line that define a struct. */
  definition(tag: string): SourcePlace | null {
    const id = this.#known().get(tag);
    if (id === undefined) return null;
    const node = this.#metadata.node(id);
    return { file: this.#fileOf(referenceIn(node, 'file')), line: numberIn(node, 'line') };
  }

  /** The members that lie at a byte of a struct: `tt.lock`; down to what is no struct, or begins there as a whole. */
  pathAt(tag: string, byte: number): string {
    const id = this.#known().get(tag);
    return id === undefined ? '' : this.#pathIn(id, byte * 8);
  }

  bitFieldAt(tag: string, start: number, width: number): NamedBitField | null {
    const id = this.#known().get(tag);
    return id === undefined ? null : this.#bitFieldIn(id, start, width, 0, '', tag);
  }

  /** The name of the type that the named member has which begins at a byte of a struct: `spinlock_t`, `mutex`. */
  typeNameAt(tag: string, byte: number): string | null {
    let at = this.#known().get(tag) ?? null;
    for (let left = byte * 8, steps = 0; at !== null; checkSteps(++steps)) {
      const member = this.#membersOf(at).find(
        ({ start, size, isBitField }) => !isBitField && start <= left && left < start + size,
      );
      if (member === undefined || member.type === null) return null;
      left -= member.start;
      if (left === 0 && member.name !== null) return stringIn(this.#metadata.node(member.type), 'name');
      at = this.#record(member.type);
    }
    return null;
  }

  /** What a variable points to, as LLVM's IR calls it: `%struct.usb_hub`; null for all but a struct or a union. */
  recordBehindVariable(variable: number): string | null {
    return this.#recordBehind(referenceIn(this.#metadata.node(variable), 'type'));
  }

  /** The same of the member at a byte of a struct. */
  recordBehindMember(tag: string, byte: number): string | null {
    const key = `${tag} ${byte}`;
    let found = this.#behind.get(key);
    if (found === undefined) {
      const id = this.#known().get(tag);
      found = id === undefined ? null : this.#recordBehind(this.#typeAt(id, byte * 8));
      this.#behind.set(key, found);
    }
    return found;
  }

  #recordBehind(type: number | null): string | null {
    const bare = this.#bare(type);
    const pointer = bare === null ? null : this.#metadata.node(bare);
    if (pointer?.fields.get('tag') !== 'DW_TAG_pointer_type') return null;
    let name: string | null = null;
    for (let id = referenceIn(pointer, 'baseType'), steps = 0; id !== null; checkSteps(++steps)) {
      const node = this.#metadata.node(id);
      if (isRecordNode(node)) {
        const tag = stringIn(node, 'name') ?? name;
        const kind = node.fields.get('tag') === 'DW_TAG_union_type' ? 'union' : 'struct';
        return tag === null ? null : `%${kind}.${tag}`;
      }
      if (node.kind !== 'DIDerivedType' || node.fields.get('tag') === 'DW_TAG_pointer_type') return null;
      if (node.fields.get('tag') === 'DW_TAG_typedef') name = stringIn(node, 'name');
      id = referenceIn(node, 'baseType');
    }
    return null;
  }

  /** The type of the member that begins at a bit of a struct, and is no struct itself. */
  #typeAt(id: number, bit: number): number | null {
    let [at, left] = [id, bit];
    for (let depth = 0; depth < 12; depth++) {
      const member = this.#membersOf(at).find(
        ({ start, size, isBitField }) => !isBitField && start <= left && left < start + size,
      );
      if (member === undefined) return null;
      left -= member.start;
      const inner = this.#record(member.type);
      if (inner === null) return left === 0 ? member.type : null;
      at = inner;
    }
    return null;
  }

  /** The member of the innermost struct with a tag at a byte of a type: `file_operations.open`. */
  slotAt(type: number | null, byte: number): string | null {
    const found = this.#innermost(type, byte, null);
    return found === null || found.tag === null ? null : `${found.tag}.${found.path}`;
  }

  /** The same of a type of the module's code. */
  slotIn(record: string, byte: number): string | null {
    const tag = this.tagOf(record);
    return this.slotAt(tag === null ? null : (this.#known().get(tag) ?? null), byte);
  }

  /** Is a parameter of a function a pointer to a function, as far as its declaration says? */
  isFunctionPointer(subprogram: number, parameter: number): boolean {
    const type = referenceIn(this.#metadata.node(subprogram), 'type');
    const types = type === null ? null : referenceIn(this.#metadata.node(type), 'types');
    const pointer = this.#bare(
      types === null ? null : (this.#metadata.node(types).list[parameter + 1] ?? null),
    );
    if (pointer === null) return false;
    const node = this.#metadata.node(pointer);
    const target = node.kind === 'DIDerivedType' ? this.#bare(referenceIn(node, 'baseType')) : null;
    return target !== null && this.#metadata.node(target).kind === 'DISubroutineType';
  }

  /** Where a node of debug information stands: of an instruction, or of a function. */
  placeOf(id: number | null): SourcePlace | null {
    if (id === null) return null;
    const node = this.#metadata.node(id);
    const line = numberIn(node, 'line');
    const own = referenceIn(node, 'file');
    return { file: own === null ? this.#fileOfScope(referenceIn(node, 'scope')) : this.#fileOf(own), line };
  }

  #fileOfScope(scope: number | null): string {
    for (let id = scope, steps = 0; id !== null; checkSteps(++steps)) {
      const node = this.#metadata.node(id);
      const file = referenceIn(node, 'file');
      if (file !== null) return this.#fileOf(file);
      if (node.kind === 'DIFile') return this.#fileOf(id);
      id = referenceIn(node, 'scope');
    }
    return '';
  }

  #fileOf(id: number | null): string {
    if (id === null) return '';
    let name = this.#files.get(id);
    if (name === undefined) {
      name = (stringIn(this.#metadata.node(id), 'filename') ?? '').replace(/^(?:\.\/)+/, '');
      this.#files.set(id, name);
    }
    return name;
  }

  #known(): Map<string, number> {
    if (this.#tags !== undefined) return this.#tags;
    const tags = new Map<string, number>();
    for (const node of this.#metadata.all('DICompositeType')) {
      const name = stringIn(node, 'name');
      const isRecord = /^DW_TAG_(?:structure|union)_type$/.test(node.fields.get('tag') ?? '');
      if (isRecord && name !== null && !node.fields.get('flags')?.includes('DIFlagFwdDecl'))
        tags.set(name, node.id);
    }
    // A struct without a tag is called by the type's name.
    for (const node of this.#metadata.all('DIDerivedType')) {
      const name = stringIn(node, 'name');
      if (name === null || node.fields.get('tag') !== 'DW_TAG_typedef' || tags.has(name)) continue;
      const target = referenceIn(node, 'baseType');
      if (target === null) continue;
      const to = this.#metadata.node(target);
      if (to.kind === 'DICompositeType' && stringIn(to, 'name') === null && isRecordNode(to))
        tags.set(name, target);
    }
    this.#tags = tags;
    return tags;
  }

  #pathIn(id: number, bit: number): string {
    let [at, left, path] = [id, bit, ''];
    for (let depth = 0; depth < 12; depth++) {
      const members = this.#membersOf(at).filter(
        ({ start, size, isBitField }) => !isBitField && start <= left && left < start + Math.max(size, 1),
      );
      const member = members[0];
      if (member === undefined) return path;
      if (member.name !== null) path = path === '' ? member.name : `${path}.${member.name}`;
      left -= member.start;
      const inner = this.#record(member.type);
      // A lock is a lock, whatever it is made of.
      if (inner === null || (left === 0 && member.name !== null)) return path;
      at = inner;
    }
    return path;
  }

  #bitFieldIn(
    id: number,
    start: number,
    width: number,
    base: number,
    prefix: string,
    tag: string,
    depth = 0,
  ): NamedBitField | null {
    checkSteps(depth);
    for (const member of this.#membersOf(id)) {
      const at = base + member.start;
      const path = member.name === null ? prefix : prefix === '' ? member.name : `${prefix}.${member.name}`;
      if (member.isBitField) {
        if (at === start && member.size === width)
          return { tag, path, start, width, declared: this.#sizeOf(member.type) };
        continue;
      }
      const inner = this.#record(member.type);
      if (inner === null || start < at || start >= at + member.size) continue;
      const own = stringIn(this.#metadata.node(inner), 'name');
      const found =
        own === null
          ? this.#bitFieldIn(inner, start, width, at, path, tag, depth + 1)
          : this.#bitFieldIn(inner, start - at, width, 0, '', own, depth + 1);
      if (found !== null) return found;
    }
    return null;
  }

  #innermost(
    type: number | null,
    byte: number,
    within: { tag: string | null; path: string } | null,
    depth = 0,
  ): { tag: string | null; path: string } | null {
    checkSteps(depth);
    const bare = this.#bare(type);
    if (bare === null) return within;
    const node = this.#metadata.node(bare);
    if (node.fields.get('tag') === 'DW_TAG_array_type') {
      const element = referenceIn(node, 'baseType');
      const size = this.#sizeOf(element) / 8;
      return this.#innermost(element, size > 0 ? byte % size : byte, within, depth + 1);
    }
    if (!isRecordNode(node)) return within;
    const tag = stringIn(node, 'name');
    const from = tag === null ? within : { tag, path: '' };
    for (const { name, start, size, isBitField, type: of } of this.#membersOf(bare)) {
      if (isBitField || byte * 8 < start || byte * 8 >= start + Math.max(size, 1)) continue;
      const path =
        name === null
          ? (from?.path ?? '')
          : from === null || from.path === ''
            ? name
            : `${from.path}.${name}`;
      return this.#innermost(of, byte - start / 8, { tag: from?.tag ?? null, path }, depth + 1);
    }
    return within;
  }

  #membersOf(id: number): readonly Member[] {
    let members = this.#members.get(id);
    if (members === undefined) {
      const list = referenceIn(this.#metadata.node(id), 'elements');
      const ids = list === null ? [] : this.#metadata.node(list).list;
      members = ids.flatMap((one) => (one === null ? [] : memberOf(this.#metadata.node(one))));
      this.#members.set(id, members);
    }
    return members;
  }

  /** The struct or union that a type is, or an array of; null for all else. */
  #record(type: number | null): number | null {
    const bare = this.#bare(type);
    if (bare === null) return null;
    const node = this.#metadata.node(bare);
    if (node.fields.get('tag') === 'DW_TAG_array_type') return null;
    return isRecordNode(node) ? bare : null;
  }

  /** Without qualifiers and names of types. */
  #bare(type: number | null): number | null {
    for (let id = type, steps = 0; id !== null; checkSteps(++steps)) {
      const node = this.#metadata.node(id);
      if (node.kind !== 'DIDerivedType' || node.fields.get('tag') === 'DW_TAG_pointer_type') return id;
      id = referenceIn(node, 'baseType');
    }
    return null;
  }

  /** Bits. */
  #sizeOf(type: number | null): number {
    const bare = this.#bare(type);
    return bare === null ? 0 : numberIn(this.#metadata.node(bare), 'size');
  }
}

/** As deep as scopes, structs and names of types lie in each other; in damaged text they may go round. */
function checkSteps(steps: number): void {
  if (steps > 200) throw badIr('has types or scopes that go round');
}

const isRecordNode = (node: Node): boolean =>
  node.kind === 'DICompositeType' && /^DW_TAG_(?:structure|union)_type$/.test(node.fields.get('tag') ?? '');

function memberOf(node: Node): Member[] {
  if (node.kind !== 'DIDerivedType' || node.fields.get('tag') !== 'DW_TAG_member') return [];
  return [
    {
      name: stringIn(node, 'name'),
      start: numberIn(node, 'offset'),
      size: numberIn(node, 'size'),
      isBitField: (node.fields.get('flags') ?? '').includes('DIFlagBitField'),
      type: referenceIn(node, 'baseType'),
    },
  ];
}
