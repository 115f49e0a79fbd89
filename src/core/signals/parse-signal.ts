/** The one entry: bytes of any known format in, claims out, or SIGNAL_INVALID with what is missing. Pure and bounded. */

import { PipelineError } from '../errors.js';
import { parseAlertmanager } from './alertmanager.js';
import { parseAlibiDetect } from './alibi-detect.js';
import { type DataFormat, parseCloudEvents } from './cloudevents.js';
import { parseDeepchecks } from './deepchecks.js';
import type { Envelope, ParsedSignal, SignalFormat } from './drift-claim.js';
import { parseEvidently } from './evidently.js';
import { parseGeneric } from './generic.js';
import { parseNannyml } from './nannyml-csv.js';
import { refuse, type SignalBody } from './payload.js';
import { isReservedSource } from './reserved-sources.js';
import { parseWhylogs } from './whylogs.js';

/** Ten times the largest report seen (Evidently's dump of six columns). */
export const MAX_SIGNAL_BYTES = 4 * 1024 * 1024;

const ADAPTERS: Readonly<Record<DataFormat, (body: SignalBody) => ParsedSignal>> = {
  evidently: parseEvidently,
  nannyml: parseNannyml,
  'alibi-detect': parseAlibiDetect,
  alertmanager: parseAlertmanager,
  whylogs: parseWhylogs,
  deepchecks: parseDeepchecks,
  generic: parseGeneric,
};

function textOf(format: SignalFormat, body: Uint8Array | string): string {
  if (body.length > MAX_SIGNAL_BYTES) {
    refuse(format, `is larger than ${MAX_SIGNAL_BYTES} bytes: send the report alone, without drawings or raw data.`);
  }
  if (body.length === 0) refuse(format, 'is empty: send the report as the body.', { missing: ['body'] });
  if (typeof body === 'string') return body.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return refuse(format, 'is no UTF-8 text: write the report in UTF-8 and send it again.');
  }
}

function read(signal: SignalBody): ParsedSignal {
  try {
    if (signal.format !== 'cloudevents') return ADAPTERS[signal.format](signal);
    return parseCloudEvents(signal, (inner, data) => ADAPTERS[inner](data));
  } catch (error) {
    if (error instanceof PipelineError) throw error;
    // A limit of the language (stack, size of a text): what the sender sent is the reason, and a repeat meets it again.
    const why = error instanceof Error ? error.message : String(error);
    return refuse(signal.format, `could not be read to its end (${why.slice(0, 200)}): send it in smaller parts.`);
  }
}

/**
 * @param body as it came; a byte-order mark is dropped
 * @throws SIGNAL_INVALID naming what is missing or wrong and what to send; nothing else, whatever the bytes are
 */
export function parseSignal(format: SignalFormat, body: Uint8Array | string, envelope: Envelope): ParsedSignal {
  const signal: SignalBody = { format, text: textOf(format, body), envelope };
  const parsed = read(signal);
  for (const { source } of parsed.claims) {
    if (!isReservedSource(source)) continue;
    refuse(
      format,
      `has the source ${JSON.stringify(source.slice(0, 80))}, which is the platform's own: name another.`,
      {
        field: 'source',
      },
    );
  }
  return parsed;
}
