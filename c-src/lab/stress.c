// SPDX-License-Identifier: GPL-2.0-only
/*
 * The race: real threads run a scenario's actors over batches of instances, time and again. All of
 * the loop is here, so that nothing but the driver's own code stands between two iterations:
 *
 *	run my actor on every instance | barrier | tally and put back my share of them | barrier
 *
 * A barrier that parks at once makes races vanish, since waking takes far longer than an actor's
 * step; so threads look at it many times before they park.
 */
#include "kernel/fault.h"
#include "lab/lab.h"

struct lab_stress lab_stress;

/*
 * An engine optimises a function while it runs, but goes on in the slow version until the function is
 * called again; so what is hot must be called often, and not be merged into the loop around it.
 */
#define HOT __attribute__((__noinline__))

struct lab_group {
	_Alignas(64) u32 arrived;
	/* what the last to arrive decided for all of them */
	u32 stopping;
	u32 batch;
	u32 pace;
	u32 delay;
	u32 late;
	u32 lag;
	u32 news;		/* steps that are over, where they are patient */
	_Alignas(64) u32 generation;
	u32 parked;
};

static struct lab_group groups[LAB_WORKERS];

/*
 * Waits for the whole group. False when the race is over: the last to arrive decides that, so that
 * no thread goes on without the others.
 */
HOT static bool meet(struct lab_group *group)
{
	u32 generation = __atomic_load_n(&group->generation, __ATOMIC_SEQ_CST);

	if (__atomic_add_fetch(&group->arrived, 1, __ATOMIC_SEQ_CST) == lab_scenario.actors) {
		group->arrived = 0;
		group->stopping = __atomic_load_n(&lab_stress.stop, __ATOMIC_RELAXED);
		group->batch = __atomic_load_n(&lab_stress.batch, __ATOMIC_RELAXED);
		group->pace = __atomic_load_n(&lab_stress.pace, __ATOMIC_RELAXED);
		group->delay = __atomic_load_n(&lab_stress.delay, __ATOMIC_RELAXED);
		group->late = __atomic_load_n(&lab_stress.late, __ATOMIC_RELAXED);
		group->lag = __atomic_load_n(&lab_stress.lag, __ATOMIC_RELAXED);
		__atomic_store_n(&group->generation, generation + 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&group->parked, __ATOMIC_SEQ_CST))
			stub_unpark(&group->generation);
		return !group->stopping;
	}

	for (u32 i = 0; i < lab_stress.barrier_spins; i++)
		if (__atomic_load_n(&group->generation, __ATOMIC_SEQ_CST) != generation)
			return !group->stopping;

	__atomic_add_fetch(&group->parked, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&group->generation, __ATOMIC_SEQ_CST) == generation)
		stub_park(&group->generation, generation);
	__atomic_sub_fetch(&group->parked, 1, __ATOMIC_SEQ_CST);
	return !group->stopping;
}

/*
 * Waits until enough others of the group have come as far. Threads drift apart within a batch, since
 * the one ahead finds more lines in its own cache; this brings them together, if it takes no time worth
 * speaking of: a thread that finds the others far behind (they may not be running at all) goes on alone.
 */
static void keep_pace(u32 index, u32 lane, u32 progress, u32 spins)
{
	const struct lab_worker *group = &lab_workers[index - lane];

	__atomic_store_n(&lab_workers[index].progress, progress, __ATOMIC_RELEASE);
	for (; spins; spins--) {
		u32 company = 0;

		for (u32 i = 0; i < lab_scenario.actors; i++)
			company += (s32)(__atomic_load_n(&group[i].progress, __ATOMIC_ACQUIRE) - progress) >= 0;
		if (company > lab_stress.company)
			return;
	}
}

/* Marsaglia's xorshift32. */
static u32 random(struct lab_worker *worker)
{
	u32 x = worker->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return worker->random = x;
}

/* Actors that start together every time meet at the same place every time; a pause moves them about. */
static void pause(struct lab_worker *worker, u32 delay, u32 lag)
{
	for (u32 i = (random(worker) & delay) + lag; i; i--)
		__asm__ volatile("");
}

static bool same_values(const struct lab_outcome *outcome, const s64 *values)
{
	for (u32 i = 0; i < lab_scenario.observed; i++)
		if (outcome->value[i] != values[i])
			return false;
	return true;
}

static void count_outcome(struct lab_worker *worker, struct lab_outcome *table, u32 slot)
{
	u64 count = ++table[slot].count;

	if (slot == worker->common)
		return;
	if (count > table[worker->common].count)
		worker->common = slot;
	else
		worker->rare++;
}

