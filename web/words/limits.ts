import type { EpochMs } from '../../domain/time.ts';
import type { Phase } from '../../domain/progress.ts';
import type { JobView } from '../../domain/views.ts';
import { formatCount, formatTimes } from './numbers.ts';

/** Counters remembered between looks: what the server tells is cumulative, and "now" is the difference. */
export type Look = Readonly<{ asOfMs: EpochMs; throttledCount: number }>;
const LOOKS_WINDOW_MS = 30_000;

export function keepLooks(looks: readonly Look[], job: Look): Look[] {
  const last = looks.at(-1);
  const next = last && last.asOfMs === job.asOfMs ? looks.slice(0, -1) : looks;
  return [...next, { asOfMs: job.asOfMs, throttledCount: job.throttledCount }].filter(
    (look) => look.asOfMs >= job.asOfMs - LOOKS_WINDOW_MS,
  );
}

const MOVING: readonly Phase[] = ['copying', 'verifying', 'copying-back', 'verifying-back'];

/** One sentence about what limits the speed now. */
export function limitText(job: JobView, looks: readonly Look[]): string {
  if (job.status !== 'running') return '';
  if (job.phase === 'waiting-for-name') {
    return 'AWS holds the name of a deleted bucket back, mostly for minutes to hours, at the longest for about 72 hours.';
  }
  if (job.phase === 'planning') return 'A listing is read page by page: S3 gives 1,000 names at a time.';
  if (!MOVING.includes(job.phase)) return '';
  const throttled = job.throttledCount - (looks[0]?.throttledCount ?? job.throttledCount);
  if (throttled > 0) {
    return `S3 asked us to slow down (${formatTimes(throttled)} in the last half minute), so we do.`;
  }
  if (job.inFlight > 0) return `Nothing holds the job back: ${formatCount(job.inFlight)} requests are in flight.`;
  // Between two batches nothing is in flight for a moment, and the rate still says that objects move.
  if (job.objectsPerSecond > 0) return 'Nothing holds the job back.';
  return 'Waiting for a task to report.';
}
