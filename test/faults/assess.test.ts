// Real runs over flights with a broken feed whose worker is killed while it assesses them. Their servers are their own.
// `npm run faults -- assess` does this twenty times, at moments spread over the whole of an assessment.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killInAssess } from '../../scripts/faults/harness/assess-kills.mjs';
import { flightsFile } from '../../scripts/faults/harness/flights-spec.mjs';
import { openWorld, type World } from '../../scripts/faults/harness/world.mjs';

/** Of two runs at once, by one kill of their worker. */
const KILLS = 2;
/** A quiet machine needs a minute and a half, of which half is what Temporal waits for a heartbeat. */
const SET_UP_LIMIT_MS = 400_000;
const cleanUps: (() => Promise<unknown>)[] = [];
let world: World;
let struck: Awaited<ReturnType<typeof killInAssess>>;

beforeAll(async () => {
  await flightsFile();
  world = await openWorld({ signal: new AbortController().signal, say: () => undefined, cleanUps });
  struck = await killInAssess(world, { kills: KILLS, seed: 1 });
}, SET_UP_LIMIT_MS);

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

it('an assessment that loses its worker is made again', () => {
  expect(struck.rows.map(({ isHit }) => isHit)).toEqual([true, true]);
  expect(world.worker.crashes).toEqual([]);
  expect(world.orphans.map(({ goneMs }) => goneMs)).not.toContain(null);
});

it('it finds what an undisturbed one finds, to the byte, and stands there once', () => {
  const { expected, findings } = struck;
  expect(expected).toMatchObject({ outcome: 'blocked-by-data', verdicts: ['broken-feed'], incidents: 1 });
  for (const found of findings) expect(found).toEqual({ ...expected, modelId: found.modelId });
});

it('its fault opens one incident', () => {
  expect(struck.findings.map(({ incidents }) => incidents)).toEqual([1, 1]);
});
