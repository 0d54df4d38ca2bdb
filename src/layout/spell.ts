import type { EnumType, StructType, Type } from './types.js';

/** Deeper than any declarator in C; only corrupt input (a pointer to itself) gets there. */
const DEEPEST = 32;

/** What stands between the braces of a type without a tag. */
export type BodyOf = (type: StructType | EnumType) => string;

/**
 * The C spelling of a type: `u32`, `struct eventfd_ctx *`, `int (*)(struct device *)`; with a declarator,
 * of a declaration: `spell(type, 'rbar')` is `u32 rbar[7]`.
 */
export function spell(type: Type, declarator = '', bodyOf: BodyOf = () => '{…}', depth = 0): string {
  if (depth > DEEPEST) return join('…', declarator);
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
      return spell(target, binds ? `(*${declarator})` : `*${declarator}`, bodyOf, inner);
    }
    case 'qualified':
      // A qualified pointer carries its qualifier behind the star, anything else in front.
      return type.target.kind === 'pointer'
        ? spell(type.target, join(type.qualifier, declarator), bodyOf, inner)
        : `${type.qualifier} ${spell(type.target, declarator, bodyOf, inner)}`;
    case 'array':
      return spell(type.element, `${declarator}[${type.count ?? ''}]`, bodyOf, inner);
    case 'function': {
      const parameters = type.parameters.map((parameter) => spell(parameter, '', bodyOf, inner));
      if (type.variadic) parameters.push('...');
      return spell(type.returns, `${declarator}(${parameters.join(', ') || 'void'})`, bodyOf, inner);
    }
  }
}

function join(specifier: string, declarator: string): string {
  return declarator === '' ? specifier : `${specifier} ${declarator}`;
}
