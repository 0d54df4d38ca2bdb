// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spell } from './spell.js';
import {
  type BaseType,
  type EnumType,
  pointerTo,
  type StructType,
  type Type,
  type TypedefType,
} from './types.js';

/** A struct as a compiler may see it. */
export interface CNamed {
  /** The same layout, all names identifiers of C; types behind pointers are replaced when they are asked for. */
  readonly struct: StructType;
  /** What was renamed so far: the name that it has here, and its own. */
  readonly replaced: ReadonlyMap<string, string>;
}

/**
 * Gives all that a struct holds, or points to, names that are C identifiers. Names in a file may not be: those of C++ and
 * Rust (`Option<u32>`), or crafted ones, which could be preprocessor directives. Types of the same name and different
 * layouts, as Rust has them, get different ones. For the same struct the result is always the same.
 */
export function withCNames(struct: StructType): CNamed {
  let named = known.get(struct);
  if (named === undefined) {
    const namer = new Namer();
    named = { struct: namer.struct(struct), replaced: namer.replaced };
    known.set(struct, named);
  }
  return named;
}

const known = new WeakMap<StructType, CNamed>();

/** What replaced names begin with; one of the file's that does so is replaced too. */
const PREFIX = 'lostbit_';
/** Characters of the name that a replaced one keeps, for readers. */
const KEPT = 40;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Keywords of C11 and GNU C. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'asm auto break case char const continue default do double else enum extern float for goto if inline int long register ' +
    'restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while ' +
    '_Alignas _Alignof _Atomic _BitInt _Bool _Complex _Generic _Imaginary _Noreturn _Pragma _Static_assert _Thread_local'
  ).split(' '),
);
/** Words that the compiler reserves: `__attribute__`, `__LINE__`, `__int128`, `_Float64x`, … */
const RESERVED =
  /^(?:__\w+__|__(?:asm|attribute|builtin_\w+|const|inline|int128|restrict|signed|thread|typeof|volatile)|_Float\d+x?|_Decimal\d+)$/;
/** What base types of C are made of. */
const BASE =
  /^(?:(?:char|short|int|long|signed|unsigned|float|double|_Bool|complex|_Complex|__int128|__float128|__fp16|__bf16|_Float\d+x?|_Decimal\d+|_BitInt\(\d+\))(?: |$))+$/;

const isIdentifier = (name: string) =>
  IDENTIFIER.test(name) && !KEYWORDS.has(name) && !RESERVED.test(name) && !name.startsWith(PREFIX);

class Namer {
  readonly replaced = new Map<string, string>();
  /** Names that are not C identifiers, by what replaces them. */
  readonly #names = new Map<string, string>();
  readonly #types = new Map<Type, Type>();
  /** Of each tag and each name of a type, the layouts that go by it and what they are called. */
  readonly #layouts = new Map<string, Map<string, string>>();

  struct(struct: StructType): StructType {
    return this.#of(struct) as StructType;
  }

  #of(type: Type): Type {
    let named = this.#types.get(type);
    if (named === undefined) {
      named = this.#build(type);
      this.#types.set(type, named);
    }
    return named;
  }

  #build(type: Type): Type {
    switch (type.kind) {
      case 'base':
        return BASE.test(type.name) ? type : this.#base(type);
      case 'pointer':
        return pointerTo(type.size, () => this.#of(type.target));
      case 'array':
        return { ...type, element: this.#of(type.element) };
      case 'qualified':
        return { ...type, target: this.#of(type.target) };
      case 'function':
        return {
          ...type,
          returns: this.#of(type.returns),
          parameters: type.parameters.map((one) => this.#of(one)),
        };
      case 'typedef':
        return this.#typedef(type.name, type.target, this.#of(type.target));
      case 'enum':
        return this.#enum(type);
      case 'struct':
      case 'union': {
        const members = type.members.map((member) => ({
          ...member,
          name: member.name === null ? null : this.#name(member.name),
          type: this.#of(member.type),
        }));
        return { ...type, name: type.name === null ? null : this.#tag(type, type.name), members };
      }
      default:
        return type;
    }
  }

  #enum(type: EnumType): EnumType {
    return {
      ...type,
      name: type.name === null ? null : this.#tag(type, type.name),
      values: type.values.map(({ name, value }) => ({ name: this.#name(name), value })),
    };
  }

  /** Distinguished by what the file has it stand for: names behind pointers are not resolved before they are needed. */
  #typedef(name: string, was: Type, target: Type): TypedefType {
    const own = this.#distinct(`typedef ${name}`, `${was.size} ${spell(was)}`, name);
    return { kind: 'typedef', name: own, size: target.size, target };
  }

  /** One that C does not have: a typedef of its name, with as many bytes and of its kind. */
  #base(type: BaseType): Type {
    return this.#typedef(type.name, type, equivalent(type));
  }

  #tag(type: StructType | EnumType, name: string): string {
    const parts =
      type.kind === 'enum'
        ? type.values.map(({ name, value }) => `${name} ${value}`)
        : type.complete
          ? type.members.map((one) => [one.offset, one.bit, one.bits, spell(one.type, one.name ?? '')].join())
          : null;
    const key = `${type.kind} ${name}`;
    if (parts === null) return [...(this.#layouts.get(key)?.values() ?? [])][0] ?? this.#name(name);
    const alignment = type.kind === 'enum' ? undefined : type.alignment;
    return this.#distinct(key, [type.size, alignment, ...parts].join(';'), name);
  }

  /** The name of one of several types of the same name, distinguished by their layouts. */
  #distinct(key: string, layout: string, name: string): string {
    const layouts = this.#layouts.get(key) ?? new Map<string, string>();
    this.#layouts.set(key, layouts);
    let own = layouts.get(layout);
    if (own === undefined) {
      own = layouts.size === 0 ? this.#name(name) : this.#replace(name);
      layouts.set(layout, own);
    }
    return own;
  }

  #name(name: string): string {
    if (isIdentifier(name)) return name;
    let own = this.#names.get(name);
    if (own === undefined) {
      own = this.#replace(name);
      this.#names.set(name, own);
    }
    return own;
  }

  #replace(name: string): string {
    const readable = name.replace(/[^A-Za-z0-9]+/g, '_').slice(0, KEPT);
    const own = `${PREFIX}${this.replaced.size + 1}_${readable}`;
    this.replaced.set(own, name);
    return own;
  }
}

const INTEGERS: Readonly<Record<number, string>> = {
  1: 'char',
  2: 'short',
  4: 'int',
  8: 'long long',
  16: '__int128',
};
const FLOATS: Readonly<Record<number, string>> = { 2: '_Float16', 4: 'float', 8: 'double' };

function equivalent(type: BaseType): Type {
  const { size, encoding } = type;
  if (encoding === 'bool' && size === 1) return { ...type, name: '_Bool' };
  const name = encoding === 'float' ? FLOATS[size] : encoding === 'other' ? undefined : INTEGERS[size];
  if (name !== undefined)
    return {
      ...type,
      name: encoding === 'float' ? name : `${encoding === 'signed' ? 'signed' : 'unsigned'} ${name}`,
    };
  const byte: BaseType = { kind: 'base', name: 'unsigned char', size: 1, encoding: 'unsigned' };
  const bytes: Type = { kind: 'array', element: byte, count: size, size };
  const place = { offset: 0, bit: null, bits: null, storage: null };
  return {
    kind: 'struct',
    name: null,
    size,
    complete: true,
    alignment: size & -size || 1,
    members: [{ name: 'bytes', type: bytes, ...place }],
  };
}