/* Counts an outcome in the thread's own table: open addressing, the last one first, as it is likeliest. */
static void tally(struct lab_worker *worker, struct lab_outcome *table, u32 *last, const s64 *values)
{
	u32 hash = 0;

	if (table[*last].count && same_values(&table[*last], values)) {
		count_outcome(worker, table, *last);
		return;
	}
	for (u32 i = 0; i < lab_scenario.observed; i++)
		hash = (hash ^ (u32)values[i] ^ (u32)((u64)values[i] >> 32)) * 0x9e3779b1u;

	for (u32 probe = 0; probe < LAB_OUTCOMES; probe++) {
		struct lab_outcome *outcome = &table[(hash + probe) % LAB_OUTCOMES];

		if (!outcome->count)
			__builtin_memcpy(outcome->value, values, sizeof(outcome->value));
		else if (!same_values(outcome, values))
			continue;
		*last = outcome - table;
		count_outcome(worker, table, *last);
		return;
	}
	worker->dropped++;
}

/* What a thread of the race works with, from its number. */
struct lane {
	struct lab_worker *worker;
	struct lab_group *group;
	u32 index;
	u32 lane;		/* which of its group */
	u32 first;		/* instance of its group */
	u32 count;		/* of them in the batch under way */
	u32 begun;		/* in all batches before */
	s64 *returns;		/* of the group: [actor][instance][LAB_STEPS] */
	u32 per_actor;
	struct lab_outcome *outcomes;
	u32 last;
};

/* Times that a patient step looks again, first at once, then with a rest of so many ns: the others may not be running. */
#define LOOKS_AT_ONCE 2000
#define LOOKS_MAX 10000
#define LOOK_REST 100000
/* Turns of a loop in between, in which others see that it only looks. */
#define LOOK_SPINS 200
/* Times in a row, with rests, that it has found nothing while nobody goes on. */
#define LOOKS_LAST 3

enum others { OVER, STUCK, LOOKING, GOING_ON };

/* How far the group's other threads are on the instance, the @over-th that is over then: what is true of the busiest one. */
static enum others look_at_others(const struct lane *me, u32 over, u32 news)
{
	const struct lab_worker *group = &lab_workers[me->index - me->lane];
	enum others others = OVER;

	for (u32 i = 0; i < lab_scenario.actors; i++) {
		const struct lab_worker *other = &group[i];
		const u32 *word = __atomic_load_n(&other->task.blocked_on, __ATOMIC_ACQUIRE);
		u32 looking = __atomic_load_n(&other->looking, __ATOMIC_ACQUIRE);
		u32 seen;

		if (i == me->lane || (s32)(__atomic_load_n(&other->over, __ATOMIC_ACQUIRE) - over) >= 0)
			continue;
		if (others == OVER)
			others = STUCK;
		if (looking) {
			if (looking <= LOOKS_LAST || __atomic_load_n(&other->news, __ATOMIC_ACQUIRE) != news)
				others = LOOKING;
			continue;
		}
		/* One that has just been let in is not counted there any more. */
		seen = word ? __atomic_load_n(word, __ATOMIC_ACQUIRE) : 0;
		if (!(seen & ~STUB_STATE) || !(seen & other->task.blocked_by))
			return GOING_ON;
	}
	return others;
}

/* What was not due is, perhaps, a moment later. */
HOT static s64 look_again(struct lane *me, struct stub_arena *instance, const struct lab_step *step, u32 over)
{
	enum others others = GOING_ON;
	u32 last = 0, news = 0;

	for (u32 looks = 0; looks < LOOKS_MAX && others != OVER && !(others == STUCK && last > LOOKS_LAST); looks++) {
		u32 now = __atomic_load_n(&me->group->news, __ATOMIC_ACQUIRE);
		s64 ret;

		if (now != news)
			last = 0;
		news = now;
		__atomic_store_n(&me->worker->news, news, __ATOMIC_RELEASE);
		__atomic_store_n(&me->worker->looking, last + 1, __ATOMIC_SEQ_CST);
		for (u32 spin = LOOK_SPINS; spin; spin--)
			__asm__ volatile("");
		if (last || looks >= LOOKS_AT_ONCE)
			stub_rest(LOOK_REST);
		others = look_at_others(me, over, news);
		last = others == GOING_ON || news != __atomic_load_n(&me->group->news, __ATOMIC_ACQUIRE) ? 0 : last + 1;
		/* It may hold a lock in there. */
		__atomic_store_n(&me->worker->looking, 0, __ATOMIC_SEQ_CST);
		ret = lab_run_step(instance, step);
		if (ret)
			return ret;
	}
	return 0;
}

