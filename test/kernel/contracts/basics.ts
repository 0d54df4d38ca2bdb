// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** Arithmetic, errors, warnings, messages, strings, what is undone at the end of a scope. */
export const basics: Contracts = {
  'min, max and clamp evaluate once, and take types': `
    int i = 1, wide = 0x101;
    CHECK(min(i++, 5) == 1 && i == 2 && max(3, 2) == 3 && min3(3, 1, 2) == 1 && max3(1, 3, 2) == 3);
    CHECK(min_t(u8, wide, 5) == 1 && max_t(int, -1, 0) == 0 && umax(1u, 2ull) == 2);
    CHECK(clamp(5, 1, 3) == 3 && clamp(0, 1, 3) == 1 && clamp(2, 1, 3) == 2 && clamp_val(9, 0, 4) == 4);
    CHECK(min_not_zero(0, 4) == 4 && min_not_zero(3, 4) == 3);
    CHECK(in_range(5, 5, 1) && !in_range(6, 5, 1) && !in_range(4, 5, 1));`,

  'swap exchanges': `
    int a = 1, b = 2;
    swap(a, b);
    CHECK(a == 2 && b == 1);`,

  'rounding, dividing, aligning': `
    CHECK(DIV_ROUND_UP(7, 2) == 4 && DIV_ROUND_UP(8, 2) == 4 && DIV_ROUND_CLOSEST(7, 4) == 2);
    CHECK(round_up(5, 4) == 8 && round_down(5, 4) == 4 && roundup(7, 3) == 9 && rounddown(7, 3) == 6);
    CHECK(ALIGN(5, 8) == 8 && ALIGN_DOWN(13, 8) == 8 && IS_ALIGNED(16, 8) && !IS_ALIGNED(12, 8));
    CHECK(abs(-3) == 3 && abs_diff(2u, 5u) == 3 && mult_frac(1000000, 3, 4) == 750000);`,

  'sizes and halves': `
    struct { u8 a; u32 b[3]; } *p;
    CHECK(ARRAY_SIZE(p->b) == 3 && sizeof_field(__typeof__(*p), b) == 12 && offsetofend(__typeof__(*p), b) == 16);
    CHECK(upper_32_bits(0x100000002ull) == 1 && lower_32_bits(0x100000002ull) == 2);
    CHECK(U8_MAX == 255 && U32_MAX == ~0u && INT_MAX == 0x7fffffff && INT_MIN < 0);
    BUILD_BUG_ON(sizeof(u32) != 4);
    static_assert(sizeof(u64) == 8);
    static_assert(sizeof(u64) == 8, "u64");`,

  'sizes that do not fit': `
    size_t sum, count = ~(size_t)0;
    u8 small;
    struct { u32 n; u32 list[]; } *p = NULL;
    CHECK(check_add_overflow((size_t)~0ul, (size_t)1, &sum) && !check_add_overflow((size_t)1, (size_t)2, &sum) && sum == 3);
    CHECK(check_mul_overflow(16, 16, &small) && check_sub_overflow(1, 2, &small));
    CHECK(size_mul(~(size_t)0 / 2, 3) == ~(size_t)0 && array_size(2, 3) == 6 && size_add(1, 2) == 3);
    CHECK(struct_size(p, list, 3) == 16 && struct_size(p, list, count) == ~(size_t)0);`,

  'errors as pointers': `
    int object = 0;
    CHECK(IS_ERR(ERR_PTR(-ENOMEM)) && PTR_ERR(ERR_PTR(-ENOMEM)) == -ENOMEM && !IS_ERR(&object) && !IS_ERR(NULL));
    CHECK(IS_ERR(ERR_PTR(-MAX_ERRNO)) && IS_ERR_OR_NULL(NULL) && IS_ERR_OR_NULL(ERR_PTR(-EIO)) && !IS_ERR_OR_NULL(&object));
    CHECK(PTR_ERR_OR_ZERO(&object) == 0 && PTR_ERR_OR_ZERO(ERR_PTR(-EIO)) == -EIO);
    CHECK(ERR_CAST(ERR_PTR(-EIO)) == ERR_PTR(-EIO) && IS_ERR_VALUE(-1ul) && !IS_ERR_VALUE(1ul));`,

  'WARN_ON is reported, and says whether it warned': {
    c: `
    CHECK(!WARN_ON(0) && WARN_ON(1));
    CHECK(!WARN(0, "no %d\\n", 1) && WARN(1, "yes %d\\n", 1));
    CHECK(WARN_ON_ONCE(2) && !WARN_ON_ONCE(0));
    CHECK(WARN_ONCE(1, "once\\n"));`,
    violations: ['warned', 'warned', 'warned', 'warned'],
  },
  'BUG_ON that does not hold does nothing': `BUG_ON(0);`,
  'BUG_ON ends the task': { c: `BUG_ON(1);`, ends: 'trap' },
  'BUG ends the task': { c: `BUG();`, ends: 'trap' },

  'messages print nothing': `
    struct device *dev = NULL;
    int i = 3;
    pr_info("%d\\n", i);
    pr_err_ratelimited("%s %zu\\n", "text", sizeof(i));
    printk(KERN_ERR "%d\\n", i);
    dev_err(dev, "%d\\n", i);
    dev_warn_once(dev, "plain\\n");
    CHECK(dev_err_probe(dev, -EIO, "%d\\n", i) == -EIO);`,
  'messages do not evaluate': {
    c: `
    int i = 0;
    pr_info("%d\\n", i++);
    printk(KERN_ERR "%d\\n", i++);
    CHECK(i == 0);`,
    // A kernel's are calls of functions.
    over: 'own',
  },

  strings: `
    char text[] = "abcabc";
    CHECK(strlen("") == 0 && strlen(text) == 6 && strnlen(text, 3) == 3 && strnlen(text, 9) == 6);
    CHECK(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && !strcmp("ab", "ab") && strcmp("a", "ab") < 0);
    CHECK(!strncmp("abx", "aby", 2) && strncmp("abx", "aby", 3) < 0 && !strncmp("a", "b", 0) && !strncmp("ab", "ab", 9));
    CHECK(!strcasecmp("AbC", "aBc") && strcasecmp("a", "B") < 0);
    CHECK(strchr(text, 'b') == text + 1 && strrchr(text, 'b') == text + 4 && !strchr(text, 'x') && !strrchr(text, 'x'));
    CHECK(strchr(text, 0) == text + 6 && strrchr(text, 0) == text + 6);
    CHECK(strstr(text, "ca") == text + 2 && strstr(text, "") == text && !strstr(text, "cc"));
    CHECK(memchr(text, 'c', 6) == text + 2 && !memchr(text, 'c', 2));
    CHECK(!memcmp("abc", "abd", 2) && memcmp("abc", "abd", 3) < 0);
    CHECK(str_has_prefix(text, "ab") == 2 && !str_has_prefix(text, "b"));
    CHECK(sysfs_streq("on\\n", "on") && sysfs_streq("on", "on\\n") && !sysfs_streq("on", "off") && sysfs_streq("", "\\n"));`,

  'strscpy ends what it copies, and says where it cut': `
    char to[4] = "zzz";
    CHECK(strscpy(to, "ab") == 2 && !strcmp(to, "ab") && to[3] == 0);
    CHECK(strscpy(to, "abcd") == -E2BIG && !strcmp(to, "abc"));
    CHECK(strscpy(to, "abc", sizeof(to)) == 3 && strscpy(to, "abc", 2) == -E2BIG && !strcmp(to, "a"));
    CHECK(strscpy(to, "x", 0) == -E2BIG && !strcmp(to, "a"));
    memset(to, 'z', 4);
    CHECK(strscpy_pad(to, "a") == 1 && to[1] == 0 && to[2] == 0 && to[3] == 0);`,

  'memset, memcpy, memmove, memzero_explicit': `
    u8 bytes[6] = { 1, 2, 3, 4, 5, 6 };
    memmove(bytes + 1, bytes, 4);
    CHECK(bytes[1] == 1 && bytes[4] == 4 && bytes[5] == 6);
    memcpy(bytes, bytes + 4, 2);
    CHECK(bytes[0] == 4 && bytes[1] == 6);
    memset(bytes, 7, 6);
    memzero_explicit(bytes, 3);
    CHECK(bytes[2] == 0 && bytes[3] == 7);`,

  '__free gives back what is left at the end of the scope': `
    void *kept = NULL;
    {
      void *own __free(kfree) = kzalloc(8, GFP_KERNEL);
      void *other __free(kfree) = kzalloc(8, GFP_KERNEL);
      void *none __free(kfree) = NULL;
      void *error __free(kfree) = ERR_PTR(-EIO);
      CHECK(own && other && !none && error);
      kept = no_free_ptr(other);
      CHECK(kept && !other);
    }
    CHECK(stub_check_leaks() == 1);
    kfree(kept);
    stub_violations.count = 0;
    CHECK(stub_check_leaks() == 0);`,

  'return_ptr returns what is not freed': `
    static void *give(void)
    {
      void *own __free(kfree) = kzalloc(8, GFP_KERNEL);
      return_ptr(own);
    }
    -----
    void *got = give();
    CHECK(got);
    kfree(got);`,

  'guard holds to the end of its scope': `
    DEFINE_MUTEX(lock);
    {
      guard(mutex)(&lock);
      CHECK(mutex_is_locked(&lock) && lockdep_is_held(&lock));
    }
    CHECK(!mutex_is_locked(&lock));`,

  'guard lets go at a return': `
    static DEFINE_MUTEX(guarded);
    static int early(int leave)
    {
      guard(mutex)(&guarded);
      if (leave)
        return 1;
      return mutex_is_locked(&guarded) ? 2 : 3;
    }
    -----
    CHECK(early(1) == 1 && !mutex_is_locked(&guarded) && early(0) == 2 && !mutex_is_locked(&guarded));`,

  'scoped_guard holds for its statement, and break leaves it': `
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    int times = 0;
    scoped_guard(spinlock, &lock) {
      CHECK(spin_is_locked(&lock));
      times++;
    }
    CHECK(times == 1 && !spin_is_locked(&lock));
    scoped_guard(spinlock_irqsave, &lock) {
      CHECK(irqs_disabled());
      if (times)
        break;
      times = 9;
    }
    CHECK(times == 1 && !irqs_disabled() && !spin_is_locked(&lock));`,

  'a guard that tries skips its statement where the lock is taken': `
    DEFINE_MUTEX(lock);
    int times = 0, failed = 0;
    scoped_guard(mutex_try, &lock)
      times++;
    mutex_lock(&lock);
    scoped_guard(mutex_try, &lock)
      times++;
    scoped_cond_guard(mutex_try, failed = 1, &lock)
      times++;
    mutex_unlock(&lock);
    CHECK(times == 1 && failed == 1);
    scoped_cond_guard(mutex_intr, failed = 2, &lock)
      times++;
    CHECK(times == 2 && failed == 1 && !mutex_is_locked(&lock));`,

  'guards of every lock': `
    DECLARE_RWSEM(sem);
    DEFINE_RWLOCK(rw);
    DEFINE_RAW_SPINLOCK(raw);
    spinlock_t lock = __SPIN_LOCK_UNLOCKED(lock);
    scoped_guard(rwsem_read, &sem)
      CHECK(rwsem_is_locked(&sem));
    scoped_guard(rwsem_write, &sem)
      CHECK(rwsem_is_locked(&sem));
    scoped_guard(read_lock, &rw)
      CHECK(!write_trylock(&rw));
    scoped_guard(write_lock_irqsave, &rw)
      CHECK(!read_trylock(&rw) && irqs_disabled());
    scoped_guard(raw_spinlock, &raw)
      CHECK(raw_spin_is_locked(&raw));
    scoped_guard(spinlock_irq, &lock)
      CHECK(irqs_disabled());
    scoped_guard(spinlock_bh, &lock)
      CHECK(stub_bh_is_off());
    scoped_guard(spinlock_try, &lock)
      CHECK(spin_is_locked(&lock));
    scoped_guard(irqsave)
      CHECK(irqs_disabled());
    scoped_guard(preempt)
      CHECK(in_atomic());
    scoped_guard(rcu)
      CHECK(true);
    CHECK(!irqs_disabled() && !stub_bh_is_off() && !in_atomic() && !spin_is_locked(&lock));
    CHECK(down_write_trylock(&sem) && write_trylock(&rw));
    up_write(&sem);
    write_unlock(&rw);`,

  'a notifier may end the chain': `
    #include <linux/notifier.h>
    static int notified, notify_returns;
    static int notify_first(struct notifier_block *nb, unsigned long action, void *data) { notified = notified * 10 + 1; return notify_returns; }
    static int notify_second(struct notifier_block *nb, unsigned long action, void *data) { notified = notified * 10 + 2; return NOTIFY_OK; }
    static struct blocking_notifier_head blocking_chain;
    static struct atomic_notifier_head atomic_chain;
    -----
    struct notifier_block one = { .notifier_call = notify_first, .priority = 1 }, two = { .notifier_call = notify_second };
    blocking_notifier_chain_register(&blocking_chain, &two);
    blocking_notifier_chain_register(&blocking_chain, &one);
    CHECK(blocking_notifier_call_chain(&blocking_chain, 0, NULL) == NOTIFY_OK && notified == 12);
    notify_returns = NOTIFY_STOP;
    CHECK(blocking_notifier_call_chain(&blocking_chain, 0, NULL) == NOTIFY_STOP && notified == 121);
    blocking_notifier_chain_unregister(&blocking_chain, &one);
    blocking_notifier_chain_unregister(&blocking_chain, &two);
    atomic_notifier_chain_register(&atomic_chain, &two);
    atomic_notifier_chain_register(&atomic_chain, &one);
    notify_returns = NOTIFY_BAD;
    CHECK(atomic_notifier_call_chain(&atomic_chain, 0, NULL) == NOTIFY_BAD && notified == 1211);
    atomic_notifier_chain_unregister(&atomic_chain, &one);
    atomic_notifier_chain_unregister(&atomic_chain, &two);`,
  'as many drivers are registered as there are, each name once for a bus': `
    static struct device_driver many_drivers[11];
    static const struct bus_type many_bus = { .name = "many" };
    -----
    static const char *const names[11] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "a" };
    for (int i = 0; i < 11; i++) {
      many_drivers[i].name = names[i];
      many_drivers[i].bus = &many_bus;
    }
    for (int i = 0; i < 10; i++)
      CHECK(!driver_register(&many_drivers[i]));
    CHECK(driver_register(&many_drivers[10]) == -EBUSY && driver_find("i", &many_bus) == &many_drivers[8] && !driver_find("k", &many_bus));
    driver_unregister(&many_drivers[0]);
    CHECK(!driver_find("a", &many_bus) && !driver_register(&many_drivers[10]));
    for (int i = 1; i < 11; i++)
      driver_unregister(&many_drivers[i]);
    CHECK(!driver_find("e", &many_bus) && stub_check_leaks() == 0);`,
  "a class of a driver's own": `
    static int closed;
    static void shut(int fd) { closed = fd; }
    DEFINE_CLASS(handle, int, shut(_T), fd + 1, int fd)
    -----
    {
      CLASS(handle, own)(4);
      CHECK(own == 5 && !closed);
    }
    CHECK(closed == 5);`,

  'EXPORT_SYMBOL, initcalls and MODULE_… may stand in a source': {
    c: `
    static int __init contract_init(void) { return 3; }
    EXPORT_SYMBOL(contract_init);
    EXPORT_SYMBOL_GPL(contract_left_alone);
    int contract_init_module(void);
    module_init(contract_init);
    MODULE_AUTHOR("nobody");
    MODULE_DESCRIPTION("nothing");
    -----
    CHECK(contract_init_module() == 3);`,
    // What a kernel's initcalls are called is another matter.
    over: 'own',
  },

  'numbers and switches from text': `
    #include <linux/kstrtox.h>
    -----
    unsigned long long big;
    long long less;
    unsigned int number;
    int whole;
    u8 byte;
    s8 small;
    bool on = false;
    CHECK(!kstrtobool("on", &on) && on && !kstrtobool("No", &on) && !on && kstrtobool("x", &on) == -EINVAL && kstrtobool(NULL, &on) == -EINVAL);
    CHECK(!kstrtoull("18446744073709551615", 10, &big) && big == ~0ull && kstrtoull("18446744073709551616", 10, &big) == -ERANGE);
    CHECK(!kstrtoll("-9223372036854775808", 10, &less) && less == -9223372036854775807ll - 1 && kstrtoll("9223372036854775808", 10, &less) == -ERANGE);
    CHECK(!kstrtouint("0x1F\\n", 0, &number) && number == 31 && !kstrtouint("+017", 0, &number) && number == 15 && !kstrtouint("1f", 16, &number) && number == 31);
    CHECK(kstrtouint("-1", 0, &number) == -EINVAL && kstrtouint("", 0, &number) == -EINVAL && kstrtouint("1 ", 0, &number) == -EINVAL && kstrtouint("4294967296", 0, &number) == -ERANGE);
    CHECK(!kstrtoint("-2147483648", 0, &whole) && whole == INT_MIN && kstrtoint("2147483648", 0, &whole) == -ERANGE && kstrtoint("--1", 0, &whole) == -EINVAL);
    CHECK(!kstrtou8("255", 0, &byte) && byte == 255 && kstrtou8("256", 0, &byte) == -ERANGE && kstrtos8("128", 0, &small) == -ERANGE);`,
  'a parameter is written as its type is': `
    #include <linux/moduleparam.h>
    static bool switched;
    static unsigned short port;
    static int level;
    static const struct kernel_param switched_param = { .name = "switched", .ops = &param_ops_bool, .perm = 0644, .arg = &switched };
    static const struct kernel_param port_param = { .name = "port", .ops = &param_ops_ushort, .perm = 0644, .arg = &port };
    static const struct kernel_param level_param = { .name = "level", .ops = &param_ops_int, .perm = 0644, .arg = &level };
    -----
    CHECK(!param_ops_bool.set("y", &switched_param) && switched);
    CHECK(!param_set_bool("0", &switched_param) && !switched);
    CHECK(!param_set_bool(NULL, &switched_param) && switched);
    CHECK(param_set_ushort("65536", &port_param) == -ERANGE && !param_set_ushort("65535", &port_param) && port == 65535);
    CHECK(!param_set_int("-3", &level_param) && level == -3 && param_set_int(NULL, &level_param) == -EINVAL);`,
  'a module has users while it is loaded': `
    #include <linux/module.h>
    -----
    static struct module own = { .state = MODULE_STATE_UNFORMED };
    CHECK(!stub_module_is_loaded(&own) && !stub_module_has_text(&own) && !try_module_get(&own) && stub_module_stop(&own) == -ENOENT);
    stub_module_insert(&own);
    CHECK(stub_module_is_loaded(&own) && stub_module_has_text(&own) && try_module_get(&own) && try_module_get(NULL));
    __module_get(&own);
    __module_get(NULL);
    CHECK(stub_module_stop(&own) == -EWOULDBLOCK);
    module_put(&own);
    module_put(&own);
    module_put(NULL);
    CHECK(!stub_module_stop(&own) && !try_module_get(&own) && stub_module_has_text(&own));
    stub_module_remove(&own);
    CHECK(!stub_module_has_text(&own));`,
  'a reference on a module that is gone is none': {
    c: `
    static struct module gone = { .state = MODULE_STATE_UNFORMED };
    __module_get(&gone);
    module_put(&gone);`,
    violations: ['reference-revived', 'reference-underflow'],
  },
  "users' memory is copied": `
    u32 from = 7, to = 0;
    CHECK(!copy_from_user(&to, &from, 4) && to == 7 && !copy_to_user(&from, &to, 2));`,

  'copying from and to a user may sleep': {
    c: `
    u32 to, from = 1;
    CHECK(!copy_from_user(&to, &from, 4) && to == 1);
    preempt_disable();
    CHECK(!copy_from_user(&to, &from, 4) && !copy_to_user(&to, &from, 4));
    preempt_enable();`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'resuming a device may sleep where it is not active, suspending one always': {
    c: `
    static struct device powered;
    -----
    device_initialize(&powered);
    pm_runtime_set_active(&powered);
    pm_runtime_enable(&powered);
    preempt_disable();
    CHECK(pm_runtime_get_sync(&powered) == 1);
    pm_runtime_put_sync(&powered);
    CHECK(!stub_pm_is_active(&powered) && !pm_runtime_get_sync(&powered));
    pm_runtime_put(&powered);
    preempt_enable();`,
    violations: ['sleep-in-atomic', 'sleep-in-atomic'],
  },
  'leaving an atomic chain may sleep': {
    c: `
    static int chained(struct notifier_block *nb, unsigned long action, void *data) { return NOTIFY_OK; }
    static struct atomic_notifier_head chain;
    static struct notifier_block link = { .notifier_call = chained };
    -----
    preempt_disable();
    atomic_notifier_chain_register(&chain, &link);
    atomic_notifier_chain_unregister(&chain, &link);
    preempt_enable();`,
    violations: ['sleep-in-atomic'],
  },
};
