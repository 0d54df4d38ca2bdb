// SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only
import { spawnSync } from 'node:child_process';
import * as zlib from 'node:zlib';
import xz from 'xz-decompress';
import { LostbitError } from '../errors.js';

/** Larger than any kernel with its debug information; what unpacks to more is no kernel file. */
const LARGEST = 2 ** 30;
/** How many times its size a file may become: debug information shrinks to a tenth at best, a kernel module too. */
const MOST_TIMES = 16;
/** Bytes that any file may become, however small it is. */
const FEW = 2 ** 24;

/**
 * How many bytes a file may become, all that is packed in it together: some kilobytes can be made to unpack to any
 * number of them.
 */
export class UnpackBudget {
  #left: number;

  /** @param size of the file as it is stored, bytes. */
  constructor(size: number) {
    this.#left = Math.min(LARGEST, FEW + MOST_TIMES * size);
  }

  /** Bytes. */
  get left(): number {
    return this.#left;
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }
}

/** Node has zstd from 22.15 on; that of Node 22 takes what ends too early for whole. */
const hasZstd = Number.parseInt(process.versions.node, 10) >= 24;
const { zstdDecompressSync } = (hasZstd ? zlib : {}) as {
  zstdDecompressSync?: (packed: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
};

/** A way of packing a whole file, as `.ko` files are. */
interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Unpacks to at most `largest` bytes; throws an error with the reason. */
  readonly unpack: (packed: Uint8Array, largest: number) => Uint8Array | Promise<Uint8Array>;
}

const PACKINGS: readonly Packing[] = [
  {
    name: 'gzip',
    magic: [0x1f, 0x8b],
    unpack: (packed, maxOutputLength) => zlib.gunzipSync(packed, { maxOutputLength }),
  },
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    unpack: unxz,
  },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
];

/**
 * A file as it was before gzip, xz or zstd packed it; any other file as it is. zstd where Node lacks it, and xz with
 * filters that kernel modules have not, are unpacked by the commands of those names. Throws `E_UNPACK`; `what` names the content.
 */
export async function unpack(
  file: Uint8Array,
  what: string,
  budget = new UnpackBudget(file.length),
): Promise<Uint8Array> {
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, i) => file[i] === byte));
  if (packing === undefined) return file;
  try {
    const unpacked = await packing.unpack(file, budget.left);
    budget.take(unpacked.length);
    return unpacked;
  } catch (error) {
    if (error instanceof LostbitError) throw error;
    const reason = isTooLong(error)
      ? `it would be more than ${budget.left} bytes`
      : error instanceof Error
        ? error.message
        : String(error);
    const message = `${what} is packed by ${packing.name} and cannot be unpacked: ${reason}`;
    throw new LostbitError('E_UNPACK', message, {}, error);
  }
}

/** What zlib, and a command that prints more than it may, say. */
function isTooLong(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_BUFFER_TOO_LARGE' || code === 'ENOBUFS';
}

/** The error codes of xz-decompress, which are the results of XZ Embedded. */
const XZ_RESULTS: ReadonlyMap<string, string> = new Map([
  ['3', 'there is no memory for it'],
  ['5', 'it is not xz'],
  ['7', 'its data is corrupt'],
  ['8', 'it ends too early'],
]);
/** Filters for machine code, which whole kernels are packed with and modules are not. */
const XZ_FILTERED = '6';

async function unxz(packed: Uint8Array, largest: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = new xz.XzReadableStream(new Blob([new Uint8Array(packed)]).stream()).getReader();
  try {
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      size += value!.length;
      if (size > largest) throw new Error(`it would be more than ${largest} bytes`);
      parts.push(value!);
    }
  } catch (error) {
    const result = /error code (\d+)/.exec((error as Error).message)?.[1] ?? '';
    if (result === XZ_FILTERED) return byCommand('xz', packed, largest);
    throw XZ_RESULTS.has(result) ? new Error(XZ_RESULTS.get(result), { cause: error }) : error;
  } finally {
    await reader.cancel().catch(() => {});
  }
  return Buffer.concat(parts, size);
}

/** Unpacks zstd. Throws `E_UNPACK` where there is nothing to do it with, and anything where it is corrupt. */
export function unzstd(packed: Uint8Array, maxOutputLength: number): Uint8Array {
  return zstdDecompressSync?.(packed, { maxOutputLength }) ?? byCommand('zstd', packed, maxOutputLength);
}

/** Seconds; 1 GiB takes a few. */
const patience = 60;

function byCommand(command: string, input: Uint8Array, maxBuffer: number): Uint8Array {
  // One byte more, so that what is exactly as large as allowed does not look cut.
  const { error, status, stdout, stderr } = spawnSync(command, ['-d', '-c'], {
    input,
    maxBuffer: maxBuffer + 1,
    timeout: patience * 1000,
    killSignal: 'SIGKILL',
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    throw new LostbitError('E_UNPACK', `there is no command '${command}' to unpack a file with`, {
      hint: `install ${command}, or unpack the file elsewhere`,
    });
  // A command that fails early closes its input, which is an error too; the reason is in what it prints.
  if (status !== null && status !== 0) throw new Error(stderr.toString().trim().split('\n')[0]);
  if (error !== undefined) throw error;
  return stdout;
}
