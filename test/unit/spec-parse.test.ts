/** Reading a pipeline file: what is accepted, and how each fault is told. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '#dist/core/errors.js';
import { overrideModel } from '#dist/core/spec/override-model.js';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import { ruleProblems, specWarnings } from '#dist/core/spec/rules.js';
import { resolveSourcePaths } from '#dist/core/spec/source-paths.js';

const GOOD = `model: flights
source:
  kind: parquet
  path: data/flights.parquet
  columns: { label: late, labelKnownAt: known_at }
features:
  - { kind: time, name: hour, part: hour }
  - { kind: numeric, name: distance }
  - { kind: categorical, name: origin }
window: { sliding: P31D }
gates:
  - { metric: auc, min: 0.55 }
`;

interface Problem {
  line: number;
  column: number;
  path: string;
  message: string;
}

function problemsOf(text: string): readonly Problem[] {
  try {
    parseSpec(text, 'p.yaml');
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    expect(error.code).toBe('SPEC_INVALID');
    for (const problem of error.details.problems as Problem[]) {
      expect(error.message).toContain(`p.yaml:${problem.line}:${problem.column}  ${problem.path}  `);
    }
    return error.details.problems as Problem[];
  }
  return [];
}

/** The good text with one line replaced, or with lines added at the end. */
const change = (from: string, to: string): string => {
  expect(GOOD).toContain(from);
  return GOOD.replace(from, to);
};

/** Path, message and position of the only problem. */
function only(text: string): Problem {
  const problems = problemsOf(text);
  expect(problems).toHaveLength(1);
  return problems[0]!;
}

describe('a good pipeline file', () => {
  it('is read with every default filled in', () => {
    const spec = parseSpec(GOOD, 'p.yaml');
    expect(spec.holdout).toEqual({ span: 'P28D', embargo: 'P1D' });
    expect(spec.features[2]).toEqual({ kind: 'categorical', name: 'origin', minCount: 20, embedding: 8 });
    expect(spec.trainer.limits.memoryMb).toBe(4096);
  });

  it('is read with no problem when it is one of the examples', () => {
    const folder = fileURLToPath(new URL('../../examples/flights/', import.meta.url));
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) expect(parseSpec(readFileSync(folder + file, 'utf8'), file).metric).toBe('auc');
  });

  it('reads YAML 1.2: a bare day stays text and becomes an instant by the schema alone', () => {
    const spec = parseSpec(change('{ sliding: P31D }', '{ expanding: 2001-01-01 }'), 'p.yaml');
    expect(spec.window.expanding).toBe('2001-01-01T00:00:00.000Z');
  });
});

describe('one field by itself', () => {
  it.each([
    ['model: flights', 'modle: flights', 1, 1, 'modle', 'Did you mean `model`?'],
    ['label: late', 'lable: late', 5, 14, 'source.columns.lable', 'Did you mean `label`?'],
    ['part: hour', 'prat: hour', 7, 31, 'features[0].prat', 'Did you mean `part`?'],
    ['kind: numeric', 'kind: numerical', 8, 13, 'features[1].kind', 'Did you mean `numeric`?'],
    ['name: origin }', 'name: origin, min_count: 3 }', 9, 40, 'features[2].min_count', 'Did you mean `minCount`?'],
    ['P31D', '31d', 10, 20, 'window.sliding', 'ISO 8601'],
    ['metric: auc', 'metric: acu', 12, 15, 'gates[0].metric', 'Did you mean `auc`?'],
    ['min: 0.55', 'gain: { max: 1 }', 12, 28, 'gates[0].gain.max', 'Did you mean `min`?'],
    [', min: 0.55', '', 12, 5, 'gates[0]', 'exactly one of min, max, gain, ratio, nonInferior'],
    ['model: flights', 'model: Flights', 1, 8, 'model', '"Flights" is not allowed'],
  ])('points at %j written as %j', (from, to, line, column, path, message) => {
    const found = problemsOf(change(from, to)).find((problem) => problem.path === path);
    expect(found).toMatchObject({ line, column });
    expect(found?.message).toContain(message);
  });

  it('names the nearest place that exists when a field is missing', () => {
    expect(only(change('  path: data/flights.parquet\n', ''))).toMatchObject({
      line: 3,
      path: 'source.path',
      message: 'is missing: write text.',
    });
  });

  it('tells all faults of a file in one error, in the order of the file', () => {
    const text = change('P31D', 'soon').replace('min: 0.55', 'min: high').replace('model: flights', 'model: ""');
    expect(problemsOf(text).map((problem) => problem.path)).toEqual(['model', 'window.sliding', 'gates[0].min']);
  });
});

