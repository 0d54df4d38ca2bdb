// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, returned, scenario, subject, work } from 'lostbit';

export default subject({
  title: 'PCI: a device is added while its driver goes on probing',
  source: './pci-is-added.c',
  series: './fix.patch',
  reference: '44bda4b7d26e ("PCI: Fix is_added/is_busmaster race condition")',
  scenarios: {
    'added-vs-bus-master': scenario({
      title: 'A process adds a device while its driver’s worker makes it a bus master',
      setup: [call('nvme_probe', '&nvme')],
      actors: {
        scan: [call('pci_bus_add_device', '&pdev'), call('pci_dev_is_added', '&pdev')],
        reset: { context: 'workqueue', steps: [work()] },
      },
      observe: { is_added: returned('scan', 1), is_busmaster: 'pdev.is_busmaster' },
      outcomes: [
        { when: { is_added: 1, is_busmaster: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { is_added: 0 }, grade: 'forbidden', note: 'its files stay when it is removed' },
        { when: { is_busmaster: 0 }, grade: 'forbidden', note: 'it stays a bus master when it is disabled' },
      ],
      expect: { failsThrough: 'base' },
    }),
    'added-vs-msi': scenario({
      title: 'A process adds a device while a worker enables its MSIs: a flag in the next byte',
      actors: {
        scan: [call('pci_bus_add_device', '&pdev'), call('pci_dev_is_added', '&pdev')],
        reset: { context: 'workqueue', steps: [call('msi_capability_init', '&pdev')] },
      },
      observe: { is_added: returned('scan', 1), msi_enabled: 'pdev.msi_enabled' },
      outcomes: [
        { when: { is_added: 1, msi_enabled: 1 }, grade: 'acceptable', note: 'both kept' },
        { when: { is_added: 0 }, grade: 'forbidden', note: 'its files stay when it is removed' },
        { when: { msi_enabled: 0 }, grade: 'forbidden', note: 'pci_irq_vector() finds no MSI' },
      ],
      expect: { fine: 'holds', wide: { failsThrough: 'base' } },
    }),
  },
});
