/**
 * JSON as Python writes it. Monitors dump bare NaN, Infinity and -Infinity, which RFC 8259 does not know: where plain
 * JSON.parse fails, these three literals outside strings are read as the texts "NaN", "Infinity" and "-Infinity", so that
 * no adapter takes them for numbers and the raw part still says what stood there. Everything else stays as strict as JSON.
 */
import type { SignalFormat } from './drift-claim.js';
import { refuse, type SignalBody } from './payload.js';

/** Deeper than any monitor goes (Evidently's dumps: 22), far from the end of the stack. */
const MAX_DEPTH = 64;
const LITERAL = /-?(?:NaN|Infinity)/y;
const WORD = /[\w$.+-]/;

interface LenientJson {
  readonly value: unknown;
  /** Bare literals that were read as texts. */
  readonly literals: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
/** `{`, `[`, `}` and `]`. */
const [OPEN_OBJECT, OPEN_LIST, CLOSE_OBJECT, CLOSE_LIST] = [123, 91, 125, 93];

/** Index after the string that opens at `start`; the text's end when it is not closed. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH && at - 1 - escapes > start) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return text.length;
}

/** One pass, linear: strings are skipped whole. */
function quoteLiterals(text: string): { text: string; literals: number } {
  const parts: string[] = [];
  let kept = 0;
  let literals = 0;
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    if (character === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (character === 'N' || character === 'I' || character === '-') {
      LITERAL.lastIndex = at;
      const found = LITERAL.exec(text)?.[0];
      const after = found === undefined ? undefined : text[at + found.length];
      const isWhole = !WORD.test(text[at - 1] ?? ' ') && !WORD.test(after ?? ' ');
      if (found !== undefined && isWhole) {
        parts.push(text.slice(kept, at), `"${found}"`);
        at += found.length;
        kept = at;
        literals += 1;
        continue;
      }
    }
    at += 1;
  }
  parts.push(text.slice(kept));
  return { text: parts.join(''), literals };
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1;
  }
  return false;
}

function parse(text: string): { value: unknown } | { fault: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

/** @throws SIGNAL_INVALID for what is no JSON even so, or is nested deeper than 64 levels */
function parseLenientJson(text: string, format: SignalFormat): LenientJson {
  if (isTooDeep(text)) refuse(format, `is nested deeper than ${MAX_DEPTH} levels. Send the report alone.`);
  const plain = parse(text);
  if ('value' in plain) return { value: plain.value, literals: 0 };
  const quoted = quoteLiterals(text);
  const lenient = parse(quoted.text);
  if ('value' in lenient) return { value: lenient.value, literals: quoted.literals };
  return refuse(format, `is no JSON: ${plain.fault}. Send the monitor's report as it wrote it.`);
}

/** The body's value, with what was odd about it in words. @throws SIGNAL_INVALID for what is no JSON */
export function readJson(body: SignalBody): { value: unknown; notes: string[] } {
  if (body.parsed !== undefined) return { value: body.parsed, notes: [] };
  const { value, literals } = parseLenientJson(body.text, body.format);
  const note = `${literals} bare NaN or Infinity ${literals === 1 ? 'literal was' : 'literals were'} read as no number.`;
  return { value, notes: literals > 0 ? [note] : [] };
}