describe('rules between fields', () => {
  it.each([
    ['an empty gate list', '\n  - { metric: auc, min: 0.55 }', ' []', 'gates', 'An empty gate list is refused'],
    ['no label', '{ label: late, labelKnownAt: known_at }', '{}', 'source', 'names no label'],
    ['a time without its label', 'label: late, ', '', 'source', 'names no label'],
    ['two roles in one column', 'known_at', 'late', 'source.columns.labelKnownAt', 'already the column of label'],
    ['the label as a feature', 'name: distance', 'name: late', 'features[1].name', 'it would leak'],
    ['the event time as a number', 'name: distance', 'name: event_at', 'features[1].name', 'write kind: time'],
    ['a feature name twice', 'name: distance', 'name: origin', 'features[2].name', 'already the name of features[1]'],
    ['a tail as long as the window', 'P31D', 'P3D', 'trainer.validationTail', 'leaves nothing'],
    ['a gate on an unknown slice', 'min: 0.55', 'min: 0.55, on: big', 'gates[0].on', 'no slice is called `big`'],
    [
      'each of an unknown feature',
      'min: 0.55',
      'min: 0.55, on: each:orgin',
      'gates[0].on',
      'Did you mean `each:origin`',
    ],
    ['each of a number', 'min: 0.55', 'min: 0.55, on: each:distance', 'gates[0].on', 'is numeric'],
    ['a minimum of a loss', 'auc, min: 0.55', 'log-loss, min: 0.5', 'gates[0].min', 'better when lower'],
    ['a maximum of a gain', 'min: 0.55', 'max: 0.55', 'gates[0].max', 'better when higher'],
    ['a bound out of reach', 'min: 0.55', 'min: 55', 'gates[0].min', 'could never pass'],
    ['a bound that always holds', 'min: 0.55', 'min: -1', 'gates[0].min', 'could never fail'],
    ['an unreachable maximum', 'auc, min: 0.55', 'brier, max: -1', 'gates[0].max', 'could never pass'],
    ['a minimum that is no bar', 'min: 0.55', 'min: 0', 'gates[0].min', 'could never fail'],
    ['a maximum that is no bar', 'auc, min: 0.55', 'brier, max: 1', 'gates[0].max', 'could never fail'],
    ['a gain that any loss meets', 'min: 0.55', 'gain: { min: -1 }', 'gates[0].gain', 'could never fail'],
    [
      'a tolerance of everything',
      'min: 0.55',
      'nonInferior: { tolerance: 1 }',
      'gates[0].nonInferior',
      'could never fail',
    ],
    ['a ratio that always holds', 'min: 0.55', 'ratio: { min: 0 }', 'gates[0].ratio', 'would always pass'],
  ])('refuse %s', (_, from, to, path, message) => {
    const found = problemsOf(change(from, to)).find((problem) => problem.path === path);
    expect(found?.message).toContain(message);
  });

  it.each([
    ['holdout: { embargo: PT1H }', 'holdout.embargo', 'shorter than labels.delay'],
    ['holdout: { span: PT36H }', 'holdout.span', 'whole number of days'],
    ['schedule: {}', 'schedule', 'exactly one of `cron` and `every`'],
    ['schedule: { cron: "* *", every: P1D }', 'schedule', 'exactly one of `cron` and `every`'],
    ['schedule: { cron: "* *" }', 'schedule.cron', 'is no cron line'],
    ['schedule: { cron: "0 25 * * *" }', 'schedule.cron', 'hour `25` is not within 0 to 23'],
    ['schedule: { cron: "0 6 1-40 * *" }', 'schedule.cron', 'day of month `1-40` is not within 1 to 31'],
    ['schedule: { cron: "*/0 6 * * *" }', 'schedule.cron', 'minute `*/0` has no step'],
    ['schedule: { cron: "0 6 * * fri-mon" }', 'schedule.cron', 'day of week `fri-mon` runs backwards'],
    ['schedule: { cron: "a b c d e" }', 'schedule.cron', 'minute `a`'],
    ['schedule: { cron: "@often" }', 'schedule.cron', 'is no cron line'],
    ['schedule: { every: PT1S }', 'schedule.every', 'too short'],
    ['schedule: { every: P1D, timeZone: Mars }', 'schedule.timeZone', 'is no time zone'],
    ['labels: { poll: PT0S }', 'labels.poll', 'too short'],
    ['quality: { ranges: { distanse: { min: 0 } } }', 'quality.ranges.distanse', 'Did you mean `distance`?'],
    ['quality: { ranges: { distance: {} } }', 'quality.ranges.distance', 'neither'],
    ['quality: { ranges: { distance: { min: 2, max: 1 } } }', 'quality.ranges.distance', 'above max'],
    ['slices: [{ name: all, column: origin, in: [ORD] }]', 'slices[0].name', 'a meaning of its own'],
    ['trainer: { validationTail: PT0S }', 'trainer.validationTail', 'longer than nothing'],
  ])('refuse %s', (line, path, message) => {
    const found = problemsOf(`${GOOD}${line}\n`).find((problem) => problem.path === path);
    expect(found?.line).toBe(13);
    expect(found?.message).toContain(message);
  });

  it('refuse the same gate twice, and windows that exclude nothing', () => {
    expect(only(`${GOOD}  - { metric: auc, min: 0.6 }\n`).message).toContain('says the same as gates[0] (min:auc@all)');
    const backwards = '{ sliding: P31D, excluding: [{ start: 2001-02-02, end: 2001-02-01 }] }';
    expect(only(change('{ sliding: P31D }', backwards)).path).toBe('window.excluding[0]');
  });
});

