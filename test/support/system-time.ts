import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, EpochMs, Random } from '../../domain/time.ts';

/** The machine's clock, which can be put forward: real clients sign with the time that they see themselves. */
export class ShiftedClock implements Clock {
  private aheadMs = 0;

  nowMs(): EpochMs {
    return (Date.now() + this.aheadMs) as EpochMs;
  }

  async sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
    await wait(waitMs, undefined, signal === undefined ? {} : { signal });
  }

  putForward(ms: number): void {
    this.aheadMs += ms;
  }
}

const RANDOM_STEPS = 2 ** 32;

export const systemRandom: Random = {
  next: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
  hex: (digits) =>
    randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits),
};
