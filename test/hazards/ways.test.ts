// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pairsOf } from '../../src/hazards/pairs.js';
import { closeToolchains } from '../support/race.js';
import { type Analysed, analysed, locksText, pairText } from './analysed.js';

afterAll(closeToolchains);

const source = `#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/types.h>
struct s { struct mutex m; struct rw_semaphore sem; struct timer_list timer; u32 a:1; u32 b:1; };
struct pair { struct s *first; struct s *second; };
struct found { int *is; };
int elsewhere(void);
void elsewhere_unlock(struct s *s);

/* A helper that gives back on one way what its caller holds. */
static void maybe(struct s *s, bool locked) { if (!locked) mutex_lock(&s->m); mutex_unlock(&s->m); }
void caller_of_maybe(struct s *s) { mutex_lock(&s->m); maybe(s, elsewhere()); s->a = 1; }

/* What says that a lock is held says so no more when something else gives it back. */
void tried(struct s *s) { bool got = mutex_trylock(&s->m); if (got) elsewhere_unlock(s); if (got) s->a = 1; }

/* The second pointer of a struct is not the first one. */
void copied(struct s *x, struct s *y)
{
	struct pair p = { x, y }, q;
	struct s *one;

	__builtin_memcpy(&one, &p.second, sizeof(one));
	q = p;
	mutex_lock(&one->m);
	q.first->a = 1;
}

/* A lock for reading on one of two ways. */
static void sets(struct s *s) { s->a = 1; }
void by_both(struct s *s, int w)
{
	if (w) { down_write(&s->sem); sets(s); up_write(&s->sem); }
	else { down_read(&s->sem); sets(s); up_read(&s->sem); }
}
void by_reader(struct s *s) { down_read(&s->sem); s->b = 1; up_read(&s->sem); }

/* Numbers of another width, and local variables that somebody else writes. */
static void by_byte(struct s *s, u8 mode) { if (mode == 0xff) s->a = 1; }
void gives_byte(struct s *s) { by_byte(s, 0xff); }
static void by_word(struct s *s, u8 mode) { if (mode == 0) s->a = 1; }
void gives_word(struct s *s) { by_word(s, (u8)256); }
static void finds(struct found *f) { *f->is = elsewhere(); }
void through_a_struct(struct s *s) { int is = 0; struct found f = { &is }; finds(&f); if (is) s->a = 1; }
void in_an_array(struct s *s, int i) { int set[4] = { 0, 0, 0, 0 }; set[i & 3] = 1; if (set[0]) s->a = 1; }
void blanked(struct s *s) { int is = 1; __builtin_memset(&is, 0, sizeof(is)); if (!is) s->a = 1; }

/* A function that is handed to another one of the unit, and one that a timer and its driver call. */
static void each(struct s *s, void (*what)(struct s *s)) { what(s); }
static void handed(struct s *s) { s->a = 1; }
void hands(struct s *s) { mutex_lock(&s->m); handed(s); mutex_unlock(&s->m); each(s, handed); }
static void on_timer(struct timer_list *t) { struct s *s = container_of(t, struct s, timer); s->b = 1; }
void sets_timer(struct s *s) { s->timer.function = on_timer; }
/* Functions whose address goes where nobody follows it, and some locks' callers by name. */
struct handlers { void (*set)(struct s *s); };
static void chosen(struct s *s) { s->a = 1; }
static void other(struct s *s) { s->b = 1; }
static void merged(struct s *s) { s->a = 1; }
static void in_struct(struct s *s) { s->a = 1; }
static void in_table(struct s *s) { s->a = 1; }
static void returned(struct s *s) { s->a = 1; }
static void (*const table[])(struct s *s) = { in_table };
void calls_handlers(struct handlers *h, struct s *s);
void choose(struct s *s, int w) { void (*fn)(struct s *s) = w ? chosen : other; fn(s); }
void merge(struct s *s, int w) { void (*fn)(struct s *s) = other; if (w) fn = merged; fn(s); }
void begin(struct s *s) { struct handlers h = { in_struct }; calls_handlers(&h, s); }
void from_table(struct s *s, int i) { table[i](s); }
void (*gives(void))(struct s *s);
void (*gives(void))(struct s *s) { return returned; }
void all_locked(struct s *s)
{
	mutex_lock(&s->m);
	chosen(s); merged(s); in_struct(s); in_table(s); returned(s);
	mutex_unlock(&s->m);
}

/* One function by a pointer to it is that function. */
static void by_pointer(struct s *s) { s->a = 1; }
void calls_pointer(struct s *s) { void (*fn)(struct s *s) = by_pointer; mutex_lock(&s->m); fn(s); mutex_unlock(&s->m); }

/* What is given back by a pointer that leads nobody knows where may be any. */
struct mutex *somewhere(void);
struct s *some(void);
void nameless(struct s *s) { mutex_lock(&s->m); mutex_unlock(somewhere()); s->a = 1; }
void namesake(struct s *s) { mutex_lock(&s->m); mutex_unlock(&some()->m); s->a = 1; }
static void gives_nameless(void) { mutex_unlock(somewhere()); }
void calls_nameless(struct s *s) { mutex_lock(&s->m); gives_nameless(); s->a = 1; }

/* A variable that is known late, by way of a loop. */
void loops(struct s *s, struct s *t, int n)
{
	struct s *at = s;

	mutex_lock(&s->m);
	while (n--) {
		struct s *now = at;

		now->a = 1;
		at = t;
	}
	mutex_unlock(&s->m);
}

void kicks(struct s *s) { mutex_lock(&s->m); s->timer.function(&s->timer); mutex_unlock(&s->m); }
`;

