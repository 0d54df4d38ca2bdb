// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hazardDifference } from '../../src/hazards/difference.js';
import { leastLikely } from '../../src/hazards/pairs.js';
import type { HazardReport } from '../../src/hazards/report.js';
import { closeToolchains } from '../support/race.js';
import { type Analysed, analysed, pairText } from './analysed.js';

afterAll(closeToolchains);

/** What a driver of ours is made of, and what stands in it instead where it is spoilt. */
const parts = {
  read: 'mutex_lock(&d->lock); d->a = 1; mutex_unlock(&d->lock);',
  write: 'mutex_lock(&d->lock); d->b = 1; mutex_unlock(&d->lock);',
  work: 'd->c = 1;',
  irq: 'spin_lock(&d->irq_lock); d->d = 1; spin_unlock(&d->irq_lock);',
  show: 'spin_lock_irq(&d->irq_lock); d->e = 1; spin_unlock_irq(&d->irq_lock);',
};

const driver = (changed: Partial<typeof parts> = {}) => {
  const { read, write, work, irq, show } = { ...parts, ...changed };
  return `
#include <linux/container_of.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct dev {
	struct mutex lock, other;
	spinlock_t irq_lock;
	struct rw_semaphore sem;
	struct work_struct work;
	u32 a:1;
	u32 b:1;
	u32 c:1;
	u32 :0;
	u32 d:1;
	u32 e:1;
	u32 :6;
	u32 next:1;
	u32 :0;
	u32 lone:1;
};

static ssize_t f_read(struct file *f, char __user *buf, size_t n, loff_t *at) { struct dev *d = f->private_data; ${read} return 0; }
static ssize_t f_write(struct file *f, const char __user *buf, size_t n, loff_t *at) { struct dev *d = f->private_data; ${write} return 0; }
static void f_work(struct work_struct *w) { struct dev *d = container_of(w, struct dev, work); ${work} }
static irqreturn_t f_irq(int irq, void *id) { struct dev *d = id; ${irq} return IRQ_HANDLED; }
static long f_ioctl(struct file *f, unsigned int c, unsigned long v) { struct dev *d = f->private_data; ${show} return 0; }
const struct file_operations fops = { .read = f_read, .write = f_write, .unlocked_ioctl = f_ioctl };
struct dev *probe(void)
{
	struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL);

	d->a = d->b = d->c = d->d = d->e = d->lone = d->next = 0;
	INIT_WORK(&d->work, f_work);
	return request_irq(1, f_irq, 0, "d", d) ? NULL : d;
}
`;
};

const report = async (changed?: Partial<typeof parts>): Promise<HazardReport> => {
  const { report, refused } = await analysed({ 'driver.c': driver(changed) });
  expect(refused).toEqual([]);
  return report;
};
const likely = ({ pairs }: HazardReport) => pairs.hazards.filter(({ rank }) => rank >= leastLikely);
const hazards = (report: HazardReport) => likely(report).map(pairText);
const keptApart = ({ pairs }: HazardReport) =>
  Object.fromEntries(pairs.ordered.map(({ fields, why }) => [fields.join(' × '), why]));

let driverReport: HazardReport;
beforeAll(async () => {
  driverReport = await report();
});

test('writers without a lock in common are a pair; of a struct that one has just allocated, much is to be assumed', () => {
  expect(hazards(driverReport)).toEqual(['a × c', 'b × c']);
  const unlikely = driverReport.pairs.hazards.filter(({ rank }) => rank < leastLikely);
  expect(unlikely.map(pairText).sort()).toEqual(['a × b', 'd × e', 'd × next', 'e × next']);
  for (const { assumed } of unlikely) expect(assumed.join()).toContain('has allocated');
  expect(keptApart(driverReport)).toEqual({});
  const [pair] = driverReport.pairs.hazards;
  expect(pair!.sides.map(({ function: name, locks }) => [name, locks.map((lock) => lock.name)])).toEqual([
    ['f_read', ['dev.lock']],
    ['f_work', []],
  ]);
  expect([pair!.rank, pair!.known, pair!.assumed]).toEqual([
    100,
    ['no lock in common'],
    ['both can be about the same object'],
  ]);
});

