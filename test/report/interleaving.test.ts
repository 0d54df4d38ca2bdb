// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { describe, expect, test } from 'vitest';
import type { Access, Interleaving } from '../../src/engine/interleaving.js';
import { interleavingText } from '../../src/report/interleaving.js';
import { access, flag, flags, lock, lostBarWrite, steps } from './executions.js';

const text = (one: Interleaving, width = 80, verbose = false) =>
  interleavingText(one, { steps, width, verbose });

/** Nothing decides, nothing is observed, and what steps return is not known. */
const untold = { decisive: [], observed: [], returned: [] };

/** What an execution of two actors has to say, row by row, without its head. */
function rows(accesses: readonly Access[], change: Partial<Interleaving> = {}): string[] {
  const one = { ...untold, actors: ['a', 'b'], accesses, preemptions: 0, waits: [null, null], ...change };
  return text(one, 200)
    .split('\n')
    .slice(2, -2)
    .map((row) => row.trim().replace(/^\| */, '> ').replace(/ *\|$/, ''));
}

describe('an interleaving in columns', () => {
  test('shows in 80 characters what was lost where', () => {
    expect(text(lostBarWrite)).toMatchInlineSnapshot(`
      "masker                                  | mover
      ----------------------------------------+---------------------------------------
      config_write A 4 2 0x400                |
        ... 3 accesses                        |
        A.virq_disabled -> 0                  |
      * A.virq_disabled -> 0                  |
      switch: preempted                       |
                                              | config_write A 0x10 4 0xe0000000
                                              |   ... 2 accesses
                                              |   A.bardirty -> 0
                                              | * A.bardirty = 1 (writes back
                                              |     virq_disabled = 0)
                                              |   ... 1 access
                                              | returned 0, done
      * A.virq_disabled = 1 (writes back      |
          bardirty = 0 over 1)                |
        ... 1 access                          |
      returned 0, done                        |

      1 preemption in 12 accesses; * decides the outcome; --verbose shows every access"
    `);
  });

  test('takes the room there is', () => {
    expect(text(lostBarWrite, 120)).toMatchInlineSnapshot(`
      "masker                                                  | mover
      --------------------------------------------------------+-------------------------------------------------
      config_write A 4 2 0x400                                |
        ... 3 accesses                                        |
        A.virq_disabled -> 0                                  |
      * A.virq_disabled -> 0                                  |
      switch: preempted                                       |
                                                              | config_write A 0x10 4 0xe0000000
                                                              |   ... 2 accesses
                                                              |   A.bardirty -> 0
                                                              | * A.bardirty = 1 (writes back virq_disabled = 0)
                                                              |   ... 1 access
                                                              | returned 0, done
      * A.virq_disabled = 1 (writes back bardirty = 0 over 1) |
        ... 1 access                                          |
      returned 0, done                                        |

      1 preemption in 12 accesses; * decides the outcome; --verbose shows every access"
    `);
  });

  test('has all there is to know of each access, when asked', () => {
    expect(text(lostBarWrite, 120, true)).toMatchInlineSnapshot(`
      "masker                                                      | mover
      ------------------------------------------------------------+-----------------------------------------------------------
      config_write A 4 2 0x400                                    |
        acquire A.memory_lock                                     |
          acquire, 4 bytes at A+0x16c (0x10a56c): 0x00000000      |
        A.pdev.command = 0x400                                    |
          store, 2 bytes at A.pdev+0x4 (0x110004): 0x0000 ->      |
            0x0400                                                |
          stub_config_write kernel/pci_config.c:88                |
          write_command vfio/pci/vfio_pci_config.c:301            |
          holding A.memory_lock                                   |
        release A.memory_lock                                     |
          release, 4 bytes at A+0x16c (0x10a56c): 0x00000000      |
        A.virq_disabled -> 0                                      |
          load, 1 byte at A+0x110 (0x10a510): 0x00                |
          follow_virtual_intx_disable                             |
            vfio/pci/vfio_pci_config.c:321                        |
      * A.virq_disabled -> 0                                      |
          load, 1 byte at A+0x110 (0x10a510): 0x00                |
          follow_virtual_intx_disable                             |
            vfio/pci/vfio_pci_config.c:322                        |
      switch: preempted                                           |
                                                                  | config_write A 0x10 4 0xe0000000
                                                                  |   0x200000 -> 0
                                                                  |     load, 1 byte at 0x200000: 0x00
                                                                  |   0x200001 -> 0
                                                                  |     load, 1 byte at 0x200001: 0x00
                                                                  |   A.bardirty -> 0
                                                                  |     load, 1 byte at A+0x110 (0x10a510): 0x00
                                                                  |     vfio_basic_config_write vfio/pci/vfio_pci_config.c:344
                                                                  | * A.bardirty = 1 (writes back virq_disabled = 0)
                                                                  |     store, 1 byte at A+0x110 (0x10a510): 0x00 -> 0x20
                                                                  |     vfio_basic_config_write vfio/pci/vfio_pci_config.c:344
                                                                  |   0x200000 -> 0
                                                                  |     load, 1 byte at 0x200000: 0x00
                                                                  | returned 0, done
      * A.virq_disabled = 1 (writes back bardirty = 0 over 1)     |
          store, 1 byte at A+0x110 (0x10a510): 0x20 -> 0x04       |
          follow_virtual_intx_disable                             |
            vfio/pci/vfio_pci_config.c:322                        |
        0x200002 -> 0                                             |
          load, 1 byte at 0x200002: 0x00                          |
          follow_virtual_intx_disable                             |
            vfio/pci/vfio_pci_config.c:323                        |
      returned 0, done                                            |

      1 preemption in 12 accesses; * decides the outcome"
    `);
  });

  test.each([80, 100, 120])('fits %i characters', (width) => {
    for (const verbose of [false, true])
      for (const line of text(lostBarWrite, width, verbose).split('\n'))
        expect(line.length).toBeLessThanOrEqual(width);
  });

  test('is a list where there are more actors than columns fit', () => {
    const actors = Array.from({ length: 5 }, (_, i) => `actor${i}`);
    const accesses = actors.map((_, actor) => flag('bardirty', { actor, kind: 'store', after: 0x20n }));
    const many = { ...untold, actors, accesses, preemptions: 0, waits: actors.map(() => null) };
    expect(text(many, 80)).toMatchInlineSnapshot(`
      "actor0:
        step 1
          A.bardirty = 1
        done
      actor1:
        step 1
          A.bardirty = 1
        done
      actor2:
        step 1
          A.bardirty = 1
        done
      actor3:
        step 1
          A.bardirty = 1
        done
      actor4:
        step 1
          A.bardirty = 1
        done

      0 preemptions in 5 accesses"
    `);
    expect(
      text({ ...many, actors: ['x'], accesses: accesses.slice(0, 1), waits: [null] }, 80),
    ).toMatchInlineSnapshot(`
      "x
      ----------------
      step 1: 1 access
      done

      0 preemptions in 1 access; --verbose shows every access"
    `);
  });

  test('of nothing is empty', () => {
    expect(
      text({ ...untold, actors: ['a', 'b'], accesses: [], preemptions: 0, waits: [null, null] }),
    ).toMatchInlineSnapshot(`
      "a | b
      --+--

      0 preemptions in 0 accesses"
    `);
  });
});

