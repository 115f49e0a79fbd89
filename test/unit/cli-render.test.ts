/** What commands print, from the facts alone. */

import { describe, expect, it } from 'vitest';
import { awaitedEvaluation, commandToCopy } from '#dist/cli/commands/decide.js';
import { renderChecks } from '#dist/cli/commands/doctor.js';
import { checkHost, checkNode } from '#dist/cli/doctor-checks.js';
import { renderIncidents } from '#dist/cli/render-incidents.js';
import { renderApply, renderChampion, renderModels, renderVerify } from '#dist/cli/render-model.js';
import { renderRun } from '#dist/cli/render-run.js';
import { renderRuns, troubleOf } from '#dist/cli/render-runs.js';
import type { ChampionView } from '#dist/client/read-calls.js';
import type { RunDetail, RunItem } from '#dist/client/show-run.js';
import type { EvaluationSummary } from '#dist/core/types.js';
import type { IncidentRow } from '#dist/registry/list-incidents.js';

const free = { width: null, hasColour: false };
const digest = 'ab12'.repeat(16);
const ref = { digest, bytes: 1 };
const march = { start: '2001-03-01T00:00:00.000Z', end: '2001-04-01T00:00:00.000Z' };

const open: RunItem = {
  modelId: 'flights',
  runNo: 3,
  workflowId: 'retrain/flights/3',
  cause: 'manual',
  specDigest: digest,
  requestedBy: 'requester',
  promotion: 'by-policy',
  stage: 'approve',
  openedAt: '2001-04-01T00:00:00.000Z',
  closedAt: null,
  outcome: null,
  failure: null,
  workflow: 'running',
  retrying: [],
};

const closed: RunItem = {
  ...open,
  closedAt: '2001-04-02T03:00:00.000Z',
  stage: 'done',
  workflow: null,
  outcome: {
    kind: 'turned-down',
    reasons: ['The candidate loses by 0.0300 AUC.'],
    verdict: 'reject',
    candidateVersion: 2,
    championVersion: 1,
    evidenceDigest: digest,
  },
};

const evaluation: EvaluationSummary = {
  evaluationId: 1,
  verdict: 'reject',
  comparison: 'loss',
  metric: 'auc',
  mode: 'superior',
  candidateVersion: 2,
  championVersion: 1,
  championEpoch: 1,
  candidateValue: 0.61,
  championValue: 0.64,
  difference: -0.03,
  interval: { lower: -0.042, upper: -0.018, confidence: 0.975 },
  interval95: { lower: -0.04, upper: -0.02, confidence: 0.95 },
  rowInterval95: { lower: -0.031, upper: -0.029, confidence: 0.95 },
  look: 1,
  blocks: 31,
  reasons: ['The upper bound of the gain is below zero.'],
  evidenceDigest: digest,
  report: ref,
};

