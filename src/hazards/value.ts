// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/**
 * Where a value comes from: something that is known by a name, then steps through memory. Each step adds bytes, then either loads
 * the pointer that lies there, or goes on to an element that only running code knows. At the end more bytes are added.
 *
 * `{ leaf: '%0', steps: ['16>'], offset: 8 }` is 8 bytes behind what the pointer leads to that lies 16 bytes behind the function's
 * first parameter.
 */
export interface Value {
  /**
   * `%0` a parameter; `@name` the address of a variable or a function, `@name:file.c` of a static variable; `&name` the address of a local variable; `=5` a number;
   * `#…` something that only running code knows, `!…` memory that the function has allocated itself.
   */
  readonly leaf: string;
  readonly steps: readonly string[];
  readonly offset: number;
  /** For people, the way from the last pointer on: `usb_hub.tt.lock`; empty where nothing is known of types. */
  readonly path: string;
  /** The type in LLVM's IR of what the address leads into, and how far in it. */
  readonly record: string | null;
  readonly inRecord: number;
  /** A lock that is held if this is not 0, or if it is. */
  readonly holds?: Holding;
  /** Where a pointer to a function was loaded from: `perm_bits.writefn`. */
  readonly slot?: string;
  /** Of a struct that is a value: what is in it, in order. */
  readonly parts?: readonly Value[];
}

/** What a value says about a lock. */
export interface Holding {
  readonly lock: Lock;
  /** The lock is held where the value is something else than 0; or where it is 0. */
  readonly when: 'set' | 'zero';
}

/** A lock that code takes, by the address of its object. */
export interface Lock {
  readonly address: Value;
  /** `usb_hub.tt.lock`, or the lock's own name where it has no address. */
  readonly name: string;
  readonly shared: boolean;
  /** How it is known to be held: it was taken, or the code asserts it. */
  readonly by: 'taken' | 'asserted';
}

const plain = { steps: [], offset: 0, path: '', record: null, inRecord: 0 } as const;

export const leafValue = (leaf: string): Value => ({ ...plain, leaf });
export const numberValue = (number: number | bigint): Value => leafValue(`=${number}`);

export function numberOf({ leaf, steps, offset }: Value): number | null {
  return leaf.startsWith('=') && steps.length === 0 ? Number(leaf.slice(1)) + offset : null;
}

/** The same value has the same key. */
export const keyOfValue = ({ leaf, steps, offset }: Value): string => `${leaf} ${steps.join(' ')} ${offset}`;

/** As deep as chains of pointers are followed; what is beyond is not told apart from others. */
const deepest = 6;

/** What a pointer leads to that lies at an address. */
export function loaded(address: Value): Value {
  if (address.steps.length >= deepest) return leafValue(`#deep ${keyOfValue(address)}`);
  return { ...plain, leaf: address.leaf, steps: [...address.steps, `${address.offset}>`] };
}

/** An element of an array, whose index only running code knows. */
export function elementOf(address: Value, index: string, stride: number): Value {
  const step = `${address.offset}[${index}*${stride}]`;
  if (address.steps.length >= deepest) return leafValue(`#deep ${keyOfValue(address)} ${step}`);
  return { ...address, steps: [...address.steps, step], offset: 0 };
}

/** A value in the words of a caller: parameters are what it has given. */
export function inCaller(value: Value, args: readonly Value[], unknown: (leaf: string) => Value): Value {
  if (value.parts !== undefined)
    return { ...value, parts: value.parts.map((part) => inCaller(part, args, unknown)) };
  const { holds } = value;
  const held = holds && {
    holds: { ...holds, lock: { ...holds.lock, address: inCaller(holds.lock.address, args, unknown) } },
  };
  const index = parameterOf(value.leaf);
  if (index === null) {
    const isPrivate = /^[#!&]/.test(value.leaf);
    return isPrivate ? { ...unknown(value.leaf), path: value.path, ...tailOf(value), ...held } : value;
  }
  return { ...behind(args[index] ?? unknown(value.leaf), value), ...held };
}

const tailOf = ({ steps, offset, record, inRecord }: Value) => ({ steps, offset, record, inRecord });

/** What lies where `value` leads, where it begins at `base`. */
export function behind(base: Value, value: Value): Value {
  const { path, record, inRecord } = value;
  const [first, ...more] = value.steps;
  if (first === undefined) {
    // By a number of bytes, to the struct around it.
    const isMoved = path === '' && value.offset !== 0;
    const named =
      base.path === '' || path === ''
        ? path || (isMoved ? '' : base.path)
        : `${base.path}${path.slice(path.indexOf('.'))}`;
    const inBase = base.inRecord + value.offset;
    const place =
      record !== null
        ? { record, inRecord }
        : inBase < 0
          ? { record: null, inRecord: 0 }
          : { record: base.record, inRecord: inBase };
    return { ...base, ...place, offset: base.offset + value.offset, path: named };
  }
  const steps = [...base.steps, movedStep(first, base.offset), ...more];
  if (steps.length > deepest)
    return { ...leafValue(`#deep ${base.leaf} ${steps.join(' ')} ${value.offset}`), path };
  return { leaf: base.leaf, steps, offset: value.offset, path, record, inRecord };
}

/** A step that begins so many bytes later. */
const movedStep = (step: string, bytes: number): string => {
  const number = /^-?\d+/.exec(step)![0];
  return `${Number(number) + bytes}${step.slice(number.length)}`;
};

/** The index of a function's parameter; null for anything else. */
export function parameterOf(leaf: string): number | null {
  return leaf.startsWith('%') ? Number(leaf.slice(1)) : null;
}

/** Goes through an element whose index another function may have another number for. */
const isIndexed = (steps: readonly string[]): boolean => steps.some((step) => step.includes('['));

/** How a lock is found from an object. */
export interface Relation {
  /** The same for the same way, whatever object it begins at. */
  readonly key: string;
  /** By way of an object that both are part of, or by which both were found: it is taken to be one and the same. */
  readonly assumed: boolean;
}

/**
 * The way from an object to a lock: by constant distances and pointers, from the object itself, from a global variable, or from
 * what the object was found by. Null where there is none.
 */
export function relationOf(object: Value, lock: Value): Relation | null {
  const isGlobal = lock.leaf.startsWith('@');
  if (isGlobal && !isIndexed(lock.steps)) return { key: keyOfValue(lock), assumed: false };
  if (lock.leaf !== object.leaf) return isGlobal ? { key: keyOfValue(lock), assumed: true } : null;
  const common = object.steps.findIndex((step, i) => lock.steps[i] !== step);
  if (common < 0 || common === object.steps.length) {
    const [next, ...more] = lock.steps.slice(object.steps.length);
    const bytes = next === undefined ? lock.offset - object.offset : null;
    if (bytes !== null) return { key: `+${bytes}`, assumed: false };
    return {
      key: `+${[movedStep(next!, -object.offset), ...more].join(' ')} ${lock.offset}`,
      assumed: isIndexed([next!, ...more]),
    };
  }
  const [objects, locks] = [object.steps.slice(common), lock.steps.slice(common)];
  return { key: `^${objects.join(' ')} ${object.offset} / ${locks.join(' ')} ${lock.offset}`, assumed: true };
}