/* Threads take the actors in turn, so that no two of them share a processor in every batch. */
HOT static void run_actor(struct lane *me)
{
	struct lab_worker *worker = me->worker;
	u32 role = (me->lane + worker->turns++) % lab_scenario.actors;
	const struct lab_actor *actor = &lab_scenario.actor[role];
	u32 pace = me->group->pace;
	u32 delay = me->group->delay;
	u32 lag = me->group->late == role ? me->group->lag : 0;
	u32 before = me->begun;
	bool patient = lab_stress.patient;

	__builtin_memcpy(worker->task.comm, actor->name, sizeof(worker->task.comm));
	worker->task.lane = role + 1;
	worker->task.number = actor->number;
	worker->actor = role;
	stub_cpu_enter(0, actor->context);
	worker->running = 1;
	for (u32 i = 0; i < me->count; i++) {
		struct stub_arena *instance = lab_instance(me->first + i);
		s64 *returns = me->returns + role * me->per_actor + i * LAB_STEPS;

		if (!i || (pace && i % pace == 0))
			keep_pace(me->index, me->lane, before + i, i ? lab_stress.pace_spins : lab_stress.start_spins);
		pause(worker, delay, lag);
		worker->instance = me->first + i;
		if (unlikely(actor->cpu)) {
			worker->task.arena = instance;
			stub_cpu_enter(actor->cpu, actor->context);
		}
		for (u32 s = 0; s < actor->steps; s++) {
			s64 ret;

			worker->step = s;
			ret = lab_run_step(instance, &actor->step[s]);
			if (unlikely(patient)) {
				if (!ret && lab_is_look(&actor->step[s]))
					ret = look_again(me, instance, &actor->step[s], before + i + 1);
				__atomic_add_fetch(&me->group->news, 1, __ATOMIC_SEQ_CST);
			}
			if (lab_is_error(ret)) {
				worker->errors[role][s]++;
				worker->last_error[role][s] = (s32)ret;
			}
			if (actor->returns_observed)
				returns[s] = ret;
		}
		if (unlikely(actor->cpu))
			stub_cpu_leave();
		if (unlikely(patient))
			__atomic_store_n(&worker->over, before + i + 1, __ATOMIC_SEQ_CST);
	}
	worker->running = 0;
	me->begun += me->count;
}

HOT static void tally_and_restore(struct lane *me)
{
	s64 values[LAB_OBSERVED] = { 0 };

	for (u32 i = me->lane; i < me->count; i += lab_scenario.actors) {
		if (!lab_observe(lab_instance(me->first + i), me->returns + i * LAB_STEPS, me->per_actor, values))
			__atomic_store_n(&lab_stress.stop, 1, __ATOMIC_RELAXED);
		tally(me->worker, me->outcomes, &me->last, values);
		lab_restore(me->first + i);
		me->worker->samples++;
	}
}

/* As if nothing had raced yet, for the next one; no thread but the caller may be in here. */
void LAB_EXPORT(lab_race_reset)(void)
{
	lab_workers[LAB_WORKERS] = (struct lab_worker){ 0 };
	for (u32 i = 0; i < LAB_WORKERS; i++) {
		groups[i] = (struct lab_group){ 0 };
		lab_workers[i] = (struct lab_worker){ 0 };
	}
	lab_stress = (struct lab_stress){ 0 };
	stub_violations.count = 0;
	stub_faults_used = false;
}

/* Runs one thread of the race until lab_stress.stop is set. */
void LAB_EXPORT(lab_race)(u32 index)
{
	u32 actors = lab_scenario.actors;
	u32 group = index / actors;
	u32 count = lab_stress.instances;
	struct lane me = {
		.worker = &lab_workers[index],
		.group = &groups[group],
		.index = index,
		.lane = index % actors,
		.first = group * count,
		.returns = (s64 *)(uintptr_t)lab_stress.returns + group * actors * count * LAB_STEPS,
		.per_actor = count * LAB_STEPS,
		.outcomes = ((struct lab_outcomes *)(uintptr_t)lab_stress.outcomes)[index].slot,
	};

	/* Never 0, where xorshift stays. */
	me.worker->random = (lab_stress.seed + index * 0x9e3779b1u) | 1;

	while (meet(me.group)) {
		me.count = me.group->batch;
		run_actor(&me);
		if (!meet(me.group))
			break;
		tally_and_restore(&me);
	}
}
