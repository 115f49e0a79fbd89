// Real reports of monitors, damaged in ways that senders, proxies and enemies damage them; seeded, so that a run can be
// repeated. Each mutation is one HTTP request: format, query, headers and bytes.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../../test/fixtures/monitors/', import.meta.url));
const FORMATS = {
  evidently: 'evidently',
  nannyml: 'nannyml',
  'alibi-detect': 'alibi-detect',
  prometheus: 'alertmanager',
  whylogs: 'whylogs',
  deepchecks: 'deepchecks',
};
const ALL = ['cloudevents', ...Object.values(FORMATS), 'generic'];
const WINDOW = { start: '2001-02-05', end: '2001-02-12' };

/** Each with the format that reads it; the largest are left to the ones that matter. */
export function realReports() {
  const reports = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(json|jsonl|csv)$/.test(path) && !path.startsWith('scripts'))
    .sort()
    .map((path) => {
      const format = FORMATS[Object.keys(FORMATS).find((prefix) => path.startsWith(prefix))];
      return { path, format, bytes: readFileSync(join(FOLDER, path)) };
    });
  const own = {
    monitor: 'own',
    nCurrent: 5000,
    findings: [
      { scope: 'column', column: 'distance', method: 'psi', score: 0.41, threshold: 0.2, alert: true },
      { scope: 'performance', method: 'roc_auc', score: 0.61, alert: 0 },
    ],
  };
  return [...reports, { path: 'generic', format: 'generic', bytes: Buffer.from(JSON.stringify(own)) }];
}

/** mulberry32 */
function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end) => Math.floor(next() * end);
  return { below, pick: (list) => list[below(list.length)] };
}

const TOKENS = [
  'NaN',
  '-Infinity',
  '1e999',
  '"\\ud800"',
  '"\\u0000"',
  '[',
  ']',
  '{',
  '}',
  '"',
  '\\',
  ',',
  'null',
  '\n',
  '""',
];
const VALUES = [
  null,
  true,
  'NaN',
  -1,
  1e308,
  [],
  [[[]]],
  {},
  '\0',
  '\ud800',
  'x'.repeat(5_000),
  { __proto__: null, type: 3 },
];

const splice = (bytes, at, remove, insert) =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);

/** One member somewhere in a JSON value becomes something else, or gets another name. */
function changeMember(value, random, depth = 0) {
  if (typeof value !== 'object' || value === null || depth > 8) return random.pick(VALUES);
  const keys = Object.keys(value);
  if (keys.length === 0) return random.pick(VALUES);
  const key = random.pick(keys);
  const isHere = random.below(5) === 0;
  if (Array.isArray(value)) {
    if (isHere) return random.below(2) === 0 ? [...value, ...value] : value.slice(1);
    return value.map((one, i) => (String(i) === key ? changeMember(one, random, depth + 1) : one));
  }
  const name = isHere ? random.pick(['__proto__', 'constructor', 'x'.repeat(2_000), '', 'tests', 'data']) : key;
  return Object.fromEntries(
    Object.entries(value).map(([own, one]) =>
      own === key ? [name, changeMember(one, random, depth + 1)] : [own, one],
    ),
  );
}

function jsonOf(bytes) {
  const text = bytes.toString();
  // Written again it would end at this process's own stack.
  if (text.includes('[[[[[[[[')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // CSV, or JSON as Python writes it.
    return undefined;
  }
}

