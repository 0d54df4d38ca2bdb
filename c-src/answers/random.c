// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a random program: it is data, so that there is one module for all of them. Each instruction is one access
 * of what the threads share, or none; each kind of access is a function, so that no two of them become one.
 */
#include "answers/random.h"

struct random_program random_program;

/* Where threads read the program, and keep their registers, unseen. */
struct states {
	struct random_program program;
	u32 reg[RANDOM_THREADS][RANDOM_REGISTERS];
};

static u8 memory[RANDOM_MEMORY] __aligned(8);
static u32 lock[RANDOM_LOCKS];

static struct states *states(void)
{
	return (struct states *)(answer_states() + 1);
}

void answer_reset(void)
{
	states()->program = random_program;
	__builtin_memcpy(memory, random_program.memory, sizeof(memory));
	for (u32 i = 0; i < RANDOM_LOCKS; i++)
		lock[i] = 0;
}

/* Accesses that are not atomic may lie anywhere, across variables too. */
typedef volatile u16 __aligned(1) u16_anywhere;
typedef volatile u32 __aligned(1) u32_anywhere;
typedef volatile u64 __aligned(1) u64_anywhere;

#define ORDER __ATOMIC_SEQ_CST
#define OUT_OF_LINE __attribute__((__noinline__))

static OUT_OF_LINE u64 load(void *at, u32 bytes)
{
	return bytes == 1 ? *(volatile u8 *)at :
	       bytes == 2 ? *(u16_anywhere *)at :
	       bytes == 4 ? *(u32_anywhere *)at : *(u64_anywhere *)at;
}

static OUT_OF_LINE void store(void *at, u32 bytes, u32 value)
{
	if (bytes == 1)
		*(volatile u8 *)at = value;
	else if (bytes == 2)
		*(u16_anywhere *)at = value;
	else if (bytes == 4)
		*(u32_anywhere *)at = value;
	else
		*(u64_anywhere *)at = value;
}

static OUT_OF_LINE u64 load_atomic(void *at, u32 bytes)
{
	return bytes == 1 ? __atomic_load_n((u8 *)at, ORDER) :
	       bytes == 2 ? __atomic_load_n((u16 *)at, ORDER) :
	       bytes == 4 ? __atomic_load_n((u32 *)at, ORDER) : __atomic_load_n((u64 *)at, ORDER);
}

static OUT_OF_LINE void store_atomic(void *at, u32 bytes, u32 value)
{
	if (bytes == 1)
		__atomic_store_n((u8 *)at, value, ORDER);
	else if (bytes == 2)
		__atomic_store_n((u16 *)at, value, ORDER);
	else if (bytes == 4)
		__atomic_store_n((u32 *)at, value, ORDER);
	else
		__atomic_store_n((u64 *)at, value, ORDER);
}

static OUT_OF_LINE u64 add(void *at, u32 bytes, u32 value)
{
	return bytes == 1 ? __atomic_fetch_add((u8 *)at, value, ORDER) :
	       bytes == 2 ? __atomic_fetch_add((u16 *)at, value, ORDER) :
	       bytes == 4 ? __atomic_fetch_add((u32 *)at, value, ORDER) : __atomic_fetch_add((u64 *)at, value, ORDER);
}

static OUT_OF_LINE void add_dropped(void *at, u32 bytes, u32 value)
{
	if (bytes == 1)
		__atomic_fetch_add((u8 *)at, value, ORDER);
	else if (bytes == 2)
		__atomic_fetch_add((u16 *)at, value, ORDER);
	else if (bytes == 4)
		__atomic_fetch_add((u32 *)at, value, ORDER);
	else
		__atomic_fetch_add((u64 *)at, value, ORDER);
}

static OUT_OF_LINE void sub_dropped(void *at, u32 bytes, u32 value)
{
	if (bytes == 1)
		__atomic_fetch_sub((u8 *)at, value, ORDER);
	else if (bytes == 2)
		__atomic_fetch_sub((u16 *)at, value, ORDER);
	else if (bytes == 4)
		__atomic_fetch_sub((u32 *)at, value, ORDER);
	else
		__atomic_fetch_sub((u64 *)at, value, ORDER);
}

static OUT_OF_LINE void or_dropped(void *at, u32 bytes, u32 value)
{
	if (bytes == 1)
		__atomic_fetch_or((u8 *)at, value, ORDER);
	else if (bytes == 2)
		__atomic_fetch_or((u16 *)at, value, ORDER);
	else if (bytes == 4)
		__atomic_fetch_or((u32 *)at, value, ORDER);
	else
		__atomic_fetch_or((u64 *)at, value, ORDER);
}

