/** Reads a window of a model's source and proposes a schema of it; a person reviews it. Moves nothing. */
import type { InferredSchema, InferSchemaRequest } from '../activities/create-schema-activities.js';
import { awaitedRetry, dataActivities } from './activity-proxies.js';

export async function inferSchemaWorkflow(request: InferSchemaRequest): Promise<InferredSchema> {
  const { inferSchema } = dataActivities({ retry: awaitedRetry });
  return inferSchema.executeWithOptions({ summary: 'columns, types, ranges, categories' }, [request]);
}
