/** The feature is computed otherwise than it was: logged and recomputed values differ, or values moved as only code moves them, or to other rows. */
import { type Evidence, type EvidenceRule, earliest, evidence } from '../evidence-rule.js';
import {
  areInputsUnmoved,
  columnsOf,
  failedChecks,
  hasFallen,
  isCodeMap,
  isExactMap,
  isFact,
  isSilent,
  mapName,
  outOfStepText,
  percent,
  performanceText,
  touches,
  unexplainedOutOfStep,
  versionsNear,
  versionText,
} from '../fact-words.js';
import type { ColumnMap, TriageFacts, VersionRecord } from '../facts.js';
import type { TriageRule } from '../triage-rule.js';

const CODE = ['code', 'feature'];

function differing(facts: TriageFacts, rule: TriageRule): Evidence | null {
  const found = facts.recomputed.filter((one) => one.rows > 0 && one.differing / one.rows > rule.maxDiffering);
  if (found.length === 0) return null;
  const texts = found.map(
    (one) =>
      `${one.column} as logged differs from ${one.against} on ${percent(one.differing / one.rows)} of ${one.rows} rows.`,
  );
  return evidence(texts, {
    columns: found.map(({ column }) => column),
    onset: earliest(found.map(({ onset }) => onset)),
  });
}

const mapText = (map: ColumnMap): string =>
  `${mapName(map)}: moved back, the distance to what it was falls from ${map.distanceBefore.toFixed(3)} to ${map.distanceAfter.toFixed(3)}.`;

function codeMaps(facts: TriageFacts, of: (map: ColumnMap) => readonly VersionRecord[] | null): Evidence | null {
  const found = facts.maps.filter(isCodeMap).flatMap((map) => {
    const versions = of(map);
    return versions === null ? [] : [{ map, versions }];
  });
  if (found.length === 0) return null;
  return evidence(
    [...found.map(({ map }) => mapText(map)), ...found.flatMap(({ versions }) => versions.map(versionText))],
    {
      columns: found.map(({ map }) => map.column),
      onset: earliest(found.map(({ map }) => map.onset)),
    },
  );
}

/** Near the map, and of its column or of none in particular. */
function mapVersions(facts: TriageFacts, rule: TriageRule, map: ColumnMap): VersionRecord[] {
  const near = versionsNear(facts, rule, { kinds: [...CODE, 'schema'], onset: map.onset });
  return near.filter((version) => touches(version, [map.column]) || isSilent(version));
}

/** Performance fell with inputs as they were: versions near the onset that name a feature, or none. */
function fellAfterVersion(facts: TriageFacts, rule: TriageRule, isNamed: boolean): Evidence | null {
  const { performance } = facts;
  if (!hasFallen(performance, rule) || !areInputsUnmoved(facts)) return null;
  const columns = facts.drift?.columns.map(({ column }) => column) ?? [];
  const near = versionsNear(facts, rule, { kinds: CODE, onset: performance.onset });
  const versions = near.filter((version) => touches(version, columns) === isNamed);
  if (versions.length === 0) return null;
  return evidence([performanceText(performance), 'No input moved.', ...versions.map(versionText)], {
    columns: versions.flatMap((version) => version.columns),
    onset: performance.onset,
  });
}

function outOfStep(facts: TriageFacts): Evidence | null {
  const found = unexplainedOutOfStep(facts);
  if (found.length === 0) return null;
  return evidence(found.map(outOfStepText), {
    columns: found.flatMap(({ columns }) => columns),
    onset: earliest(found.map(({ onset }) => onset)),
  });
}

/** What was looked at and found as it was. */
function asBefore({ recomputed, association }: TriageFacts): string {
  const together = association?.together ?? [];
  const found = [
    'No column moved as only code moves it',
    ...(recomputed.length === 0 ? [] : ['logged values are the recomputed ones']),
    ...(together.length === 0 ? [] : [`${together.join(', ')} go together as before`]),
  ];
  return `${found
    .slice(0, -2)
    .map((one) => `${one}, `)
    .join('')}${found.slice(-2).join(', and ')}.`;
}

function failed(facts: TriageFacts, isExact: boolean): Evidence | null {
  const checks = failedChecks(facts, 'code-or-feature-bug').filter((check) => isFact(check) === isExact);
  if (checks.length === 0) return null;
  return evidence(
    checks.map(({ text }) => text),
    { columns: columnsOf(checks), onset: earliest(checks.map((check) => check.onset)) },
  );
}