describe('what is written back', () => {
  const store = (of: Partial<Access>) => flag('virq_disabled', { kind: 'store', ...of });

  test('is shown with what it destroys', () => {
    expect(rows([store({ before: 0x20n, after: 0x04n }), access({ actor: 1 })])).toContain(
      'A.virq_disabled = 1 (writes back bardirty = 0 over 1)',
    );
  });

  test('is shown where another actor writes it, and else not', () => {
    const own = store({ after: 0x04n });
    expect(rows([own, flag('bardirty', { actor: 1, kind: 'store', before: 4n, after: 0x24n })])).toEqual([
      'step 1',
      'A.virq_disabled = 1 (writes back bardirty = 0)',
      'done',
      '> step 1',
      '> A.bardirty = 1 (writes back virq_disabled = 1)',
      '> done',
    ]);
    expect(rows([own, flag('bardirty', { actor: 1 })])).toContain('A.virq_disabled = 1');
  });

  test('is nothing where a store means all bits, or is atomic', () => {
    const all = { ...flags, fields: flags.span.map(({ name }) => name), mask: 0xffn, kind: 'store' } as const;
    const by = flag('bardirty', { actor: 1 });
    expect(rows([access({ ...all, before: 0x20n, after: 4n }), by])).toContain(
      'A.has_dyn_msix..needs_reset = 4',
    );
    expect(rows([store({ kind: 'atomic.store', before: 0x20n, after: 4n }), by])).toContain(
      'A.virq_disabled = 1 (atomic)',
    );
  });
});

