import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sitesOf } from '../../../src/engine/instrument/sites.js';
import { compileWasm } from '../../layout/compile.js';

const source = readFileSync(new URL('fixtures/bits.c', import.meta.url), 'utf8');

it.each(['-O1', '-O2', '-Os'].flatMap(o => ['fine', 'wide'].map(b => [o, b] as const)))('x', async (o, b) => {
  const m = await compileWasm({ 'bits.c': source }, ['-g', '-matomics', '-mbulk-memory', o, ...(b === 'fine' ? ['-ffine-grained-bitfield-accesses'] : [])]);
  const out = new Map<string, string>();
  for (const s of sitesOf(m)) out.set(s.function, `${out.get(s.function) ?? ''} ${s.kind}${s.bytes}:${s.mask.toString(16)}`);
  console.log(o, b, [...out].map(([a, b]) => a + ' ' + b).join('\n'));
});
