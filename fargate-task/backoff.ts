import { retryClassOf } from '../domain/errors.ts';
import { SECOND_MS, type Clock, type Random } from '../domain/time.ts';

/** Tries of one object within a task, on top of the storage's own; with the waits about a minute. */
export const TRIES_MAX = 6;
const WAIT_MS_FIRST = 0.5 * SECOND_MS;
const WAIT_MS_MAX = 20 * SECOND_MS;

/** Full jitter: anything between nothing and the doubled wait, so that many who failed together return apart. */
export const backoffMs = (random: Random, failedTries: number): number =>
  random.next() * Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 2 ** failedTries);

/** Tries again what a pause may heal; rejects with the last error otherwise. */
export async function withBackoff<T>(
  ports: Readonly<{ clock: Clock; random: Random }>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let failedTries = 1; ; failedTries += 1) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || failedTries >= TRIES_MAX || retryClassOf(error) === 'never') throw error;
      await ports.clock.sleep(backoffMs(ports.random, failedTries), signal);
    }
  }
}
