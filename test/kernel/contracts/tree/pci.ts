// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import type { Contracts } from '../../contract.js';

/** What drivers ask of the PCI core about a function. */
export const treePci: Contracts = {
  'a function’s driver is the one that it is bound to': `
    #include <linux/pci.h>
    #include "kernel/function.h"
    static struct pci_driver its_driver;
    static struct stub_function bound;
    -----
    CHECK(!pci_dev_driver(&bound.pdev));
    bound.pdev.driver = &its_driver;
    CHECK(pci_dev_driver(&bound.pdev) == &its_driver);`,

  'the first entry that matches a function is found, and none behind the end': `
    static const struct pci_device_id match_ids[] = {
      { PCI_DEVICE_SUB(0x1234, 0x5678, 0x11, 0x22) },
      { PCI_DEVICE(0x1234, 0x5678) },
      { PCI_DEVICE_CLASS(0x030000, 0xffff00) },
      { 0 },
      { PCI_DEVICE(0x4321, 0x8765) },
    };
    static const struct pci_device_id any_ids[] = { { PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) }, { 0 } };
    -----
    static struct pci_dev pdev = { .vendor = 0x1234, .device = 0x5678, .subsystem_vendor = 0x11, .subsystem_device = 0x22 };
    CHECK(pci_match_id(match_ids, &pdev) == &match_ids[0]);
    pdev.subsystem_device = 0x23;
    CHECK(pci_match_id(match_ids, &pdev) == &match_ids[1]);
    pdev.device = 0x5679;
    CHECK(!pci_match_id(match_ids, &pdev));
    pdev.class = 0x030001;
    CHECK(pci_match_id(match_ids, &pdev) == &match_ids[2]);
    pdev.class = 0x030100;
    CHECK(!pci_match_id(match_ids, &pdev) && pci_match_id(any_ids, &pdev) == &any_ids[0] && !pci_match_id(NULL, &pdev));
    pdev.vendor = 0x4321;
    pdev.device = 0x8765;
    CHECK(!pci_match_id(match_ids, &pdev) && pci_match_id(match_ids + 4, &pdev) == &match_ids[4]);`,

  'a walk along a bus goes below its bridges, until a call returns something': `
    static struct pci_bus walked_top, walked_below;
    static struct pci_dev walked[4];
    static int walks, walk_stop;
    static int walk_one(struct pci_dev *pdev, void *data)
    {
      walks = walks * 10 + 1 + (int)(pdev - walked);
      return data == &walks && walks == walk_stop;
    }
    static void make_walk(void)
    {
      walks = walk_stop = 0;
      INIT_LIST_HEAD(&walked_top.devices);
      INIT_LIST_HEAD(&walked_below.devices);
      walked[1].subordinate = &walked_below;
      list_add_tail(&walked[0].bus_list, &walked_top.devices);
      list_add_tail(&walked[1].bus_list, &walked_top.devices);
      list_add_tail(&walked[2].bus_list, &walked_below.devices);
      list_add_tail(&walked[3].bus_list, &walked_top.devices);
    }
    -----
    int order = 0;
    make_walk();
    pci_walk_bus(&walked_below, walk_one, &walks);
    CHECK(walks == 3);
    walks = 0;
    pci_walk_bus(&walked_top, walk_one, &walks);
    /* A bridge comes before what is below it. */
    for (int rest = walks; rest; rest /= 10)
      order |= 1 << rest % 10;
    CHECK(order == 0x1e && (walks == 1234 || walks == 1243));
    walks = 0;
    walk_stop = 123;
    pci_walk_bus(&walked_top, walk_one, &walks);
    CHECK(walks == 123);
    walks = 0;
    walk_stop = 1;
    pci_walk_bus(&walked_top, walk_one, &walks);
    CHECK(walks == 1);`,
  'a walk along a bus may sleep': {
    c: `
    make_walk();
    preempt_disable();
    pci_walk_bus(&walked_top, walk_one, NULL);
    preempt_enable();
    CHECK(walks);`,
    violations: ['sleep-in-atomic'],
  },

  'a ROM is mapped where there is one, as long as it is': `
    #include <linux/io.h>
    static struct stub_function with_rom;
    -----
    void __iomem *rom;
    size_t size = 99;
    CHECK(!pci_map_rom(&with_rom.pdev, &size) && size == 99);
    with_rom.pdev.resource[PCI_ROM_RESOURCE].start = 0xc0000000u;
    with_rom.pdev.resource[PCI_ROM_RESOURCE].end = 0xc0001fffu;
    FAIL(pci_map_rom);
    CHECK(!pci_map_rom(&with_rom.pdev, &size));
    FAIL(pci_iomap);
    CHECK(!pci_map_rom(&with_rom.pdev, &size));
    with_rom.registers[0] = 0xaa55;
    rom = pci_map_rom(&with_rom.pdev, &size);
    CHECK(rom && size == 0x2000 && ioread16(rom) == 0xaa55);
    pci_unmap_rom(&with_rom.pdev, rom);`,

  'registers of PCI Express are read and written from where they begin': `
    static struct stub_function express;
    /* Its capability is where registers can be written: device control is a cache line's size, and those of links and slots BARs. */
    static void make_express(void)
    {
      express.pdev.cfg_size = PCI_CFG_SPACE_SIZE;
      express.pdev.pcie_cap = PCI_CACHE_LINE_SIZE - PCI_EXP_DEVCTL;
      for (int bar = 1; bar < 3; bar++)
        express.pdev.resource[bar].start = express.pdev.resource[bar].end = 1;
      spin_lock_init(&express.pdev.pcie_cap_lock);
      device_initialize(&express.pdev.dev);
      pm_runtime_set_active(&express.pdev.dev);
    }
    -----
    u16 word = 9;
    u32 dword = 9;
    make_express();
    CHECK(!pcie_capability_write_word(&express.pdev, PCI_EXP_DEVCTL, 0x1234) && express.config[0xc] == 0x34 && express.config[0xd] == 0x12);
    CHECK(!pcie_capability_read_word(&express.pdev, PCI_EXP_DEVCTL, &word) && word == 0x1234);
    CHECK(!pcie_capability_write_dword(&express.pdev, PCI_EXP_SLTCAP, 0xa1b2c3d4u) && express.config[0x18] == 0xd4 && express.config[0x1b] == 0xa1);
    CHECK(!pcie_capability_read_dword(&express.pdev, PCI_EXP_SLTCAP, &dword) && dword == 0xa1b2c3d4u);
    word = dword = 9;
    CHECK(pcie_capability_read_word(&express.pdev, PCI_EXP_DEVCTL + 1, &word) == PCIBIOS_BAD_REGISTER_NUMBER && !word);
    CHECK(pcie_capability_read_dword(&express.pdev, PCI_EXP_SLTCAP + 2, &dword) == PCIBIOS_BAD_REGISTER_NUMBER && !dword);
    CHECK(pcie_capability_write_word(&express.pdev, PCI_EXP_DEVCTL + 1, 1) == PCIBIOS_BAD_REGISTER_NUMBER);
    CHECK(pcie_capability_write_dword(&express.pdev, PCI_EXP_SLTCAP + 1, 1) == PCIBIOS_BAD_REGISTER_NUMBER && express.config[0x19] == 0xc3);`,
  'a register that a function does not have reads as 0, and is not written': `
    u16 word = 9;
    u32 dword = 9;
    make_express();
    express.pdev.pcie_cap = 0;
    express.config[PCI_EXP_DEVCTL] = 0x77;
    CHECK(!pcie_capability_read_word(&express.pdev, PCI_EXP_DEVCTL, &word) && !word);
    CHECK(!pcie_capability_read_dword(&express.pdev, PCI_EXP_DEVCTL, &dword) && !dword);
    CHECK(!pcie_capability_write_word(&express.pdev, PCI_EXP_DEVCTL, 1) && !pcie_capability_write_dword(&express.pdev, PCI_EXP_DEVCTL, 1));
    CHECK(!pcie_capability_set_word(&express.pdev, PCI_EXP_DEVCTL, 1) && express.config[PCI_EXP_DEVCTL] == 0x77);`,
  'some bits of a register are cleared, then others set': `
    u16 word;
    u32 dword;
    make_express();
    pcie_capability_write_word(&express.pdev, PCI_EXP_DEVCTL, 0xff00);
    CHECK(!pcie_capability_clear_and_set_word(&express.pdev, PCI_EXP_DEVCTL, 0xf000, 0x800f));
    CHECK(!pcie_capability_read_word(&express.pdev, PCI_EXP_DEVCTL, &word) && word == 0x8f0f);
    pcie_capability_write_dword(&express.pdev, PCI_EXP_SLTCAP, 0xff00ff00u);
    CHECK(!pcie_capability_clear_and_set_dword(&express.pdev, PCI_EXP_SLTCAP, 0xff000000u, 1));
    CHECK(!pcie_capability_read_dword(&express.pdev, PCI_EXP_SLTCAP, &dword) && dword == 0xff01);
    CHECK(pcie_capability_clear_and_set_word_unlocked(&express.pdev, PCI_EXP_DEVCTL + 1, 0, 1) == PCIBIOS_BAD_REGISTER_NUMBER);
    CHECK(pcie_capability_clear_and_set_dword(&express.pdev, PCI_EXP_DEVCTL + 1, 0, 1) == PCIBIOS_BAD_REGISTER_NUMBER);`,
  'a register that several write is changed under the lock of the function': `
    u16 word;
    make_express();
    CHECK(!pcie_capability_set_word(&express.pdev, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC) && !irqs_disabled());
    CHECK(!pcie_capability_clear_and_set_word_locked(&express.pdev, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC, PCI_EXP_LNKCTL_ES));
    CHECK(!spin_is_locked(&express.pdev.pcie_cap_lock) && !pcie_capability_read_word(&express.pdev, PCI_EXP_LNKCTL, &word) && word == PCI_EXP_LNKCTL_ES);`,
  'who changes such a register waits for who does': {
    c: `
    make_express();
    spin_lock(&express.pdev.pcie_cap_lock);
    pcie_capability_set_word(&express.pdev, PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_CCC);
    spin_unlock(&express.pdev.pcie_cap_lock);`,
    violations: ['lock-held-twice'],
  },

  'sizes of PCI Express are powers of two from 128': `
    make_express();
    CHECK(pcie_get_mps(&express.pdev) == 128 && pcie_get_readrq(&express.pdev) == 128);
    pcie_capability_write_word(&express.pdev, PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_PAYLOAD_512B | PCI_EXP_DEVCTL_READRQ_1024B);
    CHECK(pcie_get_mps(&express.pdev) == 512 && pcie_get_readrq(&express.pdev) == 1024);
    CHECK(!pcie_set_readrq(&express.pdev, 4096) && pcie_get_readrq(&express.pdev) == 4096 && pcie_get_mps(&express.pdev) == 512);
    CHECK(!pcie_set_readrq(&express.pdev, 128) && pcie_get_readrq(&express.pdev) == 128);
    CHECK(pcie_set_readrq(&express.pdev, 64) == -EINVAL && pcie_set_readrq(&express.pdev, 8192) == -EINVAL);
    CHECK(pcie_set_readrq(&express.pdev, 384) == -EINVAL && pcie_set_readrq(&express.pdev, 0) == -EINVAL && pcie_get_readrq(&express.pdev) == 128);`,

  'no port completes atomic operations, and no function has vital product data': `
    u8 bytes[4] = { 1, 2, 3, 4 };
    make_express();
    CHECK(pci_enable_atomic_ops_to_root(&express.pdev, PCI_EXP_DEVCAP2_ATOMIC_COMP64) == -EINVAL);
    CHECK(pci_read_vpd(&express.pdev, 0, 4, bytes) == -ENODEV && bytes[0] == 1 && bytes[3] == 4);
    CHECK(pci_write_vpd(&express.pdev, 0, 4, bytes) == -ENODEV);`,
};
