// SPDX-License-Identifier: GPL-2.0-only
/* What a task does to keep interrupts and softirqs off its processor, one function a way. */
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/wait.h>

static DEFINE_SPINLOCK(lock);
static DEFINE_RWLOCK(rw);
static DECLARE_WAIT_QUEUE_HEAD(queue);

/* The task sets the one, who interrupts it the other. */
static struct {
	u32 task : 1;
	u32 other : 1;
} flags;

static u32 dev, there;

static irqreturn_t handler(int irq, void *own)
{
	spin_lock(&lock);
	flags.other = 1;
	spin_unlock(&lock);
	WRITE_ONCE(there, 1);
	wake_up(&queue);
	return IRQ_HANDLED;
}

static void fire(struct timer_list *timer)
{
	spin_lock(&lock);
	flags.other = 1;
	spin_unlock(&lock);
	read_lock(&rw);
	read_unlock(&rw);
}

static DEFINE_TIMER(timer, fire);

static struct rcu_head heads[2];

static void freed(struct rcu_head *head)
{
	spin_lock(&lock);
	flags.other = 1;
	spin_unlock(&lock);
}

static irqreturn_t freeing_handler(int irq, void *own)
{
	call_rcu(&heads[0], freed);
	return IRQ_HANDLED;
}

int begin(void)
{
	mod_timer(&timer, jiffies + 1);
	return request_irq(3, handler, 0, "processor", &dev) ?:
	       request_irq(4, freeing_handler, 0, "processor", &dev);
}

void plain(void)
{
	flags.task = 1;
}

void irqs_off(void)
{
	local_irq_disable();
	flags.task = 1;
	local_irq_enable();
}

void irqs_saved(void)
{
	unsigned long outer, inner;

	local_irq_save(outer);
	local_irq_save(inner);
	local_irq_restore(inner);
	flags.task = 1;
	local_irq_restore(outer);
}

void irqs_on_too_early(void)
{
	local_irq_disable();
	local_irq_disable();
	local_irq_enable();
	flags.task = 1;
}

void softirqs_off(void)
{
	local_bh_disable();
	local_bh_disable();
	local_bh_enable();
	flags.task = 1;
	local_bh_enable();
}

void locked(void)
{
	spin_lock(&lock);
	flags.task = 1;
	spin_unlock(&lock);
}

void locked_irq(void)
{
	spin_lock_irq(&lock);
	flags.task = 1;
	spin_unlock_irq(&lock);
}

void locked_irqsave(void)
{
	unsigned long saved;

	spin_lock_irqsave(&lock, saved);
	flags.task = 1;
	spin_unlock_irqrestore(&lock, saved);
}

void locked_bh(void)
{
	spin_lock_bh(&lock);
	flags.task = 1;
	spin_unlock_bh(&lock);
}

void frees_locked_bh(void)
{
	spin_lock_bh(&lock);
	call_rcu(&heads[1], freed);
	flags.task = 1;
	spin_unlock_bh(&lock);
}

/* A writer whom a reader interrupts. */
void written(void)
{
	write_lock(&rw);
	write_unlock(&rw);
	locked_bh();
}

void written_bh(void)
{
	write_lock_bh(&rw);
	write_unlock_bh(&rw);
	locked_bh();
}

void waits(void)
{
	wait_event(queue, READ_ONCE(there));
	flags.task = 1;
}

static DEFINE_PER_CPU(int, hits);

/* Nobody else is on the CPU; -> how often that was so. */
int counts(void)
{
	return ++*this_cpu_ptr(&hits);
}
