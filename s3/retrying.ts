import { StorageThrottledError, StorageUnavailableError } from '../domain/errors.ts';
import { SECOND_MS, type Clock, type Random } from '../domain/time.ts';

export const ATTEMPTS_MAX = 4;
const FIRST_WAIT_MS = 200;
const WAIT_MS_MAX = 10 * SECOND_MS;

/** Full jitter: uniform between nothing and an exponentially growing bound, so that workers do not come back together. */
export function backoffMs(attempt: number, random: Random): number {
  return Math.floor(random.next() * Math.min(WAIT_MS_MAX, FIRST_WAIT_MS * 2 ** (attempt - 1)));
}

export const isWorthRepeating = (error: unknown): boolean =>
  error instanceof StorageThrottledError || error instanceof StorageUnavailableError;

/** Waits before the next attempt. Rejects with the signal's reason when it aborts. */
export function pause(attempt: number, clock: Clock, random: Random, signal?: AbortSignal): Promise<void> {
  return clock.sleep(backoffMs(attempt, random), signal);
}
