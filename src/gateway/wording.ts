/** What a checked request is told of a field, in words: a predicate, said of the field or of the part that holds it. */
import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'number',
  int: 'whole number',
  boolean: 'true or false',
  object: 'object',
  array: 'list',
};

function sizeText(issue: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>): string {
  const isBig = issue.code === 'too_big';
  const bound = String(isBig ? issue.maximum : issue.minimum);
  if (!isBig && issue.origin === 'string' && bound === '1') return 'is empty';
  const most = isBig ? 'at most' : 'at least';
  if (issue.origin === 'string') return `has ${isBig ? 'too many' : 'too few'} characters: ${most} ${bound}`;
  if (issue.origin === 'array') return `has ${isBig ? 'too many' : 'too few'} entries: ${most} ${bound}`;
  return `must be ${most} ${bound}`;
}

/** For zod, of every issue to which its schema gives no text of its own. */
export function wordingOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `is no ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_big':
    case 'too_small':
      return sizeText(issue);
    case 'unrecognized_keys':
      return `takes no field ${issue.keys.join(', ')}`;
    default:
      return 'cannot be read';
  }
}

/** e.g. `through is missing`, `it takes no field by`. */
export const issueText = ({ path, message }: z.core.$ZodIssue): string =>
  `${path.length === 0 ? 'it' : path.map(String).join('.')} ${message}`;
