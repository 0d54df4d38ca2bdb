/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stub kernel's own files, the lab, and the models of hardware in a subject share: tasks, blocking, memory and
 * violations. A driver has no business here: it sees the kernel's public headers alone.
 */
#ifndef LOSTBIT_KERNEL_STUB_H
#define LOSTBIT_KERNEL_STUB_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * Of the stub kernel's own variables, those that each machine has for itself, as it has all of a subject's. They lie in one
 * section: a machine's copy of that is in its arena, and the tools that instrument the linked module have code
 * reach the copy of the machine that runs (lab_set_base).
 */
#define __machine __attribute__((section("instance_data")))

/* ---- tasks: which is running, in which context, holding what ---- */

enum stub_context { STUB_PROCESS, STUB_IRQ, STUB_WORKQUEUE, STUB_SOFTIRQ };

enum stub_hold { STUB_MUTEX, STUB_SPIN, STUB_READ, STUB_WRITE, STUB_SPIN_READ, STUB_SPIN_WRITE };

/* As many as lockdep follows. */
#define STUB_HELD_MAX 48

struct stub_held {
	const void *lock;
	enum stub_hold how;
};

struct stub_task {
	char comm[16];
	enum stub_context context;
	enum stub_context at;		/* what it has its place on the processor as, */
	u32 cpu;			/* 1 + that one's number; 0: one of its own, */
	u32 number;			/* which is this one; NR_CPUS: there are more tasks than processors */
	u32 irqs_off, bh_off;		/* times that it has switched interrupts and softirqs off there */
	u32 preempt_off;		/* ... and says that it must not be taken off it */
	u32 rcu_readers;		/* sections of RCU's that it is in */
	u32 nr_held;
	struct stub_held held[STUB_HELD_MAX];
	u32 beyond;			/* locks that found no room there */
	void (*deferred)(void);		/* what it is to run as a softirq, once one may come */
	const void *without_drvdata;	/* the last device whose driver data it asked for in vain */
	/* What this task waits for, as the watchdog sees it: that these bits of a word are clear. */
	const void *blocked_on;
	u32 blocked_by;
	struct stub_arena *arena;	/* where its allocations go, */
	u32 lane;			/* and 1 + the index of its own lane there; 0: none */
};

extern _Thread_local struct stub_task *current_task;

void stub_hold(const void *lock, enum stub_hold how);
void stub_unhold(const void *lock, enum stub_hold how);
bool stub_is_held(const void *lock, enum stub_hold how);
/* Reports it where a task must not sleep: in an interrupt, or with a spinlock held. @what: it would wait for. */
void stub_might_sleep(const void *what);
/* Must it not sleep? */
bool stub_is_atomic(void);
/* Has a signal come for a task that sleeps in this state? A fault makes it, of wait_event_interruptible. */
bool stub_signal(unsigned int state);
/* Has its step left anything that it may not, or anything to do? */
static inline bool stub_left_something(const struct stub_task *task)
{
	return task->deferred || task->nr_held || task->beyond || task->bh_off || task->preempt_off || task->rcu_readers ||
	       task->irqs_off != (task->at == STUB_IRQ);
}
/* Reports that, and takes it back; what was deferred runs now. */
void stub_end_step(void);
/* Has the task run it as a softirq: at once where it may be interrupted, else as soon as it may be, and at its step's end. */
void stub_defer(void (*run)(void));
void stub_run_deferred(void);
/* Wherever a task may have become interruptible. */
static inline void stub_interruptible(void)
{
	if (unlikely(current_task->deferred))
		stub_run_deferred();
}

/* ---- blocking: every acquire, wait and wake of the stub kernel passes through these three ---- */

/*
 * A lock is one word. Its low half has the holders (encoded as the lock needs it), its
 * high half counts the tasks that wait.
 */
#define STUB_WAITER 0x10000u
#define STUB_STATE 0xffffu

/*
 * As a busy mask, this bit alone marks a shared acquire: others like it may come and go meanwhile, in any
 * order, and only an acquire that waits for all of them is kept out. Nothing else may use the mask.
 */
#define STUB_EXCLUSIVE 0x8000u

/*
 * As a busy mask: who acquires waits until there is something to take, a count that is not zero, and claims -1 of it. What is
 * given is a release of -1.
 */
#define STUB_EMPTY 0x10000u
#define STUB_ONE ((u32)-1)

