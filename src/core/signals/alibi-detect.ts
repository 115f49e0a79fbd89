/**
 * Alibi Detect: `json.dumps(preds, cls=NumpyEncoder)`, one prediction, or one a line of an online detector. `is_drift` is
 * 0 or 1 for the whole or a list, one a feature; features have positions only, named by the envelope's columns or `#0`.
 * A feature whose value is NaN was not judged, whatever `is_drift` says: it counts as absent.
 */
import type { Absence, Finding, ParsedSignal } from './drift-claim.js';
import { readJson } from './lenient-json.js';
import { type Draft, makeClaim } from './make-claim.js';
import { methodFacts } from './methods.js';
import { asFlag, asList, asNumber, asText, member, memberAt, rawOf, refuse, type SignalBody } from './payload.js';

/** Detectors whose p-values and distances are known to lie on the usual side. */
const DETECTORS =
  /^(KS|CVM|ChiSquare|Tabular|FET|MMD|LSDD|ContextMMD|Classifier|ClassifierUncertainty|RegressorUncertainty|LearnedKernel|SpotTheDiff)Drift(Online)?(Torch|TF|Tensorflow|PyTorch|KeOps|Sklearn)?$/i;

const MAX_LINES = 10_000;
const MAX_FEATURES = 10_000;

interface Prediction {
  readonly data: unknown;
  readonly detector: string;
  readonly version: string | null;
  readonly isOnline: boolean;
}

interface Names {
  nameOf(index: number): string;
  readonly note: string | null;
}

/** Names hold only when there is one for each feature. */
function namesFor(body: SignalBody, features: number): Names {
  const columns = body.envelope.columns ?? [];
  if (columns.length === features && features > 0) return { nameOf: (i) => columns[i]!, note: null };
  const note =
    columns.length === 0
      ? 'Features are told by position only; name them with columns, in the order of the detector.'
      : `${columns.length} columns were named for ${features} features, so that positions are used instead.`;
  return { nameOf: (i) => `#${i}`, note: features > 0 ? note : null };
}

function predictionOf(value: unknown, body: SignalBody): Prediction {
  const data = member(value, 'data');
  const verdict = member(data, 'is_drift');
  if (asFlag(verdict) === null && asList(verdict) === null) {
    refuse(body.format, 'has no data.is_drift: send json.dumps(detector.predict(x), cls=NumpyEncoder).', {
      missing: ['data.is_drift'],
    });
  }
  return {
    data,
    detector: asText(memberAt(value, 'meta', 'name')) ?? 'unnamed detector',
    version: asText(memberAt(value, 'meta', 'version')),
    isOnline: memberAt(value, 'meta', 'online') === true || member(data, 'test_stat') !== null,
  };
}

function factsOf(detector: string, kind: string): Pick<Finding, 'method' | 'family' | 'lowerIsDrift'> {
  const known = DETECTORS.test(detector) ? methodFacts('alibi-detect', kind) : methodFacts('alibi-detect', null);
  return { method: `${detector} ${kind}`, ...known };
}

/** A number, or one a feature: never both. */
function perFeature(value: unknown): readonly unknown[] | null {
  const list = asList(value);
  return list === null || list.length === 0 ? null : list;
}

interface Measured {
  readonly kind: 'p_val' | 'distance';
  readonly value: unknown;
  readonly threshold: number | null;
}

function measuredOf(data: unknown): Measured {
  const [pValue, distance] = [member(data, 'p_val'), member(data, 'distance')];
  if (pValue !== null || distance === null) {
    return { kind: 'p_val', value: pValue, threshold: asNumber(member(data, 'threshold')) };
  }
  return { kind: 'distance', value: distance, threshold: asNumber(member(data, 'distance_threshold')) };
}

function draftOffline(prediction: Prediction, body: SignalBody): Draft {
  const { data, detector, version } = prediction;
  const { kind, value, threshold } = measuredOf(data);
  const [verdict, scores] = [member(data, 'is_drift'), perFeature(value)];
  const verdicts = asList(verdict);
  const features = Math.max(verdicts?.length ?? 0, scores?.length ?? 0);
  if (features > MAX_FEATURES) refuse(body.format, `has ${features} features; at most ${MAX_FEATURES} are taken.`);
  const names = namesFor(body, features);
  const facts = factsOf(detector, kind);
  const columns = Array.from({ length: features }, (_, i): Finding => {
    const [score, alert] = [scores?.[i] ?? null, verdicts?.[i] ?? null];
    const raw = rawOf({ feature: i, [kind]: score, is_drift: alert, threshold });
    const own = { score: asNumber(score), threshold, alert: asFlag(alert), raw };
    return { scope: 'column', column: names.nameOf(i), ...facts, ...own };
  });
  const whole: Finding[] =
    verdicts !== null
      ? []
      : [
          {
            scope: 'dataset',
            column: null,
            ...facts,
            score: scores === null ? asNumber(value) : null,
            threshold,
            alert: asFlag(verdict),
            raw: rawOf(data),
          },
        ];
  const unmeasured = (scores ?? []).flatMap((score, i) => (score === 'NaN' || score === null ? [names.nameOf(i)] : []));
  const absent: Absence[] = unmeasured.map((name) => ({
    what: 'column',
    name,
    why: `${detector} gave no number for feature ${name}: its input held NaN, and its verdict there means nothing.`,
  }));
  const isWholeNaN = member(data, 'distance') === 'NaN' || value === 'NaN';
  const nanNote = `${detector} gave NaN as its distance: its input held NaN, and its verdict means little.`;
  return {
    monitor: 'alibi-detect',
    monitorVersion: version,
    findings: [...whole, ...columns],
    absent,
    notes: [...(names.note === null ? [] : [names.note]), ...(isWholeNaN ? [nanNote] : [])],
  };
}

