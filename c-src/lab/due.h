/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel does by itself, and here an actor's step does. Where no actor can go on while some of that is due, nobody is
 * to blame but the scenario, whose actors have no such step left.
 */
#ifndef LOSTBIT_LAB_DUE_H
#define LOSTBIT_LAB_DUE_H

#include "lab/op.h"

enum lab_due_kind { LAB_WORK = 1, LAB_TIMER = 2, LAB_TASKLET = 4 };

struct lab_due {
	enum lab_due_kind kind;
	bool (*is_due)(void);
	lab_step_fn *step;	/* the op that does it, if it is due, and returns whether it was */
};

/*
 *	LAB_DUE(work, LAB_WORK, stub_work_is_due);
 *
 * behind an op makes it one of these. It is found by its name, in a module that is linked from the op's unit.
 */
#define LAB_DUE(op, kind, is_due)						\
	const struct lab_due lab_due_##op LAB_KEEP = { kind, is_due, lab_step_##op }

#endif
