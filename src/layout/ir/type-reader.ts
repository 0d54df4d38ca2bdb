// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { placeBitField } from '../dwarf/bit-field.js';
import {
  type BaseType,
  bare,
  type EnumType,
  type Member,
  pointerTo,
  type QualifiedType,
  type StructType,
  type Type,
  VOID,
} from '../types.js';
import { badIr, type Metadata, type Node, numberIn, referenceIn, stringIn } from './metadata.js';
import type { RecordLine } from './separators.js';

const QUALIFIERS: Readonly<Record<string, QualifiedType['qualifier']>> = {
  DW_TAG_const_type: 'const',
  DW_TAG_volatile_type: 'volatile',
  DW_TAG_restrict_type: 'restrict',
  DW_TAG_atomic_type: '_Atomic',
};

const ENCODINGS: Readonly<Record<string, BaseType['encoding']>> = {
  DW_ATE_boolean: 'bool',
  DW_ATE_float: 'float',
  DW_ATE_signed: 'signed',
  DW_ATE_signed_char: 'signed',
  DW_ATE_unsigned: 'unsigned',
  DW_ATE_unsigned_char: 'unsigned',
  DW_ATE_UTF: 'unsigned',
};

/** Turns clang's description of C types in LLVM's metadata into the type model, each once. Throws `E_BAD_IR`. */
export class IrTypeReader {
  readonly #metadata: Metadata;
  readonly #records: ReadonlyMap<string, readonly RecordLine[]>;
  readonly #littleEndian: boolean;
  readonly #known = new Map<number, Type>();

  constructor(
    metadata: Metadata,
    records: ReadonlyMap<string, readonly RecordLine[]>,
    littleEndian: boolean,
  ) {
    this.#metadata = metadata;
    this.#records = records;
    this.#littleEndian = littleEndian;
  }

  /** `printed` is what is known of an untagged record's members from the one it lies in. */
  read(id: number | null, printed: readonly RecordLine[] = []): Type {
    if (id === null) return VOID;
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const type = this.#build(this.#metadata.node(id), printed);
    this.#known.set(id, type);
    return type;
  }

  #build(node: Node, printed: readonly RecordLine[]): Type {
    const tag = node.fields.get('tag') ?? '';
    const base = referenceIn(node, 'baseType');
    if (node.kind === 'DIBasicType') {
      const encoding = ENCODINGS[node.fields.get('encoding') ?? ''] ?? 'other';
      return { kind: 'base', name: stringIn(node, 'name') ?? '?', size: bytesIn(node, 'size'), encoding };
    }
    if (node.kind === 'DISubroutineType') return this.#function(node);
    switch (tag) {
      case 'DW_TAG_pointer_type':
        return pointerTo(bytesIn(node, 'size'), () => this.read(base));
      case 'DW_TAG_typedef': {
        const target = this.read(base);
        return { kind: 'typedef', name: stringIn(node, 'name') ?? '?', size: target.size, target };
      }
      case 'DW_TAG_structure_type':
      case 'DW_TAG_union_type':
        return this.#record(node, tag === 'DW_TAG_union_type' ? 'union' : 'struct', printed);
      case 'DW_TAG_array_type':
        return this.#array(node);
      case 'DW_TAG_enumeration_type':
        return this.#enum(node);
    }
    const qualifier = QUALIFIERS[tag];
    if (qualifier === undefined) throw badIr(`has a type of the kind ${node.kind} ${tag}, which is not C`);
    const target = this.read(base);
    return { kind: 'qualified', qualifier, size: target.size, target };
  }

  #record(node: Node, kind: StructType['kind'], printed: readonly RecordLine[]): StructType {
    const name = stringIn(node, 'name');
    const members = this.#listIn(node, 'elements');
    const lines = name === null ? printed : (this.#records.get(`${kind} ${name}`) ?? []);
    const matches = lines.length === members.length;
    return {
      kind,
      name,
      size: bytesIn(node, 'size'),
      complete: !(node.fields.get('flags') ?? '').includes('DIFlagFwdDecl'),
      ...alignment(node),
      members: members.map((member, i) => this.#member(member, matches ? lines[i] : undefined)),
    };
  }

  #member(node: Node, line: RecordLine | undefined): Member {
    const name = stringIn(node, 'name');
    const printed = line !== undefined && line.name === (name ?? '') ? line : undefined;
    const type = this.read(referenceIn(node, 'baseType'), printed?.members);
    const declared = { name, type, ...alignment(node) };
    const start = numberIn(node, 'offset');
    if (!(node.fields.get('flags') ?? '').includes('DIFlagBitField'))
      return { ...declared, offset: start / 8, bit: null, bits: null, storage: null };
    const width = numberIn(node, 'size');
    const placed = placeBitField(
      { width, memberOffset: 0, unitSize: bare(type).size, dataBitOffset: start, bitOffset: null },
      this.#littleEndian,
    );
    if (placed === null) throw badIr(`has an impossible bit-field, ${width} bits wide`);
    const separated = printed === undefined ? {} : { afterZeroWidth: printed.afterZeroWidth };
    return { ...declared, bits: width, ...placed, ...separated };
  }

  #array(node: Node): Type {
    const element = this.read(referenceIn(node, 'baseType'));
    return this.#listIn(node, 'elements').reduceRight<Type>((inner, range) => {
      const count = numberIn(range, 'count');
      const isOpen = !(count >= 0);
      return {
        kind: 'array',
        element: inner,
        count: isOpen ? null : count,
        size: isOpen ? 0 : inner.size * count,
      };
    }, element);
  }

  #enum(node: Node): EnumType {
    const underlying = bare(this.read(referenceIn(node, 'baseType')));
    const values = this.#listIn(node, 'elements').map((enumerator) => {
      return {
        name: stringIn(enumerator, 'name') ?? '?',
        value: BigInt(enumerator.fields.get('value') ?? '0'),
      };
    });
    const signed = underlying.kind === 'base' && underlying.encoding === 'signed';
    return { kind: 'enum', name: stringIn(node, 'name'), size: bytesIn(node, 'size'), signed, values };
  }

  #function(node: Node): Type {
    const types = referenceIn(node, 'types');
    const [returns = null, ...parameters] = types === null ? [] : this.#metadata.node(types).list;
    const variadic = parameters.at(-1) === null;
    return {
      kind: 'function',
      size: 0,
      returns: this.read(returns),
      parameters: (variadic ? parameters.slice(0, -1) : parameters).map((id) => this.read(id)),
      variadic,
    };
  }

  #listIn(node: Node, key: string): Node[] {
    const list = referenceIn(node, key);
    const ids = list === null ? [] : this.#metadata.node(list).list;
    return ids.filter((id) => id !== null).map((id) => this.#metadata.node(id));
  }
}

const bytesIn = (node: Node, key: string) => numberIn(node, key) / 8;

function alignment(node: Node): { alignment?: number } {
  const bits = numberIn(node, 'align');
  return bits === 0 ? {} : { alignment: bits / 8 };
}
