/** zod's issues as problems a person can act on: what was found, what is wanted, and the nearest known key. */
import type { z } from 'zod';
import { nearest } from './nearest.js';
import type { SpecProblem } from './problem.js';
import { knownKeys } from './schema-fields.js';

type Issue = z.core.$ZodIssue;

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return value;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a group of fields';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}..."` : text;
}

const WANTED: Readonly<Record<string, string>> = {
  object: 'a group of fields',
  record: 'a group of fields',
  array: 'a list (lines that start with `- `)',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function choice(values: readonly unknown[], found: unknown): string {
  const names = values.map(String);
  const guess = typeof found === 'string' ? nearest(found, names) : null;
  const hint = guess === null ? '' : ` Did you mean \`${guess}\`?`;
  return `${found === undefined ? 'is missing' : `${shown(found)} is not known`}: write one of ${names.join(', ')}.${hint}`;
}

function unionMessage(issue: Extract<Issue, { code: 'invalid_union' }>, found: unknown): string {
  const options = (issue as { options?: readonly unknown[] }).options;
  if (options !== undefined) return choice(options, found);
  const texts = issue.errors.flatMap((branch) => branch.map((inner) => message(inner, found)));
  return [...new Set(texts)].join(' Or: ');
}

function sizeMessage(issue: Extract<Issue, { code: 'too_big' | 'too_small' }>, found: unknown): string {
  const isSmall = issue.code === 'too_small';
  const limit = isSmall ? issue.minimum : issue.maximum;
  const bound = `${isSmall ? 'at least' : 'at most'} ${limit}`;
  if (issue.origin === 'array') return `has too ${isSmall ? 'few' : 'many'} entries: ${bound} are wanted.`;
  if (issue.origin === 'string') return `${shown(found)} is too ${isSmall ? 'short' : 'long'}: ${bound} characters.`;
  const exclusive = issue.inclusive === false ? `${isSmall ? 'more' : 'less'} than ${limit}` : bound;
  return `${shown(found)} is too ${isSmall ? 'small' : 'large'}: write ${exclusive}.`;
}

function message(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = WANTED[issue.expected] ?? issue.expected;
      if (found === undefined) return `is missing: write ${wanted}.`;
      if (found === null) return `is empty: write ${wanted}, or leave the key out.`;
      return `${shown(found)} is not ${wanted}.`;
    }
    case 'invalid_value':
      return choice(issue.values, found);
    case 'invalid_union':
      return unionMessage(issue, found);
    case 'too_big':
    case 'too_small':
      return sizeMessage(issue, found);
    case 'invalid_format':
      if (issue.format === 'datetime') return `${shown(found)} is no instant: write e.g. 2001-01-01T00:00:00Z.`;
      if (issue.format === 'date') return `${shown(found)} is no day: write e.g. 2001-01-01.`;
      return `${shown(found)} is not allowed: ${issue.message}.`;
    default:
      return typeof found === 'object' || found === undefined
        ? `${issue.message}.`
        : `${shown(found)} is wrong: ${issue.message}.`;
  }
}

/** @param raw the value that was parsed, before zod: to show what stands there */
export function zodProblems(issues: readonly Issue[], raw: unknown): SpecProblem[] {
  return issues.flatMap((issue): SpecProblem[] => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code !== 'unrecognized_keys') return [{ path, message: message(issue, valueAt(raw, path)) }];
    const known = knownKeys(path, raw);
    return issue.keys.map((key) => {
      const guess = nearest(key, known);
      const hint = guess === null ? `Known here: ${known.join(', ')}.` : `Did you mean \`${guess}\`?`;
      return { path: [...path, key], message: `is not a known key. ${hint}`, isAtKey: true };
    });
  });
}
