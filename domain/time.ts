/** An instant: milliseconds since 1970-01-01T00:00:00Z. Branded so that a duration cannot be passed for it. */
export type EpochMs = number & { readonly brand: 'EpochMs' };

/** Where every part of the product gets the time from; tests and simulations pass their own. */
export interface Clock {
  nowMs(): EpochMs;
  /** Resolves after `waitMs`. Rejects with the signal's reason as soon as `signal` aborts. */
  sleep(waitMs: number, signal?: AbortSignal): Promise<void>;
}

/** Where randomness comes from; a seeded one makes jitter and identifiers repeatable. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Lower-case hexadecimal digits, `digits` of them. */
  hex(digits: number): string;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** ISO 8601 with milliseconds, UTC. */
export const isoTime = (atMs: EpochMs): string => new Date(atMs).toISOString();
