/** A unit, a scale or a precision changed, categories are written otherwise, a type changed: the world did not move, its description did. */
import { type Evidence, type EvidenceRule, earliest, evidence } from '../evidence-rule.js';
import {
  columnsOf,
  failedChecks,
  isCodeMap,
  isExactMap,
  isFact,
  isLosingMap,
  mapName,
  touches,
  versionsNear,
  versionText,
} from '../fact-words.js';
import type { ColumnMap, TriageFacts } from '../facts.js';
import type { TriageRule } from '../triage-rule.js';

const loggingMaps = (facts: TriageFacts): ColumnMap[] => facts.maps.filter((map) => !isCodeMap(map));

const SPREAD = 'mapped back, the values are spread as they were before.';
const SPREAD_FORWARD = 'earlier values, mapped in the same way, are spread as these are.';

const mapText = (map: ColumnMap): string =>
  map.share === null
    ? `${mapName(map)}: ${isLosingMap(map) ? SPREAD_FORWARD : SPREAD}`
    : `${mapName(map)}: mapped back, ${(map.share * 100).toFixed(1)} % of the values are ones that were there before.`;

const mapEvidence = (maps: readonly ColumnMap[], more: readonly string[] = []): Evidence | null =>
  maps.length === 0
    ? null
    : evidence([...maps.map(mapText), ...more], {
        columns: maps.map(({ column }) => column),
        onset: earliest(maps.map(({ onset }) => onset)),
      });

function recorded(facts: TriageFacts, rule: TriageRule): Evidence | null {
  const matches = loggingMaps(facts).flatMap((map) => {
    const near = versionsNear(facts, rule, { kinds: ['schema', 'feature', 'code'], onset: map.onset });
    return near.filter((version) => touches(version, [map.column])).map((version) => ({ map, version }));
  });
  return mapEvidence(
    matches.map(({ map }) => map),
    matches.map(({ version }) => versionText(version)),
  );
}

function failed(facts: TriageFacts, isExact: boolean): Evidence | null {
  const checks = failedChecks(facts, 'logging-change').filter((check) => isFact(check) === isExact);
  if (checks.length === 0) return null;
  return evidence(
    checks.map(({ text }) => text),
    { columns: columnsOf(checks), onset: earliest(checks.map((check) => check.onset)) },
  );
}

export const LOGGING_CHANGE: readonly EvidenceRule[] = [
  {
    id: 'logging-fact',
    cause: 'logging-change',
    gives: 'confirmed',
    when: 'a failed check of types, units or spellings is a fact',
    find: (facts) => failed(facts, true),
  },
  {
    id: 'logging-map-exact',
    cause: 'logging-change',
    gives: 'confirmed',
    when: 'a unit, a scale, a curve, a spelling or a permutation of categories explains a column on at least 99 % of its rows',
    find: (facts, rule) => mapEvidence(loggingMaps(facts).filter((map) => isExactMap(map, rule))),
  },
  {
    id: 'logging-map-recorded',
    cause: 'logging-change',
    gives: 'confirmed',
    when: 'any map of this cause explains a column, and a version near its onset names that column',
    find: recorded,
  },
  {
    id: 'logging-map',
    cause: 'logging-change',
    gives: 'suspected',
    when: 'such a map explains how a column is spread, on fewer rows or uncountably; or a column is clipped or rounded, a part of its rows is in another unit, or a category stands under the name of another',
    find: (facts, rule) => mapEvidence(loggingMaps(facts).filter((map) => !isExactMap(map, rule))),
  },
  {
    id: 'logging-estimate',
    cause: 'logging-change',
    gives: 'suspected',
    when: 'a check of types, units or spellings fails by an estimate',
    find: (facts) => failed(facts, false),
  },
  {
    id: 'logging-unmapped',
    cause: 'logging-change',
    gives: 'excluded',
    when: 'no such map explains a column, wholly or in part, and no check fails that speaks for it',
    find: (facts) =>
      loggingMaps(facts).length === 0 && failedChecks(facts, 'logging-change').length === 0
        ? evidence(['No unit, scale, curve, limit, rounding or spelling explains any column.'])
        : null,
  },
  {
    id: 'logging-no-rows-before',
    cause: 'logging-change',
    gives: 'not-checked',
    when: 'there are no earlier rows to compare with',
    find: (facts) =>
      facts.reference === null || facts.reference.rows === 0
        ? evidence(['There are no rows before the window: units and spellings were not compared.'])
        : null,
  },
];
