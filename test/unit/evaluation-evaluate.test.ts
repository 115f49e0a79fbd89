import { describe, expect, it } from 'vitest';
import { type EvaluationInput, evaluate } from '#dist/core/evaluation/evaluate.js';
import type { Comparison, PromotionVerdict } from '#dist/core/types.js';
import { gate, holdout, withSpec } from '../property/evaluation-holdout.js';

const outcome = (input: EvaluationInput): [PromotionVerdict, Comparison] => {
  const { verdict, comparison } = evaluate(input);
  return [verdict, comparison];
};
const filled = (input: EvaluationInput, score: number) => new Float32Array(input.label.length).fill(score);

describe('candidate against champion', () => {
  it('promotes a clearly better candidate', () => {
    const result = evaluate(holdout());
    expect([result.verdict, result.comparison]).toEqual(['promote', 'win']);
    expect(result.difference).toBeCloseTo(result.primary.candidate! - result.primary.champion!, 12);
    expect(result.interval!.lower).toBeGreaterThan(0);
    expect(result.interval!.confidence).toBe(0.975);
    expect(result.interval!.upper - result.interval!.lower).toBeGreaterThan(
      result.interval95!.upper - result.interval95!.lower,
    );
    expect(result.blocks).toBe(28);
    expect(result.rows).toBe(28 * 60);
  });
  it('turns a clearly worse one down', () => {
    expect(outcome(holdout({ candidate: 0.8, champion: 1.5 }))).toEqual(['reject', 'loss']);
  });
  it('calls an identical one a tie: turned down as no gain, taken as a refresh', () => {
    const input = holdout();
    const same = { ...input, champion: input.candidate };
    expect(outcome(same)).toEqual(['reject', 'tie']);
    expect(outcome(withSpec(same, { mode: 'refresh' }))).toEqual(['promote', 'tie']);
  });
  it('orients the gain so that positive is better for metrics where lower is better', () => {
    const result = evaluate(withSpec(holdout(), { metric: 'brier', gates: [gate({ metric: 'brier', max: 0.5 })] }));
    expect(result.difference).toBeCloseTo(result.primary.champion! - result.primary.candidate!, 12);
    expect(result.rowInterval95!.lower).toBeLessThan(result.difference!);
    expect(result.rowInterval95!.upper).toBeGreaterThan(result.difference!);
    expect(result.rowIntervalAssumption).toContain('assumes independent rows');
  });
  it.each(['average-precision', 'calibration-error'] as const)('has no row interval for %s', (metric) => {
    const result = evaluate(withSpec(holdout(), { metric }));
    expect(result.rowInterval95).toBeNull();
    expect(result.difference).not.toBeNull();
  });
  it('asks for more at each look, and for a newer range after five', () => {
    const [first, second] = [1, 2].map((look) => evaluate({ ...holdout(), look }));
    expect(second!.interval!.lower).toBeLessThan(first!.interval!.lower);
    const sixth = evaluate({ ...holdout(), look: 6 });
    expect([sixth.verdict, sixth.comparison]).toEqual(['inconclusive', 'not-enough-data']);
    expect(sixth.reasons[0]).toContain('looked at 5 times');
  });
  it('does not conclude from thirteen days', () => {
    const result = evaluate(holdout({ days: 13, rowsPerDay: 300 }));
    expect([result.verdict, result.comparison]).toEqual(['inconclusive', 'not-enough-data']);
    expect(result.interval).not.toBeNull();
    expect(result.reasons[0]).toContain('Only 13 days');
  });
  it('keeps a margin', () => {
    const gain = evaluate(holdout()).difference!;
    expect(outcome(withSpec(holdout(), { margin: gain }))[1]).toBe('not-enough-data');
  });
  it('survives structured clone and JSON: no NaN anywhere', () => {
    const input = { ...holdout({ days: 3, rowsPerDay: 4 }), champion: null };
    const result = evaluate(input);
    expect(JSON.parse(JSON.stringify(structuredClone(result)))).toEqual(result);
  });
});

describe('the anchor of a refresh', () => {
  const input = withSpec(holdout({ candidate: 0.8, champion: 0.8 }), { mode: 'refresh', tolerance: 0.03 });
  const strong = holdout({ candidate: 1.5 }).candidate;
  const weak = holdout({ candidate: 0.3 }).candidate;
  it('is the earlier champion with the best estimate here, and holds against a slow slide', () => {
    const anchors = [
      { version: 1, scores: weak },
      { version: 2, scores: strong },
    ];
    const result = evaluate({ ...input, anchors });
    expect(result.anchor!.version).toBe(2);
    expect(result.verdict).toBe('reject');
    expect(result.gates.find((one) => one.gate === 'anchor:auc@v2')?.passed).toBe(false);
    expect(evaluate({ ...input, anchors: anchors.slice(0, 1) }).verdict).toBe('promote');
  });
  it('is not passed over when an earlier champion cannot be scored', () => {
    const anchors = [{ version: 1, scores: filled(input, Number.NaN) }];
    expect(evaluate({ ...input, anchors }).verdict).toBe('inconclusive');
  });
  it('plays no part in the mode superior', () => {
    const result = evaluate({ ...withSpec(input, { mode: 'superior' }), anchors: [{ version: 2, scores: strong }] });
    expect(result.anchor).toBeNull();
  });
});

