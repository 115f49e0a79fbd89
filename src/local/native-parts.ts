/**
 * Where the programs that set-up fetched lie. Versions and digests come from the one table, scripts/setup/pins.json, which
 * set-up reads too; the cache's layout is `<cacheDir>/<part>/<sha256>/<executable>`.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';

const run = promisify(execFile);

const pinsSchema = z.object({
  node: z.object({ minimum: z.string(), below: z.string() }),
  parts: z.record(z.string(), z.object({ version: z.string(), sha256: z.string(), executable: z.string().optional() })),
});

type PartName = 'temporal-cli' | 'temporal-test-server' | 'tensorflow';

/** An executable with where it was found, for `doctor`. */
export interface FoundProgram {
  readonly path: string;
  readonly from: 'configured' | 'PATH' | 'cache';
  readonly version: string;
}

/** The checkout or installed package: two levels above dist/local. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

function pins(): z.infer<typeof pinsSchema> {
  return pinsSchema.parse(JSON.parse(readFileSync(join(packageRoot, 'scripts', 'setup', 'pins.json'), 'utf8')));
}

/** The range of supported Node versions, `below` excluded. */
export function supportedNode(): { minimum: string; below: string } {
  return pins().node;
}

/** The pinned version and digest of a part. */
export function pinOf(part: PartName): { version: string; sha256: string; executable?: string | undefined } {
  const pin = pins().parts[part];
  if (pin === undefined) throw new PipelineError('INVARIANT_BROKEN', `pins.json has no part ${part}.`);
  return pin;
}

function cachedProgram(part: PartName, cacheDir: string): FoundProgram | undefined {
  const pin = pinOf(part);
  const dir = join(cacheDir, part, pin.sha256);
  const path = join(dir, pin.executable ?? '');
  return existsSync(join(dir, 'complete.json')) && existsSync(path)
    ? { path, from: 'cache', version: pin.version }
    : undefined;
}

function requireExecutable(path: string, variable: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new PipelineError('NATIVE_PART_MISSING', `${variable} names ${path}, which cannot be executed.`, {
      cause,
      details: { variable, path },
    });
  }
}

/** The version of a Temporal CLI, or undefined when it does not run or does not say. */
async function temporalVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return /temporal version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined; // not runnable: the next place is tried
  }
}

/** True when dotted version `found` is `wanted` or later. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [a, b] = [found, wanted].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function programOnPath(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('/bin/sh', ['-c', 'command -v "$1"', 'sh', name]);
    return stdout.trim() || undefined;
  } catch {
    return undefined; // the shell answers non-zero when there is none
  }
}

/**
 * The Temporal CLI to start: the configured one, else `temporal` on PATH when it is not older than the pinned one, else
 * the cached one. Throws NATIVE_PART_MISSING when there is none.
 */
export async function findTemporalCli(options: {
  readonly cacheDir: string;
  readonly temporalCli?: string | undefined;
}): Promise<FoundProgram> {
  const { cacheDir, temporalCli } = options;
  if (temporalCli !== undefined) {
    requireExecutable(temporalCli, 'PERENNIAL_TEMPORAL_CLI');
    return { path: temporalCli, from: 'configured', version: (await temporalVersion(temporalCli)) ?? 'unknown' };
  }
  const onPath = await programOnPath('temporal');
  const version = onPath === undefined ? undefined : await temporalVersion(onPath);
  if (onPath !== undefined && version !== undefined && isAtLeast(version, pinOf('temporal-cli').version))
    return { path: onPath, from: 'PATH', version };
  const cached = cachedProgram('temporal-cli', cacheDir);
  if (cached !== undefined) return cached;
  throw new PipelineError('NATIVE_PART_MISSING', `The Temporal CLI is not in ${cacheDir}. Run \`npm run setup\`.`, {
    details: { part: 'temporal-cli', cacheDir },
  });
}

/** The time-skipping test server: the configured one, else the cached one; NATIVE_PART_MISSING when there is none. */
export function findTestServer(options: {
  readonly cacheDir: string;
  readonly testServer?: string | undefined;
}): FoundProgram {
  const { cacheDir, testServer } = options;
  if (testServer !== undefined) {
    requireExecutable(testServer, 'PERENNIAL_TEST_SERVER');
    return { path: testServer, from: 'configured', version: 'unknown' };
  }
  const cached = cachedProgram('temporal-test-server', cacheDir);
  if (cached !== undefined) return cached;
  throw new PipelineError(
    'NATIVE_PART_MISSING',
    `The Temporal test server is not in ${cacheDir}. Run \`npm run setup\`.`,
    {
      details: { part: 'temporal-test-server', cacheDir },
    },
  );
}
