// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Workqueues. */
export const works: Contracts = {
  'an item runs once for each time that it was queued while it was not pending': `
    static int ran, ran_in;
    static void count_run(struct work_struct *work) { ran++; ran_in = (int)current_task->context; might_sleep(); }
    static DECLARE_WORK(declared_work, count_run);
    -----
    struct work_struct work;
    INIT_WORK(&work, count_run);
    CHECK(!work_pending(&work) && !stub_work());
    CHECK(schedule_work(&work) && !schedule_work(&work) && !queue_work(system_long_wq, &work) && work_pending(&work));
    CHECK(!ran && stub_work() && ran == 1 && ran_in == STUB_WORKQUEUE && !work_pending(&work) && !stub_work());
    CHECK(schedule_work(&work) && stub_work() && ran == 2 && current_task->context == STUB_PROCESS);
    CHECK(schedule_work(&declared_work) && stub_work() && ran == 3);`,
  'an item may queue itself, and free what it is in': `
    struct job { struct work_struct work; int left; };
    static int jobs;
    static void do_job(struct work_struct *work)
    {
      struct job *job = container_of(work, struct job, work);

      jobs += !work_pending(work) && work_busy(work);
      if (job->left--)
        schedule_work(work);
      else
        kfree(job);
    }
    -----
    struct job *job = kzalloc(sizeof(*job), GFP_KERNEL);
    job->left = 1;
    INIT_WORK(&job->work, do_job);
    schedule_work(&job->work);
    CHECK(stub_work() && stub_work() && !stub_work() && jobs == 2 && stub_check_leaks() == 0);`,
  'queues keep the order of their items': `
    struct numbered { struct work_struct work; int n; };
    static int numbers;
    static void add_number(struct work_struct *work) { numbers = numbers * 10 + container_of(work, struct numbered, work)->n; }
    -----
    struct workqueue_struct *wq = alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, "test");
    struct numbered a = { .n = 1 }, b = { .n = 2 }, c = { .n = 3 };
    INIT_WORK(&a.work, add_number);
    INIT_WORK(&b.work, add_number);
    INIT_WORK(&c.work, add_number);
    CHECK(queue_work(wq, &b.work) && queue_work(wq, &a.work) && queue_work(wq, &c.work));
    CHECK(stub_work() && numbers == 2);
    destroy_workqueue(wq);
    CHECK(numbers == 213 && !stub_work() && stub_check_leaks() == 0);`,
  'cancelling takes a pending item back': `
    struct work_struct work;
    ran = 0;
    INIT_WORK(&work, count_run);
    CHECK(!cancel_work(&work) && !cancel_work_sync(&work));
    schedule_work(&work);
    CHECK(cancel_work(&work) && !work_pending(&work) && !stub_work());
    schedule_work(&work);
    CHECK(cancel_work_sync(&work) && !cancel_work_sync(&work) && !stub_work() && !ran);
    CHECK(schedule_work(&work) && stub_work() && ran == 1);`,
  'flush_work does the work where nobody else does': `
    struct work_struct a, b;
    ran = 0;
    INIT_WORK(&a, count_run);
    INIT_WORK(&b, count_run);
    CHECK(!flush_work(&a));
    schedule_work(&a);
    schedule_work(&b);
    CHECK(flush_work(&b) && ran == 2 && !flush_work(&b) && !work_pending(&a));`,
  'flush_work of an item that queues itself ends': `
    struct job job = { .left = 5 };
    INIT_WORK(&job.work, do_job);
    schedule_work(&job.work);
    CHECK(flush_work(&job.work) && job.left == 4 && work_pending(&job.work));
    cancel_work_sync(&job.work);`,
  "the kernel's own queues are there from the start": `
    CHECK(system_wq && system_percpu_wq && system_unbound_wq && system_dfl_wq && system_long_wq && system_highpri_wq && system_freezable_wq && system_power_efficient_wq);
    flush_workqueue(system_unbound_wq);
    CHECK(!stub_work());`,
  'flush_workqueue runs what was queued before': `
    struct workqueue_struct *wq = alloc_workqueue("test", WQ_UNBOUND, 0);
    struct work_struct a, b;
    struct job job = { .left = 5 };
    ran = 0;
    INIT_WORK(&a, count_run);
    INIT_WORK(&b, count_run);
    INIT_WORK(&job.work, do_job);
    queue_work(wq, &a);
    queue_work(wq, &b);
    flush_workqueue(wq);
    CHECK(ran == 2);
    flush_workqueue(wq);
    schedule_work(&job.work);
    flush_scheduled_work();
    CHECK(job.left == 4);
    cancel_work_sync(&job.work);
    queue_work(wq, &a);
    drain_workqueue(wq);
    CHECK(ran == 3);
    destroy_workqueue(wq);`,
  'a limit of one is for each CPU, unless the queue is bound to none': `
    static int stage_reached;
    static struct workqueue_struct *limited;
    static void look_for_another(struct work_struct *work) { stage_reached = 1 + stub_work(); }
    -----
    struct work_struct a, b;
    struct { struct workqueue_struct *wq; int cpu, reached; } cases[] = {
      { create_workqueue("x"), 1, 2 }, { alloc_workqueue("x", WQ_PERCPU, 1), 0, 1 }, { alloc_workqueue("x", 0, 2), 0, 2 },
      { alloc_workqueue("x", WQ_UNBOUND, 1), 1, 1 }, { alloc_ordered_workqueue("x", 0), 1, 1 }, { create_singlethread_workqueue("x"), 1, 1 },
    };
    INIT_WORK(&a, look_for_another);
    INIT_WORK(&b, count_run);
    for (int i = 0; i < 6; i++) {
      CHECK(queue_work_on(0, cases[i].wq, &a) && queue_work_on(cases[i].cpu, cases[i].wq, &b) && stub_work());
      destroy_workqueue(cases[i].wq);
      CHECK(stage_reached == cases[i].reached);
    }
    limited = alloc_workqueue("x", 0, 1);
    ON_CPU(2);
    queue_work(limited, &a);
    ON_CPU(3);
    queue_work(limited, &b);
    CHECK(stub_work() && stage_reached == 2);
    destroy_workqueue(limited);
    CHECK(stub_check_leaks() == 0);`,
  'what an item queues while it runs stays on its CPU': `
    static struct work_struct *other_one;
    static int reached_other;
    static void queue_own(struct work_struct *work)
    {
      if (reached_other++)
        return;
      queue_work_on(1, limited, work);
      queue_work_on(0, limited, other_one);
      reached_other += 10 * stub_work();
    }
    -----
    struct work_struct a, b;
    limited = alloc_workqueue("x", 0, 1);
    other_one = &b;
    INIT_WORK(&a, queue_own);
    INIT_WORK(&b, count_run);
    ran = 0;
    queue_work_on(0, limited, &a);
    CHECK(stub_work() && reached_other == 1 && !ran);
    flush_workqueue(limited);
    CHECK(reached_other == 2 && ran == 1);
    destroy_workqueue(limited);`,
  'flush_workqueue waits for what a limit has kept back': `
    static void flush_from_item(struct work_struct *work) { flush_workqueue(limited); }
    -----
    struct workqueue_struct *other = alloc_workqueue("y", 0, 0);
    struct work_struct a, b, flusher;
    limited = alloc_workqueue("x", 0, 1);
    INIT_WORK(&a, count_run);
    INIT_WORK(&b, count_run);
    INIT_WORK(&flusher, flush_from_item);
    ran = 0;
    queue_work_on(1, limited, &a);
    queue_work_on(1, limited, &b);
    queue_work(other, &flusher);
    destroy_workqueue(other);
    CHECK(ran == 2);
    destroy_workqueue(limited);`,
  'an item that was never set up is reported, and neither waited for nor run': {
    c: `
    struct work_struct none = { 0 };
    CHECK(!flush_work(&none) && !cancel_work_sync(&none) && !cancel_work(&none) && queue_work(system_wq, &none) && !stub_work());`,
    violations: ['warned', 'warned', 'warned'],
  },
  'flushing and cancelling for good wait, and so are reported in atomic context': {
    c: `
    struct work_struct work;
    INIT_WORK(&work, count_run);
    local_bh_disable();
    cancel_work_sync(&work);
    flush_work(&work);
    cancel_work(&work);
    local_bh_enable();`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'an item that flushes itself waits for ever': {
    c: `
    static void flush_own(struct work_struct *work) { flush_work(work); }
    -----
    struct work_struct work;
    INIT_WORK(&work, flush_own);
    schedule_work(&work);
    stub_work();`,
    ends: 'blocked',
  },

  'delayed work is due when its timer fires': `
    static DECLARE_DELAYED_WORK(declared_delayed, count_run);
    -----
    struct delayed_work dwork;
    ran = 0;
    INIT_DELAYED_WORK(&dwork, count_run);
    CHECK(to_delayed_work(&dwork.work) == &dwork);
    CHECK(schedule_delayed_work(&dwork, 5) && !schedule_delayed_work(&dwork, 1) && delayed_work_pending(&dwork));
    CHECK(!stub_work() && stub_timer_fire() && jiffies == 5 && delayed_work_pending(&dwork) && !ran);
    CHECK(stub_work() && ran == 1 && !delayed_work_pending(&dwork));
    CHECK(schedule_delayed_work(&dwork, 0) && !stub_timer_fire() && stub_work() && ran == 2);
    CHECK(queue_delayed_work(system_wq, &declared_delayed, 1) && stub_timer_fire() && stub_work() && ran == 3);`,
  'delayed work is cancelled before and after it is due': `
    struct delayed_work dwork;
    ran = 0;
    INIT_DELAYED_WORK(&dwork, count_run);
    CHECK(!cancel_delayed_work(&dwork) && !cancel_delayed_work_sync(&dwork));
    schedule_delayed_work(&dwork, 5);
    CHECK(cancel_delayed_work(&dwork) && !delayed_work_pending(&dwork) && !stub_timer_fire() && !stub_work());
    schedule_delayed_work(&dwork, 5);
    stub_timer_fire();
    CHECK(cancel_delayed_work_sync(&dwork) && !stub_work());
    schedule_delayed_work(&dwork, 5);
    CHECK(cancel_delayed_work_sync(&dwork) && !stub_timer_fire() && !ran);`,
  'mod_delayed_work moves it, wherever it is': `
    struct delayed_work dwork;
    ran = 0;
    INIT_DELAYED_WORK(&dwork, count_run);
    CHECK(!mod_delayed_work(system_wq, &dwork, 5) && mod_delayed_work(system_wq, &dwork, 9));
    CHECK(stub_timer_fire() && jiffies == 9 && mod_delayed_work(system_wq, &dwork, 3) && !stub_work());
    CHECK(stub_timer_fire() && jiffies == 12 && stub_work() && ran == 1);
    CHECK(!mod_delayed_work(system_wq, &dwork, 0) && mod_delayed_work(system_wq, &dwork, 0) && stub_work() && !stub_work());`,
  'flush_delayed_work does not wait for the delay': `
    struct delayed_work dwork;
    ran = 0;
    INIT_DELAYED_WORK(&dwork, count_run);
    CHECK(!flush_delayed_work(&dwork));
    schedule_delayed_work(&dwork, 5);
    CHECK(flush_delayed_work(&dwork) && ran == 1 && !stub_timer_fire() && jiffies == 0);`,
  'a queue that cannot be allocated is none': `
    FAIL(kmalloc);
    CHECK(!create_singlethread_workqueue("test"));`,
};
