// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { EnumType, StructType, Type } from './types.js';

/** Deeper than any declarator in C; only corrupt input (a pointer to itself) gets there. */
const DEEPEST = 32;
/** More types than any declaration in C has; a function that takes itself twice gets there. */
const MOST_PARTS = 2000;

/** What stands between the braces of a type without a tag. */
export type BodyOf = (type: StructType | EnumType) => string;

/**
 * The C spelling of a type: `u32`, `struct eventfd_ctx *`, `int (*)(struct device *)`; with a declarator,
 * of a declaration: `spell(type, 'rbar')` is `u32 rbar[7]`.
 */
export function spell(type: Type, declarator = '', bodyOf: BodyOf = () => '{…}'): string {
  return spelled(type, declarator, bodyOf, 0, { left: MOST_PARTS });
}

function spelled(
  type: Type,
  declarator: string,
  bodyOf: BodyOf,
  depth: number,
  room: { left: number },
): string {
  if (depth > DEEPEST || --room.left < 0) return join('…', declarator);
  const inner = depth + 1;
  switch (type.kind) {
    case 'void':
      return join('void', declarator);
    case 'base':
    case 'typedef':
      return join(type.name, declarator);
    case 'unknown':
      return join(`/* type ${type.id} */`, declarator);
    case 'struct':
    case 'union':
    case 'enum':
      return join(`${type.kind} ${type.name ?? bodyOf(type)}`, declarator);
    case 'pointer': {
      const { target } = type;
      const binds = target.kind === 'array' || target.kind === 'function';
      return spelled(target, binds ? `(*${declarator})` : `*${declarator}`, bodyOf, inner, room);
    }
    case 'qualified':
      // A qualified pointer carries its qualifier behind the star, anything else in front.
      return type.target.kind === 'pointer'
        ? spelled(type.target, join(type.qualifier, declarator), bodyOf, inner, room)
        : `${type.qualifier} ${spelled(type.target, declarator, bodyOf, inner, room)}`;
    case 'array':
      return spelled(type.element, `${declarator}[${type.count ?? ''}]`, bodyOf, inner, room);
    case 'function': {
      const parameters: string[] = [];
      for (const parameter of type.parameters) {
        parameters.push(spelled(parameter, '', bodyOf, inner, room));
        if (room.left < 0) break;
      }
      if (type.variadic) parameters.push('...');
      return spelled(type.returns, `${declarator}(${parameters.join(', ') || 'void'})`, bodyOf, inner, room);
    }
  }
}

function join(specifier: string, declarator: string): string {
  return declarator === '' ? specifier : `${specifier} ${declarator}`;
}
