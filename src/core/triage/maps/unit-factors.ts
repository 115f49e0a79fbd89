/** Known changes of unit: what a value is multiplied with, and what is added then. Each is looked for in both directions. */

export interface LinearMap {
  readonly factor: number;
  readonly added: number;
}

export const IDENTITY: LinearMap = { factor: 1, added: 0 };

export interface UnitMap extends LinearMap {
  readonly from: string;
  readonly to: string;
}

const FACTORS: readonly (readonly [from: string, to: string, factor: number])[] = [
  ['miles', 'kilometres', 1.609344],
  ['nautical miles', 'kilometres', 1.852],
  ['miles', 'nautical miles', 0.868976241900648],
  ['miles', 'metres', 1609.344],
  ['miles', 'feet', 5280],
  ['metres', 'feet', 3.280839895013123],
  ['metres', 'yards', 1.0936132983377078],
  ['inches', 'centimetres', 2.54],
  ['inches', 'millimetres', 25.4],
  ['feet', 'inches', 12],
  ['feet', 'centimetres', 30.48],
  ['kilograms', 'pounds', 2.2046226218487757],
  ['ounces', 'grams', 28.349523125],
  ['US gallons', 'litres', 3.785411784],
  ['imperial gallons', 'litres', 4.54609],
  ['acres', 'hectares', 0.40468564224],
  ['square metres', 'square feet', 10.763910416709722],
  ['metres per second', 'kilometres per hour', 3.6],
  ['metres per second', 'miles per hour', 2.2369362920544025],
  ['knots', 'metres per second', 0.5144444444444445],
  ['calories', 'joules', 4.184],
  ['horsepower', 'kilowatts', 0.7456998715822702],
  ['bar', 'psi', 14.503773773020923],
  ['degrees', 'radians', Math.PI / 180],
  ['hours', 'minutes', 60],
  ['hours', 'seconds', 3600],
  ['days', 'hours', 24],
  ['days', 'minutes', 1440],
  ['days', 'seconds', 86_400],
  ['weeks', 'days', 7],
  ['dozens', 'pieces', 12],
  ['fractions', 'per cent', 100],
  ['units', 'tenths', 10],
  ['units', 'thousandths', 1000],
  ['units', 'millionths', 1e6],
  ['units', 'billionths', 1e9],
  ['bytes', 'bits', 8],
  ['kibibytes', 'bytes', 1024],
];

/** One name a factor: which of several units with the same factor it was, the values do not tell. */
const TOLD: Readonly<Record<number, readonly [string, string]>> = {
  60: ['hours to minutes, or minutes to seconds', 'minutes to hours, or seconds to minutes'],
  100: ['fractions to per cent, or whole units to cents', 'per cent to fractions, or cents to whole units'],
  1000: [
    'thousands to single units, or seconds to milliseconds',
    'single units to thousands, or milliseconds to seconds',
  ],
};

const DEGREES: readonly UnitMap[] = [
  { from: 'degrees Celsius', to: 'degrees Fahrenheit', factor: 1.8, added: 32 },
  { from: 'degrees Fahrenheit', to: 'degrees Celsius', factor: 1 / 1.8, added: -32 / 1.8 },
  { from: 'degrees Celsius', to: 'kelvins', factor: 1, added: 273.15 },
  { from: 'kelvins', to: 'degrees Celsius', factor: 1, added: -273.15 },
];

export const UNIT_MAPS: readonly UnitMap[] = [
  ...FACTORS.flatMap(([from, to, factor]): UnitMap[] => [
    { from, to, factor, added: 0 },
    { from: to, to: from, factor: 1 / factor, added: 0 },
  ]),
  ...DEGREES,
];

export function unitText({ from, to, factor }: UnitMap): string {
  const [up, down] = TOLD[factor] ?? TOLD[Math.round(1 / factor)] ?? [];
  return (factor > 1 ? up : down) ?? `${from} to ${to}`;
}
