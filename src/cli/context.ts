import { grouped } from '../report/race-table.js';
import { loadStage } from '../source/stage.js';
import { type Build, buildModule } from '../toolchain/build.js';
import { openToolchain } from '../toolchain/find.js';
import type { BuildOptions } from './options.js';
import type { Status } from './status.js';

/** What a running command shares: its status line, and the signal that ends it early. */
export interface Context {
  readonly status: Status;
  readonly signal: AbortSignal;
  /** Tell more than is needed. */
  readonly verbose: boolean;
}

/** What a build made, and out of what. */
export function describeBuild(
  stage: string,
  { bytes, compiled, cached, repaired, seconds, key }: Build,
): string {
  const mended = repaired > 0 ? `, ${repaired} damaged entries of the cache made again` : '';
  const made = `${compiled} compiled, ${cached} from the cache${mended}`;
  return `${stage}: ${grouped(bytes.length)} bytes, ${made}, ${seconds.toFixed(1)} s, sha256 ${key.slice(0, 16)}`;
}

/** Builds stages one after the other with one toolchain, telling how far it is; warnings go to standard error. */
export async function buildStages(
  stages: readonly string[],
  options: BuildOptions,
  { status, signal, verbose }: Context,
): Promise<Map<string, Build>> {
  // All names first: a misspelt last one should not cost the building of the others.
  const sources = await Promise.all(stages.map((name) => loadStage(name)));
  const toolchain = await openToolchain(options.toolchain);
  try {
    const builds = new Map<string, Build>();
    for (const source of sources) {
      const subject = `building ${source.name} with ${options.toolchain}`;
      status.update(subject);
      const build = await buildModule(source.tree, toolchain, options, {
        signal,
        progress: ({ done, total, unit }) => status.update(subject, `${done}/${total} ${unit}`),
        diagnostics: (text) => {
          status.clear();
          process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
        },
      });
      builds.set(source.name, build);
      if (verbose) {
        status.clear();
        process.stderr.write(`${describeBuild(source.name, build)}\n`);
      }
    }
    return builds;
  } finally {
    status.clear();
    await toolchain.close();
  }
}
