// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../contract.js';

/** A device on a bus of its own, whose callbacks count their calls and return what they are told to. */
const powered = `
    static int $_suspends, $_resumes, $_ret;
    static int $_suspend(struct device *dev) { $_suspends++; return $_ret; }
    static int $_resume(struct device *dev) { $_resumes++; return $_ret; }
    static const struct dev_pm_ops $_ops = { .runtime_suspend = $_suspend, .runtime_resume = $_resume };
    static const struct bus_type $_bus = { .name = "powered", .pm = &$_ops };
    static struct device $_dev = { .bus = &$_bus };
    -----
    device_initialize(&$_dev);
    pm_runtime_set_active(&$_dev);
    pm_runtime_enable(&$_dev);`;

/** The same under a name that no other contract has. */
const withPowered = (name: string, c: string): string => `${powered}${c}`.replaceAll('$', name);

/** A function that can be reset in some ways, awake. */
const resettable = (name: string): string => `
    #include "kernel/function.h"
    static struct pci_bus ${name}_root, ${name}_bus;
    static struct stub_function ${name}, ${name}_bridge;
    static void ${name}_plug(u32 resets)
    {
      INIT_LIST_HEAD(&${name}_bus.devices);
      ${name}_bus.parent = &${name}_root;
      ${name}_bus.self = &${name}_bridge.pdev;
      device_initialize(&${name}_bridge.pdev.dev);
      device_initialize(&${name}.pdev.dev);
      pm_runtime_set_active(&${name}.pdev.dev);
      pm_runtime_enable(&${name}.pdev.dev);
      ${name}.pdev.bus = &${name}_bus;
      list_add(&${name}.pdev.bus_list, &${name}_bus.devices);
      ${name}.pdev.cfg_size = PCI_CFG_SPACE_SIZE;
      ${name}.pdev.pm_cap = 0x40;
      ${name}.resets = resets;
      pci_write_config_word(&${name}.pdev, PCI_COMMAND, PCI_COMMAND_MEMORY);
    }
    static bool ${name}_was_reset(void)
    {
      u16 command;
      pci_read_config_word(&${name}.pdev, PCI_COMMAND, &command);
      pci_write_config_word(&${name}.pdev, PCI_COMMAND, PCI_COMMAND_MEMORY);
      return !(command & PCI_COMMAND_MEMORY);
    }
    -----`;

