/**
 * Senders that cannot hold a token sign what they send (Standard Webhooks, https://www.standardwebhooks.com): a secret for
 * each name and model. A secret must be known to check a signature, so these cannot be hashed: they lie in a file that its
 * owner alone can read, and give the role `signal` for their model, nothing else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import { MODEL_ID } from '../core/spec/schema.js';
import type { Identity } from './identity.js';

const ID = 'webhook-id';
const TIMESTAMP = 'webhook-timestamp';
const SIGNATURE = 'webhook-signature';
const HEADERS = [ID, TIMESTAMP, SIGNATURE] as const;

const fileSchema = z.array(
  z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/),
    model: z.string().regex(MODEL_ID),
    // 24 bytes of base64 at least, as the standard asks.
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/),
  }),
);

interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface WebhookSecrets {
  readonly count: number;
  /** Are there any for the model; else its body is not even read. */
  has(modelId: string): boolean;
  /** Null when no secret of the model made this signature, or not within the last five minutes. */
  verify(modelId: string, message: Message): Identity | null;
}

export const isSigned = (headers: Readonly<Record<string, unknown>>): boolean =>
  HEADERS.every((name) => typeof headers[name] === 'string');

const invalid = (path: string, why: string): PipelineError =>
  new PipelineError('SPEC_INVALID', `The file of webhook secrets ${path} ${why}`);

function readSecrets(path: string): z.infer<typeof fileSchema> {
  let text: string;
  try {
    const { mode } = statSync(path);
    if ((mode & 0o077) !== 0) throw invalid(path, 'can be read by others than its owner. Run `chmod 600` on it.');
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    throw new PipelineError('SPEC_INVALID', `PERENNIAL_WEBHOOK_SECRETS names ${path}, which cannot be read.`, {
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(path, 'is no JSON.'); // the cause would quote a secret
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw invalid(
    path,
    `is wrong at ${where || 'its top'}: it is a list of {"name", "model", "secret"}, secrets as \`whsec_\` and base64.`,
  );
}

interface Signer {
  readonly name: string;
  readonly key: Buffer;
}

const PREFIX = 'whsec_';
const TOLERANCE_SEC = 300;

/** `v1,<base64>` each, with spaces between; other versions are skipped. */
function signaturesOf(header: string): Buffer[] {
  return header
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice(3), 'base64'));
}

function isRecent(timestamp: string): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SEC;
}

/**
 * With Node's own HMAC: whoever sends a megabyte with a made-up signature costs a millisecond; the standard's package,
 * whose hash is JavaScript, would hold up everybody for fifty.
 */
function isFrom({ key }: Signer, { headers, body }: Message): boolean {
  const { [ID]: id = '', [TIMESTAMP]: timestamp = '', [SIGNATURE]: signature = '' } = headers;
  if (!isRecent(timestamp)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signaturesOf(signature).some((one) => one.length === expected.length && timingSafeEqual(one, expected));
}

/** @param path null: there are none. @throws SPEC_INVALID for a file that is missing, malformed or open to others */
export function loadWebhookSecrets(path: string | null): WebhookSecrets {
  const entries = path === null ? [] : readSecrets(path);
  const byModel = new Map<string, Signer[]>();
  for (const { name, model, secret } of entries) {
    const signer = { name, key: Buffer.from(secret.slice(PREFIX.length), 'base64') };
    byModel.set(model, [...(byModel.get(model) ?? []), signer]);
  }
  return {
    count: entries.length,
    has: (modelId) => byModel.has(modelId),
    verify: (modelId, message) => {
      const signer = byModel.get(modelId)?.find((one) => isFrom(one, message));
      if (signer === undefined) return null;
      return { name: `webhook/${signer.name}`, roles: ['signal'], models: [modelId], isSigner: true };
    },
  };
}
