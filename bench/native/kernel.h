/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the host's C library and the lab: neither side's headers can be mixed with the other's. */
#ifndef LOSTBIT_BENCH_KERNEL_H
#define LOSTBIT_BENCH_KERNEL_H

/* Writes the scenario of that name; 0 where there is none. */
int bench_scenario(const char *name);
void bench_arenas(unsigned long start, unsigned int stride, unsigned int bytes, unsigned int count);
void bench_race(unsigned long snapshot, unsigned long outcomes, unsigned long returns);
/* As struct lab_stress has them. */
struct bench_timing {
	unsigned int batch, pace, delay, late, lag;
};

/* For the threads that enter lab_race() next, until bench_stop(). */
void bench_start(const struct bench_timing *timing);
void bench_stop(void);
/* Samples so far, and how many of them lost an update. */
void bench_count(unsigned long long *samples, unsigned long long *lost);

/* The lab's own. */
void lab_enter(unsigned int worker);
int lab_setup(void);
void lab_lanes(unsigned int lanes);
unsigned int lab_instance_bytes(void);
void lab_snapshot(void);
void lab_race(unsigned int index);

#endif
