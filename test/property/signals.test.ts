/** Whatever arrives: claims that can be stored, or SIGNAL_INVALID; never anything else, and never for long. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDigest } from '#dist/core/canonical-json.js';
import { PipelineError } from '#dist/core/errors.js';
import type { ParsedSignal, SignalFormat } from '#dist/core/signals/drift-claim.js';
import { SIGNAL_FORMATS } from '#dist/core/signals/drift-claim.js';
import { parseSignal } from '#dist/core/signals/parse-signal.js';
import { unstorableJson } from '#dist/core/unstorable-text.js';
import { ENVELOPE, FILE_ROWS, formatOf, readMonitorFile } from '../unit/signals-fixtures.js';

const SEED = 20010205;
const MAX_MS = 2_000;

function check(format: SignalFormat, body: Uint8Array | string): void {
  const startMs = performance.now();
  let parsed: ParsedSignal | undefined;
  try {
    parsed = parseSignal(format, body, ENVELOPE);
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== 'SIGNAL_INVALID') throw error;
    expect(error.message).toMatch(new RegExp(`^The ${format} signal .*`, 's'));
    expect(error.message.length).toBeLessThan(20_000);
    // A limit of the language, or a bug: the adapters have limits of their own before it.
    expect(error.message).not.toContain('could not be read to its end');
  }
  expect(performance.now() - startMs).toBeLessThan(MAX_MS);
  for (const claim of parsed?.claims ?? []) {
    expect(unstorableJson(claim)).toBeNull();
    canonicalDigest(claim);
    expect(Date.parse(claim.window.start)).toBeLessThan(Date.parse(claim.window.end));
    expect(claim.modelId).toBe(ENVELOPE.modelId);
    expect(claim.findings.length + claim.absent.length).toBeGreaterThan(0);
    for (const { score, threshold, raw } of claim.findings) {
      for (const number of [score, threshold]) expect(number === null || Number.isFinite(number)).toBe(true);
      expect(raw.length).toBeLessThanOrEqual(2_000);
    }
  }
}

const FILES = FILE_ROWS.filter(({ path }) => !path.endsWith('.sql')).map(({ path }) => ({
  format: formatOf(path),
  text: readMonitorFile(path).toString(),
}));
const SMALL = FILES.filter(({ text }) => text.length < 30_000);
const TOKENS = [
  'NaN',
  '-Infinity',
  '1e999',
  '-0',
  '"\\ud800"',
  '"\\u0000"',
  '[]',
  '{}',
  'null',
  'true',
  '"',
  '\\',
  '}',
  ',',
];
const NASTY: readonly unknown[] = [
  null,
  true,
  'NaN',
  -1,
  1e308,
  0.5,
  [],
  [[]],
  {},
  [null, 'NaN'],
  '\0',
  '\ud800',
  'x'.repeat(3_000),
];

const edit = fc.record({
  kind: fc.constantFrom('cut', 'double', 'insert', 'flip', 'truncate'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 200 }),
  token: fc.constantFrom(...TOKENS),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function applyEdit(text: string, { kind, at, length, token }: Edit): string {
  const from = Math.floor(at * text.length);
  const [before, part, after] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)];
  if (kind === 'cut') return before + after;
  if (kind === 'double') return before + part + part + after;
  if (kind === 'insert') return before + token + part + after;
  if (kind === 'truncate') return before;
  return before + [...part].reverse().join('') + after;
}

/** Replaces, renames, doubles or drops one member somewhere in a JSON value. */
function mutateValue(value: unknown, steps: readonly number[], nasty: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined || typeof value !== 'object' || value === null) return nasty;
  const keys = Object.keys(value);
  if (keys.length === 0) return nasty;
  const key = keys[step % keys.length]!;
  if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? mutateValue(one, rest, nasty) : one));
  const entries = Object.entries(value).map(([name, one]) => [
    name,
    name === key ? mutateValue(one, rest, nasty) : one,
  ]);
  return Object.fromEntries(entries);
}

describe('parseSignal', () => {
  it('survives any bytes and any text', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.string({ maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 400 }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...SIGNAL_FORMATS), body, (format, bytes) => check(format, bytes)),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('survives any JSON', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SIGNAL_FORMATS), fc.json({ maxDepth: 6 }), (format, text) => check(format, text)),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('survives real reports cut, doubled, turned and sprinkled with tokens', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SMALL),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        ({ format, text }, edits) => {
          check(format, edits.reduce(applyEdit, text));
        },
      ),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it('survives real reports of which one member is something else', () => {
    const json = SMALL.flatMap(({ format, text }) => {
      try {
        return [{ format, value: JSON.parse(text) as unknown }];
      } catch {
        // CSV, and what only the lenient reader takes.
        return [];
      }
    });
    expect(json.length).toBeGreaterThan(60);
    const steps = fc.array(fc.nat(), { maxLength: 7 });
    fc.assert(
      fc.property(fc.constantFrom(...json), steps, fc.constantFrom(...NASTY), ({ format, value }, path, nasty) => {
        check(format, JSON.stringify(mutateValue(value, path, nasty)));
      }),
      { seed: SEED, numRuns: 1_500 },
    );
  });

  it('survives the report of one monitor sent as that of another', () => {
    for (const { text } of FILES) for (const format of SIGNAL_FORMATS) check(format, text);
  });

  it('reads a report the same way every time', () => {
    const readable = FILES.filter(({ text }) => !text.startsWith('column,'));
    fc.assert(
      fc.property(fc.constantFrom(...readable), ({ format, text }) => {
        expect(parseSignal(format, text, ENVELOPE)).toEqual(parseSignal(format, Buffer.from(text), ENVELOPE));
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('takes time in proportion to what it reads', () => {
    const worst = [
      '"'.repeat(1_000_000),
      '-'.repeat(1_000_000),
      'NaN '.repeat(250_000),
      '{"a":'.repeat(200_000),
      'a,'.repeat(500_000),
    ];
    for (const text of worst) for (const format of SIGNAL_FORMATS) check(format, text);
  });
});
