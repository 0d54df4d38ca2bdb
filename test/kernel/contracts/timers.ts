// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Timers, and the machine's time. */
export const timers: Contracts = {
  'times are compared though the count wraps': `
    unsigned long near = ~0ul - 5;
    CHECK(time_after(2ul, 1ul) && !time_after(1ul, 1ul) && time_before(1ul, 2ul) && time_after_eq(1ul, 1ul));
    CHECK(time_after(near + 10, near) && time_before(near, near + 10) && time_before_eq(near, near));
    CHECK(time_in_range(near + 1, near, near + 2) && !time_in_range(near + 3, near, near + 2));`,
  'jiffies are milliseconds': `
    CHECK(HZ == 1000 && msecs_to_jiffies(5) == 5 && secs_to_jiffies(2) == 2000 && usecs_to_jiffies(1) == 1);
    CHECK(jiffies_to_msecs(7) == 7 && nsecs_to_jiffies(3000000) == 3 && get_jiffies_64() == jiffies);`,

  'time stands still until a timer fires': `
    static int fired, order;
    static u32 in_context;
    static void fire(struct timer_list *timer)
    {
      fired = fired * 10 + (int)timer->flags;
      in_context = current_task->context;
      order++;
    }
    -----
    struct timer_list a, b, c;
    unsigned long start = jiffies;
    timer_setup(&a, fire, 1);
    timer_setup(&b, fire, 2);
    timer_setup(&c, fire, 3);
    CHECK(!timer_pending(&a) && !stub_timer_fire());
    CHECK(!mod_timer(&a, start + 20) && !mod_timer(&b, start + 10) && !mod_timer(&c, start + 20));
    CHECK(timer_pending(&a) && jiffies == start && !fired);
    CHECK(stub_timer_fire() && fired == 2 && jiffies == start + 10 && !timer_pending(&b));
    CHECK(in_context == STUB_SOFTIRQ && current_task->context == STUB_PROCESS);
    CHECK(stub_timer_fire() && stub_timer_fire() && fired == 213 && jiffies == start + 20 && !stub_timer_fire());
    mod_timer(&a, start);
    CHECK(stub_timer_fire() && jiffies == start + 20);`,
  'mod_timer says whether it was pending, and the last one counts': `
    struct timer_list a, b;
    fired = 0;
    timer_setup(&a, fire, 1);
    timer_setup(&b, fire, 2);
    mod_timer(&a, jiffies + 1);
    mod_timer(&b, jiffies + 2);
    CHECK(mod_timer(&a, jiffies + 3) == 1);
    CHECK(stub_timer_fire() && stub_timer_fire() && !stub_timer_fire() && fired == 21);
    CHECK(!mod_timer_pending(&a, jiffies + 1) && !timer_pending(&a));
    mod_timer(&a, jiffies + 5);
    CHECK(mod_timer_pending(&a, jiffies + 9) && a.expires == jiffies + 9);
    CHECK(timer_reduce(&a, jiffies + 12) && a.expires == jiffies + 9);
    CHECK(timer_reduce(&a, jiffies + 2) && a.expires == jiffies + 2 && timer_delete(&a));
    CHECK(!timer_reduce(&a, jiffies + 2) && timer_pending(&a) && timer_delete(&a));`,
  'add_timer arms for the time in the timer': `
    static DEFINE_TIMER(declared_timer, fire);
    -----
    struct timer_list a;
    fired = 0;
    timer_setup(&a, fire, 4);
    a.expires = jiffies + 7;
    add_timer(&a);
    CHECK(timer_pending(&a) && stub_timer_fire() && fired == 4 && jiffies == 7);
    CHECK(!timer_pending(&declared_timer));
    mod_timer(&declared_timer, jiffies);
    CHECK(stub_timer_fire());`,
  'add_timer of a pending one is reported': {
    c: `
    struct timer_list a;
    timer_setup(&a, fire, 0);
    a.expires = 3;
    add_timer(&a);
    add_timer(&a);
    timer_delete(&a);`,
    violations: ['warned'],
  },
  'a deleted timer does not fire': `
    struct timer_list a;
    fired = 0;
    timer_setup(&a, fire, 1);
    mod_timer(&a, jiffies + 1);
    CHECK(timer_delete(&a) && !timer_delete(&a) && !timer_pending(&a) && !stub_timer_fire());
    mod_timer(&a, jiffies + 1);
    CHECK(del_timer_sync(&a) == 1 && timer_delete_sync(&a) == 0 && !stub_timer_fire());
    mod_timer(&a, jiffies + 1);
    CHECK(timer_delete_sync_try(&a) == 1 && timer_delete_sync_try(&a) == 0 && del_timer(&a) == 0);
    CHECK(!fired);`,
  'a timer that was shut down is not armed any more': `
    struct timer_list a;
    timer_setup(&a, fire, 0);
    mod_timer(&a, jiffies + 1);
    CHECK(timer_shutdown_sync(&a) && !mod_timer(&a, jiffies + 1) && !timer_pending(&a));
    timer_setup(&a, fire, 0);
    mod_timer(&a, jiffies + 1);
    CHECK(timer_shutdown(&a));
    mod_timer(&a, jiffies + 1);
    CHECK(!stub_timer_fire());`,
  'a timer arms itself, and frees what it is in': `
    struct ticking { struct timer_list timer; int left; };
    static int ticks_seen;
    static void tick(struct timer_list *timer)
    {
      struct ticking *own = timer_container_of(own, timer, timer);
      struct ticking *same = from_timer(same, timer, timer);

      if (own != same || timer_pending(timer) || timer_delete_sync_try(timer) != -1)
        return;
      ticks_seen++;
      if (own->left--)
        mod_timer(timer, jiffies + 1);
      else
        kfree(own);
    }
    -----
    struct ticking *own = kzalloc(sizeof(*own), GFP_KERNEL);
    own->left = 2;
    timer_setup(&own->timer, tick, 0);
    mod_timer(&own->timer, jiffies + 1);
    CHECK(stub_timer_fire() && stub_timer_fire() && stub_timer_fire() && !stub_timer_fire());
    CHECK(ticks_seen == 3 && jiffies == 3 && stub_check_leaks() == 0);`,
  'a timer that waits for itself waits for ever': {
    c: `
    static void wait_for_own(struct timer_list *timer) { timer_delete_sync(timer); }
    -----
    struct timer_list a;
    timer_setup(&a, wait_for_own, 0);
    mod_timer(&a, jiffies);
    stub_timer_fire();`,
    ends: 'blocked',
  },
  'timer_delete_sync in a hard interrupt is for timers that are safe there': {
    c: `
    static void nothing_to_do(struct timer_list *timer) { }
    -----
    struct timer_list plain, safe;
    timer_setup(&plain, nothing_to_do, 0);
    timer_setup(&safe, nothing_to_do, TIMER_IRQSAFE);
    AS(STUB_IRQ, timer_delete_sync(&safe));
    AS(STUB_SOFTIRQ, timer_delete_sync(&plain));
    AS(STUB_IRQ, timer_delete_sync(&plain));`,
    violations: ['warned'],
  },
  'a timer must not sleep': {
    c: `
    static void sleepy(struct timer_list *timer) { might_sleep(); }
    -----
    struct timer_list a;
    timer_setup(&a, sleepy, 0);
    mod_timer(&a, jiffies);
    stub_timer_fire();`,
    violations: ['sleep-in-atomic'],
  },
  'interrupts are on in a timer, unless it says otherwise': `
    static int off_in_timer;
    static void look_at_irqs(struct timer_list *timer) { off_in_timer = irqs_disabled(); }
    -----
    struct timer_list a, b;
    timer_setup(&a, look_at_irqs, 0);
    timer_setup(&b, look_at_irqs, TIMER_IRQSAFE);
    mod_timer(&a, jiffies);
    CHECK(stub_timer_fire() && !off_in_timer);
    mod_timer(&b, jiffies);
    CHECK(stub_timer_fire() && off_in_timer && !irqs_disabled());`,
  'a timer that was never set up is not there to be deleted': `
    struct timer_list a = { 0 };
    CHECK(!timer_delete_sync(&a) && !timer_pending(&a));`,
  'schedule_timeout with nothing to wait for returns what is left': `
    CHECK(schedule_timeout(5) == 5 && !stub_timer_fire());`,
  'schedule_timeout sleeps': { c: `schedule_timeout_uninterruptible(5);`, ends: 'blocked' },
};
