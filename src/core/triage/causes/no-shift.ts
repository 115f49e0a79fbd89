/** The claim does not survive its re-test, and there was enough to have seen it. Too little to conclude from is never this. */
import { type EvidenceRule, evidence } from '../evidence-rule.js';
import {
  alertsOf,
  areLabelsToCome,
  effectName,
  hasEnough,
  hasFallen,
  isPerformanceMeasured,
  LABEL_SCOPES,
  movedColumns,
  needsPerformance,
  percent,
  scoresOf,
  signed,
  versionsNear,
  versionText,
} from '../fact-words.js';
import type { Alleged, MovedColumn, TriageFacts } from '../facts.js';
import type { TriageRule } from '../triage-rule.js';

/** A claim about predictions is answered by the champion's scores, whatever the monitor calls their column. */
const isOfScores = ({ scope }: Alleged['alerts'][number]): boolean => scope === 'prediction';

const MOST_UNREAD = 5;

const areScoresUntested = (facts: TriageFacts): boolean =>
  scoresOf(facts).length === 0 && alertsOf(facts).some(isOfScores);

/** The columns that are alleged, where every claim names some that were tested; every column otherwise. */
function questioned(facts: TriageFacts): MovedColumn[] {
  const all = facts.drift === null ? [] : [...facts.drift.columns, ...scoresOf(facts)];
  const scores = new Set(scoresOf(facts));
  const named = new Set<MovedColumn>();
  for (const claim of facts.claims) {
    // What is said of performance is no matter of columns.
    const alerts = claim.alerts.filter(({ scope }) => !LABEL_SCOPES.has(scope));
    const columns = new Set(alerts.map(({ column }) => column));
    const own = all.filter((one) => columns.has(one.column) || (scores.has(one) && alerts.some(isOfScores)));
    if (alerts.length > 0 && own.length === 0) return all;
    for (const one of own) named.add(one);
  }
  return named.size === 0 ? all : all.filter((one) => named.has(one));
}

/** As far from the champion's training rows as a change that would have been seen: it came before the weeks that it is compared with. */
const unlikeTraining = (facts: TriageFacts, { retest }: TriageRule): MovedColumn[] =>
  questioned(facts).filter(
    ({ isUnchanged, profileEffect, method }) =>
      isUnchanged && profileEffect !== null && profileEffect >= retest.seenFrom[method],
  );

function survived(facts: TriageFacts, rule: TriageRule): boolean {
  const columns = questioned(facts);
  if (columns.length === 0 || areScoresUntested(facts) || !columns.every(({ isUnchanged }) => isUnchanged))
    return false;
  if (movedColumns(facts).length > 0 || hasFallen(facts.performance, rule)) return false;
  if (alertsOf(facts).some(({ scope }) => scope === 'target') && !isShareUnmoved(facts, rule)) return false;
  return !needsPerformance(facts) || isPerformanceMeasured(facts.performance, rule);
}

/** A claim about the target is answered by the share of labels: it did not change by as much as would matter, and that would have been seen. */
function isShareUnmoved({ labels }: TriageFacts, { minDays, maxShareShift }: TriageRule): boolean {
  const overall = labels?.shifts.find(({ column }) => column === null);
  if (labels === null || labels.labelledDays < minDays || overall === undefined) return false;
  const most = maxShareShift * overall.before;
  return overall.interval.lower >= -most && overall.interval.upper <= most;
}

const CHANGES = ['code', 'feature', 'schema', 'label-process'];

/** A version changed near the window, and whether the champion still does well could not be measured. */
const versionsAlone = (facts: TriageFacts, rule: TriageRule) =>
  isPerformanceMeasured(facts.performance, rule) ? [] : versionsNear(facts, rule, { kinds: CHANGES, onset: null });

/** What is alleged of columns that nobody looked at, by monitor: the model does not read them, or not under that name. */
function unreadColumns(facts: TriageFacts): string[] {
  const read = new Set(facts.drift?.columns.map(({ column }) => column));
  return facts.claims.flatMap(({ monitor, alerts }) => {
    const named = alerts.flatMap((alert) =>
      alert.column === null || isOfScores(alert) || LABEL_SCOPES.has(alert.scope) || read.has(alert.column)
        ? []
        : [alert.column],
    );
    const columns = [...new Set(named)].slice(0, MOST_UNREAD).join(', ');
    return columns === ''
      ? []
      : [`${monitor} speaks of ${columns}, which the model does not read under that name: it was not looked at.`];
  });
}

/** Which rule of which monitor cried out, for the one who tunes it. */
function alarms({ claims }: TriageFacts): string[] {
  return claims.flatMap(({ monitor, nReference, nCurrent, alerts }) => {
    if (alerts.length === 0) return [];
    const methods = [...new Set(alerts.map(({ method }) => method))].slice(0, 4).join(', ');
    const sizes = nReference === null || nCurrent === null ? '' : ` on ${nReference} against ${nCurrent} rows`;
    return [`The rule of ${monitor} that alarmed: ${methods}${sizes}, ${alerts.length} alert(s).`];
  });
}

