// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** Caches of objects, virtual memory, and what is freed after a grace period. */
export const treeSlab: Contracts = {
  'a cache gives objects of its size, which its constructor has seen': `
    static int constructed;
    static void construct_object(void *object) { *(int *)object = ++constructed; }
    -----
    struct kmem_cache *cache = kmem_cache_create("objects", 24, 0, 0, construct_object), *plain = kmem_cache_create("plain", 8, 0, 0, NULL);
    int *one = kmem_cache_alloc(cache, GFP_KERNEL), *two = kmem_cache_alloc(cache, GFP_ATOMIC), *zeroed = kmem_cache_zalloc(plain, GFP_KERNEL);
    int *other = kmem_cache_alloc_node(plain, GFP_KERNEL, NUMA_NO_NODE), *listed = kmem_cache_alloc_lru(plain, NULL, GFP_KERNEL);
    CHECK(one && two && one != two && constructed >= 2 && *one != *two && *one > 0 && *one <= constructed && *two > 0 && *two <= constructed && ksize(one) >= 24);
    CHECK(!zeroed[0] && !zeroed[1] && other && listed);
    kmem_cache_free(cache, one);
    kmem_cache_free(cache, two);
    kmem_cache_free(plain, zeroed);
    kmem_cache_free(plain, other);
    kmem_cache_free(plain, listed);
    kmem_cache_destroy(cache);
    kmem_cache_destroy(plain);
    kmem_cache_destroy(NULL);
    CHECK(stub_check_leaks() == 0);`,
  'a cache is made by its type': `
    struct contract_cached { u64 a; u32 b; };
    -----
    struct kmem_cache *cache = KMEM_CACHE(contract_cached, 0);
    struct contract_cached *object = kmem_cache_zalloc(cache, GFP_KERNEL);
    CHECK(object && !object->a && !object->b && ksize(object) >= sizeof(*object));
    kmem_cache_free(cache, object);
    kmem_cache_destroy(cache);`,
  'a cache, or an object, for which there is no memory is none': `
    struct kmem_cache *cache;
    FAIL(kmalloc);
    CHECK(!kmem_cache_create("none", 8, 0, 0, NULL));
    cache = kmem_cache_create("some", 8, 0, 0, construct_object);
    FAIL(kmalloc);
    constructed = 0;
    CHECK(!kmem_cache_alloc(cache, GFP_KERNEL) && !constructed);
    kmem_cache_destroy(cache);
    CHECK(stub_check_leaks() == 0);`,
  'a cache is not destroyed under its objects': {
    c: `
    struct kmem_cache *cache = kmem_cache_create("used", 8, 0, 0, NULL);
    void *object = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_destroy(cache);
    kmem_cache_free(cache, object);
    kmem_cache_destroy(cache);
    CHECK(stub_check_leaks() == 0);`,
    violations: ['warned'],
  },
  'an object of a cache is freed once': {
    c: `
    struct kmem_cache *cache = kmem_cache_create("twice", 8, 0, 0, NULL);
    void *object = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free(cache, object);
    kmem_cache_free(cache, object);`,
    violations: ['double-free'],
  },
  'making a cache and destroying it may sleep, and so may what its flags let': {
    c: `
    struct kmem_cache *cache, *early;
    void *object;
    preempt_disable();
    early = kmem_cache_create("early", 8, 0, 0, NULL);
    preempt_enable();
    cache = kmem_cache_create("late", 8, 0, 0, NULL);
    preempt_disable();
    object = kmem_cache_alloc(cache, GFP_ATOMIC);
    kmem_cache_free(cache, object);
    CHECK(stub_violations.count == 1);
    object = kmem_cache_alloc(cache, GFP_KERNEL);
    kmem_cache_free(cache, object);
    kmem_cache_destroy(cache);
    preempt_enable();
    kmem_cache_destroy(early);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic', 'sleep-in-atomic'],
  },

  'memory is had from a node, as from any': `
    static size_t asked_size = 16, large_size = 1 << 16;
    -----
    void *small = kmalloc_node(asked_size, GFP_KERNEL, 0), *constant = kmalloc_node(16, GFP_KERNEL, 0);
    void *zeroed = kzalloc_node(16, GFP_KERNEL, NUMA_NO_NODE), *array = kcalloc_node(asked_size, 2, GFP_KERNEL, 0);
    void *tracked = kmalloc_node_track_caller(asked_size, GFP_KERNEL, 0);
    CHECK(small && constant && tracked && all_zero(zeroed, 16) && all_zero(array, 32));
    CHECK(!kmalloc_array_node(~(size_t)0, asked_size, GFP_KERNEL, 0));
    FAIL(kmalloc);
    CHECK(!kmalloc_node(asked_size, GFP_KERNEL, 0));
    FAIL(kmalloc);
    CHECK(!kmalloc_node(16, GFP_KERNEL, 0));
    FAIL(kmalloc);
    CHECK(!kmalloc_node_track_caller(asked_size, GFP_KERNEL, 0));
    kfree(small);
    kfree(constant);
    kfree(zeroed);
    kfree(array);
    kfree(tracked);
    CHECK(stub_check_leaks() == 0);`,
  'memory beyond the largest of a kernel’s caches is had as well': `
    void *large = kmalloc(1 << 15, GFP_KERNEL), *zeroed = kzalloc(1 << 14, GFP_KERNEL), *near = kmalloc_node(1 << 14, GFP_KERNEL, 0);
    CHECK(large && all_zero(zeroed, 1 << 14) && near && ksize(large) >= 1 << 15);
    kfree(large);
    kfree(zeroed);
    kfree(near);
    FAIL(kmalloc);
    CHECK(!kmalloc(1 << 15, GFP_KERNEL));
    FAIL(kmalloc);
    CHECK(!kmalloc_node(1 << 15, GFP_KERNEL, 0) && stub_check_leaks() == 0);`,

  'virtual memory is had, zeroed by vzalloc, and freed by vfree or kvfree': `
    #include <linux/vmalloc.h>
    -----
    u8 *raw = vmalloc(5000), *zeroed = vzalloc(5000);
    CHECK(raw && raw[4999] && zeroed && all_zero(zeroed, 5000));
    vfree(raw);
    kvfree(zeroed);
    vfree(NULL);
    FAIL(kmalloc);
    CHECK(!vmalloc(16));
    FAIL(kmalloc);
    CHECK(!vzalloc(16) && stub_check_leaks() == 0);`,
  'no virtual memory is had of no bytes': {
    c: `
    CHECK(!vmalloc(0) && !vzalloc(0));`,
    violations: ['warned', 'warned'],
  },
  'virtual memory is had and freed where one may sleep, or freed in an interrupt': {
    c: `
    void *one = vmalloc(8), *two = vmalloc(8), *three;
    preempt_disable();
    three = vmalloc(8);
    vfree(one);
    preempt_enable();
    AS(STUB_IRQ, vfree(two));
    vfree(three);
    CHECK(stub_check_leaks() == 0);`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },

  'what kfree_rcu frees is there until all readers have left': {
    c: `
    struct grace_object { u64 a; u32 b; struct rcu_head head; };
    -----
    struct grace_object *object = kzalloc(sizeof(*object), GFP_KERNEL), *none = NULL;
    object->b = 5;
    rcu_read_lock();
    kfree_rcu(object, head);
    kfree_rcu(none, head);
    CHECK(object->b == 5 && stub_check_leaks() == 1);
    rcu_read_unlock();
    CHECK(object->b != 5 && stub_check_leaks() == 0);`,
    violations: ['leaked'],
  },
  'kfree_rcu_mightsleep waits for the readers itself': `
    u32 *object = kzalloc(sizeof(*object), GFP_KERNEL);
    kfree_rcu_mightsleep(object);
    CHECK(stub_check_leaks() == 0);`,
  'kfree_rcu_mightsleep may sleep, kfree_rcu does not': {
    c: `
    struct grace_object *object = kzalloc(sizeof(*object), GFP_KERNEL);
    u32 *plain = kzalloc(sizeof(*plain), GFP_KERNEL);
    preempt_disable();
    kfree_rcu(object, head);
    CHECK(!stub_violations.count);
    kfree_rcu_mightsleep(plain);
    preempt_enable();
    CHECK(stub_check_leaks() == 0);`,
    violations: ['sleep-in-atomic'],
  },

  'a node of an xarray is there until all readers have left': {
    c: `
    static DEFINE_XARRAY(noded);
    -----
    int value;
    u32 live;
    CHECK(!xa_err(xa_store(&noded, 1000, &value, GFP_KERNEL)) && xa_load(&noded, 1000) == &value && !xa_load(&noded, 999));
    rcu_read_lock();
    CHECK(xa_erase(&noded, 1000) == &value && !xa_load(&noded, 1000));
    live = stub_check_leaks();
    CHECK(live > 0);
    rcu_read_unlock();
    stub_violations.count = 0;
    CHECK(stub_check_leaks() == 0 && xa_empty(&noded));`,
  },
  'an entry for which there is no node at once is stored with one that was waited for': `
    int value;
    FAIL(kmalloc);
    CHECK(!xa_err(xa_store(&noded, 1000, &value, GFP_KERNEL)) && xa_load(&noded, 1000) == &value);
    xa_destroy(&noded);
    CHECK(stub_check_leaks() == 0);`,
};