let all: Analysed;
beforeAll(async () => {
  all = await analysed({ 's.c': source });
});

const ways = (name: string) => all.accesses.filter(({ path }) => path.includes(name));
const locks = (name: string) => [...new Set(ways(name).map((one) => locksText(one.locks)))].sort();

test('everything is read', () => {
  expect([all.refused, all.report.unseen]).toEqual([[], []]);
});

test.each([
  ['caller_of_maybe', ['']],
  ['tried', ['']],
  ['copied', [expect.not.stringMatching(/^s\.m$/)]],
  // Whoever meets it under the lock for reading meets less than under the other.
  ['by_both', ['s.sem for reading']],
  ['calls_pointer', ['s.m']],
  ['nameless', ['']],
  ['namesake', ['']],
  ['calls_nameless', ['']],
  ['loops', [expect.not.stringMatching(/^s\.m$/)]],
])('what %s holds', (name, expected) => {
  expect(locks(name)).toEqual(expected);
});

test.each(['gives_byte', 'gives_word', 'through_a_struct', 'in_an_array', 'blanked'])(
  'the store of %s is there',
  (name) => {
    expect(ways(name)).not.toEqual([]);
  },
);

test('a way for reading is compared beside one for writing, from the same entry', () => {
  const accesses = all.accesses.filter(({ entry }) => ['by_both', 'by_reader'].includes(entry.function));
  expect(pairsOf(accesses).hazards.map(pairText)).toEqual(['a × b']);
});

test.each(['chosen', 'merged', 'in_struct', 'in_table', 'returned'])(
  '%s, whose address goes where nobody follows it, is called without a lock, too',
  (name) => {
    expect(locks(name)).toEqual(['', 's.m']);
  },
);

test('a function that is handed over is called without the locks of those who call it by name, too', () => {
  expect(locks('handed')).toEqual(['', 's.m']);
});

test('what a timer calls is a timer’s, whoever else calls it', () => {
  expect(ways('on_timer').map(({ entry, locks }) => [entry.kind, locksText(locks)])).toContainEqual([
    'timer',
    '',
  ]);
});
