/** What was measured before an alarm was judged, in a sentence a fact: rows, maps, columns that go together, drift, performance, refit, labels, versions, season. */
import { shortInstant } from '../instant.js';
import { mapName, outOfStepText } from '../triage/fact-words.js';
import type {
  AssociationFacts,
  LabelFacts,
  MovedColumn,
  PerformanceFacts,
  RecomputedColumn,
  RefitFacts,
  RowsOf,
  SeasonFacts,
  TriageFacts,
  VersionRecord,
} from '../triage/facts.js';
import type { Interval } from '../types.js';

const figure = (value: number | null): string => (value === null ? 'not known' : String(Number(value.toPrecision(4))));
const signed = (value: number): string => `${value > 0 ? '+' : ''}${figure(value)}`;
const percent = (share: number | null): string =>
  share === null ? 'an unknown share' : `${Number((share * 100).toPrecision(4))} %`;
const range = ({ lower, upper, confidence }: Interval): string =>
  `[${signed(lower)}, ${signed(upper)}] at ${Number((confidence * 100).toPrecision(4))} %`;
const rowsOf = ({ rows, days }: RowsOf): string => `${rows} rows on ${days} days`;

function rowsSentence({ current, reference }: TriageFacts): string {
  const before = reference === null ? 'no rows before it to compare with' : `${rowsOf(reference)} before it`;
  return `${rowsOf(current)}; ${before}.`;
}

const recomputedSentence = ({ column, against, rows, differing }: RecomputedColumn): string =>
  `${column} against ${against}: ${differing} of ${rows} rows differ.`;

function associationSentences({ pairs, together, outOfStep }: AssociationFacts): string[] {
  if (outOfStep.length > 0) return outOfStep.map(outOfStepText);
  if (pairs === 0) return ['No columns go together closely enough to tell one that is out of step.'];
  return together.length === 0
    ? ['Columns that went together do so less, which tells none that is out of step.']
    : [`Together as before: ${together.join(', ')}.`];
}

function movedSentence({ column, method, effect, adjustedPValue, isSustained }: MovedColumn): string {
  const lasting = isSustained ? 'throughout the window' : 'in a part of the window';
  return `${column} moved ${lasting}: ${method} effect ${figure(effect)}, adjusted p ${figure(adjustedPValue)}.`;
}

function driftSentences({ drift }: TriageFacts): string[] {
  if (drift === null) return [];
  const all = drift.scores === null ? drift.columns : [...drift.columns, drift.scores];
  const moved = all.filter(({ hasMoved }) => hasMoved);
  const unchanged = all.filter(({ isUnchanged }) => isUnchanged).map(({ column }) => column);
  return [
    ...moved.map(movedSentence),
    ...(unchanged.length === 0
      ? []
      : [`Unchanged, and a change worth seeing would have shown: ${unchanged.join(', ')}.`]),
  ];
}

const performanceSentence = (facts: PerformanceFacts): string =>
  `Log loss of the champion ${figure(facts.current)} on ${facts.days} days, ${figure(facts.reference)} on ${facts.referenceDays} before: ` +
  `change ${signed(facts.change)} ${range(facts.interval)}.`;

const refitSentence = (facts: RefitFacts): string =>
  `A refit on recent rows gains ${signed(facts.gain)} ${range(facts.interval)} in log loss on ${facts.days} later days.`;

function labelSentences({ known, knownUsually, shifts, noise }: LabelFacts): string[] {
  const usual = knownUsually === null ? '' : `, ${percent(knownUsually)} are usual at that age`;
  return [
    `${percent(known)} of the labels are known${usual}.`,
    ...shifts.map(
      ({ where, before, after, interval, isInverted }) =>
        `Positive labels, ${where}: ${percent(before)} before, ${percent(after)} now, change ${range(interval)}${isInverted ? ', as if exchanged' : ''}.`,
    ),
    ...(noise === null ? [] : [`About ${percent(noise)} of the labels look wrong.`]),
  ];
}

function versionSentence({ kind, name, from, to, commit, at }: VersionRecord): string {
  const what = [kind, name].filter((word) => word !== null).join(' ');
  return `Announced: ${what} ${from ?? '?'} to ${to ?? '?'}${commit === null ? '' : ` (${commit})`}, in use since ${shortInstant(at)}.`;
}

const LIKENESS = { true: 'like it', false: 'not like it', null: 'not known well enough to tell' } as const;

const seasonSentence = ({ window, isAlike }: SeasonFacts): string =>
  `The same window of an earlier period, [${window.start.slice(0, 10)}, ${window.end.slice(0, 10)}), is ${LIKENESS[`${isAlike}`]}.`;

/** @returns one sentence a fact that is there; what could not be measured stands in `notMeasured` */
export function measuredSentences(facts: TriageFacts): string[] {
  const { maps, recomputed, association, performance, refit, labels, versions, season } = facts;
  return [
    rowsSentence(facts),
    ...maps.map((map) => `${mapName(map)} fits${map.share === null ? '' : ` ${percent(map.share)} of the rows`}.`),
    ...recomputed.map(recomputedSentence),
    ...(association === null || association === undefined ? [] : associationSentences(association)),
    ...driftSentences(facts),
    ...(performance === null ? [] : [performanceSentence(performance)]),
    ...(refit === null ? [] : [refitSentence(refit)]),
    ...(labels === null ? [] : labelSentences(labels)),
    ...versions.map(versionSentence),
    ...(season === null ? [] : [seasonSentence(season)]),
  ];
}
