import { describe, expect, inject, it } from 'vitest';
import { readEnv } from '#dist/env.js';
import { runDoctor } from '#dist/local/doctor.js';
import { temporaryFolder } from '../../setup/folders.js';
import { temporalAddress } from '../../setup/services.js';

const env = readEnv();

describe('runDoctor', () => {
  it('finds nothing wrong on a machine that is set up, with the servers it was given', async () => {
    const address = temporalAddress();
    const temporal = { address, connectionOptions: { address } };
    const stateDir = temporaryFolder({ isOpen: true });
    const findings = await runDoctor({ ...env, stateDir, databaseUrl: inject('databaseUrl'), temporal });
    expect(findings.filter((finding) => finding.status !== 'ok')).toEqual([]);
    const versions = new Map(findings.map((finding) => [finding.part, finding.version]));
    expect(versions.get('TensorFlow')).toContain('tfjs-node 4.22.0');
    expect(versions.get('Postgres server')).toMatch(/^\d+\.\d+/);
    expect(versions.get('Temporal server')).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('says what is missing and what to do, without the password of the server that does not answer', async () => {
    const address = '127.0.0.1:1';
    const findings = await runDoctor({
      stateDir: temporaryFolder({ isOpen: true }),
      cacheDir: temporaryFolder({ isOpen: true }),
      databaseUrl: 'postgres://user:hush@127.0.0.1:1/db',
      temporal: { address, connectionOptions: { address } },
      temporalCli: '/no/such/file',
    });
    const of = (part: string) => findings.find((finding) => finding.part === part);
    expect(of('Postgres server')).toMatchObject({ status: 'missing', remedy: expect.stringContaining('DATABASE_URL') });
    expect(of('Temporal server')).toMatchObject({
      status: 'missing',
      remedy: expect.stringContaining('TEMPORAL_ADDRESS'),
    });
    expect(of('Temporal CLI')).toMatchObject({ status: 'optional', from: expect.stringContaining('/no/such/file') });
    expect(of('Temporal test server')).toMatchObject({ status: 'optional' });
    expect(JSON.stringify(findings)).not.toContain('hush');
  });

  it('does not call stopped embedded servers missing', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const temporal = { address: undefined, connectionOptions: {} };
    const findings = await runDoctor({ ...env, stateDir, databaseUrl: undefined, temporal });
    const servers = findings.filter(
      (finding) => finding.part.endsWith(' server') && finding.part !== 'Temporal test server',
    );
    expect(servers.map((finding) => finding.status)).toEqual(['optional', 'optional']);
  });
});
