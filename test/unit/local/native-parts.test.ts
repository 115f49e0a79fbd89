import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findTemporalCli, findTestServer, isAtLeast, pinOf } from '#dist/local/native-parts.js';
import { temporaryFolder } from '../../setup/folders.js';

/** A program on PATH that says it is Temporal's command line tool of some version. */
function putOnPath(version: string): void {
  const dir = temporaryFolder({ isOpen: true });
  writeFileSync(join(dir, 'temporal'), `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0)"\n`);
  chmodSync(join(dir, 'temporal'), 0o755);
  vi.stubEnv('PATH', `${dir}:/usr/bin:/bin`);
}

/** A cache that holds the pinned tool. */
function filledCache(): string {
  const cacheDir = temporaryFolder({ isOpen: true });
  const { sha256, executable = '' } = pinOf('temporal-cli');
  const dir = join(cacheDir, 'temporal-cli', sha256);
  mkdirSync(join(dir, 'bin'), { recursive: true });
  writeFileSync(join(dir, executable), '');
  writeFileSync(join(dir, 'complete.json'), '{}');
  return cacheDir;
}

describe('findTemporalCli', () => {
  it('takes the one on PATH when it is as new as the pinned one', async () => {
    putOnPath(pinOf('temporal-cli').version);
    expect(await findTemporalCli({ cacheDir: filledCache() })).toMatchObject({ from: 'PATH' });
  });

  it('takes the cached one when the one on PATH is older', async () => {
    putOnPath('1.0.0');
    const { version } = pinOf('temporal-cli');
    expect(await findTemporalCli({ cacheDir: filledCache() })).toMatchObject({ from: 'cache', version });
  });

  it('prefers the configured one to both, and refuses it when it cannot be executed', async () => {
    putOnPath('99.0.0');
    const cacheDir = filledCache();
    expect(await findTemporalCli({ cacheDir, temporalCli: '/bin/true' })).toMatchObject({
      path: '/bin/true',
      from: 'configured',
    });
    await expect(findTemporalCli({ cacheDir, temporalCli: '/etc/passwd' })).rejects.toMatchObject({
      code: 'NATIVE_PART_MISSING',
      details: { variable: 'PERENNIAL_TEMPORAL_CLI' },
    });
  });

  it('does not take an entry without its marker: it may be half of one', async () => {
    vi.stubEnv('PATH', '/usr/bin:/bin');
    const cacheDir = temporaryFolder({ isOpen: true });
    mkdirSync(join(cacheDir, 'temporal-cli', pinOf('temporal-cli').sha256, 'bin'), { recursive: true });
    await expect(findTemporalCli({ cacheDir })).rejects.toThrow(/npm run setup/);
  });
});

describe('findTestServer', () => {
  it('says how to get it when it is not there', () => {
    expect(() => findTestServer({ cacheDir: '/nowhere' })).toThrow(/npm run setup/);
  });
});

describe('isAtLeast', () => {
  it.each([
    ['1.9.1', '1.9.1', true],
    ['1.10.0', '1.9.1', true],
    ['2.0.0', '1.9.1', true],
    ['1.9.0', '1.9.1', false],
    ['0.99.99', '1.9.1', false],
  ])('compares by number: %s against %s', (found, wanted, expected) => {
    expect(isAtLeast(found, wanted)).toBe(expected);
  });
});