const KINDS = {
  flip: (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let n = 0; n <= random.below(8); n++) copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  cut: (bytes, random) => splice(bytes, random.below(bytes.length), 1 + random.below(500), Buffer.alloc(0)),
  truncate: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  double: (bytes, random) => {
    const from = random.below(bytes.length);
    return splice(bytes, from, 0, bytes.subarray(from, from + 1 + random.below(1_000)));
  },
  token: (bytes, random) =>
    splice(bytes, random.below(bytes.length), random.below(3), Buffer.from(random.pick(TOKENS))),
  invalidUtf8: (bytes, random) => splice(bytes, random.below(bytes.length), 0, Buffer.from([0xc3, 0x28, 0xff])),
  member: (bytes, random) => {
    const value = jsonOf(bytes);
    return value === undefined ? KINDS.token(bytes, random) : Buffer.from(JSON.stringify(changeMember(value, random)));
  },
  cells: (bytes, random) => {
    const lines = bytes.toString().split('\n');
    const row = random.below(lines.length);
    const cells = lines[row].split(',');
    cells[random.below(cells.length)] = random.pick([
      '',
      '""',
      '"',
      'True',
      '1e999',
      'NaN',
      '9999-99-99',
      'x,y',
      '\u0000',
    ]);
    lines[row] = cells.join(',');
    return Buffer.from(lines.join('\n'));
  },
  deep: (_bytes, random) => {
    const depth = 10 + random.below(50_000);
    return Buffer.from(`{"metrics":${'['.repeat(depth)}${']'.repeat(random.below(2) * depth)}}`);
  },
  large: (bytes, random) => {
    const filler = 'x'.repeat(random.below(1_200_000));
    return Buffer.from(`{"monitor":"m","note":"${filler}","findings":${bytes.toString().slice(0, 100)}`);
  },
  many: (_bytes, random) => {
    const finding = { method: 'psi', column: 'c', score: 1 };
    return Buffer.from(JSON.stringify({ monitor: 'm', findings: Array(random.below(12_000)).fill(finding) }));
  },
  empty: () => Buffer.alloc(0),
  same: (bytes) => bytes,
};
const USUAL = ['flip', 'cut', 'truncate', 'double', 'token', 'invalidUtf8', 'member', 'member', 'cells', 'same'];
const RARE = ['deep', 'large', 'many', 'empty'];

function queryOf(random) {
  const odd = {
    start: ['', 'soon', '2001-02-30', '9'.repeat(60)],
    end: ['2001-02-05', 'x'],
    nCurrent: ['-1', 'NaN', '1e9'],
  };
  const query = { ...WINDOW, source: 'payloads' };
  if (random.below(12) !== 0) return query;
  const name = random.pick(Object.keys(odd));
  return { ...query, [name]: random.pick(odd[name]) };
}

/** As an event in one of the three modes, its attributes sometimes broken. */
function asEvent(bytes, format, random) {
  const id = random.pick(['1', '', 'x'.repeat(1_500), `e${random.below(1e6)}`]);
  const attributes = {
    specversion: random.pick(['1.0', '0.3', '9']),
    id,
    source: 'payloads',
    type: 't',
    perennialformat: format,
  };
  if (random.below(4) === 0) delete attributes[random.pick(Object.keys(attributes))];
  const mode = random.pick(['binary', 'structured', 'batch', 'base64']);
  if (mode === 'binary') {
    const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]);
    return { headers: { 'content-type': 'application/json', ...Object.fromEntries(headers) }, bytes };
  }
  const data = jsonOf(bytes);
  const body = mode === 'base64' ? { data_base64: bytes.toString('base64') } : { data: data ?? bytes.toString() };
  const event = { ...attributes, ...body };
  const isBatch = mode === 'batch';
  return {
    headers: { 'content-type': `application/cloudevents${isBatch ? '-batch' : ''}+json` },
    bytes: Buffer.from(JSON.stringify(isBatch ? [event, { ...event, id: `${id}-2` }] : event)),
  };
}

/** @returns `() => {format, query, headers, body, kind, path}`, endless */
export function createMutator(reports, seed) {
  const random = randomOf(seed);
  const small = reports.filter(({ bytes }) => bytes.length < 60_000);
  return () => {
    const report = random.below(50) === 0 ? random.pick(reports) : random.pick(small);
    const kind = random.below(40) === 0 ? random.pick(RARE) : random.pick(USUAL);
    let body = KINDS[kind](report.bytes, random);
    if (kind !== 'same' && random.below(4) === 0 && body.length > 0) body = KINDS[random.pick(USUAL)](body, random);
    const base = { query: queryOf(random), headers: { 'content-type': 'application/json' }, kind, path: report.path };
    const turn = random.below(20);
    if (turn < 3) {
      const event = asEvent(body, report.format, random);
      return { ...base, format: 'cloudevents', headers: event.headers, body: event.bytes };
    }
    return { ...base, format: turn === 3 ? random.pick(ALL) : report.format, body };
  };
}
