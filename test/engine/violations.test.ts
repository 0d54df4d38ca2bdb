import { afterAll, describe, expect, test } from 'vitest';
import { build, closeToolchains, race, replaced, subject } from '../support/race.js';

afterAll(closeToolchains);

const file = 'vfio/pci/vfio_pci_config.c';
const include = '#include <linux/uaccess.h>\n';
const place = '\tif (disable && !vdev->virq_disabled) {\n';

/** The driver with a statement of ours where a config write decides about INTx. */
const mutant = (statement: string) =>
  build('base', {
    mutate: (tree) =>
      replaced(
        replaced(
          tree,
          file,
          include,
          `${include}#include <linux/bug.h>\n#include <linux/eventfd.h>\n#include <linux/lockdep.h>\n#include <linux/pm_runtime.h>\n#include <linux/slab.h>\n`,
        ),
        file,
        place,
        `\t{ ${statement} }\n${place}`,
      ),
  });

// What is clean stays silent: the tests of the catalogue see no violation. Here each detector gets what it is for.
describe('the stub kernel catches', () => {
  test.each([
    ['lock-not-held', 'mutex_unlock(&vdev->igate);'],
    ['lock-not-held', 'lockdep_assert_held(&vdev->igate);'],
    [
      'lock-held-twice',
      'mutex_lock(&vdev->igate); mutex_lock(&vdev->igate); mutex_unlock(&vdev->igate); mutex_unlock(&vdev->igate);',
    ],
    ['lock-left-held', 'down_read(&vdev->memory_lock);'],
    [
      'sleep-in-atomic',
      'unsigned long f; spin_lock_irqsave(&vdev->irqlock, f); mutex_lock(&vdev->ioeventfds_lock); mutex_unlock(&vdev->ioeventfds_lock); spin_unlock_irqrestore(&vdev->irqlock, f);',
    ],
    ['usage-underflow', 'for (int i = 0; i < 9; i++) pm_runtime_put(&vdev->pdev->dev);'],
    ['double-free', 'void *p = kmalloc(8, GFP_KERNEL); kfree(p); kfree(p);'],
    ['bad-free', 'kfree((char *)vdev + 8);'],
    ['warned', 'WARN_ON(1);'],
  ])('%s: %s', async (kind, statement) => {
    const what = subject('intx-mask-vs-bar-read', 'p3', await mutant(statement));
    const raced = await race(what, { seconds: 0.3, patience: 1 });
    expect(raced.violations.map((violation) => violation.kind)).toContain(kind);
    const caught = raced.violations.find((violation) => violation.kind === kind)!;
    expect(caught.message).toContain("'masker'");
    expect(caught.count).toBeGreaterThan(0);
    expect(raced.verdict).toBe('fails');
  });
});
