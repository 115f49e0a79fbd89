/** How much of anything one caller may take. */
export interface GatewayLimits {
  /** Of a body, where its route has no lower limit. */
  readonly bodyBytes: number;
  /** Of one token, over ten seconds: a burst of ten times as many is fine. */
  readonly ratePerSec: number;
  /** For a whole request to arrive. */
  readonly requestMs: number;
}

export const DEFAULT_LIMITS: GatewayLimits = { bodyBytes: 1024 * 1024, ratePerSec: 2_000, requestMs: 30_000 };
