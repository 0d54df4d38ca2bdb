// SPDX-License-Identifier: GPL-2.0-only
/*
 * A schedule on real threads. Each calls the gate before every one of its ticks (accesses of what others can
 * reach, and locks) and is let through when it is its turn. Accesses are plain ones, so that a turn is over
 * only when its thread has come to the tick after: what it did there lies behind it then.
 */
#include "kernel/fault.h"
#include "lab/lab.h"

struct lab_replay lab_replay;

/* A thread that goes by the schedule. */
struct follower {
	u32 run;		/* its actor's run that it is in or waits for; the number of runs when there is none left */
	u32 last;		/* ... and the one before */
	u32 left;		/* ticks of it */
	u32 next;		/* where to look for the one after */
	u32 entered;		/* it is this run's turn */
	u32 strayed;		/* it has gone for a lock behind its last run */
};

static struct follower followers[LAB_ACTORS];
_Static_assert(LAB_ACTORS == 64, "an actor is a bit of a u64");
static _Thread_local struct follower *me;

/* What a tick does; the others are accesses. */
enum { KIND = 15, ACQUIRE = 8 };

static u32 turn(void)
{
	return __atomic_load_n(&lab_replay.turn, __ATOMIC_ACQUIRE);
}

static void change_turn(u32 to)
{
	__atomic_store_n(&lab_replay.turn, to, __ATOMIC_SEQ_CST);
	stub_unpark(&lab_replay.turn);
}

/* Returns whether it came to that: not where all threads are let through. */
static bool wait_for_turn(u32 run)
{
	u32 spins = stub_spins, now;

	while ((now = turn()) != run) {
		if (now == LAB_REPLAY_FREE)
			return false;
		if (spins)
			spins--;
		else
			stub_park(&lab_replay.turn, now);
	}
	return true;
}

static u32 actor_of(const struct follower *follower)
{
	return follower - followers;
}

static void find_run(struct follower *follower)
{
	const struct lab_replay_run *runs = (const void *)(uintptr_t)lab_replay.runs;
	u32 run = follower->next;

	while (run < lab_replay.count && runs[run].actor != actor_of(follower))
		run++;
	follower->last = follower->run;
	follower->run = run;
	follower->left = run < lab_replay.count ? runs[run].ticks : 0;
	follower->next = run + 1;
	follower->entered = false;
}

