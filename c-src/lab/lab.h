/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lab: what scenarios can do to the machine and see of it. This file is the whole ABI
 * between the C side and its drivers; they read every offset and enumerator of it from the module's
 * DWARF.
 */
#ifndef LOSTBIT_LAB_H
#define LOSTBIT_LAB_H

#include <linux/fs.h>
#include <linux/types.h>

#include "kernel/fault.h"
#include "kernel/stub.h"

#define LAB_EXPORT(name) __attribute__((export_name(#name), used)) name

#define LAB_DEVICES 8
#define LAB_ACTORS 64
#define LAB_STEPS 16
#define LAB_SETUP_STEPS 32
#define LAB_NAME 16
#define LAB_ARGS 6
#define LAB_OBSERVED 8
#define LAB_HOPS 6
#define LAB_WORKERS 64

/* ---- the machine ---- */

/* What is plugged into a slot. */
enum lab_kind { LAB_EMPTY, LAB_PCI, LAB_FLAGS };

/* What a function is like. Zero: a plain one, alone on a bus that cannot be reset. */
struct lab_spec {
	enum lab_kind kind;
	u32 intx;		/* it has an interrupt pin */
	u32 bus;		/* functions of equal numbers share a bus behind a bridge that can reset it; 0: its own */
	u32 flr;		/* it can be reset by itself (function level reset, of PCI Express) */
	u32 no_soft_reset;	/* it keeps its state on the way back from D3hot */
	u32 msix;		/* vectors of MSI-X */
	u32 express;		/* it has a PCI Express capability */
	u32 vga;		/* it is a VGA adapter */
	u32 below_bridge;	/* a VGA adapter's bus is not the root bus */
	u32 vfs;		/* virtual functions that it can have */
	u32 msi;		/* vectors of MSI, up to 32 */
	u32 dyn_msix;		/* more vectors of MSI-X can be set up while some are in use */
	u32 denylisted;		/* it is of a kind that vfio-pci keeps from users */
	u32 virtfn;		/* it is a virtual function: no pin, and memory that is always on */
	u32 mlx5;		/* it is a virtual function of an mlx5 adapter, and has flr */
	u32 broken_intx;	/* its pin is known not to be usable */
	u32 extended;		/* it is of PCI Express, with the larger config space */
};

/* Vectors, from the first, that a user has an eventfd for. */
#define LAB_VECTORS 32

/* A descriptor on its way in or out is neither there to use nor free to open. */
enum lab_fd { LAB_FD_FREE, LAB_FD_BUSY, LAB_FD_OPEN };

/* A user of a device, and what it holds. */
struct lab_user {
	struct file file;
	struct file group;			/* of the group that the device is alone in */
	u32 fd;					/* enum lab_fd: its descriptor of the device */
	struct eventfd_ctx *intx_eventfd;	/* its end of the interrupt */
	struct eventfd_ctx *wake_eventfd;	/* ... and of the wake-up from low power */
	int usage;				/* the PM usage count of the device when it was plugged in */
	u32 blocked;				/* a step keeps others from the device's config space */
	struct file *faulting;			/* a page fault in a mapping of it is under way */
};

/* A slot and what sits in it. */
struct lab_device {
	struct pci_dev *pdev;
	struct vfio_pci_core_device *vdev;	/* while a vfio driver is bound */
	struct lab_user *user;			/* of a function */
	struct vga_device *vga;			/* what the arbiter knows of it, if it is a VGA adapter */
	struct lab_flags *flags;
};

/*
 * One machine. Everything that a scenario changes lies in its arena, so that it can be put back; a race
 * puts it back after every step, so that what only some devices need is behind a pointer.
 */
struct lab_instance {
	struct stub_arena *arena;
	struct lab_device device[LAB_DEVICES];
};

/* ---- modules ---- */

enum lab_module {
	LAB_VFIO_PCI,
	LAB_VARIANT,		/* a driver of its own over vfio-pci-core, without parameters */
	LAB_MLX5,		/* mlx5-vfio-pci, for virtual functions of mlx5 adapters */
	LAB_MODULES
};

