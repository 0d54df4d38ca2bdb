// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { call, scenario, subject } from 'lostbit';

export default subject({
  title: 'irqchip: an interrupt controller is suspended while it interrupts',
  source: './brcmstb-l2-mask.c',
  series: './fix.patch',
  reference: '33517881ede7 ("irqchip/brcmstb-l2: Use _irqsave locking variants in non-interrupt code")',
  scenarios: {
    'suspend-interrupted': scenario({
      title: 'A process suspends the controller, and an interrupt that it handles comes in between',
      actors: {
        suspend: { cpu: 0, steps: [call('brcmstb_l2_intc_suspend', '&gc', '&b')] },
        interrupt: { context: 'irq', cpu: 0, steps: [call('irq_gc_mask_disable_reg', '&gc')] },
      },
      observe: { mask: 'gc.mask', saved_mask: 'b.saved_mask' },
      outcomes: [
        { when: { mask: 0xffff_fffd, saved_mask: 0 }, grade: 'acceptable', note: 'masked after suspend' },
        { when: { mask: 0xffff_fffd, saved_mask: 1 }, grade: 'acceptable', note: 'masked before suspend' },
      ],
      expect: { failsThrough: 'base' },
    }),
  },
});