describe('an access', () => {
  const word = { fields: ['A.count'], span: [{ name: 'A.count', mask: 0xffff_ffffn }], mask: 0xffff_ffffn };
  test.each<[Partial<Access>, string]>([
    [{ ...word, bytes: 4, after: 12n }, 'A.count -> 0xc'],
    [{ ...word, bytes: 4, kind: 'atomic.load', after: 3n }, 'A.count -> 3 (atomic)'],
    [{ ...word, bytes: 4, kind: 'atomic.rmw', before: 1n, after: 2n }, 'A.count: 1 -> 2 (atomic)'],
    [{ ...word, bytes: 4, kind: 'atomic.cmpxchg', before: 0n, after: 1n }, 'A.count: 0 -> 1 (atomic)'],
    [
      { ...word, bytes: 4, kind: 'atomic.cmpxchg', before: 1n, after: 1n },
      'A.count -> 1 (cmpxchg changes nothing)',
    ],
    [
      { ...flags, fields: ['A.virq_disabled', 'A.bardirty'], mask: 0x24n, after: 0x20n },
      'A.virq_disabled -> 0, bardirty -> 1',
    ],
    [
      { kind: 'memory.copy', fields: ['A.vconfig'], bytes: 64, before: null, after: null },
      'A.vconfig = 64 bytes',
    ],
    [{ fields: ['A.vconfig'], bytes: 64, before: null, after: null }, 'A.vconfig -> 64 bytes'],
    [{ object: 'A.pdev', after: 7n }, 'A.pdev -> 7'],
  ])('%# reads as %s', (of, expected) => {
    // The turn passes on behind it, so that it is shown.
    expect(rows([access(of), access({ actor: 1 })])[1]).toBe(expected);
  });
});

describe('what is shown', () => {
  const named = (actor: number, of: Partial<Access> = {}) =>
    access({ actor, address: 0x300, fields: ['A.irq_type'], ...of });
  const between = (actor: number) => access({ actor, address: 0x400 + actor });

  test('is what two actors access and one of them writes', () => {
    const meeting = (of: Partial<Access>) =>
      rows([between(0), named(0), between(0), between(1), named(1, of), between(1)]);
    expect(meeting({})).toEqual(['step 1: 3 accesses', 'done', '> step 1: 3 accesses', '> done']);
    expect(meeting({ kind: 'store', after: 1n })).toEqual([
      'step 1',
      '... 1 access',
      'A.irq_type -> 0',
      '... 1 access',
      'done',
      '> step 1',
      '> ... 1 access',
      '> A.irq_type = 1',
      '> ... 1 access',
      '> done',
    ]);
    // Bytes beside each other are no meeting.
    expect(meeting({ address: 0x301, kind: 'store', after: 1n })).toContain('step 1: 3 accesses');
  });

  test('is what stands next to a switch, and what is named', () => {
    expect(rows([between(0), named(0), between(1), between(0)])).toEqual([
      'step 1',
      '... 1 access',
      'A.irq_type -> 0',
      'switch: preempted',
      '> step 1: 1 access',
      '> done',
      '... 1 access',
      'done',
    ]);
  });

  test('shows where a step begins', () => {
    const accesses = [between(0), access({ step: 2 }), named(0, { step: 2, kind: 'store' }), named(1)];
    expect(rows(accesses)).toEqual([
      'step 1: 1 access',
      'step 3',
      '... 1 access',
      'A.irq_type = 0',
      'done',
      '> step 1',
      '> A.irq_type -> 0',
      '> done',
    ]);
  });

  test('is a lock next to a switch, waited for or not', () => {
    const taken = lock('acquire', { actor: 0 });
    expect(rows([between(0), taken, between(1)])).toContain('acquire A.memory_lock');
    expect(rows([taken, between(0), between(1)])).not.toContain('acquire A.memory_lock');
  });

  test('is a lock that is waited for, all along, and no other', () => {
    const other = { address: 0x500, object: 'A.igate' };
    const accesses = [
      between(0),
      lock('acquire', { actor: 0 }),
      lock('acquire', { actor: 0, ...other }),
      lock('release', { actor: 0, ...other }),
      between(0),
      between(1),
      lock('try-acquire', { actor: 1, contended: true }),
      between(1),
      between(0),
      lock('release', { actor: 0 }),
      between(0),
      lock('acquire', { actor: 1, contended: true }),
      lock('release', { actor: 1 }),
    ];
    expect(rows(accesses)).toEqual([
      'step 1',
      '... 1 access',
      'acquire A.memory_lock',
      '... 3 accesses',
      'switch: preempted',
      '> step 1',
      '> ... 1 access',
      '> try-acquire A.memory_lock (fails)',
      '> ... 1 access',
      '> switch: waits for A.memory_lock',
      '... 1 access',
      'release A.memory_lock',
      '... 1 access',
      'done',
      '> acquire A.memory_lock (waited)',
      '> release A.memory_lock',
      '> done',
    ]);
  });
});

