/**
 * `:start`, `:end` and `:as_of` in a user's SELECT become reads of transaction settings, whose values travel as bound
 * parameters: COPY takes no parameters of its own, and no value is ever put into SQL text. What looks like a placeholder inside a
 * string, a quoted name, a comment or a cast (`::start`) is left alone.
 */
import { PipelineError } from '../../core/errors.js';

export type InstantName = 'start' | 'end' | 'as_of';

/** Longest match first: each alternative swallows one token of SQL's lexical rules whole. */
const TOKENS = [
  String.raw`--[^\n]*`,
  String.raw`\/\*`,
  String.raw`[eE]'(?:\\[\s\S]|''|[^'\\])*'`,
  "'(?:''|[^'])*'",
  '"(?:""|[^"])*"',
  String.raw`(?<tag>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?\k<tag>`,
  '::',
  String.raw`:(?<name>start|end|as_of)\b`,
  ';',
  String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`,
  String.raw`[\s\S]`,
];

/** Block comments nest in Postgres. @returns the place after the comment that starts at `from` */
function commentEnd(query: string, from: number): number {
  let depth = 0;
  for (let at = from; at < query.length; at++) {
    const two = query.slice(at, at + 2);
    if (two === '/*') depth += 1;
    else if (two === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return query.length;
}

/**
 * @param setting SQL that reads the instant
 * @throws SPEC_INVALID for a second statement
 */
export function bindInstants(query: string, setting: (name: InstantName) => string): string {
  const token = new RegExp(TOKENS.join('|'), 'gy');
  const text = query.replace(/[\s;]+$/, '');
  let bound = '';
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [whole] = match;
    if (whole === ';') {
      throw new PipelineError('SPEC_INVALID', 'source.query holds more than one statement; write a single SELECT.');
    }
    if (whole === '/*') {
      const end = commentEnd(text, match.index);
      bound += ' ';
      token.lastIndex = end;
      continue;
    }
    const name = match.groups?.name;
    bound += name === undefined ? whole : setting(name as InstantName);
  }
  return bound;
}
