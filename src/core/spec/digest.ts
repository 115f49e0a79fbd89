/**
 * The digest of a pipeline spec. It is taken over the *parsed* spec, all defaults filled in, as canonical JSON: the order
 * of keys, comments, and whether a default is written out do not change it; anything that changes behaviour does.
 */
import { canonicalDigest, canonicalJson } from '../canonical-json.js';
import type { Digest } from '../types.js';
import type { PipelineSpec } from './schema.js';

/** The text that is stored beside the digest and hashes to it. */
export function canonicalSpecText(spec: PipelineSpec): string {
  return canonicalJson(spec);
}

export function specDigest(spec: PipelineSpec): Digest {
  return canonicalDigest(spec);
}
