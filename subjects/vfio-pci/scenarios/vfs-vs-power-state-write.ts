// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { bind, configWrite, load, open, returned, scenario, sriov } from 'lostbit/vfio';

/** PCI_PM_CTRL of the power management capability, and D3hot in it. */
const PM_CTRL = 0x44;
const D3hot = 3;

// A control. Virtual functions need their physical one in D0: whoever comes second to memory_lock sees what the other
// one did, and the write is refused or the function woken.
export default scenario({
  title: 'Virtual functions are enabled while a guest puts the physical one into D3',
  reference: 'fact 30',
  devices: { A: { vfs: 4 } },
  setup: [load('vfio-pci', 'enable_sriov'), bind('A'), open('A')],
  actors: {
    admin: [sriov('A', 4)],
    guest: [configWrite('A', PM_CTRL, 2, D3hot)],
  },
  observe: {
    enabled: returned('admin'),
    functions: 'A.pdev.sriov.num_VFs',
    sriov_active: 'A.sriov_active',
    state: 'A.pdev.current_state',
    usage: 'A.pdev.dev.power.usage_count',
  },
  outcomes: [
    {
      when: { enabled: 0, functions: 4, sriov_active: 1, state: 0, usage: 2 },
      grade: 'acceptable',
      note: 'in D0 with its virtual functions',
    },
    { when: { state: 3 }, grade: 'forbidden', note: 'virtual functions of a function without power' },
    { when: { sriov_active: 0 }, grade: 'forbidden', note: 'the next write to PMCSR takes their power away' },
  ],
  expect: 'holds',
});
