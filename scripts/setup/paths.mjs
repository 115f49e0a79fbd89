// Where things lie: the checkout, the user's cache and the pinned table.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root, whatever the current directory. */
export const rootDir = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Versions and sha256 digests of everything that set-up downloads; src/local reads the same file. */
export const pins = JSON.parse(readFileSync(join(rootDir, 'scripts', 'setup', 'pins.json'), 'utf8'));

/** The per-user cache: PERENNIAL_CACHE_DIR, else XDG_CACHE_HOME/perennial, else ~/.cache/perennial. */
export function cacheDir() {
  const own = process.env.PERENNIAL_CACHE_DIR;
  if (own) return resolve(own);
  const xdg = process.env.XDG_CACHE_HOME;
  if (xdg) return join(resolve(xdg), 'perennial');
  return join(homedir(), '.cache', 'perennial');
}

/** True where the pinned native parts exist: Linux on x64. */
export function isSupportedPlatform() {
  return process.platform === 'linux' && process.arch === 'x64';
}
