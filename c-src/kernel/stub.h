/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stub kernel's own files and the lab share: tasks, blocking, memory and violations. The
 * driver never includes this; it sees the kernel's public headers alone.
 */
#ifndef LOSTBIT_KERNEL_STUB_H
#define LOSTBIT_KERNEL_STUB_H

#include <linux/types.h>

/* ---- tasks: who is running, in which context, holding what ---- */

enum stub_context { STUB_PROCESS, STUB_IRQ, STUB_WORKQUEUE };

enum stub_hold { STUB_MUTEX, STUB_SPIN, STUB_READ, STUB_WRITE, STUB_DEVICE };

/* A hot reset of a full machine holds two locks a device. */
#define STUB_HELD_MAX 24

struct stub_held {
	const void *lock;
	enum stub_hold how;
};

struct task_struct {
	char comm[16];
	enum stub_context context;
	u32 nr_held;
	struct stub_held held[STUB_HELD_MAX];
	const void *without_drvdata;	/* the last device whose driver data it asked for in vain */
	const void *blocked_on;		/* word that this task waits for; read by the watchdog */
	struct stub_arena *arena;	/* where its allocations go */
};

extern _Thread_local struct task_struct *current_task;

void stub_hold(const void *lock, enum stub_hold how);
void stub_unhold(const void *lock, enum stub_hold how);
bool stub_is_held(const void *lock, enum stub_hold how);

/* ---- blocking: every acquire, wait and wake of the stub kernel passes through these three ---- */

/*
 * A lock is one word. Its low half says who is in (what that means is the lock's own matter), its
 * high half counts the tasks that wait.
 */
#define STUB_WAITER 0x10000u
#define STUB_STATE 0xffffu

/* Waits until no bit of @busy is set in *@word, then adds @claim to it: one step, however long it waits. */
void stub_acquire(u32 *word, u32 busy, u32 claim);
/* The same without waiting; false where it would have had to. */
bool stub_try_acquire(u32 *word, u32 busy, u32 claim);
/* Gives @claim back and wakes whoever waits for the word. */
void stub_release(u32 *word, u32 claim);
/* Times that a blocked task looks again before it parks. 0 where tasks outnumber processors. */
extern u32 stub_spins;

/* Below them: the thread sleeps while *@word is @seen, or wakes all that sleep on it. */
void stub_park(u32 *word, u32 seen);
void stub_unpark(u32 *word);

/* ---- memory: one arena an instance of the machine, so that an instance can be put back whole ---- */

struct stub_arena {
	u32 lock;
	u32 end;		/* first address behind the arena */
	u32 next;		/* first free address; memory that was freed is never handed out again */
	u32 live;		/* objects allocated and not freed */
	void *root;		/* the object that all others are reached from; its owner's to set */
	struct stub_static *statics;	/* its own copies of what is static in the kernel */
	u32 faults;			/* something is to fail; see fault.h */
};

/* In front of every object. */
struct stub_header {
	u32 bytes;
	u32 tag;		/* STUB_LIVE or STUB_FREED */
};

#define STUB_LIVE 0x6576696cu
#define STUB_FREED 0x64616564u

struct stub_arena *stub_arena_init(void *start, u32 bytes);
bool stub_arena_has(const void *address);

/*
 * The current machine's own copy of an object that is static in the kernel, zeroed at first use:
 * many machines share one program, and each must be put back by its arena alone. @module: whose
 * static it is, NULL for the kernel's own.
 */
struct module;
void *stub_static_of(const struct module *module, const void *key, u32 bytes);
void stub_static_clear(const struct module *module);

/* A small number that stands for an object of the current machine, and back: a file descriptor, an IRQ. */
u32 stub_number(const void *object);
void *stub_object(u32 number);

/* ---- modules: what modprobe does with a machine's ---- */

/* Its code is there, its variables are zero, and others may refer to it. */
void stub_module_insert(struct module *module);
/* No new reference from here on; -EBUSY while there is one, -ENOENT if it is not loaded. */
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
/* Runs the line's handler in interrupt context, unless the line is disabled or nobody asked for it. */
void stub_irq_deliver(unsigned int irq);

struct pci_dev;
/* The function raises or drops its interrupt; a raised one is delivered at once where it can be. */
void stub_pci_raise_intx(struct pci_dev *pdev);
void stub_pci_drop_intx(struct pci_dev *pdev);
/* As a write to sysfs. */
int stub_pci_write_numvfs(struct pci_dev *pdev, u32 wanted);
/* The function forgets what was written to it, as after a reset. */
void stub_pci_power_on(struct pci_dev *pdev);

struct device;
/* All there are: the first one, and from each the next. */
struct device *stub_devices(void);
bool stub_pm_is_active(const struct device *dev);
/* Runs what pm_wq holds for the device; says whether it has suspended it. */
bool stub_pm_work(struct device *dev);

/* A worker takes one item from the first workqueue that has any, and runs it; says whether there was one. */
bool stub_work(void);

struct eventfd_ctx;
struct eventfd_ctx *stub_eventfd_create(void);
u64 stub_eventfd_count(const struct eventfd_ctx *ctx);

/* ---- violations: what the stub kernel caught ---- */

enum stub_violation_kind {
	STUB_LOCK_NOT_HELD = 1,		/* released, or asserted, but not held */
	STUB_LOCK_HELD_TWICE,		/* acquired by the task that holds it */
	STUB_LOCK_LEFT_HELD,		/* still held when the task's step returned */
	STUB_SLEEP_IN_ATOMIC,		/* a sleeping lock under a spinlock or in an interrupt */
	STUB_USAGE_UNDERFLOW,		/* a PM usage count dropped below zero */
	STUB_DOUBLE_FREE,
	STUB_BAD_FREE,			/* free of what was never allocated */
	STUB_OUT_OF_MEMORY,		/* the arena is too small: a defect of the lab, not of the driver */
	STUB_REFERENCE_UNDERFLOW,	/* a reference count dropped below zero */
	STUB_WARNED,			/* WARN_ON of the driver */
	STUB_RESET_WHILE_SUSPENDED,	/* a device was reset that runtime PM had put to sleep */
	STUB_RESET_UNHELD,		/* a bus was reset under a device that nothing keeps awake */
	STUB_CONFIG_WHILE_SUSPENDED,	/* a user's access reached a device that runtime PM had put to sleep */
	STUB_STALE_CALLBACK,		/* a driver was called back for a device that it has left */
	STUB_FREED_CODE,		/* a callback into a module that was unloaded */
	STUB_NULL_DEREFERENCE,		/* driver data was used where there is none */
};

#define STUB_VIOLATIONS_MAX 64

struct stub_violation {
	enum stub_violation_kind kind;
	u32 object;			/* address of what it is about */
	char task[16];
};

struct stub_violations {
	u32 count;			/* all that were caught; the first ones are kept */
	struct stub_violation first[STUB_VIOLATIONS_MAX];
};

extern struct stub_violations stub_violations;

void stub_violation(enum stub_violation_kind kind, const void *object);

#endif