static OUT_OF_LINE u64 exchange(void *at, u32 bytes, u32 value)
{
	return bytes == 1 ? __atomic_exchange_n((u8 *)at, value, ORDER) :
	       bytes == 2 ? __atomic_exchange_n((u16 *)at, value, ORDER) :
	       bytes == 4 ? __atomic_exchange_n((u32 *)at, value, ORDER) : __atomic_exchange_n((u64 *)at, value, ORDER);
}

static OUT_OF_LINE u64 cas(void *at, u32 bytes, u32 expected, u32 value)
{
	u8 was8 = expected;
	u16 was16 = expected;
	u32 was32 = expected;
	u64 was64 = expected;

	switch (bytes) {
	case 1:
		__atomic_compare_exchange_n((u8 *)at, &was8, value, false, ORDER, ORDER);
		return was8;
	case 2:
		__atomic_compare_exchange_n((u16 *)at, &was16, value, false, ORDER, ORDER);
		return was16;
	case 4:
		__atomic_compare_exchange_n((u32 *)at, &was32, value, false, ORDER, ORDER);
		return was32;
	default:
		__atomic_compare_exchange_n((u64 *)at, &was64, value, false, ORDER, ORDER);
		return was64;
	}
}

/* What a register takes of it. */
static u32 folded(u64 value)
{
	return value ^ value >> 32;
}

/* -> how many instructions to skip, or to go back, as a negative number is added */
static u32 run(const struct random_instruction *in, u32 *reg)
{
	u8 *at = memory + in->at;
	u32 *word = &lock[in->at % RANDOM_LOCKS];

	switch (in->op) {
	case RANDOM_LOAD:
		*reg = folded(load(at, in->bytes));
		break;
	case RANDOM_STORE:
		store(at, in->bytes, *reg + in->value);
		break;
	case RANDOM_ATOMIC_LOAD:
		*reg = folded(load_atomic(at, in->bytes));
		break;
	case RANDOM_ATOMIC_STORE:
		store_atomic(at, in->bytes, *reg + in->value);
		break;
	case RANDOM_ADD:
		*reg = folded(add(at, in->bytes, in->value));
		break;
	case RANDOM_ADD_DROPPED:
		add_dropped(at, in->bytes, in->value);
		break;
	case RANDOM_SUB_DROPPED:
		sub_dropped(at, in->bytes, in->value);
		break;
	case RANDOM_OR_DROPPED:
		or_dropped(at, in->bytes, in->value);
		break;
	case RANDOM_EXCHANGE:
		*reg = folded(exchange(at, in->bytes, in->value));
		break;
	case RANDOM_CAS:
		*reg = folded(cas(at, in->bytes, in->expected, in->value));
		break;
	case RANDOM_COPY:
		__builtin_memmove(at, memory + in->value, in->bytes);
		break;
	case RANDOM_FILL:
		__builtin_memset(at, in->value, in->bytes);
		break;
	case RANDOM_SET:
		*reg = in->value;
		break;
	case RANDOM_SKIP:
		return *reg == in->expected ? in->value : 0;
	case RANDOM_LOCK:
		answer_write_lock(word);
		break;
	case RANDOM_UNLOCK:
		answer_write_unlock(word);
		break;
	case RANDOM_READ_LOCK:
		answer_read_lock(word);
		break;
	case RANDOM_READ_UNLOCK:
		answer_read_unlock(word);
		break;
	case RANDOM_TRY_LOCK:
		*reg = answer_try_write_lock(word);
		break;
	case RANDOM_TRY_READ_LOCK:
		*reg = answer_try_read_lock(word);
		break;
	case RANDOM_ACQUIRE:
		stub_acquire((u32 *)at, in->expected, in->value);
		break;
	case RANDOM_TRY_ACQUIRE:
		*reg = stub_try_acquire((u32 *)at, in->expected, in->value);
		break;
	case RANDOM_RELEASE:
		stub_release((u32 *)at, in->value);
		break;
	}
	return 0;
}

void ANSWER_EXPORT(sim_actor)(u32 actor)
{
	const struct random_program *program = &states()->program;
	u32 *reg = states()->reg[actor];

	for (u32 i = 0; i < RANDOM_REGISTERS; i++)
		reg[i] = 0;
	for (u32 i = 0; i < program->length[actor]; i++) {
		const struct random_instruction *in = &program->code[actor][i];

		i += run(in, &reg[in->reg]);
	}
}

/* Where the registers lie, which belong to a thread's state. */
u32 ANSWER_EXPORT(random_registers)(void)
{
	return (u32)(uintptr_t)states()->reg;
}

/* The memory, the locks, and the registers of each thread that there is. */
void ANSWER_EXPORT(sim_observe)(s64 *value)
{
	__builtin_memcpy(value, memory, sizeof(memory));
	value[2] = lock[0] | (s64)lock[1] << 32;
	for (u32 i = 0; i < RANDOM_THREADS; i++)
		value[3 + i] = states()->reg[i][0] | (s64)states()->reg[i][1] << 32;
}
