/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs: always the same ones, all of them online. */
#ifndef _LINUX_CPUMASK_H
#define _LINUX_CPUMASK_H

#define NR_CPUS 8
#define nr_cpu_ids 8u

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++)
#define for_each_online_cpu(cpu) for_each_possible_cpu(cpu)
#define for_each_present_cpu(cpu) for_each_possible_cpu(cpu)

#define num_possible_cpus() nr_cpu_ids
#define num_online_cpus() nr_cpu_ids
#define cpu_online(cpu) ((cpu) < nr_cpu_ids)

#endif
