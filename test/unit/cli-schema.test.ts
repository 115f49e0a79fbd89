// A schema as a terminal shows it: once, with what a CSV does not carry, and what differs from the accepted one.
import { expect, it } from 'vitest';
import { renderInferred, renderSchemaDiff } from '#dist/cli/render-schema.js';
import type { SchemaDiff } from '#dist/client/schema-calls.js';
import { diffSchemas } from '#dist/core/quality/diff-schemas.js';
import type { SchemaColumn } from '#dist/core/quality/source-schema.js';

const PLAIN = { width: null, hasColour: false } as const;
const instant = '2001-02-01T00:00:00.000Z';
const column = (change: Partial<SchemaColumn>): SchemaColumn => ({
  name: 'distance',
  role: 'feature',
  type: 'VARCHAR',
  maxNullShare: 0,
  range: { min: 0, max: 1200 },
  categories: null,
  ...change,
});
const version = (no: number, columns: readonly SchemaColumn[]): SchemaDiff['to'] => ({
  version: no,
  schema: { format: 'perennial-schema/1', columns },
  window: { start: '2001-01-01T00:00:00.000Z', end: instant },
  asOf: instant,
  rows: 100,
  proposedBy: 'operator',
  proposedAt: instant,
  accepted: null,
  isCurrent: false,
});
const diff = (from: SchemaDiff['from'], to: SchemaDiff['to'], isCsv = true): SchemaDiff => ({
  ...{ modelId: 'm', isCsv, from, to },
  differences: diffSchemas(from?.schema ?? null, to.schema),
});
const first = version(1, [column({})]);

it('tells each column once where nothing was accepted before, and how to accept it', () => {
  const text = renderInferred(diff(null, first), PLAIN);
  expect(text.match(/distance/g)).toHaveLength(1);
  expect(text.match(/^schema /gm)).toHaveLength(1);
  expect(text).toContain('Accept it: perennial schema accept m --version 1 --reason "why"');
});

it('says that a CSV carries no types, and keeps those of other sources', () => {
  expect(renderInferred(diff(null, first), PLAIN)).toMatch(/^distance +feature +text \(CSV\) /m);
  expect(renderSchemaDiff(diff(null, first), PLAIN)).toMatch(/^distance +added +text \(CSV\)$/m);
  expect(renderInferred(diff(null, first, false), PLAIN)).toMatch(/^distance +feature +VARCHAR /m);
});

it('tells what differs from the accepted one after the columns, and alone in a comparison', () => {
  const changed = diff({ ...first, isCurrent: true }, version(2, [column({ maxNullShare: 0.2 })]));
  const line = /^distance +nulls +empty in at most 0 %, now 20 %$/m;
  expect(renderInferred(changed, PLAIN)).toMatch(line);
  expect(renderSchemaDiff(changed, PLAIN)).toMatch(line);
  expect(renderSchemaDiff(changed, PLAIN)).not.toContain('ROLE');
});