/* Parameters of vfio-pci, and bits of them on its command line. */
enum lab_param {
	LAB_NOINTXMASK,
	LAB_DISABLE_VGA,
	LAB_DISABLE_IDLE_D3,
	LAB_ENABLE_SRIOV,
	LAB_DISABLE_DENYLIST,
	LAB_PARAMS
};

/* ---- what a step can do ---- */

enum lab_op {
	LAB_OP_LOAD,		/* enum lab_module, parameters switched on: a bit each of enum lab_param */
	LAB_OP_BIND,		/* device, enum lab_module: to whose driver */
	LAB_OP_UNBIND,		/* device */
	LAB_OP_OPEN,		/* device */
	LAB_OP_CLOSE,		/* device */
	LAB_OP_CONFIG_READ,	/* device, offset, bytes -> the value read */
	LAB_OP_CONFIG_WRITE,	/* device, offset, bytes, value */
	LAB_OP_INTX_ENABLE,	/* device: SET_IRQS with an eventfd of the user's */
	LAB_OP_INTX_DISABLE,	/* device */
	LAB_OP_INTERRUPT,	/* device: its pin is asserted; -> eventfd signals so far */
	LAB_OP_LOW_POWER_ENTRY,	/* device, argsz (0: what it should be), flags of the feature ioctl (0: the same) */
	LAB_OP_LOW_POWER_EXIT,	/* device */
	LAB_OP_CONFIG_BLOCK,	/* device: the kernel holds config access, as around a reset; once at a time */
	LAB_OP_CONFIG_UNBLOCK,	/* device */
	LAB_OP_FLAG_WRITE,	/* flags, enum lab_flag, value */
	LAB_OP_INTERRUPT_SERVED, /* device: its user has served it and its pin drops; -> signals so far */
	LAB_OP_PM_WORK,		/* device: pm_wq gets to it; -> 1 if that has suspended it */
	LAB_OP_UNLOAD,		/* enum lab_module; its devices are unbound */
	LAB_OP_PARAM_WRITE,	/* enum lab_param, up to four characters: written to sysfs */
	LAB_OP_LOW_POWER_ENTRY_WITH_WAKEUP, /* device, argsz (0: what it should be), descriptor (0: the user's own) */
	LAB_OP_WAKEUPS,		/* device -> signals so far to the eventfd of that */
	LAB_OP_RESET,		/* device: VFIO_DEVICE_RESET */
	/* device, slots whose groups its user has: a bit each; 0: those of all devices; argsz (0: what it should be), flags */
	LAB_OP_HOT_RESET,
	/* enum lab_fault, n: its n-th call from now fails; 0: none any more; either way its calls are counted from now */
	LAB_OP_FAULT,
	LAB_OP_VGA_NOTIFY,	/* adapters elsewhere: one has come or gone; -> callbacks made */
	LAB_OP_VGA_DECODES,	/* device, VGA_RSRC_ bits: a user's write; -> what it decodes now */
	LAB_OP_SRIOV,		/* device, number of VFs: a write to sriov_numvfs */
	LAB_OP_REGION_READ,	/* device, region, offset, bytes (up to 4) -> the value read */
	LAB_OP_REGION_WRITE,	/* device, region, offset, bytes, value */
	/* device, [index,] argsz (0: what it should be); -> the flags, and above bit 8: */
	LAB_OP_DEVICE_INFO,	/* ... regions, and above bit 16 interrupts */
	LAB_OP_REGION_INFO,	/* ... the region's size */
	LAB_OP_IRQ_INFO,	/* ... its vectors */
	LAB_OP_FAULT_CALLS,	/* enum lab_fault -> calls since then */
	/*
	 * device, index, flags, first vector, vectors, descriptor (0: the user's own for each), argsz (0: what it
	 * should be): VFIO_DEVICE_SET_IRQS
	 */
	LAB_OP_SET_IRQS,
	LAB_OP_SIGNALS,		/* device, index, vector -> signals so far to the user's eventfd for it */
	LAB_OP_MESSAGE,		/* device, vector: the function sends it; -> signals so far to its eventfd */
	LAB_OP_PCI_ERROR,	/* device: its link reports an error; -> signals so far to the eventfd for that */
	/* device, region, offset, data, flags, descriptor (0: the user's own), argsz (0: what it should be) */
	LAB_OP_IOEVENTFD,
	LAB_OP_DOORBELL,	/* device: its user signals that eventfd */
	LAB_OP_UNMASK,		/* device: its user signals the eventfd that unmasks INTx */
	LAB_OP_HOT_RESET_INFO,	/* device, argsz (0: what it should be) -> slots that are on its bus: a bit each */
	LAB_OP_SHUTDOWN,	/* all are closed, unbound, unloaded; -> what was left behind, or out of balance */
	LAB_OP_MIG_STATE_SET,	/* device, enum vfio_device_mig_state */
	LAB_OP_MIG_STATE_GET,	/* device -> enum vfio_device_mig_state */
	LAB_OP_LOG_START,	/* device: it logs which pages it writes */
	LAB_OP_LOG_STOP,	/* device */
	LAB_OP_LOG_READ_AND_CLEAR, /* device: waits until the device has reported them */
	LAB_OP_DISABLE_VF,	/* device: its PF's driver goes down */
	LAB_OP_ENABLE_VF,	/* device: ... and comes up again */
	LAB_OP_EQ_EVENT,	/* device, enum stub_mlx5_event: its adapter interrupts */
	LAB_OP_WORK,		/* a worker takes an item from a queue; -> 1 if there was one */
	LAB_OP_PAGE_FAULT_BEGIN, /* device: a page of a mapped BAR is missing, and its fault is under way from here */
	LAB_OP_PAGE_FAULT_END,	/* device: ... until here */
	LAB_OP_COUNT_UP,	/* flags: count++ -> the value written */
	LAB_OPS
};