test('writers that hold one lock are kept apart, with the reason', async () => {
  const set = (field: string, lock: string) =>
    `void set_${field}(struct dev *d) { mutex_lock(&d->${lock}); d->${field} = 1; mutex_unlock(&d->${lock}); }\n`;
  const text = `#include <linux/mutex.h>
#include <linux/types.h>
struct dev { struct mutex one; struct mutex two; u32 a:1; u32 b:1; u32 c:1; };
${set('a', 'one')}${set('b', 'one')}${set('c', 'two')}`;
  const { report } = await analysed({ 'locks.c': text });
  expect(keptApart(report)).toEqual({ 'a × b': 'both hold dev.one' });
  expect(hazards(report)).toEqual(['a × c', 'b × c']);
});

describe('taking a lock away makes a pair, and putting it there takes one away', () => {
  test.each<[string, Partial<typeof parts>, added: string[], gone: string[]]>([
    ['of one side', { read: 'd->a = 1;' }, ['a × b'], []],
    ['of the other side', { irq: 'd->d = 1;' }, ['d × e'], []],
    ['another lock', { write: 'mutex_lock(&d->other); d->b = 1; mutex_unlock(&d->other);' }, ['a × b'], []],
    [
      'given back too early',
      { write: 'mutex_lock(&d->lock); mutex_unlock(&d->lock); d->b = 1;' },
      ['a × b'],
      [],
    ],
    [
      'on one way alone',
      { write: 'if (n) mutex_lock(&d->lock); d->b = 1; if (n) mutex_unlock(&d->lock);' },
      ['a × b'],
      [],
    ],
    [
      'both for reading',
      {
        read: 'down_read(&d->sem); d->a = 1; up_read(&d->sem);',
        write: 'down_read(&d->sem); d->b = 1; up_read(&d->sem);',
      },
      ['a × b'],
      [],
    ],
    [
      'one for reading',
      {
        read: 'down_read(&d->sem); d->a = 1; up_read(&d->sem);',
        write: 'down_write(&d->sem); d->b = 1; up_write(&d->sem);',
      },
      [],
      [],
    ],
    [
      'the third one takes it',
      { work: 'mutex_lock(&d->lock); d->c = 1; mutex_unlock(&d->lock);' },
      [],
      ['a × c', 'b × c'],
    ],
    ['the third one writes nothing', { work: '' }, [], ['a × c', 'b × c']],
    ['the third one has bytes of its own', { work: 'd->lone = 1;' }, [], ['a × c', 'b × c']],
    [
      'a trylock that is had',
      { work: 'if (!mutex_trylock(&d->lock)) return; d->c = 1; mutex_unlock(&d->lock);' },
      [],
      ['a × c', 'b × c'],
    ],
    ['a trylock that nobody looks at', { work: '(void)mutex_trylock(&d->lock); d->c = 1;' }, [], []],
    ['a guard', { work: 'guard(mutex)(&d->lock); d->c = 1;' }, [], ['a × c', 'b × c']],
  ])('%s', async (_, changed, added, gone) => {
    const after = await report(changed);
    const difference = hazardDifference(driverReport, after, ['before', 'after']);
    expect([difference.added.map(pairText), difference.gone.map(pairText)]).toEqual([added, gone]);
  });
});

test('what clang alone writes by the same bytes ranks lower, and says so', async () => {
  const found = await report({ show: 'd->next = 1;', work: '' });
  const [pair] = likely(found);
  expect(hazards(found)).toEqual(['d × next']);
  expect([pair!.gcc, pair!.wide]).toEqual([null, { offset: pair!.fields[0].wide.offset, size: 2 }]);
  expect(pair!.rank).toBe(75);
  expect(pair!.known).toContain('gcc writes them by different bytes, clang by the same');
});

test('one work item does not run twice at the same time; an op does', async () => {
  const both = 'd->c = 1; d->b = 1;';
  expect(hazards(await report({ work: both, write: '', read: '' }))).toEqual([]);
  expect(hazards(await report({ work: '', write: both, read: '' }))).toEqual(['b × c']);
});

