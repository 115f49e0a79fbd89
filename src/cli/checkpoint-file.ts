/**
 * The signed audit checkpoint of `perennial verify`, in the state folder: outside the database, so that whoever can cut the
 * audit there cannot cut this as well. Key and checkpoint are readable by their owner alone.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import { ensureStateDir, writePrivateFile } from '../local/state-dir.js';
import type { AuditCheckpoint } from '../registry/audit.js';
import {
  createCheckpointKeys,
  nextCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from '../registry/audit-checkpoint.js';
import type { ModelVerification } from '../registry/audit-verify.js';

const keysSchema = z.object({ privateKey: z.string(), publicKey: z.string() });
type Keys = z.infer<typeof keysSchema>;

const keyPath = (stateDir: string): string => join(stateDir, 'audit-key.json');
export const checkpointPath = (stateDir: string): string => join(stateDir, 'audit-checkpoint.json');

function readKeys(stateDir: string): Keys {
  const path = keyPath(stateDir);
  try {
    return keysSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new PipelineError(
      'ARTIFACT_MISSING',
      `${path}, which signed ${checkpointPath(stateDir)}, cannot be read. Restore it; or, if it is lost for good, remove both files: the next verification begins anew and cannot tell what was cut before.`,
      { cause },
    );
  }
}

/** Of two processes that make the first key at the same time, one wins and both use its key. */
function ensureKeys(stateDir: string): Keys {
  const path = keyPath(stateDir);
  if (!existsSync(path)) {
    const own = `${path}.${randomUUID()}`;
    writePrivateFile(own, JSON.stringify(createCheckpointKeys()));
    try {
      linkSync(own, path); // appears whole, or not at all
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(own, { force: true });
    }
  }
  return readKeys(stateDir);
}

/** Null before the first one. @throws ARTIFACT_MISSING without its key, ARTIFACT_DIGEST_MISMATCH when it was changed */
function readCheckpoint(stateDir: string): AuditCheckpoint | null {
  const path = checkpointPath(stateDir);
  if (!existsSync(path)) return null;
  return verifyCheckpoint(readFileSync(path, 'utf8'), readKeys(stateDir).publicKey);
}

/**
 * Verifies against the last checkpoint; when everything is whole, notes where the chains end now. A broken chain leaves the
 * checkpoint as it is: it stays the proof.
 */
export async function verifyAgainstCheckpoint(
  stateDir: string,
  verify: (checkpoint: AuditCheckpoint | null) => Promise<readonly ModelVerification[]>,
): Promise<readonly ModelVerification[]> {
  const before = readCheckpoint(stateDir);
  const results = await verify(before);
  if (results.some(({ brokenSeq }) => brokenSeq !== null)) return results;
  ensureStateDir(stateDir);
  const next = nextCheckpoint(results, { before, takenAt: new Date().toISOString() });
  writePrivateFile(checkpointPath(stateDir), signCheckpoint(next, ensureKeys(stateDir).privateKey));
  return results;
}
