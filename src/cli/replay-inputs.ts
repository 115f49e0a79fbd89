/** What `perennial policy` reads from files: pipelines, the grid of realised quality, recorded claims and monitors' reports. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PipelineError } from '../core/errors.js';
import { parseClaims, parseReportList } from '../core/policy/replay/claims-file.js';
import { parseQualityGrid, type QualityGrid } from '../core/policy/replay/quality-grid.js';
import type { DriftClaim, SignalFormat } from '../core/signals/drift-claim.js';
import { parseSignal } from '../core/signals/parse-signal.js';
import { durationMs } from '../core/spec/duration.js';
import { parseSpec } from '../core/spec/parse-spec.js';
import type { PipelineSpec } from '../core/spec/schema.js';

function read(path: string, code: 'SPEC_INVALID' | 'SIGNAL_INVALID'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError(code, `${path} cannot be read: ${why}.`, {
      cause,
      details: { file: path },
      advice: 'Name a file that this account may read.',
    });
  }
}

function readJson(path: string): unknown {
  const text = read(path, 'SIGNAL_INVALID');
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('SIGNAL_INVALID', `${path} is no JSON: ${why}`, { cause, details: { file: path } });
  }
}

export interface NamedSpec {
  readonly name: string;
  readonly spec: PipelineSpec;
}

/** Named after the file, so that two policies of one model are told apart. */
export function readSpecs(files: readonly string[]): NamedSpec[] {
  const specs = files.map((file) => ({
    name: basename(file).replace(/\.ya?ml$/, ''),
    spec: parseSpec(read(file, 'SPEC_INVALID'), file),
  }));
  const names = new Set<string>();
  for (const { name } of specs) {
    if (names.has(name)) {
      throw new PipelineError(
        'SPEC_INVALID',
        `Two pipelines are called ${name}: give the files different names, for the table.`,
      );
    }
    names.add(name);
  }
  return specs;
}

export const readGrid = (path: string): QualityGrid => parseQualityGrid(readJson(path));

export const readClaims = (path: string): DriftClaim[] => parseClaims(readJson(path));

/** Reports as the monitor wrote them; each came when its window was over. */
export function readReports(
  index: string,
  { format, only, modelId, alertWindow }: { format: SignalFormat; only: string; modelId: string; alertWindow: string },
): DriftClaim[] {
  const entries = parseReportList(readJson(index)).filter(({ file }) => file.startsWith(only));
  return entries.flatMap(({ file, start, end, nReference, nCurrent }) => {
    const body = read(join(dirname(index), file), 'SIGNAL_INVALID');
    const rows = {
      ...(nReference === undefined ? {} : { nReference }),
      ...(nCurrent === undefined ? {} : { nCurrent }),
    };
    const envelope = { modelId, receivedAt: end, start, end, ...rows, alertWindowMs: durationMs(alertWindow) };
    return parseSignal(format, body, envelope).claims;
  });
}
