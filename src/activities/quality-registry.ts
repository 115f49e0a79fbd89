/** What activities need of the registry about a source's reviewed schema and about quarantined rows. */
import type { QualityCheck } from '../core/quality/quality-check.js';
import type { Release } from '../core/quality/release.js';
import type { SourceSchema } from '../core/quality/source-schema.js';
import type { Digest, Instant, SnapshotRef, Window } from '../core/types.js';
import type { RunKey } from './triage-registry.js';

export interface SchemaProposal {
  readonly modelId: string;
  readonly schema: SourceSchema;
  readonly specDigest: Digest;
  readonly window: Window;
  readonly asOf: Instant;
  readonly rows: number;
  readonly by: string;
}

export interface AcceptedSchema {
  readonly version: number;
  readonly schema: SourceSchema;
}

export interface QuarantineEntry {
  readonly reason: string;
  readonly rows: number;
  /** Ids of some of the rows, in order. */
  readonly examples: readonly string[];
}

export interface QualityRegistry {
  /** The schema that the newest review accepted; null: none was. */
  acceptedSchema(modelId: string): Promise<AcceptedSchema | null>;
  /** One version a content: a second proposal of the same schema returns the first one's number. */
  proposeSchema(proposal: SchemaProposal): Promise<{ version: number; isNew: boolean }>;
  /** Rows that people vouch for, oldest first. */
  quarantineReleases(modelId: string): Promise<readonly Release[]>;
  /** Of the newest assessment of a run; none before it was assessed. */
  checksOfRun(key: RunKey): Promise<readonly QualityCheck[]>;
  /** Idempotent on (run, kind, reason). */
  recordQuarantine(key: RunKey, kind: SnapshotRef['kind'], entries: readonly QuarantineEntry[]): Promise<void>;
}
