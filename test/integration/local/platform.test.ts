import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { readEnv } from '#dist/env.js';
import {
  type Platform,
  type PlatformFacts,
  type PlatformSettings,
  readPlatform,
  startPlatform,
} from '#dist/local/platform.js';
import { temporaryFolder } from '../../setup/folders.js';
import { temporalAddress } from '../../setup/services.js';

const { cacheDir, temporalCli } = readEnv();

async function start(settings: Omit<PlatformSettings, 'cacheDir'>): Promise<Platform> {
  const platform = await startPlatform({ cacheDir, temporalCli, ...settings });
  onTestFinished(() => platform.stop());
  return platform;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function startWorkflow(address: string): Promise<void> {
  const connection = await Connection.connect({ address });
  await new Client({ connection }).workflow.start('nobodyRunsThis', { taskQueue: 'nobody', workflowId: 'kept' });
  await connection.close();
}

async function statusOf(address: string): Promise<string> {
  const connection = await Connection.connect({ address });
  try {
    return (await new Client({ connection }).workflow.getHandle('kept').describe()).status.name;
  } finally {
    await connection.close();
  }
}

// The owner is a process of its own, so that it can be killed.
const OWNER = `
const { startPlatform } = await import(process.argv[1]);
const platform = await startPlatform(JSON.parse(process.argv[2]));
console.log(JSON.stringify(platform));
setInterval(() => undefined, 1000);
`;

async function startInOwnProcess(stateDir: string): Promise<{ facts: PlatformFacts; kill: () => Promise<void> }> {
  const module = new URL('../../../dist/local/platform.js', import.meta.url).href;
  const settings = JSON.stringify({ stateDir, cacheDir, temporalCli });
  const owner = spawn(process.execPath, ['--input-type=module', '-e', OWNER, module, settings], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void owner.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const kill = async (): Promise<void> => {
    owner.kill('SIGKILL');
    await once(owner, 'exit');
  };
  return { facts: JSON.parse(line) as PlatformFacts, kill };
}

describe('the platform of one machine', () => {
  it('says where it runs, privately, and who owns it', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    expect(readPlatform(stateDir)).toBeUndefined();
    const platform = await start({ stateDir });
    expect(readPlatform(stateDir)).toMatchObject({
      isRunning: true,
      databaseUrl: platform.databaseUrl,
      temporalAddress: platform.temporalAddress,
      pids: { owner: { pid: process.pid }, postgres: platform.postgres?.pid, temporal: platform.temporal?.pid },
    });
    expect(statSync(join(stateDir, 'platform.json')).mode & 0o077).toBe(0);
    expect((await fetch(platform.uiUrl ?? '')).status).toBe(200);
    await expect(startPlatform({ stateDir, cacheDir })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });

  it('has the same addresses, workflows and rows after SIGKILL of both servers', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const first = await start({ stateDir });
    await startWorkflow(first.temporalAddress);
    await first.kill();
    const second = await start({ stateDir });
    expect(second.temporalAddress).toBe(first.temporalAddress);
    expect(second.databaseUrl).toBe(first.databaseUrl);
    expect(second.uiUrl).toBe(first.uiUrl);
    expect(await statusOf(second.temporalAddress)).toBe('RUNNING');
  });

  it('leaves no server behind when its owner is killed, and the next start finds everything', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const { facts, kill } = await startInOwnProcess(stateDir);
    await startWorkflow(facts.temporalAddress);
    await kill();
    const pids = [facts.pids.postgres ?? 0, facts.pids.temporal ?? 0];
    await expect.poll(() => pids.filter(isRunning), { timeout: 20_000 }).toEqual([]);
    expect(readPlatform(stateDir)).toMatchObject({ isRunning: false });
    const next = await start({ stateDir });
    expect(await statusOf(next.temporalAddress)).toBe('RUNNING');
  });

  it('can be started at once after its owner was killed', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const { kill } = await startInOwnProcess(stateDir);
    await kill();
    const next = await start({ stateDir });
    expect(readPlatform(stateDir)?.pids.owner.pid).toBe(process.pid);
    expect(next.postgres?.pid).toBeGreaterThan(0);
  });
});

describe("with the user's own servers the platform", () => {
  // The run's own servers stand for the user's.
  const databaseUrl = inject('databaseUrl');
  const temporal = { address: temporalAddress() };

  it('starts neither, and passes their addresses on', async () => {
    const stateDir = temporaryFolder({ isOpen: true });
    const platform = await start({ stateDir, databaseUrl, temporal });
    expect(platform).toMatchObject({ postgres: undefined, temporal: undefined, uiUrl: null });
    expect(readPlatform(stateDir)).toMatchObject({ databaseUrl, temporalAddress: temporal.address });
  });

  it('starts the one that is not given', async () => {
    const platform = await start({ stateDir: temporaryFolder({ isOpen: true }), databaseUrl });
    expect(platform.postgres).toBeUndefined();
    expect(platform.temporal?.address).not.toBe(temporal.address);
  });
});
