/**
 * Each case of inject-cases.mjs as SQL over the flights: `all` is a relation of every row up to the last day, the answer one of
 * the rows that the file gets. Randomness is a hash of row id, seed and purpose, so that the same seed gives the same rows
 * on every machine.
 */
const FLIGHTS_A_WEEK = (3_000_000 / 181) * 7;
const RENUMBERED = 10_000_000;
const SUNNY = ['MCO', 'LAS', 'TPA', 'FLL', 'MIA', 'PHX', 'SAN', 'RSW', 'PBI', 'SJU', 'HNL', 'OGG'];
const TWO_YEARS = 730;
const YEAR = 365;

/** Uniform in [0, 1), from an SQL expression that tells rows apart. */
const uniform = (key, { seed, purpose }) =>
  `(CAST('0x' || substr(md5(concat(${key}, ':${seed}:${purpose}')), 1, 13) AS UBIGINT) / 4503599627370496.0)`;

const at = (day) => `TIMESTAMP '${day}'`;
const shareOf = ({ rowsAWeek }) => (rowsAWeek === null ? 1 : rowsAWeek / FLIGHTS_A_WEEK);
const sampled = (relation, options) =>
  `(SELECT * FROM ${relation} WHERE ${uniform('id', { ...options, purpose: 'sample' })} < ${shareOf(options)})`;

/** Some values of `origin`, drawn by the seed from the busiest ones, as a subquery. */
const airports = (count, { seed, busiest }) =>
  `(SELECT origin FROM (SELECT origin FROM (SELECT origin, count(*) AS n FROM every GROUP BY origin ORDER BY n DESC, origin LIMIT ${busiest}) ` +
  `ORDER BY md5(origin || ':${seed}:airports'), origin LIMIT ${count}))`;

/** The first or second of two of the ten busiest. */
const airport = (which, options) =>
  `(SELECT ${which === 1 ? 'min' : 'max'}(origin) FROM ${airports(2, { ...options, busiest: 10 })})`;

/** Columns replaced from the onset on. */
const replacing = (columns) => (options) => {
  const list = Object.entries(columns(options)).map(
    ([column, value]) => `CASE WHEN event_at >= ${at(options.from)} THEN ${value} ELSE ${column} END AS ${column}`,
  );
  return `SELECT * REPLACE (${list.join(', ')}) FROM ${sampled('every', options)}`;
};

/** Rows lost from the onset on. */
const losing = (isLost) => (options) =>
  `SELECT * FROM ${sampled('every', options)} WHERE event_at < ${at(options.from)} OR NOT (${isLost(options)})`;

const twice = (id) => (options) => {
  const rows = sampled('every', options);
  return `SELECT * FROM ${rows} UNION ALL SELECT * REPLACE (${id} AS id) FROM ${rows} WHERE date_trunc('day', event_at) = ${at(options.from)}`;
};

const hourShifted = replacing(() => ({ hour: '(hour + 19) % 24' }));
const labelRule30 = replacing(() => ({ late: 'CAST(delay > 30 AS INTEGER)' }));

/** Of a thin stream: as many rows of any other span as the window with its sixty has. */
const sixtyRows = (options) => {
  const draw = uniform('id', { ...options, purpose: 'sample' });
  const isIn = `event_at >= ${at(options.from)} AND event_at < ${at(options.windowEnd)}`;
  return `SELECT * FROM every WHERE ${draw} <= (SELECT max(u) FROM (SELECT ${draw} AS u FROM every WHERE ${isIn} ORDER BY u LIMIT 60))`;
};

