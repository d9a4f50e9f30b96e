import { SECOND_MS, type Random } from '../../domain/time.ts';
import type { Catcher, Retrier } from './definition.ts';

/**
 * Does `errorEquals` name this error? (States Language, "Errors"; Developer Guide, "Handling errors".)
 *
 *   error                     States.ALL   States.TaskFailed   States.Timeout   its own name
 *   States.Runtime            no           no                  no               no
 *   States.DataLimitExceeded  no           no                  no               yes
 *   States.Timeout            yes          no                  yes              yes
 *   States.HeartbeatTimeout   yes          no                  yes              yes
 *   any other                 yes          yes                 no               yes
 */
export function errorMatches(error: string, errorEquals: readonly string[]): boolean {
  if (error === 'States.Runtime') return false;
  if (errorEquals.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  if (errorEquals.includes('States.ALL')) return true;
  const isTimeout = error === 'States.Timeout' || error === 'States.HeartbeatTimeout';
  return errorEquals.includes(isTimeout ? 'States.Timeout' : 'States.TaskFailed');
}

export type RetryDecision = Readonly<{ retrier: number; waitMs: number }>;

/**
 * The first retrier that names the error decides alone: when its attempts are used up, no later one is asked.
 * `retriesUsed` counts by the retrier's place in `Retry`.
 */
export function decideRetry(
  error: string,
  retriers: readonly Retrier[],
  retriesUsed: readonly number[],
  random: Random,
): RetryDecision | undefined {
  const index = retriers.findIndex((retrier) => errorMatches(error, retrier.errorEquals));
  const retrier = retriers[index];
  const usedCount = retriesUsed[index] ?? 0;
  if (!retrier || usedCount >= retrier.attemptsMax) return undefined;
  return { retrier: index, waitMs: backoffMs(retrier, usedCount, random) };
}

function backoffMs(retrier: Retrier, usedCount: number, random: Random): number {
  const grownSeconds = retrier.intervalSeconds * retrier.backoffRate ** usedCount;
  const seconds = Math.min(grownSeconds, retrier.delaySecondsMax ?? WAIT_SECONDS_MAX);
  return Math.round(seconds * (retrier.hasFullJitter ? random.next() : 1) * SECOND_MS);
}

/** One year, the longest that any execution may run: a rate over 1 grows past every instant otherwise. */
const WAIT_SECONDS_MAX = 31_536_000;

export const findCatcher = (error: string, catchers: readonly Catcher[]): Catcher | undefined =>
  catchers.find((catcher) => errorMatches(error, catcher.errorEquals));
