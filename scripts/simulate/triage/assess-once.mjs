// Stage assess of a run that an alarm caused, once, as its activity does it: through the activity's own function, in an activity
// context without a server.
import { MockActivityEnvironment } from '@temporalio/testing';
import { assessRun } from '../../../dist/activities/assess/assess-run.js';
import { specDigest } from '../../../dist/core/spec/digest.js';
import { planRun } from '../../../dist/core/spec/run-plan.js';

const KEY = { modelId: 'flights-faults', runNo: 2 };

/** @returns what was recorded: the verdict with its facts */
export async function assessOnce({ deps, recorded, built, labelsAsOf, isAfterLabelWait }) {
  const context = {
    specDigest: specDigest(built.spec),
    now: built.now,
    blocked: null,
    promotion: 'by-policy',
    hasSearchAttributes: false,
  };
  const request = { key: KEY, plan: planRun(built.spec, context), labelsAsOf, isAfterLabelWait };
  await new MockActivityEnvironment().run(assessRun, deps, request);
  return recorded.at(-1);
}
