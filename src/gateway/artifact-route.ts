/** An artifact by its digest: nothing else names one, so no path of a request is ever opened. */
import { createReadStream } from 'node:fs';
import { PipelineError } from '../core/errors.js';
import { artifactOwners } from '../registry/artifact-owners.js';
import type { GatewayDeps } from './deps.js';
import { mayTouch } from './identity.js';
import { NO_BODY, NOTHING, type Route, route } from './route.js';
import { artifactParams } from './schemas.js';

/** A list of entity tags, weak ones too, or `*` (RFC 9110, 13.1.2). */
function isKnownTo(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);
}

export function artifactRoute({ pool, artifacts }: GatewayDeps): Route {
  return route({
    method: 'GET',
    path: '/v1/artifacts/{digest}',
    operationId: 'readArtifact',
    summary: 'Bytes of an artifact: a model, the rows of a snapshot, its manifest, a report',
    access: { of: 'any-model', role: 'read' },
    params: artifactParams,
    query: NOTHING,
    body: NO_BODY,
    success: { status: 200, schema: null, description: 'The bytes, whose sha256 is the digest' },
    problems: [304, 404],
    handle: async ({ params: { digest }, identity, incoming }) => {
      const owners = await artifactOwners(pool, digest);
      const [owner] = owners;
      if (owner === undefined) {
        throw new PipelineError('ARTIFACT_MISSING', `No model has an artifact ${digest}.`);
      }
      if (!owners.some(({ modelId }) => mayTouch(identity, modelId))) {
        throw new PipelineError('FORBIDDEN', `${identity.name} may read no model that has this artifact.`);
      }
      const tag = `"${digest}"`;
      const headers = { etag: tag, 'cache-control': 'private, max-age=31536000, immutable' };
      if (isKnownTo(incoming.headers['if-none-match'], tag)) return { status: 304, headers };
      const path = await artifacts.verifiedPath({ digest, bytes: owner.bytes });
      return {
        status: 200,
        stream: createReadStream(path),
        headers: {
          ...headers,
          'content-type': 'application/octet-stream',
          'content-length': String(owner.bytes),
          // A report is made of users' texts: no browser shall take it for a page of this host.
          'x-content-type-options': 'nosniff',
          'content-disposition': 'attachment',
        },
      };
    },
  });
}
