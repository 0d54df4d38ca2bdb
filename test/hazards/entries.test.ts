// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldAccesses } from '../../src/hazards/contexts.js';
import { entryText } from '../../src/report/hazard-pairs.js';
import { closeToolchains } from '../support/race.js';
import { type Analysed, analysed, locksText } from './analysed.js';

afterAll(closeToolchains);

/** Functions that store a bit-field each, in a file that gives them to the kernel in all the ways that there are. */
const source = `
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/pm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

struct dev {
	struct timer_list timer;
	struct work_struct work;
	struct delayed_work later;
	struct tasklet_struct tasklet;
	struct notifier_block nb;
	struct rcu_head rcu;
	struct mutex lock;
	const struct handlers *handlers;
	u32 flags:4;
	u32 other:4;
};
struct handlers { int (*first)(struct dev *d); int (*second)(struct dev *d); };
struct outer_ops { int version; struct handlers in; struct handlers rows[2]; };
struct device_attribute { int mode; ssize_t (*show)(struct dev *d, char *buf); ssize_t (*store)(struct dev *d, const char *buf, size_t n); };
int register_elsewhere(struct dev *d, void (*callback)(struct dev *d));
int call_me_later(int (*fn)(struct dev *d), struct dev *d);

static struct dev the;

static int slot_ioctl(struct dev *d) { d->flags = 1; return 0; }
static int slot_nested(struct dev *d) { d->flags = 2; return 0; }
static int slot_row(struct dev *d) { d->flags = 3; return 0; }
static long f_ioctl(struct file *f, unsigned int c, unsigned long a) { the.flags = 4; return 0; }
static int f_release(struct inode *i, struct file *f) { the.flags = 5; return 0; }
static ssize_t s_show(struct dev *d, char *buf) { return d->flags; }
static ssize_t s_store(struct dev *d, const char *buf, size_t n) { d->flags = n; return n; }
static int p_suspend(struct device *dev) { the.flags = 6; return 0; }
static int set_param(const char *text, const struct kernel_param *p) { the.flags = 7; return 0; }
static irqreturn_t hard(int irq, void *id) { struct dev *d = id; d->flags = 1; return IRQ_WAKE_THREAD; }
static irqreturn_t threaded(int irq, void *id) { struct dev *d = id; d->flags = 2; return IRQ_HANDLED; }
static void on_timer(struct timer_list *t) { struct dev *d = timer_container_of(d, t, timer); d->flags = 8; }
static void on_work(struct work_struct *w) { struct dev *d = container_of(w, struct dev, work); d->flags = 9; }
static void on_later(struct work_struct *w) { struct dev *d = container_of(w, struct dev, later.work); d->flags = 9; }
static void on_tasklet(struct tasklet_struct *t) { struct dev *d = from_tasklet(d, t, tasklet); d->flags = 10; }
static int on_event(struct notifier_block *nb, unsigned long a, void *v) { container_of(nb, struct dev, nb)->flags = 11; return 0; }
static void on_rcu(struct rcu_head *head) { container_of(head, struct dev, rcu)->flags = 12; }
static void on_callback(struct dev *d) { d->flags = 13; }
static int on_later_call(struct dev *d) { d->flags = 13; return 0; }
int exported(struct dev *d) { d->flags = 14; return 0; }
EXPORT_SYMBOL_GPL(exported);
int elsewhere(struct dev *d) { d->flags = 14; return 0; }
static void __attribute__((used)) nobody(struct dev *d) { d->flags = 15; }

static const struct handlers table = { .second = slot_ioctl };
const struct outer_ops outer = { .in = { .second = slot_nested }, .rows[1].first = slot_row };
const struct file_operations fops = { .unlocked_ioctl = f_ioctl, .release = f_release };
const struct dev_pm_ops pm = { .runtime_suspend = p_suspend };
struct device_attribute attribute = { 0444, s_show, s_store };
const struct kernel_param_ops ops = { .set = set_param };

/* A member that functions are kept in, and that is called here. */
struct followed { int (*fn)(struct dev *d); int (*not_called)(struct dev *d); };
static int by_member(struct dev *d) { d->other = 1; return 0; }
static int by_member_2(struct dev *d) { d->other = 2; return 0; }
const struct followed follow[] = { { by_member }, { by_member_2 } };
int calls_member(struct dev *d, const struct followed *f) { mutex_lock(&d->lock); f->fn(d); mutex_unlock(&d->lock); return 0; }

struct layers { int x; int (*go)(struct dev *d, const struct layers *below); };
static int stacked(struct dev *d, const struct layers *below) { d->other = 9; return below->go(d, below); }
static int lower(struct dev *d, const struct layers *below) { d->other = 10; return 0; }
const struct layers stack = { .go = stacked }, low = { .go = lower };

/* Helpers that hand a function on. */
static void hand_on(struct dev *d, void (*fn)(struct dev *d)) { register_elsewhere(d, fn); }
static void handed(struct dev *d) { d->other = 3; }

/* What calls itself, and each other. */
static void recursive(struct dev *d, int n) { d->other = 4; if (n) recursive(d, n - 1); }
static void pong(struct dev *d, int n);
static void ping(struct dev *d, int n) { if (n) pong(d, n - 1); }
static void pong(struct dev *d, int n) { d->other = 5; ping(d, n); }
int calls_recursive(struct dev *d) { mutex_lock(&d->lock); recursive(d, 3); mutex_unlock(&d->lock); return 0; }
int calls_ping(struct dev *d) { mutex_lock(&d->lock); ping(d, 3); mutex_unlock(&d->lock); return 0; }
static void gives_and_recurs(struct dev *d, int n);
static void recurs(struct dev *d, int n) { if (n) gives_and_recurs(d, n - 1); }
static void gives_and_recurs(struct dev *d, int n) { if (n == 7) mutex_unlock(&d->lock); recurs(d, n); }
int calls_gives(struct dev *d, int n) { mutex_lock(&d->lock); recurs(d, n); d->other = 8; return 0; }
int calls_gives_too(struct dev *d, int n) { mutex_lock(&d->lock); gives_and_recurs(d, n); d->other = 8; return 0; }

/* The same, met from the other end first. */
static void beta(struct dev *d, int n);
static void alpha(struct dev *d, int n) { if (n == 7) mutex_unlock(&d->lock); beta(d, n); }
static void beta(struct dev *d, int n) { if (n) alpha(d, n - 1); }
int calls_alpha(struct dev *d, int n) { mutex_lock(&d->lock); alpha(d, n); d->other = 11; return 0; }
int calls_beta(struct dev *d, int n) { mutex_lock(&d->lock); beta(d, n); d->other = 11; return 0; }

/* An object that nobody else knows yet. */
struct dev *makes(void) { struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL); if (d) d->other = 6; return d; }
static struct dev *made(void) { struct dev *d = kzalloc(sizeof(*d), GFP_KERNEL); return d; }
struct dev *makes_by_helper(void) { struct dev *d = made(); d->other = 7; return d; }

int probe(struct dev *d, struct notifier_block *nb)
{
	timer_setup(&d->timer, on_timer, 0);
	INIT_WORK(&d->work, on_work);
	INIT_DELAYED_WORK(&d->later, on_later);
	tasklet_setup(&d->tasklet, on_tasklet);
	d->nb.notifier_call = on_event;
	call_rcu(&d->rcu, on_rcu);
	register_elsewhere(d, on_callback);
	call_me_later(on_later_call, d);
	hand_on(d, handed);
	d->handlers = &table;
	return request_threaded_irq(1, hard, threaded, 0, "d", d);
}
`;

