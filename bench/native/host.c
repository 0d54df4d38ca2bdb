// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lab on the bare machine: the same C, compiled by gcc, raced on POSIX threads. It shows what
 * WebAssembly costs, and what the hardware does without it.
 *
 *	host packed|plain|driver
 *
 * For each line "milliseconds batch pace delay late lag" that it reads it races so long in that way, and writes
 * "samples lost seconds". Its threads have nothing to do from one line to the next.
 *
 * The lab keeps addresses in 32 bits, so everything lies low: linked without PIE, memory mapped with
 * MAP_32BIT.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench/native/kernel.h"

#define INSTANCES 64
#define ARENA (36 * 1024)
#define STRIDE (ARENA + 5 * 64)

void stub_park(unsigned int *word, unsigned int seen)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

void stub_unpark(unsigned int *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
}

/* Nothing lies behind what 32 bits can say. */
unsigned int stub_memory_end(void)
{
	return ~0u;
}

/* What is observed here lies in arenas. */
_Bool stub_is_static(unsigned int address, unsigned int bytes)
{
	(void)address;
	(void)bytes;
	return 0;
}

/* Nothing of it is reported here. */
unsigned int stub_backtrace(unsigned int *frame, unsigned int room)
{
	(void)frame;
	(void)room;
	return 0;
}

static void *low_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return memory;
}

static void *actor(void *arg)
{
	unsigned int index = (unsigned int)(size_t)arg;
	cpu_set_t cpus, allowed;
	unsigned int seen = 0;

	/* The index-th of the processors we may use. */
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || seen++ != index)
			continue;
		CPU_ZERO(&cpus);
		CPU_SET(cpu, &cpus);
		pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
		break;
	}
	lab_enter(index);
	lab_race(index);
	return NULL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	unsigned long long samples, lost, samples_before = 0, lost_before = 0;
	struct bench_timing timing;
	unsigned int milliseconds;
	pthread_t threads[2];
	double since, seconds;
	size_t copy;

	if (argc != 2 || !bench_scenario(argv[1])) {
		fputs("usage: host packed|plain|driver\n", stderr);
		return 2;
	}
	bench_arenas((size_t)low_memory(STRIDE * INSTANCES), STRIDE, ARENA, INSTANCES);
	lab_enter(0);
	if (lab_setup()) {
		fputs("the set-up failed\n", stderr);
		return 2;
	}
	lab_lanes(2);
	copy = lab_instance_bytes() * INSTANCES;
	bench_race((size_t)low_memory(copy), (size_t)low_memory(1 << 20), (size_t)low_memory(1 << 20));
	lab_snapshot();

	while (scanf("%u %u %u %u %u %u", &milliseconds, &timing.batch, &timing.pace, &timing.delay, &timing.late,
		     &timing.lag) == 6) {
		struct timespec rest = { milliseconds / 1000, milliseconds % 1000 * 1000000l };

		bench_start(&timing);
		since = now();
		for (size_t i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, actor, (void *)i);
		nanosleep(&rest, NULL);
		bench_stop();
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		seconds = now() - since;

		bench_count(&samples, &lost);
		printf("%llu %llu %.6f\n", samples - samples_before, lost - lost_before, seconds);
		fflush(stdout);
		samples_before = samples;
		lost_before = lost;
	}
	return 0;
}