const detail: RunDetail = {
  run: open,
  specDigest: digest,
  asOfNotes: [],
  isReplay: false,
  status: {
    modelId: 'flights',
    runNo: 3,
    stage: 'approve',
    now: '2001-04-02T03:00:00.000Z',
    awaits: 'a decision on version 2',
    awaitsUntil: '2001-04-09T03:00:00.000Z',
    isAsking: false,
    evidenceDigest: digest,
    candidateVersion: 2,
    championVersion: 1,
  },
  stages: [{ stage: 'assess', at: '2001-04-01T00:00:00.000Z' }],
  assessment: {
    verdict: 'clear',
    inputsAsOf: march.end,
    window: march,
    reasons: [],
    checks: [
      {
        check: 'row-count',
        column: null,
        severity: 'error',
        passed: true,
        value: 1,
        threshold: 0.5,
        text: 'enough rows',
      },
      {
        check: 'range',
        column: 'distance',
        severity: 'warn',
        passed: false,
        value: 0.02,
        threshold: 0.01,
        text: 'far rows',
      },
    ],
  },
  incidentId: null,
  coverage: {
    training: null,
    holdout: {
      window: march,
      asOf: march.end,
      rows: 1000,
      labelled: 968,
      overall: 0.968,
      perClass: { '1': 0.95, '0': 0.97 },
      newestLabelAt: null,
    },
  },
  snapshots: [
    {
      kind: 'holdout',
      contentDigest: digest,
      parquet: ref,
      manifest: ref,
      window: march,
      asOf: march.end,
      rows: { in: 1000, used: 990, unlabelled: 7, excluded: 2, quarantined: 1 },
    },
  ],
  triggers: [],
  version: null,
  evaluations: [],
  evaluation,
  gates: [
    {
      gate: 'min:auc@hubs',
      metric: 'auc',
      slice: 'hubs',
      required: true,
      value: null,
      interval: null,
      threshold: 0.55,
      passed: null,
      reason: 'only 40 rows',
    },
  ],
  decisions: [
    {
      eventId: 'e',
      decision: 'approve',
      by: 'requester',
      reason: 'looks fine',
      evidence: digest.slice(0, 12),
      at: march.end,
      channel: 'update',
      answer: { accepted: false, code: 'not-allowed', reason: 'another person has to' },
    },
  ],
  labelDecisions: [
    {
      eventId: 'x',
      decision: 'extend',
      until: '2001-04-20T00:00:00.000Z',
      by: 'operator',
      reason: 'the feed was down',
      at: march.end,
      channel: 'signal',
      answer: { accepted: true, code: 'accepted', reason: 'The deadline is now later.' },
    },
  ],
};

