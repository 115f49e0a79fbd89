/**
 * What a person with Temporal alone can do and see: start retrains by Signal and by Schedule with the `temporal` command
 * line, read in it and in the Web UI what a run waits for, and decide with the command shown there.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apply, flightsSpec } from './flights.js';
import { type PlatformChild, startPlatformChild } from './platform-child.js';
import { awaitingDecision, ended, MARCH, until } from './stage.js';

const MODEL = 'e2e-temporal';
const RUN = { modelId: MODEL, runNo: 1 };
const WORKFLOW = `retrain/${MODEL}/1`;
/** Before the labels of the last day: such a run waits, and costs nothing. */
const WAITING_CLOCK = { mode: 'replay', now: '2001-03-01T00:00:00Z' } as const;
/** The platform's own task queue. */
const QUEUE = 'perennial';

let platform: PlatformChild;

beforeAll(async () => {
  platform = await startPlatformChild('temporal');
});
afterAll(() => platform?.stop());

const applied = (model: string, change = {}): Promise<void> =>
  apply(platform.client, platform.stateDir, flightsSpec(model, { approval: { policy: 'always' }, ...change }));

/** Runs of a model, oldest first, once there are some. */
const runsOf = (modelId: string) =>
  until(`a run of ${modelId}`, async () => {
    const runs = await platform.client.listRuns({ modelId, limit: 10 });
    return runs.length > 0 ? [...runs].reverse() : null;
  });

async function temporal(...args: string[]): Promise<string> {
  const { code, out, err } = await platform.temporal(...args);
  expect({ code, err }).toMatchObject({ code: 0 });
  return out;
}

it('starts a retrain by `temporal workflow signal` to the coordinator, once however often it is sent', async () => {
  await applied(MODEL);
  const claim = JSON.stringify({ eventId: 'claim-1', source: 'a monitor', clock: { mode: 'replay', now: MARCH } });
  for (const _ of ['first', 'repeated']) {
    await temporal('workflow', 'signal', '--workflow-id', `model/${MODEL}`, '--name', 'driftSignal', '--input', claim);
  }
  const [run] = await runsOf(MODEL);
  expect(run).toMatchObject({ runNo: 1, workflowId: WORKFLOW, cause: 'drift', requestedBy: 'a monitor' });
});

it('starts the coordinator too by `temporal workflow signal-with-start` when there is none', async () => {
  const modelId = 'e2e-temporal-gone';
  await applied(modelId);
  await temporal('workflow', 'terminate', '--workflow-id', `model/${modelId}`, '--reason', 'gone');
  const claim = JSON.stringify({ eventId: 'claim-1', source: 'a monitor', clock: WAITING_CLOCK });
  await temporal(
    ...['workflow', 'signal-with-start', '--workflow-id', `model/${modelId}`, '--type', 'modelCoordinatorWorkflow'],
    ...['--task-queue', QUEUE, '--input', JSON.stringify({ modelId }), '--signal-name', 'driftSignal'],
    ...['--signal-input', claim],
  );
  const runs = await runsOf(modelId);
  expect(runs).toMatchObject([{ runNo: 1, cause: 'drift' }]);
});

describe('while a run waits for a person', () => {
  let evidence: string;
  beforeAll(async () => {
    ({ evidence } = await awaitingDecision(platform, RUN));
  });

  it('`temporal workflow metadata` shows the stage, what is awaited and the command to approve with', async () => {
    const text = await temporal('workflow', 'metadata', '--workflow-id', WORKFLOW);
    expect(text).toContain(`## ${MODEL} #1: approve`);
    expect(text).toContain('**Awaits** a decision on the candidate since 2001-03-03');
    expect(text).toContain(`npx perennial approve ${MODEL}/1 --evidence ${evidence.slice(0, 16)} --reason "why"`);
  });

  it('`temporal workflow describe` shows the search attributes, and lists find the run by them', async () => {
    const described = JSON.parse(await temporal('workflow', 'describe', '--workflow-id', WORKFLOW, '-o', 'json')) as {
      workflowExecutionInfo: { searchAttributes: { indexedFields: Record<string, { data: string }> } };
    };
    const fields = described.workflowExecutionInfo.searchAttributes.indexedFields;
    const plain = Object.fromEntries(
      Object.entries(fields).map(([name, { data }]) => [name, JSON.parse(Buffer.from(data, 'base64').toString())]),
    );
    expect(plain).toMatchObject({
      PerennialModel: MODEL,
      PerennialStage: 'approve',
      PerennialCause: 'drift',
      PerennialWindowEnd: expect.stringMatching(/^2001-03-01T00:00:00/),
    });
    const query = `PerennialStage = 'approve' AND PerennialModel = '${MODEL}'`;
    await until('the run to be listed', async () =>
      (await temporal('workflow', 'list', '--query', query)).includes(WORKFLOW),
    );
  });

  it('the Web UI shows the stage, what is awaited and the command to approve with', async () => {
    const page = await openWebUi(WORKFLOW, 'a decision on the candidate');
    for (const text of [
      `${MODEL} #1: approve`,
      `npx perennial approve ${MODEL}/1 --evidence ${evidence.slice(0, 16)}`,
    ]) {
      expect(page).toContain(text);
    }
  });

  it('the `temporal` command shown there decides', async () => {
    const text = await temporal('workflow', 'metadata', '--workflow-id', WORKFLOW);
    const line =
      /temporal workflow signal --workflow-id \S+ --name approvalSignal --input '[^']*'/.exec(text)?.[0] ?? '';
    expect(line).toContain(evidence.slice(0, 16));
    const filled = line.replace('your name', 'reviewer').replace('"reason":"why"', '"reason":"seen in the Web UI"');
    expect(await platform.shell(filled)).toMatchObject({ code: 0 });
    const { run, decisions } = await ended(platform, RUN);
    expect(run.outcome?.kind).toBe('promoted');
    expect(decisions).toMatchObject([
      { by: 'reviewer', reason: 'seen in the Web UI', channel: 'signal', answer: { accepted: true } },
    ]);
  });
});

