/** Temporary folders that go away with the test that made them. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A folder for the running test. `isOpen` lets other accounts pass through it, as Postgres needs under root to keep its
 * data inside; a closed one exercises the way around.
 */
export function temporaryFolder(options: { readonly isOpen: boolean }): string {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-folder-'));
  if (options.isOpen) chmodSync(folder, 0o711);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
