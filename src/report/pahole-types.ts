// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { FunctionType, Type } from '../layout/types.js';

/** Deeper than any declarator in C; only corrupt input (a pointer to itself) gets there. */
const DEEPEST = 32;

/**
 * A type's name as `pahole` prints it, which is not C: `const char  *`, and a pointer to an array becomes one to its
 * element.
 */
export function typeName(type: Type, depth = 0): string {
  if (depth > DEEPEST) return '…';
  const inner = depth + 1;
  switch (type.kind) {
    case 'void':
      return 'void';
    case 'base':
    case 'typedef':
      return type.name;
    case 'unknown':
      return `/* type ${type.id} */`;
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name ?? ''}`;
    case 'array':
      return typeName(type.element, inner);
    case 'pointer': {
      const { target } = type;
      const isConstPointer =
        target.kind === 'qualified' && target.qualifier === 'const' && target.target.kind === 'pointer';
      return isConstPointer ? `${typeName(target.target, inner)} const *` : `${typeName(target, inner)} *`;
    }
    case 'qualified':
      return type.qualifier === 'restrict'
        ? `${typeName(type.target, inner)} restrict `
        : `${type.qualifier} ${typeName(type.target, inner)} `;
    case 'function':
      return prototype(type, '()', 0, inner);
  }
}

/** A function's result, in so many columns, and behind its declarator what it takes. */
export function prototype(type: FunctionType, declarator: string, width: number, depth = 0): string {
  return `${typeName(type.returns, depth + 1).padEnd(width)} ${declarator}${parameters(type, depth + 1)}`;
}

function parameters({ parameters, variadic }: FunctionType, depth: number): string {
  if (parameters.length === 0) return '(void)';
  const texts = parameters.map((type) => {
    const pointee = type.kind === 'pointer' && depth <= DEEPEST ? type.target : type;
    return pointee.kind === 'function'
      ? prototype(pointee, type.kind === 'pointer' ? '(*)' : '()', 0, depth + 1)
      : typeName(type, depth);
  });
  return `(${[...texts, ...(variadic ? ['...'] : [])].join(', ')})`;
}