describe('show', () => {
  const text = renderRun(detail, free);

  it('says what is awaited and until when', () => {
    expect(text).toContain('awaits  a decision on version 2');
    expect(text).toContain('until   2001-04-09 03:00:00Z');
    expect(text).toContain('run     flights/3  (retrain/flights/3)');
  });

  it('says how to answer when the run asks, and only then', () => {
    expect(text).not.toContain('perennial answer');
    const asking = { ...detail, status: { ...detail.status!, stage: 'labels' as const, isAsking: true } };
    const shown = renderRun(asking, free);
    for (const answer of ['proceed', 'shrink', 'abort']) {
      expect(shown).toContain(`perennial answer flights/3 ${answer} --question labels --reason TEXT`);
    }
    expect(shown).toContain('perennial extend flights/3 --until INSTANT --reason TEXT');
  });

  it('says how to answer the question about the assessment, which no deadline can move', () => {
    const status = { ...detail.status!, stage: 'assess' as const, isAsking: true, asks: 'assessment' as const };
    const shown = renderRun({ ...detail, status }, free);
    expect(shown).toContain('The run asks whether to retrain in spite of what it found. Answer it with one of these:');
    for (const answer of ['proceed', 'abort']) {
      expect(shown).toContain(`perennial answer flights/3 ${answer} --question assessment --reason TEXT`);
    }
    expect(shown).not.toContain('shrink');
    expect(shown).not.toContain('perennial extend');
  });

  it('shows a verdict with every cause and what speaks for and against it, and obeys no control character', () => {
    const cause = {
      columns: ['distance'],
      onset: null,
      supports: ['miles\u001b[31m became km'],
      against: [],
      unchecked: [],
    };
    const triage = {
      verdict: 'logging-change',
      certainty: 'suspected',
      action: 'ask',
      causes: [
        {
          ...cause,
          cause: 'broken-feed',
          state: 'excluded',
          columns: [],
          supports: [],
          against: ['rows are complete'],
        },
        { ...cause, cause: 'logging-change', state: 'suspected' },
      ],
      columns: ['distance'],
      onset: '2001-03-09T00:00:00.000Z',
      reasons: ['distance is in kilometres'],
      next: 'Decide.',
    } as const;
    const found = {
      ...detail,
      incidentId: 7,
      assessment: { ...detail.assessment!, verdict: 'logging-change', triage },
    } as const;
    const asking = { ...detail.status!, stage: 'assess' as const, isAsking: true, asks: 'assessment' as const };
    const shown = renderRun({ ...found, status: asking }, free);
    expect(renderRun(found, free)).not.toContain('Next step');
    expect(shown).toContain(
      [
        'Assessment',
        'logging-change (suspected) on [2001-03-01, 2001-04-01): distance, since 2001-03-09',
        '1 of 2 checks passed',
        '',
        'Why',
        '- distance is in kilometres',
        '- It belongs to incident 7.',
        '',
        'Next step',
        '- Decide.',
        '',
        'logging-change, suspected: distance',
        '- for: miles [31m became km',
        '',
        'broken-feed, excluded',
        '- against: rows are complete',
        '',
        'Checks that failed',
        '- warn: far rows',
      ].join('\n'),
    );
  });

  it('shows candidate against champion with every interval, and which of them gates', () => {
    expect(text).toContain('candidate     version 2  auc 0.6100');
    expect(text).toContain('-0.0300  [-0.0420, -0.0180] at 97.5 %  loss');
    expect(text).toContain('assumes independent rows; never gates');
    expect(text).toContain(`evidence      ${digest.slice(0, 16)}`);
  });

  it('never shows a gate that was not assessable as passed or failed', () => {
    expect(text).toMatch(/min:auc@hubs +not assessable +yes +– +0\.5500/);
  });

  it('shows labels, row counts, warnings, and refused decisions with their reason', () => {
    expect(text).toContain('96.8 %');
    expect(text).toContain('0: 97.0 %, 1: 95.0 %');
    expect(text).toMatch(/holdout {3}\[2001-03-01, 2001-04-01\) +2001-04-01 +1000 +990 +7 +2 +1 /);
    expect(text).toContain('- warn: far rows');
    expect(text).toContain('not-allowed');
    expect(text).toContain('looks fine (another person has to)');
  });

  it('shows what people said about missing labels, with the deadline they asked for', () => {
    expect(text).toMatch(/operator +extend to 2001-04-20 +signal +yes +the feed was down/);
    const [row] = detail.labelDecisions;
    const answers = [{ ...row!, decision: 'abort' as const, until: null, question: 'assessment' as const }];
    expect(renderRun({ ...detail, labelDecisions: answers }, free)).toMatch(/operator +abort \(assessment\) +signal/);
    expect(renderRun({ ...detail, labelDecisions: [] }, free)).not.toContain('Said to its questions');
  });

  it.each([
    ['ask', 'assess', { asks: 'assessment' }, true],
    ['ask', 'assess', { asks: null }, false],
    ['ask', 'train', { asks: null }, false],
    ['go-on', 'assess', {}, true],
    ['go-on', 'labels', { asks: 'labels' }, false],
    ['go-on', 'assess', 'closed', false],
    ['await-labels', 'labels', {}, true],
    ['await-labels', 'labels', 'closed', false],
    ['stop', 'done', 'closed', true],
  ] as const)('%s in stage %s %j: the next step of the assessment is shown: %s', (action, stage, live, isShown) => {
    const triage = {
      verdict: 'unclear',
      certainty: null,
      action,
      causes: [],
      columns: [],
      onset: null,
      reasons: [],
      next: 'This comes next.',
    } as const;
    const isClosed = live === 'closed';
    const run = { ...detail.run, stage, closedAt: isClosed ? march.end : null };
    const status = isClosed ? null : { ...detail.status!, stage, ...live };
    const assessment = { ...detail.assessment!, triage };
    expect(renderRun({ ...detail, run, status, assessment }, free).includes('This comes next.')).toBe(isShown);
  });

  it('never shows an assessment without a single check as a pass', () => {
    const assessment = { ...detail.assessment!, checks: [] };
    const shown = renderRun({ ...detail, assessment }, free);
    expect(shown).toContain('not assessed, NO CHECK WAS MADE');
    expect(shown).not.toContain('clear');
  });

  it('says that a replayed clock waits to be told of labels, and what "as of" cannot promise', () => {
    const shown = renderRun({ ...detail, isReplay: true, asOfNotes: ['"as-of not guaranteed" for rows.'] }, free);
    expect(shown).toContain('2001-04-02 03:00:00Z (replayed)');
    expect(shown).toContain('perennial labels flights --through INSTANT');
    expect(shown).toContain('"as-of not guaranteed" for rows.');
    expect(text).not.toContain('(replayed)');
  });

  it('says of a first version that it has nothing to win against', () => {
    const first = { ...evaluation, championVersion: null, championValue: null, difference: null, interval: null };
    const shown = renderRun({ ...detail, evaluation: { ...first, interval95: null, rowInterval95: null } }, free);
    expect(shown).toContain('none yet: only absolute gates');
    expect(shown).not.toContain('difference');
  });

  it('ends with outcome and reasons, or with the failure', () => {
    expect(renderRun({ ...detail, run: closed, status: null }, free)).toContain(
      'Outcome\nturned-down  (candidate 2, champion 1)\n- The candidate loses by 0.0300 AUC.',
    );
    const failed = { ...closed, outcome: null, failure: 'TRAINER_TIMEOUT: too slow' };
    expect(renderRun({ ...detail, run: failed, status: null }, free)).toContain('Outcome\nfailed\n- TRAINER_TIMEOUT');
  });
});

