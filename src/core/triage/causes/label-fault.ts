/** Labels are made otherwise than they were: their process changed, they jumped at once or are exchanged, with inputs unchanged. */

import type { Instant } from '../../types.js';
import { type Evidence, type EvidenceRule, earliest, evidence } from '../evidence-rule.js';
import {
  areInputsUnmoved,
  columnsOf,
  failedChecks,
  hasChanged,
  isFact,
  percent,
  signed,
  versionsNear,
  versionText,
} from '../fact-words.js';
import type { LabelShift, TriageFacts, VersionRecord } from '../facts.js';
import type { TriageRule } from '../triage-rule.js';

const PROCESS = ['label-process'];

const shiftText = ({ where, before, after, interval, isAbrupt, isInverted }: LabelShift): string => {
  const how = isInverted ? ', as if exchanged' : isAbrupt ? ', at once' : '';
  const bounds = `[${signed(interval.lower)}, ${signed(interval.upper)}]`;
  return `Share of positive labels (${where}): ${percent(before)} before, ${percent(after)} now ${bounds}${how}.`;
};

const shiftEvidence = (shifts: readonly LabelShift[], more: readonly string[] = []): Evidence | null =>
  shifts.length === 0
    ? null
    : evidence([...shifts.map(shiftText), ...more], {
        columns: shifts.flatMap(({ column }) => (column === null ? [] : [column])),
        onset: earliest(shifts.map(({ onset }) => onset)),
      });

/**
 * Jumps overall, and those of slices that go one way in their column. Where some values of a column rise and others fall while the
 * whole stays, the world rearranged itself: that is for the refit probe to judge.
 */
function jumps(facts: TriageFacts): LabelShift[] {
  const shifts = facts.labels?.shifts ?? [];
  // A value that fell need not have fallen at once to tell that its column went both ways.
  const changed = shifts.filter((shift) => shift.isAbrupt || hasChanged(shift));
  return shifts.filter(({ column, before, after, isAbrupt }) => {
    if (!isAbrupt || column === null) return isAbrupt;
    const isUp = after > before;
    return changed.every((other) => other.column !== column || other.after > other.before === isUp);
  });
}

const inverted = (facts: TriageFacts): LabelShift[] =>
  (facts.labels?.shifts ?? []).filter(({ isInverted }) => isInverted);

/**
 * Where inputs moved, the mix of rows moves slices, and the profile of the day, by itself: then only an exchange tells, or a share of
 * all rows that jumped beyond chance.
 */
const sudden = (facts: TriageFacts): LabelShift[] =>
  areInputsUnmoved(facts)
    ? [...inverted(facts), ...jumps(facts)]
    : [...inverted(facts), ...jumps(facts).filter((one) => one.column === null && !one.isInverted && hasChanged(one))];

const odds = (share: number): number => Math.log(share / (1 - share));
/** In log-odds, as of a jump overall: smaller changes come with the weather. */
const LEAST_CHANGE = 0.3;

const isLarge = ({ before, after }: LabelShift): boolean => !(Math.abs(odds(after) - odds(before)) < LEAST_CHANGE);

interface Recorded {
  readonly shift: LabelShift;
  readonly versions: readonly VersionRecord[];
}

const recordEvidence = (found: readonly Recorded[]): Evidence | null =>
  shiftEvidence(
    found.map(({ shift }) => shift),
    [...new Set(found.flatMap(({ versions }) => versions.map(versionText)))],
  );

const announcedNear = (
  facts: TriageFacts,
  rule: TriageRule,
): { at: Instant; shift: LabelShift | null; version: VersionRecord }[] =>
  versionsNear(facts, rule, { kinds: PROCESS, onset: null }).flatMap((version) => {
    const tested = facts.labels?.announced.find(({ at }) => at === version.at);
    return tested === undefined ? [] : [{ ...tested, version }];
  });

/** A jump or an exchange that began near a version, or a change at the version's own instant. */
function recorded(facts: TriageFacts, rule: TriageRule): Evidence | null {
  const began = (facts.labels?.shifts ?? []).flatMap((shift): Recorded[] => {
    if (shift.onset === null || !(shift.isAbrupt || shift.isInverted)) return [];
    const versions = versionsNear(facts, rule, { kinds: PROCESS, onset: shift.onset });
    return versions.length === 0 ? [] : [{ shift, versions }];
  });
  const announced = announcedNear(facts, rule).flatMap(({ at, shift, version }): Recorded[] =>
    shift !== null && hasChanged(shift) && isLarge(shift)
      ? [{ shift: { ...shift, onset: at }, versions: [version] }]
      : [],
  );
  return recordEvidence([...began, ...announced]);
}

/** The share changed, and too few days around the version tell whether it was then. */
function perhapsRecorded(facts: TriageFacts, rule: TriageRule): Evidence | null {
  const versions = announcedNear(facts, rule).flatMap(({ shift, version }) => (shift === null ? [version] : []));
  const overall = (facts.labels?.shifts ?? []).filter((one) => one.column === null && hasChanged(one) && isLarge(one));
  return versions.length === 0 ? null : recordEvidence(overall.map((shift) => ({ shift, versions })));
}

