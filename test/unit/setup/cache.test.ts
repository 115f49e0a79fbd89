import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../setup/folders.js';
import { runScript, type ScriptResult } from './run-script.js';

const KEY = 'a'.repeat(64);
const modules = new URL('../../../scripts/setup/', import.meta.url).href;

// Fills an entry with one file; `slow` waits for the other process, `die` is killed after half of the file.
const FILL = `
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
const { ensureEntry } = await import('${modules}cache.mjs');
const [how, log] = process.argv.slice(1);
const { isFresh } = await ensureEntry({ part: 'part', key: '${KEY}', isThorough: how === 'thorough', fill: async (dir) => {
  appendFileSync(log, 'fill\\n');
  if (how === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(dir + '/file', 'half');
  if (how === 'die') process.kill(process.pid, 'SIGKILL');
  writeFileSync(dir + '/file', 'half and half');
  return { version: '1' };
} });
console.log(isFresh ? 'fresh' : 'cached');
`;

function cache() {
  const dir = temporaryFolder({ isOpen: true });
  const log = join(dir, 'log');
  const fill = (how: string): Promise<ScriptResult> =>
    runScript({ source: FILL, args: [how, log], env: { PERENNIAL_CACHE_DIR: dir } });
  const fills = (): number => readFileSync(log, 'utf8').split('\n').length - 1;
  return { dir, fill, fills, entry: join(dir, 'part', KEY) };
}

describe('the cache of native parts', () => {
  it('fills an entry once', async () => {
    const { fill, fills, entry } = cache();
    expect((await fill('plain')).output).toContain('fresh');
    expect((await fill('plain')).output).toContain('cached');
    expect(fills()).toBe(1);
    expect(readFileSync(join(entry, 'file'), 'utf8')).toBe('half and half');
  });

  it('has no entry after SIGKILL in the middle, and the next process makes it whole', async () => {
    const { dir, fill, entry } = cache();
    expect((await fill('die')).signal).toBe('SIGKILL');
    expect((await fill('die')).signal).toBe('SIGKILL');
    expect(existsSync(entry)).toBe(false);
    const last = await fill('plain');
    expect(last).toMatchObject({ status: 0, output: expect.stringContaining('fresh') });
    expect(readdirSync(join(dir, 'part'))).toEqual([KEY]);
    expect(readdirSync(join(dir, 'locks'))).toEqual([]);
  });

  it('lets several processes at once fill it once', async () => {
    const { fill, fills } = cache();
    const results = await Promise.all(['slow', 'slow', 'slow'].map(fill));
    expect(results.map((result) => result.status)).toEqual([0, 0, 0]);
    expect(fills()).toBe(1);
  });

  it('notices a file that is shorter, and one that was changed', async () => {
    const { fill, entry } = cache();
    await fill('plain');
    for (const damage of ['half', 'half and HALF']) {
      writeFileSync(join(entry, 'file'), damage);
      expect((await fill('plain')).output).toContain('damaged');
      expect(readFileSync(join(entry, 'file'), 'utf8')).toBe('half and half');
    }
  });

  it('notices a changed file even with size and time as before, when asked to be thorough', async () => {
    const { fill, entry } = cache();
    await fill('plain');
    const marker = JSON.parse(readFileSync(join(entry, 'complete.json'), 'utf8'));
    writeFileSync(join(entry, 'file'), 'half and HALF');
    const seconds = marker.files.file.mtimeMs / 1000;
    utimesSync(join(entry, 'file'), seconds, seconds);
    expect((await fill('thorough')).output).toContain('fresh');
    expect(readFileSync(join(entry, 'file'), 'utf8')).toBe('half and half');
  });

  it('treats an entry without a readable marker as absent', async () => {
    const { fill, entry } = cache();
    await fill('plain');
    writeFileSync(join(entry, 'complete.json'), '{"files": {"file"');
    expect((await fill('plain')).output).toContain('fresh');
  });
});

// Stands for pip and a mirror that serves something else than what is pinned.
const FALSE_PIP = `#!/bin/sh
case "$*" in
  *--version*) echo "pip 23.0 (python 3.11)" ;;
  *download*) while [ "$1" != --dest ]; do shift; done; echo other > "$2/part-1.whl" ;;
esac
`;

const FETCH = `
const { fetchFromWheel } = await import('${modules}wheel.mjs');
const { ensureEntry } = await import('${modules}cache.mjs');
const { reportFailure } = await import('${modules}say.mjs');
const pin = { package: 'part', version: '1', platform: 'any', python: '3.11', megabytes: 1, sha256: '${KEY}' };
try {
  await ensureEntry({ part: 'part', key: '${KEY}', fill: (dir) => fetchFromWheel({ pin, dir, members: {} }) });
} catch (error) {
  process.exitCode = reportFailure(error);
}
`;

describe('a download', () => {
  it('whose sha256 is not the pinned one is refused with a remedy and leaves nothing behind', async () => {
    const dir = temporaryFolder({ isOpen: true });
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'bin', 'python3'), FALSE_PIP, { mode: 0o755 });
    const env = { PERENNIAL_CACHE_DIR: join(dir, 'cache'), PATH: `${join(dir, 'bin')}:/usr/bin:/bin` };
    const result = await runScript({ source: FETCH, env });
    expect(result.status).toBe(1);
    expect(result.output).toMatch(/part 1 has sha256 [0-9a-f]{64}, expected a{64}/);
    expect(result.output).toContain('what to do: the mirror');
    expect(readdirSync(join(dir, 'cache', 'part'))).toEqual([]);
  });
});
