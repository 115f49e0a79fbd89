// Reads committed histories and replays them; makes changed copies of the built workflows, as another build would be.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkflowBundleOption } from '@temporalio/worker';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
export const HISTORIES = fileURLToPath(new URL('histories/', import.meta.url));

// As in scripts/export-histories.mjs: the copy of protobufjs that made the schema, since the SDK's own reader refuses it
// when npm has nested several copies.
const require = createRequire(import.meta.url);
const nearSchema = createRequire(require.resolve('@temporalio/proto'));
const { fromJson } = nearSchema('protobufjs/ext/protojson') as {
  fromJson: (
    type: unknown,
    json: unknown,
    options: { ignoreUnknownFields: boolean },
  ) => proto.temporal.api.history.v1.History;
};
const historyType = (
  patchProtobufRoot(proto as unknown as Record<string, unknown>) as unknown as { lookupType: (name: string) => unknown }
).lookupType('temporal.api.history.v1.History');

interface NamedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly history: proto.temporal.api.history.v1.History;
}

export function readHistories(folder: string): NamedHistory[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const { workflowId, ...history } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { workflowId: string };
    return {
      name: file.replace('.json', ''),
      workflowId,
      history: fromJson(historyType, history, { ignoreUnknownFields: true }),
    };
  });
}

/** What is wrong with each, by name; nothing for those that replay. */
export async function replay(
  workflowBundle: WorkflowBundleOption,
  histories: readonly NamedHistory[],
): Promise<Map<string, string>> {
  const faults = new Map<string, string>();
  let at = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    const { name } = histories[at++]!;
    if (error !== undefined) faults.set(name, `${error.name}: ${error.message}`);
  }
  if (at !== histories.length) throw new Error(`${at} of ${histories.length} histories were replayed.`);
  return faults;
}

/** The built workflows with one text of a file replaced, bundled. Beside the build, where imports of packages resolve. */
export async function bundleOfVariant(
  name: string,
  change: { readonly file: string; readonly edit: (text: string) => string },
): Promise<WorkflowBundleOption> {
  const folder = join(DIST, `variant-${name}-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    for (const room of ['core', 'workflows']) cpSync(join(DIST, room), join(folder, room), { recursive: true });
    const path = join(folder, change.file);
    const before = readFileSync(path, 'utf8');
    const after = change.edit(before);
    if (after === before) throw new Error(`${change.file} has no such text to change: adapt the test.`);
    writeFileSync(path, after);
    return await bundleWorkflowCode({
      workflowsPath: join(folder, 'workflows', 'index.js'),
      logger: new DefaultLogger('ERROR'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
