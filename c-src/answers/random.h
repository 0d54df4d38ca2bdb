/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A random program: a list of instructions a thread, over one small memory, two locks apart from it, and registers of
 * its own. Words of the memory can be locks too.
 */
#ifndef LOSTBIT_ANSWERS_RANDOM_H
#define LOSTBIT_ANSWERS_RANDOM_H

#include "answers/answers.h"

#define RANDOM_THREADS 4
#define RANDOM_LENGTH 32
#define RANDOM_REGISTERS 2
#define RANDOM_MEMORY 16
#define RANDOM_LOCKS 2

/*
 * Memory is at, and as wide as an instruction says; a register takes what was there before, zero-extended, and of 8
 * bytes both halves, one xor the other.
 */
enum random_op {
	RANDOM_LOAD,
	RANDOM_STORE,		/* the register's value plus value */
	RANDOM_ATOMIC_LOAD,
	RANDOM_ATOMIC_STORE,	/* the same */
	RANDOM_ADD,
	RANDOM_ADD_DROPPED,	/* the result is unused, in these two */
	RANDOM_SUB_DROPPED,
	RANDOM_OR_DROPPED,	/* ... and in this one, which commutes with nothing all the same */
	RANDOM_EXCHANGE,
	RANDOM_CAS,		/* expected, value */
	RANDOM_COPY,		/* to at, from value */
	RANDOM_FILL,		/* with value */
	RANDOM_SET,		/* the register := value; no access */
	RANDOM_SKIP,		/* so many (value) instructions if the register is expected, or back; no access */
	/* at: which lock; tries leave 1 or 0 in the register */
	RANDOM_LOCK,
	RANDOM_UNLOCK,
	RANDOM_READ_LOCK,
	RANDOM_READ_UNLOCK,
	RANDOM_TRY_LOCK,
	RANDOM_TRY_READ_LOCK,
	/* of the memory's word at: expected must be clear for value to be claimed; the try as above */
	RANDOM_ACQUIRE,
	RANDOM_TRY_ACQUIRE,
	RANDOM_RELEASE,
};

struct random_instruction {
	enum random_op op;
	u32 at;
	u32 bytes;
	u32 reg;
	u32 value;
	u32 expected;
};

struct random_program {
	u32 length[RANDOM_THREADS];
	struct random_instruction code[RANDOM_THREADS][RANDOM_LENGTH];
	u32 memory[RANDOM_MEMORY / 4];	/* what is there at the start */
};

#endif