let all: Analysed;
beforeAll(async () => {
  all = await analysed({ 'entries.c': source });
});

const waysTo = (name: string) => all.accesses.filter((one) => one.function === name);
const entriesOf = (name: string) =>
  [
    ...new Set(
      waysTo(name).map(({ entry }) => `${entry.function}() [${entryText({ ...entry, under: null })}]`),
    ),
  ].sort();

test('everything is read', () => {
  expect([all.refused, all.report.unseen]).toEqual([[], []]);
});

test.each<[string, ...string[]]>([
  ['slot_ioctl', 'ops, handlers.second of table'],
  ['slot_nested', 'ops, handlers.second of outer'],
  ['slot_row', 'ops, handlers.first of outer'],
  ['f_ioctl', 'ops, file_operations.unlocked_ioctl of fops'],
  ['f_release', 'ops, file_operations.release of fops'],
  ['s_store', 'sysfs, device_attribute.store of attribute'],
  ['p_suspend', 'power management, dev_pm_ops.runtime_suspend of pm'],
  ['set_param', 'module parameter, kernel_param_ops.set of ops'],
  ['hard', 'interrupt, given to request_threaded_irq()'],
  ['threaded', 'threaded interrupt, given to request_threaded_irq()'],
  ['on_timer', 'timer, given to timer_init_key()'],
  ['on_work', 'work, work_struct.func'],
  ['on_later', 'work, work_struct.func'],
  ['on_tasklet', 'softirq, given to tasklet_setup()'],
  ['on_event', 'notifier, notifier_block.notifier_call'],
  ['on_rcu', 'RCU callback, given to call_rcu()'],
  ['on_callback', 'callback, given to register_elsewhere()'],
  ['on_later_call', 'callback, given to call_me_later()'],
  ['handed', 'callback, given to register_elsewhere()'],
  ['exported', 'exported'],
  ['elsewhere', 'called from elsewhere'],
  ['nobody', 'unknown'],
])('%s', (name, ...entries) => {
  expect(entriesOf(name)).toEqual(entries.map((text) => `${name}() [${text}]`));
});