describe('runs', () => {
  it('says what a run asks, and where to see more', () => {
    const asking = { ...open, stage: 'assess' as const, asks: 'assessment' as const };
    expect(renderRuns([asking], free)).toContain(
      'asks whether to retrain in spite of what it found: perennial show flights/3',
    );
    expect(renderRuns([{ ...open, asks: null }], free)).not.toContain('asks');
  });

  it('lists what became of each run, and why', () => {
    expect(renderRuns([closed], free).split('\n')[1]).toMatch(/^flights\/3 {2}turned-down .* The candidate loses/);
    expect(renderRuns([], free)).toContain('No runs yet');
  });

  it('shows a stuck workflow and an open row without one, with what to do', () => {
    expect(renderRuns([{ ...open, workflow: 'stuck' }], free)).toMatch(
      /STUCK[\s\S]*temporal workflow show -w retrain\/flights\/3/,
    );
    expect(renderRuns([{ ...open, workflow: 'missing' }], free)).toMatch(/NO WORKFLOW[\s\S]*is open in the registry/);
    expect(troubleOf(open)).toBeNull();
    expect(troubleOf({ ...closed, workflow: 'closed' })).toBeNull();
  });

  it('shows what is tried again and again, its last failure, and when the next try comes', () => {
    const retrying = [
      { activity: 'assessWindow', attempt: 7, failure: 'no such table', nextTryAt: '2001-04-01T00:05:00.000Z' },
    ];
    const run = { ...open, retrying };
    const sentence =
      'flights/3 is retrying assessWindow: try 7 is at 2001-04-01 00:05:00Z; the last one failed: no such table';
    expect(renderRuns([run], free)).toMatch(/^flights\/3 +RETRYING/m);
    expect(renderRuns([run], free)).toContain(sentence);
    expect(renderRun({ ...detail, run }, free)).toContain(`Trouble\n${sentence}`);
    expect(troubleOf({ ...open, retrying: [{ ...retrying[0]!, nextTryAt: null }] })).toContain('try 7 runs now');
  });
});

describe('approve', () => {
  it('gives the command to copy, quoted for a shell', () => {
    const asked = {
      run: { modelId: 'flights', runNo: 3 },
      decision: 'approve' as const,
      options: { reason: "it's better", by: 'a b' },
    };
    expect(commandToCopy(asked, digest)).toBe(
      `perennial approve flights/3 --evidence ${digest.slice(0, 16)} --reason 'it'\\''s better' --by 'a b'`,
    );
  });

  it('shows nothing to decide on a run that is closed or in another stage', () => {
    expect(awaitedEvaluation(detail)).toBe(evaluation);
    expect(() => awaitedEvaluation({ ...detail, run: closed })).toThrow(/closed \(turned-down\)/);
    const training = { ...detail, status: { ...detail.status!, stage: 'train' as const } };
    expect(() => awaitedEvaluation(training)).toThrow(/is in stage train/);
    expect(() => awaitedEvaluation({ ...detail, status: null })).toThrow(/awaits no decision/);
  });
});

