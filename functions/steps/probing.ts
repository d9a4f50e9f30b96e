import { MINUTE_MS, SECOND_MS, type EpochMs } from '../../domain/time.ts';

export type Probe = Readonly<{ inForce: boolean; waitSeconds: number }>;
export const IN_FORCE: Probe = { inForce: true, waitSeconds: 0 };

/** Policies are in force within seconds as a rule; what is not after this time, will not be. */
export const PROBED_MS_MAX = 30 * MINUTE_MS;

/**
 * How long to wait before the next probe.
 *
 *   since the policy was put   5 s   15 s   35 s   later
 *   wait                       5 s   10 s   20 s   30 s
 */
export function waitSecondsAfter(sinceMs: EpochMs, nowMs: EpochMs): number {
  const seconds = (nowMs - sinceMs) / SECOND_MS;
  if (seconds < 5) return 5;
  if (seconds < 15) return 10;
  return seconds < 35 ? 20 : 30;
}
