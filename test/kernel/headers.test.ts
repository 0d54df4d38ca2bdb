// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOwnC } from '../../src/source/own-c.js';
import type { FileTree } from '../../src/toolchain/types.js';
import { closeToolchains, toolchain } from '../support/race.js';

/** What uses a header's macros, and includes nothing else: what stands in front of a line of dashes is at file scope. */
const uses: Readonly<Record<string, string>> = {
  'linux/bitops.h': 'unsigned long w = 5, bit; for_each_set_bit(bit, &w, 8) clear_bit(bit, &w);',
  'linux/completion.h': 'static DECLARE_COMPLETION(done);\n-----\ncomplete(&done);',
  'linux/delay.h': 'msleep(1); udelay(1); mdelay(1); fsleep(1);',
  'linux/dev_printk.h':
    'struct device *dev = NULL; dev_err(dev, "%d\\n", 1); dev_info_once(dev, "\\n"); dev_WARN(dev, "\\n");',
  'linux/err.h': 'void *p = ERR_PTR(-12); if (IS_ERR(p)) p = NULL;',
  'linux/init.h': 'static int start(void) { return 0; }\nlate_initcall(start)\n-----\n',
  'linux/interrupt.h':
    'static void run(struct tasklet_struct *t) { }\nstatic DECLARE_TASKLET(task, run);\n-----\nguard(disable_irq)(&(int){ 3 }); tasklet_hi_schedule(&task);',
  'linux/jiffies.h':
    'unsigned long end = jiffies + msecs_to_jiffies(5) + HZ; if (time_after(jiffies, end) || time_is_before_jiffies(end)) return;',
  'linux/kernel.h': 'int x[3]; might_sleep(); might_sleep_if(ARRAY_SIZE(x) == max(1, 2));',
  'linux/list.h':
    'struct item { struct list_head list; }; LIST_HEAD(all); struct item *at; list_for_each_entry(at, &all, list) list_del(&at->list);',
  'linux/lockdep.h':
    'static int lock;\nstatic struct lock_class_key key;\n-----\nlockdep_assert(1); lockdep_assert_held(&lock); lockdep_assert_not_held(&lock); lockdep_assert_irqs_disabled(); lockdep_assert_irqs_enabled(); lockdep_assert_in_softirq(); lockdep_set_class(&lock, &key); lockdep_register_key(&key);',
  'linux/module.h':
    '#define KBUILD_MODNAME own\nstatic int start(void) { return 0; }\nmodule_init(start);\nstatic void end(void) { }\nmodule_exit(end);\nMODULE_LICENSE("GPL");\n-----\nmodule_put(THIS_MODULE);',
  'linux/moduleparam.h':
    '#define KBUILD_MODNAME own\nstatic bool flag;\nmodule_param(flag, bool, 0644);\nMODULE_PARM_DESC(flag, "text");\n-----\n',
  'linux/mutex.h': 'static DEFINE_MUTEX(lock);\n-----\nguard(mutex)(&lock);',
  'linux/percpu.h':
    'static DEFINE_PER_CPU(int, hits);\n-----\nint __percpu *p = alloc_percpu(int); get_cpu_var(hits)++; put_cpu_var(hits); this_cpu_inc(hits); free_percpu(p);',
  'linux/preempt.h':
    'guard(preempt)(); if (preemptible() || in_interrupt() || in_task() || in_nmi()) return;',
  'linux/printk.h': 'pr_err_ratelimited("%d\\n", 1); pr_warn_once("\\n"); pr_debug("\\n");',
  'linux/rcupdate.h':
    'static struct lock { int l; } lock;\nstatic int *shown;\n-----\nguard(rcu)(); rcu_assign_pointer(shown, NULL); shown = rcu_dereference(shown); shown = rcu_replace_pointer(shown, NULL, &lock); shown = rcu_dereference_protected(shown, 1); if (rcu_access_pointer(shown)) RCU_INIT_POINTER(shown, NULL);',
  'linux/rwlock.h': 'static DEFINE_RWLOCK(lock);\n-----\nread_lock_bh(&lock); read_unlock_bh(&lock);',
  'linux/rwsem.h': 'static DECLARE_RWSEM(sem);\n-----\nguard(rwsem_read)(&sem); down_write_nested(&sem, 1);',
  'linux/sched.h':
    '__set_current_state(TASK_RUNNING); if (signal_pending(current)) io_schedule_timeout(MAX_SCHEDULE_TIMEOUT); cond_resched();',
  'linux/semaphore.h': 'static DEFINE_SEMAPHORE(sem, 2);\n-----\ndown(&sem);',
  'linux/seqlock.h':
    'static DEFINE_SEQLOCK(lock);\n-----\nunsigned s = read_seqbegin(&lock); unsigned long f; if (read_seqretry(&lock, s)) return; write_seqlock_irqsave(&lock, f); write_sequnlock_irqrestore(&lock, f); write_seqcount_begin(&lock.seqcount); write_seqcount_invalidate(&lock.seqcount); write_seqcount_end(&lock.seqcount);',
  'linux/slab.h':
    'struct s { int n; int more[]; }; struct s *p = kzalloc(struct_size(p, more, 3), GFP_KERNEL); kfree_sensitive(p); p = kcalloc(2, 4, GFP_ATOMIC); kvfree(p);',
  'linux/smp.h': 'if (get_cpu() == smp_processor_id()) put_cpu();',
  'linux/spinlock.h':
    'static DEFINE_SPINLOCK(lock);\n-----\nunsigned long f; spin_lock_irqsave(&lock, f); assert_spin_locked(&lock); spin_unlock_irqrestore(&lock, f); guard(spinlock_bh)(&lock);',
  'linux/string.h': 'char to[4]; strscpy(to, "long"); strscpy_pad(to, "long", 3); memzero_explicit(to, 4);',
  'linux/timer.h':
    'struct own { struct timer_list timer; };\nstatic void fire(struct timer_list *t) { struct own *own = from_timer(own, t, timer); del_timer(&own->timer); }\nstatic DEFINE_TIMER(timer, fire);\n-----\nmod_timer(&timer, jiffies + HZ); timer_setup_on_stack(&timer, fire, 0);',
  'linux/uaccess.h': 'int a, b = 1; if (copy_from_user(&a, &b, sizeof(a))) return;',
  'linux/wait.h':
    'static DECLARE_WAIT_QUEUE_HEAD(wq);\nstatic DEFINE_SPINLOCK(lock);\n-----\nDEFINE_WAIT(wait); wait_event(wq, 1); wait_event_interruptible_timeout(wq, 1, HZ); wait_event_lock_irq(wq, 1, lock); wake_up_all(&wq); finish_wait(&wq, &wait);',
  'linux/wait_bit.h':
    'static unsigned long word;\n-----\nwait_var_event(&word, word); wait_var_event_timeout(&word, word, 5); wait_on_bit_io(&word, 0, TASK_UNINTERRUPTIBLE); wake_up_var(&word);',
  'linux/workqueue.h':
    'static void run(struct work_struct *w) { }\nstatic DECLARE_WORK(work, run);\nstatic DECLARE_DELAYED_WORK(late, run);\n-----\nschedule_work(&work); schedule_delayed_work(&late, HZ); destroy_workqueue(alloc_workqueue("%s", WQ_UNBOUND, 0, "x"));',
  'linux/xarray.h':
    'static DEFINE_XARRAY(all);\n-----\nunsigned long i; void *entry; xa_lock(&all); xa_unlock(&all); xa_for_each(&all, i, entry) xa_erase(&all, i);',
};

