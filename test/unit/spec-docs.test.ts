/** docs/spec.md names every field of the schema with its default, and its example is a valid pipeline. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSpec } from '#dist/core/spec/parse-spec.js';
import { specSchema } from '#dist/core/spec/schema.js';

const text = readFileSync(new URL('../../docs/spec.md', import.meta.url), 'utf8');

interface Node {
  properties?: Record<string, Node>;
  items?: Node;
  oneOf?: Node[];
  anyOf?: Node[];
  additionalProperties?: boolean | Node;
  default?: unknown;
}

/** Leaf fields of the schema with their defaults, as the table of the document writes both. */
function fieldsOf(node: Node, path: string, found: Map<string, string | null>): Map<string, string | null> {
  const branches = node.oneOf ?? node.anyOf;
  if (branches?.some((branch) => branch.properties)) for (const branch of branches) fieldsOf(branch, path, found);
  else if (node.properties) {
    for (const [key, child] of Object.entries(node.properties))
      fieldsOf(child, path === '' ? key : `${path}.${key}`, found);
  } else if (node.items?.properties ?? node.items?.oneOf) fieldsOf(node.items as Node, `${path}[]`, found);
  else if (typeof node.additionalProperties === 'object')
    fieldsOf(node.additionalProperties, `${path}.<column>`, found);
  else found.set(path, node.default === undefined ? null : JSON.stringify(node.default));
  return found;
}

const fields = fieldsOf(z.toJSONSchema(specSchema, { io: 'input' }) as Node, '', new Map());
const rows = new Map(
  [...text.matchAll(/^\| `([^`]+)` \|([^|]*)\|/gm)].map((match) => [match[1] as string, (match[2] as string).trim()]),
);

describe('the reference of the pipeline file', () => {
  it('has found the fields of the schema', () => {
    expect(fields.size).toBeGreaterThan(80);
    expect(fields.get('trainer.hidden')).toBe('[64,32]');
  });

  it.each([...fields])('names %s with its default', (path, preset) => {
    const row = rows.get(path);
    expect(row, `a row \`${path}\``).toBeDefined();
    if (preset !== null) expect(row).toBe(`\`${preset}\``);
    else expect(row).toMatch(/^$|^\*required\*/);
  });

  it('names no field that the schema does not have', () => {
    expect([...rows.keys()].filter((path) => !fields.has(path))).toEqual([]);
  });

  it('shows an example that is a valid pipeline', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    expect(parseSpec(example, 'docs/spec.md').model).toBe('flights');
  });
});
