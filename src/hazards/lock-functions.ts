// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only

/** What a function of the kernel does to the lock that it is given. */
export interface LockFunction {
  readonly does: 'take' | 'try' | 'release' | 'assert' | 'downgrade';
  /** A try has taken the lock if it returns something else than 0, or if it returns 0. */
  readonly when: 'set' | 'zero';
  /** Which argument is the lock; null where the function knows it by itself. */
  readonly argument: number | null;
  /** What the lock is called where no argument says. */
  readonly name: string;
  readonly shared: boolean;
}

const of = (does: LockFunction['does'], more: Partial<LockFunction> = {}): LockFunction => ({
  does,
  when: 'set',
  argument: 0,
  name: '',
  shared: false,
  ...more,
});

const nesting = '(?:_nested|_nest_lock)?';
const irq = '(?:_irq|_bh|_irqsave|_irqrestore)?';

/** Patterns of names. Of what is an inline function in headers, those count that it calls. */
const families: readonly (readonly [RegExp, LockFunction])[] = [
  [new RegExp(`^_raw_spin_lock${irq}${nesting}$`), of('take')],
  [new RegExp(`^_raw_spin_trylock${irq}$`), of('try')],
  [new RegExp(`^_raw_spin_unlock${irq}$`), of('release')],
  [new RegExp(`^_raw_write_lock${irq}${nesting}$`), of('take')],
  [new RegExp(`^_raw_write_trylock${irq}$`), of('try')],
  [new RegExp(`^_raw_write_unlock${irq}$`), of('release')],
  [new RegExp(`^_raw_read_lock${irq}$`), of('take', { shared: true })],
  [new RegExp(`^_raw_read_trylock${irq}$`), of('try', { shared: true })],
  [new RegExp(`^_raw_read_unlock${irq}$`), of('release', { shared: true })],
  [/^_?mutex_lock(?:_io)?(?:_nested|_nest_lock)?$/, of('take')],
  [/^_?mutex_lock_(?:interruptible|killable)(?:_nested|_nest_lock)?$/, of('try', { when: 'zero' })],
  [/^_?mutex_trylock(?:_nest_lock)?$/, of('try')],
  [/^mutex_unlock$/, of('release')],
  [/^rt_mutex_(?:lock|lock_nested)$/, of('take')],
  [/^rt_mutex_lock_(?:interruptible|killable)$/, of('try', { when: 'zero' })],
  [/^rt_mutex_trylock$/, of('try')],
  [/^rt_mutex_unlock$/, of('release')],
  [/^ww_mutex_lock(?:_interruptible)?$/, of('try', { when: 'zero' })],
  [/^ww_mutex_trylock$/, of('try')],
  [/^ww_mutex_unlock$/, of('release')],
  [/^_?down_write(?:_nested|_nest_lock)?$/, of('take')],
  [/^down_write_killable(?:_nested)?$/, of('try', { when: 'zero' })],
  [/^down_write_trylock$/, of('try')],
  [/^up_write$/, of('release')],
  [/^downgrade_write$/, of('downgrade')],
  [/^down_read(?:_nested|_non_owner)?$/, of('take', { shared: true })],
  [/^down_read_(?:killable|interruptible)(?:_nested)?$/, of('try', { when: 'zero', shared: true })],
  [/^down_read_trylock$/, of('try', { shared: true })],
  [/^up_read(?:_non_owner)?$/, of('release', { shared: true })],
  [/^down$/, of('take')],
  [/^down_(?:interruptible|killable|trylock|timeout)$/, of('try', { when: 'zero' })],
  [/^up$/, of('release')],
  [/^lock_sock_nested$/, of('take', { name: 'socket lock' })],
  [/^release_sock$/, of('release', { name: 'socket lock' })],
  [/^bit_spin_lock$/, of('take', { argument: 1 })],
  [/^_*bit_spin_unlock$/, of('release', { argument: 1 })],
  [/^rtnl_lock$/, of('take', { argument: null, name: 'rtnl_mutex' })],
  [/^rtnl_(?:trylock)$/, of('try', { argument: null, name: 'rtnl_mutex' })],
  [/^rtnl_lock_(?:killable|interruptible)$/, of('try', { argument: null, name: 'rtnl_mutex', when: 'zero' })],
  [/^(?:__)?rtnl_unlock$/, of('release', { argument: null, name: 'rtnl_mutex' })],
  [/^console_lock$/, of('take', { argument: null, name: 'console_lock' })],
  [/^console_trylock$/, of('try', { argument: null, name: 'console_lock' })],
  [/^console_unlock$/, of('release', { argument: null, name: 'console_lock' })],
  [/^cpus_read_lock$/, of('take', { argument: null, name: 'cpu_hotplug_lock', shared: true })],
  [/^cpus_read_unlock$/, of('release', { argument: null, name: 'cpu_hotplug_lock', shared: true })],
  [/^cpus_write_lock$/, of('take', { argument: null, name: 'cpu_hotplug_lock' })],
  [/^cpus_write_unlock$/, of('release', { argument: null, name: 'cpu_hotplug_lock' })],
  [/^__mmc_claim_host$/, of('try', { name: 'mmc host claim', when: 'zero' })],
  [/^mmc_release_host$/, of('release', { name: 'mmc host claim' })],
  [/^i2c_lock_bus$/, of('take', { name: 'i2c bus lock' })],
  [/^i2c_unlock_bus$/, of('release', { name: 'i2c bus lock' })],
  [/^drm_modeset_lock$/, of('try', { when: 'zero' })],
  [/^drm_modeset_unlock$/, of('release')],
  [/^snd_pcm_stream_lock(?:_irq)?$/, of('take', { name: 'PCM stream lock' })],
  [/^_snd_pcm_stream_lock_irqsave(?:_nested)?$/, of('take', { name: 'PCM stream lock' })],
  [/^snd_pcm_stream_unlock(?:_irq|_irqrestore)?$/, of('release', { name: 'PCM stream lock' })],
  [/^stub_lockdep_assert_held$/, of('assert')],
];

const known = new Map<string, LockFunction | null>();

/** What a function does to a lock, by its name; null where it is none of the kernel's that do. */
export function lockFunction(name: string): LockFunction | null {
  let found = known.get(name);
  if (found === undefined) {
    found = families.find(([pattern]) => pattern.test(name))?.[1] ?? null;
    known.set(name, found);
  }
  return found;
}

/** Functions whose code is not there, and whose names say that they may give back a lock. */
export const mayRelease = (name: string): boolean => /unlock/.test(name);

/** Functions that return memory which nobody else knows yet. */
export const allocates = (name: string): boolean =>
  /^(?:__kmalloc\w*|kmalloc\w*|kzalloc\w*|kcalloc\w*|kvmalloc\w*|kvzalloc\w*|__kvmalloc\w*|vmalloc\w*|vzalloc\w*|kmem_cache_alloc\w*|kmem_cache_zalloc\w*|devm_k[mzc]alloc\w*|devm_kmalloc\w*|kmemdup\w*|__vmalloc\w*|__kmem_cache_\w*)$/.test(
    name,
  );
