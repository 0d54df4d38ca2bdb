// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** What devices are called, what users would have them driven by, what is said of them, and their lines. */
export const treeNames: Contracts = {
  'a device has the name that it was given last, without slashes': `
    static struct device renamed;
    -----
    device_initialize(&renamed);
    CHECK(!dev_set_name(&renamed, "%s-%d", "first", 1) && !strcmp(dev_name(&renamed), "first-1"));
    CHECK(!dev_set_name(&renamed, "a/b/c") && !strcmp(dev_name(&renamed), "a!b!c"));
    FAIL(kmalloc);
    CHECK(dev_set_name(&renamed, "other") == -ENOMEM && !strcmp(dev_name(&renamed), "a!b!c"));
    put_device(&renamed);
    CHECK(stub_check_leaks() == 0);`,
  'a path has the names of all above, from the top': `
    static struct kobject path_top = { .name = "top" }, path_middle = { .name = "middle", .parent = &path_top };
    static struct kobject path_low = { .name = "low", .parent = &path_middle };
    -----
    char *path = kobject_get_path(&path_low, GFP_KERNEL), *top = kobject_get_path(&path_top, GFP_KERNEL);
    CHECK(!strcmp(path, "/top/middle/low") && !strcmp(top, "/top"));
    kfree(path);
    kfree(top);
    FAIL(kmalloc);
    CHECK(!kobject_get_path(&path_low, GFP_KERNEL) && stub_check_leaks() == 0);`,

  'a user names the driver of a device, and takes that back': `
    static struct device overridden;
    static const char *override_name;
    -----
    device_initialize(&overridden);
    CHECK(!driver_set_override(&overridden, &override_name, "vfio-pci\\nrest", 13) && !strcmp(override_name, "vfio-pci"));
    CHECK(!driver_set_override(&overridden, &override_name, "other", 3) && !strcmp(override_name, "oth"));
    FAIL(kmalloc);
    CHECK(driver_set_override(&overridden, &override_name, "third", 5) == -ENOMEM && !strcmp(override_name, "oth"));
    CHECK(driver_set_override(&overridden, &override_name, NULL, 5) == -EINVAL);
    CHECK(driver_set_override(&overridden, &override_name, "x", PAGE_SIZE - 1) == -EINVAL && !strcmp(override_name, "oth"));
    CHECK(!driver_set_override(&overridden, &override_name, "\\n", 1) && !override_name);
    CHECK(!driver_set_override(&overridden, &override_name, "again", 5) && !driver_set_override(&overridden, &override_name, "", 0));
    CHECK(!override_name && !mutex_is_locked(&overridden.mutex) && stub_check_leaks() == 0);`,
  'the name of a driver is changed with the device locked': {
    c: `
    device_initialize(&overridden);
    device_lock(&overridden);
    driver_set_override(&overridden, &override_name, "other", 5);
    device_unlock(&overridden);`,
    violations: ['lock-held-twice'],
  },
  'a device has the name of its driver itself': `
    device_initialize(&overridden);
    spin_lock_init(&overridden.driver_override.lock);
    CHECK(!__device_set_driver_override(&overridden, "driver\\n", 7) && !strcmp(overridden.driver_override.name, "driver"));
    FAIL(kmalloc);
    CHECK(__device_set_driver_override(&overridden, "other", 5) == -ENOMEM && !strcmp(overridden.driver_override.name, "driver"));
    CHECK(__device_set_driver_override(&overridden, NULL, 0) == -EINVAL);
    CHECK(!device_set_driver_override(&overridden, "\\n") && !overridden.driver_override.name);
    CHECK(!spin_is_locked(&overridden.driver_override.lock) && stub_check_leaks() == 0);`,

  'a device is driven by a driver, or is on a bus, or of a class': `
    static const struct bus_type string_bus = { .name = "bus" };
    static struct device_driver string_driver = { .name = "driver" };
    static const struct class string_class = { .name = "class" };
    static struct device strung;
    -----
    CHECK(!strcmp(dev_driver_string(&strung), ""));
    strung.class = &string_class;
    CHECK(!strcmp(dev_driver_string(&strung), "class"));
    strung.bus = &string_bus;
    CHECK(!strcmp(dev_driver_string(&strung), "bus"));
    strung.driver = &string_driver;
    CHECK(!strcmp(dev_driver_string(&strung), "driver"));`,

  'messages may come from everywhere, all of them': `
    #include <linux/ratelimit.h>
    static DEFINE_RATELIMIT_STATE(few, HZ, 2);
    static struct device message_device = { .init_name = "device" };
    static void say_all(void)
    {
      printk(KERN_ERR "%d\\n", 1);
      dev_printk(KERN_INFO, &message_device, "%d\\n", 1);
      dev_emerg(&message_device, "%d\\n", 1);
      dev_alert(&message_device, "%d\\n", 1);
      dev_crit(&message_device, "%d\\n", 1);
      dev_err(&message_device, "%d\\n", 1);
      dev_warn(&message_device, "%d\\n", 1);
      dev_notice(&message_device, "%d\\n", 1);
      dev_info(NULL, "%d\\n", 1);
      dump_stack();
    }
    -----
    int times = 0;
    say_all();
    AS(STUB_IRQ, say_all());
    for (int i = 0; i < 5; i++)
      times += __ratelimit(&few) + printk_ratelimit();
    CHECK(times == 10 && !stub_violations.count && stub_check_leaks() == 0);`,
  'what could not be probed is returned as it was said': `
    CHECK(dev_err_probe(&message_device, -EPROBE_DEFER, "%d\\n", 1) == -EPROBE_DEFER);
    CHECK(dev_err_probe(&message_device, -ENOMEM, "none\\n") == -ENOMEM);`,

  'a line that is not to come on by itself is off until it is enabled': `
    #include <linux/irq.h>
    #include <linux/msi.h>
    static int line_calls;
    static irqreturn_t count_line(int irq, void *dev) { line_calls++; return IRQ_HANDLED; }
    -----
    int dev;
    irq_set_status_flags(5, IRQ_NOAUTOEN);
    CHECK(!request_irq(5, count_line, 0, "line", &dev) && !stub_irq_deliver(5) && !line_calls);
    enable_irq(5);
    CHECK(stub_irq_deliver(5) && line_calls == 1);
    free_irq(5, &dev);
    irq_clear_status_flags(5, IRQ_NOAUTOEN);
    CHECK(!request_irq(5, count_line, 0, "line", &dev) && stub_irq_deliver(5) && line_calls == 2);
    free_irq(5, &dev);
    irq_modify_status(5, IRQ_NOAUTOEN, IRQ_NOPROBE);
    CHECK(!request_irq(5, count_line, 0, "line", &dev) && stub_irq_deliver(5));
    free_irq(5, &dev);
    CHECK(line_calls == 3 && stub_check_leaks() == 0);`,
  'what a line sends is another’s than the next line’s, and is written back': `
    struct msi_msg one = { .address_lo = 9 }, other = { 0 }, again;
    get_cached_msi_msg(7, &one);
    get_cached_msi_msg(8, &other);
    CHECK(memcmp(&one, &other, sizeof(one)));
    pci_write_msi_msg(7, &one);
    get_cached_msi_msg(7, &again);
    CHECK(!memcmp(&one, &again, sizeof(one)));`,

  'what the kernel has and nobody has written is reported where it is called': {
    c: `
    extern int contract_nobody_has_this(int value);
    -----
    CHECK(!contract_nobody_has_this(3));`,
    violations: ['missing-function'],
  },
};