/* Would an acquire have to wait, with this in the lock's word? */
static inline bool stub_is_busy(u32 word, u32 busy)
{
	return busy == STUB_EMPTY ? !(word & STUB_STATE) : word & busy;
}

/* Where a kernel's lock has its word: that is how each of them begins. */
static inline u32 *stub_word(const volatile void *lock)
{
	return (u32 *)(uintptr_t)lock;
}

/* Waits until no bit of @busy is set in *@word, then adds @claim to it: one step, however long it waits. */
void stub_acquire(u32 *word, u32 busy, u32 claim);
/* The same without waiting; false where it would have had to. */
bool stub_try_acquire(u32 *word, u32 busy, u32 claim);
/* Gives @claim back and wakes the tasks that wait for the word. */
void stub_release(u32 *word, u32 claim);
/* Between a release and an acquire of the same word, lets in who waits for it. No step of its own. */
void stub_make_way(const u32 *word);
/* Times that a blocked task looks again before it parks. 0 where tasks outnumber processors. */
extern u32 stub_spins;
/* Nobody can end a wait: a task that would have to traps with blocked_on saying why, and so does one that is woken. */
extern u32 stub_alone;

/* Below them: the thread sleeps while *@word is @seen, or wakes all that sleep on it. */
void stub_park(u32 *word, u32 seen);
void stub_unpark(u32 *word);
/* ... or for so long. */
void stub_rest(u32 nanoseconds);

/* The first address behind all memory. */
u32 stub_memory_end(void);

/* ---- memory: one arena an instance of the machine, so that an instance can be put back whole ---- */

/*
 * A part of an arena, from which one task allocates: with lanes of their own, tasks need no lock, and where an
 * object lies does not depend on what the others do. As with a slab's caches, one for each processor.
 */
struct stub_lane {
	_Alignas(8) u32 next;	/* first free address; memory that was freed is never handed out again */
	u32 end;		/* first address behind the lane */
	u32 last;		/* address of the newest header, from which a chain leads back to the oldest; 0: none */
	u32 readers;		/* of RCU, in sections that tasks of this lane began */
	u32 sleeps;		/* word: the task of this lane sleeps, and in which state; see sched.c */
	struct task_struct *known;	/* ... as drivers know that task; NULL: none has asked */
};

struct stub_arena {
	u32 lock;		/* of the first lane and of the lists */
	u32 end;		/* first address behind the arena */
	u32 built;		/* the machine itself lies before this address */
	struct stub_lane first;	/* of tasks without a lane of their own, and of statics; what a copy holds ends here */
	u32 nr_lanes;		/* behind it, one after the other */
	struct stub_lane *lanes;
	struct rcu_head *waiting;	/* callbacks, for the end of RCU sections */
	u32 own;		/* address of its copy of what belongs to a machine, and how much further up that is */
	u32 base;
	u32 first_object;	/* behind that copy */
	struct stub_cpu *cpus;		/* those that tasks share; NULL: none does */
	u32 faults;			/* something is to fail; see fault.h */
	struct stub_allocation *allocations;	/* where objects come from, while stub_watch is on, */
	struct stub_allocation *frees;		/* and where they were freed, the last one first */
};

/* Where an object of an arena lies, and whether it has been freed. */
struct stub_extent {
	u32 start;
	u32 bytes;
	bool freed;
};

/* @own: bytes at its start, behind the arena's own state, for the copy of what belongs to a machine. */
struct stub_arena *stub_arena_init(void *start, u32 bytes, u32 own_at, u32 own);
/* The object that an address lies in, as the allocator has it; false where it lies in none. */
bool stub_find_object(const struct stub_arena *arena, u32 address, struct stub_extent *extent);
bool stub_arena_has(const void *address);
/* Does the program itself have so many bytes there, for as long as it runs? */
bool stub_is_static(u32 address, u32 bytes);
/* Nothing lies below this address: whatever points there is a NULL pointer, or a member behind one. */
#define STUB_FIRST_PAGE 4096u
/* An object for the driver, of up to @most bytes: all functions that allocate end here. */
void *stub_make(size_t bytes, size_t most, gfp_t gfp);
/* ... as kmalloc() and kvmalloc() do. */
void *stub_kmalloc(size_t bytes, gfp_t gfp);
void *stub_kvmalloc(size_t bytes, gfp_t gfp);
/* For the stub kernel itself, zeroed: never given back, and no leak. */
void *stub_keep(u32 bytes);
/* Shares out what is left of an arena: so many lanes get equal parts of it, and as much stays with the first. */
void stub_add_lanes(struct stub_arena *arena, u32 lanes);
/* The lane of the task that is running. */
struct stub_lane *stub_lane(void);
/* Reports what was allocated since the machine was built and is still there; -> how many. */
u32 stub_check_leaks(void);

