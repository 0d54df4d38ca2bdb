// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/**
 * What a call is to who writes C. Headers make one function's call another's, each kernel's in its own way: as `kmalloc()` is
 * `__kmalloc_cache_noprof()` or `__kmalloc()`, and `mutex_init()` a call with a key.
 */
export function callName(symbol: string): string {
  const plain = symbol
    .replace(/^_+(?:raw_)?/, '')
    .replace(/_noprof$/, '')
    .replace(/_(?:nested|generic|node|cache|lockdep|key)$/, '');
  return same.find(([pattern]) => pattern.test(plain))?.[1] ?? plain;
}

const same: readonly (readonly [RegExp, string])[] = [
  [/^kv?[mz]alloc|^kv?calloc|^kmalloc/, 'kmalloc'],
  [/^kvfree$/, 'kfree'],
  [/^v?memdup_user$|^kmemdup/, 'kmemdup'],
  // A text that is allocated, formatted or not.
  [/^kv?asprintf/, 'kstrdup'],
];

/**
 * Is it one that nothing comes of but what it returns, or a violation: an assertion, a message, what compilers know themselves?
 * Whether there is such a call depends on configuration and compiler.
 */
export const isSilent = (name: string): boolean => silent.test(name);

const silent =
  /^(?:might_|get_current$|cond_resched|stub_lockdep_|lock(?:dep)?_|printk$|dev_(?:emerg|alert|crit|err|warn|notice|info|printk)$|ratelimit|sw_hweight|(?:str|mem)n?(?:len|cmp|cpy|set|move|chr)|stub_warn)/;

/** Does a number that is passed second mean the same in all kernels? Flags of allocations, sizes and names of locks do not. */
export const isSecondMeant = (name: string): boolean => /^(?:pci_|pm_|xa_|eventfd_signal$)/.test(name);
