/**
 * Categories that are spelled otherwise: new names that stand for known ones once case, blanks, padding, separators, or one prefix
 * or suffix are set aside. What is new and stands for nothing stays new.
 */
import type { ColumnMap } from '../facts.js';
import { type CategoryDays, distanceOf, mapBack, usualOf } from './category-days.js';
import { instantsOf, isEnough, isWithin, lengthOf } from './day-span.js';
import { gainingDays, pooled, rowsOf } from './days-between.js';

/** Fewer rows under other spellings are a few bad rows, not a map of the column. */
const LEAST_CHANGED = 0.05;
const FEWEST_CHANGED = 10;
const LEAST_SHARE = 0.9;
const LEAST_DISTANCE = 0.05;
/** New names that an affix is looked for in. */
const NAMES_TRIED = 40;
/** A name shorter than this is in too many others to tell an affix. */
const SHORTEST_STEM = 2;

interface Spelling {
  readonly text: string;
  readonly plain: (name: string) => string;
}

const zeros = (name: string): string => name.replace(/^0+(?=\d)/, '');

/** From the gentlest on: the first under which names meet is what changed. */
const SPELLINGS: readonly Spelling[] = [
  { text: 'with other blanks', plain: (name) => name.trim().replace(/\s+/g, ' ') },
  { text: 'in other case', plain: (name) => name.toLowerCase() },
  { text: 'in other case and with other blanks', plain: (name) => name.trim().replace(/\s+/g, ' ').toLowerCase() },
  { text: 'with other leading zeros', plain: (name) => zeros(name.trim()) },
  { text: 'as whole numbers otherwise written', plain: (name) => zeros(name.trim()).replace(/\.0+$/, '') },
  { text: 'with other separators', plain: (name) => name.replace(/[\s\-_./,:;]+/g, '') },
  {
    text: 'otherwise spelled',
    plain: (name) =>
      zeros(
        name
          .normalize('NFKC')
          .toLowerCase()
          .replace(/[^\p{L}\p{N}]+/gu, ''),
      ),
  },
];

interface Renaming {
  readonly text: string;
  /** By level, the level that it stands for: itself where it is known, or stands for nothing. */
  readonly to: number[];
  /** New rows that it explains. */
  readonly explained: number;
}

function bySpelling(of: CategoryDays, { text, plain }: Spelling, now: Float64Array): Renaming {
  const known = new Map<string, number>();
  for (const [at, level] of of.levels.entries()) {
    const same = known.get(plain(level));
    if (of.before[at]! > 0 && (same === undefined || of.before[same]! < of.before[at]!)) known.set(plain(level), at);
  }
  let explained = 0;
  const to = of.levels.map((level, at) => {
    if (of.before[at]! > 0) return at;
    const target = known.get(plain(level)) ?? at;
    if (target !== at) explained += now[at]!;
    return target;
  });
  return { text, to, explained };
}

type Affix = (name: string) => string | null;

/** What was put before or after known names, or taken from them. */
function affixes(of: CategoryDays, now: Float64Array): { text: string; plain: Affix }[] {
  const known = of.levels.filter((level, at) => of.before[at]! > 0 && level.length >= SHORTEST_STEM);
  const fresh = [...of.levels.keys()]
    .filter((at) => of.before[at] === 0 && now[at]! > 0)
    .sort((a, b) => now[b]! - now[a]!)
    .slice(0, NAMES_TRIED);
  const votes = new Map<string, { rows: number; text: string; plain: Affix }>();
  const vote = (key: string, rows: number, make: () => { text: string; plain: Affix }): void => {
    const same = votes.get(key);
    if (same === undefined) votes.set(key, { rows, ...make() });
    else same.rows += rows;
  };
  for (const at of fresh) {
    const name = of.levels[at]!;
    for (const own of known) {
      const more = name.length - own.length;
      if (more > 0 && name.endsWith(own)) {
        const affix = name.slice(0, more);
        vote(`+<${affix}`, now[at]!, () => ({
          text: `with “${affix}” before it`,
          plain: (one) => (one.startsWith(affix) ? one.slice(affix.length) : null),
        }));
      }
      if (more > 0 && name.startsWith(own)) {
        const affix = name.slice(own.length);
        vote(`+>${affix}`, now[at]!, () => ({
          text: `with “${affix}” after it`,
          plain: (one) => (one.endsWith(affix) ? one.slice(0, one.length - affix.length) : null),
        }));
      }
      if (more < 0 && name.length >= SHORTEST_STEM && own.endsWith(name)) {
        const affix = own.slice(0, -more);
        vote(`-<${affix}`, now[at]!, () => ({ text: `without “${affix}” before it`, plain: (one) => affix + one }));
      }
      if (more < 0 && name.length >= SHORTEST_STEM && own.startsWith(name)) {
        const affix = own.slice(name.length);
        vote(`->${affix}`, now[at]!, () => ({ text: `without “${affix}” after it`, plain: (one) => one + affix }));
      }
    }
  }
  return [...votes.values()].sort((a, b) => b.rows - a.rows).slice(0, 3);
}