/* Gives [start, start + bytes) of the current machine's own variables the values that the program starts with. */
void stub_own_reset(u32 start, u32 bytes);

/* A small number that stands for an object of the current machine, and back: a file descriptor, an IRQ. */
u32 stub_number(const void *object);
void *stub_object(u32 number);

/* ---- modules: what modprobe does with a machine's ---- */

struct module;

/* Its code is there, its variables are zero, and others may refer to it. */
void stub_module_insert(struct module *module);
/* No new reference from here on; -EWOULDBLOCK while there is one, -ENOENT if it is not loaded. */
int stub_module_stop(struct module *module);
/* Its code is gone. */
void stub_module_remove(struct module *module);
bool stub_module_is_loaded(struct module *module);
/* May its code be called? */
bool stub_module_has_text(struct module *module);

struct kernel_param;
/* As a write to sysfs. */
int stub_param_write(const struct kernel_param *param, const char *text);

/* ---- hardware and the user's side, as the lab moves them ---- */

unsigned int stub_irq_alloc(void);
/* Runs the line's handlers in interrupt context, unless it is disabled or was never requested; returns whether they ran. */
bool stub_irq_deliver(unsigned int irq);
void stub_irq_free(unsigned int irq);
/* Is the line on as soon as it has a handler? */
void stub_irq_set_autoen(unsigned int irq, bool on);

struct pci_dev;
/* The function raises or drops its interrupt; a raised one is delivered at once where it can be. */
void stub_pci_raise_intx(struct pci_dev *pdev);
void stub_pci_drop_intx(struct pci_dev *pdev);
/* The function can send messages: so many by MSI and MSI-X; @dynamic: more may be set up while some are in use. */
void stub_pci_add_messages(struct pci_dev *pdev, u32 msi, u32 msix, bool dynamic);
/* The function sends one. Returns whether a vector was set up for it. */
bool stub_pci_send_message(struct pci_dev *pdev, u32 vector);
/* The function reports an error, as PCI Express can. */
void stub_pci_report_error(struct pci_dev *pdev);
/* As a write to sysfs. */
int stub_pci_write_numvfs(struct pci_dev *pdev, u32 wanted);
/* The function forgets what was written to it, as after a reset. */
void stub_pci_power_on(struct pci_dev *pdev);

struct device;
/* All that are on a bus: the first one, and from each the next. */
struct device *stub_devices(void);
struct device *stub_next_device(const struct device *dev);
void __stub_without_drvdata(const struct device *dev);
/* Of a device that is new. */
void stub_pm_init(struct device *dev);
bool stub_pm_is_active(const struct device *dev);
/* Runs what pm_wq holds for the device; returns whether it has suspended it. */
bool stub_pm_work(struct device *dev);

/* A worker takes one item from the first workqueue that has any, and runs it; returns whether there was one. */
bool stub_work(void);
/* All that the kernel's own queues hold is over. */
void stub_flush_system(void);
/* The earliest timer fires, in softirq context; returns whether there was one. */
bool stub_timer_fire(void);
/* Waits until the timer's function does not run. */
struct timer_list;
void stub_timer_wait(const struct timer_list *timer);
/* The first tasklet that is scheduled and enabled runs, in softirq context; returns whether there was one. */
bool stub_tasklet(void);

/*
 * Would those find anything? Of a machine that stands still, so that no lock is taken. Its lists may be damaged: what is so far
 * behind is not looked at.
 */
bool stub_work_is_due(void);
bool stub_timer_is_due(void);
bool stub_tasklet_is_due(void);
#define STUB_DUE_MAX 1024

struct file;
struct file_operations;
/* A file with one reference. */
void stub_file_init(struct file *filp, const struct file_operations *fops, void *priv);
/* A descriptor of a user's own for it, with that reference, and its close(). */
int stub_file_install(struct file *filp);
int stub_close(int fd);
void stub_file_closed(struct file *filp);
/* As open() of a device node does; an errno as a pointer. */
struct file *stub_open_chrdev(dev_t dev);
struct file *stub_open_device(const char *name);
struct file *stub_open_misc(const char *name);
struct inode;
/* With one reference, its mapping its own. */
void stub_inode_init(struct inode *inode);
/* As iput(), wherever that is. */
void stub_inode_put(struct inode *inode);
/* The file of one, with a reference, as fget() gives it where nothing is made to fail. */
struct file *stub_file_of(unsigned int fd);

