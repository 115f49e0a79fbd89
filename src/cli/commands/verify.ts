/** `perennial verify [MODEL]`: recomputes the audit chain; a broken one names its first wrong sequence number. */
import type { Command } from 'commander';
import { ERROR_TABLE } from '../../core/errors.js';
import { type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { renderVerify } from '../render-model.js';
import { parseModelId } from '../run-ref.js';

export function addVerify(program: Command, context: CliContext): void {
  withCommon(program.command('verify'))
    .description('verify the hash-chained audit of one model or of all')
    .argument('[model]')
    .action(async (model: string | undefined, options: CommonOptions) => {
      const request = model === undefined ? {} : { modelId: parseModelId(model) };
      const results = await withClient(context, (client) => client.verify(request));
      print(context.io, options, { data: results, text: renderVerify(results) });
      const isBroken = results.some((result) => result.brokenSeq !== null);
      if (isBroken) context.io.setExitCode(ERROR_TABLE.ARTIFACT_DIGEST_MISMATCH.exitCode);
    });
}