describe('what decides', () => {
  const word = { bytes: 4, span: [{ name: 'A.count', mask: 0xffff_ffffn }], mask: 0xffff_ffffn };
  /** A count that two actors change; the second one overwrites what the first one has counted. */
  const counting = (between: number) => [
    access({ ...word, address: 0x300, fields: ['A.count'], before: 1n, after: 1n }),
    ...Array.from({ length: between }, (_, i) => access({ actor: 1, address: 0x1000 + 8 * i, step: i >> 3 })),
    access({
      ...word,
      address: 0x300,
      fields: ['A.count'],
      actor: 1,
      kind: 'store',
      step: between >> 3,
      after: 2n,
    }),
    access({ ...word, address: 0x300, fields: ['A.count'], kind: 'store', before: 2n, after: 5n }),
  ];
  const textOf = (accesses: readonly Access[], change: Partial<Interleaving> = {}) =>
    text({
      ...untold,
      actors: ['a', 'b'],
      accesses,
      decisive: [0, accesses.length - 2, accesses.length - 1],
      preemptions: 1,
      waits: [null, null],
      ...change,
    });

  test('is marked, with or without colours, and explained', () => {
    const rows = textOf(counting(3)).split('\n');
    expect(rows.filter((row) => row.includes('*')).map((row) => row.replace(/\s+/g, ' ').trim())).toEqual([
      '* A.count -> 1 |',
      '| * A.count = 2',
      '* A.count = 5 |',
      '1 preemption in 6 accesses; * decides the outcome; --verbose shows every access',
    ]);
  });

  test('is there however long the execution is, in at most 40 lines', () => {
    const steps = Array.from({ length: 60 }, () => ({ value: 0, observed: false }));
    const returned = [[{ value: 0, observed: false }], steps];
    for (const between of [100, 480]) {
      const short = textOf(counting(between), { returned });
      expect(short.split('\n').length).toBeLessThanOrEqual(40);
      expect(short.match(/^\* A\.count -> 1|\| \* A\.count = 2|^\* A\.count = 5/gm)).toHaveLength(3);
    }
    const all = interleavingText(
      { ...untold, actors: ['a', 'b'], accesses: counting(480), preemptions: 1, waits: [null, null] },
      { steps: {}, width: 80, verbose: true },
    );
    expect(all.split('\n').length).toBeGreaterThan(480);
  });

  test('is there among any number of actors that meet anywhere', () => {
    const actors = Array.from({ length: 64 }, (_, i) => `actor${i}`);
    const accesses = actors.flatMap((_, actor) =>
      [0, 1, 2].map((i) =>
        flag('bardirty', { actor, kind: i === 2 ? 'store' : 'load', step: i, after: 0x20n }),
      ),
    );
    const short = textOf(accesses, { actors, decisive: [100, 191], waits: actors.map(() => null) });
    expect(short.split('\n').length).toBeLessThanOrEqual(40);
    expect(short.match(/\* A\.bardirty/g)).toHaveLength(2);
    expect(short).toMatch(/\.\.\. \d+ lines left out/);
  });

  test('keeps what is observed before what is a flag, and that before what else they share', () => {
    const meeting = (name: string, address: number, mask = 0xffn) =>
      [0, 1].map((actor) =>
        access({ actor, address, kind: 'store', after: mask, fields: [name], span: [{ name, mask }], mask }),
      );
    const many = (count: number) => Array.from({ length: count }, (_, i) => meeting(`A.x[${i}]`, 0x400 + i));
    const both = [meeting('A.seen', 0x300), meeting('A.flag', 0x301, 4n), ...many(40)];
    // One actor after the other.
    const accesses = [...both.map(([own]) => own!), ...both.map(([, own]) => own!)];
    const short = textOf(accesses, { decisive: [], observed: [0, both.length] });
    expect(short.match(/A\.seen = /g)).toHaveLength(2);
    expect(short.match(/A\.flag = /g)).toHaveLength(2);
    // Of the others as many as there is room for, each with what it meets.
    const shown = [...short.matchAll(/A\.x\[(\d+)\]/g)].map(([, index]) => Number(index));
    expect(shown.length).toBeGreaterThan(20);
    expect(shown.length).toBeLessThan(40);
    expect(new Set(shown).size).toBe(Math.ceil(shown.length / 2));
  });
});

