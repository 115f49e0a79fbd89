// A source of a few hundred rows around the present, whose newest labels are missing until they are delivered: what many runs
// can wait for at once. All training rows lie in the validation tail, so that a run that goes on ends soon, without a trainer.
import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** The training window is a day longer and begins before the first row. */
const DAYS = 10;
const ROWS_A_DAY = 24;
const UNLABELLED_DAYS = 4;

const select = (now, isDelivered) => `
  SELECT i AS id, event_at, (i % 7) + 0.5 AS x,
    CASE WHEN is_due THEN (i * 7919) % 5 % 2 END AS label,
    CASE WHEN is_due THEN event_at + INTERVAL 1 HOUR END AS known_at
  FROM (
    SELECT i, event_at, ${isDelivered} OR event_at < today - INTERVAL ${UNLABELLED_DAYS} DAY AS is_due
    FROM (SELECT i, today, today - INTERVAL ${DAYS} DAY + to_hours(i) AS event_at
      FROM (SELECT range AS i, date_trunc('day', TIMESTAMP '${now}') AS today FROM range(${DAYS * ROWS_A_DAY}))))`;

async function write(path, isDelivered) {
  const now = new Date().toISOString().replace('T', ' ').replace('Z', '');
  const temporary = `${path}.${randomUUID()}`;
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await instance.connect();
    await connection.run(`COPY (${select(now, isDelivered)}) TO '${temporary}' (FORMAT parquet)`);
    connection.closeSync();
  } finally {
    instance.closeSync();
  }
  await rename(temporary, path);
}

/** @returns {{ path: string, deliver: () => Promise<void> }} `deliver` puts the missing labels in, at once for all readers */
export async function createTinySource(dir) {
  const path = join(dir, 'tiny.parquet');
  await write(path, false);
  return { path, deliver: () => write(path, true) };
}

/** A pipeline file's text (JSON is YAML). */
export function tinySpec(model, { path, poll }) {
  return JSON.stringify({
    model,
    source: { kind: 'parquet', path, columns: { label: 'label', labelKnownAt: 'known_at' } },
    features: [{ kind: 'numeric', name: 'x' }],
    window: { sliding: 'P3D' },
    holdout: { span: 'P7D', embargo: 'P1D' },
    labels: { delay: 'P1D', coverage: { overall: 0.9, perClass: 0 }, deadline: 'P14D', onDeadline: 'abort', poll },
    quality: { minRows: 10, minRowShare: 0 },
    gates: [{ metric: 'auc', min: 0.5 }],
    trainer: { validationTail: 'P2D' },
    approval: { policy: 'never' },
  });
}
