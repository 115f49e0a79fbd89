// The one door of `npm start`, `npm test` and the other npm scripts: on a bare clone it sets everything up, step by step
// and idempotently, then does the job. Uses Node's own modules only, since nothing is installed yet.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureNativeParts } from './setup/native.mjs';
import { rootDir } from './setup/paths.mjs';
import { runTests } from './setup/run-tests.mjs';
import { reportFailure, SetupError, say, secondsSince } from './setup/say.mjs';
import { requireNode } from './setup/tools.mjs';

const PARENT_CHECK_MS = 1_000;

/** Continues as another script of this project, in this process, so that signals and exit status are its own. */
async function become(path, args) {
  if (!existsSync(path))
    throw new SetupError(`${path} does not exist`, 'this checkout is not complete: clone it again');
  process.argv = [process.execPath, path, ...args];
  await import(pathToFileURL(path).href);
}

/**
 * npm dies of SIGTERM without telling the program behind its shell. When npm started us and is gone, we end as if the
 * signal had reached us; whoever runs this file directly may well leave it running.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

async function setUp({ isThorough, needsBuild }) {
  const startedAtMs = Date.now();
  requireNode();
  await ensureDependencies();
  await ensureNativeParts({ isThorough });
  if (needsBuild) await ensureBuild();
  say(`set-up: complete (${secondsSince(startedAtMs)})`);
}

const JOBS = {
  setup: async () => undefined,
  parts: async () => undefined,
  build: async () => undefined,
  start: (args) => become(join(rootDir, 'dist', 'cli', 'main.js'), ['start', ...args]),
  test: async (args) => {
    process.exitCode = await runTests(args);
  },
  bench: (args) => become(join(rootDir, 'scripts', 'bench', 'main.mjs'), args),
  faults: (args) => become(join(rootDir, 'scripts', 'faults', 'main.mjs'), args),
  simulate: (args) => become(join(rootDir, 'scripts', 'simulate', 'main.mjs'), args),
};

async function main([name = '', ...args]) {
  const job = Object.hasOwn(JOBS, name) ? JOBS[name] : undefined;
  if (job === undefined) throw new SetupError(`unknown job "${name}"`, `use one of: ${Object.keys(JOBS).join(', ')}`);
  endWithNpm();
  // `setup` is what repairs: it hashes every cached file. The tests build for themselves, as one of their checks; `parts`
  // stops before the build, for an image's layer without sources.
  await setUp({ isThorough: name === 'setup', needsBuild: name !== 'test' && name !== 'parts' });
  await job(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportFailure(error);
}
