// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { recordLayouts } from '../../src/layout/record-layouts.js';
import { targetOf } from '../../src/layout/targets.js';
import { readOwnC, readTreeC } from '../../src/source/own-c.js';
import { closeToolchains, toolchain } from '../support/race.js';
import { contractProgram } from './program.js';

afterAll(closeToolchains);

test('docs/stub.md names each header that there is, and no other', async () => {
  const text = await readFile('docs/stub.md', 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const named = rows.flatMap((row) =>
    [...row.split('|')[2]!.matchAll(/`([^`]+\.h)`/g)].map(([, name]) => name!),
  );
  const headers = [...(await readOwnC()).keys()].filter((path) => path.startsWith('include/'));
  expect([...new Set(named)].sort()).toEqual(headers.map((path) => path.replace('include/', '')).sort());
});

/** What a header has in the place of what a driver calls. */
const behind: Record<string, string> = {
  kmalloc_cache: 'kmalloc',
  kmalloc_cache_node: 'kmalloc_node',
  kmalloc_large: 'kmalloc',
  kmalloc_large_node: 'kmalloc_node',
  kmem_cache_create_args: 'kmem_cache_create',
  pcpu_alloc: 'alloc_percpu',
  kvfree_call_rcu: 'kfree_rcu',
  warn_flushing_systemwide_wq: 'flush_scheduled_work',
};

/** As a driver calls it. */
function calledAs(name: string): string {
  const plain = name.replace(/^_+/, '').replace(/_noprof$/, '');
  return behind[plain] ?? plain;
}

/** Functions that a unit defines for others, by their code, whichever kernel's headers have them. */
function definedIn(text: string): string[] {
  const plain =
    /^(?!static\b|typedef\b|extern\b)\w[\w \t*]*?[ *](\w+)\((?!\*)[^;{}#]*\)(?=(?:\n#endif)?\n\{)/gm;
  const made = /^DEFINE_(?:LEVEL\(|VARIADIC\([^,]+, )(\w+)/gm;
  return [...text.matchAll(plain), ...text.matchAll(made)].map(([, name]) => name!);
}

test('docs/stub.md names each function that only a kernel’s sources ask for, and no other', async () => {
  const text = await readFile('docs/stub.md', 'utf8');
  const [, section] = text.split("## Over a kernel's sources only");
  const rows = section!.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const named = rows.flatMap((row) => [...row.split('|')[2]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  const units = [...(await readTreeC())].filter(([path]) => /^kernel\/tree\/.*\.c$/.test(path));
  const defined = units.flatMap(([, code]) => definedIn(code)).filter((name) => !name.startsWith('stub_'));
  expect(defined.length).toBeGreaterThan(140);
  expect(named.length).toBe(new Set(named).size);
  expect([...named].sort()).toEqual([...new Set(defined.map(calledAs))].sort());
});

test('types are as long as the kernel’s on 64 bits, as their headers say', async () => {
  const { tree } = await contractProgram();
  const layouts = await recordLayouts(await toolchain(), tree, 'contract.h', targetOf('x86_64'));
  const sizes = {
    mutex: 32,
    spinlock: 4,
    wait_queue_head: 24,
    work_struct: 32,
    timer_list: 40,
    tasklet_struct: 40,
  };
  for (const [tag, size] of Object.entries(sizes)) expect((await layouts.struct(tag)).size, tag).toBe(size);
});
