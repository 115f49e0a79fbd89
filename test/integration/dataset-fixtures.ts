// The same rows as Parquet, CSV and a Postgres table, a spec over each, and a store: what the dataset tests share.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import type { ArtifactStore, Dataset, FreezeRequest } from '#dist/activities/deps.js';
import { type ColumnTable, decodeColumnTable } from '#dist/core/column-table.js';
import { type PipelineSpec, specSchema } from '#dist/core/spec/schema.js';
import type { SnapshotRef } from '#dist/core/types.js';
import { createDataset } from '#dist/dataset/create-dataset.js';
import { createLocalStore } from '#dist/storage/local-store.js';

/** Every value as text, cast where it is written: NaN and infinity have no JSON. */
export type Row = Readonly<Record<string, string | null>>;
/** Column -> type, in a spelling that DuckDB and Postgres share. */
export type Types = Readonly<Record<string, string>>;
export type Kind = 'parquet' | 'csv' | 'postgres';

export const noSignal = (): AbortSignal => new AbortController().signal;
const ident = (name: string): string => `"${name.replaceAll('"', '""')}"`;

async function runDuck(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

async function writeParquet(path: string, types: Types, rows: readonly Row[]): Promise<void> {
  const json = `${path}.json`;
  await writeFile(json, JSON.stringify(rows));
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const names = Object.keys(types).map((name) => `${quote(name)}: 'VARCHAR'`);
  const select = Object.entries(types).map(([name, type]) => `CAST(${ident(name)} AS ${type}) AS ${ident(name)}`);
  await runDuck(
    `COPY (SELECT ${select.join(', ')} FROM read_json('${json}', columns = {${names.join(', ')}}, maximum_object_size = 100000000)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
}

async function writeCsv(path: string, types: Types, rows: readonly Row[]): Promise<void> {
  const cell = (value: string | null | undefined): string => (value == null ? '' : `"${value.replaceAll('"', '""')}"`);
  const names = Object.keys(types);
  const lines = [names.map(cell), ...rows.map((row) => names.map((name) => cell(row[name])))];
  await writeFile(path, `${lines.map((line) => line.join(',')).join('\n')}\n`);
}

async function writeTable(
  url: string,
  table: string,
  options: { readonly types: Types; readonly rows: readonly Row[] },
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const columns = Object.entries(options.types).map(([name, type]) => `${ident(name)} ${type}`);
    await client.query(`CREATE TABLE ${ident(table)} (${columns.join(', ')})`);
    await client.query(
      `INSERT INTO ${ident(table)} SELECT * FROM json_populate_recordset(null::${ident(table)}, $1::json)`,
      [JSON.stringify(options.rows)],
    );
  } finally {
    await client.end();
  }
}

export interface World {
  readonly dir: string;
  readonly store: ArtifactStore;
  readonly dataset: Dataset;
}

export function makeWorld(dir: string, options: { url?: string; threads?: number; heldMb?: number } = {}): World {
  const store = createLocalStore(join(dir, 'store'));
  const limits = options.threads === undefined ? {} : { limits: { memoryMb: 1024, threads: options.threads } };
  const held = options.heldMb === undefined ? {} : { heldMb: options.heldMb };
  const scratchDir = join(dir, 'scratch');
  return {
    dir,
    store,
    dataset: createDataset({ store, scratchDir, connectionUrl: () => options.url, ...limits, ...held }),
  };
}

/** Writes rows as the kind says and gives the source's part of a spec. `labels` is a second relation. */
export async function writeSource(
  world: World,
  kind: Kind,
  data: {
    readonly types: Types;
    readonly rows: readonly Row[];
    readonly columns?: Readonly<Record<string, string>>;
    readonly labels?: {
      readonly types: Types;
      readonly rows: readonly Row[];
      readonly columns?: Readonly<Record<string, string>>;
    };
    readonly url?: string;
  },
): Promise<Record<string, unknown>> {
  const put = async (types: Types, rows: readonly Row[]): Promise<Record<string, string>> => {
    const name = `t_${randomUUID().slice(0, 8)}`;
    await mkdir(world.dir, { recursive: true });
    if (kind === 'postgres') {
      await writeTable(data.url ?? '', name, { types, rows });
      return { table: name };
    }
    const path = join(world.dir, `${name}.${kind}`);
    await (kind === 'parquet' ? writeParquet : writeCsv)(path, types, rows);
    return { path };
  };
  const columns = data.columns === undefined ? {} : { columns: data.columns };
  const source = { kind, ...(await put(data.types, data.rows)), ...columns };
  if (data.labels === undefined) return source;
  const labels = { ...(await put(data.labels.types, data.labels.rows)), columns: data.labels.columns ?? {} };
  return { ...source, labels };
}

export const parseSpec = (parts: Record<string, unknown>): PipelineSpec =>
  specSchema.parse({
    model: 'test',
    features: [{ kind: 'numeric', name: 'x' }],
    window: { expanding: '2001-01-01' },
    gates: [{ metric: 'auc', min: 0.5 }],
    ...parts,
  });

export const JANUARY = { start: '2001-01-01T00:00:00.000Z', end: '2001-02-01T00:00:00.000Z' };
export const LATER = '2002-01-01T00:00:00.000Z';

export const freezeRequest = (change: Partial<FreezeRequest> = {}): FreezeRequest => ({
  kind: 'training',
  window: JANUARY,
  inputsAsOf: LATER,
  labelsAsOf: LATER,
  excluding: [],
  last: null,
  ...change,
});

export const freeze = (world: World, spec: PipelineSpec, change: Partial<FreezeRequest> = {}): Promise<SnapshotRef> =>
  world.dataset.freeze(spec, freezeRequest(change), { signal: noSignal() });

/** What the tests read of a manifest. */
interface Manifest {
  readonly isAsOfGuaranteed: unknown;
  readonly rows: unknown;
  readonly quarantined: unknown;
  readonly profile: Readonly<
    Record<
      string,
      | { count: number; nulls: number; histogram: { edges: number[]; counts: number[] }; top: [string, number][] }
      | undefined
    >
  >;
}

export async function readManifest(world: World, snapshot: SnapshotRef): Promise<Manifest> {
  return JSON.parse((await world.store.read(snapshot.manifest)).toString('utf8'));
}

export async function readTable(world: World, spec: PipelineSpec, snapshot: SnapshotRef): Promise<ColumnTable> {
  const path = join(world.dir, `${randomUUID()}.pcol`);
  await world.dataset.toColumns(spec, { snapshot, path, boundaryAt: null }, { signal: noSignal() });
  return readColumns(path);
}

export async function readColumns(path: string): Promise<ColumnTable> {
  const bytes = await readFile(path);
  return decodeColumnTable(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

/** Ids in snapshot order. */
export async function readIds(world: World, snapshot: SnapshotRef): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT id FROM read_parquet('${await world.store.verifiedPath(snapshot.parquet)}')`,
  );
  const ids = reader.getRows().map(([id]) => String(id));
  connection.closeSync();
  instance.closeSync();
  return ids;
}

export async function scratchEntries(world: World): Promise<string[]> {
  return readdir(join(world.dir, 'scratch')).catch(() => []);
}

/** Deterministic numbers in [0, 1) from a name: no test hangs on Math.random. */
export const fraction = (name: string): number => createHash('sha256').update(name).digest().readUInt32BE(0) / 2 ** 32;

/** Waits until the server runs a COPY whose text holds `word`. */
export async function untilActive(url: string, word: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const sql = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY%' AND position($1 in query) > 0`;
    for (let tries = 0; tries < 2000; tries++) {
      if ((await client.query(sql, [word])).rowCount !== 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`No COPY with ${word} ran within ten seconds.`);
  } finally {
    await client.end();
  }
}