describe('a Postgres source', () => {
  const postgres = (lines: string) =>
    change('  kind: parquet\n  path: data/flights.parquet\n', `  kind: postgres\n${lines}`);

  it('needs exactly one of table and query', () => {
    expect(only(postgres('')).message).toContain('exactly one of `table` and `query`');
    expect(only(postgres('  table: f\n  query: select 1\n')).path).toBe('source');
  });

  it('needs a query that binds the window, a cast being no placeholder', () => {
    const found = problemsOf(postgres('  query: "select * from f where at >= x::start and at < :end"\n'));
    expect(found.map((problem) => problem.message)).toEqual([expect.stringContaining('does not use :start')]);
    expect(only(postgres('  query: "delete from f"\n')).message).toContain('single SELECT');
    expect(only(postgres('  query: "select :start, :end; drop table f"\n')).message).toContain('single SELECT');
    expect(only(postgres('  table: "f; drop table g"\n')).message).toContain('is no table name');
  });

  it('warns when a query does not bind :as_of', () => {
    const spec = parseSpec(postgres('  query: "select * from f where at >= :start and at < :end"\n'), 'p.yaml');
    expect(specWarnings(spec).join('\n')).toContain('source.query does not use :as_of');
  });
});

describe('warnings', () => {
  const warningsOf = (text: string) => specWarnings(parseSpec(text, 'flights.yaml')).join('\n');

  it('tell of a gate that a model which guesses passes', () => {
    expect(warningsOf(change('min: 0.55', 'min: 0.5'))).toContain('gates[0].min 0.5: a model that guesses');
    expect(warningsOf(GOOD)).not.toContain('guesses');
  });

  it.each([
    ['{ every: P1D }', 15],
    ['{ cron: "0 6 * * *" }', 15],
    ['{ every: P7D }', null],
    ['{ cron: "0 6 * * mon" }', null],
    ['{ cron: "0 6 1 * *" }', null],
  ])('tell of a schedule that looks at the same days too often: %s', (schedule, look) => {
    const warnings = warningsOf(`${GOOD}schedule: ${schedule}\n`);
    if (look === null) expect(warnings).not.toContain('again and again');
    else expect(warnings).toContain(`look ${look} of a holdout of P28D`);
  });

  it('count the ticks of a month when the holdout is the month before', () => {
    const daily = `${GOOD}holdout: { span: last-month }\nschedule: { every: P1D }\n`;
    expect(warningsOf(daily)).toContain('look 31 of a holdout of last-month');
    expect(warningsOf(daily.replace('P1D }', 'P7D }'))).not.toContain('again and again');
  });
});

describe('YAML itself', () => {
  it('refuses a key given twice, at the second one', () => {
    expect(only(`${GOOD}model: other\n`)).toMatchObject({ line: 13, column: 1, message: 'Map keys must be unique' });
  });

  it('refuses anchors and aliases, so that nothing can multiply', () => {
    expect(problemsOf(change('{ sliding: P31D }', '&w { sliding: P31D }')).at(0)?.message).toContain(
      'write the value out',
    );
  });

  it('refuses text that is nested without end, and text that is no group of fields', () => {
    expect(only('['.repeat(100_000)).message).toContain('nested too deeply');
    expect(only('- 1\n').message).toBe('a list is not a group of fields.');
    expect(only('x'.repeat(600_000)).message).toContain('longer than');
    expect(problemsOf('').map((problem) => problem.path)).toContain('model');
  });

  it('refuses a prototype key as an unknown one', () => {
    expect(only(`${GOOD}__proto__: { polluted: true }\n`).path).toBe('__proto__');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('around the text', () => {
  it('gives the same file another model id and moves nothing else', () => {
    expect(overrideModel(GOOD, 'other-1')).toBe(GOOD.replace('flights', 'other-1'));
    expect(() => overrideModel(GOOD, 'Other')).toThrow(/no model id/);
    expect(() => overrideModel('x: 1', 'other')).toThrow(/no top-level/);
  });

  it('takes relative source paths from the folder of the file', () => {
    const spec = parseSpec(GOOD, 'p.yaml');
    const path = (at: string, base: string) => {
      const { source } = resolveSourcePaths(
        { ...spec, source: { ...spec.source, path: at } as typeof spec.source },
        base,
      );
      return source.kind === 'postgres' ? null : source.path;
    };
    expect(path('data/*.parquet', '/a/b/')).toBe('/a/b/data/*.parquet');
    expect(path('../.././x', '/a/b')).toBe('/x');
    expect(path('/abs/x', '/a/b')).toBe('/abs/x');
    expect(() => path('x', 'a/b')).toThrow(/absolute folder/);
    expect(() => path('s3://x/y', '/a')).toThrow(/is a URL/);
    expect(ruleProblems(resolveSourcePaths(spec, '/a'))).toEqual([]);
  });
});
