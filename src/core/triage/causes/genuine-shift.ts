/** The inputs, or what the champion makes of them, really moved, and there are labels to learn it from. */
import { type Evidence, type EvidenceRule, earliest, evidence } from '../evidence-rule.js';
import { effectName, hasEnough, movedColumns, percent } from '../fact-words.js';
import type { MovedColumn, TriageFacts } from '../facts.js';
import type { TriageRule } from '../triage-rule.js';

const movedText = ({ column, method, effect, adjustedPValue, labelledShare }: MovedColumn): string => {
  const name = effectName({ method });
  const size = effect === null ? '' : `, ${name} ${effect.toFixed(3)}`;
  const chance = adjustedPValue === null ? '' : `, adjusted p ${adjustedPValue.toPrecision(2)} over days`;
  const covered =
    labelledShare === null ? '' : `; labels are known of ${percent(labelledShare)} of the rows where it grew`;
  return `${column} moved${size}${chance}${covered}.`;
};

/** On a handful of rows anything moves. */
const sustained = (facts: TriageFacts, rule: TriageRule): MovedColumn[] =>
  hasEnough(facts, rule) ? movedColumns(facts).filter(({ isSustained }) => isSustained) : [];
const isCovered = ({ labelledShare }: MovedColumn, { minLabelledShare }: TriageRule): boolean =>
  labelledShare !== null && labelledShare >= minLabelledShare;
const isBare = ({ labelledShare }: MovedColumn, { minLabelledShare }: TriageRule): boolean =>
  labelledShare !== null && labelledShare < minLabelledShare;

/** It moved, and nobody can tell whether it does so every year. */
const mayBeSeasonal = ({ season }: TriageFacts): boolean => season?.isAlike === null;

/** Nothing where one of them has too few labels where it grew: what is learned there would be a guess. */
function covered(facts: TriageFacts, rule: TriageRule): MovedColumn[] {
  const columns = mayBeSeasonal(facts) ? [] : sustained(facts, rule);
  return columns.some((column) => isBare(column, rule)) ? [] : columns.filter((column) => isCovered(column, rule));
}

const found = (columns: readonly MovedColumn[]): Evidence | null =>
  columns.length === 0
    ? null
    : evidence(columns.map(movedText), {
        columns: columns.map(({ column }) => column),
        onset: earliest(columns.map(({ onset }) => onset)),
      });

export const GENUINE_SHIFT: readonly EvidenceRule[] = [
  {
    id: 'genuine-sustained',
    cause: 'genuine-shift',
    gives: 'confirmed',
    when: 'inputs or scores moved beyond the effect floor in at least two parts of the window, labelled rows cover every region that moved, and an earlier season, where there is one, could be told from it',
    find: (facts, rule) => found(covered(facts, rule)),
  },
  {
    id: 'genuine-labels-to-come',
    cause: 'genuine-shift',
    gives: 'missing',
    when: 'before the label wait a region that moved has too few labels',
    find: (facts, rule) =>
      facts.isAfterLabelWait ? null : found(sustained(facts, rule).filter((column) => !isCovered(column, rule))),
  },
  {
    id: 'genuine-not-covered',
    cause: 'genuine-shift',
    gives: 'excluded',
    when: 'after the label wait a region that moved still has too few labels: nothing could be learned there',
    find: (facts, rule) =>
      facts.isAfterLabelWait ? found(sustained(facts, rule).filter((column) => !isCovered(column, rule))) : null,
  },
  {
    id: 'genuine-passing',
    cause: 'genuine-shift',
    gives: 'excluded',
    when: 'what moved did so in one part of the window only',
    find: (facts) => {
      const passing = movedColumns(facts).filter(({ isSustained }) => !isSustained);
      const shown = found(passing);
      return shown === null
        ? null
        : { ...shown, texts: shown.texts.map((text) => `In one part of the window only: ${text}`) };
    },
  },
  {
    id: 'genuine-unmoved',
    cause: 'genuine-shift',
    gives: 'excluded',
    when: 'neither inputs nor scores moved',
    find: (facts) =>
      facts.drift !== null && movedColumns(facts).length === 0 ? evidence(['Neither inputs nor scores moved.']) : null,
  },
  {
    id: 'genuine-season-untold',
    cause: 'genuine-shift',
    gives: 'not-checked',
    when: 'something moved, and too little is known of the same calendar window of an earlier period to tell whether it does so then',
    find: (facts, rule) => {
      const columns = sustained(facts, rule).map(({ column }) => column);
      return mayBeSeasonal(facts) && columns.length > 0
        ? evidence([`Whether ${columns.join(', ')} moves so every year could not be told.`], { columns })
        : null;
    },
  },
  {
    id: 'genuine-too-little',
    cause: 'genuine-shift',
    gives: 'not-checked',
    when: 'something moved on too few rows to tell',
    find: (facts, rule) =>
      movedColumns(facts).length > 0 && !hasEnough(facts, rule)
        ? evidence([
            `${facts.current.rows} rows, ${facts.reference?.rows ?? 0} before: too few for what moved to count.`,
          ])
        : null,
  },
  {
    id: 'genuine-untested',
    cause: 'genuine-shift',
    gives: 'not-checked',
    when: 'drift could not be measured',
    find: ({ drift }) => (drift === null ? evidence(['Inputs could not be compared with earlier ones.']) : null),
  },
];
