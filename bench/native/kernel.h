/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the host's C library and the lab: neither side's headers can be mixed with the other's. */
#ifndef LOSTBIT_BENCH_KERNEL_H
#define LOSTBIT_BENCH_KERNEL_H

/* Writes the scenario of that name; 0 where there is none. */
int bench_scenario(const char *name);
void bench_arenas(unsigned long start, unsigned int stride, unsigned int bytes, unsigned int count);
void bench_race(unsigned long snapshot, unsigned long outcomes, unsigned long returns);
/* As struct lab_stress has them. */
void bench_timing(unsigned int pace, unsigned int delay);
void bench_stop(void);
/* Samples, and how many of them kept both updates. */
void bench_count(unsigned long long *samples, unsigned long long *kept);

/* The lab's own. */
void lab_enter(unsigned int worker);
int lab_setup(void);
void lab_lanes(unsigned int lanes);
unsigned int lab_instance_bytes(void);
void lab_snapshot(void);
void lab_race(unsigned int index);

#endif
