// SPDX-License-Identifier: GPL-2.0-only
/* Each actor adds one to a counter under a lock that is made by hand, of atomic accesses and of looking again. */
#include "answers/answers.h"

enum kind { TEST_AND_SET, LOOK_FIRST, COMPARE_AND_SWAP, TICKET, QUEUE, QUEUE_ON_STACK, BIT, TRY };

/* answer_n is kind * FAULTS + fault */
enum fault {
	NONE,
	KEPT,		/* actor 0 does not give the lock back */
	IN_TWO_STEPS,	/* looked at, and taken after that */
	FAULTS
};

struct node {
	struct node *next;
	u32 waits;
};

static u32 word __aligned(8);
static u32 next_ticket __aligned(8);
static u32 now_served __aligned(8);
static struct node *tail __aligned(8);
static struct node nodes[ANSWER_ACTORS] __aligned(8);
static volatile u32 counter __aligned(8);

void answer_reset(void)
{
	word = next_ticket = now_served = counter = 0;
	tail = NULL;
	for (u32 i = 0; i < ANSWER_ACTORS; i++)
		nodes[i] = (struct node){};
}

#define exchange(at, value) __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST)

static bool swap(u32 *at, u32 expected, u32 value)
{
	return __atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static u32 take_ticket(bool in_two_steps)
{
	u32 ticket;

	if (!in_two_steps)
		return __atomic_fetch_add(&next_ticket, 1, __ATOMIC_SEQ_CST);
	ticket = READ_ONCE(next_ticket);
	WRITE_ONCE(next_ticket, ticket + 1);
	return ticket;
}

static void queue(struct node *node, bool in_two_steps)
{
	struct node *before;

	WRITE_ONCE(node->next, NULL);
	WRITE_ONCE(node->waits, 1);
	if (in_two_steps) {
		before = READ_ONCE(tail);
		WRITE_ONCE(tail, node);
	} else {
		before = exchange(&tail, node);
	}
	if (!before)
		return;
	WRITE_ONCE(before->next, node);
	while (READ_ONCE(node->waits))
		cpu_relax();
}

static void leave_queue(struct node *node)
{
	struct node *next = READ_ONCE(node->next);
	struct node *expected = node;

	if (!next) {
		if (__atomic_compare_exchange_n(&tail, &expected, NULL, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
		while (!(next = READ_ONCE(node->next)))
			cpu_relax();
	}
	WRITE_ONCE(next->waits, 0);
}

static void take_in_two_steps(void)
{
	while (READ_ONCE(word))
		cpu_relax();
	WRITE_ONCE(word, 1);
}

static void lock(enum kind kind, bool in_two_steps, struct node *node)
{
	u32 ticket;

	switch (kind) {
	case TICKET:
		ticket = take_ticket(in_two_steps);
		while (READ_ONCE(now_served) != ticket)
			cpu_relax();
		return;
	case QUEUE:
	case QUEUE_ON_STACK:
		queue(node, in_two_steps);
		return;
	default:
		break;
	}
	if (in_two_steps) {
		take_in_two_steps();
		return;
	}
	switch (kind) {
	case TEST_AND_SET:
		while (exchange(&word, 1))
			cpu_relax();
		break;
	case LOOK_FIRST:
		do {
			while (READ_ONCE(word))
				cpu_relax();
		} while (exchange(&word, 1));
		break;
	case COMPARE_AND_SWAP:
		while (!swap(&word, 0, 1))
			cpu_relax();
		break;
	case BIT:
		while (__atomic_fetch_or(&word, 1, __ATOMIC_SEQ_CST) & 1)
			cpu_relax();
		break;
	default:
		while (!answer_try_lock(&word))
			cpu_relax();
		break;
	}
}

static void unlock(enum kind kind, struct node *node)
{
	switch (kind) {
	case TICKET:
		WRITE_ONCE(now_served, READ_ONCE(now_served) + 1);
		break;
	case QUEUE:
	case QUEUE_ON_STACK:
		leave_queue(node);
		break;
	case BIT:
		__atomic_fetch_and(&word, ~1u, __ATOMIC_SEQ_CST);
		break;
	case TRY:
		answer_unlock(&word);
		break;
	default:
		WRITE_ONCE(word, 0);
		break;
	}
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	enum kind kind = answer_states()->n / FAULTS;
	enum fault fault = answer_states()->n % FAULTS;
	struct node on_stack;
	struct node *node = kind == QUEUE_ON_STACK ? &on_stack : &nodes[actor];

	lock(kind, fault == IN_TWO_STEPS, node);
	counter = counter + 1;
	if (fault != KEPT || actor != 0)
		unlock(kind, node);
}

void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	value[0] = counter;
}