/* The schedule is worth nothing from here on. */
static void diverge(u32 run)
{
	u32 none = 0;

	__atomic_compare_exchange_n(&lab_replay.diverged, &none, run + 1, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
	change_turn(LAB_REPLAY_FREE);
}

/* Passes turns on until there is a tick left in the follower's run, or no run. */
static void go_on(struct follower *follower)
{
	while (follower->run < lab_replay.count && !follower->left) {
		u32 run = follower->run;

		if (!follower->entered && !wait_for_turn(run))
			return;
		/* Unless it was stopped meanwhile. */
		if (__atomic_compare_exchange_n(&lab_replay.turn, &run, run + 1, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			stub_unpark(&lab_replay.turn);
		find_run(follower);
	}
}

/*
 * Behind its last run, a thread may still be where the schedule has left it: about to wait for a lock for ever.
 * It tries when all others have come as far.
 */
static void stray(struct follower *follower, u32 what)
{
	if (follower->strayed || (what & KIND) != ACQUIRE) {
		diverge(follower->last);
		return;
	}
	follower->strayed = true;
	wait_for_turn(lab_replay.count);
}

static void gate(u32 what)
{
	struct follower *follower = me;

	if (!follower || turn() == LAB_REPLAY_FREE)
		return;
	go_on(follower);
	if (follower->run == lab_replay.count) {
		stray(follower, what);
		return;
	}
	if (!follower->entered && !wait_for_turn(follower->run))
		return;
	follower->entered = true;
	follower->left--;
	__atomic_fetch_add(&lab_replay.last[actor_of(follower)], 1, __ATOMIC_RELAXED);
}

/* Not all of it is memory: the access traps. */
static inline bool is_wild(u32 address, u32 bytes)
{
	u32 end = stub_memory_end();

	return address > end || bytes > end - address;
}

/*
 * Both are called by instrumented code. What accesses nothing is no tick, and neither is what traps: in
 * the simulator the thread has come to its end there.
 */
void LAB_EXPORT(lab_gate)(u32 address, u32 bytes, u32 what)
{
	if (bytes && !is_wild(address, bytes))
		gate(what);
}

void LAB_EXPORT(lab_gate_copy)(u32 to, u32 from, u32 bytes, u32 what)
{
	if (bytes && !is_wild(to, bytes) && !is_wild(from, bytes))
		gate(what);
}

/* The actor has nothing more to do. */
static void end(struct follower *follower)
{
	go_on(follower);
	if (turn() == LAB_REPLAY_FREE)
		return;
	if (follower->strayed)
		diverge(follower->last);
	else if (follower->run < lab_replay.count)
		diverge(follower->run);
}

/* A thread of the replay: all steps of an actor, as the schedule lets it. */
void LAB_EXPORT(lab_replay_actor)(u32 actor)
{
	struct follower *follower = &followers[actor];

	*follower = (struct follower){ .run = lab_replay.count };
	find_run(follower);
	me = follower;
	lab_run_actor(actor);
	me = NULL;
	end(follower);
}

/* As if nothing of the schedule had been replayed; no thread may be in it. */
void LAB_EXPORT(lab_replay_reset)(void)
{
	lab_replay.turn = 0;
	lab_replay.diverged = 0;
	__builtin_memset(lab_replay.last, 0, sizeof(lab_replay.last));
	stub_violations.count = 0;
	/* It lies outside of the arena, and a step may have set it. */
	stub_faults_used = lab_instance(0)->faults;
}

/* Looks at what came out, and puts everything back for the next repetition, if there is to be one. */
static void conclude(void)
{
	bool followed = !lab_replay.diverged && !lab_replay.trapped;

	if (followed)
		sim_observe(lab_replay.values + lab_replay.done * lab_scenario.observed * (u32)sizeof(s64));
	/* Violations are read before there are more. */
	lab_replay.over = !followed || stub_violations.count || lab_replay.done + 1 == lab_replay.times ||
			  __atomic_load_n(&lab_replay.stop, __ATOMIC_SEQ_CST);
	if (lab_replay.over)
		return;
	lab_restore(0);
	lab_replay_reset();
}

/* Waits for all threads to come this far. Returns whether there is another repetition. */
static bool again(u32 actor)
{
	u32 done = __atomic_load_n(&lab_replay.done, __ATOMIC_SEQ_CST);
	u64 all = ~0ull >> (LAB_ACTORS - lab_scenario.actors);

	if (__atomic_or_fetch(&lab_replay.arrived, 1ull << actor, __ATOMIC_SEQ_CST) == all) {
		conclude();
		__atomic_store_n(&lab_replay.arrived, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&lab_replay.done, done + 1, __ATOMIC_SEQ_CST);
		stub_unpark(&lab_replay.done);
		return !lab_replay.over;
	}
	for (u32 spins = stub_spins; __atomic_load_n(&lab_replay.done, __ATOMIC_SEQ_CST) == done;) {
		if (spins)
			spins--;
		else
			stub_park(&lab_replay.done, done);
	}
	return !lab_replay.over;
}

/* A thread of as many repetitions as are asked for; fewer where there is a violation. */
void LAB_EXPORT(lab_replay_repeat)(u32 actor)
{
	do {
		lab_replay_actor(actor);
	} while (again(actor));
}

/* The same thread, after it has trapped in there: the others go on by the schedule, and then end. */
void LAB_EXPORT(lab_replay_trapped)(u32 actor)
{
	me = NULL;
	__atomic_store_n(&lab_replay.trapped, 1, __ATOMIC_SEQ_CST);
	end(&followers[actor]);
	again(actor);
}
