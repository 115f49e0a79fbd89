/**
 * Between the months: a week in which the feed breaks, and the same week with distance in kilometres. Real reports of Evidently on that very
 * damage arrive over HTTP, and are answered with a cause instead of a retrain.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.js';
import { overrideModel } from '../../core/spec/override-model.js';
import type { Assessment } from '../../core/triage/assessment.js';
import type { Outcome } from '../../core/types.js';
import { followRun, pause, startByMessage, type Told } from './run-decision.js';
import { type Alarm, sendFaultReport } from './send-report.js';
import { makeFirstChampion, type Stage } from './tell-lane.js';

const ALARMS_MODEL = 'flights-alarms';

export interface AnsweredAlarm {
  readonly alarm: Alarm;
  readonly runNo: number;
  readonly assessment: Assessment;
  readonly outcome: Outcome;
}

/** The pipeline, reading its flights from another file of the same folder. */
async function applyOver(stage: Stage, data: string): Promise<void> {
  const file = join(stage.examplesDir, 'alarms.yaml');
  const text = overrideModel(await readFile(file, 'utf8'), ALARMS_MODEL);
  const path = 'path: data/flights.parquet';
  if (!text.includes(path)) throw new PipelineError('INVARIANT_BROKEN', `${file} does not say \`${path}\`.`);
  await stage.client.applySpec({ text: text.replace(path, `path: data/${data}.parquet`), file, by: 'story' });
}

async function answer(stage: Stage, told: Told, alarm: Alarm): Promise<AnsweredAlarm> {
  const { client, gateway, examplesDir } = stage;
  await applyOver(stage, alarm.fault);
  told.say(`Evidently's alarm on the week from ${alarm.week} is posted`);
  const runNo = await startByMessage(
    client,
    told,
    sendFaultReport(gateway, { modelId: ALARMS_MODEL, examplesDir, alarm }),
  );
  const { run, assessment } = await followRun(client, told, { runNo, whenAsked: 'abort' });
  if (run.outcome === null || assessment === null) {
    const why = run.failure ?? 'it has no assessment';
    throw new PipelineError('INVARIANT_BROKEN', `The run ${ALARMS_MODEL}/${runNo} did not answer its alarm: ${why}`);
  }
  const { triage, verdict } = assessment;
  told.say(
    `${verdict}${triage?.certainty === 'suspected' ? ' suspected' : ''}: ${assessment.reasons[0] ?? 'no reason'}`,
  );
  told.say(`${run.outcome.kind}; nothing was trained`);
  return { alarm, runNo, assessment, outcome: run.outcome };
}

/** The alarm that was held under the incident, once it is closed: judged again, on sound rows. */
async function followReleased(stage: Stage, told: Told, heldRunNo: number): Promise<void> {
  const { client } = stage;
  for (;;) {
    const triggers = await client.listTriggers({ modelId: ALARMS_MODEL, limit: 100 });
    const released = triggers.find(({ runNo, cause }) => cause === 'drift' && runNo !== null && runNo > heldRunNo);
    if (released?.runNo !== undefined && released.runNo !== null) {
      const { run, assessment } = await followRun(client, told, { runNo: released.runNo, whenAsked: 'abort' });
      told.say(`on sound rows it reads as ${assessment?.verdict ?? 'nothing'}: ${run.outcome?.kind ?? run.failure}`);
      return;
    }
    if (triggers.some(({ cause, state }) => cause === 'drift' && state === 'suppressed')) return;
    await pause();
  }
}

export async function tellAlarms(stage: Stage): Promise<AnsweredAlarm[]> {
  await makeFirstChampion(stage, ALARMS_MODEL);
  const told = { modelId: ALARMS_MODEL, say: (line: string) => stage.say(`${ALARMS_MODEL}: ${line}`) };
  const broken = await answer(stage, told, {
    fault: 'broken-feed',
    week: '2001-04-09',
    asOf: '2001-04-17T00:00:00.000Z',
  });
  await applyOver(stage, 'flights');
  for (const { incidentId } of await stage.client.listIncidents({ modelId: ALARMS_MODEL, isOpenOnly: true })) {
    const reason = 'the missing airports were delivered again';
    await stage.client.closeIncident({ modelId: ALARMS_MODEL, incidentId, by: 'story', reason, isRepaired: true });
    told.say(`the feed is repaired; incident ${incidentId} is closed, and the alarm is judged again`);
  }
  await followReleased(stage, told, broken.runNo);
  const unit = await answer(stage, told, {
    fault: 'unit-change',
    week: '2001-04-09',
    asOf: '2001-04-18T00:00:00.000Z',
  });
  return [broken, unit];
}
