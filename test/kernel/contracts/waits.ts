// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Completions, wait queues, tasks that sleep, as one task sees them. */
export const waits: Contracts = {
  'a wake function that fails ends the round, one that does nothing does not': `
    static int rounds;
    static int refuse(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key) { rounds++; return (int)(long)entry->private; }
    -----
    DECLARE_WAIT_QUEUE_HEAD(wq);
    wait_queue_entry_t last = { .func = refuse }, first = { .func = refuse };
    add_wait_queue(&wq, &last);
    add_wait_queue(&wq, &first);
    wake_up(&wq);
    CHECK(rounds == 2);
    first.private = (void *)-EBUSY;
    wake_up_all(&wq);
    CHECK(rounds == 3);
    remove_wait_queue(&wq, &first);
    remove_wait_queue(&wq, &last);`,
  'a completion counts': `
    DECLARE_COMPLETION(declared);
    DECLARE_COMPLETION_ONSTACK(on_stack);
    struct completion x;
    init_completion(&x);
    CHECK(!completion_done(&x) && !try_wait_for_completion(&x) && !completion_done(&declared) && !completion_done(&on_stack));
    complete(&x);
    complete(&x);
    CHECK(completion_done(&x));
    wait_for_completion(&x);
    CHECK(try_wait_for_completion(&x) && !try_wait_for_completion(&x));
    complete(&declared);
    CHECK(!wait_for_completion_interruptible(&declared));
    complete(&declared);
    CHECK(!wait_for_completion_killable(&declared) && !completion_done(&declared));`,
  'complete_all is for all, until the completion is initialised again': `
    DECLARE_COMPLETION(x);
    complete(&x);
    complete_all(&x);
    complete_all(&x);
    for (int i = 0; i < 100; i++)
      wait_for_completion(&x);
    CHECK(completion_done(&x));
    reinit_completion(&x);
    CHECK(!completion_done(&x) && !try_wait_for_completion(&x));`,
  'a completion that is not complete is waited for': {
    c: `DECLARE_COMPLETION(x); wait_for_completion(&x);`,
    ends: 'blocked',
  },
  'a completion is waited for by who may sleep': {
    c: `DECLARE_COMPLETION(x); complete(&x); complete(&x); AS(STUB_IRQ, wait_for_completion(&x)); AS(STUB_IRQ, complete(&x)); AS(STUB_IRQ, CHECK(try_wait_for_completion(&x)));`,
    violations: ['sleep-in-atomic'],
  },
  'a wait that a signal ends takes nothing': `
    DECLARE_COMPLETION(x);
    complete(&x);
    FAIL(wait_for_completion_interruptible);
    CHECK(wait_for_completion_interruptible(&x) == -ERESTARTSYS && completion_done(&x));
    FAIL(wait_for_completion_interruptible);
    CHECK(wait_for_completion_interruptible_timeout(&x, 5) == -ERESTARTSYS);
    CHECK(wait_for_completion_killable_timeout(&x, 5) == 5);`,
  'a wait with a time limit says what was left': `
    DECLARE_COMPLETION(x);
    complete(&x);
    complete(&x);
    CHECK(wait_for_completion_timeout(&x, 7) == 7 && wait_for_completion_timeout(&x, 0) == 1);
    CHECK(wait_for_completion_timeout(&x, 0) == 0);`,
  'a wait with a time limit waits as well': {
    c: `DECLARE_COMPLETION(x); wait_for_completion_timeout(&x, 7);`,
    ends: 'blocked',
  },

  'wait_event returns at once where the condition holds': `
    DECLARE_WAIT_QUEUE_HEAD(wq);
    wait_queue_head_t other;
    int there = 1;
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    init_waitqueue_head(&other);
    wait_event(wq, there);
    CHECK(wait_event_interruptible(wq, there) == 0 && wait_event_killable(other, there) == 0);
    CHECK(wait_event_timeout(wq, there, 5) == 5 && wait_event_timeout(wq, there, 0) == 1);
    CHECK(wait_event_timeout(wq, !there, 0) == 0 && wait_event_interruptible_timeout(wq, there, 9) == 9);
    CHECK(wait_event_interruptible_exclusive(wq, there) == 0);
    wait_event_cmd(wq, there, there = 2, there = 3);
    CHECK(there == 1);
    spin_lock_irq(&lock);
    wait_event_lock_irq(wq, there, lock);
    CHECK(wait_event_interruptible_lock_irq(wq, there, lock) == 0 && spin_is_locked(&lock) && irqs_disabled());
    spin_unlock_irq(&lock);
    CHECK(!waitqueue_active(&wq) && !wq_has_sleeper(&wq));`,
  'wait_event waits': {
    c: `DECLARE_WAIT_QUEUE_HEAD(wq); int there = 0; wait_event(wq, READ_ONCE(there));`,
    ends: 'blocked',
  },
  'wait_event_interruptible ends at a signal, unless the condition holds': `
    DECLARE_WAIT_QUEUE_HEAD(wq);
    int looks = 0;
    FAIL(wait_event_interruptible);
    CHECK(wait_event_interruptible(wq, false) == -ERESTARTSYS && !waitqueue_active(&wq));
    FAIL(wait_event_interruptible);
    CHECK(wait_event_interruptible(wq, ++looks == 2) == 0 && looks == 2);
    FAIL(wait_event_interruptible);
    CHECK(wait_event_killable(wq, false) == -ERESTARTSYS);
    FAIL(wait_event_interruptible);
    CHECK(wait_event_interruptible_timeout(wq, false, 5) == -ERESTARTSYS);`,
  'wait_event in atomic context is reported': {
    c: `DECLARE_WAIT_QUEUE_HEAD(wq); preempt_disable(); wait_event(wq, true); preempt_enable();`,
    violations: ['sleep-in-atomic'],
  },

  'a task that does not sleep need not be woken': `
    schedule();
    set_current_state(TASK_UNINTERRUPTIBLE);
    set_current_state(TASK_RUNNING);
    schedule();
    CHECK(!wake_up_process(current));
    set_current_state(TASK_UNINTERRUPTIBLE);
    CHECK(wake_up_process(current) && !wake_up_process(current));
    schedule();
    CHECK(!signal_pending(current) && !fatal_signal_pending(current));`,
  'a task sleeps until it is woken': {
    c: `set_current_state(TASK_INTERRUPTIBLE); schedule();`,
    ends: 'blocked',
  },
  'a wake-up before the task says that it sleeps is none': {
    c: `wake_up_process(current); set_current_state(TASK_UNINTERRUPTIBLE); schedule();`,
    ends: 'blocked',
  },
  'a task is woken in the states that are meant': `
    set_current_state(TASK_UNINTERRUPTIBLE);
    CHECK(!wake_up_state(current, TASK_INTERRUPTIBLE) && wake_up_state(current, TASK_NORMAL));
    set_current_state(TASK_INTERRUPTIBLE);
    CHECK(wake_up_state(current, TASK_INTERRUPTIBLE));
    set_current_state(TASK_KILLABLE);
    CHECK(!wake_up_state(current, TASK_INTERRUPTIBLE) && wake_up_process(current));`,
  'schedule in atomic context is reported': {
    c: `local_irq_disable(); schedule(); local_irq_enable();`,
    violations: ['sleep-in-atomic'],
  },

  'entries stand in their queue, the exclusive ones behind the others': `
    static int called[3], calls;
    static int note(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
    {
      called[calls++ % 3] = (int)(unsigned long)entry->private;
      return 1;
    }
    -----
    DECLARE_WAIT_QUEUE_HEAD(wq);
    wait_queue_entry_t a, b, c;
    init_waitqueue_func_entry(&a, note);
    init_waitqueue_func_entry(&b, note);
    init_waitqueue_func_entry(&c, note);
    a.private = (void *)1;
    b.private = (void *)2;
    c.private = (void *)3;
    add_wait_queue_exclusive(&wq, &a);
    add_wait_queue_exclusive(&wq, &b);
    add_wait_queue(&wq, &c);
    CHECK(waitqueue_active(&wq) && wq_has_sleeper(&wq));
    wake_up(&wq);
    CHECK(calls == 2 && called[0] == 3 && called[1] == 1);
    calls = 0;
    wake_up_all(&wq);
    CHECK(calls == 3 && called[2] == 2);
    calls = 0;
    wake_up_nr(&wq, 2);
    CHECK(calls == 3);
    remove_wait_queue(&wq, &c);
    calls = 0;
    spin_lock(&wq.lock);
    wake_up_locked(&wq);
    CHECK(calls == 1);
    wake_up_all_locked(&wq);
    spin_unlock(&wq.lock);
    CHECK(calls == 3);
    remove_wait_queue(&wq, &a);
    remove_wait_queue(&wq, &b);
    CHECK(!waitqueue_active(&wq));`,
  'wake_up_locked wants the lock': {
    c: `DECLARE_WAIT_QUEUE_HEAD(wq); wake_up_locked(&wq);`,
    violations: ['lock-not-held'],
  },
  'wake_up_interruptible leaves others asleep': `
    DECLARE_WAIT_QUEUE_HEAD(wq);
    DECLARE_WAITQUEUE(own, current);
    add_wait_queue(&wq, &own);
    set_current_state(TASK_UNINTERRUPTIBLE);
    wake_up_interruptible(&wq);
    CHECK(wake_up_process(current));
    set_current_state(TASK_INTERRUPTIBLE);
    wake_up_interruptible_all(&wq);
    CHECK(!wake_up_process(current) && waitqueue_active(&wq));
    remove_wait_queue(&wq, &own);`,
  'prepare_to_wait and finish_wait': `
    DECLARE_WAIT_QUEUE_HEAD(wq);
    DEFINE_WAIT(own);
    prepare_to_wait(&wq, &own, TASK_UNINTERRUPTIBLE);
    prepare_to_wait(&wq, &own, TASK_UNINTERRUPTIBLE);
    CHECK(waitqueue_active(&wq));
    wake_up(&wq);
    schedule();
    CHECK(!waitqueue_active(&wq));
    finish_wait(&wq, &own);
    prepare_to_wait_exclusive(&wq, &own, TASK_INTERRUPTIBLE);
    CHECK(own.flags & WQ_FLAG_EXCLUSIVE);
    finish_wait(&wq, &own);
    schedule();
    CHECK(!waitqueue_active(&wq));`,

  'a bit that is clear is not waited for': `
    unsigned long word = 2;
    CHECK(wait_on_bit(&word, 0, TASK_UNINTERRUPTIBLE) == 0 && word == 2);
    CHECK(wait_on_bit_lock(&word, 0, TASK_UNINTERRUPTIBLE) == 0 && word == 3);
    clear_and_wake_up_bit(0, &word);
    CHECK(word == 2 && wait_on_bit_timeout(&word, 0, TASK_UNINTERRUPTIBLE, 5) == 0);
    CHECK(wait_on_bit_timeout(&word, 1, TASK_UNINTERRUPTIBLE, 0) == -EAGAIN);
    wait_var_event(&word, word == 2);
    wake_up_var(&word);
    wake_up_bit(&word, 0);`,
  'a signal ends a wait for a bit': `
    unsigned long word = 1;
    FAIL(wait_event_interruptible);
    CHECK(wait_on_bit(&word, 0, TASK_INTERRUPTIBLE) == -EINTR);
    FAIL(wait_event_interruptible);
    CHECK(wait_on_bit_lock(&word, 0, TASK_KILLABLE) == -EINTR && word == 1);
    FAIL(wait_event_interruptible);
    CHECK(wait_on_bit_timeout(&word, 0, TASK_INTERRUPTIBLE, 5) == -EINTR);
    FAIL(wait_event_interruptible);
    CHECK(wait_var_event_interruptible(&word, word == 0) == -ERESTARTSYS);`,
  'a bit that is set is waited for': {
    c: `unsigned long word = 1; wait_on_bit(&word, 0, TASK_UNINTERRUPTIBLE);`,
    ends: 'blocked',
  },
};
