import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, EpochMs, Random } from '../domain/time.ts';

/** `setTimeout` fires at once for anything longer (Node.js documentation, timers). */
const TIMER_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now() as EpochMs,
  async sleep(waitMs, signal) {
    for (let leftMs = waitMs; leftMs > 0; leftMs -= TIMER_MS_MAX) {
      try {
        await wait(Math.min(leftMs, TIMER_MS_MAX), undefined, signal ? { signal } : {});
      } catch (error) {
        throw signal?.aborted ? signal.reason : error;
      }
    }
  },
};

const TWO_TO_THE_48 = 2 ** 48;

export const systemRandom: Random = {
  next: () => randomBytes(6).readUIntBE(0, 6) / TWO_TO_THE_48,
  hex: (digits) =>
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
};