test('a lock of the same name of another object keeps nothing apart for sure', async () => {
  const other = (what: string) =>
    `struct dev *o = (void *)f->private_data + n; mutex_lock(&o->lock); d->${what} = 1; mutex_unlock(&o->lock);`;
  const { pairs } = await report({ read: other('a'), write: other('b'), work: '' });
  const [pair] = pairs.hazards;
  expect(pairText(pair!)).toBe('a × b');
  expect(pair!.assumed.join()).toContain('dev.lock are not one');
  expect(pair!.rank).toBeLessThan(60);
});

test('one of several locks, by a number, keeps nothing apart for sure; the one beside the struct does', async () => {
  const writer = (field: string, lock: string) =>
    `int f_${field}(struct dev *d, int i) { mutex_lock(${lock}); d->rows[i].${field} = 1; mutex_unlock(${lock}); return 0; }\n`;
  const head = `#include <linux/mutex.h>
#include <linux/types.h>
struct row { struct mutex lock; u32 a:1; u32 b:1; };
struct dev { struct mutex locks[4]; struct row rows[4]; };
static struct mutex all[4];
`;
  const ranks = async (lock: string) => {
    const { report } = await analysed({ 'rows.c': `${head}${writer('a', lock)}${writer('b', lock)}` });
    return report.pairs.hazards.map((pair) => [pairText(pair), pair.rank]);
  };
  expect(await ranks('&d->locks[i & 3]')).toEqual([['a × b', expect.any(Number)]]);
  expect(await ranks('&all[i & 3]')).toEqual([['a × b', expect.any(Number)]]);
  expect(await ranks('&d->rows[i].lock')).toEqual([]);
  expect(await ranks('&d->locks[1]')).toEqual([['a × b', expect.any(Number)]]);
  expect(await ranks('&all[1]')).toEqual([]);
});

test('the likeliest come first', async () => {
  const source = `
#include <linux/interrupt.h>
#include <linux/types.h>
struct dev { u32 a:1; u32 b:1; u32 c:1; };
struct some_ops { int (*run)(struct dev *d); int (*open)(struct dev *d); int (*probe)(struct dev *d); int (*remove)(struct dev *d); };
static irqreturn_t on_irq(int irq, void *id) { struct dev *d = id; d->a = 1; return IRQ_HANDLED; }
static int run(struct dev *d) { d->b = 1; return 0; }
static int start(struct dev *d) { d->c = 1; return request_irq(1, on_irq, 0, "d", d); }
const struct some_ops ops = { .run = run, .probe = start };
`;
  const { report }: Analysed = await analysed({ 'ranked.c': source });
  expect(report.pairs.hazards.map((pair) => [pairText(pair), pair.rank])).toEqual([
    ['a × b', 100],
    ['a × c', 55],
    ['b × c', 45],
  ]);
  for (const { rank, assumed } of report.pairs.hazards)
    expect(assumed.includes('the object is in use while start() sets it up')).toBe(rank < 100);
});

test('two structs of one tag are two', async () => {
  const file = (name: string, one: string, two: string) =>
    `struct state { unsigned ${one}:1; unsigned ${two}:1; };\nvoid ${name}_${one}(struct state *s) { s->${one} = 1; }\nvoid ${name}_${two}(struct state *s) { s->${two} = 1; }\n`;
  const { report } = await analysed({ 'x.c': file('x', 'a', 'b'), 'y.c': file('y', 'c', 'd') });
  expect(report.pairs.hazards.map(pairText).sort()).toEqual(['a × b', 'c × d']);
});

test('of a file that is not read, no pair is gone or new', async () => {
  const { report } = await analysed({
    'a.c':
      '#include <linux/types.h>\nstruct dev { u32 a:1; u32 b:1; };\nvoid set_a(struct dev *d) { d->a = 1; }\nvoid set_b(struct dev *d) { d->b = 1; }\n',
  });
  const none = { ...report, pairs: { hazards: [], ordered: [] } };
  const unread = { ...none, refused: [{ path: 'a.c', code: 'E_COMPILE', why: 'it is not C', hint: null }] };
  const told = (before: HazardReport, after: HazardReport) => {
    const { added, gone } = hazardDifference(before, after, ['before', 'after']);
    return [added.length, gone.length];
  };
  expect([told(report, none), told(none, report)]).toEqual([
    [0, 1],
    [1, 0],
  ]);
  expect([told(report, unread), told(unread, report)]).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
