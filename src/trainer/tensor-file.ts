/**
 * The file form of models and checkpoints: one deterministic file, little-endian. Magic (8 bytes), u32 header length,
 * header (canonical JSON, padded with spaces to 8 bytes), then the float32 arrays that the header lists, back to back.
 * Nothing in it is executable, and nothing is allocated before header and file length agree.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.js';
import { PipelineError } from '../core/errors.js';
import type { Digest } from '../core/types.js';

const MAGIC_BYTES = 8;
const MAX_HEADER_BYTES = 256 * 1024 * 1024;
/** 2^28 float32 are a gigabyte: far beyond any network that the spec allows to train here. */
const MAX_ELEMENTS = 2 ** 28;

const arraysSchema = z
  .array(z.strictObject({ name: z.string(), elements: z.int().min(0).max(MAX_ELEMENTS) }))
  .max(10_000);

export interface NamedArray {
  readonly name: string;
  readonly values: Float32Array;
}

export interface TensorFile {
  /** The header without its list of arrays; still unchecked. */
  readonly header: unknown;
  readonly arrays: readonly NamedArray[];
}

const digestOf = (bytes: Uint8Array): Digest => createHash('sha256').update(bytes).digest('hex');

/** @param magic exactly eight ASCII characters */
export function encodeTensorFile(
  magic: string,
  header: Readonly<Record<string, unknown>>,
  arrays: readonly NamedArray[],
): Buffer {
  const list = arrays.map(({ name, values }) => ({ name, elements: values.length }));
  const json = Buffer.from(canonicalJson({ ...header, arrays: list }), 'utf8');
  const dataStart = (MAGIC_BYTES + 4 + json.length + 7) & ~7;
  const elements = list.reduce((sum, entry) => sum + entry.elements, 0);
  const bytes = Buffer.alloc(dataStart + elements * 4, 0x20);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(dataStart - MAGIC_BYTES - 4, MAGIC_BYTES);
  json.copy(bytes, MAGIC_BYTES + 4);
  let offset = dataStart;
  for (const { values } of arrays) {
    for (let i = 0; i < values.length; i += 1, offset += 4) bytes.writeFloatLE(values[i]!, offset);
  }
  return bytes;
}

function refuse(what: string, reason: string): never {
  throw new PipelineError('INVARIANT_BROKEN', `This file is not a ${what} of perennial: ${reason}.`, {
    details: { what, reason },
  });
}

function readHeader(bytes: Buffer, what: string): { header: Record<string, unknown>; dataStart: number } {
  const length = bytes.readUInt32LE(MAGIC_BYTES);
  const dataStart = MAGIC_BYTES + 4 + length;
  if (length > MAX_HEADER_BYTES || dataStart > bytes.length) refuse(what, 'its header is longer than the file');
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8', MAGIC_BYTES + 4, dataStart));
    if (typeof parsed === 'object' && parsed !== null) return { header: { ...parsed }, dataStart };
  } catch (cause) {
    throw new PipelineError('INVARIANT_BROKEN', `This file is not a ${what} of perennial: its header is not JSON.`, {
      cause,
    });
  }
  return refuse(what, 'its header is not an object');
}

/**
 * @param expected.what the word for messages, `model` or `checkpoint`
 * @throws ARTIFACT_DIGEST_MISMATCH before anything else is looked at; INVARIANT_BROKEN for bytes that were stored so but are no such file
 */
export function decodeTensorFile(
  bytes: Buffer,
  expected: { readonly magic: string; readonly digest: Digest; readonly what: string },
): TensorFile {
  const { magic, digest, what } = expected;
  const found = digestOf(bytes);
  if (found !== digest) {
    throw new PipelineError('ARTIFACT_DIGEST_MISMATCH', `The ${what} ${digest} has digest ${found}: it was changed.`, {
      details: { expected: digest, found },
    });
  }
  if (bytes.length < MAGIC_BYTES + 4 || bytes.toString('latin1', 0, MAGIC_BYTES) !== magic) {
    refuse(what, 'its first bytes are wrong');
  }
  const { header, dataStart } = readHeader(bytes, what);
  const list = arraysSchema.safeParse(header.arrays);
  if (!list.success) return refuse(what, 'its list of arrays is malformed');
  const elements = list.data.reduce((sum, entry) => sum + entry.elements, 0);
  if (elements > MAX_ELEMENTS || dataStart + elements * 4 !== bytes.length) refuse(what, 'its length is wrong');
  let offset = dataStart;
  const arrays = list.data.map(({ name, elements: length }) => {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i += 1, offset += 4) values[i] = bytes.readFloatLE(offset);
    return { name, values };
  });
  delete header.arrays;
  return { header, arrays };
}
