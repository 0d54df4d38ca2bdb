/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lab: what runs a subject's scenarios. This file is the whole ABI between the C side and its drivers; they read every
 * offset and enumerator of it from the module's DWARF. What a subject itself writes is in op.h.
 */
#ifndef LOSTBIT_LAB_H
#define LOSTBIT_LAB_H

#include <linux/err.h>
#include <linux/types.h>

#include "kernel/cpu.h"
#include "kernel/stub.h"
#include "lab/op.h"

#define LAB_EXPORT(name) __attribute__((export_name(#name), used)) name

#define LAB_ACTORS 64
#define LAB_STEPS 16
#define LAB_SETUP_STEPS 32
#define LAB_NAME 16
#define LAB_OBSERVED 8
#define LAB_DUES 8
#define LAB_HOPS 6
#define LAB_WORKERS 64

/* ---- a scenario, as the engines run it ---- */

struct lab_actor {
	char name[LAB_NAME];
	enum stub_context context;
	u32 cpu;		/* 1 + the processor that it shares with others of the same number; 0: one of its own, */
	u32 number;		/* which is this one, that no other actor has; NR_CPUS: there are no more */
	u32 steps;
	u32 returns_observed;	/* its return values must be kept */
	struct lab_step step[LAB_STEPS];
};

enum lab_source { LAB_FIELD, LAB_RETURN };

/* An observed value: a field, reached from the machine's arena, or what a step returned. */
struct lab_observed {
	enum lab_source source;
	/* a field: p = arena; for all hops but the last p = pointer at p + hop; then size bytes at p + hop */
	u32 hops;
	u32 hop[LAB_HOPS];
	u32 target[LAB_HOPS];	/* bytes of the type that p points to; the first one means nothing */
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
	u32 share_cpus;		/* some actors share a processor */
	u32 setup_steps;
	struct lab_step setup[LAB_SETUP_STEPS];
	u32 actors;
	struct lab_actor actor[LAB_ACTORS];
	u32 observed;
	struct lab_observed observe[LAB_OBSERVED];
	u32 dues;		/* what the module has of struct lab_due: addresses */
	u32 due[LAB_DUES];
};

extern struct lab_scenario lab_scenario;

/* ---- instances of the machine, each in its arena (instance.c) ---- */

/* Where the instances lie, and what each has a copy of: a driver of the lab fills this in before lab_setup. */
struct lab_instances {
	u32 own_start;		/* the program's variables that belong to a machine, as it is linked */
	u32 own_bytes;
	u32 own_at;		/* where the copy of these is in an arena */
	u32 pointers;		/* address of a u32 for each word in there that is a pointer into them: its address */
	u32 nr_pointers;
	void (*init)(void);	/* the subject's LAB_INIT; NULL: it has none */
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

static inline bool lab_is_within(u32 address, u32 start, u32 bytes)
{
	return address - start < bytes;
}

struct stub_arena *lab_instance(u32 index);
/* From here on, the calling thread reaches the variables of this one. */
void lab_reach(struct stub_arena *arena);
void lab_restore(u32 index);
s64 lab_run_step(struct stub_arena *arena, const struct lab_step *step);

/* An errno, as the kernel tells them from other values: of a step that says no more it is a failure. */
static inline bool lab_is_error(s64 ret)
{
	return ret < 0 && ret >= -MAX_ERRNO;
}

/*
 * Reads what the scenario observes of an instance into @values, one a name. @returns are the first
 * actor's return values there, the next actor's lie @actor_stride further. False where a field could not be
 * read, as lab_misread says.
 */
bool lab_observe(const struct stub_arena *instance, const s64 *returns, u32 actor_stride, s64 *values);

/* ---- one step at a time, on the first instance (instance.c) ---- */

struct lab_one {
	struct lab_step step;
	u32 context;		/* enum stub_context: what the step runs as */
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
	u32 patient;		/* a step that does what is due, if anything, looks again as long as others may go on */
	u32 seed;
	u32 returns;		/* address of s64[group][actor][instance][LAB_STEPS] */
	u32 outcomes;		/* address of struct lab_outcomes[worker] */
};

extern struct lab_stress lab_stress;

/* A racing thread, as the watchdog and the progress display see it. */
struct lab_worker {
	_Alignas(64) u32 progress;	/* instances begun, updated when its group waits; a line of its own, as others watch it */
	_Alignas(64) struct stub_task task;
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
	/* where patient ones look: */
	u32 over;		/* instances that its actor has come to the end of */
	u32 looking;		/* it looks again: 1 + times in vain since nobody goes on */
	u32 news;		/* of its group, when it began to count those */
};

/* And one that does not race: it looks at machines that stand still. */
extern struct lab_worker lab_workers[LAB_WORKERS + 1];

/* ---- one interleaving: logical threads of the simulator, or real ones in a given order (simulated.c) ---- */

/* What an actor does. Only its thread writes there, so that these are no part of an interleaving. */
struct lab_simulated {
	struct stub_task task;
	u32 step;			/* the one it is in; behind the last one: it is done */
	u32 errors[LAB_STEPS];		/* 1: the step returned an errno */
	s64 returned[LAB_STEPS];
};

/* Address of struct lab_simulated[actor], in the threads' part of memory: a driver of the lab allocates it. */
extern u32 lab_states;

struct lab_simulated *lab_state(u32 actor);

/* ---- what is due where no actor can go on (due.c) ---- */

/* Is it a step that does something if that is due, and only then has an effect? */
bool lab_is_look(const struct lab_step *step);

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
