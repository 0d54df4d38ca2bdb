// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { withCNames } from '../layout/c-names.js';
import { checkExtent, tooLarge } from '../layout/extent.js';
import { type Abi, declarationOf, type Filler } from '../layout/natural.js';
import { spell } from '../layout/spell.js';
import { type EnumType, pointerTo, type StructType, type Type, VOID } from '../layout/types.js';

/** From type to type, by value or by pointers; C sources stay below a hundred. */
const DEEPEST = 1000;

/**
 * A struct as C that compiles to the same layout on the same machine, with all that it needs in front: the types it
 * holds by value, typedefs, and declarations of what it points to. Gaps that the compiler would not leave by itself
 * are unnamed bit-fields. Names that are not C identifiers are replaced (`withCNames`), with the original ones in comments
 * in front. Throws `E_NO_DECLARATION` and `E_LARGE_STRUCT`.
 */
export function structC(struct: StructType, abi: Abi): string {
  checkExtent(struct);
  const { struct: named, replaced } = withCNames(struct);
  const text = new Writer(abi).whole(named);
  const remarks = [
    ...[...replaced].map(([name, was]) => `${name} is called "${inComment(was)}"`),
    ...(struct.leftOut ?? []).map((what) => `left out: ${inComment(what)}`),
  ];
  return remarks.map((remark) => `/* ${remark} */\n`).join('') + text;
}

/** What a comment can hold, and no more than that: neither its end nor a line's. */
function inComment(text: string): string {
  return text.replace(
    /[^ !#-.0->@-[\]-~]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

class Writer {
  readonly #abi: Abi;
  readonly #declared = new Set<string>();
  readonly #defined = new Set<string>();
  readonly #texts: string[] = [];
  /** What has been put in front before, as a whole or as what is pointed to. */
  readonly #needed = { whole: new Set<Type>(), part: new Set<Type>() };
  #depth = 0;

  constructor(abi: Abi) {
    this.#abi = abi;
  }

  whole(struct: StructType): string {
    this.#define(struct);
    // In front of all, so that no list of parameters has one for itself.
    return [...[...this.#declared].reverse().map((tag) => `${tag};\n`), ...this.#texts].join('\n');
  }

  /** Puts a type with a name in front, and before it what it needs. */
  #define(type: StructType | EnumType): void {
    const tag = `${type.kind} ${type.name}`;
    if (this.#defined.has(tag)) return;
    this.#defined.add(tag);
    checkExtent(type);
    if (type.kind !== 'enum') this.#needMembers(type);
    this.#texts.push(`${type.kind} ${type.name} ${this.#bodyOf(type, 0)};\n`);
  }

  #needMembers(struct: StructType): void {
    for (const { type } of struct.members) this.#need(type, true);
  }

  /** What has to stand in front of a type that is named; `whole` where its size counts. */
  #need(type: Type, whole: boolean): void {
    const before = whole ? this.#needed.whole : this.#needed.part;
    if (before.has(type)) return;
    before.add(type);
    if (++this.#depth > DEEPEST) throw tooLarge(`types lead to each other more than ${DEEPEST} deep`);
    this.#needOnce(type, whole);
    this.#depth--;
  }

  #needOnce(type: Type, whole: boolean): void {
    switch (type.kind) {
      case 'pointer':
        this.#need(type.target, false);
        break;
      case 'array':
        this.#need(type.element, true);
        break;
      case 'qualified':
        this.#need(type.target, whole);
        break;
      case 'function':
        for (const one of [type.returns, ...type.parameters]) this.#need(one, false);
        break;
      case 'typedef':
        // Its name may have been declared for a pointer, and what it stands for not yet defined.
        this.#need(type.target, whole);
        checkExtent(type.target);
        this.#once(type.name, () => `typedef ${this.#spell(type.target, type.name, 0)};\n`);
        break;
      case 'unknown': {
        const name = unknownName(type.id);
        this.#once(name, () => `typedef struct { unsigned char bytes[${type.size}]; } ${name};\n`);
        break;
      }
      case 'struct':
      case 'union':
        if (type.name === null) this.#needMembers(type);
        else if (whole && type.complete) this.#define(type);
        else this.#declared.add(`${type.kind} ${type.name}`);
        break;
      case 'enum':
        if (type.name !== null && type.values.length > 0) this.#define(type);
        break;
    }
  }

  #once(name: string, text: () => string): void {
    if (this.#defined.has(name)) return;
    this.#defined.add(name);
    this.#texts.push(text());
  }

  #spell(type: Type, declarator: string, indent: number): string {
    return spell(spellable(type), declarator, (inner) => this.#bodyOf(inner, indent));
  }

  #bodyOf(type: StructType | EnumType, indent: number): string {
    const margin = '\t'.repeat(indent + 1);
    const end = `${'\t'.repeat(indent)}}`;
    if (type.kind === 'enum') {
      const lines = type.values.map(({ name, value }) => `${margin}${name} = ${value},\n`);
      return `{\n${lines.join('')}${end}${type.size < 4 ? ' __attribute__((packed))' : ''}`;
    }
    const { packed, alignment, members, fillers } = declarationOf(type, this.#abi);
    const fill = (all: readonly Filler[]) =>
      all.map((one) => `${margin}${this.#filler(one, indent + 1)};\n`).join('');
    const lines = members.map(({ member, fillers, alignment }) => {
      const declared = this.#spell(member.type, member.name ?? '', indent + 1);
      const bits = member.bits === null ? '' : `:${member.bits}`;
      return `${fill(fillers)}${margin}${declared}${bits}${aligned(alignment)};\n`;
    });
    return `{\n${lines.join('')}${fill(fillers)}${end}${packed ? ' __attribute__((packed))' : ''}${aligned(alignment)}`;
  }

  #filler({ type, bits }: Filler, indent: number): string {
    const spelled = type === null ? 'unsigned char' : this.#spell(type, '', indent);
    return bits === null ? spelled : `${spelled} :${bits}`;
  }
}

const aligned = (bytes: number | null) => (bytes === null ? '' : ` __attribute__((aligned(${bytes})))`);
const unknownName = (id: number) => `unknown_type_${id}`;

/** The type with what C has another word for, or none, replaced by what it has. */
function spellable(type: Type): Type {
  switch (type.kind) {
    case 'unknown':
      return { kind: 'base', name: unknownName(type.id), size: type.size, encoding: 'other' };
    case 'base':
      return { ...type, name: type.name.replace(/^complex /, '_Complex ') };
    case 'array':
      // A flexible array may stand last only, and an array of no elements anywhere.
      return { ...type, element: spellable(type.element), count: type.count ?? 0 };
    case 'pointer':
      return pointerTo(type.size, () => {
        const target = spellable(type.target);
        return target.kind === 'unknown' ? VOID : target;
      });
    case 'function':
      return { ...type, returns: spellable(type.returns), parameters: type.parameters.map(spellable) };
    case 'qualified': {
      const target = spellable(type.target);
      // Of a const array both it and its elements are marked const.
      return target.kind === 'array' ? target : { ...type, target };
    }
    case 'enum':
      return type.values.length > 0
        ? type
        : { kind: 'base', name: 'unsigned int', size: type.size, encoding: 'unsigned' };
    default:
      return type;
  }
}
