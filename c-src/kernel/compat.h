/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stub kernel is written in the newest kernel's names and signatures. Here they are said in those of older ones; units
 * include this behind the kernel's headers.
 */
#ifndef LOSTBIT_KERNEL_COMPAT_H
#define LOSTBIT_KERNEL_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
/* One function that initialises mutexes, whether lockdep is there or not. */
#define mutex_init_generic(lock) __mutex_init(lock, const char *name, struct lock_class_key *key)
#endif

/* Allocations have no token, */
#ifndef DECL_TOKEN_PARAMS
#define DECL_TOKEN_PARAMS(size, token) size_t size
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
/* ... of virtual memory, no alignment, and another one, no node, */
#define __kvmalloc_node_noprof(size, align, flags, node) __kvmalloc_node_noprof(size, flags, node)
#define krealloc_node_align_noprof(object, size, align, flags, node) krealloc_noprof(object, size, flags)
#define kvrealloc_node_align_noprof(object, size, align, flags, node) kvrealloc_noprof(object, size, flags)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
/* ... no buckets, */
#define DECL_BUCKET_PARAMS(size, buckets) size_t size
#endif

#ifndef DECL_KMALLOC_PARAMS
#define DECL_KMALLOC_PARAMS(size, buckets, token) DECL_BUCKET_PARAMS(size, buckets)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
/* ... and nobody counts them. */
#define __kmalloc_noprof __kmalloc
#define __kmalloc_cache_noprof kmalloc_trace
#define __kmalloc_cache_node_noprof kmalloc_node_trace
#define __kmalloc_large_noprof kmalloc_large
#define __kmalloc_large_node_noprof kmalloc_large_node
#define __kmalloc_node_noprof __kmalloc_node
#define __kmalloc_node_track_caller_noprof __kmalloc_node_track_caller
#define kmem_cache_alloc_noprof kmem_cache_alloc
#define kmem_cache_alloc_lru_noprof kmem_cache_alloc_lru
#define kmem_cache_alloc_node_noprof kmem_cache_alloc_node
#define vmalloc_noprof vmalloc
#define vzalloc_noprof vzalloc
#define sized_strscpy strscpy
#undef __kvmalloc_node_noprof
#define __kvmalloc_node_noprof(size, align, flags, node) kvmalloc_node(size, flags, node)
#define krealloc_noprof krealloc
#define kvrealloc_noprof(object, size, flags) kvrealloc(object, size_t old, size, flags)
#define kmemdup_noprof kmemdup
#endif

/* A macro of that name has given way to the function itself. */
#ifndef atomic_dec_and_lock
#define _atomic_dec_and_lock atomic_dec_and_lock
#endif

#ifndef alloc_workqueue
#define alloc_workqueue_noprof alloc_workqueue
#endif

/* request_irq() agrees to nothing. */
#ifndef IRQF_COND_ONESHOT
#define IRQF_COND_ONESHOT 0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define timer_init_key init_timer_key
#define timer_delete_sync_try try_to_del_timer_sync
#define timer_container_of(variable, timer, member) from_timer(variable, timer, member)
#define timer_destroy_on_stack(timer) destroy_timer_on_stack(timer)
#endif

/* The word that counts references on a file, and what is in it where there are none. */
#ifdef FILE_REF_NOREF
#define stub_file_refs(filp) (&(filp)->f_ref.refcnt)
#define STUB_NO_FILE_REFS FILE_REF_NOREF
#else
#define stub_file_refs(filp) (&(filp)->f_count)
#define STUB_NO_FILE_REFS 0
#endif

/* What is freed after a grace period was said by a function's type. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define stub_rcu_object rcu_callback_t
#else
#define stub_rcu_object void *
#endif

/* What is freed so is reached by a head of a type of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
#define stub_kvfree_head rcu_head
#else
#define stub_kvfree_head kvfree_rcu_head
#endif

/* Where a module has its variables. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define stub_module_data(module) (&(module)->core_layout)
#else
#define stub_module_data(module) (&(module)->mem[MOD_DATA])
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
typedef void stub_bit_word;
#else
typedef unsigned long stub_bit_word;
#endif

/* Drivers and buses are not changed by those who are given them. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define stub_const_driver struct device_driver
#define stub_const_bus struct bus_type
#else
#define stub_const_driver const struct device_driver
#define stub_const_bus const struct bus_type
#endif

#endif
