/** Signals over HTTP: every format in, each arrival accounted for, nothing accepted that cannot be kept. */
import { describe, expect, it } from 'vitest';
import { ledger, MODEL, monitorFile, OTHER, useGateway, WINDOW_QUERY } from './gateway-fixtures.js';

const at = useGateway('gateway-signals');

const signals = (format: string, query = '', model = MODEL): string =>
  `/v1/models/${model}/signals/${format}${query === '' ? '' : `?${query}`}`;

const FILES: readonly (readonly [string, string, string])[] = [
  ['evidently', 'evidently-0.7.23/distance_km.drift-tests.json', WINDOW_QUERY],
  ['evidently', 'evidently-0.4.40/feb_quiet.testsuite-drift.json', WINDOW_QUERY],
  ['nannyml', 'nannyml-0.13.1/distance_km.univariate-default.csv', WINDOW_QUERY],
  ['alibi-detect', 'alibi-detect-0.13.0/distance_km.ks-batch.json', WINDOW_QUERY],
  ['alertmanager', 'prometheus-alertmanager-0.25.0/01-firing.json', 'source=alertmanager'],
  ['whylogs', 'whylogs-1.6.4/distance_km.drift-scores.json', WINDOW_QUERY],
  ['deepchecks', 'deepchecks-0.19.1/distance_km.suite-drift.json', WINDOW_QUERY],
];

describe('a real report', () => {
  for (const [format, file, query] of FILES) {
    it(`of ${file} is taken and stands in the ledger`, async () => {
      const before = (await ledger(at.pool)).length;
      const answer = await at.ask(signals(format, query), { body: monitorFile(file) });
      expect(answer.status, answer.text).toBe(202);
      expect(answer.json.accepted.length).toBeGreaterThan(0);
      expect(answer.json.refused).toEqual([]);
      const rows = (await ledger(at.pool)).slice(before);
      const fresh = answer.json.accepted.filter(({ isNew }: { isNew: boolean }) => isNew);
      expect(rows.map(({ seq }) => seq)).toEqual(fresh.map(({ seq }: { seq: number }) => seq));
    });
  }
});

const event = (id: string, change: object = {}): object => ({
  specversion: '1.0',
  type: 'perennial.drift',
  id,
  source: '/monitors/nightly',
  ...change,
});
const CLAIM = {
  monitor: 'own-psi',
  window: { start: '2001-02-01T00:00:00Z', end: '2001-03-01T00:00:00Z' },
  nReference: 4_000,
  nCurrent: 3_900,
  findings: [{ scope: 'column', column: 'distance', method: 'psi', score: 0.31, threshold: 0.2, alert: true }],
};

