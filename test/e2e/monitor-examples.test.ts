/**
 * What users paste into their monitor jobs, run as it stands in examples/monitors against a gateway: the real Evidently on
 * real flights, and the reports that the flights example brings along.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken } from '#dist/client/tokens.js';
import { connectClient } from '#dist/client.js';
import { startGateway } from '#dist/gateway/gateway.js';
import { createLocalStore } from '#dist/storage/local-store.js';
import { freshDatabase, temporalAddress, uniqueTaskQueue } from '../setup/services.js';
import { apply, duck, flightsSpec, ROOT, sqlText, writeSmallFlights } from './flights.js';
import { type Ended, pythonPackages, run } from './python-packages.js';

const EXAMPLES = join(ROOT, 'examples', 'monitors');
const REPORTS = join(ROOT, 'examples', 'flights', 'evidently', 'reports');
/** A fresh machine fetches 150 MB of packages first. */
const INSTALL_MS = 600_000;
/** Loading Evidently takes 5 s of processor time, three times that when Python compiles it first. */
const PYTHON_MS = 240_000;
/** As the examples name it. */
const MODEL = 'flights';
const [START, END] = ['2001-04-02', '2001-04-09'] as const;

interface Accepted {
  readonly eventId: string;
  readonly triggerId: string;
  readonly isNew: boolean;
}
interface Answer {
  readonly accepted: readonly Accepted[];
  readonly ignored: readonly string[];
}

const open: { close: () => Promise<void> | void }[] = [];
let dir = '';
let url = '';
let token = '';
let strangersToken = '';
let pool: pg.Pool;

/** 2,500 flights of January and 1,250 of the week, with the columns that the examples name. */
async function writeWindows(): Promise<void> {
  const from = sqlText(join(dir, 'flights.parquet'));
  const columns = 'event_at AS date, hour(event_at) AS hour, distance, origin, destination';
  const write = (name: string, where: string, rows: number): Promise<void> =>
    duck(
      `COPY (SELECT ${columns} FROM (SELECT * FROM read_parquet(${from}) WHERE ${where} ORDER BY hash(id) LIMIT ${rows}) ` +
        `ORDER BY id) TO ${sqlText(join(dir, name))} (FORMAT csv, HEADER)`,
    );
  await write('reference.csv', "event_at < '2001-02-01'", 2500);
  await write('current.csv', `event_at >= '${START}' AND event_at < '${END}'`, 1250);
}

async function openGateway(): Promise<void> {
  const database = await freshDatabase('e2e_monitors');
  open.push({ close: () => database.drop() });
  const settings = {
    databaseUrl: database.url,
    temporal: { address: temporalAddress(), namespace: 'default' },
    queue: uniqueTaskQueue('e2e-monitors'),
  };
  const client = await connectClient(settings);
  open.push(client);
  await apply(client, dir, flightsSpec(MODEL));
  await apply(client, dir, flightsSpec('other'));
  pool = new pg.Pool({ connectionString: database.url, max: 2 });
  open.push({ close: () => pool.end() });
  const common = { roles: ['signal'], expiresAt: null, by: 'engineer' };
  token = await createToken(pool, { ...common, name: 'monitor', models: [MODEL] });
  strangersToken = await createToken(pool, { ...common, name: 'stranger', models: ['other'] });
  const gateway = await startGateway({ ...settings, artifacts: createLocalStore(join(dir, 'artifacts')), port: 0 });
  open.push({ close: () => gateway.stop() });
  url = gateway.url;
}

const given = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PERENNIAL_URL: url,
  PERENNIAL_TOKEN: token,
  ...more,
});

const answerOf = ({ stdout }: Ended): Answer => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Answer;

const rows = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
  (await pool.query(text, [...values])).rows as Row[];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'perennial-e2e-monitors-'));
  open.push({ close: () => rmSync(dir, { recursive: true, force: true }) });
  await writeSmallFlights(dir);
  await writeWindows();
  await openGateway();
});

afterAll(async () => {
  for (const one of open.reverse()) await one.close();
});

describe('evidently_07.py', () => {
  let packages = '';
  const job = (more: Record<string, string>): Promise<Ended> => {
    const args = [join(EXAMPLES, 'evidently_07.py'), join(dir, 'reference.csv'), join(dir, 'current.csv'), START, END];
    return run(
      'python3',
      args,
      given({ PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '', DO_NOT_TRACK: '1', ...more }),
    );
  };

  beforeAll(async () => {
    packages = await pythonPackages('evidently', join(EXAMPLES, 'requirements-evidently.txt'));
  }, INSTALL_MS);

  it(
    'leaves one claim with the verdict on each column, however often the job runs',
    async () => {
      // Another order of sets changes the last digits of the scores, and with them the bytes of the report.
      const first = await job({ PYTHONHASHSEED: '1' });
      expect(first.stderr).not.toContain('perennial answered');
      expect(first.status).toBe(0);
      const second = await job({ PYTHONHASHSEED: '3' });
      const [made, again] = [answerOf(first).accepted, answerOf(second).accepted];
      expect(made).toMatchObject([{ eventId: `${START}/${END}`, isNew: true }]);
      expect(again).toMatchObject([{ triggerId: made[0]?.triggerId, isNew: false }]);

      const claims = await rows<{ monitor: string; n_reference: string; findings: Record<string, unknown>[] }>(
        'select * from perennial.claims where trigger_id = $1',
        [made[0]?.triggerId],
      );
      expect(claims).toMatchObject([
        {
          monitor: 'evidently',
          window_start: new Date(`${START}T00:00:00Z`),
          window_end: new Date(`${END}T00:00:00Z`),
          n_reference: '2500',
          n_current: '1250',
          severity: 'warning',
        },
      ]);
      const columns = (claims[0]?.findings ?? []).filter(({ scope }) => scope === 'column');
      expect(columns.map(({ column }) => column).sort()).toEqual(['destination', 'distance', 'hour', 'origin']);
      for (const finding of columns) {
        expect(finding).toMatchObject({ family: 'distance', lowerIsDrift: false, threshold: 0.1 });
        expect(finding.alert).toBe((finding.score as number) >= 0.1);
      }
      const receipts = await rows('select 1 from perennial.claim_receipts where trigger_id = $1', [made[0]?.triggerId]);
      expect(receipts).toHaveLength(2);
    },
    PYTHON_MS,
  );

  it(
    'ends with the reason when the token is of another model, so that the job fails in sight',
    async () => {
      const stranger = await job({ PERENNIAL_TOKEN: strangersToken });
      expect(stranger.status).toBe(1);
      expect(stranger.stderr).toMatch(/perennial answered 403: .*FORBIDDEN/);
    },
    PYTHON_MS,
  );
});

