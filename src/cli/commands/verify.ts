/**
 * `perennial verify [MODEL]`: recomputes the audit chain and compares it with the last signed checkpoint; a broken one names
 * its first wrong sequence number, a whole one becomes the next checkpoint.
 */
import type { Command } from 'commander';
import { ERROR_TABLE } from '../../core/errors.js';
import { readEnv } from '../../env.js';
import { checkpointPath, verifyAgainstCheckpoint } from '../checkpoint-file.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { renderVerify } from '../render-model.js';
import { parseModelId } from '../run-ref.js';

async function verify(context: CliContext, model: string | undefined, options: CommonOptions): Promise<void> {
  const request = model === undefined ? {} : { modelId: parseModelId(model) };
  const { stateDir } = readEnv();
  const results = await withClient(context, (client) =>
    verifyAgainstCheckpoint(stateDir, (checkpoint) =>
      client.verify({ ...request, ...(checkpoint === null ? {} : { checkpoint }) }),
    ),
  );
  print(context.io, options, { data: results, text: renderVerify(results, checkpointPath(stateDir)) });
  const isBroken = results.some((result) => result.brokenSeq !== null);
  if (isBroken) context.io.setExitCode(ERROR_TABLE.ARTIFACT_DIGEST_MISMATCH.exitCode);
}

export function addVerify(program: Command, context: CliContext): void {
  withCommon(program.command('verify'))
    .description('verify the hash-chained audit of one model or of all, against the last signed checkpoint')
    .argument('[model]')
    .action((model: string | undefined, options: CommonOptions) => verify(context, model, options));
}
