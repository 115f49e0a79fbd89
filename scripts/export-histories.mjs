// Exports histories of real workflows as test/replay/histories/<type>-<outcome>.json, which `npm test` replays against the
// current build. One command: `node scripts/export-histories.mjs --address 127.0.0.1:7233`. Of each type and outcome the
// longest history counts (at most MAX_EVENTS); a file whose outcome the server has not seen stays as it is. Name workflow
// ids to take only those: `... flights-all-past retrain/flights/3`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { patchProtobufRoot } from '@temporalio/proto/lib/patch-protobuf-root.js';

// The SDK's own historyToJSON refuses the schema when npm has nested several copies of protobufjs: this takes the copy that
// made the schema.
const require = createRequire(import.meta.url);
const { toJson } = createRequire(require.resolve('@temporalio/proto'))('protobufjs/ext/protojson');
const historyType = patchProtobufRoot(proto).lookupType('temporal.api.history.v1.History');
const historyToJson = (history) => toJson(historyType, historyType.fromObject(history));

const TYPES = [
  'backfillWorkflow',
  'inferSchemaWorkflow',
  'modelCoordinatorWorkflow',
  'monitorWorkflow',
  'pollMonitorWorkflow',
  'retrainWorkflow',
  'scheduledTickWorkflow',
  'scoreVersionsWorkflow',
];
const MAX_EVENTS = 2_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: 'string', default: '127.0.0.1:7233' },
    namespace: { type: 'string', default: 'default' },
    /** Narrows the list, e.g. `TaskQueue='perennial'`. */
    query: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '..', 'test', 'replay', 'histories') },
  },
});

/** Machine names and paths say nothing to a replay and do not belong in a repository. */
function scrub(value) {
  // Sticky queues are named after process and host.
  if (typeof value === 'string') return value.replace(/^\d+@[\w.-]+/, 'worker');
  if (Array.isArray(value)) return value.map(scrub);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key === 'identity') return [key, 'worker'];
      if (key === 'stackTrace') return [key, ''];
      return [key, scrub(member)];
    }),
  );
}

function decoded(payloads) {
  const data = payloads?.payloads?.[0]?.data;
  return data === undefined ? undefined : JSON.parse(Buffer.from(data, 'base64').toString('utf8'));
}

/** How the workflow ended, in one word; from its last event, so that it is what the history itself says. */
function outcomeOf(history) {
  const last = history.events.at(-1);
  if (last.workflowExecutionCompletedEventAttributes !== undefined) {
    const result = decoded(last.workflowExecutionCompletedEventAttributes.result);
    return result?.kind ?? result?.state ?? 'completed';
  }
  if (last.workflowExecutionFailedEventAttributes !== undefined) return 'failed';
  if (last.workflowExecutionContinuedAsNewEventAttributes !== undefined) return 'continued';
  if (last.workflowExecutionTerminatedEventAttributes !== undefined) return null;
  return 'running';
}

async function* candidates(client) {
  if (positionals.length > 0) {
    for (const workflowId of positionals) yield await client.workflow.getHandle(workflowId).describe();
    return;
  }
  const narrowed = values.query === undefined ? '' : ` and (${values.query})`;
  for (const type of TYPES) yield* client.workflow.list({ query: `WorkflowType='${type}'${narrowed}` });
}

function eventsOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).events.length;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return 0;
  }
}

const connection = await Connection.connect({ address: values.address });
try {
  const client = new Client({ connection, namespace: values.namespace });
  const chosen = new Map();
  for await (const found of candidates(client)) {
    if (found.historyLength > MAX_EVENTS) continue;
    const handle = client.workflow.getHandle(found.workflowId, found.runId);
    const history = scrub(historyToJson(await handle.fetchHistory()));
    const outcome = outcomeOf(history);
    // Cut off in the middle by an operator: nothing that our code decided.
    if (outcome === null || history.events.length < 4) continue;
    const name = `${found.type}-${outcome}`;
    if ((chosen.get(name)?.history.events.length ?? 0) < history.events.length) {
      chosen.set(name, { workflowId: found.workflowId, history });
    }
  }
  mkdirSync(values.out, { recursive: true });
  for (const [name, { workflowId, history }] of [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = join(values.out, `${name}.json`);
    const before = eventsOf(path);
    const events = history.events.map((event) => JSON.stringify(event));
    writeFileSync(path, `{"workflowId":${JSON.stringify(workflowId)},"events":[\n${events.join(',\n')}\n]}\n`);
    process.stdout.write(`${name}.json  ${history.events.length} events of ${workflowId} (before: ${before})\n`);
  }
  if (chosen.size === 0) {
    process.stderr.write(`No workflow of perennial was found at ${values.address}.\n`);
    process.exitCode = 1;
  }
} finally {
  await connection.close();
}
