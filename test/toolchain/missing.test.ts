// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildModule } from '../../src/toolchain/build.js';
import { listToolchains, openToolchain } from '../../src/toolchain/find.js';
import { codeOfMissing } from '../../src/toolchain/missing.js';
import type { FileTree, Program, Toolchain } from '../../src/toolchain/types.js';
import { changed, FINE, sharedCache } from './fixture.js';

sharedCache();

/** Calls of functions of all types, a pointer to one, one that may be missing, and what they are to call. */
const TREE: FileTree = new Map([
  [
    'a.c',
    `
#define EXPORT(name) __attribute__((export_name(#name))) name
struct big { int a[10]; };
void nothing(void);
long long wide(int, long long, double);
float single(float, ...);
struct big whole(int);
int pointed(int);
__attribute__((weak)) int weak(int);
int (*pointer)(int) = pointed;
static int here(void) { return 1; }
int EXPORT(calls)(void) { nothing(); return 5; }
int EXPORT(returned)(int n)
{
	struct big b = whole(n);
	return wide(n, 2, 3.0) + (int)single(4.0f, n) + here() + (weak ? weak(n) : 100) + b.a[0];
}
int unused(void);
int dead(void) { return unused(); }
int EXPORT(through)(int n) { return pointer(n); }
`,
  ],
  [
    'b.c',
    `
void nothing(void);
__attribute__((import_module("env"), import_name("stub_backtrace"))) unsigned backtrace(unsigned *, unsigned);
__attribute__((export_name("other"))) unsigned other(unsigned *p) { nothing(); return backtrace(p, 1); }
`,
  ],
  [
    'stub.c',
    `
static const char *last;
static int count;
void stub_missing(const char *name) { last = name; count++; }
__attribute__((export_name("missed"))) const char *missed(void) { return last; }
__attribute__((export_name("times"))) int times(void) { return count; }
`,
  ],
]);

const programOf = (tree: FileTree, fillMissing = true): Program => ({
  tree,
  units: [...tree.keys()],
  own: [],
  modules: {},
  fillMissing,
});

for (const { name, version, problem } of await listToolchains()) {
  const title = version === null ? `${name} (skipped: ${problem?.split('\n')[0]})` : name;
  describe.skipIf(version === null)(title, () => {
    let toolchain: Toolchain;
    beforeAll(async () => {
      toolchain = await openToolchain(name);
    });
    afterAll(() => toolchain?.close());

    const refusal = (tree: FileTree, fill = true) =>
      buildModule(programOf(tree, fill), toolchain, FINE).then(
        () => expect.unreachable('it built'),
        (error: { code: string; message: string; advice: { hint?: string } }) => error,
      );

    // The linker of some toolchains cannot link what is weak and not there.
    const withoutWeak = changed(TREE, { 'a.c': TREE.get('a.c')!.replace('(weak ? weak(n) : 100)', '100') });

    test('what stands in for a missing function says its name and returns 0; who uses it is told', async () => {
      const { bytes, missing } = await buildModule(programOf(withoutWeak), toolchain, FINE);
      expect(missing).toEqual([
        { name: 'nothing', users: ['a.c', 'b.c'] },
        { name: 'pointed', users: ['a.c'] },
        { name: 'single', users: ['a.c'] },
        { name: 'whole', users: ['a.c'] },
        { name: 'wide', users: ['a.c'] },
      ]);
      const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
      const made = await WebAssembly.instantiate(bytes, { env: { memory, stub_backtrace: () => 0 } });
      const { calls, returned, through, missed, times } = made.instance.exports as unknown as Record<
        string,
        (...args: number[]) => number
      >;
      const text = (at: number) => {
        const from = new Uint8Array(memory.buffer).slice(at, at + 20);
        return Buffer.from(from.slice(0, from.indexOf(0))).toString();
      };
      expect([calls!(), text(missed!()), times!()]).toEqual([5, 'nothing', 1]);
      expect([through!(3), text(missed!())]).toEqual([0, 'pointed']);
      expect(returned!(7)).toBe(101 + 0);
      expect(times!()).toBe(5);
    });

    test('the same is known of a module that comes from the cache, and nothing where nothing is missing', async () => {
      const first = await buildModule(programOf(withoutWeak), toolchain, FINE);
      const again = await buildModule(programOf(withoutWeak), toolchain, FINE);
      expect(again).toMatchObject({ compiled: 0, key: first.key, missing: first.missing });
      const whole: FileTree = new Map([
        ['c.c', '__attribute__((export_name("f"))) int f(void) { return 1; }'],
      ]);
      expect((await buildModule(programOf(whole), toolchain, FINE)).missing).toEqual([]);
    });

    test('what is weak stays missing', async () => {
      const built = await buildModule(programOf(TREE), toolchain, FINE).catch(
        (error: Error) => error.message,
      );
      if (typeof built === 'string') expect(built).toContain('weak symbol that nobody defines');
      else expect(built.missing.map((one) => one.name)).not.toContain('weak');
    });

    test('variables that nobody defines are refused, with who uses them', async () => {
      const uses =
        'extern int jiffies, lonely; extern char __heap_base[];\n__attribute__((export_name("now"))) int now(void) { return jiffies + lonely + __heap_base[0]; }\n';
      const tree = changed(withoutWeak, {
        'late.c': uses,
        'other.c':
          'extern int jiffies; void far(void); __attribute__((export_name("f"))) void *f(void) { far(); return &jiffies; }\n',
      });
      const { code, message, advice } = await refusal(tree);
      expect(code).toBe('E_LINK');
      expect(message).toBe(
        'the C uses variables that nobody defines:\n  jiffies, used by late.c, other.c\n  lonely, used by late.c',
      );
      expect(advice.hint).toContain('define jiffies');
    });

    test('an atomic access that is left to a library is refused', async () => {
      const tree = changed(withoutWeak, {
        'atomic.c':
          'struct odd { char c[16]; };\nvoid f(struct odd *p, struct odd *v) { __atomic_store(p, v, __ATOMIC_SEQ_CST); }\n',
      });
      const { code, message } = await refusal(tree);
      expect(code).toBe('E_LINK');
      expect(message).toMatch(/leaves to a library:\n {2}__atomic_store(?:_16)?, used by atomic\.c$/);
    });

    test('a program that does not ask for it is refused as ever', async () => {
      const { code, message } = await refusal(withoutWeak, false);
      expect(code).toBe('E_LINK');
      expect(message).toMatch(/nothing\(\), called from a\.c:\d+/);
    });
  });
}

test('a function of a type that C has no name for, and one with a name that no C has, are refused', () => {
  const one = { name: 'f', users: [], type: { parameters: [0x7b], results: [] } };
  expect(() => codeOfMissing([one])).toThrow('nothing can stand in for');
  expect(() => codeOfMissing([{ ...one, name: 'a"b', type: { parameters: [], results: [] } }])).toThrow(
    'stand in',
  );
});
