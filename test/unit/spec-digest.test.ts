/** The digest and the difference of pipeline specs. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { diffSpecs } from '#dist/core/spec/diff.js';
import { canonicalSpecText, specDigest } from '#dist/core/spec/digest.js';
import { DAY_MS, durationMs, isDuration } from '#dist/core/spec/duration.js';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import { specSchema } from '#dist/core/spec/schema.js';

const minimal = {
  model: 'm',
  source: { kind: 'csv', path: 'a.csv', columns: { label: 'y' } },
  features: [
    { kind: 'numeric', name: 'x' },
    { kind: 'categorical', name: 'c' },
  ],
  window: { sliding: 'P31D' },
  gates: [{ metric: 'auc', min: 0.5 }],
};

/** The same value with the keys of every object in an order that the seed decides. */
function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map((entry) => ({ entry, at: random() }));
  entries.sort((a, b) => a.at - b.at);
  return Object.fromEntries(entries.map(({ entry: [key, item] }) => [key, shuffled(item, random)]));
}

describe('the spec digest', () => {
  const plain = parseSpec(stringify(minimal), 'p.yaml');

  it('does not depend on the order of keys, on comments, or on defaults being written out', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const random = () => stream.next().value;
        const written = `# a comment\n${stringify(shuffled(plain, random))}`;
        expect(specDigest(parseSpec(written, 'p.yaml'))).toBe(specDigest(plain));
      }),
      { seed: 20010101, numRuns: 50 },
    );
  });

  it('is the digest of the stored text, and parsing that text gives the same again', () => {
    const stored: unknown = JSON.parse(canonicalSpecText(plain));
    expect(specDigest(specSchema.parse(stored))).toBe(specDigest(plain));
  });

  it('changes with any value', () => {
    const others = [
      { ...minimal, margin: 0.001 },
      { ...minimal, trainer: { seed: 2 } },
      { ...minimal, description: 'x' },
    ];
    const digests = new Set([minimal, ...others].map((raw) => specDigest(specSchema.parse(raw))));
    expect(digests.size).toBe(4);
  });
});

describe('the difference of two specs', () => {
  const before = specSchema.parse(minimal);
  const paths = (raw: object) => diffSpecs(before, specSchema.parse(raw)).map((change) => change.path);

  it('is empty for equal specs and names each changed path otherwise', () => {
    expect(diffSpecs(before, specSchema.parse(minimal))).toEqual([]);
    expect(
      diffSpecs(before, specSchema.parse({ ...minimal, window: { expanding: '2001-01-01' }, margin: 0.01 })),
    ).toEqual([
      { path: 'window.sliding', before: 'P31D', after: null },
      { path: 'window.expanding', before: null, after: '2001-01-01T00:00:00.000Z' },
      { path: 'margin', before: 0, after: 0.01 },
    ]);
  });

  it('compares named members by name and tells a mere change of order', () => {
    const [x, c] = minimal.features;
    expect(paths({ ...minimal, features: [{ kind: 'numeric', name: 'z' }, x, c] })).toEqual(['features[z]']);
    expect(paths({ ...minimal, features: [x, { ...c, minCount: 5 }] })).toEqual(['features[c].minCount']);
    expect(paths({ ...minimal, features: [c, x] })).toEqual(['features (order)']);
    expect(paths({ ...minimal, trainer: { hidden: [64, 16] } })).toEqual(['trainer.hidden[1]']);
  });

  it('lists a first spec as new', () => {
    expect(diffSpecs(null, before)).toContainEqual({ path: 'model', before: null, after: 'm' });
  });
});

describe('a duration', () => {
  it.each([
    ['P1D', DAY_MS],
    ['PT1H', 3_600_000],
    ['P1DT12H', 1.5 * DAY_MS],
    ['PT0.25S', 250],
    ['PT1M30S', 90_000],
    ['P0D', 0],
  ])('%s has its length in milliseconds', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', 'P', 'PT', '1D', 'P1M', 'P1Y', 'P-1D', 'P1DT', ' P1D', 'PT1H1D', 'P999999999D', 'p1d'])(
    '%j is none',
    (text) => {
      expect(isDuration(text)).toBe(false);
      expect(() => durationMs(text)).toThrow(/is no duration/);
    },
  );

  it('adds up its parts', () => {
    const part = fc.integer({ min: 0, max: 500 });
    fc.assert(
      fc.property(part, part, part, part, (d, h, m, s) => {
        expect(durationMs(`P${d}DT${h}H${m}M${s}S`)).toBe(d * DAY_MS + h * 3_600_000 + m * 60_000 + s * 1000);
      }),
      { seed: 1 },
    );
  });
});