function noisier(facts: TriageFacts, rule: TriageRule): Evidence | null {
  const { noise, referenceNoise } = facts.labels ?? { noise: null, referenceNoise: null };
  if (noise === null || referenceNoise === null || !(noise - referenceNoise > rule.noiseRise)) return null;
  return evidence([`Labels that look wrong: ${percent(noise)} now, ${percent(referenceNoise)} before.`]);
}

/** Mature rows without labels, or positives that are known more rarely than all. */
function missing({ labels }: TriageFacts, rule: TriageRule): Evidence | null {
  if (labels === null) return null;
  const texts: string[] = [];
  const { known, knownUsually, positivesKnown } = labels;
  if (knownUsually !== null && known < knownUsually * rule.minOfUsual) {
    texts.push(`Labels are known of ${percent(known)} of the rows; ${percent(knownUsually)} is usual at their age.`);
  }
  if (positivesKnown !== null && knownUsually !== null && positivesKnown < knownUsually * rule.minOfUsual) {
    texts.push(
      `Of the positive labels to be expected ${percent(positivesKnown)} are known; ${percent(knownUsually)} is usual.`,
    );
  }
  return texts.length === 0 ? null : evidence(texts);
}

function failed(facts: TriageFacts, isExact: boolean): Evidence | null {
  const checks = failedChecks(facts, 'label-fault').filter((check) => isFact(check) === isExact);
  if (checks.length === 0) return null;
  return evidence(
    checks.map(({ text }) => text),
    { columns: columnsOf(checks), onset: earliest(checks.map((check) => check.onset)) },
  );
}

export const LABEL_FAULT: readonly EvidenceRule[] = [
  {
    id: 'label-fact',
    cause: 'label-fault',
    gives: 'confirmed',
    when: 'a failed check of labels is a fact',
    find: (facts) => failed(facts, true),
  },
  {
    id: 'label-process-recorded',
    cause: 'label-fault',
    gives: 'confirmed',
    when: 'a version of the label process came into use, and the share of positive labels is another since that instant, or jumped or is exchanged from near it on',
    find: recorded,
  },
  {
    id: 'label-process-near',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'the share of positive labels changed overall, and a version of the label process came into use near the window, with too few days around it to tell whether it was then',
    find: perhapsRecorded,
  },
  {
    id: 'label-inverted',
    cause: 'label-fault',
    gives: 'confirmed',
    when: 'labels are exchanged, overall or in a slice, and inputs did not move',
    find: (facts) => (areInputsUnmoved(facts) ? shiftEvidence(inverted(facts)) : null),
  },
  {
    id: 'label-jump',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'the share of positive labels jumped at once, overall or one way in slices of a column, and inputs did not move',
    find: (facts) => (areInputsUnmoved(facts) ? shiftEvidence(jumps(facts)) : null),
  },
  {
    id: 'label-jump-and-moved',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'labels are exchanged, or their share jumped at once overall and beyond chance, while inputs moved or could not be tested',
    find: (facts) => (areInputsUnmoved(facts) ? null : shiftEvidence(sudden(facts))),
  },
  {
    id: 'label-noise',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'more labels look wrong than before, and inputs did not move',
    find: (facts, rule) => (areInputsUnmoved(facts) ? noisier(facts, rule) : null),
  },
  {
    id: 'label-estimate',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'a check of labels fails by an estimate',
    find: (facts) => failed(facts, false),
  },
  {
    id: 'label-still-missing',
    cause: 'label-fault',
    gives: 'suspected',
    when: 'after the label wait fewer labels, or fewer positive ones, are known than is usual at their age',
    find: (facts, rule) => (facts.isAfterLabelWait ? missing(facts, rule) : null),
  },
  {
    id: 'label-missing',
    cause: 'label-fault',
    gives: 'missing',
    when: 'before the label wait fewer labels, or fewer positive ones, are known than is usual at their age',
    find: (facts, rule) => (facts.isAfterLabelWait ? null : missing(facts, rule)),
  },
  {
    id: 'label-steady',
    cause: 'label-fault',
    gives: 'excluded',
    when: 'labels of enough days are known, and their shares neither jumped nor are exchanged',
    find: ({ labels }, rule) =>
      labels !== null &&
      labels.labelledDays >= rule.minDays &&
      labels.shifts.every(({ isAbrupt, isInverted }) => !isAbrupt && !isInverted)
        ? evidence([...labels.shifts.slice(0, 1).map(shiftText), 'No share of labels jumped or is exchanged.'])
        : null,
  },
  {
    id: 'label-unsettled',
    cause: 'label-fault',
    gives: 'not-checked',
    when: 'shares of labels jumped both ways in slices of a column, or while inputs moved: labels or the world may have done it',
    find: (facts) => {
      const leapt = (facts.labels?.shifts ?? []).filter(({ isAbrupt, isInverted }) => isAbrupt || isInverted);
      return sudden(facts).length > 0 ? null : shiftEvidence(leapt, ['Labels or the world may have done it.']);
    },
  },
  {
    id: 'label-none',
    cause: 'label-fault',
    gives: 'not-checked',
    when: 'too few labels are known to compare',
    find: (facts, rule) =>
      facts.labels === null || facts.labels.labelledDays < rule.minDays
        ? evidence([
            `Labels of ${facts.labels?.labelledDays ?? 0} days are known; ${rule.minDays} are needed to compare their shares.`,
          ])
        : null,
  },
];
