/**
 * The schema's fields as JSON Schema says them: which keys are known at a path (to suggest the nearest one). JSON Schema is
 * zod's public view of a schema, so nothing here depends on zod's internals.
 */
import { z } from 'zod';
import { specSchema } from './schema.js';

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: boolean | Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly const?: unknown;
}

let cached: Node | null = null;

function root(): Node {
  cached ??= z.toJSONSchema(specSchema, { io: 'input' }) as Node;
  return cached;
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
}

/** The branches of a union that fit the value's `kind`; all of them when none does. */
function branches(node: Node, value: unknown): readonly Node[] {
  const all = node.oneOf ?? node.anyOf;
  if (all === undefined) return [node];
  const fitting = all.filter((branch) => branch.properties?.kind?.const === kindOf(value));
  return fitting.length > 0 ? fitting : all;
}

function childOf(node: Node, step: string | number): Node | undefined {
  if (typeof step === 'number') return node.items;
  if (node.properties !== undefined && Object.hasOwn(node.properties, step)) return node.properties[step];
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
}

function valueAt(value: unknown, step: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, step) ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined;
}

/** Keys that the schema knows at `path`; `raw` (the unparsed value of the whole file) picks the branch of a union. */
export function knownKeys(path: readonly (string | number)[], raw: unknown): readonly string[] {
  let nodes = branches(root(), raw);
  let value = raw;
  for (const step of path) {
    value = valueAt(value, step);
    const here = value;
    nodes = nodes
      .map((node) => childOf(node, step))
      .filter((node) => node !== undefined)
      .flatMap((node) => branches(node, here));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}
