// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Interrupt lines and tasklets. */
export const interrupts: Contracts = {
  'a handler is called in interrupt context, for its device': `
    static int handled, handled_as;
    static void *handled_for;
    static irqreturn_t handler(int irq, void *dev)
    {
      handled = handled * 10 + irq;
      handled_as = (int)current_task->context;
      handled_for = dev;
      return IRQ_RETVAL(1);
    }
    -----
    int dev;
    stub_irq_deliver(3);
    CHECK(!handled && !request_irq(3, handler, 0, "test", &dev) && !handled);
    stub_irq_deliver(3);
    stub_irq_deliver(4);
    CHECK(handled == 3 && handled_as == STUB_IRQ && handled_for == &dev && current_task->context == STUB_PROCESS);
    CHECK(!strcmp(free_irq(3, &dev), "test"));
    stub_irq_deliver(3);
    CHECK(handled == 3 && stub_check_leaks() == 0);`,
  'a line that is taken, or asked for in vain, is refused': `
    int dev;
    CHECK(request_irq(3, NULL, 0, "test", &dev) == -EINVAL && request_irq(9999999, handler, 0, "test", &dev) == -EINVAL);
    CHECK(request_irq(256, handler, 0, "test", &dev) == -EINVAL && request_irq(0x10000040, handler, 0, "test", &dev) == -EINVAL);
    CHECK(!stub_irq_deliver(4096) && !free_irq(4096, &dev));
    CHECK(!request_irq(3, handler, 0, "test", &dev) && request_irq(3, handler, 0, "other", &dev) == -EBUSY);
    CHECK(request_irq(3, handler, IRQF_SHARED, "other", &dev) == -EBUSY && request_irq(3, handler, IRQF_SHARED, "other", NULL) == -EINVAL);
    free_irq(3, &dev);
    FAIL(request_irq);
    CHECK(request_irq(3, handler, 0, "test", &dev) == -EBUSY && !request_irq(3, handler, 0, "test", &dev));
    free_irq(3, &dev);`,
  'a line has whatever number its board gave it': `
    int dev;
    handled = 0;
    for (unsigned int irq = 30; irq < 50; irq++)
      CHECK(!request_irq(irq, handler, 0, "test", &dev));
    stub_irq_deliver(45);
    CHECK(handled == 45 && !request_irq(255, handler, 0, "test", &dev));
    for (unsigned int irq = 30; irq < 50; irq++)
      free_irq(irq, &dev);
    handled = 0;
    CHECK(stub_irq_deliver(255) && handled == 255 && !stub_irq_deliver(45));
    free_irq(255, &dev);`,
  'a line of a function is known from numbers near it, and from one that is gone': `
    int dev;
    unsigned int irq = stub_irq_alloc(), gone = stub_irq_alloc();
    stub_irq_free(gone);
    CHECK(request_irq(irq + 1, handler, 0, "test", &dev) == -EINVAL && request_irq(irq + 8, handler, 0, "test", &dev) == -EINVAL);
    CHECK(request_irq(gone, handler, 0, "test", &dev) == -EINVAL && !request_irq(irq, handler, 0, "test", &dev));
    CHECK(stub_irq_deliver(irq) && !free_irq(irq + 8, &dev));
    stub_irq_free(irq + 8);
    free_irq(irq, &dev);
    stub_irq_free(irq);
    CHECK(stub_check_leaks() == 0);`,
  'waiting for the handlers of a line that nobody requested is no wait': `
    synchronize_hardirq(5);
    synchronize_irq(5);
    synchronize_hardirq(4096);`,
  'a shared line calls all of its handlers': `
    int a, b;
    handled = 0;
    CHECK(!request_irq(3, handler, IRQF_SHARED, "a", &a) && !request_irq(3, handler, IRQF_SHARED, "b", &b));
    stub_irq_deliver(3);
    CHECK(handled == 33 && handled_for == &b && !strcmp(free_irq(3, &b), "b"));
    stub_irq_deliver(3);
    CHECK(handled == 333 && handled_for == &a);
    free_irq(3, &a);
    CHECK(!request_irq(3, handler, 0, "again", &a));
    free_irq(3, &a);`,
  'handlers share a line where they agree on what it is': `
    int a, b, c;
    CHECK(request_irq(3, handler, IRQF_SHARED | IRQF_NO_AUTOEN, "a", &a) == -EINVAL);
    CHECK(!request_irq(3, handler, IRQF_SHARED | IRQF_TRIGGER_LOW, "a", &a));
    CHECK(request_irq(3, handler, IRQF_SHARED | IRQF_TRIGGER_RISING, "b", &b) == -EBUSY);
    CHECK(request_threaded_irq(3, NULL, handler, IRQF_SHARED | IRQF_ONESHOT, "b", &b) == -EBUSY);
    CHECK(!request_irq(3, handler, IRQF_SHARED, "b", &b) && !request_irq(3, handler, IRQF_SHARED | IRQF_TRIGGER_LOW, "c", &c));
    free_irq(3, &a);
    free_irq(3, &b);
    free_irq(3, &c);
    CHECK(!request_irq(3, handler, IRQF_SHARED | IRQF_TRIGGER_HIGH, "a", &a));
    free_irq(3, &a);`,
  'a handler without a thread shares a line that is off until a thread has run, as those do who asked for it': `
    int a, b, c;
    CHECK(!request_threaded_irq(3, NULL, handler, IRQF_SHARED | IRQF_ONESHOT, "a", &a));
    CHECK(!request_irq(3, handler, IRQF_SHARED, "b", &b));
    CHECK(request_threaded_irq(3, handler, NULL, IRQF_SHARED, "c", &c) == -EBUSY);
    free_irq(3, &a);
    CHECK(request_threaded_irq(3, handler, NULL, IRQF_SHARED, "c", &c) == -EBUSY);
    free_irq(3, &b);
    CHECK(!request_threaded_irq(3, handler, NULL, IRQF_SHARED, "c", &c));
    free_irq(3, &c);`,
  'synchronize_hardirq says whether the threads are done as well': `
    int dev;
    CHECK(!request_threaded_irq(3, NULL, handler, IRQF_ONESHOT, "test", &dev) && synchronize_hardirq(3));
    stub_irq_deliver(3);
    CHECK(!synchronize_hardirq(3) && stub_work() && synchronize_hardirq(3));
    free_irq(3, &dev);`,
  'a line may be told to stay off when it gets its first handler': `
    int dev;
    handled = 0;
    stub_irq_set_autoen(7, false);
    CHECK(!request_irq(7, handler, 0, "test", &dev));
    stub_irq_deliver(7);
    CHECK(!handled);
    enable_irq(7);
    stub_irq_deliver(7);
    CHECK(handled == 7);
    free_irq(7, &dev);
    stub_irq_set_autoen(7, true);`,
  'a disabled line delivers nothing, as often as it was disabled': `
    int dev;
    handled = 0;
    CHECK(!request_irq(3, handler, IRQF_NO_AUTOEN, "test", &dev));
    stub_irq_deliver(3);
    CHECK(!handled);
    enable_irq(3);
    disable_irq(3);
    disable_irq_nosync(3);
    enable_irq(3);
    stub_irq_deliver(3);
    CHECK(!handled);
    enable_irq(3);
    stub_irq_deliver(3);
    CHECK(handled == 3);
    free_irq(3, &dev);`,
  'enabling and freeing too often is reported': {
    c: `
    int dev;
    CHECK(!request_irq(3, handler, 0, "test", &dev));
    enable_irq(3);
    free_irq(3, &dev);
    CHECK(!free_irq(3, &dev));`,
    violations: ['unbalanced-irq', 'unbalanced-irq'],
  },
  'waiting for a handler in atomic context is reported': {
    c: `
    int dev;
    CHECK(!request_irq(3, handler, 0, "test", &dev));
    local_irq_disable();
    disable_irq_nosync(3);
    disable_irq(3);
    local_irq_enable();
    free_irq(3, &dev);`,
    violations: ['sleep-in-atomic'],
  },
  'the guard of a line disables it': `
    int dev, irq = 3;
    handled = 0;
    CHECK(!request_irq(3, handler, 0, "test", &dev));
    scoped_guard(disable_irq, &irq)
      stub_irq_deliver(3);
    CHECK(!handled);
    stub_irq_deliver(3);
    CHECK(handled == 3);
    free_irq(3, &dev);`,

  'a threaded handler runs as work, and may sleep': `
    static int threaded, threaded_as;
    static irqreturn_t wake(int irq, void *dev) { return IRQ_WAKE_THREAD; }
    static irqreturn_t in_thread(int irq, void *dev) { might_sleep(); threaded++; threaded_as = (int)current_task->context; return IRQ_HANDLED; }
    -----
    int dev;
    CHECK(!request_threaded_irq(3, wake, in_thread, 0, "test", &dev) && !stub_work());
    stub_irq_deliver(3);
    stub_irq_deliver(3);
    CHECK(!threaded && stub_work() && threaded == 1 && threaded_as == STUB_PROCESS && !stub_work());
    free_irq(3, &dev);`,
  'a handler that wakes a thread that there is not is reported': {
    c: `
    int dev;
    CHECK(!request_irq(3, wake, 0, "test", &dev) && stub_irq_deliver(3) && !stub_work());
    free_irq(3, &dev);`,
    violations: ['warned'],
  },
  'a line that is to be off until its thread has run is off': `
    int dev;
    threaded = 0;
    CHECK(request_threaded_irq(3, NULL, in_thread, 0, "test", &dev) == -EINVAL);
    CHECK(!request_threaded_irq(3, NULL, in_thread, IRQF_ONESHOT, "test", &dev));
    stub_irq_deliver(3);
    CHECK(stub_work() && threaded == 1);
    stub_irq_deliver(3);
    stub_irq_deliver(3);
    CHECK(stub_work() && !stub_work() && threaded == 2);
    free_irq(3, &dev);`,
  'synchronize_irq and free_irq let the thread run first': `
    int dev;
    threaded = 0;
    CHECK(!request_threaded_irq(3, wake, in_thread, 0, "test", &dev));
    stub_irq_deliver(3);
    synchronize_irq(3);
    CHECK(threaded == 1);
    stub_irq_deliver(3);
    synchronize_hardirq(3);
    CHECK(threaded == 1);
    free_irq(3, &dev);
    CHECK(threaded == 2 && !stub_work());`,

  'a function without MSI-X in use gets no vectors of it one by one': `
    #include "kernel/function.h"
    static struct stub_function without_messages, with_messages;
    -----
    CHECK(pci_msix_alloc_irq_at(&without_messages.pdev, 0, NULL).index == -ENOTSUPP && !pci_msix_can_alloc_dyn(&without_messages.pdev));
    stub_pci_add_messages(&with_messages.pdev, 0, 4, true);
    CHECK(pci_msix_alloc_irq_at(&with_messages.pdev, 0, NULL).index == -ENOTSUPP);`,

  'a tasklet runs once for each time that it was scheduled while it was not': `
    static int tasklets, tasklets_as;
    static void count_tasklet(struct tasklet_struct *t) { tasklets++; tasklets_as = (int)current_task->context; }
    static void old_style(unsigned long data) { tasklets += (int)data; }
    static DECLARE_TASKLET(declared_tasklet, count_tasklet);
    static DECLARE_TASKLET_DISABLED(disabled_tasklet, count_tasklet);
    -----
    struct tasklet_struct a, b;
    tasklet_setup(&a, count_tasklet);
    tasklet_init(&b, old_style, 40);
    CHECK(!stub_tasklet());
    tasklet_schedule(&a);
    tasklet_schedule(&a);
    tasklet_hi_schedule(&b);
    CHECK(!tasklets && stub_tasklet() && tasklets == 1 && tasklets_as == STUB_SOFTIRQ && stub_tasklet() && tasklets == 41 && !stub_tasklet());
    tasklet_schedule(&a);
    tasklet_schedule(&declared_tasklet);
    tasklet_schedule(&disabled_tasklet);
    CHECK(stub_tasklet() && stub_tasklet() && !stub_tasklet() && tasklets == 43);
    tasklet_enable(&disabled_tasklet);
    CHECK(stub_tasklet() && tasklets == 44);`,
  'request_irq may sleep': {
    c: `
    int dev;
    preempt_disable();
    CHECK(!request_irq(3, handler, 0, "test", &dev));
    preempt_enable();
    free_irq(3, &dev);`,
    violations: ['sleep-in-atomic'],
  },
  'tasklet_disable may sleep, tasklet_disable_in_atomic does not': {
    c: `
    struct tasklet_struct a;
    tasklet_setup(&a, count_tasklet);
    preempt_disable();
    tasklet_disable(&a);
    tasklet_unlock_wait(&a);
    tasklet_disable_in_atomic(&a);
    tasklet_unlock_spin_wait(&a);
    preempt_enable();`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'a disabled tasklet stays scheduled': `
    struct tasklet_struct a, b;
    tasklets = 0;
    tasklet_setup(&a, count_tasklet);
    tasklet_setup(&b, count_tasklet);
    tasklet_disable(&a);
    tasklet_disable_nosync(&a);
    tasklet_schedule(&a);
    tasklet_schedule(&b);
    CHECK(stub_tasklet() && !stub_tasklet() && tasklets == 1);
    tasklet_enable(&a);
    CHECK(!stub_tasklet());
    tasklet_enable(&a);
    CHECK(stub_tasklet() && tasklets == 2);`,
  'a tasklet that is killed has run where it was scheduled': `
    struct tasklet_struct a;
    tasklets = 0;
    tasklet_setup(&a, count_tasklet);
    tasklet_kill(&a);
    CHECK(!tasklets);
    tasklet_schedule(&a);
    tasklet_kill(&a);
    CHECK(tasklets == 1 && !stub_tasklet());
    tasklet_unlock_wait(&a);`,
  'a tasklet may schedule itself, and must not sleep': {
    c: `
    static int again;
    static void repeat(struct tasklet_struct *t)
    {
      might_sleep();
      if (again++ < 1)
        tasklet_schedule(t);
    }
    -----
    struct tasklet_struct a;
    tasklet_setup(&a, repeat);
    tasklet_schedule(&a);
    CHECK(stub_tasklet() && stub_tasklet() && !stub_tasklet());`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
};