describe('CloudEvents', () => {
  it('arrive structured, binary and as a batch', async () => {
    const structured = await at.ask(signals('cloudevents'), {
      body: event('s-1', { data: CLAIM }),
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(structured.status, structured.text).toBe(202);
    const binary = await at.ask(signals('cloudevents'), {
      body: CLAIM,
      headers: {
        'ce-specversion': '1.0',
        'ce-type': 'perennial.drift',
        'ce-id': 'b-1',
        'ce-source': '/monitors/nightly',
      },
    });
    expect(binary.status, binary.text).toBe(202);
    const batch = await at.ask(signals('cloudevents'), {
      body: [event('s-1', { data: CLAIM }), event('batch-2', { data: CLAIM })],
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
    expect(batch.status, batch.text).toBe(202);
    expect(
      batch.json.accepted.map(({ eventId, isNew }: { eventId: string; isNew: boolean }) => [eventId, isNew]),
    ).toEqual([
      ['s-1', false],
      ['batch-2', true],
    ]);
    // In other company, and the same all the same.
    expect(batch.json.notes.join()).not.toContain('another content');
  });
});

describe('a repeat', () => {
  const path = signals('evidently', `${WINDOW_QUERY}&id=repeat-1`);
  const report = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');

  it('is told so, adds a receipt and no trigger; another content is told apart', async () => {
    const first = await at.ask(path, { body: report });
    const second = await at.ask(path, { body: report });
    const other = await at.ask(path, { body: monitorFile('evidently-0.7.23/distance_km.drift-tests.json') });
    expect([first.status, second.status, other.status]).toEqual([202, 202, 202]);
    const [one, two, three] = [first, second, other].map(({ json }) => json.accepted[0]);
    expect([one.isNew, two.isNew, three.isNew]).toEqual([true, false, false]);
    expect([two.seq, three.seq]).toEqual([one.seq, one.seq]);
    expect(second.json.notes.join()).not.toContain('another content');
    expect(other.json.notes.join()).toContain('another content');
    const { rows } = await at.pool.query(
      'select count(*)::integer as receipts from perennial.claim_receipts where trigger_id = $1',
      [one.triggerId],
    );
    expect(rows).toEqual([{ receipts: 3 }]);
  });
});

describe('the same report', () => {
  const report = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');

  it('under one id with another severity, count of rows or clock is told apart', async () => {
    const path = signals('evidently', `${WINDOW_QUERY}&id=told-apart`);
    await at.ask(path, { body: report });
    for (const change of ['&severity=critical', '&nCurrent=77', '&asOf=2001-03-02T00:00:00Z']) {
      const answer = await at.ask(`${path}${change}`, { body: report });
      expect(answer.json.accepted[0].isNew).toBe(false);
      expect(answer.json.notes.join(), change).toContain('another content');
    }
  });

  it('without an id is another event at another clock', async () => {
    const path = signals('evidently', WINDOW_QUERY.replace('nightly', 'clocks'));
    const asked = ['', '&asOf=2001-03-02T00:00:00Z', '&asOf=2001-03-03T00:00:00Z', ''];
    const isNew: boolean[] = [];
    for (const one of asked) isNew.push((await at.ask(`${path}${one}`, { body: report })).json.accepted[0].isNew);
    expect(isNew).toEqual([true, true, true, false]);
  });
});

describe('refused with a name for what is wrong', () => {
  const report = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
  const REFUSALS: (readonly [string, string, { body: string }, number, string, RegExp])[] = [
    [
      'a report without its window',
      signals('evidently', 'source=nightly'),
      { body: report },
      422,
      'SIGNAL_INVALID',
      /start/,
    ],
    ['an empty body', signals('evidently', WINDOW_QUERY), { body: '' }, 422, 'SIGNAL_INVALID', /empty/],
    ['text that is no report', signals('evidently', WINDOW_QUERY), { body: '<html>' }, 422, 'SIGNAL_INVALID', /./],
    [
      'an unknown model',
      signals('evidently', WINDOW_QUERY, 'nobody'),
      { body: report },
      404,
      'MODEL_UNKNOWN',
      /nobody/,
    ],
    ['an unknown format', signals('graphite', WINDOW_QUERY), { body: report }, 422, 'SIGNAL_INVALID', /format/],
    [
      'an unknown parameter',
      signals('evidently', `${WINDOW_QUERY}&modle=x`),
      { body: report },
      422,
      'SIGNAL_INVALID',
      /modle/,
    ],
    [
      'a parameter twice',
      signals('evidently', `${WINDOW_QUERY}&source=b`),
      { body: report },
      422,
      'SIGNAL_INVALID',
      /source/,
    ],
    [
      'a model that is no name',
      signals('evidently', WINDOW_QUERY, 'No%2FName'),
      { body: report },
      422,
      'SIGNAL_INVALID',
      /model/,
    ],
    ['a NUL in an id', signals('evidently', `${WINDOW_QUERY}&id=a%00b`), { body: report }, 422, 'SIGNAL_INVALID', /id/],
    [
      'JSON of a hundred thousand levels',
      signals('evidently', WINDOW_QUERY),
      { body: '['.repeat(100_000) + ']'.repeat(100_000) },
      422,
      'SIGNAL_INVALID',
      /./,
    ],
  ];
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  for (const asOf of [tomorrow, '0000-01-01T00:00:00Z', '9999-12-31T23:30:00-02:00', '1900-01-01T00:00:00%2B02:00']) {
    const path = signals('evidently', `${WINDOW_QUERY}&asOf=${asOf}`);
    REFUSALS.push([`a clock of ${asOf}`, path, { body: report }, 422, 'SIGNAL_INVALID', /asOf/]);
  }
  for (const source of ['schedule', 'expectation', 'manual', 'labels', 'versions', 'nannyml/URL']) {
    const path = signals('evidently', WINDOW_QUERY.replace('nightly', source));
    REFUSALS.push([`the platform's own source ${source}`, path, { body: report }, 422, 'SIGNAL_INVALID', /source/]);
  }
  const wide = `chunk_key,${Array.from({ length: 9_000 }, (_, i) => `c${i}_value`).join(',')}`;
  REFUSALS.push([
    'a small body of very many findings',
    signals('nannyml', WINDOW_QUERY),
    { body: `${wide}\n${`k${','.repeat(9_000)}\n`.repeat(20)}` },
    422,
    'SIGNAL_INVALID',
    /360000 findings and absences, more than 20000/,
  ]);
  for (const [what, path, request, status, code, message] of REFUSALS) {
    it(what, async () => {
      const before = await ledger(at.pool);
      const answer = await at.ask(path, { ...request, method: 'POST' });
      expect(answer.status, answer.text).toBe(status);
      expect(Object.keys(answer.json).sort()).toEqual(['advice', 'code', 'message']);
      expect(answer.json.code).toBe(code);
      expect(answer.json.message).toMatch(message);
      expect(await ledger(at.pool)).toEqual(before);
    });
  }
});

describe('notices', () => {
  it('of labels, of a version and of a person are kept, each with its cause', async () => {
    const labels = await at.ask(`/v1/models/${OTHER}/labels`, {
      body: { eventId: 'labels-1', through: '2001-03-01T00:00:00+01:00' },
    });
    const version = await at.ask(`/v1/models/${OTHER}/versions`, {
      body: { eventId: 'v-1', kind: 'feature', name: 'distance', from: '1', to: '2', at: '2001-03-01T00:00:00Z' },
    });
    const retrain = await at.ask(`/v1/models/${OTHER}/retrain`, {
      body: { reason: 'complaints', eventId: 'r-1', asOf: '2001-03-01' },
    });
    expect([labels, version, retrain].map(({ status, text }) => (status === 202 ? 202 : text))).toEqual([
      202, 202, 202,
    ]);
    const { rows } = await at.pool.query(
      'select cause, requested_by, body, clock from perennial.triggers where model_id = $1 order by seq',
      [OTHER],
    );
    expect(rows).toEqual([
      {
        cause: 'labels',
        requested_by: 'admin',
        body: { through: '2001-02-28T23:00:00.000Z' },
        clock: { mode: 'wall' },
      },
      {
        cause: 'version-change',
        requested_by: 'admin',
        body: { kind: 'feature', name: 'distance', from: '1', to: '2', at: '2001-03-01T00:00:00.000Z' },
        clock: { mode: 'wall' },
      },
      {
        cause: 'manual',
        requested_by: 'admin',
        body: { reason: 'complaints' },
        clock: { mode: 'replay', now: '2001-03-01T00:00:00.000Z' },
      },
    ]);
  });

  it('with a field too few, too many or malformed are refused by its name', async () => {
    const wrong = [
      ['labels', { eventId: 'x' }, /In the body: through is missing\.$/],
      [
        'labels',
        { eventId: 'x', through: 'yesterday' },
        /through is no instant: write e\.g\. 2001-04-01 or 2001-04-01T06/,
      ],
      ['labels', { eventId: 'x', through: 5 }, /through is no text/],
      ['labels', [], /In the body: it is no object/],
      ['versions', { eventId: 'x', kind: 'code', to: '2', at: '2099-01-01' }, /at lies more than a day in the future/],
      ['labels', { eventId: 'x', through: new Date(Date.now() + 2 * 86_400_000).toISOString() }, /through/],
      ['versions', { eventId: 'x', kind: 'code', to: '2', at: '9999-12-31T23:30:00-02:00' }, /at/],
      ['retrain', { reason: 'x', asOf: new Date(Date.now() + 86_400_000).toISOString() }, /asOf/],
      [
        'versions',
        { eventId: 'x', kind: 'mood', to: '2', at: '2001-03-01T00:00:00Z' },
        /kind must be one of code, feature/,
      ],
      ['retrain', { reason: 'x', by: 'the director' }, /it takes no field by/],
      ['retrain', { reason: '' }, /reason is empty/],
      ['retrain', { reason: '  ' }, /reason is empty: say why/],
      ['retrain', { reason: 'x'.repeat(2_001) }, /reason has too many characters: at most 2000/],
      ['retrain', { reason: 'x', asOf: '2099-01-01' }, /asOf lies in the future/],
      ['retrain', { reason: 'a\u0000b' }, /reason/],
    ] as const;
    for (const [route, body, message] of wrong) {
      const answer = await at.ask(`/v1/models/${MODEL}/${route}`, { body });
      expect([answer.status, answer.json.code], answer.text).toEqual([422, 'SIGNAL_INVALID']);
      expect(answer.json.message).toMatch(message);
    }
  });
});

describe('order', () => {
  it('of one sender is kept while twenty others send too', async () => {
    const report = monitorFile('evidently-0.7.23/feb_quiet.drift-tests.json');
    const seqs: number[][] = [];
    const sender = async (no: number): Promise<void> => {
      const own: number[] = [];
      seqs[no] = own;
      for (let i = 0; i < 15; i++) {
        const query = `${WINDOW_QUERY}&id=order-${no}-${i}`;
        const answer = await at.ask(signals('evidently', query, no % 2 === 0 ? MODEL : OTHER), { body: report });
        expect(answer.status, answer.text).toBe(202);
        own.push(answer.json.accepted[0].seq);
      }
    };
    await Promise.all(Array.from({ length: 21 }, (_, no) => sender(no)));
    for (const own of seqs) expect(own).toEqual([...own].sort((a, b) => a - b));
    const all = seqs.flat();
    expect(new Set(all).size).toBe(21 * 15);
    const { rows } = await at.pool.query(
      `select model_id, (select max(seq)::integer from perennial.triggers t where t.model_id = i.model_id) as newest,
         pending_through::integer from perennial.model_inboxes i order by model_id`,
    );
    for (const row of rows) expect(row.pending_through).toBe(row.newest);
  });
});
