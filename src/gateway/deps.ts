/** What the routes need of the world; the gateway wires it, tests may look inside. */
import type { Pool } from 'pg';
import type { ArtifactStore } from '../activities/deps.js';
import type { Intake } from '../client/intake.js';
import type { PerennialClient } from '../client.js';
import type { GatewayMetrics } from './metrics.js';
import type { ModelFacts } from './model-facts.js';

export interface GatewayDeps {
  readonly pool: Pool;
  readonly intake: Intake;
  readonly models: ModelFacts;
  readonly artifacts: ArtifactStore;
  readonly metrics: GatewayMetrics;
  /** Connects when first asked, and again after it failed. @throws SERVER_UNREACHABLE */
  client(): Promise<PerennialClient>;
  temporalState(): Promise<'reachable' | 'unreachable'>;
}