test('what is called through a member of the same files is followed there', () => {
  for (const name of ['by_member', 'by_member_2']) {
    expect(entriesOf(name)).toEqual(['calls_member() [called from elsewhere]']);
    expect(waysTo(name).map(({ locks }) => locksText(locks))).toEqual(['dev.lock']);
  }
});

test('what is called through a member by what is only called through it itself is entered through it', () => {
  expect(entriesOf('stacked')).toEqual(['stacked() [ops, layers.go of stack]']);
  expect(entriesOf('lower')).toContain('lower() [ops, layers.go of low]');
});

test('what calls itself, or each other, holds what its callers hold, unless it gives that back', () => {
  const locks = (name: string, entry: string) => [
    ...new Set(
      waysTo(name)
        .filter((one) => one.entry.function === entry)
        .map((one) => locksText(one.locks)),
    ),
  ];
  expect(locks('recursive', 'calls_recursive')).toEqual(['dev.lock']);
  expect(locks('pong', 'calls_ping')).toEqual(['dev.lock']);
  expect(locks('calls_gives', 'calls_gives')).toEqual(['']);
  expect(locks('calls_gives_too', 'calls_gives_too')).toEqual(['']);
  expect(locks('calls_alpha', 'calls_alpha')).toEqual(['']);
  expect(locks('calls_beta', 'calls_beta')).toEqual(['']);
});

test('what is just allocated is nobody else’s', () => {
  expect(waysTo('makes').map(({ fresh }) => fresh)).toEqual([true]);
  expect(waysTo('makes_by_helper').map(({ fresh }) => fresh)).toEqual([true]);
  expect(waysTo('exported').map(({ fresh }) => fresh)).toEqual([false]);
});