struct lab_step {
	enum lab_op op;
	u32 device;
	u32 arg[LAB_ARGS];
};

/* A step's return value: 0 or what it read, or a negative errno. */
typedef s64 lab_op_fn(struct lab_instance *instance, const struct lab_step *step);

extern lab_op_fn *const lab_ops[LAB_OPS];

/* Flags without a driver around them: what a lost update looks like at its barest. */
enum lab_flag { LAB_PACKED_A, LAB_PACKED_B, LAB_PACKED_I, LAB_PLAIN_A, LAB_PLAIN_B };

struct lab_flags {
	struct {
		bool a:1;
		bool b:1;
		bool c:1;
		bool d:1;
		bool e:1;
		bool f:1;
		bool g:1;
		bool h:1;
		bool i:1;
		bool j:1;
		bool k:1;
		bool l:1;
	} packed;
	struct {
		bool a;
		bool b;
	} plain;
	u32 count;
};

/* ---- a scenario, as the engines run it ---- */

struct lab_actor {
	char name[LAB_NAME];
	u32 steps;
	u32 returns_observed;	/* its return values must be kept */
	struct lab_step step[LAB_STEPS];
};

enum lab_source { LAB_FIELD, LAB_RETURN };

/* An observed value: a field, reached from struct lab_instance, or what a step returned. */
struct lab_observed {
	enum lab_source source;
	/* a field: p = instance; for all hops but the last p = pointer at p + hop; then size bytes at p + hop */
	u32 hops;
	u32 hop[LAB_HOPS];
	u32 target[LAB_HOPS];	/* bytes of the type that p points to */
	u32 size;
	u32 bit;
	u32 bits;
	u32 is_signed;
	u32 is_pointer;		/* observed only as NULL or not, since each instance has other addresses */
	/* a return value */
	u32 actor;
	u32 step;
};

/* The value of a field behind a pointer that is NULL; of one that cannot be read as well. */
#define LAB_ABSENT ((s64)1 << 63)

/* Why a field cannot be read. */
enum lab_misread_kind {
	LAB_READ,		/* it can */
	LAB_OUTSIDE,		/* it is not in the object that the pointer before it points to */
	LAB_FREED,		/* that object is freed */
	LAB_STATIC,		/* that object is static in the program: its size is known by its type only */
	LAB_NOWHERE,		/* that pointer points to no object */
};

/* The first field that could not be read. The kind is cleared at each start. */
struct lab_misread {
	u32 kind;		/* enum lab_misread_kind */
	u32 observed;		/* index among the observed */
	u32 hop;		/* of the field: the one behind the pointer */
	u32 pointer;
	u32 bytes;		/* from there to the end of the object */
};

extern struct lab_misread lab_misread;