describe('a model', () => {
  it('shows what applying changed, and its warnings', () => {
    const applied = { modelId: 'm', digest, isNew: true, changes: [], schedule: 'none' } as const;
    const changes = [{ path: 'margin', before: 0, after: 0.01 }];
    const text = renderApply({ ...applied, changes }, ['something']);
    expect(text).toBe(`m: applied spec ${digest.slice(0, 16)}\n  margin: 0 -> 0.01\nwarning: something`);
    expect(renderApply({ ...applied, isNew: false }, [])).toContain('nothing changed');
    const first = [{ path: 'model', before: null, after: 'm' }];
    expect(renderApply({ ...applied, changes: first }, [])).toContain('first of this model');
    expect(renderApply({ ...applied, schedule: 'differs' }, [])).toContain('run `perennial schedule set m`');
    expect(renderApply({ ...applied, schedule: 'not-in-spec' }, [])).toContain('run `perennial schedule delete m`');
  });

  it('shows the champion of an instant, and every move when asked', () => {
    const view: ChampionView = {
      modelId: 'm',
      at: march.end,
      champion: {
        version: 2,
        epoch: 2,
        specDigest: digest,
        since: march.start,
        artifact: ref,
        trainedThrough: march.start,
      },
      history: [
        {
          epoch: 2,
          at: march.start,
          kind: 'promotion',
          fromVersion: 1,
          toVersion: 2,
          by: 'policy',
          reason: 'win',
          runNo: 3,
          evidenceDigest: digest,
          moveKey: 'k',
          blockedRecipe: null,
        },
      ],
      blocked: [],
    };
    expect(renderChampion(view, { ...free, hasHistory: false })).toContain('m version 2 at 2001-04-01');
    expect(renderChampion(view, { ...free, hasHistory: false })).not.toContain('promotion');
    expect(renderChampion(view, { ...free, hasHistory: true })).toMatch(/2 {2}2001-03-01 {2}promotion +1 +2 +3/);
    expect(renderChampion({ ...view, champion: null, at: null }, { ...free, hasHistory: true })).toContain(
      'no champion yet',
    );
  });

  it('shows which recipe a rollback blocked, by whom and why, and how to clear it', () => {
    const block = { incidentId: 1, recipeDigest: digest, version: 2, reason: 'complaints', by: 'operator' };
    const view: ChampionView = {
      modelId: 'm',
      at: null,
      champion: null,
      history: [],
      blocked: [{ ...block, since: march.start }],
    };
    expect(renderChampion(view, { ...free, hasHistory: false })).toBe(
      `m has no champion yet.

blocked: recipe ${digest.slice(0, 16)} since 2001-03-01, when operator rolled version 2 back (complaints)
To train by it again: perennial unblock m --reason TEXT`,
    );
  });

  it('stands in the list of all with its champion, open run and number of runs', () => {
    const one = { modelId: 'flights', specDigest: digest, specSince: march.start, openRunNo: null, runs: 0 };
    const champion = { version: 2, epoch: 2, since: march.start };
    const text = renderModels(
      [
        { ...one, champion: null },
        { ...one, champion, openRunNo: 3, runs: 3 },
      ],
      free,
    );
    expect(text.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['MODEL', 'CHAMPION', 'SINCE', 'OPEN RUN', 'RUNS'],
      ['flights', '–', '–', '–', '0'],
      ['flights', '2', '2001-03-01', '3', '3'],
    ]);
    expect(renderModels([], free)).toContain('No models yet');
  });

  it('names the sequence number at which a chain breaks', () => {
    const whole = { modelId: 'a', entries: 5, headHash: digest, brokenSeq: null, reason: null, checkpointAt: null };
    const broken = { ...whole, modelId: 'b', brokenSeq: 3, reason: 'its hash does not follow' };
    const text = renderVerify([whole, broken], '/state/audit-checkpoint.json');
    expect(text).toContain('a: whole, 5 entries');
    expect(text).toContain('b: BROKEN at sequence number 3 of 5: its hash does not follow');
    expect(text).not.toContain('/state/audit-checkpoint.json');
  });

  it('says what a whole chain was compared with, and that at first there was nothing', () => {
    const first = { modelId: 'a', entries: 5, headHash: digest, brokenSeq: null, reason: null, checkpointAt: null };
    expect(renderVerify([first], '/c.json')).toMatch(
      /no checkpoint was there to compare with.*\nsigned checkpoint: \/c/,
    );
    const later = { ...first, checkpointAt: march.start };
    expect(renderVerify([later], '/c.json')).toContain('as the checkpoint of 2001-03-01 saw it');
    expect(renderVerify([{ ...later, brokenSeq: 6, reason: 'cut' }], '/c.json')).toContain('/c.json stays as it is');
  });
});

