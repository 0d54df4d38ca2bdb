// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { onPath } from './compile.js';

const MIRROR = 'http://deb.debian.org';
/** Milliseconds that a mirror has for a package of a hundred megabytes. */
const PATIENCE = 90_000;

/**
 * The path of `vfio-pci-core.ko`, as it is packed in a Debian kernel package: `at` is the package's place on the
 * mirror. The module alone is kept, in the user's cache. Where it cannot be had, a sentence why.
 */
export async function vfioPciCore(at: string): Promise<{ path: string } | { missing: string }> {
  const folder = join(envPaths('lostbit', { suffix: '' }).cache, 'debian-kernels');
  const name = at.slice(at.lastIndexOf('/') + 1).replace(/\.deb$/, '.vfio-pci-core.ko');
  const path = join(folder, name);
  if (existsSync(path)) return { path };
  if (!onPath('dpkg-deb')) return { missing: 'no dpkg-deb to open the package with' };
  const scratch = mkdtempSync(join(tmpdir(), 'lostbit-kernel-'));
  try {
    const answer = await fetch(`${MIRROR}/${at}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) return { missing: `${MIRROR}/${at}: ${answer.status} ${answer.statusText}` };
    writeFileSync(join(scratch, 'deb'), new Uint8Array(await answer.arrayBuffer()));
    const take = 'dpkg-deb --fsys-tarfile deb | tar -xO --wildcards "*/vfio-pci-core.ko*" >ko';
    execFileSync('sh', ['-c', take], { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] });
    mkdirSync(folder, { recursive: true });
    const partial = `${path}.${process.pid}`;
    copyFileSync(join(scratch, 'ko'), partial);
    renameSync(partial, path);
    return { path };
  } catch (error) {
    return { missing: `${MIRROR}/${at}: ${error instanceof Error ? error.message : error}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
