/** The name of a run as a person types it: `model/3`, or the workflow id `retrain/model/3`. */
import { PipelineError } from '../core/errors.js';
import { INSTANT_EXAMPLES, readInstant } from '../core/instant.js';
import { MODEL_ID } from '../core/spec/schema.js';

export interface RunRef {
  readonly modelId: string;
  readonly runNo: number;
}

export const runName = (run: RunRef): string => `${run.modelId}/${run.runNo}`;

/** @throws SIGNAL_INVALID */
export function parseRunRef(text: string): RunRef {
  const match = /^(?:retrain\/)?([^/]+)\/([1-9]\d{0,8})$/.exec(text);
  const modelId = match?.[1];
  if (modelId === undefined || !MODEL_ID.test(modelId)) {
    throw new PipelineError('SIGNAL_INVALID', `"${text}" names no run: write MODEL/NUMBER, e.g. flights/3.`);
  }
  return { modelId, runNo: Number(match?.[2]) };
}

/** @throws SIGNAL_INVALID */
export function parseModelId(text: string): string {
  if (MODEL_ID.test(text)) return text;
  const rule = 'lower-case letters, digits and dashes, at most 63, starting with a letter or digit';
  throw new PipelineError('SIGNAL_INVALID', `"${text}" is no model id: ${rule}.`);
}

/** A day or an instant, as an instant. @throws SIGNAL_INVALID */
export function parseInstant(text: string): string {
  const at = readInstant(text);
  if (at !== null) return at;
  throw new PipelineError('SIGNAL_INVALID', `"${text}" is no instant: write e.g. ${INSTANT_EXAMPLES}.`);
}
