// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of locks. A task that waits for a lock while it holds another shows that the one held comes first;
 * if others have shown, over however many locks in between, that it comes last, they can wait for each other
 * for ever, whether they did so this time or not.
 */
#include "kernel/stub.h"

/* @held was held when a task waited for @acquired. */
struct stub_order_edge {
	struct stub_order_edge *next;
	const void *held;
	const void *acquired;
	u32 search;		/* the last one that came along here */
};

/* What a machine has seen. */
static __machine struct order {
	u32 lock;
	struct stub_order_edge *edges;
	u32 searches;
} order;

#define LOCKED 1u

static bool is_known(const void *held, const void *acquired)
{
	for (const struct stub_order_edge *edge = order.edges; edge; edge = edge->next)
		if (edge->held == held && edge->acquired == acquired)
			return true;
	return false;
}

/* Must @last wait for @first, directly or by way of others? No edge is looked at twice in a search. */
static bool comes_before(const void *first, const void *last)
{
	for (struct stub_order_edge *edge = order.edges; edge; edge = edge->next) {
		if (edge->held != first || edge->search == order.searches)
			continue;
		edge->search = order.searches;
		if (edge->acquired == last || comes_before(edge->acquired, last))
			return true;
	}
	return false;
}

/* Returns whether this is the first time, and the other way round is known. */
static bool add_edge(const void *held, const void *acquired)
{
	struct stub_order_edge *edge;
	bool inverted;

	if (is_known(held, acquired))
		return false;
	order.searches++;
	inverted = comes_before(acquired, held);

	edge = stub_keep(sizeof(*edge));
	if (edge) {
		edge->held = held;
		edge->acquired = acquired;
		edge->next = order.edges;
		order.edges = edge;
	}
	return inverted;
}

/* A trylock never waits, so that this is not called for one; what it got counts as held all the same. */
void stub_order_acquire(const void *lock)
{
	const struct stub_task *task = current_task;

	if (!task->nr_held)
		return;

	stub_acquire(&order.lock, LOCKED, LOCKED);
	for (u32 i = 0; i < task->nr_held; i++) {
		struct stub_violation *entry;

		if (!add_edge(task->held[i].lock, lock))
			continue;
		entry = stub_violation_begin(STUB_LOCK_ORDER, lock);
		if (entry) {
			entry->other = (u32)(uintptr_t)task->held[i].lock;
			entry->frames = stub_backtrace(entry->frame, STUB_FRAMES);
		}
	}
	stub_release(&order.lock, LOCKED);
}