/** Devices, buses, runtime PM, and PCI functions. */
export const devices: Contracts = {
  'a device is released with its last reference': `
    static int releases;
    static void release_device(struct device *dev) { releases++; }
    static void release_by_type(struct device *dev) { releases += 10; }
    static void release_by_class(struct device *dev) { releases += 100; }
    static const struct device_type device_type = { .name = "type", .release = release_by_type };
    static const struct class device_class = { .name = "class", .dev_release = release_by_class };
    static struct device counted = { .release = release_device, .type = &device_type, .class = &device_class };
    static struct device typed = { .type = &device_type, .class = &device_class }, classed = { .class = &device_class };
    -----
    device_initialize(&counted);
    CHECK(!device_add(&counted) && get_device(&counted) == &counted && !get_device(NULL));
    put_device(&counted);
    device_del(&counted);
    CHECK(!releases);
    put_device(&counted);
    CHECK(releases == 1);
    CHECK(!device_register(&typed) && !device_register(&classed));
    device_unregister(&typed);
    CHECK(releases == 11);
    device_unregister(&classed);
    CHECK(releases == 111 && stub_check_leaks() == 0);
    put_device(NULL);`,

  'a device has the name that it was first given': `
    static struct device named = { .init_name = "first" }, unnamed = { .kobj = { .name = "other" } };
    -----
    CHECK(!strcmp(dev_name(&named), "first") && !strcmp(dev_name(&unnamed), "other"));`,

  'who asks for driver data in vain is known': {
    c: `
    static struct device bare;
    static int drvdata;
    -----
    current_task->without_drvdata = NULL;
    dev_set_drvdata(&bare, &drvdata);
    CHECK(dev_get_drvdata(&bare) == &drvdata && !current_task->without_drvdata);
    dev_set_drvdata(&bare, NULL);
    CHECK(!dev_get_drvdata(&bare) && current_task->without_drvdata == &bare);
    current_task->without_drvdata = NULL;`,
    // A kernel's headers read it with no call.
    over: 'own',
  },

  'who registers with a bus is told of its devices, and of their drivers': `
    static unsigned long told[9];
    static int tellings, probe_ret, probed, removed;
    static struct device on_bus;
    static int hear(struct notifier_block *nb, unsigned long event, void *data)
    {
      if (data == &on_bus)
        told[tellings++] = event;
      return NOTIFY_OK;
    }
    static struct notifier_block hearer = { .notifier_call = hear };
    static int probe_heard(struct device *dev) { probed++; return probe_ret; }
    static void remove_heard(struct device *dev) { removed++; }
    static const struct bus_type heard = { .name = "heard", .probe = probe_heard, .remove = remove_heard }, unheard = { .name = "unheard" };
    static struct device_driver heard_driver = { .name = "driver", .bus = &heard };
    -----
    on_bus.bus = &heard;
    CHECK(bus_unregister_notifier(&unheard, &hearer) && !bus_register_notifier(&heard, &hearer));
    CHECK(!driver_register(&heard_driver) && !device_register(&on_bus));
    probe_ret = -EIO;
    CHECK(device_driver_attach(&heard_driver, &on_bus) == -EIO && !on_bus.driver);
    probe_ret = 0;
    CHECK(!device_driver_attach(&heard_driver, &on_bus) && on_bus.driver == &heard_driver && device_driver_attach(&heard_driver, &on_bus) == -EBUSY);
    device_del(&on_bus);
    CHECK(probed == 2 && removed == 1 && !on_bus.driver && tellings == 9 && told[8] == BUS_NOTIFY_REMOVED_DEVICE && stub_devices() != &on_bus);
    CHECK(told[0] == BUS_NOTIFY_ADD_DEVICE && told[1] == BUS_NOTIFY_BIND_DRIVER && told[2] == BUS_NOTIFY_DRIVER_NOT_BOUND);
    CHECK(told[3] == BUS_NOTIFY_BIND_DRIVER && told[4] == BUS_NOTIFY_BOUND_DRIVER && told[5] == BUS_NOTIFY_DEL_DEVICE);
    CHECK(told[6] == BUS_NOTIFY_UNBIND_DRIVER && told[7] == BUS_NOTIFY_UNBOUND_DRIVER);
    told[0] = 99;
    tellings = 0;
    bus_unregister_notifier(&heard, &hearer);
    CHECK(!device_add(&on_bus) && told[0] == 99);
    device_del(&on_bus);
    put_device(&on_bus);
    driver_unregister(&heard_driver);
    CHECK(stub_check_leaks() == 0 && stub_check_notifiers() == 0);`,

  'a device is suspended when its count has gone to zero, and resumed when it is used': withPowered(
    'used',
    `
    CHECK(pm_runtime_get_sync(&$_dev) == 1 && !$_resumes);
    pm_runtime_put(&$_dev);
    CHECK(!$_suspends && stub_pm_work(&$_dev) && $_suspends == 1 && pm_runtime_suspended(&$_dev) && !stub_pm_work(&$_dev));
    CHECK(!pm_runtime_resume_and_get(&$_dev) && $_resumes == 1 && pm_runtime_active(&$_dev));
    CHECK(pm_runtime_put_sync(&$_dev) == 0 && $_suspends == 2);
    CHECK(pm_runtime_suspend(&$_dev) == 1 && pm_runtime_resume(&$_dev) == 0 && $_resumes == 2 && stub_pm_work(&$_dev));
    CHECK($_suspends == 3 && pm_runtime_resume(&$_dev) == 0 && pm_runtime_resume(&$_dev) == 1 && !stub_pm_work(&$_dev));`,
  ),
  'a count keeps a device awake, and taking it away again asks for nothing': withPowered(
    'kept',
    `
    pm_runtime_get_noresume(&$_dev);
    CHECK(pm_runtime_idle(&$_dev) == -EAGAIN && pm_runtime_suspend(&$_dev) == -EAGAIN && !$_suspends);
    pm_runtime_put_noidle(&$_dev);
    pm_runtime_put_noidle(&$_dev);
    CHECK(!atomic_read(&$_dev.power.usage_count) && !stub_pm_work(&$_dev));
    CHECK(pm_runtime_get_if_in_use(&$_dev) == 0 && pm_runtime_get_if_active(&$_dev) == 1 && pm_runtime_get_if_in_use(&$_dev) == 1);
    CHECK(pm_runtime_put_sync(&$_dev) == 0 && !$_suspends && pm_runtime_put_sync(&$_dev) == 0 && $_suspends == 1);
    CHECK(pm_runtime_get_if_active(&$_dev) == 0 && !atomic_read(&$_dev.power.usage_count));`,
  ),
  'what is asked of pm_wq is done by it, and the last request counts': withPowered(
    'asked',
    `
    CHECK(pm_request_idle(&$_dev) == 0 && !$_suspends && stub_pm_work(&$_dev) && $_suspends == 1);
    CHECK(pm_request_resume(&$_dev) == 0 && !$_resumes && !stub_pm_work(&$_dev) && $_resumes == 1 && stub_pm_work(&$_dev));
    CHECK(pm_runtime_get(&$_dev) == 0 && $_resumes == 1 && !stub_pm_work(&$_dev) && $_resumes == 2);
    pm_runtime_put(&$_dev);
    CHECK(pm_runtime_get(&$_dev) == 1 && !stub_pm_work(&$_dev) && $_suspends == 2);
    pm_runtime_put(&$_dev);
    pm_runtime_barrier(&$_dev);
    CHECK(!stub_pm_work(&$_dev) && pm_runtime_active(&$_dev));`,
  ),
  'a failed resume is fatal until the status is set': withPowered(
    'fatal',
    `
    CHECK(pm_runtime_suspend(&$_dev) == 0);
    $_ret = -EIO;
    CHECK(pm_runtime_get_sync(&$_dev) == -EIO && $_dev.power.runtime_error == -EIO && pm_runtime_suspended(&$_dev));
    $_ret = 0;
    CHECK(pm_runtime_get_sync(&$_dev) == -EINVAL && pm_runtime_suspend(&$_dev) == -EINVAL && $_resumes == 1);
    pm_runtime_put_noidle(&$_dev);
    pm_runtime_put_noidle(&$_dev);
    CHECK(!pm_runtime_set_suspended(&$_dev) && !$_dev.power.runtime_error && !pm_runtime_resume_and_get(&$_dev) && $_resumes == 2);`,
  ),
  'a failed suspend is fatal, but for a device that is busy': withPowered(
    'busy',
    `
    $_ret = -EBUSY;
    CHECK(pm_runtime_suspend(&$_dev) == -EBUSY && !$_dev.power.runtime_error && pm_runtime_active(&$_dev));
    $_ret = -EAGAIN;
    CHECK(pm_runtime_suspend(&$_dev) == -EAGAIN && !$_dev.power.runtime_error);
    $_ret = -ENODEV;
    CHECK(pm_runtime_suspend(&$_dev) == -ENODEV && $_dev.power.runtime_error == -ENODEV && pm_runtime_active(&$_dev));
    $_ret = 0;
    CHECK(pm_runtime_suspend(&$_dev) == -EINVAL && pm_runtime_resume(&$_dev) == -EINVAL);
    CHECK(!pm_runtime_set_active(&$_dev) && !pm_runtime_suspend(&$_dev));`,
  ),
  'a device whose runtime PM is off stays as it is': withPowered(
    'off',
    `
    pm_request_idle(&$_dev);
    pm_runtime_disable(&$_dev);
    CHECK(!stub_pm_work(&$_dev) && !pm_runtime_enabled(&$_dev) && pm_runtime_suspend(&$_dev) == -EACCES && pm_runtime_resume(&$_dev) == 1);
    pm_runtime_disable(&$_dev);
    pm_runtime_enable(&$_dev);
    CHECK(!pm_runtime_enabled(&$_dev));
    CHECK(!pm_runtime_set_suspended(&$_dev) && pm_runtime_resume(&$_dev) == -EACCES && pm_runtime_get_if_active(&$_dev) == -EINVAL);
    pm_runtime_enable(&$_dev);
    CHECK(pm_runtime_enabled(&$_dev) && pm_runtime_set_active(&$_dev) == -EAGAIN && pm_request_resume(&$_dev) == 0);
    pm_runtime_disable(&$_dev);
    CHECK($_resumes == 1 && !$_suspends && pm_runtime_status_suspended(&$_dev) == false);`,
  ),
  'a device that must not suspend has a count for that': withPowered(
    'forbidden',
    `
    pm_runtime_forbid(&$_dev);
    pm_runtime_forbid(&$_dev);
    CHECK(atomic_read(&$_dev.power.usage_count) == 1 && pm_runtime_suspend(&$_dev) == -EAGAIN);
    pm_runtime_allow(&$_dev);
    pm_runtime_allow(&$_dev);
    CHECK(!atomic_read(&$_dev.power.usage_count) && stub_pm_work(&$_dev) && $_suspends == 1);
    pm_runtime_forbid(&$_dev);
    CHECK($_resumes == 1 && pm_runtime_active(&$_dev));`,
  ),
  'a count that is dropped once too often': {
    c: withPowered(
      'dropped',
      '\n    CHECK(pm_runtime_put_sync(&$_dev) == -EINVAL && !atomic_read(&$_dev.power.usage_count));',
    ),
    violations: ['usage-underflow'],
  },

  'a function is reset in the first way that works': `${resettable('ways')}
    ways_plug(STUB_RESET_PM | STUB_RESET_BUS);
    CHECK(pci_try_reset_function(&ways.pdev) == 0 && pci_reset_function(&ways.pdev) == 0);
    device_lock(&ways.pdev.dev);
    CHECK(!__pci_reset_function_locked(&ways.pdev) && ways_was_reset());
    ways.pdev.current_state = PCI_D3hot;
    CHECK(__pci_reset_function_locked(&ways.pdev) == -EINVAL && !ways_was_reset());
    ways.config[0x40 + PCI_PM_CTRL] = PCI_PM_CTRL_NO_SOFT_RESET;
    CHECK(!__pci_reset_function_locked(&ways.pdev) && ways_was_reset());
    ways_bus.self = NULL;
    CHECK(__pci_reset_function_locked(&ways.pdev) == -ENOTTY && !ways_was_reset());
    ways.resets = 0;
    CHECK(__pci_reset_function_locked(&ways.pdev) == -ENOTTY);
    device_unlock(&ways.pdev.dev);
    CHECK(pci_reset_function(&ways.pdev) == -ENOTTY);`,
  'a bus is reset under its bridge, if nobody holds that': `${resettable('below')}
    below_plug(0);
    pm_runtime_get_sync(&below.pdev.dev);
    CHECK(pci_probe_reset_bus(below.pdev.bus) == 0 && pci_reset_bus(&below.pdev) == 0);
    CHECK(pci_dev_trylock(&below_bridge.pdev) && pci_reset_bus(&below.pdev) == -EAGAIN && !below_was_reset());
    pci_dev_unlock(&below_bridge.pdev);
    CHECK(pci_dev_trylock(&below.pdev) && pci_reset_bus(&below.pdev) == -EAGAIN);
    pci_dev_unlock(&below.pdev);
    CHECK(pci_reset_bus(&below.pdev) == 0);`,

  "a function's registers are behind each of its BARs": `
    #include <linux/io.h>
    #include "kernel/function.h"
    static struct stub_function mapped;
    -----
    void __iomem *bar, *again;
    for (int i = 0; i < 2; i++) {
      mapped.pdev.resource[i].start = 0xd0000000u + i * 0x10000;
      mapped.pdev.resource[i].end = mapped.pdev.resource[i].start + 0xffff;
    }
    bar = pci_iomap(&mapped.pdev, 0, 0);
    again = pci_iomap(&mapped.pdev, 1, 0);
    CHECK(bar && again && !pci_iomap(&mapped.pdev, 2, 0));
    iowrite32(0x44332211, bar + 0x104);
    CHECK(mapped.registers[1] == 0x44332211 && ioread8(again + 5) == 0x22 && ioread16(again + 6) == 0x4433);
    iowrite8(0x99, bar + 4);
    iowrite16(0x5566, bar + 6);
    CHECK(readl(bar + 4) == 0x55662299 && ioread64(bar) == 0x5566229900000000ull && readb(bar + 7) == 0x55 && readw(bar + 4) == 0x2299);
    writeq(1, bar + 8);
    CHECK(mapped.registers[2] == 1 && readq(again + 0x18) == 1);
    writel(3, bar + 8);
    writew(4, bar + 12);
    writeb(5, bar + 14);
    CHECK(mapped.registers[2] == 3 && mapped.registers[3] == 0x50004);
    pci_iounmap(&mapped.pdev, bar);`,
  'the legacy ranges are of memory and of ports': `
    #include <linux/io.h>
    #include "kernel/function.h"
    static struct stub_function placed;
    -----
    void __iomem *memory = ioremap(0xa0000, 0x20000), *ports = ioport_map(0x3c0, 0x20), *bar;
    iowrite8(1, memory);
    iowrite8(2, ports);
    CHECK(memory && ports && ioread8(memory) == 1 && ioread8(ports) == 2 && ioread8(ioremap(0xa0010, 1)) == 1);
    placed.pdev.resource[0].start = 0xe0000000u;
    placed.pdev.resource[0].end = 0xe0000fffu;
    device_initialize(&placed.pdev.dev);
    placed.pdev.dev.bus = &pci_bus_type;
    CHECK(!device_add(&placed.pdev.dev));
    placed.registers[1] = 7;
    bar = ioremap(0xe0000100u, 16);
    CHECK(ioread32(bar + 4) == 7 && ioread8(memory) == 1);
    device_del(&placed.pdev.dev);
    iounmap(memory);
    ioport_unmap(ports);`,
  'an access of what no device answers to ends the task': {
    c: `
    #include <linux/io.h>
    u32 memory;
    readl((void __iomem *)&memory);`,
    ends: 'trap',
  },
};
