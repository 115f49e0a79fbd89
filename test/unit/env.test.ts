import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PipelineError } from '#dist/core/errors.js';
import { ENV_NAMES, readEnv } from '#dist/env.js';

/** Without a home there is no profile file that could name a server. */
const nothing = { HOME: join(tmpdir(), 'no-such-home') };

function problemOf(variables: Record<string, string>): PipelineError {
  try {
    readEnv(variables);
  } catch (error) {
    if (error instanceof PipelineError) return error;
    throw error;
  }
  throw new Error('the environment was accepted');
}

describe('readEnv', () => {
  it('needs nothing: the state lies in the current folder, the cache in the home folder', () => {
    expect(readEnv(nothing)).toMatchObject({
      databaseUrl: undefined,
      stateDir: resolve('.perennial'),
      cacheDir: join(homedir(), '.cache', 'perennial'),
      artifactDir: resolve('.perennial', 'artifacts'),
      temporal: { address: undefined, namespace: 'default' },
      logLevel: 'info',
    });
  });

  it('treats a variable that is set but empty as not set', () => {
    const empty = Object.fromEntries(ENV_NAMES.map((name) => [name, '']));
    expect(readEnv({ ...nothing, ...empty, TEMPORAL_ADDRESS: '' })).toEqual(readEnv(nothing));
  });

  it('keeps artifacts in the state folder unless they are given a place', () => {
    expect(readEnv({ ...nothing, PERENNIAL_STATE_DIR: '/data/p' }).artifactDir).toBe('/data/p/artifacts');
    expect(readEnv({ ...nothing, PERENNIAL_STATE_DIR: '/data/p', PERENNIAL_ARTIFACT_DIR: '/a' }).artifactDir).toBe(
      '/a',
    );
  });

  it('prefers its own cache folder to the one of XDG', () => {
    expect(readEnv({ ...nothing, XDG_CACHE_HOME: '/x' }).cacheDir).toBe('/x/perennial');
    expect(readEnv({ ...nothing, XDG_CACHE_HOME: '/x', PERENNIAL_CACHE_DIR: '/own' }).cacheDir).toBe('/own');
  });

  it("takes address, namespace and key of Temporal from Temporal's own variables", () => {
    const { temporal } = readEnv({
      ...nothing,
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_NAMESPACE: 'models',
      TEMPORAL_API_KEY: 'k',
    });
    expect(temporal).toMatchObject({ address: 'temporal.example:7233', namespace: 'models' });
    expect(temporal.connectionOptions).toMatchObject({ apiKey: 'k', tls: true });
  });

  it('names every variable that is wrong, and what would be right', () => {
    const problem = problemOf({
      DATABASE_URL: 'mysql://x',
      PERENNIAL_LOG_LEVEL: 'loud',
    });
    expect(problem.code).toBe('SPEC_INVALID');
    expect(problem.message).toContain('must start with postgres://');
    expect(problem.details.variables).toEqual(['DATABASE_URL', 'PERENNIAL_LOG_LEVEL']);
  });

  it('does not repeat a value in its complaint, since values are often secrets', () => {
    expect(problemOf({ DATABASE_URL: 'mysql://user:hush@host/db' }).message).not.toContain('hush');
  });

  it('takes another login for migrations, of the same Postgres only', () => {
    const own = { ...nothing, DATABASE_URL: 'postgres://app@host/db' };
    expect(readEnv(own).migrationUrl).toBeUndefined();
    const owner = 'postgres://owner@host/db';
    expect(readEnv({ ...own, PERENNIAL_MIGRATION_URL: owner }).migrationUrl).toBe(owner);
    expect(problemOf({ ...nothing, PERENNIAL_MIGRATION_URL: owner }).message).toContain('without DATABASE_URL');
  });

  it('refuses half of a worker deployment', () => {
    expect(problemOf({ PERENNIAL_BUILD_ID: 'b1' }).message).toContain('PERENNIAL_DEPLOYMENT_NAME');
    const whole = { ...nothing, PERENNIAL_BUILD_ID: 'b1', PERENNIAL_DEPLOYMENT_NAME: 'd' };
    expect(readEnv(whole)).toMatchObject({ buildId: 'b1', deploymentName: 'd' });
  });

  it('refuses a profile that does not exist, naming Temporal as its source', () => {
    expect(
      problemOf({ ...nothing, TEMPORAL_CONFIG_FILE: '/no/such/file.toml', TEMPORAL_PROFILE: 'prod' }).message,
    ).toContain('Temporal');
  });
});