describe('the other examples', () => {
  it('are Python that compiles', async () => {
    const files = readdirSync(EXAMPLES).filter((name) => name.endsWith('.py'));
    expect(files).toHaveLength(6);
    const check = 'import sys\nfor path in sys.argv[1:]: compile(open(path, encoding="utf-8").read(), path, "exec")';
    const ended = await run('python3', ['-c', check, ...files.map((name) => join(EXAMPLES, name))], process.env);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('in shell send a file, an event and a notice of labels', async () => {
    const scripts = ['curl.sh', 'cloudevents.sh', 'labels.sh'].map((name) => join(EXAMPLES, name));
    for (const script of scripts) expect(await run('sh', ['-n', script], process.env)).toMatchObject({ status: 0 });
    // curl is no prerequisite of the tests: without it the scripts are read, not run.
    const curl = await run('curl', ['--version'], process.env);
    if (curl.status === null) return;
    const report = join(REPORTS, 'weekly', `${START}.json`);
    const shell = (name: string, ...args: string[]): Promise<Ended> =>
      run('sh', [join(EXAMPLES, name), ...args], given());
    const sent = await shell('curl.sh', 'evidently', report, START, END);
    expect(sent.stderr).toBe('');
    expect(answerOf(sent).accepted).toMatchObject([{ isNew: true }]);
    expect(answerOf(await shell('curl.sh', 'evidently', report, START, END)).accepted).toMatchObject([
      { isNew: false },
    ]);
    const event = await shell('cloudevents.sh', 'evidently', report, START, END, 'nightly-1');
    expect(answerOf(event).accepted).toMatchObject([{ eventId: 'nightly-1', isNew: true }]);
    const labels = await shell('labels.sh', '2001-05-01T03:00:00Z');
    expect(answerOf(labels).accepted).toMatchObject([{ eventId: 'labels-through-2001-05-01T03:00:00Z', isNew: true }]);
    writeFileSync(join(dir, 'no-report.json'), '{}');
    const refused = await shell('curl.sh', 'evidently', join(dir, 'no-report.json'), START, END);
    expect(refused.status).toBe(22);
    expect(refused.stdout).toContain('SIGNAL_INVALID');
  });
});

describe('the reports of the flights example', () => {
  interface Made {
    readonly file: string;
    readonly start: string;
    readonly end: string;
    readonly nReference: number;
    readonly nCurrent: number;
  }
  const index = (file: string): Made[] => JSON.parse(readFileSync(join(REPORTS, file), 'utf8')) as Made[];
  const post = async ({ file, start, end, nReference, nCurrent }: Made): Promise<Answer> => {
    const query = new URLSearchParams({ source: 'made-beforehand', id: file, start, end });
    query.set('nReference', String(nReference));
    query.set('nCurrent', String(nCurrent));
    const body = readFileSync(join(REPORTS, file));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/models/${MODEL}/signals/evidently?${query}`, {
      method: 'POST',
      headers,
      body,
    });
    expect(answer.status, file).toBe(202);
    return (await answer.json()) as Answer;
  };

  it('are all taken, each with a verdict on five columns', async () => {
    const made = [...index('index.json'), ...index('faults/index.json')];
    expect(made).toHaveLength(4 + 20 + 2);
    for (const one of made) expect((await post(one)).accepted).toMatchObject([{ eventId: one.file, isNew: true }]);
    const claims = await rows<{ event_id: string; verdicts: string }>(
      `select event_id, (select count(*) from jsonb_array_elements(findings) f
         where f ->> 'column' is not null and jsonb_typeof(f -> 'alert') = 'boolean') as verdicts
       from perennial.claims join perennial.triggers using (model_id, trigger_id) where source = 'made-beforehand'`,
    );
    expect(claims).toHaveLength(26);
    expect(claims.filter(({ verdicts }) => verdicts !== '5')).toEqual([]);
  });

  it('name each file once, and every file', () => {
    const named = [...index('index.json'), ...index('faults/index.json')].map(({ file }) => file).sort();
    const found = readdirSync(REPORTS, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json') && !name.endsWith('index.json'))
      .sort();
    expect(found).toEqual(named);
  });
});