function byAffix(of: CategoryDays, { text, plain }: { text: string; plain: Affix }, now: Float64Array): Renaming {
  const place = new Map(of.levels.map((level, at) => [level, at]));
  let explained = 0;
  const to = of.levels.map((level, at) => {
    const stem = of.before[at]! > 0 ? null : plain(level);
    const target = stem === null ? undefined : place.get(stem);
    if (target === undefined || !(of.before[target]! > 0)) return at;
    explained += now[at]!;
    return target;
  });
  return { text, to, explained };
}

/** Says lower or upper case where all of it is. */
function caseText(text: string, of: CategoryDays, to: readonly number[]): string {
  if (text !== 'in other case') return text;
  const changed = of.levels.filter((_, at) => to[at] !== at);
  if (changed.every((name) => name === name.toLowerCase())) return 'in lower case';
  return changed.every((name) => name === name.toUpperCase()) ? 'in upper case' : text;
}

export function renameMap(of: CategoryDays, column: string, days: readonly string[]): ColumnMap | null {
  const whole = pooled(of.current, () => true);
  const fresh = rowsOf(whole.filter((_, at) => of.before[at] === 0));
  if (fresh === 0 || rowsOf(of.before) === 0) return null;
  const candidates = [
    ...SPELLINGS.map((spelling) => bySpelling(of, spelling, whole)),
    ...affixes(of, whole).map((affix) => byAffix(of, affix, whole)),
  ];
  const best = candidates.reduce((most, one) => (one.explained > most.explained * 1.001 ? one : most));
  const isMoved = best.to.map((target, at) => target !== at);
  const shares = of.current.map((day) => rowsOf(day.filter((_, at) => isMoved[at])) / Math.max(1, rowsOf(day)));
  const most = Math.max(...shares);
  // A few stray spellings before or after it are none of its days.
  const span = gainingDays(of.current.map((day, at) => rowsOf(day) * (shares[at]! - most / 2)));
  if (span === null) return null;
  const rest = pooled(of.current, isWithin(span));
  const mapped = mapBack(rest, best.to);
  const rows = rowsOf(rest);
  const moved = rowsOf(rest.filter((_, at) => isMoved[at]));
  if (!isEnough(span, rows) || moved < FEWEST_CHANGED) return null;
  const share = rowsOf(mapped.filter((_, at) => of.before[at]! > 0)) / rows;
  const distanceBefore = distanceOf(of.before, rest);
  const distanceAfter = distanceOf(of.before, mapped);
  const usual = Math.max(LEAST_DISTANCE, 1.5 * usualOf(of.reference, lengthOf(span)));
  const holds =
    moved / rows >= LEAST_CHANGED && share >= LEAST_SHARE && distanceAfter <= Math.max(usual, distanceBefore / 3);
  if (!holds || !(distanceAfter <= distanceBefore / 2)) return null;
  const text = `${column} ${caseText(best.text, of, best.to)}`;
  return { column, kind: 'rename', text, share, distanceBefore, distanceAfter, ...instantsOf(span, days) };
}