/** Before rows are sampled: among few rows of an airport and day there would be nobody to exchange labels with. */
const hourReversed = (options) => {
  const groups = `PARTITION BY date_trunc('day', event_at), origin`;
  const ranked =
    `SELECT *, row_number() OVER (${groups} ORDER BY hour, ${uniform('id', { ...options, purpose: 'ties' })}, id) AS place, ` +
    `count(*) OVER (${groups}) AS places FROM every WHERE event_at >= ${at(options.from)}`;
  const exchanged =
    `SELECT one.* EXCLUDE (place, places) REPLACE (other.late AS late) FROM ranked AS one JOIN ranked AS other ` +
    `ON date_trunc('day', one.event_at) = date_trunc('day', other.event_at) AND one.origin = other.origin ` +
    `AND other.place = one.places + 1 - one.place`;
  const before = `SELECT * FROM every WHERE event_at < ${at(options.from)}`;
  return `WITH ranked AS (${ranked}), reversed AS (${before} UNION ALL ${exchanged}) SELECT * FROM ${sampled('reversed', options)}`;
};

/** As a join over an index of its own does it: each day has the distances that it had, in other rows. */
const distanceShuffled = (options) => {
  const [day, rows] = [`date_trunc('day', event_at)`, sampled('every', options)];
  const drawn = `row_number() OVER (PARTITION BY ${day} ORDER BY ${uniform('id', { ...options, purpose: 'rows' })}, id)`;
  const numbered =
    `SELECT *, row_number() OVER (PARTITION BY ${day} ORDER BY id) AS place, ${drawn} AS drawn FROM ${rows} ` +
    `WHERE event_at >= ${at(options.from)}`;
  const exchanged =
    `SELECT one.* EXCLUDE (place, drawn) REPLACE (other.distance AS distance) FROM numbered AS one JOIN numbered AS other ` +
    `ON date_trunc('day', one.event_at) = date_trunc('day', other.event_at) AND one.place = other.drawn`;
  return `WITH numbered AS (${numbered}) SELECT * FROM ${rows} WHERE event_at < ${at(options.from)} UNION ALL ${exchanged}`;
};

/** Each flight of the two comes twice more, some minutes earlier or later on the same day. */
const airportsTriple = (options) => {
  const rows = sampled('every', options);
  const two = airports(2, { ...options, busiest: 10 });
  const again = [1, 2].map((copy) => {
    const minutes = `CAST(1 + floor(29 * ${uniform('id', { ...options, purpose: `minutes ${copy}` })}) AS INTEGER)`;
    const later = `event_at + to_minutes(${copy === 1 ? '' : '-'}${minutes})`;
    const earlier = `event_at + to_minutes(${copy === 1 ? '-' : ''}${minutes})`;
    const moved = `CASE WHEN date_trunc('day', ${later}) = date_trunc('day', event_at) THEN ${later} ELSE ${earlier} END`;
    return (
      `SELECT * REPLACE (id + ${copy * RENUMBERED} AS id, ${moved} AS event_at, hour(${moved}) AS hour) FROM ${rows} ` +
      `WHERE event_at >= ${at(options.from)} AND (origin IN ${two} OR destination IN ${two})`
    );
  });
  return [`SELECT * FROM ${rows}`, ...again].join(' UNION ALL ');
};

/**
 * Two years whose every day is a real day of the same weekday, drawn by the seed; from the onset on, and a year before, flights
 * to the sun are kept two and a half times as often.
 */
