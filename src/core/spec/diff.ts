/**
 * What changed between two parsed specs, path by path, as `apply` shows it. Lists whose members have a name (features,
 * slices) are compared by that name, so that one feature put in front is one change and not a change of all.
 */
import { canonicalJson } from '../canonical-json.js';
import type { PipelineSpec } from './schema.js';

export interface SpecChange {
  /** e.g. `trainer.hidden[0]`, `features[origin].minCount`. */
  readonly path: string;
  /** Null: absent there (a spec itself holds no null). */
  readonly before: unknown;
  readonly after: unknown;
}

type Members = Map<string, unknown>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function named(list: readonly unknown[]): Members | null {
  const members: Members = new Map();
  for (const item of list) {
    if (!isObject(item) || typeof item.name !== 'string' || members.has(item.name)) return null;
    members.set(item.name, item);
  }
  return members;
}

/** Children of a value keyed by the path step that leads to them; null for a leaf. */
function childrenOf(value: unknown): Members | null {
  if (Array.isArray(value)) {
    const byName = named(value);
    const entries: [string, unknown][] = byName !== null ? [...byName] : value.map((item, i) => [String(i), item]);
    return new Map(entries.map(([key, item]) => [`[${key}]`, item]));
  }
  if (!isObject(value)) return null;
  return new Map(Object.entries(value).map(([key, item]) => [`.${key}`, item]));
}

function sameText(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function collect(path: string, before: unknown, after: unknown, changes: SpecChange[]): void {
  if (sameText(before, after)) return;
  const a = childrenOf(before);
  const b = childrenOf(after);
  if (a === null || b === null || Array.isArray(before) !== Array.isArray(after)) {
    changes.push({ path, before: before ?? null, after: after ?? null });
    return;
  }
  const found = changes.length;
  for (const step of new Set([...a.keys(), ...b.keys()])) collect(path + step, a.get(step), b.get(step), changes);
  // The members are the same and the text is not: only the order of a list moved.
  if (changes.length === found) changes.push({ path: `${path} (order)`, before, after });
}

/** Empty exactly when the digests are equal. `before: null` lists the whole spec as new. */
export function diffSpecs(before: PipelineSpec | null, after: PipelineSpec): readonly SpecChange[] {
  const changes: SpecChange[] = [];
  collect('', before ?? {}, after, changes);
  return changes.map((change) => ({ ...change, path: change.path.replace(/^\./, '') }));
}