struct eventfd_ctx;
struct eventfd_ctx *stub_eventfd_create(void);
/* A user's own that goes by @key, made at first use; no allocation of the kernel's. */
struct eventfd_ctx *stub_eventfd_of(const void *key);
u64 stub_eventfd_count(const struct eventfd_ctx *ctx);
int stub_eventfd_fd(const struct eventfd_ctx *ctx);

/* ---- when users and drivers have gone: each reports what they left behind, and returns how much ---- */

/* @usage: its PM usage count before any driver came. */
u32 stub_check_function(struct pci_dev *pdev, int usage);
u32 stub_check_irq(unsigned int irq);
/* All callers of register functions have gone. */
u32 stub_check_notifiers(void);
/* Of each, one reference is its user's; none has a waiter. */
u32 stub_check_eventfds(void);
/* ... the same of files with descriptors. */
u32 stub_check_files(void);

/* ---- violations that the stub kernel found ---- */

enum stub_violation_kind {
	STUB_LOCK_NOT_HELD = 1,		/* released, or asserted, but not held */
	STUB_LOCK_HELD_TWICE,		/* acquired by the task that holds it */
	STUB_LOCK_LEFT_HELD,		/* still held when the task's step returned */
	STUB_TOO_MANY_LOCKS,		/* acquired beyond those that are followed */
	STUB_LEAKED_ATOMIC,		/* interrupts, softirqs or preemption still off then, or a section of RCU's open */
	STUB_SLEEP_IN_ATOMIC,		/* a wait or a sleeping lock under a spinlock or in an interrupt */
	STUB_USAGE_UNDERFLOW,		/* a PM usage count dropped below zero */
	STUB_DOUBLE_FREE,
	STUB_BAD_FREE,			/* free of what was never allocated */
	STUB_OUT_OF_CPUS,		/* a task for which there is no processor asks for the number of its own: the scenario's defect */
	STUB_OUT_OF_MEMORY,		/* the arena is too small: a limit of the lab's, and nothing that the driver did */
	STUB_REFERENCE_UNDERFLOW,	/* a reference count dropped below zero */
	STUB_REFERENCE_REVIVED,		/* ... or was counted up from there, where all references were gone */
	STUB_REFERENCE_SATURATED,	/* ... or grew until it would have wrapped, or dropped to zero where none is left to see it */
	STUB_WARNED,			/* WARN_ON of the driver */
	STUB_RESET_WHILE_SUSPENDED,	/* a device was reset that runtime PM, or the driver, had put to sleep */
	STUB_RESET_UNHELD,		/* a bus was reset under a device that nothing keeps awake */
	STUB_CONFIG_WHILE_SUSPENDED,	/* a user's access reached a device that runtime PM had put to sleep */
	STUB_STALE_CALLBACK,		/* a driver was called back for a device that it has left */
	STUB_FREED_CODE,		/* a callback into a module that was unloaded */
	STUB_NULL_DEREFERENCE,		/* driver data was used where there is none */
	STUB_LOCK_ORDER,		/* a lock was acquired under another, and elsewhere the other way round */
	STUB_NULL_ACCESS,		/* an access of the first page of memory */
	STUB_USE_AFTER_FREE,
	STUB_OUT_OF_BOUNDS,		/* an access of the arena that hits no object */
	STUB_USE_AFTER_RETURN,		/* of what a function had on its stack, and has returned since */
	STUB_UNINITIALISED_READ,	/* of an object that was not zeroed, where nothing was written */
	STUB_STACK_OVERFLOW,		/* a stack would have outgrown its area */
	/* when users and drivers have gone: */
	STUB_LEAKED,			/* an object that was never freed */
	STUB_UNBALANCED_ENABLE,		/* a function was enabled more often than disabled; at once: less often */
	STUB_UNBALANCED_USAGE,		/* its PM usage count is not what it was when it was plugged in */
	STUB_UNBALANCED_IRQ,		/* a handler or a disable is left; at once: freed or enabled once too often */
	STUB_UNBALANCED_NOTIFIER,	/* a notifier is still registered */
	STUB_UNBALANCED_CLIENT,		/* a callback is left that was registered for a device without a driver */
	STUB_UNBALANCED_EVENTFD,	/* an eventfd has other references than its user's, or a waiter */
	STUB_UNBALANCED_FILE,		/* a file has other references than its user's */
	STUB_UNBALANCED_MODULE,		/* a module that is not in use cannot be unloaded */
	STUB_CONFIG_LEFT_BLOCKED,	/* users' config accesses would still wait */
	STUB_MISSING_FUNCTION,		/* of the kernel's, which nobody has written: what happens then is no kernel's */
};

