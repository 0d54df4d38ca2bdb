// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileTree } from '../../src/toolchain/types.js';
import { closeToolchains, replaced } from '../support/race.js';
import { races } from './contracts/races.js';
import { contractBuild } from './program.js';
import { RaceSimulator } from './race-simulator.js';

/** What is broken in the stub kernel: file, what stands there, what comes in its place; and the races that show it. */
type Mutant = readonly [file: string, from: string, to: string, shown: readonly string[]];

const mutants: readonly Mutant[] = [
  [
    'include/linux/bitops.h',
    '__atomic_fetch_or(__stub_bit_word(nr, bits), BIT_MASK(nr), __ATOMIC_RELAXED);',
    '*__stub_bit_word(nr, bits) |= BIT_MASK(nr);',
    ['two set_bit of one word are both kept'],
  ],
  [
    'kernel/timer.c',
    '\twhile (ret = try_to_delete(timer, for_good, &firing), ret < 0)\n\t\tstub_wait(&firing->busy, RUNNING, 0);\n',
    '\tret = try_to_delete(timer, for_good, &firing);\n',
    ['timer_delete_sync waits for the function, so that its memory may go'],
  ],
  [
    'kernel/timer.c',
    'if (timer->function && !firing_of(timer))',
    'if (!firing_of(timer))',
    ['a timer that arms itself is gone after timer_shutdown_sync, and for good'],
  ],
  [
    'kernel/workqueue.c',
    '\twhile (flags = lock_pool(), worker = worker_of(work)) {\n\t\tunlock_pool(flags);\n\t\twait_for(worker);\n\t}\n',
    '\tflags = lock_pool(), worker = NULL;\n',
    ['cancel_work_sync waits for the item, so that its memory may go'],
  ],
  [
    'kernel/workqueue.c',
    '\tif (work_pending(work) || is_cancelled(work))\n',
    '\tif (work_pending(work))\n',
    ['an item that queues itself is gone after cancel_work_sync'],
  ],
  [
    'kernel/workqueue.c',
    'if (wq->flags & WQ_UNBOUND)',
    'if (true)',
    ['two items of a queue with a limit of one do, on two CPUs'],
  ],
  [
    'kernel/workqueue.c',
    '\t\treturn work == first_pending(pwq->wq);\n',
    '\t\treturn true;\n',
    ['flush_workqueue is sure of what a limit has kept back'],
  ],
  [
    'kernel/workqueue.c',
    '\twas_pending = work_pending(work);\n\tif (was_pending &&',
    '\twas_pending = work_pending(work);\n\tunclaim(work);\n\tunlock_pool(flags);\n\tqueue_delayed_work_on(cpu, wq, dwork, delay);\n\treturn was_pending;\n\tif (was_pending &&',
    ['mod_delayed_work has the last word, whoever queues the work meanwhile'],
  ],
  [
    'kernel/waitqueue.c',
    '\t\tis_first = list_empty(&wq->head);\n\t\tadd(wq, entry);\n',
    '\t\tis_first = list_empty(&wq->head);\n',
    ['a condition that is set before the wake-up ends a wait', 'a wake-up wakes all who wait'],
  ],
  [
    'kernel/completion.c',
    '\tlist_for_each_entry(at, &x->wait.task_list, entry)\n\t\twake_up_process(at->task);\n',
    '',
    ['a wait with a time limit that is completed needs no timer'],
  ],
  [
    'kernel/irq.c',
    '\tstub_might_sleep(desc);\n\twait_for_handlers(desc);\n\twait_for_thread(action);\n',
    '\tstub_might_sleep(desc);\n\twait_for_thread(action);\n',
    ['free_irq waits for the handler'],
  ],
  [
    'kernel/locking.c',
    '\tstub_release(stub_word(sem), WRITER - READER);\n',
    '\tstub_release(stub_word(sem), WRITER);\n\tstub_wait(stub_word(sem), WRITER, READER);\n',
    ['nobody writes between a write and the read that it was downgraded to'],
  ],
  [
    'include/linux/seqlock.h',
    '\tsmp_rmb();\n\treturn READ_ONCE(s->sequence) != start;\n',
    '\treturn 0 && READ_ONCE(s->sequence) != start;\n',
    ['what a sequence count guards is read whole'],
  ],
  [
    'kernel/file.c',
    'return filp && atomic_long_add_unless(stub_file_refs(filp), 1, STUB_NO_FILE_REFS);',
    'return filp;',
    ['a file is had by its descriptor as long as there is a reference'],
  ],
  [
    'include/linux/interrupt.h',
    'tasklet_disable_nosync(tasklet);\n\ttasklet_unlock_wait(tasklet);\n',
    'tasklet_disable_nosync(tasklet);\n',
    ['tasklet_disable waits for the tasklet'],
  ],
];

/** Those whose races the ones above break as well. */
const more: readonly Mutant[] = [
  [
    'kernel/wait_bit.c',
    'return own->flags == key->flags && own->bit_nr == key->bit_nr;',
    'return own && key;',
    [
      'a wake-up for a bit ends no wait for the same bit of another word',
      'a wake-up for a bit ends no wait for another bit of the word',
      'a wake-up for a variable ends no wait for another',
    ],
  ],
  [
    'kernel/rcu.c',
    '\treturn any;\n',
    '\treturn false;\n',
    ['what a reader may still see is there until it has left'],
  ],
  [
    'kernel/task.c',
    'while (current_task->deferred && !stub_is_atomic())',
    'while (current_task->deferred)',
    ['a callback may take the lock that its caller held'],
  ],
];

// All at once: each is shown by races that no other touches.
describe.each([[mutants], [more]])('a stub kernel that breaks a contract is caught', (mutants) => {
  let simulator: RaceSimulator;
  beforeAll(async () => {
    const broken = (tree: FileTree) =>
      mutants.reduce((changed, [file, from, to]) => replaced(changed, file, from, to), tree);
    simulator = await RaceSimulator.open(await contractBuild(broken));
  });
  afterAll(async () => {
    await simulator.close();
    await closeToolchains();
  });

  test.each(mutants.flatMap(([file, , , shown]) => shown.map((name) => [file, name] as const)))(
    '%s: %s',
    async (_, name) => {
      const { ends } = await simulator.explore(Object.keys(races).indexOf(name));
      expect(ends).not.toEqual([...races[name]!.ends].sort());
    },
  );
});
