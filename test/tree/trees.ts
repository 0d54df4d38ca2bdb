// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  alone,
  debianCache,
  download,
  filesIn,
  type Package,
  type Progress,
  packageFile,
  unpacked,
  untar,
} from '../support/debian.js';

const archive = 'http://deb.debian.org/debian/pool/main/l/linux';
const security = 'pool/updates/main/l/linux';

/** A package of Debian's sources: where it is now, and where it stays when the archive has dropped it. */
function source(file: string, of: 'main' | 'security', bytes: number, sha256: string, sha1: string): Package {
  const current =
    of === 'main'
      ? [`${archive}/${file}`, `https://ftp.debian.org/debian/pool/main/l/linux/${file}`]
      : [
          `http://deb.debian.org/debian-security/${security}/${file}`,
          `http://security.debian.org/debian-security/${security}/${file}`,
        ];
  return { urls: [...current, `https://snapshot.debian.org/file/${sha1}`], sha256, bytes };
}

/** Sources of kernels as Debian ships them, by version. What they have is to be judged by their code. */
export const debianSources = {
  '6.1.170': source(
    'linux-source-6.1_6.1.170-3_all.deb',
    'main',
    139_047_704,
    '0543813917cb88087d40385c0ac2581eac5cf61911e5a53258ff7997fa621478',
    '48ad3c5651d70e739c3fd326af6217b2aa4d3b62',
  ),
  '6.1.192': source(
    'linux-source-6.1_6.1.192-3_all.deb',
    'security',
    139_330_232,
    '5259c57ca92092da39bd2ea803046da0e3c28f2b6a11ea20f6297468188ceb67',
    'a3cb99cf6fc83b54082c3329b55f0bb3ad2b1197',
  ),
  '6.12.95': source(
    'linux-source-6.12_6.12.95-1~bpo12+1_all.deb',
    'main',
    152_599_636,
    'a7fe4673af74236c99dad9766eca714a198e50a07e5d659e63ec312ae6afccfe',
    'a52b732dc062e231982d9e138bdc8b9a23c3f68d',
  ),
  '6.12.117': source(
    'linux-source-6.12_6.12.117-1_all.deb',
    'security',
    153_474_904,
    '9141325315c7f1eca682113d185a8c77c82814aa6e32f7e127e61d6106403835',
    'ddb56462304b35962000df021cd2cd9619ad1793',
  ),
  '7.2.13': source(
    'linux-source-7.2_7.2.13-1_all.deb',
    'main',
    164_108_840,
    '30a8c5fc63f9028a62e6d7b3f7f43bee67425dbce2a05fceba83f9b87c92083d',
    '60368f43b412a8b7a3d89caf48222aaa1c434364',
  ),
} as const;

export type TreeName = keyof typeof debianSources;
export const treeNames = Object.keys(debianSources) as TreeName[];

/** What of a tree is kept: what lostbit reads of it, and makefiles of other folders. A new name of `kept` goes with a change. */
const kept = 'debian-trees/1';
const wanted =
  /^(?:Makefile|init\/Kconfig|scripts\/Makefile\.lib|(?:include|lib|virt\/lib|drivers\/(?:iommu|md|usb\/core|vfio)|net\/bluetooth)\/(?:.*\/)?(?:[^/]+\.[ch]|Makefile|Kbuild|Kconfig))$/;

/** Trees by version, as somebody has unpacked them: `LOSTBIT_TREES`, or the user's cache. */
const treesFolder = (): string => process.env.LOSTBIT_TREES || debianCache(kept);

export type Found = { readonly dir: string } | { readonly missing: string };

/** The versions that Debian ships, and what else lies beside them, from the oldest on that has a core module. */
export function allTreeNames(): string[] {
  const folder = treesFolder();
  const beside = existsSync(folder) ? readdirSync(folder).filter((name) => isTree(join(folder, name))) : [];
  const isNewEnough = (name: string) => /^(?:[6-9]|\d\d)\.\d/.test(name);
  return [...new Set([...treeNames, ...beside.filter(isNewEnough)])];
}

/** The directory with a version's sources. Nothing is fetched: where they are not there, a sentence says how to get them. */
export function debianTree(name: string): Found {
  const dir = join(treesFolder(), name);
  if (isTree(dir)) return { dir };
  return { missing: `no sources of Linux ${name}; npx jiti test/tree/fetch.ts ${name}` };
}

/** The same, fetched where they are not there. Where they cannot be had, a sentence why. */
export async function fetchDebianTree(
  name: TreeName,
  progress?: Progress,
  signal?: AbortSignal,
): Promise<Found> {
  const dir = join(treesFolder(), name);
  if (isTree(dir)) return { dir };
  try {
    await alone(
      `${dir}.lock`,
      async () => {
        // Another process may have been faster.
        if (!isTree(dir)) await fetchTree(name, dir, progress, signal);
      },
      signal,
    );
    return { dir };
  } catch (error) {
    signal?.throwIfAborted();
    return { missing: `no sources of Linux ${name}: ${error instanceof Error ? error.message : error}` };
  }
}

const isTree = (dir: string): boolean => existsSync(join(dir, 'Makefile'));

async function fetchTree(
  name: TreeName,
  dir: string,
  progress: Progress = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const from = debianSources[name];
  const deb = packageFile(dirname(dir), from);
  if (!existsSync(deb)) await download(from, deb, progress, signal);
  progress(`unpacking ${name}`);
  const beside = `${dir}.new`;
  await rm(beside, { recursive: true, force: true });
  try {
    await unpackSources(deb, beside, signal);
    await rename(beside, dir);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    throw error;
  }
  await rm(deb);
}

/** What is wanted of the archive that is in a package. */
async function unpackSources(deb: string, into: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const { path, content } of filesIn(deb)) {
    if (!/^usr\/src\/linux-source-[\d.]+\.tar\.xz$/.test(path)) continue;
    for await (const file of untar(unpacked(path, content))) {
      signal?.throwIfAborted();
      // Of the folder that all of it is in.
      const inTree = file.path.slice(file.path.indexOf('/') + 1);
      if (!wanted.test(inTree) || inTree.split('/').includes('..')) continue;
      const parts: Buffer[] = [];
      for await (const part of file.content) parts.push(part);
      const to = join(into, inTree);
      await mkdir(dirname(to), { recursive: true });
      await writeFile(to, Buffer.concat(parts));
    }
    return;
  }
  throw new Error(`${deb} has no sources of a kernel (${statSync(deb).size} bytes)`);
}