describe('across files', () => {
  test('locks of a caller in another file, of a helper in a third', async () => {
    const head =
      '#include <linux/mutex.h>\n#include <linux/types.h>\nstruct dev { struct mutex lock; u32 a:1; u32 b:1; };\n' +
      'void take(struct dev *d); void give(struct dev *d); void store(struct dev *d);\n';
    const { accesses } = await analysed({
      'dev.h': head,
      'caller.c':
        '#include "dev.h"\nvoid caller(struct dev *d) { take(d); store(d); give(d); }\nvoid bare(struct dev *d) { take(d); give(d); d->b = 1; }\n',
      'helper.c':
        '#include "dev.h"\nvoid take(struct dev *d) { mutex_lock(&d->lock); }\nvoid give(struct dev *d) { mutex_unlock(&d->lock); }\n',
      'store.c': '#include "dev.h"\nvoid store(struct dev *d) { d->a = 1; }\n',
    });
    expect(
      accesses.map(({ field, path, locks }) => [field.field, path.join(' > '), locksText(locks)]).sort(),
    ).toEqual([
      ['a', 'caller > store', 'dev.lock'],
      ['b', 'bare', ''],
    ]);
  });

  test('two files’ static functions of one name are two', async () => {
    const file = (field: string, lock: string) =>
      '#include <linux/mutex.h>\n#include <linux/types.h>\nstruct dev { struct mutex lock; u32 a:1; u32 b:1; };\n' +
      `static void set(struct dev *d) { d->${field} = 1; }\n` +
      `void set_${field}(struct dev *d) { ${lock}set(d); }\n`;
    const { accesses } = await analysed({ 'a.c': file('a', 'mutex_lock(&d->lock); '), 'b.c': file('b', '') });
    expect(
      accesses.map(({ field, path, locks }) => [field.field, path.join(' > '), locksText(locks)]).sort(),
    ).toEqual([
      ['a', 'set_a > set', 'dev.lock'],
      ['b', 'set_b > set', ''],
    ]);
  });
});

