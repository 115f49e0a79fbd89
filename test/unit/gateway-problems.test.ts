/** What the documents say about HTTP's own problems, and that no other text than one meant for callers gets out. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '#dist/core/errors.js';
import { HTTP_TABLE, problemOf } from '#dist/gateway/problems.js';

describe('docs/api.md', () => {
  it('has every code of HTTP with its status and advice', () => {
    const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
    const rows = Object.entries(HTTP_TABLE).map(
      ([code, { httpStatus, advice }]) => `| \`${code}\` | ${httpStatus} | ${advice} |`,
    );
    expect(text.split('\n').filter((line) => /^\| `[A-Z_]+` \|/.test(line))).toEqual(rows);
  });
});

describe('a problem', () => {
  it('that nobody foresaw says nothing of itself to the caller', () => {
    for (const error of [
      new TypeError('cannot read properties of /srv/secret.ts'),
      new PipelineError('INVARIANT_BROKEN', 'the table perennial.x refused "secret"'),
      'secret',
    ]) {
      const problem = problemOf(error);
      expect([problem.status, problem.isUnforeseen]).toEqual([500, true]);
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
  });

  it('of a server that is away names no address, and when to come back', () => {
    const registry = new PipelineError('REGISTRY_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.7:5432', {
      details: { reason: 'connect ECONNREFUSED 10.0.0.7:5432' },
    });
    const temporal = new PipelineError('SERVER_UNREACHABLE', 'Temporal at 10.0.0.8:7233 does not answer.');
    for (const error of [registry, temporal]) {
      const problem = problemOf(error);
      expect([problem.status, problem.isUnforeseen]).toEqual([503, false]);
      expect(problem.headers['retry-after']).toMatch(/^\d+$/);
      expect(JSON.stringify(problem)).not.toContain('10.0.0');
    }
  });
});
