/**
 * Cron lines as Temporal's Schedules read them: five fields (minute, hour, day of month, month, day of week), six with a year
 * at the end, seven with seconds at the start too, or a name such as `@daily`. Checked here, since a Schedule that is refused
 * when it is set would leave a pipeline applied that never runs.
 */

interface Field {
  readonly title: string;
  readonly least: number;
  readonly most: number;
  /** In order, the first one standing for `least`. */
  readonly names?: readonly string[];
}

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july'];
MONTHS.push('august', 'september', 'october', 'november', 'december');
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const FIVE: readonly Field[] = [
  { title: 'minute', least: 0, most: 59 },
  { title: 'hour', least: 0, most: 23 },
  { title: 'day of month', least: 1, most: 31 },
  { title: 'month', least: 1, most: 12, names: MONTHS },
  { title: 'day of week', least: 0, most: 7, names: DAYS },
];
const YEAR: Field = { title: 'year', least: 2000, most: 2100 };
const SECOND: Field = { title: 'second', least: 0, most: 59 };

/** A number or a name of three letters or more; null when it is neither or out of range. */
function readValue(text: string, field: Field): number | null {
  const named = /^[a-z]{3,}$/i.test(text)
    ? (field.names?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1)
    : -1;
  if (named >= 0) return field.least + named;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= field.least && value <= field.most ? value : null;
}

function partProblem(part: string, field: Field): string | null {
  const [, range = '', step] = /^([^/]*)(?:\/(.*))?$/.exec(part) ?? [];
  if (step !== undefined && !/^[1-9]\d{0,3}$/.test(step)) return `\`${part}\` has no step from 1 on after the slash`;
  if (range === '*') return null;
  const ends = range.split('-');
  const values = ends.map((end) => readValue(end, field));
  if (ends.length > 2 || values.includes(null)) return `\`${part}\` is not within ${field.least} to ${field.most}`;
  return values.length === 2 && values[0]! > values[1]! ? `\`${part}\` runs backwards` : null;
}

const NAMED_LINES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

function fieldsFor(count: number): readonly Field[] | null {
  if (count === 5) return FIVE;
  if (count === 6) return [...FIVE, YEAR];
  return count === 7 ? [SECOND, ...FIVE, YEAR] : null;
}

/** What is wrong with the line, in words; null for one that Temporal takes. */
export function cronProblem(line: string): string | null {
  const text = line.trim();
  if (Object.hasOwn(NAMED_LINES, text)) return null;
  const written = text.split(/\s+/);
  const fields = fieldsFor(written.length);
  if (text.startsWith('@') || fields === null)
    return 'is no cron line: write five fields, e.g. "0 6 1 * *" (06:00 on the first of each month)';
  for (const [at, field] of fields.entries()) {
    for (const part of written[at]!.split(',')) {
      const problem = partProblem(part, field);
      if (problem !== null) return `is no cron line: ${field.title} ${problem}`;
    }
  }
  return null;
}

export interface CronSets {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: ReadonlySet<number>;
  /** From 1. */
  readonly months: ReadonlySet<number>;
  /** From 0, Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  readonly years: ReadonlySet<number>;
}

function valuesOf(text: string, field: Field): number[] {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [first, last] = range.split('-').map((end) => readValue(end, field));
    const from = first ?? field.least;
    // `5/10` goes on from 5 to the end, `5` is 5 alone.
    const to = last ?? (range === '*' || step !== undefined ? field.most : from);
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

/** What each field of a sound line allows. A time meets all of them, the day of the week like the day of the month. */
export function cronSets(line: string): CronSets {
  const text = line.trim();
  const written = (NAMED_LINES[text] ?? text).split(/\s+/);
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, year] =
    written.length === 7 ? written : ['0', ...written, ...(written.length === 5 ? ['*'] : [])];
  const read = (value: string | undefined, field: Field | undefined): number[] => valuesOf(value!, field!);
  return {
    seconds: read(second, SECOND),
    minutes: read(minute, FIVE[0]),
    hours: read(hour, FIVE[1]),
    daysOfMonth: new Set(read(dayOfMonth, FIVE[2])),
    months: new Set(read(month, FIVE[3])),
    daysOfWeek: new Set(read(dayOfWeek, FIVE[4]).map((day) => day % 7)),
    years: new Set(read(year, YEAR)),
  };
}

/** Shortest regular distance between two ticks of the simple forms, in hours; null for a line that is not one of them. */
export function cronPeriodHours(line: string): number | null {
  const text = line.trim();
  const day = 24;
  const byName: Readonly<Record<string, number>> = {
    '@hourly': 1,
    '@daily': day,
    '@midnight': day,
    '@weekly': 7 * day,
  };
  if (byName[text] !== undefined) return byName[text];
  const [minute = '', hour = '', dayOfMonth, month, dayOfWeek = '', ...rest] = text.split(/\s+/);
  const isOne = (field: string): boolean => /^\w+$/.test(field);
  if (rest.length > 0 || dayOfMonth !== '*' || month !== '*' || !isOne(minute)) return null;
  if (hour === '*' && dayOfWeek === '*') return 1;
  if (!isOne(hour)) return null;
  if (dayOfWeek === '*') return day;
  return isOne(dayOfWeek) ? 7 * day : null;
}
