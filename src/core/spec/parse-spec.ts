/**
 * From the text of a pipeline file to a parsed spec, at the edge and nowhere else. All that is wrong comes in one error,
 * each problem with file:line:column, its path and what to write instead.
 * YAML 1.2: `yes` and `on` are text, a key given twice is refused, and so are anchors (a reader sees what is digested).
 */
import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { PipelineError } from '../errors.js';
import { pathText, type SpecProblem } from './problem.js';
import { ruleProblems } from './rules.js';
import { type PipelineSpec, specSchema } from './schema.js';
import { zodProblems } from './zod-problems.js';

/** Longer files are refused before they are parsed: 500 features take a tenth of it. */
const MAX_CHARACTERS = 512 * 1024;
const MAX_SHOWN = 50;

interface Located {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
}

function refuse(file: string, problems: readonly Located[]): never {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, MAX_SHOWN).map((p) => `  ${file}:${p.line}:${p.column}  ${p.path}  ${p.message}`);
  if (sorted.length > MAX_SHOWN) lines.push(`  and ${sorted.length - MAX_SHOWN} more`);
  const count = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
  throw new PipelineError('SPEC_INVALID', `${file} has ${count}:\n${lines.join('\n')}`, {
    details: { file, problems: sorted },
  });
}

/** Offset of the value at the path, or of its nearest ancestor that exists; of the key itself for an unknown key. */
function offsetOf(document: Document, problem: SpecProblem): number {
  for (let length = problem.path.length; length >= 0; length--) {
    const path = problem.path.slice(0, length);
    const parent = document.getIn(path.slice(0, -1), true);
    const pair =
      length > 0 && isMap(parent) ? parent.items.find((item) => keyText(item.key) === path.at(-1)) : undefined;
    if (problem.isAtKey === true && isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    const node = length === 0 ? document.contents : document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function keyText(key: unknown): unknown {
  return isScalar(key) ? String(key.value) : undefined;
}

const TOO_DEEP: Located = { line: 1, column: 1, path: '(YAML)', message: 'is nested too deeply to be a pipeline.' };

/** The yaml package reports its own exhausted stack as a syntax error of the file. */
const isTooDeep = (problem: Located): boolean => /call stack/.test(problem.message);

function readYaml(text: string, file: string): { document: Document; lines: LineCounter } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map((problem): Located => {
    const at = lines.linePos(problem.pos[0]);
    return { line: at.line, column: at.col, path: '(YAML)', message: problem.message };
  });
  visit(document, {
    Node(_, node) {
      const anchor = isAlias(node) ? node.source : node.anchor;
      if (anchor === undefined) return;
      const at = lines.linePos(node.range?.[0] ?? 0);
      problems.push({
        line: at.line,
        column: at.col,
        path: '(YAML)',
        message: `Anchors and aliases (\`${anchor}\`) are not read: write the value out.`,
      });
    },
  });
  if (problems.length > 0) refuse(file, problems.some(isTooDeep) ? [TOO_DEEP] : problems);
  return { document, lines };
}

/**
 * @param file only named in messages
 * @throws SPEC_INVALID with every problem; rules between fields are checked once each field by itself is right
 */
export function parseSpec(text: string, file: string): PipelineSpec {
  if (text.length > MAX_CHARACTERS) {
    refuse(file, [
      { line: 1, column: 1, path: '(the whole file)', message: `is longer than ${MAX_CHARACTERS} characters.` },
    ]);
  }
  let yaml: ReturnType<typeof readYaml>;
  try {
    yaml = readYaml(text, file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(file, [TOO_DEEP]);
  }
  const raw: unknown = yaml.document.toJS();
  const parsed = specSchema.safeParse(raw ?? {});
  const problems = parsed.success ? ruleProblems(parsed.data) : zodProblems(parsed.error.issues, raw ?? {});
  if (parsed.success && problems.length === 0) return parsed.data;
  const located = problems.map((problem): Located => {
    const at = yaml.lines.linePos(offsetOf(yaml.document, problem));
    return { line: at.line || 1, column: at.col || 1, path: pathText(problem.path), message: problem.message };
  });
  return refuse(file, located);
}