/* Of each observed field that was LAB_ABSENT, the hop behind the pointer that was NULL, the last time. */
struct lab_nulls {
	u32 hop[LAB_OBSERVED];
};

extern struct lab_nulls lab_nulls;

struct lab_scenario {
	u32 devices;
	struct lab_spec device[LAB_DEVICES];
	u32 setup_steps;
	struct lab_step setup[LAB_SETUP_STEPS];
	u32 actors;
	struct lab_actor actor[LAB_ACTORS];
	u32 observed;
	struct lab_observed observe[LAB_OBSERVED];
};

extern struct lab_scenario lab_scenario;

/* ---- instances of the machine, each in its arena (instance.c) ---- */

/* Where the instances lie: a driver of the lab fills this in before lab_setup. */
struct lab_instances {
	u32 start;		/* address of the first arena */
	u32 stride;		/* from one arena to the next */
	u32 bytes;		/* of one arena */
	u32 count;
	u32 snapshot;		/* address of the saved copies */
	u32 used;		/* bytes of an arena that a copy holds; set by lab_snapshot */
	/* where set-up is, or stopped */
	u32 setup_step;
	s64 failed_with;
};

extern struct lab_instances lab_instances;

struct lab_instance *lab_instance(u32 index);
void lab_restore(u32 index);
void lab_plug(struct lab_instance *instance, u32 slot, const struct lab_spec *spec);
s64 lab_run_step(struct lab_instance *instance, const struct lab_step *step);
/* The PCI device that a step names, or NULL. */
struct lab_device *lab_device_of(struct lab_instance *instance, const struct lab_step *step);

/* An ioctl, or an access of a region, through the user's descriptor. */
s64 lab_ioctl(struct lab_device *device, unsigned int cmd, const void *arg);
s64 lab_region_rw(struct lab_device *device, u32 region, u32 offset, u32 bytes, u32 *val, bool write);

/* ops of the other files */
lab_op_fn lab_flag_write, lab_count_up;
lab_op_fn lab_region_read, lab_region_write, lab_device_info, lab_region_info, lab_irq_info;
lab_op_fn lab_mig_state_set, lab_mig_state_get, lab_log_start, lab_log_stop, lab_log_read_and_clear;
lab_op_fn lab_disable_vf, lab_enable_vf, lab_eq_event, lab_work;
lab_op_fn lab_load, lab_unload, lab_param_write, lab_bind, lab_unbind;
lab_op_fn lab_hot_reset_info;
lab_op_fn lab_intx_enable, lab_intx_disable, lab_set_irqs, lab_signals, lab_message, lab_pci_error;
lab_op_fn lab_ioeventfd, lab_doorbell, lab_unmask;
lab_op_fn lab_shutdown;

/* Reports modules that could not be unloaded; -> how many. */
u32 lab_check_modules(void);

/*
 * Reads what the scenario observes of an instance into @values, one a name. @returns are the first
 * actor's return values there, the next actor's lie @actor_stride further. False where a field could not be
 * read, as lab_misread says.
 */
bool lab_observe(const struct lab_instance *instance, const s64 *returns, u32 actor_stride, s64 *values);

/* ---- one step at a time, on the first instance (instance.c) ---- */

struct lab_one {
	struct lab_step step;
	s64 returned;
};

extern struct lab_one lab_one;

/* One field of it, looked at in between: where it lies, and what it holds. */
struct lab_look {
	struct lab_observed what;
	u32 address;		/* of the bytes that are read; 0: behind a pointer that is NULL, or it cannot be read */
	s64 value;
};

extern struct lab_look lab_look;

/* ---- the race (stress.c) ---- */

#define LAB_OUTCOMES 1024

struct lab_outcome {
	u64 count;		/* 0: free */
	s64 value[LAB_OBSERVED];
};

/* Of a thread. */
struct lab_outcomes {
	struct lab_outcome slot[LAB_OUTCOMES];
};