/** All finite numbers of a nested list, at most two levels: windows by features. */
function columnsOfStatistics(statistics: unknown): (number | null)[] {
  const rows = asList(statistics) ?? [statistics];
  const table = rows.map((row) => (asList(row) ?? [row]).map(asNumber));
  const width = table.reduce((most, row) => Math.max(most, row.length), 0);
  return Array.from({ length: width }, (_, i) => greatest(table.map((row) => row[i] ?? null)));
}

function greatest(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (value === null ? most : most === null ? value : Math.max(most, value)), null);
}

/** The line that decides: the first that says drift, else the last. */
function draftOnline(predictions: readonly Prediction[], body: SignalBody): Draft {
  const firstAlarm = predictions.findIndex(({ data }) => asFlag(member(data, 'is_drift')) === true);
  const at = firstAlarm < 0 ? predictions.length - 1 : firstAlarm;
  const { data, detector, version } = predictions[at]!;
  const alarms = predictions.filter((one) => asFlag(member(one.data, 'is_drift')) === true).length;
  const statistics = columnsOfStatistics(member(data, 'test_stat'));
  const bounds = asList(member(data, 'threshold')) ?? [member(data, 'threshold')];
  const names = namesFor(body, statistics.length > 1 ? statistics.length : 0);
  const facts = { ...factsOf(detector, 'test_stat'), threshold: greatest(bounds.map(asNumber)), raw: rawOf(data) };
  const columns = names.note === null && statistics.length < 2 ? [] : statistics;
  const unready = predictions.filter((one) =>
    (asList(member(one.data, 'threshold')) ?? []).every((bound) => asNumber(bound) === null),
  ).length;
  const told = `${alarms} of ${predictions.length} instances say drift`;
  return {
    monitor: 'alibi-detect',
    monitorVersion: version,
    findings: [
      { scope: 'dataset', column: null, ...facts, score: greatest(statistics), alert: firstAlarm >= 0 },
      ...columns.map(
        (score, i): Finding => ({ scope: 'column', column: names.nameOf(i), ...facts, score, alert: null }),
      ),
    ],
    absent: [],
    notes: [
      firstAlarm < 0 ? `${told}.` : `${told}, the first at line ${firstAlarm + 1}.`,
      ...(unready > 0 ? [`${unready} instances came before the detector had a threshold.`] : []),
      ...(names.note === null ? [] : [names.note]),
    ],
  };
}

/** One JSON value a line, where the whole is none. */
function linesOf(body: SignalBody): string[] | null {
  const lines = body.text.split('\n').filter((line) => line.trim() !== '');
  return body.parsed === undefined && lines.length > 1 && lines.every((line) => /^\s*\{.*\}\s*$/.test(line))
    ? lines
    : null;
}

export function parseAlibiDetect(body: SignalBody): ParsedSignal {
  const lines = linesOf(body);
  if (lines !== null) {
    if (lines.length > MAX_LINES) refuse(body.format, `has ${lines.length} lines; at most ${MAX_LINES} are taken.`);
    const read = lines.map((line) => {
      const { value, notes } = readJson({ ...body, text: line });
      return { prediction: predictionOf(value, body), isOdd: notes.length > 0 };
    });
    const predictions = read.map(({ prediction }) => prediction);
    const odd = read.filter(({ isOdd }) => isOdd).length;
    const notes = odd > 0 ? [`${odd} lines held bare NaN literals, read as no number.`] : [];
    const draft = draftOnline(predictions, body);
    return { claims: [makeClaim(body, { ...draft, notes: [...notes, ...draft.notes] })], ignored: [] };
  }
  const { value, notes } = readJson(body);
  const prediction = predictionOf(value, body);
  const draft = prediction.isOnline ? draftOnline([prediction], body) : draftOffline(prediction, body);
  return { claims: [makeClaim(body, { ...draft, notes: [...notes, ...draft.notes] })], ignored: [] };
}
