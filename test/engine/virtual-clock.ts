import type { Clock, EpochMs, Random } from '../../domain/time.ts';

type Sleeper = { wakeAtMs: number; wake: () => void };

/**
 * A clock that moves only when nothing else can: days of waiting pass in no time, and in the same order every time.
 * It suits code whose only waiting is `sleep`; with other waiting (files, sockets) pass an `idle` that waits for it.
 */
export class VirtualClock implements Clock {
  private atMs: number;
  private readonly sleepers = new Set<Sleeper>();
  private readonly idle: () => Promise<void>;

  constructor(startsAt = '2026-01-01T00:00:00Z', idle: () => Promise<void> = nextTurn) {
    this.atMs = Date.parse(startsAt);
    this.idle = idle;
  }

  nowMs(): EpochMs {
    return this.atMs as EpochMs;
  }

  sleep(waitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted) return refuse();
      const sleeper: Sleeper = { wakeAtMs: this.atMs + Math.max(0, waitMs), wake: resolve };
      this.sleepers.add(sleeper);
      const abandon = (): void => {
        this.sleepers.delete(sleeper);
        refuse();
      };
      signal?.addEventListener('abort', abandon, { once: true });
      sleeper.wake = () => {
        signal?.removeEventListener('abort', abandon);
        resolve();
      };
    });
  }

  /** Moves time as far as `promise` needs to settle. Rejects when nothing sleeps and it still has not. */
  async run<Value>(promise: Promise<Value>): Promise<Value> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    for (let turn = 0; turn < TURNS_MAX; turn += 1) {
      await this.idle();
      if (isSettled) return promise;
      if (!this.wakeNext()) throw new Error('nothing moves any more: no sleeper, and the promise is still pending');
    }
    throw new Error(`still pending after ${TURNS_MAX} turns`);
  }

  /** Moves time by `waitMs`, waking whoever sleeps until then, in order. */
  async advance(waitMs: number): Promise<void> {
    const untilMs = this.atMs + waitMs;
    await this.idle();
    while (this.next() !== undefined && (this.next()?.wakeAtMs ?? Infinity) <= untilMs) {
      this.wakeNext();
      await this.idle();
    }
    this.atMs = untilMs;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.idle();
  }

  private next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.sleepers) {
      const isEarlier = !first || sleeper.wakeAtMs < first.wakeAtMs;
      if (isEarlier) first = sleeper; // the set keeps their order, so of equal ones the first to sleep is woken
    }
    return first;
  }

  private wakeNext(): boolean {
    const sleeper = this.next();
    if (!sleeper) return false;
    this.sleepers.delete(sleeper);
    this.atMs = Math.max(this.atMs, sleeper.wakeAtMs);
    sleeper.wake();
    return true;
  }
}

/** More turns than any flow of ours takes; a loop that never ends shows as a failure. */
const TURNS_MAX = 1_000_000;

/** Every microtask has run when the next turn of the event loop comes. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The same numbers for the same seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('') };
}