/* The racing threads, in groups: a group has one thread an actor and its own share of the instances. */
struct lab_stress {
	u32 stop;		/* written by the engine that started the race */
	u32 instances;		/* of one group, */
	u32 batch;		/* and so many of them between two barriers */
	u32 delay;		/* longest random pause before an actor starts on an instance, in loop turns: 2^n - 1 */
	u32 late;		/* the actor that starts later than the others, by */
	u32 lag;		/* so many loop turns: where their critical steps lie far apart */
	u32 pace;		/* instances after which the threads of a group wait for each other; 0: at the start alone */
	u32 company;		/* how many others a thread waits for */
	u32 pace_spins;		/* looks at the others' progress before giving up on them */
	u32 start_spins;	/* the same at the start of a batch, where others may still be waking */
	u32 barrier_spins;	/* looks at the barrier before a thread parks */
	u32 seed;
	u32 returns;		/* address of s64[group][actor][instance][LAB_STEPS] */
	u32 outcomes;		/* address of struct lab_outcomes[worker] */
};

extern struct lab_stress lab_stress;

/* A racing thread, as the watchdog and the progress display see it. */
struct lab_worker {
	_Alignas(64) u32 progress;	/* instances begun, updated when its group waits; a line of its own, as others watch it */
	_Alignas(64) struct task_struct task;
	u32 random;
	u64 samples;		/* instances tallied */
	u64 rare;		/* of these, outcomes other than the thread's most frequent one */
	u32 common;		/* slot of the most frequent one */
	u64 dropped;		/* outcomes beyond the table's room */
	u32 turns;		/* batches begun: what the watchdog watches */
	u32 errors[LAB_ACTORS][LAB_STEPS];	/* times that a step returned an errno */
	s32 last_error[LAB_ACTORS][LAB_STEPS];
	/* where it is */
	u32 actor;
	u32 instance;
	u32 step;
	u32 running;		/* inside an actor's step */
};

extern struct lab_worker lab_workers[LAB_WORKERS];

/* ---- one interleaving: logical threads of the simulator, or real ones in a given order (simulated.c) ---- */

/* What an actor does. Only its thread writes there, so that these are no part of an interleaving. */
struct lab_simulated {
	struct task_struct task;
	u32 step;			/* the one it is in; behind the last one: it is done */
	u32 errors[LAB_STEPS];		/* 1: the step returned an errno */
	s64 returned[LAB_STEPS];
};

/* Address of struct lab_simulated[actor], in the threads' part of memory: a driver of the lab allocates it. */
extern u32 lab_states;

/* Which steps returned no errno in one execution at least, a bit each. A driver of the lab clears it. */
struct lab_succeeded {
	u32 steps[LAB_ACTORS];
};

extern struct lab_succeeded lab_succeeded;

/* Runs all steps of an actor on the first instance, as the task in its state. */
void lab_run_actor(u32 actor);
/* Writes what the scenario observes there, an s64 a name. */
void sim_observe(u32 values);

/* ---- a schedule on real threads (replay.c) ---- */

/* An actor's next ticks: accesses of what others can reach, and locks. */
struct lab_replay_run {
	u32 actor;
	u32 ticks;
};

/* A turn's value that lets all threads through. After storing it, wake the threads that sleep on the word. */
#define LAB_REPLAY_FREE 0xffffffffu

/*
 * A blocking acquire is a tick where it succeeds. Ticks that a schedule does not have are a divergence, and let
 * everybody through; but an acquire behind its actor's last run is tried when all runs are over, and has to
 * block: so ends a schedule that leads to a deadlock.
 */
struct lab_replay {
	u32 runs;		/* address of struct lab_replay_run[count] */
	u32 count;
	u32 turn;		/* index of the run that is under way; waiting threads sleep on this word */
	/*
	 * 1 + the index of the run that a thread ended in, or went on behind although it is its last one; 1 +
	 * count for a thread without any
	 */
	u32 diverged;
	u32 last[LAB_ACTORS];	/* ticks that an actor was let through for */
	/* the schedule time and again, from the snapshot; filled in before the threads are started */
	u32 times;
	u32 done;		/* repetitions that are over; threads that wait for the next one sleep on this word */
	u64 arrived;		/* actors that are through with the one under way: a bit each */
	u32 stop;		/* there is to be none after this one: written from outside */
	u32 trapped;		/* a thread has trapped in it */
	u32 over;		/* it was the last one, as all threads see it */
	u32 values;		/* address of s64[times][observed]: of those that all have come to the end of */
};

extern struct lab_replay lab_replay;

#endif
