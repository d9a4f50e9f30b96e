import type { Milestone, TransferName } from './job-documents.ts';
import type { JobRequest } from './job-request.ts';
import { phaseOf, type Milestones, type Phase } from './phases.ts';
import type { EpochMs } from './time.ts';

export type { Milestones, Phase } from './phases.ts';

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
/**
 * The same for a migration: 0 started, 5 temporary bucket created, 6–49 copying, 50 waiting for the name,
 * 55 destination bucket created, 56–99 copying back, 100 finished.
 */
export const MIGRATE_PERCENT = {
  started: 0,
  temporaryBucketCreated: 5,
  copyingFrom: 6,
  copyingTo: 49,
  waitingForName: 50,
  destinationBucketCreated: 55,
  copyingBackFrom: 56,
  copyingBackTo: 99,
  finished: 100,
} as const;
/** Of a copying range, what is kept for verification: it reads both sides once more. */
const VERIFY_SHARE = 0.1;

/** `counted`: whose counts they are, or that there are none yet. */
export type PercentBefore = Readonly<{
  previousPercent?: number | undefined;
  counted?: TransferName | 'nothing' | undefined;
}>;

/**
 *   copy: milestone passed         percent
 *   (none), started                0
 *   destination-bucket-created     5
 *   planned                        6 … 89  by bytes and objects copied
 *   copied                         89 … 98  by keys verified
 *   verified                       99
 *   finished                       100
 *
 *   migrate: milestone passed      percent
 *   (none), started, frozen        0
 *   temporary-bucket-created       5
 *   planned                        6 … 44  by bytes and objects copied
 *   copied                         44 … 48  by keys verified
 *   verified                       49  and so until the source is deleted: proof, consent, emptying
 *   source-deleted                 50
 *   destination-bucket-created     55
 *   planned-back                   56 … 94  by bytes and objects copied back
 *   copied-back                    94 … 98  by keys verified
 *   verified-back                  99  and so through configuration, quarantine and cleaning up
 *   finished                       100
 *   undo-began, undone             as it was
 *
 * Never below `previousPercent`, never 100 before `finished`.
 */
export function percentOf(
  kind: JobRequest['kind'],
  milestones: Milestones,
  counts: Counts,
  { previousPercent = 0, counted = 'copy' }: PercentBefore = {},
): number {
  if (milestones.finished !== undefined) return COPY_PERCENT.finished;
  const computed =
    kind === 'copy' ? copyPercent(milestones, counts) : migrationPercent(milestones, countsOf(counted, counts));
  return Math.min(COPY_PERCENT.copyingTo, Math.max(previousPercent, computed));
}

function copyPercent(milestones: Milestones, counts: Counts): number {
  const { started, bucketCreated, copyingFrom, copyingTo, finished } = COPY_PERCENT;
  switch (phaseOf('copy', milestones)) {
    case 'finished':
      return finished;
    case 'finishing':
      return copyingTo;
    case 'verifying':
      return verifyingPercent(copyingFrom, copyingTo, counts);
    case 'copying':
      return copyingPercent(copyingFrom, copyingTo, counts);
    case 'planning':
      return bucketCreated;
    default:
      return started;
  }
}

/** What was counted belongs to one transfer; a range of another one begins at its beginning. */
type TransferCounts = Readonly<{ there: Counts | undefined; back: Counts | undefined }>;
const countsOf = (counted: TransferName | 'nothing', counts: Counts): TransferCounts => ({
  there: counted === 'copy' ? counts : undefined,
  back: counted === 'copy-back' ? counts : undefined,
});

function migrationPercent(milestones: Milestones, { there, back }: TransferCounts): number {
  const percent = MIGRATE_PERCENT;
  const passed = (name: Milestone): boolean => milestones[name] !== undefined;
  if (passed('verified-back') || passed('returned')) return percent.copyingBackTo;
  if (passed('copied-back')) return verifyingPercent(percent.copyingBackFrom, percent.copyingBackTo, back);
  if (passed('planned-back')) return copyingPercent(percent.copyingBackFrom, percent.copyingBackTo, back);
  if (passed('destination-bucket-created')) return percent.destinationBucketCreated;
  if (passed('source-deleted')) return percent.waitingForName;
  if (passed('verified')) return percent.copyingTo;
  if (passed('copied')) return verifyingPercent(percent.copyingFrom, percent.copyingTo, there);
  if (passed('planned')) return copyingPercent(percent.copyingFrom, percent.copyingTo, there);
  return passed('temporary-bucket-created') ? percent.temporaryBucketCreated : percent.started;
}

const copyingPercent = (from: number, to: number, counts: Counts | undefined): number =>
  Math.floor(from + (to - from) * (1 - VERIFY_SHARE) * (counts ? copiedFraction(counts) : 0));

/** All but a hundredth of the share: the range's end is for the verdict. */
function verifyingPercent(from: number, to: number, counts: Counts | undefined): number {
  const verified = !counts || counts.totalCount === 0 ? 0 : Math.min(1, counts.verifiedCount / counts.totalCount);
  return Math.floor(from + (to - from) * (1 - VERIFY_SHARE) + (to - from) * VERIFY_SHARE * verified * 0.99);
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
  /** Whose plan and counters these are; left out in documents of copy jobs. */
  transfer?: TransferName;
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
