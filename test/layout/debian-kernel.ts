// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { alone, debianCache, download, filesIn, packageFile } from '../support/debian.js';

const MIRROR = 'http://deb.debian.org';

/**
 * The path of `vfio-pci-core.ko`, as it is packed in a Debian kernel package: `at` is the package's place on the
 * mirror. The module alone is kept, in the user's cache. Where it cannot be had, a sentence why.
 */
export async function vfioPciCore(at: string): Promise<{ path: string } | { missing: string }> {
  const folder = debianCache('debian-kernels');
  const path = join(folder, basename(at).replace(/\.deb$/, '.vfio-pci-core.ko'));
  const from = { urls: [`${MIRROR}/${at}`] };
  try {
    return await alone(`${path}.lock`, async () => {
      if (existsSync(path)) return { path };
      const deb = packageFile(folder, from);
      await download(from, deb);
      try {
        for await (const { path: packed, content } of filesIn(deb)) {
          if (!/\/vfio-pci-core\.ko(?:\.\w+)?$/.test(packed)) continue;
          const parts: Buffer[] = [];
          for await (const part of content) parts.push(part);
          await writeFile(`${path}.new`, Buffer.concat(parts));
          await rename(`${path}.new`, path);
          return { path };
        }
        return { missing: `${MIRROR}/${at} has no vfio-pci-core.ko` };
      } finally {
        await rm(deb, { force: true });
      }
    });
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