describe('a Schedule', () => {
  const every3s = { cron: '*/3 * * * * * *' };

  it('fires by itself and starts one run; while that is open its ticks are held', async () => {
    const modelId = 'e2e-temporal-cron';
    await applied(modelId, { schedule: every3s });
    await platform.client.setSchedule({ modelId, clock: WAITING_CLOCK });
    const held = await until('a second tick', async () => {
      const rows = await platform.sql(
        `select distinct on (trigger_id) trigger_id, state from perennial.trigger_states where model_id = $1
         order by trigger_id, step desc`,
        [modelId],
      );
      const judged = rows.filter(({ state }) => state !== 'pending');
      return judged.length >= 2 ? judged : null;
    });
    expect(held.map(({ state }) => state).sort()).toEqual([...Array(held.length - 1).fill('held'), 'started']);
    expect(await runsOf(modelId)).toMatchObject([{ runNo: 1, cause: 'schedule', requestedBy: 'schedule' }]);
    await platform.client.deleteSchedule(modelId);
  });

  it('starts a run when it is triggered; setting it twice does no harm; it pauses, resumes and goes', async () => {
    const modelId = 'e2e-temporal-schedule';
    await applied(modelId, { schedule: { cron: '0 6 1 * *' } });
    const first = await platform.client.setSchedule({ modelId, clock: WAITING_CLOCK });
    expect(await platform.client.setSchedule({ modelId, clock: WAITING_CLOCK })).toEqual(first);
    const listed = await temporal('schedule', 'list', '-o', 'json');
    const ids = (JSON.parse(listed) as { scheduleId: string }[]).map(({ scheduleId }) => scheduleId);
    expect(ids.filter((id) => id === `schedule/${modelId}`)).toHaveLength(1);
    expect(await platform.client.pauseSchedule(modelId)).toMatchObject({ isPaused: true });
    expect(await platform.client.resumeSchedule(modelId)).toMatchObject({ isPaused: false });
    await platform.client.triggerSchedule(modelId);
    expect(await runsOf(modelId)).toMatchObject([{ runNo: 1, cause: 'schedule' }]);
    await platform.client.deleteSchedule(modelId);
    await expect(platform.client.pauseSchedule(modelId)).rejects.toMatchObject({ code: 'SIGNAL_INVALID' });
  });

  it('set with `every` says when it fires next, at that distance', async () => {
    const modelId = 'e2e-temporal-every';
    await applied(modelId, { schedule: { every: 'PT1M' } });
    const { nextAt } = await platform.client.setSchedule({ modelId, clock: WAITING_CLOCK });
    const [next, after] = nextAt.map((at) => Date.parse(at)) as [number, number];
    expect(after - next).toBe(60_000);
    await platform.client.deleteSchedule(modelId);
  });
});

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

async function launch(): Promise<Browser> {
  try {
    return await playwright.launch({ executablePath: await chromium.executablePath(), args: FLAGS });
  } catch (cause) {
    throw new Error('Chromium (npm package @sparticuz/chromium) does not start here, so the Web UI cannot be tested.', {
      cause,
    });
  }
}

/** The text of a workflow's page; its picture goes to the folder for temporary files, for whoever wants to look. */
async function openWebUi(workflowId: string, awaited: string): Promise<string> {
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1600 } });
    await page.goto(`${platform.uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
    await page.getByRole('tab', { name: 'User Metadata' }).or(page.getByText('User Metadata')).first().click();
    // Markdown is shown in frames of its own.
    const read = async (): Promise<string> =>
      (await Promise.all(page.frames().map((frame) => frame.locator('body').textContent()))).join('\n');
    const picture = { path: join(tmpdir(), 'perennial-web-ui.png'), fullPage: true };
    const text = await until('the details in the Web UI', async () => {
      const found = await read();
      return found.includes(awaited) ? found : null;
    }).finally(() => page.screenshot(picture));
    return text;
  } finally {
    await browser.close();
  }
}
