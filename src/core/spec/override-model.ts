/**
 * The same pipeline text for another model id (`perennial apply FILE --model ID`): one recipe file serves several models.
 * Only the value of the top-level `model` changes, so that lines and columns in later messages still fit the file.
 */
import { isScalar, parseDocument } from 'yaml';
import { PipelineError } from '../errors.js';
import { MODEL_ID } from './schema.js';

/** @throws SPEC_INVALID when the id is not allowed, or the text has no readable `model` to replace */
export function overrideModel(text: string, modelId: string): string {
  if (!MODEL_ID.test(modelId)) {
    throw new PipelineError(
      'SPEC_INVALID',
      `"${modelId}" is no model id: lower-case letters, digits and dashes, at most 63, starting with a letter or digit.`,
    );
  }
  const node = parseDocument(text, { prettyErrors: false }).getIn(['model'], true);
  if (!isScalar(node) || !node.range) {
    throw new PipelineError('SPEC_INVALID', 'The file has no top-level `model: ...` that another id could replace.');
  }
  return text.slice(0, node.range[0]) + modelId + text.slice(node.range[1]);
}
