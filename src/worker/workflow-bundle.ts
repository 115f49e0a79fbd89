/**
 * The workflow bundle, built once from dist/ and kept beside it under the digest of its sources: the 2 to 3 seconds of
 * webpack are paid once a build, not once a process or a test file.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const DIST = dirname(dirname(fileURLToPath(import.meta.url)));

async function sourceDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const room of ['core', 'workflows']) {
    const names = (await readdir(join(DIST, room), { recursive: true })).filter((name) => name.endsWith('.js')).sort();
    for (const name of names)
      hash
        .update(name)
        .update('\0')
        .update(await readFile(join(DIST, room, name)))
        .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

export async function loadWorkflowBundle(): Promise<{ codePath: string }> {
  const codePath = join(DIST, 'bundles', `workflows-${await sourceDigest()}.js`);
  if (existsSync(codePath)) return { codePath };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(DIST, 'workflows', 'index.js'),
    payloadConverterPath: join(DIST, 'workflows', 'lenient-converter.js'),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(dirname(codePath), { recursive: true });
  const partial = `${codePath}.${process.pid}`;
  await writeFile(partial, code);
  await rename(partial, codePath);
  return { codePath };
}
