export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export function identityOf(pid: number): ProcessIdentity | null;
export function isRunning(identity: ProcessIdentity): boolean;
export function untilGone(identities: readonly ProcessIdentity[], limitMs: number): Promise<number | null>;
