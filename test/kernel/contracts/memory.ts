// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Memory and references. */
export const memory: Contracts = {
  'kzalloc and kcalloc zero, kmalloc does not': `
    u32 *zeroed = kzalloc(8, GFP_KERNEL), *all = kcalloc(2, 4, GFP_KERNEL);
    u32 *raw = kmalloc(8, GFP_KERNEL), *asked = kmalloc(8, GFP_KERNEL | __GFP_ZERO);
    CHECK(!zeroed[0] && !zeroed[1] && !all[0] && !all[1] && raw[0] && !asked[1]);
    kfree(zeroed);
    kfree(all);
    kfree(raw);
    kvfree(asked);
    kfree(NULL);
    kfree(kvzalloc(4, GFP_KERNEL));
    kfree(kmalloc_array(2, 4, GFP_ATOMIC));
    kvfree(kvmalloc(4, GFP_KERNEL));
    kvfree(kvcalloc(4, 4, GFP_KERNEL));
    kfree_sensitive(kmalloc(4, GFP_NOWAIT));
    CHECK(stub_check_leaks() == 0);`,

  'an array whose size does not fit is not allocated, nor what is larger than any memory': `
    u8 *bytes = kzalloc(4, GFP_KERNEL);
    CHECK(!kmalloc_array(~(size_t)0 / 2, 4, GFP_KERNEL) && !kcalloc(~(size_t)0, 2, GFP_KERNEL) && !kcalloc(0x40000000, 8, GFP_KERNEL));
    CHECK(!kmalloc((4 << 20) + 1, GFP_KERNEL) && !kmemdup(bytes, 8 << 20, GFP_KERNEL) && !krealloc_array(bytes, 1 << 20, 5, GFP_KERNEL));
    CHECK(!kvmalloc(0x80000000u, GFP_KERNEL) && !kvcalloc(0x40000000, 4, GFP_KERNEL) && !bytes[3]);
    kfree(bytes);`,
  'what only this machine has no room for is said': {
    c: `
    CHECK(!kmalloc(1 << 20, GFP_KERNEL) && !kvmalloc(8 << 20, GFP_KERNEL));`,
    violations: ['out-of-memory', 'out-of-memory'],
  },
  'an object of no bytes is there, and no leak': `
    void *none = kmalloc(0, GFP_KERNEL);
    CHECK(none == ZERO_SIZE_PTR && ZERO_OR_NULL_PTR(none) && kcalloc(0, 8, GFP_KERNEL) == none && kmemdup("", 0, GFP_KERNEL) == none);
    kfree(none);
    kvfree(none);
    kfree(krealloc(none, 4, GFP_KERNEL));
    CHECK(krealloc(NULL, 0, GFP_KERNEL) == none && stub_check_leaks() == 0);`,

  'krealloc keeps what was there': `
    u8 *bytes = kmalloc(3, GFP_KERNEL), *more;
    memcpy(bytes, "abc", 3);
    more = krealloc(bytes, 6, GFP_KERNEL);
    CHECK(more && !memcmp(more, "abc", 3));
    more = krealloc(more, 2, GFP_KERNEL);
    CHECK(!memcmp(more, "ab", 2));
    CHECK(krealloc(more, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
    more = krealloc(NULL, 4, GFP_KERNEL);
    CHECK(more);
    more = krealloc_array(more, 2, 4, GFP_KERNEL | __GFP_ZERO);
    kfree(more);
    CHECK(stub_check_leaks() == 0);`,

  'krealloc that fails leaves the object alone': `
    u8 *bytes = kzalloc(4, GFP_KERNEL);
    FAIL(kmalloc);
    CHECK(!krealloc(bytes, 8, GFP_KERNEL) && bytes[3] == 0);
    kfree(bytes);`,

  'what krealloc gave up is freed': {
    c: `u8 *bytes = kzalloc(4, GFP_KERNEL); kfree(krealloc(bytes, 8, GFP_KERNEL)); kfree(bytes);`,
    violations: ['double-free'],
  },

  'kvrealloc moves what kmalloc has no room for, and ksize says what there is': `
    u8 *bytes = kmalloc(3, GFP_KERNEL);
    memcpy(bytes, "ab", 3);
    CHECK(ksize(bytes) >= 3 && !ksize(NULL) && !ksize(ZERO_SIZE_PTR));
    bytes = kvrealloc(bytes, 100, GFP_KERNEL);
    CHECK(!strcmp((char *)bytes, "ab") && ksize(bytes) >= 100);
    CHECK(kvrealloc(bytes, 0, GFP_KERNEL) == ZERO_SIZE_PTR && stub_check_leaks() == 0);`,
  'copies of texts and of memory': `
    char *whole = kstrdup("text", GFP_KERNEL), *part = kstrndup("text", 2, GFP_KERNEL);
    char *all = kstrndup("text", 9, GFP_KERNEL), *bytes = kmemdup("ab", 2, GFP_KERNEL);
    CHECK(!strcmp(whole, "text") && !strcmp(part, "te") && !strcmp(all, "text") && bytes[1] == 'b');
    CHECK(!kstrdup(NULL, GFP_KERNEL) && !kstrndup(NULL, 1, GFP_KERNEL));
    kfree(whole);
    kfree(part);
    kfree(all);
    kfree(bytes);
    CHECK(stub_check_leaks() == 0);`,

  'GFP flags say who may wait': `
    CHECK(gfpflags_allow_blocking(GFP_KERNEL) && gfpflags_allow_blocking(GFP_NOIO) && gfpflags_allow_blocking(GFP_NOFS));
    CHECK(!gfpflags_allow_blocking(GFP_ATOMIC) && !gfpflags_allow_blocking(GFP_NOWAIT));
    CHECK(gfpflags_allow_blocking(GFP_KERNEL_ACCOUNT) && gfpflags_allow_blocking(GFP_USER));`,

  'a file goes with its last reference, and its descriptor with it': `
    #include <linux/anon_inodes.h>
    #include <linux/file.h>
    #include <linux/fs.h>
    static int files_released;
    static int release_file(struct inode *inode, struct file *filp) { files_released += filp->private_data == &files_released; return 0; }
    static const struct file_operations counted_fops = { .release = release_file };
    -----
    struct file *filp = anon_inode_getfile("one", &counted_fops, &files_released, O_RDWR), *other = anon_inode_getfile("two", &counted_fops, NULL, 0);
    int fd = stub_file_install(filp), number = (int)stub_number(other), next;
    for (int i = -1; i < fd; i++)
      CHECK(!fget(i));
    CHECK(!fget(fd + 1) && !fget(number) && fget(fd) == filp && get_file(filp) == filp);
    fput(filp);
    fput(filp);
    CHECK(!files_released && stub_check_files() == 0);
    CHECK(!stub_close(fd) && files_released == 1 && !fget(fd) && stub_close(fd) == -EBADF);
    next = stub_file_install(other);
    FAIL(fget);
    CHECK(!fget(next) && fget(next) == other);
    fput(other);
    CHECK(!stub_close(next) && stub_check_files() == 0 && stub_check_leaks() == 0);`,
  'a descriptor is reserved before there is a file for it': `
    struct file *filp = anon_inode_getfile("one", &counted_fops, NULL, O_RDONLY);
    struct file *more = anon_inode_getfile_fmode("more", &counted_fops, NULL, O_WRONLY | O_NONBLOCK | O_CLOEXEC, FMODE_READ);
    int fd = get_unused_fd_flags(O_CLOEXEC), other = get_unused_fd_flags(0);
    struct fd f;
    CHECK(fd >= 0 && other >= 0 && fd != other && !fget(fd) && fd_empty(fdget(fd)) && stub_close(fd) == -EBADF);
    CHECK(filp->f_mode == FMODE_READ && more->f_mode == (FMODE_READ | FMODE_WRITE) && more->f_flags == (O_WRONLY | O_NONBLOCK));
    put_unused_fd(other);
    CHECK(get_unused_fd_flags(0) == other);
    put_unused_fd(other);
    fd_install(fd, filp);
    f = fdget(fd);
    CHECK(fd_file(f) == filp && file_count(filp) == 2);
    fdput(f);
    CHECK(file_count(filp) == 1 && !stub_close(fd));
    fput(more);
    CHECK(stub_check_files() == 0 && stub_check_leaks() == 0);`,
  'a descriptor that is used is not reserved, nor one that has a file installed again': {
    c: `
    struct file *filp = anon_inode_getfile("one", &counted_fops, NULL, 0);
    int fd = stub_file_install(filp);
    put_unused_fd(fd);
    fd_install(fd, filp);
    CHECK(!stub_close(fd) && stub_check_leaks() == 0);`,
    violations: ['warned', 'warned'],
  },

  'an eventfd counts, and is had by its descriptor': {
    c: `
    #include <linux/eventfd.h>
    #include <linux/poll.h>
    static wait_queue_head_t *polled;
    static void see(struct file *filp, wait_queue_head_t *wq, poll_table *table) { polled = wq; }
    static wait_queue_head_t *pollable(struct file *filp)
    {
    	poll_table table;
    	init_poll_funcptr(&table, see);
    	vfs_poll(filp, &table);
    	return polled;
    }
    -----
    struct eventfd_ctx *ctx = stub_eventfd_create();
    int fd = stub_eventfd_fd(ctx);
    struct file *filp = eventfd_fget(fd), *other = anon_inode_getfile("other", &counted_fops, NULL, 0);
    int none = stub_file_install(other);
    u64 count;
    eventfd_signal(ctx);
    eventfd_signal(ctx);
    CHECK(stub_eventfd_count(ctx) == 2 && vfs_poll(filp, NULL) == (EPOLLIN | EPOLLOUT));
    CHECK(eventfd_ctx_fdget(fd) == ctx && eventfd_ctx_fileget(filp) == ctx && stub_check_eventfds() == 1);
    eventfd_ctx_put(ctx);
    eventfd_ctx_put(ctx);
    FAIL(eventfd_ctx_fdget);
    CHECK(PTR_ERR(eventfd_ctx_fdget(fd)) == -EBADF && PTR_ERR(eventfd_ctx_fdget(fd + 1)) == -EBADF);
    CHECK(PTR_ERR(eventfd_ctx_fdget(none)) == -EINVAL && PTR_ERR(eventfd_fget(none)) == -EINVAL);
    spin_lock_irq(&pollable(filp)->lock);
    eventfd_ctx_do_read(ctx, &count);
    spin_unlock_irq(&pollable(filp)->lock);
    CHECK(count == 2 && !stub_eventfd_count(ctx) && vfs_poll(filp, NULL) == EPOLLOUT);
    fput(filp);
    CHECK(!stub_close(none) && stub_check_eventfds() == 0 && stub_check_files() == 0);
    CHECK(stub_eventfd_of(&none) != ctx && stub_eventfd_of(&none) == stub_eventfd_of(&none));`,
    violations: ['unbalanced-eventfd'],
  },
  'who waits for an eventfd is told with its lock held, until it is out of the queue': {
    c: `
    static struct eventfd_ctx *signalled;
    static u64 taken_sum, hung_up;
    static int tell(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
    {
    	u64 count;
    	if (key_to_poll(key) & EPOLLIN && irqs_disabled()) {
    		eventfd_ctx_do_read(signalled, &count);
    		taken_sum += count;
    	}
    	hung_up += !!(key_to_poll(key) & EPOLLHUP);
    	return 0;
    }
    static wait_queue_entry_t teller;
    static void add_teller(struct file *filp, wait_queue_head_t *wq, poll_table *table) { add_wait_queue(wq, &teller); }
    -----
    struct eventfd_ctx *ctx = stub_eventfd_create();
    struct file *filp = eventfd_fget(stub_eventfd_fd(ctx));
    poll_table table;
    u64 count;
    signalled = eventfd_ctx_fileget(filp);
    eventfd_signal(ctx);
    init_waitqueue_func_entry(&teller, tell);
    init_poll_funcptr(&table, add_teller);
    CHECK(vfs_poll(filp, &table) & EPOLLIN && !taken_sum && stub_check_eventfds() == 1);
    eventfd_signal(ctx);
    eventfd_signal_mask(ctx, EPOLLERR);
    CHECK(taken_sum == 3 && !stub_eventfd_count(ctx) && !hung_up);
    CHECK(eventfd_ctx_remove_wait_queue(ctx, &teller, &count) == -EAGAIN);
    eventfd_signal(ctx);
    CHECK(taken_sum == 3 && vfs_poll(filp, &table) & EPOLLIN);
    CHECK(!eventfd_ctx_remove_wait_queue(ctx, &teller, &count) && count == 1);
    vfs_poll(filp, &table);
    fput(filp);
    CHECK(!stub_close(stub_eventfd_fd(ctx)) && hung_up == 1);
    CHECK(eventfd_ctx_remove_wait_queue(ctx, &teller, &count) == -EAGAIN);`,
    violations: ['unbalanced-eventfd'],
  },
  'a reference on a file that was not given back is reported': {
    c: `
    struct file *filp = anon_inode_getfile("one", &counted_fops, NULL, 0);
    fget(stub_file_install(filp));
    CHECK(stub_check_files() == 1);
    fput(filp);
    CHECK(stub_check_files() == 0);`,
    violations: ['unbalanced-file'],
  },

  'a refcount counts': `
    refcount_t refs = REFCOUNT_INIT(1);
    CHECK(refcount_read(&refs) == 1);
    refcount_inc(&refs);
    refcount_add(2, &refs);
    CHECK(refcount_inc_not_zero(&refs) && refcount_add_not_zero(1, &refs) && refcount_read(&refs) == 6);
    refcount_dec(&refs);
    CHECK(!refcount_sub_and_test(3, &refs) && !refcount_dec_and_test(&refs) && refcount_dec_and_test(&refs));
    CHECK(!refcount_inc_not_zero(&refs) && !refcount_add_not_zero(2, &refs) && refcount_read(&refs) == 0);
    refcount_set(&refs, 1);
    CHECK(!refcount_dec_not_one(&refs) && refcount_dec_if_one(&refs) && !refcount_dec_if_one(&refs));
    refcount_set(&refs, 2);
    CHECK(refcount_dec_not_one(&refs) && refcount_read(&refs) == 1);`,

  'a refcount that comes back from zero is reported, and stays saturated': {
    c: `
    refcount_t refs = REFCOUNT_INIT(0);
    refcount_inc(&refs);
    CHECK(refcount_read(&refs) == (unsigned int)REFCOUNT_SATURATED);
    CHECK(!refcount_dec_and_test(&refs));`,
    violations: ['reference-revived', 'reference-underflow'],
  },
  'a refcount that would wrap is reported': {
    c: `
    refcount_t refs = REFCOUNT_INIT(REFCOUNT_MAX);
    refcount_inc(&refs);
    CHECK(refcount_read(&refs) == (unsigned int)REFCOUNT_SATURATED);
    CHECK(refcount_inc_not_zero(&refs));`,
    violations: ['reference-saturated', 'reference-saturated'],
  },
  'a refcount below zero is reported, and frees nothing': {
    c: `
    refcount_t refs = REFCOUNT_INIT(0);
    CHECK(!refcount_dec_and_test(&refs) && refcount_read(&refs) == (unsigned int)REFCOUNT_SATURATED);
    refcount_set(&refs, 1);
    CHECK(!refcount_sub_and_test(2, &refs));
    refcount_set(&refs, 0);
    CHECK(refcount_dec_not_one(&refs));`,
    violations: ['reference-underflow', 'reference-underflow', 'reference-underflow'],
  },
  'refcount_dec that drops the last one is reported': {
    c: `refcount_t refs = REFCOUNT_INIT(1); refcount_dec(&refs);`,
    violations: ['reference-saturated'],
  },

  "a refcount's last one is dropped under a lock": `
    refcount_t refs = REFCOUNT_INIT(2);
    DEFINE_MUTEX(mutex);
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    unsigned long flags;
    CHECK(!refcount_dec_and_mutex_lock(&refs, &mutex) && !mutex_is_locked(&mutex));
    CHECK(refcount_dec_and_mutex_lock(&refs, &mutex) && mutex_is_locked(&mutex) && !refcount_read(&refs));
    mutex_unlock(&mutex);
    refcount_set(&refs, 2);
    CHECK(!refcount_dec_and_lock(&refs, &lock) && !spin_is_locked(&lock));
    CHECK(refcount_dec_and_lock(&refs, &lock));
    spin_unlock(&lock);
    refcount_set(&refs, 1);
    CHECK(refcount_dec_and_lock_irqsave(&refs, &lock, &flags) && irqs_disabled());
    spin_unlock_irqrestore(&lock, flags);`,

  'kref_put releases with the last reference, and not before': `
    struct counted { int n; struct kref ref; };
    static int released;
    static void release(struct kref *ref) { released += container_of(ref, struct counted, ref)->n; }
    -----
    struct counted object = { .n = 5 };
    kref_init(&object.ref);
    kref_get(&object.ref);
    CHECK(kref_read(&object.ref) == 2 && !kref_put(&object.ref, release) && !released);
    CHECK(kref_get_unless_zero(&object.ref) && !kref_put(&object.ref, release));
    CHECK(kref_put(&object.ref, release) && released == 5);
    CHECK(!kref_get_unless_zero(&object.ref));`,
  'kref_put_mutex and kref_put_lock release with the lock held': `
    static DEFINE_MUTEX(ref_mutex);
    static DEFINE_SPINLOCK(ref_lock);
    static int locked_releases;
    static void release_mutex(struct kref *ref) { locked_releases += mutex_is_locked(&ref_mutex); mutex_unlock(&ref_mutex); }
    static void release_lock(struct kref *ref) { locked_releases += spin_is_locked(&ref_lock); spin_unlock(&ref_lock); }
    -----
    struct kref ref = KREF_INIT(2);
    CHECK(!kref_put_mutex(&ref, release_mutex, &ref_mutex) && kref_put_mutex(&ref, release_mutex, &ref_mutex));
    kref_init(&ref);
    CHECK(kref_put_lock(&ref, release_lock, &ref_lock) && locked_releases == 2);`,
};