const season = (options) => {
  const { from, to, seed } = options;
  const share = shareOf(options);
  const drawn = `md5(concat(CAST(day AS VARCHAR), ':', CAST(real AS VARCHAR), ':${seed}:season'))`;
  const year = `INTERVAL ${YEAR} DAY`;
  const isSeason = `((day >= ${at(from)}) OR (day >= ${at(from)} - ${year} AND day < ${at(to)} - ${year}))`;
  const sunny = `destination IN (${SUNNY.map((code) => `'${code}'`).join(', ')})`;
  const most = `CASE WHEN NOT ${isSeason} THEN ${share} WHEN ${sunny} THEN ${share * 2.5} ELSE ${share * 0.8} END`;
  // A draw a flight, turned by a draw a day: as good as one of each pair, and a tenth of the hashing.
  const draw = `(flight_draw + day_draw - floor(flight_draw + day_draw))`;
  return `WITH days AS (SELECT unnest(range(${at(to)} - INTERVAL ${TWO_YEARS} DAY, ${at(to)}, INTERVAL 1 DAY)) AS day),
    flights AS (SELECT *, date_trunc('day', event_at) AS real, ${uniform('id', { ...options, purpose: 'sample' })} AS flight_draw
      FROM every WHERE event_at < TIMESTAMP '2001-07-01'),
    pairs AS (SELECT day, arg_min(real, ${drawn}) AS real, ${uniform('CAST(day AS VARCHAR)', { ...options, purpose: 'day' })} AS day_draw
      FROM days JOIN (SELECT DISTINCT real FROM flights) ON dayofweek(day) = dayofweek(real) GROUP BY day),
    kept AS (SELECT * FROM pairs JOIN flights USING (real) WHERE ${draw} < ${most})
    SELECT id + ${RENUMBERED} * CAST(date_diff('day', DATE '1990-01-01', day) AS BIGINT) AS id, event_at + (day - real) AS event_at,
      distance, origin, destination, late, known_at + (day - real) AS known_at, delay, hour FROM kept`;
};

/** By case: a query over relation `every`, which has the columns of prepare.mjs, `hour` and `delay`. */
export const INJECTED = {
  'drop-airports': losing((options) => `origin IN ${airports(40, { ...options, busiest: 1000 })}`),
  'halve-rows': losing((options) => `${uniform('id', { ...options, purpose: 'lost' })} < 0.5`),
  'duplicate-day': twice('id'),
  'duplicate-day-renumbered': twice(`id + ${RENUMBERED}`),
  'null-share': replacing((options) => ({
    distance: `CASE WHEN ${uniform('id', { ...options, purpose: 'null' })} < 0.3 THEN NULL ELSE distance END`,
  })),
  'all-null': replacing(() => ({ distance: 'CAST(NULL AS DOUBLE)' })),
  'constant-hour': replacing(() => ({ hour: '12' })),
  'stale-feed': losing(() => 'true'),
  'distance-km': replacing(() => ({ distance: 'distance * 1.609344' })),
  'distance-shuffled': distanceShuffled,
  'distance-log': replacing(() => ({ distance: 'ln(distance)' })),
  'distance-clipped': replacing(() => ({
    distance: 'least(distance, (SELECT quantile_disc(distance, 0.8) FROM every))',
  })),
  'distance-km-part': replacing((options) => ({
    distance: `CASE WHEN ${uniform('origin', { ...options, purpose: 'kilometres' })} < 0.5 THEN distance * 1.609344 ELSE distance END`,
  })),
  'origin-merged': replacing((options) => ({
    origin: `CASE WHEN origin = ${airport(1, options)} THEN ${airport(2, options)} ELSE origin END`,
  })),
  'origin-lower': replacing(() => ({ origin: 'lower(origin)' })),
  'hour-shifted': hourShifted,
  'hour-shifted-recorded': hourShifted,
  'hour-shifted-recomputed': (options) => `SELECT *, hour(event_at) AS hour_recomputed FROM (${hourShifted(options)})`,
  'labels-inverted': replacing((options) => ({
    late: `CASE WHEN origin IN ${airports(1, { ...options, busiest: 3 })} THEN 1 - late ELSE late END`,
  })),
  'label-rule-30': labelRule30,
  'label-rule-30-recorded': labelRule30,
  'late-positives-missing': replacing(() => ({
    known_at: 'CASE WHEN late = 1 THEN known_at + INTERVAL 30 DAY ELSE known_at END',
  })),
  unchanged: (options) => `SELECT * FROM ${sampled('every', options)}`,
  'sixty-rows': sixtyRows,
  'hour-reversed': hourReversed,
  'airports-triple': airportsTriple,
  season,
};