describe('a first version', () => {
  it('is promoted by an absolute bound alone', () => {
    const result = evaluate(holdout({ champion: null }));
    expect([result.verdict, result.comparison]).toEqual(['promote', 'not-enough-data']);
    expect([result.metrics.champion, result.gains, result.interval, result.difference]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(result.reasons[0]).toContain('First version');
  });
  it('is inconclusive when only comparisons are asked for', () => {
    const input = withSpec(holdout({ champion: null }), { gates: [gate({ nonInferior: { tolerance: 0.01 } })] });
    const result = evaluate(input);
    expect(result.verdict).toBe('inconclusive');
    expect(result.reasons[0]).toContain('`min` or `max`');
  });
});

describe('data that cannot carry a verdict', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1.1])(
    'a score of %d makes it inconclusive, for either model',
    (bad) => {
      for (const model of ['candidate', 'champion'] as const) {
        const input = holdout();
        const scores = input[model]!.slice();
        scores[7] = bad;
        const result = evaluate({ ...input, [model]: scores });
        expect(result.verdict).toBe('inconclusive');
        expect(result.reasons[0]).toContain(`the ${model} gives 1 of 1680 rows a score that is not a number in [0, 1]`);
      }
    },
  );
  it('no row and one class are inconclusive, not a pass', () => {
    expect(evaluate(holdout({ days: 0 })).verdict).toBe('inconclusive');
    const input = holdout();
    for (const only of [0, 1]) {
      const result = evaluate({ ...input, label: new Uint8Array(input.label.length).fill(only) });
      expect(result.verdict).toBe('inconclusive');
      expect(result.primary.candidate).toBeNull();
      expect(result.metrics.candidate.brier).not.toBeNull();
    }
  });
  it('all positives on one day leave the interval undefined', () => {
    const input = holdout();
    const label = input.label.map((one, row) => (input.day[row] === 11_000 ? one : 0));
    const result = evaluate({ ...input, label });
    expect(result.difference).not.toBeNull();
    expect([result.interval, result.verdict]).toEqual([null, 'inconclusive']);
  });
  it('mixed-up rows are a bug: arrays of different lengths, labels other than 0 and 1', () => {
    const input = holdout();
    const broken = expect.objectContaining({ code: 'INVARIANT_BROKEN' });
    const failure = (changes: Partial<EvaluationInput>) => {
      try {
        return evaluate({ ...input, ...changes });
      } catch (error) {
        return error;
      }
    };
    expect(failure({ candidate: input.candidate.subarray(1) })).toEqual(broken);
    expect(failure({ champion: new Float32Array(3) })).toEqual(broken);
    expect(failure({ day: new Int32Array(3) })).toEqual(broken);
    expect(failure({ anchors: [{ version: 1, scores: new Float32Array(3) }] })).toEqual(broken);
    expect(failure({ label: new Uint8Array(input.label.length).fill(2) })).toEqual(broken);
    expect(failure({ look: 0 })).toEqual(broken);
  });
});

describe('slices', () => {
  const slices = [{ name: 'hub', column: 'origin', in: ['A'] }];
  it('turns a winner down when a protected slice regresses beyond the tolerance', () => {
    const input = holdout({ rowsPerDay: 200 });
    const origin = input.table.features[0]!;
    const isHub = (row: number) => origin.kind === 'categorical' && origin.codes[row] === 0;
    const candidate = input.candidate.map((score, row) => (isHub(row) ? 1 - score : score));
    const spec = { slices, gates: [gate({ min: 0.5 }), gate({ on: 'hub', nonInferior: { tolerance: 0.01 } })] };
    const swapped = evaluate(withSpec({ ...input, candidate }, { ...spec, metric: 'auc' }));
    expect(swapped.gates.find((one) => one.gate === 'nonInferior:auc@hub')?.passed).toBe(false);
    expect(evaluate(withSpec(input, spec)).verdict).toBe('promote');
    const each = [gate({ min: 0.5 }), gate({ on: 'each:origin', nonInferior: { tolerance: 0.01 } })];
    const result = evaluate(withSpec({ ...input, candidate }, { gates: each }));
    expect(result.gates.find((one) => one.gate === 'nonInferior:auc@each:origin=A')?.passed).toBe(false);
    expect(result.gates.some((one) => one.gate === 'nonInferior:auc@each:origin=B')).toBe(false);
  });
  it('reports facts that add up, and equal an evaluation of the slice alone', () => {
    const input = holdout({ rowsPerDay: 120 });
    const result = evaluate(withSpec(input, { gates: [gate({ on: 'each:origin', min: 0.5 })] }));
    expect(result.slices.map((one) => one.slice)).toEqual(['A', 'B', 'C', 'D'].map((level) => `each:origin=${level}`));
    expect(result.slices.reduce((sum, one) => sum + one.rows, 0)).toBe(input.label.length);
    const column = input.table.features[0]!;
    const rows = [...input.label.keys()].filter((row) => column.kind === 'categorical' && column.codes[row] === 1);
    const part = evaluate({
      ...input,
      label: Uint8Array.from(rows, (row) => input.label[row]!),
      day: Int32Array.from(rows, (row) => input.day[row]!),
      candidate: Float32Array.from(rows, (row) => input.candidate[row]!),
      champion: Float32Array.from(rows, (row) => input.champion![row]!),
      table: { ...input.table, rows: rows.length, features: [], sliceColumns: [] },
    });
    expect(result.slices[1]).toMatchObject({ rows: rows.length, candidate: part.primary.candidate });
    expect(result.slices[1]!.gain.interval95!.lower).toBeCloseTo(part.interval95!.lower, 12);
  });
});

