/** Whether a Postgres server runs on a data folder: asked before starting one there and before removing the folder. */
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** The pid of a postmaster that runs on `dataDir` now; undefined when none does or another program has its old pid. */
export function runningPostmaster(dataDir: string): number | undefined {
  const path = join(dataDir, 'postmaster.pid');
  if (!existsSync(path)) return undefined;
  const pid = Number(readFileSync(path, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir) ? pid : undefined;
  } catch {
    return undefined; // gone, or another user's process: a postmaster of this folder would be ours
  }
}