describe('doctor', () => {
  it('judges versions of Node and the host', () => {
    expect(['20.11.1', '20.12.0', '24.1.0', '25.0.0', '18.0.0'].map((version) => checkNode(version).state)).toEqual([
      'fail',
      'ok',
      'ok',
      'warn',
      'fail',
    ]);
    expect(checkHost('darwin', 'arm64').state).toBe('warn');
  });

  it('counts what failed and says what to do', () => {
    const text = renderChecks([checkNode('18.0.0'), checkNode('22.0.0')], free);
    expect(text).toContain('Install Node 20.12 to 24.');
    expect(text).toContain('1 of 2 checks failed.');
    expect(renderChecks([checkNode('22.0.0')], free)).toContain('Ready.');
  });
});

describe('incidents', () => {
  const feed: IncidentRow = {
    incidentId: 12,
    modelId: 'flights',
    kind: 'feed',
    cause: 'broken-feed',
    certainty: 'confirmed',
    columns: ['distance', 'hour', 'month', 'origin'],
    onset: '2001-03-05T00:00:00.000Z',
    seen: march,
    clockMode: 'wall',
    reason: 'Half of the rows are gone.',
    openedBy: 'run 3',
    openedAt: '2001-03-08T06:00:00.000Z',
    runNo: 3,
    sightings: 2,
    evidence: [],
    held: 7,
    closure: null,
  };
  const over = {
    how: 'recovery',
    by: 'run 5',
    reason: 'sound again',
    isRepaired: false,
    evidenceDigest: digest,
  } as const;
  const options = { ...free, modelId: 'flights', isOpenOnly: false };

  it('are a line each, with the command that closes one', () => {
    const closedOne = {
      ...feed,
      incidentId: 11,
      columns: [],
      clockMode: 'replay' as const,
      closure: { ...over, at: '2001-03-09T06:00:00.000Z' },
    };
    expect(renderIncidents([feed, closedOne], options)).toBe(
      `INCIDENT    KIND  CERTAINTY  COLUMNS                   SINCE       CLOCK   SEEN  HELD  OPENED                      STATE   WHY
flights/12  feed  confirmed  distance, hour, month +1  2001-03-05  wall       2     7  2001-03-08 06:00:00Z run 3  open    Half of the rows are gone.
flights/11  feed  confirmed  all                       2001-03-05  replay     2     7  2001-03-08 06:00:00Z run 3  closed  closed 2001-03-09 06:00:00Z by run 5 (recovery): sound again
To close one: perennial incident close flights/12 --reason TEXT`,
    );
  });

  it('that are not there are told so', () => {
    expect(renderIncidents([], { ...options, isOpenOnly: true })).toContain('No incident of flights is open.');
    expect(renderIncidents([], { ...options, modelId: null })).toBe('No incident was ever opened.');
  });
});