export const CODE_OR_FEATURE_BUG: readonly EvidenceRule[] = [
  {
    id: 'code-recomputed',
    cause: 'code-or-feature-bug',
    gives: 'confirmed',
    when: 'logged and recomputed values of a feature differ on more than 1 % of the rows',
    find: differing,
  },
  {
    id: 'code-map-recorded',
    cause: 'code-or-feature-bug',
    gives: 'confirmed',
    when: 'a column is rotated around its cycle or moved by a constant, and a version near the onset names it, or names nothing',
    find: (facts, rule) =>
      codeMaps(facts, (map) => {
        const versions = mapVersions(facts, rule, map);
        return versions.length === 0 ? null : versions;
      }),
  },
  {
    id: 'code-map-exact',
    cause: 'code-or-feature-bug',
    gives: 'confirmed',
    when: 'a column is moved by a constant on at least 99 % of its rows',
    find: (facts, rule) => codeMaps(facts, (map) => (isExactMap(map, rule) ? [] : null)),
  },
  {
    id: 'code-fell-after-named-version',
    cause: 'code-or-feature-bug',
    gives: 'confirmed',
    when: 'performance fell with inputs unchanged, and a code or feature version that names a feature came into use near the onset',
    find: (facts, rule) => fellAfterVersion(facts, rule, true),
  },
  {
    id: 'code-fact',
    cause: 'code-or-feature-bug',
    gives: 'confirmed',
    when: 'a failed check speaks for it and is a fact',
    find: (facts) => failed(facts, true),
  },
  {
    id: 'code-map',
    cause: 'code-or-feature-bug',
    gives: 'suspected',
    when: 'a column is rotated around its cycle or moved by a constant, and no version is known',
    find: (facts, rule) =>
      codeMaps(facts, (map) => (mapVersions(facts, rule, map).length === 0 && !isExactMap(map, rule) ? [] : null)),
  },
  {
    id: 'code-fell-after-version',
    cause: 'code-or-feature-bug',
    gives: 'suspected',
    when: 'performance fell with inputs unchanged, and a code or feature version that names no feature came into use near the onset',
    find: (facts, rule) => fellAfterVersion(facts, rule, false),
  },
  {
    id: 'code-out-of-step',
    cause: 'code-or-feature-bug',
    gives: 'suspected',
    when: 'a column does not go with any of the columns that it went with, and neither a map nor a failed check of it says why',
    find: outOfStep,
  },
  {
    id: 'code-estimate',
    cause: 'code-or-feature-bug',
    gives: 'suspected',
    when: 'a failed check speaks for it by an estimate',
    find: (facts) => failed(facts, false),
  },
  {
    id: 'code-as-before',
    cause: 'code-or-feature-bug',
    gives: 'excluded',
    when: 'no column is rotated or moved by a constant, logged values are the recomputed ones where there are any, columns go together as before where that was measured, and performance did not fall after a version',
    find: (facts, rule) =>
      facts.maps.some(isCodeMap) ||
      differing(facts, rule) !== null ||
      outOfStep(facts) !== null ||
      hasFallen(facts.performance, rule)
        ? null
        : evidence([asBefore(facts)]),
  },
  {
    id: 'code-fallen',
    cause: 'code-or-feature-bug',
    gives: 'not-checked',
    when: 'performance fell, and nothing else speaks for code or against it',
    find: (facts, rule) => {
      const speaks = facts.maps.some(isCodeMap) || differing(facts, rule) !== null || outOfStep(facts) !== null;
      const afterVersion = fellAfterVersion(facts, rule, true) ?? fellAfterVersion(facts, rule, false);
      return speaks || afterVersion !== null || !hasFallen(facts.performance, rule)
        ? null
        : evidence(['The champion got worse, and no version of code or features is known to have come then.']);
    },
  },
  {
    id: 'code-no-rows-before',
    cause: 'code-or-feature-bug',
    gives: 'not-checked',
    when: 'there are no earlier rows to compare with',
    find: (facts) =>
      facts.reference === null || facts.reference.rows === 0
        ? evidence(['There are no rows before the window: whether a column moved was not looked at.'])
        : null,
  },
];
