/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence counts and locks: a reader takes no lock, and begins again where a writer was at it meanwhile. What is
 * read in between races with the writer all the same, and is reported where it is a plain access.
 */
#ifndef _LINUX_SEQLOCK_H
#define _LINUX_SEQLOCK_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

typedef struct seqcount {
	unsigned sequence;		/* odd while a writer is at it */
} seqcount_t;

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;
} seqlock_t;

_Static_assert(sizeof(seqlock_t) == 8, "seqlock");

#define SEQCNT_ZERO(name) { 0 }
#define __SEQLOCK_UNLOCKED(name) { { 0 }, __SPIN_LOCK_UNLOCKED(name) }
#define DEFINE_SEQLOCK(name) seqlock_t name = __SEQLOCK_UNLOCKED(name)

/* Counts that say which lock their writers hold: that is not looked at. They are as long as without lockdep. */
typedef struct { seqcount_t seqcount; } seqcount_spinlock_t, seqcount_raw_spinlock_t, seqcount_rwlock_t,
	seqcount_mutex_t;

#define SEQCNT_SPINLOCK_ZERO(name, lock) { { 0 * sizeof(*(lock)) } }
#define SEQCNT_MUTEX_ZERO(name, lock) SEQCNT_SPINLOCK_ZERO(name, lock)

static inline unsigned __stub_seqcount_begin(const seqcount_t *s)
{
	unsigned seen;

	while ((seen = smp_load_acquire(&s->sequence)) & 1)
		cpu_relax();
	return seen;
}

static inline int __stub_seqcount_changed(const seqcount_t *s, unsigned start)
{
	smp_rmb();
	return READ_ONCE(s->sequence) != start;
}

/* One writer at a time: nobody else writes the count. */
static inline void __stub_seqcount_step(seqcount_t *s)
{
	WRITE_ONCE(s->sequence, s->sequence + 1);
}

static inline void __stub_seqcount_write_begin(seqcount_t *s)
{
	__stub_seqcount_step(s);
	smp_wmb();
}

static inline void __stub_seqcount_write_end(seqcount_t *s)
{
	smp_wmb();
	__stub_seqcount_step(s);
}

/* All kinds of counts begin with one. */
#define __STUB_SEQCOUNT(s) ((seqcount_t *)(s))

#define seqcount_init(s) (__STUB_SEQCOUNT(s)->sequence = 0)
#define seqcount_spinlock_init(s, lock) seqcount_init(s)
#define seqcount_raw_spinlock_init(s, lock) seqcount_init(s)
#define seqcount_rwlock_init(s, lock) seqcount_init(s)
#define seqcount_mutex_init(s, lock) seqcount_init(s)

#define read_seqcount_begin(s) __stub_seqcount_begin(__STUB_SEQCOUNT(s))
#define read_seqcount_retry(s, start) __stub_seqcount_changed(__STUB_SEQCOUNT(s), (start))
/* Does not wait for a writer: what it read is then worth nothing. */
#define raw_seqcount_begin(s) (smp_load_acquire(&__STUB_SEQCOUNT(s)->sequence) & ~1u)
#define raw_read_seqcount(s) smp_load_acquire(&__STUB_SEQCOUNT(s)->sequence)

/* A reader on the writer's own CPU would wait for it for ever: the writer is not preempted. */
#define write_seqcount_begin(s) (preempt_disable(), __stub_seqcount_write_begin(__STUB_SEQCOUNT(s)))
#define write_seqcount_end(s) (__stub_seqcount_write_end(__STUB_SEQCOUNT(s)), preempt_enable())
#define raw_write_seqcount_begin(s) write_seqcount_begin(s)
#define raw_write_seqcount_end(s) write_seqcount_end(s)
/* Readers that are at it begin again. */
#define write_seqcount_invalidate(s) \
	(smp_wmb(), WRITE_ONCE(__STUB_SEQCOUNT(s)->sequence, __STUB_SEQCOUNT(s)->sequence + 2))

#define seqlock_init(sl) (seqcount_init(&(sl)->seqcount), spin_lock_init(&(sl)->lock))
#define read_seqbegin(sl) __stub_seqcount_begin(&(sl)->seqcount)
#define read_seqretry(sl, start) __stub_seqcount_changed(&(sl)->seqcount, (start))

#define write_seqlock(sl) (spin_lock(&(sl)->lock), __stub_seqcount_write_begin(&(sl)->seqcount))
#define write_sequnlock(sl) (__stub_seqcount_write_end(&(sl)->seqcount), spin_unlock(&(sl)->lock))
#define write_seqlock_irq(sl) (spin_lock_irq(&(sl)->lock), __stub_seqcount_write_begin(&(sl)->seqcount))
#define write_sequnlock_irq(sl) (__stub_seqcount_write_end(&(sl)->seqcount), spin_unlock_irq(&(sl)->lock))
#define write_seqlock_bh(sl) (spin_lock_bh(&(sl)->lock), __stub_seqcount_write_begin(&(sl)->seqcount))
#define write_sequnlock_bh(sl) (__stub_seqcount_write_end(&(sl)->seqcount), spin_unlock_bh(&(sl)->lock))
#define write_seqlock_irqsave(sl, flags) \
	(spin_lock_irqsave(&(sl)->lock, flags), __stub_seqcount_write_begin(&(sl)->seqcount))
#define write_sequnlock_irqrestore(sl, flags) \
	(__stub_seqcount_write_end(&(sl)->seqcount), spin_unlock_irqrestore(&(sl)->lock, flags))

/* Readers that keep writers out. */
#define read_seqlock_excl(sl) spin_lock(&(sl)->lock)
#define read_sequnlock_excl(sl) spin_unlock(&(sl)->lock)

#endif
