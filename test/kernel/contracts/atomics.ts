// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Bits, counters, exchanges, barriers. */
export const atomics: Contracts = {
  'BIT, BIT_ULL, BIT_MASK and BIT_WORD': `
    CHECK(BIT(0) == 1 && BIT(31) == 0x80000000);
    CHECK(BIT_ULL(63) == 0x8000000000000000);
    CHECK(BIT_WORD(BITS_PER_LONG - 1) == 0 && BIT_WORD(BITS_PER_LONG) == 1);
    CHECK(BIT_MASK(BITS_PER_LONG + 3) == 8);`,

  'GENMASK has both ends': `
    CHECK(GENMASK(7, 0) == 0xff && GENMASK(4, 4) == 0x10);
    CHECK(GENMASK(BITS_PER_LONG - 1, 0) == ~0ul);
    CHECK(GENMASK_ULL(63, 60) == 0xf000000000000000);`,

  'set_bit, clear_bit and change_bit change one bit of an array, and no other': `
    unsigned long bits[2] = { 1, ~0ul };
    set_bit(5, bits);
    set_bit(5, bits);
    CHECK(bits[0] == 0x21 && bits[1] == ~0ul);
    clear_bit(BITS_PER_LONG + 1, bits);
    clear_bit(BITS_PER_LONG + 1, bits);
    CHECK(bits[0] == 0x21 && bits[1] == ~2ul);
    change_bit(0, bits);
    change_bit(1, bits);
    CHECK(bits[0] == 0x22);
    assign_bit(0, bits, true);
    assign_bit(1, bits, false);
    CHECK(bits[0] == 0x21);`,

  'test_bit reads one bit': `
    unsigned long bits[2] = { 2, 1 };
    CHECK(!test_bit(0, bits) && test_bit(1, bits));
    CHECK(test_bit(BITS_PER_LONG, bits) && !test_bit(BITS_PER_LONG + 1, bits));
    CHECK(test_bit_acquire(1, bits) && !test_bit_acquire(2, bits));`,

  'test_and_… return what the bit was': `
    unsigned long bits = 1;
    CHECK(test_and_set_bit(0, &bits) && !test_and_set_bit(1, &bits) && bits == 3);
    CHECK(test_and_clear_bit(0, &bits) && !test_and_clear_bit(0, &bits) && bits == 2);
    CHECK(test_and_change_bit(1, &bits) && !test_and_change_bit(1, &bits) && bits == 2);`,

  'a bit can be a lock': `
    unsigned long word = 4;
    CHECK(!test_and_set_bit_lock(0, &word));
    CHECK(test_and_set_bit_lock(0, &word));
    clear_bit_unlock(0, &word);
    CHECK(word == 4 && !test_and_set_bit_lock(0, &word));
    __clear_bit_unlock(0, &word);
    CHECK(word == 4);`,

  '__set_bit and the like do the same': `
    unsigned long bits[2] = { 0, 0 };
    __set_bit(BITS_PER_LONG + 4, bits);
    CHECK(bits[0] == 0 && bits[1] == 0x10);
    CHECK(__test_and_set_bit(BITS_PER_LONG + 4, bits) && !__test_and_set_bit(0, bits) && bits[0] == 1);
    CHECK(__test_and_clear_bit(0, bits) && !__test_and_clear_bit(0, bits) && bits[0] == 0);
    CHECK(!__test_and_change_bit(3, bits) && __test_and_change_bit(3, bits));
    __change_bit(BITS_PER_LONG + 4, bits);
    CHECK(bits[1] == 0);
    __assign_bit(1, bits, true);
    __clear_bit(1, bits);
    CHECK(bits[0] == 0);`,

  '__ffs, __fls, ffz, ffs, fls and fls64 count from where the kernel counts': `
    CHECK(__ffs(0x50) == 4 && __fls(0x50) == 6 && ffz(7) == 3);
    CHECK(ffs(0) == 0 && ffs(1) == 1 && ffs(0x50) == 5);
    CHECK(fls(0) == 0 && fls(1) == 1 && fls(0x80000000) == 32);
    CHECK(fls64(0) == 0 && fls64(1ull << 63) == 64 && fls64(1) == 1);`,

  'hweight counts the bits of its width': `
    CHECK(hweight8(0x1ff) == 8 && hweight16(0x1ffff) == 16 && hweight32(~0ull) == 32);
    CHECK(hweight64(~0ull) == 64 && hweight_long(0x11) == 2);`,

  'find_…_bit and for_each_… go over long boundaries and end at the size': `
    unsigned long bits[3] = { 0x80, 0, 2 };
    unsigned long bit, sum = 0, count = 0;
    CHECK(find_first_bit(bits, 96) == 7 && find_next_bit(bits, 96, 8) == 2 * BITS_PER_LONG + 1);
    CHECK(find_next_bit(bits, 96, 7) == 7 && find_first_bit(bits, 7) == 7 && find_first_bit(bits, 5) == 5);
    CHECK(find_first_bit(bits + 1, BITS_PER_LONG) == BITS_PER_LONG);
    CHECK(find_first_zero_bit(bits, 96) == 0 && find_next_zero_bit(bits, 96, 7) == 8);
    CHECK(find_last_bit(bits, 96) == 2 * BITS_PER_LONG + 1 && find_last_bit(bits, 7) == 7);
    for_each_set_bit(bit, bits, 96) {
      sum += bit;
      count++;
    }
    CHECK(count == 2 && sum == 7 + 2 * BITS_PER_LONG + 1);
    count = 0;
    for_each_clear_bit(bit, bits, 10)
      count++;
    CHECK(count == 9);`,

  'DECLARE_BITMAP makes room for so many bits': `
    DECLARE_BITMAP(few, 1);
    DECLARE_BITMAP(more, BITS_PER_LONG + 1);
    CHECK(sizeof(few) == sizeof(long) && sizeof(more) == 2 * sizeof(long));`,

  'atomic_t: arithmetic': `
    atomic_t v = ATOMIC_INIT(5);
    CHECK(sizeof(v) == 4 && atomic_read(&v) == 5 && atomic_read_acquire(&v) == 5);
    atomic_set(&v, 1);
    atomic_set_release(&v, 2);
    atomic_add(3, &v);
    atomic_sub(1, &v);
    atomic_inc(&v);
    atomic_dec(&v);
    CHECK(atomic_read(&v) == 4);
    CHECK(atomic_add_return(2, &v) == 6 && atomic_sub_return(1, &v) == 5);
    CHECK(atomic_inc_return(&v) == 6 && atomic_dec_return(&v) == 5);
    CHECK(atomic_fetch_add(2, &v) == 5 && atomic_fetch_sub(3, &v) == 7);
    CHECK(atomic_fetch_inc(&v) == 4 && atomic_fetch_dec(&v) == 5 && atomic_read(&v) == 4);
    CHECK(atomic_add_return_relaxed(1, &v) == 5 && atomic_fetch_inc_acquire(&v) == 5);
    CHECK(atomic_dec_return_release(&v) == 5);`,

  'atomic_t: bits': `
    atomic_t v = ATOMIC_INIT(0xf0);
    atomic_or(1, &v);
    atomic_and(0x71, &v);
    atomic_xor(3, &v);
    atomic_andnot(0x40, &v);
    CHECK(atomic_read(&v) == 0x32);
    CHECK(atomic_fetch_or(1, &v) == 0x32 && atomic_fetch_and(0x0f, &v) == 0x33);
    CHECK(atomic_fetch_xor(1, &v) == 3 && atomic_fetch_andnot(2, &v) == 2 && atomic_read(&v) == 0);`,

  'atomic_t: exchanges': `
    atomic_t v = ATOMIC_INIT(7);
    int expected = 6;
    CHECK(atomic_xchg(&v, 8) == 7 && atomic_cmpxchg(&v, 7, 9) == 8 && atomic_read(&v) == 8);
    CHECK(atomic_cmpxchg(&v, 8, 9) == 8 && atomic_read(&v) == 9);
    CHECK(!atomic_try_cmpxchg(&v, &expected, 10) && expected == 9 && atomic_read(&v) == 9);
    CHECK(atomic_try_cmpxchg(&v, &expected, 10) && expected == 9 && atomic_read(&v) == 10);`,

  'atomic_t: what came of it': `
    atomic_t v = ATOMIC_INIT(2);
    CHECK(!atomic_dec_and_test(&v) && atomic_dec_and_test(&v));
    CHECK(!atomic_inc_and_test(&v));
    atomic_set(&v, -1);
    CHECK(atomic_inc_and_test(&v));
    CHECK(atomic_add_negative(-1, &v) && !atomic_add_negative(1, &v));
    atomic_set(&v, 5);
    CHECK(!atomic_sub_and_test(4, &v) && atomic_sub_and_test(1, &v));`,

  'atomic_t: unless': `
    atomic_t v = ATOMIC_INIT(0);
    CHECK(!atomic_inc_not_zero(&v) && atomic_read(&v) == 0);
    CHECK(atomic_add_unless(&v, 2, 1) && !atomic_add_unless(&v, 2, 2) && atomic_read(&v) == 2);
    CHECK(atomic_fetch_add_unless(&v, 1, 9) == 2 && atomic_inc_not_zero(&v) && atomic_read(&v) == 4);
    CHECK(atomic_dec_if_positive(&v) == 3);
    atomic_set(&v, 0);
    CHECK(atomic_dec_if_positive(&v) == -1 && atomic_read(&v) == 0);
    CHECK(atomic_dec_unless_positive(&v) && atomic_read(&v) == -1);
    CHECK(!atomic_inc_unless_negative(&v) && atomic_read(&v) == -1);
    atomic_set(&v, 1);
    CHECK(!atomic_dec_unless_positive(&v) && atomic_inc_unless_negative(&v) && atomic_read(&v) == 2);`,

  'atomic64_t has 64 bits': `
    atomic64_t v = ATOMIC64_INIT(1ll << 40);
    s64 expected = 0;
    CHECK(sizeof(v) == 8 && _Alignof(atomic64_t) == 8);
    CHECK(atomic64_add_return(1ll << 41, &v) == 3ll << 40);
    CHECK(atomic64_fetch_andnot(1ll << 41, &v) == 3ll << 40 && atomic64_read(&v) == 1ll << 40);
    CHECK(!atomic64_try_cmpxchg(&v, &expected, 0) && expected == 1ll << 40);
    CHECK(atomic64_xchg(&v, -1) == 1ll << 40 && atomic64_inc_and_test(&v));
    CHECK(!atomic64_inc_not_zero(&v) && atomic64_dec_if_positive(&v) == -1);`,

  'atomic_long_t is as wide as a long': `
    atomic_long_t v = ATOMIC_LONG_INIT(3);
    long expected = 3;
    CHECK(sizeof(v) == sizeof(long));
    CHECK(atomic_long_inc_return(&v) == 4 && atomic_long_fetch_or(8, &v) == 4);
    CHECK(!atomic_long_try_cmpxchg(&v, &expected, 1) && expected == 12);
    CHECK(atomic_long_cmpxchg(&v, 12, 0) == 12 && !atomic_long_inc_not_zero(&v));`,

  'xchg and cmpxchg take every width, and pointers': `
    u8 a = 1;
    u16 b = 2;
    u32 c = 3;
    u64 d = 4;
    int *p = NULL;
    int target;
    CHECK(xchg(&a, 9) == 1 && xchg(&b, 9) == 2 && xchg(&c, 9) == 3 && xchg(&d, 9) == 4);
    CHECK(cmpxchg(&a, 8, 1) == 9 && a == 9 && cmpxchg(&a, 9, 1) == 9 && a == 1);
    CHECK(cmpxchg(&b, 9, 1) == 9 && cmpxchg_acquire(&c, 9, 1) == 9 && cmpxchg64(&d, 9, 1) == 9);
    CHECK(cmpxchg(&p, NULL, &target) == NULL && p == &target);
    CHECK(xchg(&p, NULL) == &target && !p);`,

  'try_cmpxchg says what it found': `
    u32 word = 5, expected = 4;
    CHECK(!try_cmpxchg(&word, &expected, 6) && expected == 5 && word == 5);
    CHECK(try_cmpxchg(&word, &expected, 6) && word == 6);
    CHECK(!try_cmpxchg_release(&word, &expected, 7) && expected == 6);`,

  'barriers are there': `
    u32 flag = 0, data = 0;
    barrier();
    smp_mb();
    smp_rmb();
    smp_wmb();
    smp_mb__before_atomic();
    smp_mb__after_atomic();
    smp_store_mb(data, 7);
    smp_store_release(&flag, 1);
    CHECK(smp_load_acquire(&flag) == 1 && data == 7);
    CHECK(smp_cond_load_acquire(&flag, VAL == 1) == 1 && smp_cond_load_relaxed(&data, VAL > 3) == 7);
    WRITE_ONCE(flag, 3);
    CHECK(READ_ONCE(flag) == 3 && data_race(flag) == 3);
    cpu_relax();`,
};
