import type { Clock, EpochMs, Random } from '../../domain/time.ts';

/** A clock whose sleeps end at once, each moving the time on by what was slept. */
export class FastClock implements Clock {
  private timeMs: number;
  readonly sleepsMs: number[] = [];

  constructor(startMs = 1_800_000_000_000) {
    this.timeMs = startMs;
  }

  nowMs(): EpochMs {
    return this.timeMs as EpochMs;
  }

  advance(byMs: number): void {
    this.timeMs += byMs;
  }

  async sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleepsMs.push(waitMs);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    this.timeMs += waitMs;
  }
}

/** The same numbers every time (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('') };
}