enum stub_access { STUB_LOAD, STUB_STORE, STUB_ATOMIC };

/* What it takes in a word that says more. */
#define STUB_ACCESS_BITS 2
#define STUB_ACCESS_MASK ((1u << STUB_ACCESS_BITS) - 1)

#define STUB_VIOLATIONS_MAX 64
#define STUB_FRAMES 24

struct stub_violation {
	enum stub_violation_kind kind;
	u32 object;			/* address of what it is about; of a warning, a module and what is off: of its name */
	char task[16];
	enum stub_context context;
	u32 other;			/* of a lock order: address of the lock that was held */
	enum stub_access access;	/* of an access: which, */
	u32 bytes;			/* and how wide */
	u32 frames;
	u32 frame[STUB_FRAMES];		/* the callers, innermost first, from stub_backtrace(); of a leak: of the allocation */
	u32 freed;			/* whether this is known: of what was freed, */
	char freed_by[16];		/* by which task, */
	u32 freed_frames;
	u32 freed_frame[STUB_FRAMES];	/* and from where */
};

struct stub_violations {
	u32 count;			/* of all violations; the first ones are kept */
	struct stub_violation first[STUB_VIOLATIONS_MAX];
};

extern struct stub_violations stub_violations;

void stub_violation(enum stub_violation_kind kind, const void *object);
/* Adds which task freed what lies at the address, where that was recorded. */
void stub_tell_who_freed(struct stub_violation *entry, u32 address);
/* The entry of one that is kept, for the caller to fill in more, its stack included; NULL: it is only counted. */
struct stub_violation *stub_violation_begin(enum stub_violation_kind kind, const void *object);

/*
 * Where the running code was called from, as offsets into the module: the call in the caller of the function
 * that asks, then that in its caller, and so on; -> how many. The only function that a module imports.
 */
__attribute__((import_module("env"), import_name("stub_backtrace")))
u32 stub_backtrace(u32 *frame, u32 room);

/* ---- watching closely: not for a race ---- */

/* Keeps the call stacks of allocations and frees, and the order of locks. Set before machines are made. */
extern u32 stub_watch;

/* A blocking acquire, while the task holds what it holds. */
void stub_order_acquire(const void *lock);

/*
 * Address of the shadow of all memory, 0: none. Its byte n describes the 8 bytes from 8 * n on; accesses that
 * instrumented code reports (stub_check_access) are checked against it. Zeroed, and set before machines are made.
 */
extern u32 stub_shadow;

/*
 * Beside a shadow, address of as many bytes with a bit for each byte that was allocated and never written; 0: none.
 * And of a byte for each place in the code: those bytes of what it reads that it makes something of, a bit each.
 */
extern u32 stub_unwritten;
extern u32 stub_sites;

/*
 * The shadow's part of making and freeing objects; nothing where there is none. Called right behind the write that
 * goes with it, of all bytes, so that it has its place in the order of accesses. Tools that follow
 * a schedule put their own in the place of these.
 */
void stub_shadow_valid(const void *object, u32 bytes);
void stub_shadow_unwritten(const void *object, u32 bytes);
void stub_shadow_freed(const void *object, u32 bytes);
void stub_shadow_outside(const void *start, u32 bytes);
/* After memory was restored: sets the shadow from the arena's objects. */
void stub_arena_shadow(const struct stub_arena *arena);

/* A write of the machine's memory; or, of no bytes, a call, by what it passes first and second. */
struct stub_record {
	u32 address;
	u32 bytes;
	u32 second;
	u32 site;			/* the place in the code, by its number in the instrumented code; calls have their own */
	enum stub_context context;
	u32 nr_held;			/* locks that its task held, the first taken first */
	struct stub_held held[STUB_HELD_MAX];
};

/* Where they go, by code that reports its accesses, or its calls; no room: nowhere. The engine that drives the machine fills this in. */
struct stub_recorder {
	u32 records;			/* address of struct stub_record[room] */
	u32 room;
	u32 count;			/* all there were: beyond the room they are lost */
};

extern struct stub_recorder stub_recorder;
void stub_record(u32 address, u32 bytes, u32 site);

#endif