describe('of any size', () => {
  const dev =
    '#include <linux/mutex.h>\n#include <linux/types.h>\nstruct dev { struct mutex lock; u32 a:1; u32 b:1; };\n';

  test('a deep chain of calls, and a huge switch', async () => {
    const chain = Array.from(
      { length: 20 },
      (_, i) => `static void c${i + 1}(struct dev *d) { c${i}(d); }`,
    ).join('\n');
    const cases = Array.from(
      { length: 600 },
      (_, i) => `case ${i}: ${i % 2 ? 'mutex_lock(&d->lock); d->a = 1; mutex_unlock(&d->lock);' : ''} break;`,
    ).join('\n');
    const { accesses, refused } = await analysed({
      'deep.c': `${dev}static void c0(struct dev *d) { d->b = 1; }\n${chain}\nvoid deep(struct dev *d) { mutex_lock(&d->lock); c20(d); mutex_unlock(&d->lock); }
void huge(struct dev *d, int n)\n{\nswitch (n) {\n${cases}\n}\n}\n`,
    });
    expect(refused).toEqual([]);
    const [deep] = accesses.filter(({ field }) => field.field === 'b');
    expect([deep?.path.length, locksText(deep!.locks)]).toEqual([22, 'dev.lock']);
    const huge = accesses.filter(({ field }) => field.field === 'a');
    expect(huge).toHaveLength(300);
    expect(new Set(huge.map(({ locks }) => locksText(locks)))).toEqual(new Set(['dev.lock']));
  });

  test('a lock of the struct around a member that was handed over', async () => {
    const { accesses } = await analysed({
      'around.c': `#include <linux/container_of.h>\n#include <linux/mutex.h>\n#include <linux/types.h>
struct part { int number; };
struct inner { int number; struct part part; };
struct dev { struct mutex lock; struct inner inner; u32 a:1; };
static struct dev *dev_of(struct part *part) { return container_of(part, struct dev, inner.part); }
void set(struct inner *inner)
{
  struct dev *d = dev_of(&inner->part);
  mutex_lock(&d->lock);
  d->a = 1;
  mutex_unlock(&d->lock);
}
`,
    });
    expect(accesses.map(({ locks }) => locksText(locks))).toEqual(['dev.lock']);
  });

  test('which lock an inline function tried, and which element of an array it is', async () => {
    const { accesses, report } = await analysed({
      'tried.c': `#include <linux/spinlock.h>\n#include <linux/types.h>
struct dev { spinlock_t tx, rx, each[2]; u32 a:1; u32 b:1; };
struct wrapped { spinlock_t lock; };
static inline int tried(spinlock_t *lock) { return spin_trylock(lock); }
void one(struct dev *d) { if (!tried(&d->tx)) return; d->a = 1; spin_unlock(&d->tx); }
void two(struct dev *d) { if (!tried(&d->rx)) return; d->b = 1; spin_unlock(&d->rx); }
struct other { spinlock_t each[2]; u32 a:1; u32 b:1; };
void three(struct other *o) { spin_lock(&o->each[0]); o->a = 1; spin_unlock(&o->each[0]); }
void four(struct other *o) { spin_lock(&o->each[1]); o->b = 1; spin_unlock(&o->each[1]); }
`,
    });
    expect(accesses.map(({ locks }) => locksText(locks)).sort()).toEqual([
      'dev.rx',
      'dev.tx',
      'other.each[]',
      'other.each[]',
    ]);
    expect(report.pairs.hazards.map(({ struct, rank }) => `${struct} ${rank}`).sort()).toEqual([
      'dev 50',
      'other 50',
    ]);
  });

  test('RTNL that an op gives back does not keep others away there', async () => {
    const found = async (body: string) => {
      const { report } = await analysed({
        'net.c': `${dev}struct net_device; void rtnl_lock(void); void rtnl_unlock(void);
struct net_device_ops { int (*ndo_open)(struct net_device *n, struct dev *d); int (*ndo_stop)(struct net_device *n, struct dev *d); };
static int open_it(struct net_device *n, struct dev *d) { ${body} return 0; }
static int stop_it(struct net_device *n, struct dev *d) { d->b = 1; return 0; }
const struct net_device_ops ops = { .ndo_open = open_it, .ndo_stop = stop_it };
`,
      });
      return report.pairs.hazards.length;
    };
    expect(await found('d->a = 1;')).toBe(0);
    expect(await found('rtnl_unlock(); d->a = 1; rtnl_lock();')).toBe(1);
  });

  test('a lock that is handed over, or the struct, is found by who knows both', async () => {
    const { accesses } = await analysed({
      'both.c': `#include <linux/mutex.h>\n#include <linux/types.h>
struct ep { int number; u32 a:1; };
struct dev { struct mutex lock, other; struct ep *ep; struct ep eps[4]; u32 a:1; };
static void by_lock(struct dev *d, struct mutex *lock) { mutex_lock(lock); d->a = 1; mutex_unlock(lock); }
void one(struct dev *d) { by_lock(d, &d->lock); }
void two(struct dev *d, struct dev *e) { by_lock(d, &e->lock); }
static void by_struct(struct dev *d, struct ep *ep) { mutex_lock(&d->other); ep->a = 1; mutex_unlock(&d->other); }
void three(struct dev *d) { by_struct(d, d->ep); }
void four(struct dev *d, int i) { by_struct(d, &d->eps[i]); }
void five(struct dev *d, struct ep *ep) { by_struct(d, ep); }
`,
    });
    const by = (name: string) =>
      accesses.flatMap(({ path: [first], locks }) => (first === name ? [locksText(locks)] : []));
    expect(['one', 'two', 'three', 'four', 'five'].map(by)).toEqual([
      [''],
      [' of another'],
      ['dev.other perhaps'],
      ['dev.other perhaps'],
      ['dev.other of another'],
    ]);
  });

  test('of many ways, those that hold less count', async () => {
    // Each holds a lock of its own, so that no two say the same.
    const waysBut = (without: number) =>
      Array.from(
        { length: 120 },
        (_, i) =>
          `static DEFINE_MUTEX(own${i});\nvoid way${i}(struct dev *d) { ${i === without ? '' : 'mutex_lock(&d->lock);'} mutex_lock(&own${i}); set(d, ${i}); }`,
      ).join('\n');
    const found = (without: number) =>
      analysed({
        'many.c': `${dev}static void set(struct dev *d, int n) { d->a = 1; d->b = 1; }\n${waysBut(without)}\n`,
      });
    const { report } = await found(77);
    expect(report.pairs.hazards.map(({ fields: [a, b] }) => [a.field, b.field])).toEqual([['a', 'b']]);
    expect((await found(-1)).report.pairs.hazards).toEqual([]);
  });

  test('of very many locks that are given back on a way, any may be', async () => {
    const hazards = async (count: number) => {
      const locks = Array.from({ length: count }, (_, i) => i);
      const { report } = await analysed({
        'given.c': `${dev}${locks.map((i) => `struct mutex own${i};`).join('\n')}
static void set(struct dev *d, int b) { if (b) d->b = 1; else d->a = 1; }
static void between(struct dev *d, int b) { ${locks.map((i) => `mutex_unlock(&own${i});`).join(' ')} set(d, b); }
void one(struct dev *d) { mutex_lock(&d->lock); between(d, 0); mutex_unlock(&d->lock); }
void other(struct dev *d) { mutex_lock(&d->lock); between(d, 1); mutex_unlock(&d->lock); }
`,
      });
      return report.pairs.hazards.length;
    };
    expect([await hazards(60), await hazards(70)]).toEqual([0, 1]);
  });

  test('ways that end at members hold what all hold that call through them', async () => {
    const { facts } = await analysed({
      'ops.c': `#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
struct dev { struct mutex lock, own; struct rw_semaphore sem; u32 a:1; u32 b:1; };
struct ops;
void near(struct dev *d, struct ops *ops);
struct ops { void (*apart)(struct dev *d, struct dev *e); void (*both)(struct dev *d); void (*one)(struct dev *d); void (*read)(struct dev *d); };
static void set_a(struct dev *d) { d->a = 1; }
static void set_b(struct dev *d) { d->b = 1; }
static void set_c(struct dev *d) { mutex_lock(&d->own); d->a = 0; mutex_unlock(&d->own); }
static void set_apart(struct dev *d, struct dev *e) { mutex_lock(&e->own); d->b = 0; mutex_unlock(&e->own); }
struct ops table = { .apart = set_apart, .both = set_a, .one = set_b, .read = set_c };
void far(struct dev *d, struct ops *ops) { mutex_lock(&d->own); near(d, ops); mutex_unlock(&d->own); }
void near(struct dev *d, struct ops *ops)
{
  mutex_lock(&d->lock);
  ops->both(d);
  ops->one(d);
  mutex_unlock(&d->lock);
  down_write(&d->sem);
  ops->read(d);
  up_write(&d->sem);
}
void other(struct dev *d, struct ops *ops)
{
  ops->one(d);
  mutex_lock(&d->lock);
  ops->both(d);
  mutex_unlock(&d->lock);
  down_read(&d->sem);
  ops->read(d);
  up_read(&d->sem);
  ops->apart(d, d);
}
void another(struct dev *d, struct dev *e, struct ops *ops) { ops->apart(d, e); }
`,
    });
    const ways = (most?: number) => fieldAccesses(facts, true, most);
    expect([ways().endAtMembers, ways(0).endAtMembers]).toEqual([false, true]);
    const ended = ways(0).accesses.map(
      ({ function: name, entry, path, locks }) =>
        `${name} ${entry.through} ${path.length}: ${locksText(locks)}`,
    );
    expect(ended.sort()).toEqual([
      'set_a ops.both 1: dev.lock',
      'set_apart ops.apart 1: dev.own of another',
      'set_b ops.one 1: ',
      'set_c ops.read 1: dev.own, dev.sem for reading',
    ]);
    expect(new Set(ways().accesses.map(({ entry }) => entry.kind))).toEqual(
      new Set(['called from elsewhere']),
    );
  });
});
