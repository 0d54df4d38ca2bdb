// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeToolchains } from '../support/race.js';
import { type Analysed, analysed, locksText } from './analysed.js';

afterAll(closeToolchains);

const head = `
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct bus { struct mutex lock; int id; };
struct dev {
	spinlock_t lock;
	struct mutex mutex;
	struct rw_semaphore sem;
	rwlock_t rw;
	struct semaphore gate;
	struct bus *bus;
	struct dev *next;
	struct dev *slots[4];
	unsigned int a:1;
	unsigned int b:1;
};
static DEFINE_MUTEX(all);
bool unknown(void);
void elsewhere(struct dev **where);
void elsewhere_unlock(struct dev *d);
`;

/**
 * Functions `f_NAME(struct dev *d, struct dev *e, int c)`, what each does, and the locks that are held wherever its bit-field is
 * stored, by all ways that lead there from outside.
 */
const cases: Readonly<Record<string, readonly [locks: string, body: string, helpers?: string]>> = {
  // One kind of lock after another.
  nothing: ['', 'd->a = 1;'],
  spin: ['dev.lock', 'spin_lock(&d->lock); d->a = 1; spin_unlock(&d->lock);'],
  spin_irqsave: [
    'dev.lock',
    'unsigned long f; spin_lock_irqsave(&d->lock, f); d->a = 1; spin_unlock_irqrestore(&d->lock, f);',
  ],
  spin_bh: ['dev.lock', 'spin_lock_bh(&d->lock); d->a = 1; spin_unlock_bh(&d->lock);'],
  mutex: ['dev.mutex', 'mutex_lock(&d->mutex); d->a = 1; mutex_unlock(&d->mutex);'],
  semaphore: ['dev.gate', 'down(&d->gate); d->a = 1; up(&d->gate);'],
  read: ['dev.sem for reading', 'down_read(&d->sem); d->a = 1; up_read(&d->sem);'],
  write: ['dev.sem', 'down_write(&d->sem); d->a = 1; up_write(&d->sem);'],
  read_lock: ['dev.rw for reading', 'read_lock(&d->rw); d->a = 1; read_unlock(&d->rw);'],
  write_lock: ['dev.rw', 'write_lock(&d->rw); d->a = 1; write_unlock(&d->rw);'],
  two: [
    'dev.lock, dev.mutex',
    'mutex_lock(&d->mutex); spin_lock(&d->lock); d->a = 1; spin_unlock(&d->lock); mutex_unlock(&d->mutex);',
  ],
  before: ['', 'd->a = 1; spin_lock(&d->lock); spin_unlock(&d->lock);'],
  after: ['', 'spin_lock(&d->lock); spin_unlock(&d->lock); d->a = 1;'],
  downgraded: [
    'dev.sem for reading',
    'down_write(&d->sem); downgrade_write(&d->sem); d->a = 1; up_read(&d->sem);',
  ],

  // What is not always had.
  trylock: ['dev.mutex', 'if (!mutex_trylock(&d->mutex)) return; d->a = 1; mutex_unlock(&d->mutex);'],
  trylock_failed: ['', 'if (mutex_trylock(&d->mutex)) { mutex_unlock(&d->mutex); return; } d->a = 1;'],
  spin_trylock: ['dev.lock', 'if (spin_trylock(&d->lock)) { d->a = 1; spin_unlock(&d->lock); }'],
  read_trylock: ['dev.sem for reading', 'if (down_read_trylock(&d->sem)) { d->a = 1; up_read(&d->sem); }'],
  trylock_kept: [
    'dev.mutex',
    'int ok = mutex_trylock(&d->mutex); e->b = 0; if (ok) { d->a = 1; mutex_unlock(&d->mutex); }',
  ],
  trylock_by_number: [
    'dev.mutex',
    'if (!(mutex_trylock(&d->mutex) ? 1 : ({ e->b = 0; 0; }))) return; d->a = 1; mutex_unlock(&d->mutex);',
  ],
  flag: [
    'dev.mutex',
    'int locked = 0; if (e->b) { mutex_lock(&d->mutex); locked = 1; } if (locked) { d->a = 1; mutex_unlock(&d->mutex); }',
  ],
  flag_otherwise: [
    '',
    'int locked = 0; if (e->b) { mutex_lock(&d->mutex); locked = 1; } if (!locked) { d->a = 1; return; } mutex_unlock(&d->mutex);',
  ],
  flag_of_one_more: [
    '',
    'int locked = 0; if (e->b) { mutex_lock(&d->mutex); locked = 1; } else if (e->a) locked = 2; if (locked) d->a = 1;',
  ],
  flag_given_back: [
    '',
    'int locked = 0; if (e->b) { mutex_lock(&d->mutex); locked = 1; } if (locked) mutex_unlock(&d->mutex); if (locked) d->a = 1;',
  ],
  error: [
    'dev.mutex',
    'int err = -16; if (mutex_trylock(&d->mutex)) err = 0; if (err) return; d->a = 1; mutex_unlock(&d->mutex);',
  ],
  trylock_given_back: [
    '',
    'int ok = mutex_trylock(&d->mutex); if (ok) mutex_unlock(&d->mutex); if (ok) d->a = 1;',
  ],
  trylock_compared: ['dev.mutex', 'if (mutex_trylock(&d->mutex) > 0) { d->a = 1; mutex_unlock(&d->mutex); }'],
  trylock_and: ['dev.mutex', 'if (c && mutex_trylock(&d->mutex)) { d->a = 1; mutex_unlock(&d->mutex); }'],
  trylock_or: ['', 'if (c || mutex_trylock(&d->mutex)) d->a = 1;'],
  interruptible: [
    'dev.mutex',
    'if (mutex_lock_interruptible(&d->mutex)) return; d->a = 1; mutex_unlock(&d->mutex);',
  ],
  interruptible_negative: [
    'dev.mutex',
    'int r = mutex_lock_interruptible(&d->mutex); if (r < 0) return; d->a = 1; mutex_unlock(&d->mutex);',
  ],
  interruptible_and: [
    'dev.mutex',
    'if (c && !mutex_lock_interruptible(&d->mutex)) { d->a = 1; mutex_unlock(&d->mutex); }',
  ],
  interruptible_ignored: ['', 'int r = mutex_lock_interruptible(&d->mutex); d->a = r;'],
  interruptible_above: ['', 'if (mutex_lock_interruptible(&d->mutex) > 0) return; d->a = 1;'],
  interruptible_not_above: ['', 'if (mutex_lock_interruptible(&d->mutex) <= 0) d->a = 1;'],

  // Ways that meet, and ways that go round.
  conditional: ['', 'if (c) spin_lock(&d->lock); d->a = 1; if (c) spin_unlock(&d->lock);'],
  either: [
    'dev.lock',
    'if (c) { spin_lock(&d->lock); e->b = 1; } else { spin_lock(&d->lock); } d->a = 1; spin_unlock(&d->lock);',
  ],
  either_kind: ['dev.sem for reading', 'if (c) down_write(&d->sem); else down_read(&d->sem); d->a = 1;'],
  one_of_two: ['', 'if (c) mutex_lock(&d->mutex); else spin_lock(&d->lock); d->a = 1;'],
  loop: ['dev.lock', 'spin_lock(&d->lock); for (int i = 0; i < c; i++) d->a = i; spin_unlock(&d->lock);'],
  loop_around: [
    'dev.lock',
    'for (int i = 0; i < c; i++) { spin_lock(&d->lock); d->a = i; spin_unlock(&d->lock); }',
  ],
  loop_lets_go: ['', 'spin_lock(&d->lock); for (int i = 0; i < c; i++) { d->a = i; spin_unlock(&d->lock); }'],
  loop_let_go: [
    'dev.lock',
    'spin_lock(&d->lock); while (unknown()) { spin_unlock(&d->lock); spin_lock(&d->lock); } d->a = 1; spin_unlock(&d->lock);',
  ],
  loop_other_object: [
    'dev.lock of another',
    'spin_lock(&d->lock); for (struct dev *p = d; p; p = p->next) p->a = 1; spin_unlock(&d->lock);',
  ],
  unwinding: [
    'dev.mutex',
    'mutex_lock(&d->mutex); if (c < 0) goto out; if (c) goto set; goto out; set: d->a = 1; out: mutex_unlock(&d->mutex);',
  ],
  unwound: ['', 'mutex_lock(&d->mutex); if (c < 0) goto out; mutex_unlock(&d->mutex); out: d->a = 1;'],
  switched: [
    'dev.lock',
    'switch (c) { case 1: spin_lock(&d->lock); break; case 2: case 3: spin_lock(&d->lock); break; default: return; } d->a = 1; spin_unlock(&d->lock);',
  ],
  switched_through: ['', 'switch (c) { case 1: spin_lock(&d->lock); case 2: d->a = 1; }'],
  in_between: [
    '',
    'mutex_lock(&d->mutex); mutex_unlock(&d->mutex); d->a = 1; mutex_lock(&d->mutex); mutex_unlock(&d->mutex);',
  ],

  // Which object's.
  other: ['dev.lock of another', 'spin_lock(&e->lock); d->a = 1; spin_unlock(&e->lock);'],
  parent: ['bus.lock', 'mutex_lock(&d->bus->lock); d->a = 1; mutex_unlock(&d->bus->lock);'],
  global: ['all', 'mutex_lock(&all); d->a = 1; mutex_unlock(&all);'],
  by_pointer: ['dev.mutex', 'struct mutex *m = &d->mutex; mutex_lock(m); d->a = 1; mutex_unlock(m);'],
  by_alias: ['dev.mutex', 'struct dev *p = d; mutex_lock(&p->mutex); d->a = 1; mutex_unlock(&p->mutex);'],
  either_object: [
    'dev.lock of another',
    'struct dev *p = c ? d : e; spin_lock(&d->lock); p->a = 1; spin_unlock(&d->lock);',
  ],
  moved: [
    'dev.lock of another',
    'struct dev *p = d; if (c) elsewhere(&p); spin_lock(&d->lock); p->a = 1; spin_unlock(&d->lock);',
  ],
  hand_over_hand: [
    'dev.lock',
    'spin_lock(&d->lock); spin_lock(&e->lock); spin_unlock(&d->lock); e->a = 1; spin_unlock(&e->lock);',
  ],
  slot: ['dev.lock', 'spin_lock(&d->slots[c]->lock); d->slots[c]->a = 1; spin_unlock(&d->slots[c]->lock);'],

  // Scopes.
  guard: ['dev.mutex', 'guard(mutex)(&d->mutex); d->a = 1;'],
  guard_spin: ['dev.lock', 'guard(spinlock)(&d->lock); d->a = 1;'],
  guard_irqsave: ['dev.lock', 'guard(spinlock_irqsave)(&d->lock); d->a = 1;'],
  guard_ended: ['', '{ guard(mutex)(&d->mutex); e->b = 1; } d->a = 1;'],
  scoped: ['dev.lock', 'scoped_guard(spinlock, &d->lock) { d->a = 1; }'],
  scoped_ended: ['', 'scoped_guard(spinlock, &d->lock) { e->b = 1; } d->a = 1;'],

  // Functions between.
  by_helper: [
    'dev.mutex',
    'take_it(d); d->a = 1; give_it(d);',
    'static void take_it(struct dev *p) { mutex_lock(&p->mutex); }\nstatic void give_it(struct dev *p) { mutex_unlock(&p->mutex); }',
  ],
  by_deeper: [
    'dev.mutex',
    'outer_take(d); d->a = 1; mutex_unlock(&d->mutex);',
    'static void inner_take(struct mutex *m) { mutex_lock(m); }\nstatic void outer_take(struct dev *p) { inner_take(&p->mutex); }',
  ],
  by_half: [
    '',
    'half_take(d, c); d->a = 1;',
    'static void half_take(struct dev *p, int c) { if (c) mutex_lock(&p->mutex); }',
  ],
  by_other: [
    'dev.mutex of another',
    'take_second(e, d); e->a = 1;',
    'static void take_second(struct dev *o, struct dev *p) { mutex_lock(&p->mutex); }',
  ],
  by_try: [
    'dev.mutex',
    'if (!try_it(d)) return; d->a = 1; mutex_unlock(&d->mutex);',
    'static int try_it(struct dev *p) { return mutex_trylock(&p->mutex); }',
  ],
  by_global: [
    'all',
    'take_all(); d->a = 1; mutex_unlock(&all);',
    'static void take_all(void) { mutex_lock(&all); }',
  ],
  let_go: [
    '',
    'mutex_lock(&d->mutex); let_it_go(d); d->a = 1;',
    'static void let_it_go(struct dev *p) { mutex_unlock(&p->mutex); }',
  ],
  let_half_go: [
    '',
    'mutex_lock(&d->mutex); let_half(d, c); d->a = 1;',
    'static void let_half(struct dev *p, int c) { if (c) mutex_unlock(&p->mutex); }',
  ],
  let_either_go: [
    '',
    'mutex_lock(&d->mutex); let_one(d, e, c); d->a = 1;',
    'static void let_one(struct dev *p, struct dev *q, int c) { mutex_unlock(&(c ? p : q)->mutex); }',
  ],
  relocked: [
    'dev.mutex',
    'mutex_lock(&d->mutex); relock(d); d->a = 1; mutex_unlock(&d->mutex);',
    'static void relock(struct dev *p) { mutex_unlock(&p->mutex); mutex_lock(&p->mutex); }',
  ],
  relocked_and_let_go: [
    '',
    'mutex_lock(&d->mutex); relock_3(d); d->a = 1;',
    'static void relock_3(struct dev *p) { mutex_unlock(&p->mutex); mutex_lock(&p->mutex); mutex_unlock(&p->mutex); }',
  ],
  downgraded_by: [
    'dev.sem for reading',
    'down_write(&d->sem); lower(d); d->a = 1; up_read(&d->sem);',
    'static void lower(struct dev *p) { downgrade_write(&p->sem); }',
  ],
  downgraded_perhaps: [
    '',
    'down_write(&d->sem); lower_half(d, c); d->a = 1;',
    'static void lower_half(struct dev *p, int c) { if (c) downgrade_write(&p->sem); }',
  ],
  unseen_unlock: ['', 'mutex_lock(&d->mutex); elsewhere_unlock(d); d->a = 1;'],

  // Locks of the caller.
  in_caller: [
    'dev.mutex',
    'mutex_lock(&d->mutex); store(d); mutex_unlock(&d->mutex);',
    'static void store(struct dev *p) { p->a = 1; }',
  ],
  in_caller_of_caller: [
    'dev.mutex',
    'mutex_lock(&d->mutex); store_2(d); mutex_unlock(&d->mutex);',
    'static void store_1(struct dev *p) { p->a = 1; }\nstatic void store_2(struct dev *p) { store_1(p); }',
  ],
  in_caller_of_other: [
    'dev.mutex of another',
    'mutex_lock(&e->mutex); store_o(d); mutex_unlock(&e->mutex);',
    'static void store_o(struct dev *p) { p->a = 1; }',
  ],
  in_caller_let_go: [
    '',
    'mutex_lock(&d->mutex); store_let(d);',
    'static void store_let(struct dev *p) { mutex_unlock(&p->mutex); p->a = 1; mutex_lock(&p->mutex); }',
  ],
  in_caller_second: [
    'dev.lock',
    'spin_lock(&d->lock); spin_lock(&e->lock); second(d, e);',
    'static void second(struct dev *p, struct dev *q) { spin_unlock(&p->lock); q->a = 1; }',
  ],
  in_caller_alike: [
    '',
    'spin_lock(&e->lock); alike(d, e);',
    'static void alike(struct dev *p, struct dev *q) { spin_lock(&p->lock); spin_unlock(&q->lock); q->a = 1; spin_unlock(&p->lock); }',
  ],
  in_caller_downgraded: [
    'dev.sem for reading',
    'down_write(&d->sem); lowered(d);',
    'static void lowered(struct dev *p) { downgrade_write(&p->sem); p->a = 1; }',
  ],
  asserted: ['dev.mutex asserted', 'lockdep_assert_held(&d->mutex); d->a = 1;'],
  asserted_either: ['dev.sem for reading asserted', 'lockdep_assert_held(&d->sem); d->a = 1;'],
  asserted_write: ['dev.sem asserted', 'lockdep_assert_held_write(&d->sem); d->a = 1;'],
  asserted_in: [
    'dev.sem',
    'down_write(&d->sem); must(d); up_write(&d->sem);',
    'static void must(struct dev *p) { lockdep_assert_held(&p->sem); p->a = 1; }',
  ],
};

const of = (name: string, body: string) =>
  `void f_${name}(struct dev *d, struct dev *e, int c)\n{\n\t${body}\n}\n`;
const text = (some = cases) =>
  head +
  Object.entries(some)
    .map(([name, [, body, helpers = '']]) => `${helpers}\n${of(name, body)}`)
    .join('');

/** The locks of every way to a store of `a` that begins in a function; each way once. */
const heldIn = ({ accesses }: Analysed, entry: string): string[] => [
  ...new Set(
    accesses
      .filter((one) => one.entry.function === `f_${entry}` && one.field.field === 'a')
      .map(({ locks }) => locksText(locks)),
  ),
];

let all: Analysed;
beforeAll(async () => {
  all = await analysed({ 'locks.c': text() });
});

test('everything is read', () => {
  expect(all.refused).toEqual([]);
  expect(all.report.unseen).toEqual([]);
});

test.each(Object.entries(cases))('%s', (name, [locks]) => {
  expect(heldIn(all, name)).toEqual([locks]);
});
