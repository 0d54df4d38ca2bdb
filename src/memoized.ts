// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
/** A function of an object that is computed once for each one, as long as that lives. A rejected promise is not kept. */
export function memoized<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    if (known.has(key)) return known.get(key)!;
    const made = make(key);
    known.set(key, made);
    if (made instanceof Promise) made.catch(() => known.delete(key));
    return made;
  };
}