export const NO_SHIFT: readonly EvidenceRule[] = [
  {
    id: 'no-shift-shown',
    cause: 'no-shift',
    gives: 'confirmed',
    when: 'every questioned column is unchanged where a change worth seeing would have been seen, nothing else moved, and performance did not fall (measured, where the claim is about it); for a claim about the target also that the share of positive labels changed by less than a quarter of what it was',
    find: (facts, rule) => {
      if (!hasEnough(facts, rule) || !survived(facts, rule) || versionsAlone(facts, rule).length > 0) return null;
      if (unlikeTraining(facts, rule).length > 0) return null;
      const columns = questioned(facts).map(({ column }) => column);
      const { rows, days } = facts.current;
      const unchanged = `${columns.join(', ')}: unchanged over ${days} days and ${rows} rows.`;
      return evidence([unchanged, ...unreadColumns(facts), ...alarms(facts)], { columns });
    },
  },
  {
    id: 'no-shift-moved',
    cause: 'no-shift',
    gives: 'excluded',
    when: 'something moved, or performance fell',
    find: (facts, rule) => {
      const moved = movedColumns(facts).map(({ column }) => column);
      const texts = moved.length === 0 ? [] : [`${moved.join(', ')} moved.`];
      if (hasFallen(facts.performance, rule)) texts.push('The champion’s performance fell.');
      return texts.length === 0 ? null : evidence(texts, { columns: moved });
    },
  },
  {
    id: 'no-shift-labels-to-come',
    cause: 'no-shift',
    gives: 'missing',
    when: 'before the label wait the claim is about performance or the target, and performance cannot be measured yet',
    find: (facts, rule) =>
      areLabelsToCome(facts, rule) && needsPerformance(facts) && !isPerformanceMeasured(facts.performance, rule)
        ? evidence(['The claim is about performance, and too few days have mature labels.'])
        : null,
  },
  {
    id: 'no-shift-version-alone',
    cause: 'no-shift',
    gives: 'not-checked',
    when: 'a version came into use near the window, and performance could not be measured: the version is the only evidence',
    find: (facts, rule) => {
      const versions = versionsAlone(facts, rule);
      return versions.length === 0 ? null : evidence([...versions.map(versionText), 'Nothing else tells what it did.']);
    },
  },
  {
    id: 'no-shift-share-unseen',
    cause: 'no-shift',
    gives: 'not-checked',
    when: 'the claim is about the target, and the share of positive labels may have changed by more than that',
    find: (facts, rule) => {
      if (!alertsOf(facts).some(({ scope }) => scope === 'target') || isShareUnmoved(facts, rule)) return null;
      const overall = facts.labels?.shifts.find(({ column }) => column === null);
      if (overall === undefined) return evidence(['The share of positive labels could not be compared.']);
      const { before, after, interval } = overall;
      const bounds = `[${signed(interval.lower)}, ${signed(interval.upper)}]`;
      return evidence([
        `The share of positive labels went from ${percent(before)} to ${percent(after)} ${bounds}: what changed it is open.`,
      ]);
    },
  },
  {
    id: 'no-shift-scores-untested',
    cause: 'no-shift',
    gives: 'not-checked',
    when: 'the claim is about predictions, and the champion’s scores could not be tested',
    find: (facts) =>
      areScoresUntested(facts)
        ? evidence(['The claim is about predictions, and the champion’s scores could not be tested.'])
        : null,
  },
  {
    id: 'no-shift-unlike-training',
    cause: 'no-shift',
    gives: 'not-checked',
    when: 'a questioned column is as it was in the weeks before, and unlike the champion’s training rows by as much as would have been seen: it changed earlier',
    find: (facts, rule) => {
      const unlike = unlikeTraining(facts, rule);
      return unlike.length === 0
        ? null
        : evidence(
            unlike.map(
              ({ column, method, profileEffect }) =>
                `${column} is as in the weeks before, but not as in the champion’s training rows (${effectName({ method })} ${profileEffect?.toFixed(3)}): it changed before the window.`,
            ),
            { columns: unlike.map(({ column }) => column) },
          );
    },
  },
  {
    id: 'no-shift-too-little',
    cause: 'no-shift',
    gives: 'not-checked',
    when: 'there are too few rows or days to have seen a change',
    find: (facts, rule) => {
      const undecided = questioned(facts).filter(({ hasMoved, isUnchanged }) => !hasMoved && !isUnchanged);
      if (hasEnough(facts, rule) && undecided.length === 0 && facts.drift !== null) return null;
      const { rows, days } = facts.current;
      const columns = undecided.map(({ column }) => column);
      const of = columns.length === 0 ? '' : ` to see a change of ${columns.join(', ')}`;
      return evidence([`${rows} rows on ${days} days, ${facts.reference?.rows ?? 0} before: too few${of}.`], {
        columns,
      });
    },
  },
];