describe('the rows of a slice', () => {
  it('matches numbers by value and by text, and missing values never', () => {
    const input = holdout();
    const rowsOf = (column: string, wanted: (string | number)[]) =>
      evaluate(withSpec(input, { slices: [{ name: 's', column, in: wanted }] })).slices[0]!.rows;
    expect(rowsOf('fleet', [1])).toBe(rowsOf('fleet', ['1']));
    expect(rowsOf('fleet', [1]) + rowsOf('fleet', [2])).toBe(input.label.length);
    expect(rowsOf('origin', ['Z'])).toBe(0);
  });
  it('keeps missing values of a column as a value of their own', () => {
    const input = holdout();
    const values = new Float64Array(input.label.length).map((_, row) => (row % 2 === 0 ? Number.NaN : 1));
    const table = { ...input.table, sliceColumns: [{ kind: 'numeric' as const, name: 'half', values }] };
    const result = evaluate(withSpec({ ...input, table }, { gates: [gate({ on: 'each:half', min: 0.4 })] }));
    expect(result.slices.map((one) => [one.slice, one.rows])).toEqual([
      ['each:half=1', 840],
      ['each:half=(missing)', 840],
    ]);
  });
  it('keeps what is recorded small and storable, however long or odd the values are', () => {
    const input = holdout({ rowsPerDay: 200 });
    const origin = input.table.features[0]!;
    if (origin.kind !== 'categorical') throw new Error('origin is categorical');
    const levels = ['A', 'B', 'C', 'D'].map((end) => `\u0000${'😀'.repeat(5_000)}${end}`);
    const table = { ...input.table, features: [{ ...origin, levels }] };
    const candidate = input.candidate.map((score, row) => (origin.codes[row] === 0 ? 1 - score : score));
    const each = gate({ on: 'each:origin', nonInferior: { tolerance: 0.01 }, minRows: 200 });
    const serving = { gate: 'infra:serving', metric: 'm', slice: 'all', required: true, value: null, interval: null };
    const result = evaluate({
      ...withSpec({ ...input, table, candidate }, { gates: [gate({ min: 0.5 }), each] }),
      extraGates: [{ ...serving, threshold: 0, passed: false, reason: `${levels[0]}`.repeat(3) }],
    });
    expect(result.verdict).toBe('reject');
    const names = result.gates.map((one) => one.gate);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(result.slices.map((one) => one.slice)).size).toBe(4);
    expect(names.some((name) => /^nonInferior:auc@each:origin=␀😀{58}…#[0-9a-f]{8}$/u.test(name))).toBe(true);
    const recorded = JSON.stringify([result.reasons, result.couldNotCheck, result.gates]);
    expect(Buffer.byteLength(recorded)).toBeLessThan(16_000);
    expect(recorded).not.toContain('\\u0000');
  });
  it('is inconclusive when a required gate names an unknown slice, column or a continuous one', () => {
    const input = holdout();
    const values = new Float64Array(input.label.length).map((_, row) => row);
    const table = { ...input.table, sliceColumns: [{ kind: 'numeric' as const, name: 'id', values }] };
    for (const on of ['nowhere', 'each:nowhere', 'each:id']) {
      const result = evaluate(withSpec({ ...input, table }, { gates: [gate({ min: 0.5 }), gate({ on, min: 0.5 })] }));
      expect(result.verdict).toBe('inconclusive');
      expect(result.couldNotCheck[0]).toContain('could not be assessed');
    }
  });
  it('of a declared slice without a gate are printed, and said to be unprotected', () => {
    const slices = [{ name: 'hub', column: 'origin', in: ['A'] }];
    expect(evaluate(withSpec(holdout(), { slices })).couldNotCheck).toEqual([
      'Slice hub has no gate: it is printed, not protected.',
    ]);
  });
});

describe('gates from elsewhere', () => {
  it('count like the own ones', () => {
    const infra = { gate: 'infra:serving', metric: 'largest-score-difference', slice: 'all', required: true };
    const failed = { ...infra, value: null, interval: null, threshold: 0, passed: false, reason: 'It does not load.' };
    expect(evaluate({ ...holdout(), extraGates: [failed] }).verdict).toBe('reject');
  });
});
