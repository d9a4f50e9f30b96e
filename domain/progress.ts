import type { Milestone } from './job-documents.ts';
import type { EpochMs } from './time.ts';

/** What the person is told the job is doing. */
export type Phase = 'checking' | 'planning' | 'copying' | 'verifying' | 'finishing' | 'finished';

export type Milestones = Readonly<Partial<Record<Milestone, EpochMs>>>;

/** Counts of the current round. `total…` is the plan's; `verified…` counts keys that verification has compared. */
export type Counts = Readonly<{
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  throttledCount: number;
  inFlight: number;
  listedCount: number;
  verifiedCount: number;
  totalCount: number;
  totalBytes: number;
}>;

/** The product's contract: 0 started, 5 destination bucket created, 6–99 copying, 100 finished. */
export const COPY_PERCENT = { started: 0, bucketCreated: 5, copyingFrom: 6, copyingTo: 99, finished: 100 } as const;
/** Of the copying range, what is kept for verification: it reads both sides once more. */
const VERIFY_SHARE = 0.1;

export function phaseOf(milestones: Milestones): Phase {
  if (milestones.finished !== undefined) return 'finished';
  if (milestones.verified !== undefined) return 'finishing';
  if (milestones.copied !== undefined) return 'verifying';
  if (milestones.planned !== undefined) return 'copying';
  if (milestones['destination-bucket-created'] !== undefined) return 'planning';
  return 'checking';
}

/**
 *   milestone passed             percent
 *   (none), started              0
 *   destination-bucket-created   5
 *   planned                      6 … 89  by bytes and objects copied
 *   copied                       89 … 98  by keys verified
 *   verified                     99
 *   finished                     100
 *
 * Never below `previousPercent`, never 100 before `finished`.
 */
export function percentOf(milestones: Milestones, counts: Counts, previousPercent = 0): number {
  const computed = computedPercent(milestones, counts);
  if (milestones.finished !== undefined) return COPY_PERCENT.finished;
  return Math.min(COPY_PERCENT.copyingTo, Math.max(previousPercent, computed));
}

function computedPercent(milestones: Milestones, counts: Counts): number {
  const { copyingFrom, copyingTo } = COPY_PERCENT;
  const range = copyingTo - copyingFrom;
  switch (phaseOf(milestones)) {
    case 'checking':
      return COPY_PERCENT.started;
    case 'planning':
      return COPY_PERCENT.bucketCreated;
    case 'copying':
      return Math.floor(copyingFrom + range * (1 - VERIFY_SHARE) * copiedFraction(counts));
    case 'verifying': {
      const verified = counts.totalCount === 0 ? 0 : Math.min(1, counts.verifiedCount / counts.totalCount);
      return Math.floor(copyingFrom + range * (1 - VERIFY_SHARE) + range * VERIFY_SHARE * verified * 0.99);
    }
    case 'finishing':
      return copyingTo;
    case 'finished':
      return COPY_PERCENT.finished;
  }
}

/** Half by objects, half by bytes: a bucket of many small and a few huge objects moves evenly either way. */
function copiedFraction({
  copiedCount,
  copiedBytes,
  skippedCount,
  failedCount,
  totalCount,
  totalBytes,
}: Counts): number {
  if (totalCount === 0) return 1;
  const byCount = Math.min(1, (copiedCount + skippedCount + failedCount) / totalCount);
  const byBytes = totalBytes === 0 ? byCount : Math.min(1, copiedBytes / totalBytes);
  return (byCount + byBytes) / 2;
}

/** A look at the counters at one time; rates are taken between the oldest and the newest kept. */
export type Sample = Readonly<{ atMs: EpochMs; copiedCount: number; copiedBytes: number }>;
export const RATE_WINDOW_MS = 30_000;

export type Rates = Readonly<{ objectsPerSecond: number; bytesPerSecond: number }>;

/** Samples to keep: the window, and one before it so that a slow job still has two points. */
export function keepSamples(samples: readonly Sample[], next: Sample): Sample[] {
  const all = [...samples, next];
  const firstInside = all.findIndex((sample) => sample.atMs >= next.atMs - RATE_WINDOW_MS);
  return all.slice(Math.max(0, firstInside - 1)).slice(-64);
}

export function ratesOf(samples: readonly Sample[]): Rates {
  const [oldest, newest] = [samples[0], samples.at(-1)];
  const elapsedMs = oldest && newest ? newest.atMs - oldest.atMs : 0;
  if (!oldest || !newest || elapsedMs <= 0) return { objectsPerSecond: 0, bytesPerSecond: 0 };
  const perSecond = (from: number, to: number) => Math.max(0, ((to - from) * 1000) / elapsedMs);
  return {
    objectsPerSecond: perSecond(oldest.copiedCount, newest.copiedCount),
    bytesPerSecond: perSecond(oldest.copiedBytes, newest.copiedBytes),
  };
}

/** Time left as a range, or undefined where a guess would be nonsense (nothing moving, or not copying). */
export function secondsLeft(counts: Counts, rates: Rates): { from: number; to: number } | undefined {
  const leftCount = Math.max(0, counts.totalCount - counts.copiedCount - counts.skippedCount - counts.failedCount);
  const leftBytes = Math.max(0, counts.totalBytes - counts.copiedBytes);
  if (rates.objectsPerSecond <= 0) return undefined;
  const byCount = leftCount / rates.objectsPerSecond;
  const byBytes = rates.bytesPerSecond > 0 ? leftBytes / rates.bytesPerSecond : byCount;
  const likely = Math.max(byCount, byBytes);
  return { from: Math.floor(likely * 0.8), to: Math.ceil(likely * 1.5) };
}

/** `progress.json`. */
export type ProgressDocument = Readonly<{
  jobId: string;
  phase: Phase;
  percent: number;
  counts: Counts;
  rates: Rates;
  secondsLeft?: { from: number; to: number };
  /** What the plan settled before any copying: identical there already, or another object in the way. */
  planned?: Readonly<{ skippedCount: number; blockedCount: number }>;
  milestones: Milestones;
  /** Newest line of every shard, by stream: what the next look starts from. */
  newest: Readonly<Record<string, ShardCounters>>;
  samples: readonly Sample[];
  lookedUntilMs: EpochMs;
  asOfMs: EpochMs;
}>;

export type ShardCounters = Readonly<{
  attempt: number;
  time: string;
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  inFlight: number;
  throttledCount: number;
}>;

/** Of two readings of one shard the newer attempt wins, then the newer time: order and repetition do not matter. */
export function newerCounters(left: ShardCounters | undefined, right: ShardCounters): ShardCounters {
  if (!left || right.attempt > left.attempt) return right;
  if (right.attempt < left.attempt) return left;
  return right.time >= left.time ? right : left;
}
