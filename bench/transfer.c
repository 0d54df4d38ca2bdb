// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a cache line takes from one processor to another, in nanoseconds: two pinned threads write to
 * one word in turn. It bounds any race over one line: a sample needs at least one such transfer. On a
 * virtual machine it is also the quickest way to see where its processors are just now.
 *
 *	transfer TURNS
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned int turns;

static _Alignas(64) unsigned int word;

static cpu_set_t allowed;

/* To the index-th of the processors that the process may use. */
static void pin(unsigned int index)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed) && !index--)
			CPU_SET(cpu, &one);
	pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

static void *take_turns(void *arg)
{
	unsigned int parity = (unsigned int)(size_t)arg;

	for (unsigned int turn = parity; turn < turns; turn += 2) {
		while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) != turn)
			;
		__atomic_store_n(&word, turn + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void *pinned_turns(void *arg)
{
	pin(1);
	return take_turns(arg);
}

int main(int argc, char **argv)
{
	struct timespec from, to;
	pthread_t other;

	turns = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	if (!turns) {
		fputs("usage: transfer TURNS\n", stderr);
		return 2;
	}

	/* Before pinning: a thread inherits its creator's processors. */
	sched_getaffinity(0, sizeof(allowed), &allowed);
	pin(0);
	clock_gettime(CLOCK_MONOTONIC, &from);
	pthread_create(&other, NULL, pinned_turns, (void *)1);
	take_turns((void *)0);
	pthread_join(other, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.1f\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / turns);
	return 0;
}