/** Names that a driver may well have for functions of its own, as no kernel has any by them. */
const free = [
  ...['bit_word', 'copy_bytes', 'find_bit_from', 'io_read', 'io_write', 'list_insert', 'list_insert_all'],
  ...['list_link', 'hlist_insert', 'lockdep_check', 'seqcount_begin', 'seqcount_changed', 'seqcount_step'],
  ...['strscpy_sized', 'strscpy_pad_sized', 'warn_on', 'system_workqueue', 'alloc_workqueue_of'],
  ...['take', 'give', 'spins', 'holds_any', 'any_readers', 'add', 'wake', 'run', 'push', 'pause', 'share'],
  ...['SEQCOUNT', 'STRING_ROOM', 'MODULE_SYMBOL', 'MODULE_PASTE'],
  ...['CLEANUP_JOIN', 'CLEANUP_NAMED', 'EXPORT_NOTHING', 'PARAM_SYMBOL', 'LOCKED', 'WRITER', 'READER'],
];

let tree: FileTree;
let headers: string[];
beforeAll(async () => {
  tree = new Map([...(await readOwnC())].filter(([path]) => path.startsWith('include/')));
  headers = [...tree.keys()].map((path) => path.replace('include/', ''));
});
afterAll(closeToolchains);

/** What a compiler says of the C, and of nothing else. */
async function said(c: string): Promise<string> {
  const options = { bitfieldAccess: 'wide', optimize: '0' } as const;
  const made = (await toolchain()).compile('own.c', new Map(tree).set('own.c', c), options);
  return made.then(
    ({ diagnostics }) => diagnostics,
    (error: Error) => error.message,
  );
}

test('a header needs no other, also for its macros', async () => {
  const alone = headers
    .filter((header) => header !== 'linux/atomic/atomic-family.h')
    .map(async (header) => {
      const use = uses[header] ?? '';
      const [top, body] = use.includes('-----\n') ? use.split('-----\n') : ['', use];
      const isDefine = (line: string) => line.startsWith('#define');
      const lines = top!.split('\n');
      const c = [
        ...lines.filter(isDefine),
        `#include <${header}>`,
        `#include <${header}>`,
        ...lines.filter((line) => !isDefine(line)),
        `void use(void);\nvoid use(void)\n{\n${body}\n}\n`,
      ];
      return [header, await said(c.join('\n'))] as const;
    });
  expect(headers).toEqual(expect.arrayContaining(Object.keys(uses)));
  expect((await Promise.all(alone)).filter(([, text]) => text !== '')).toEqual([]);
}, 180_000);

test('what helps the headers has names that leave a driver its own', async () => {
  const own = free.map((name) => `int ${name}(int x);\nint ${name}(int x)\n{\n\treturn x;\n}\n`);
  const all = headers
    .filter((header) => header !== 'linux/atomic/atomic-family.h')
    .map((header) => `#include <${header}>\n`);
  expect(await said([...all, ...own].join(''))).toBe('');
}, 60_000);