describe('what a step returned', () => {
  const returned = (value: number | null, observed = false) => [
    [{ value, observed }],
    [{ value: 0, observed }],
  ];
  const shown = (change: Partial<Interleaving>) =>
    rows([flag('bardirty', { kind: 'store' }), flag('bardirty', { actor: 1 })], change);

  test('stands at its end', () => {
    expect(shown({ returned: returned(0) })).toContain('returned 0, done');
    expect(shown({ returned: returned(-16) })).toContain('returned -EBUSY (-16), done');
    expect(shown({ returned: returned(3489660928) })).toContain('returned 3489660928 (0xd0000000), done');
  });

  test('is marked where it is observed', () => {
    expect(shown({ returned: returned(-5, true) })).toContain('* returned -EIO (-5), done');
  });

  test('is none of a step that never returns', () => {
    const never = shown({ returned: returned(null), waits: ['A.igate', null] });
    expect(never.filter((row) => row.includes('returned'))).toEqual(['> returned 0, done']);
    expect(never).toContain('switch: waits for A.igate forever');
  });

  test('stands behind the step where nothing of it is shown', () => {
    const own = [access(), access({ address: 0x20_0008 }), access({ actor: 1 })];
    expect(rows(own, { returned: returned(7) })[0]).toBe('step 1: 2 accesses, returned 7');
  });
});

describe('the reason of a switch', () => {
  const waited = lock('acquire', { actor: 0, contended: true });
  const reasons = (accesses: readonly Access[], waits: Interleaving['waits'] = [null, null]) =>
    rows(accesses, { waits }).filter((row) => /switch|done/.test(row));

  test('is no lock that was free then', () => {
    const taken = [lock('acquire', { actor: 1 }), lock('release', { actor: 1 })];
    expect(reasons([access(), ...taken, waited])[0]).toBe('switch: preempted');
    expect(reasons([access(), taken[1]!, waited])[0]).toBe('switch: waits for A.memory_lock');
    // Had the lock been free, the attempt would have succeeded.
    const failed = lock('try-acquire', { actor: 1, contended: true });
    expect(reasons([access(), failed, taken[1]!, waited])[0]).toBe('switch: waits for A.memory_lock');
    expect(reasons([access(), taken[1]!, { ...waited, contended: false }])[0]).toBe('switch: preempted');
  });

  test('is a deadlock where nobody lets go', () => {
    const deadlock = [lock('acquire'), lock('acquire', { actor: 1, address: 0x500, object: 'A.igate' })];
    expect(reasons(deadlock, ['A.igate', 'A.memory_lock'])).toEqual([
      'switch: waits for A.igate forever',
      '> switch: waits for A.memory_lock forever',
    ]);
    expect(reasons(deadlock)).toEqual(['done', '> done']);
  });
});
