/** `perennial apply FILE`: makes a pipeline file the model's current spec. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { PipelineError } from '../../core/errors.js';
import { specDigest } from '../../core/spec/digest.js';
import { overrideModel } from '../../core/spec/override-model.js';
import { parseSpec } from '../../core/spec/parse-spec.js';
import { specWarnings } from '../../core/spec/rules.js';
import type { PipelineSpec } from '../../core/spec/schema.js';
import { resolveSourcePaths } from '../../core/spec/source-paths.js';
import { actor, type CliContext, type CommonOptions, print, withClient, withCommon } from '../context.js';
import { shortDigest } from '../format.js';
import { renderApply } from '../render-model.js';

interface Options extends CommonOptions {
  readonly model?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PipelineError('SPEC_INVALID', `${file} cannot be read: ${why}.`, {
      cause,
      advice: 'Name a file that this account may read.',
    });
  }
}

async function apply(context: CliContext, file: string, options: Options): Promise<void> {
  const path = resolve(file);
  const text = options.model === undefined ? read(path) : overrideModel(read(path), options.model);
  // Read here for the messages, which name the file as it was typed; the client parses the same text again.
  const spec: PipelineSpec = resolveSourcePaths(parseSpec(text, file), dirname(path));
  const warnings = specWarnings(spec);
  if (options.dryRun === true) {
    const digest = specDigest(spec);
    const lines = [`${spec.model}: ${file} is valid, spec ${shortDigest(digest)}; nothing was applied`];
    const summary = [...lines, ...warnings.map((warning) => `warning: ${warning}`)].join('\n');
    print(context.io, options, { data: { modelId: spec.model, digest, warnings, spec }, text: summary });
    return;
  }
  const by = actor(options.by);
  const result = await withClient(context, (client) => client.applySpec({ text, file: path, by }));
  print(context.io, options, { data: { ...result, warnings }, text: renderApply(result, warnings) });
}

export function addApply(program: Command, context: CliContext): void {
  withCommon(program.command('apply'))
    .description('make a pipeline file the current spec of its model')
    .argument('<file>', 'pipeline file (YAML)')
    .option('--model <id>', 'apply it to this model instead of the one in the file')
    .option('--by <name>', 'who applies it (default: your account)')
    .option('--dry-run', 'check the file and show its digest; needs no platform')
    .action((file: string, options: Options) => apply(context, file, options));
}
