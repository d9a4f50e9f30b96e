import type { JobView } from '../../domain/views.ts';
import { formatCount } from './numbers.ts';

/** Counts of the transfer that runs, or ran last. */

/**
 * Every object that the transfer is about: those of the plan, and those that it leaves out because they were there
 * before or cannot be copied. What was listed may be more: delete markers are listed and not copied.
 */
export function objectCount({ totalCount, listedCount, skippedCount, failedCount, isCounting }: JobView): number {
  if (isCounting) return Math.max(totalCount, listedCount);
  return Math.max(totalCount, Math.min(listedCount, totalCount + skippedCount + failedCount));
}
/** Objects that need no further copying: what the first number of "Copying 412,003 of 1,204,118" counts. */
export const placedCount = (job: JobView): number => Math.min(objectCount(job), job.copiedCount + job.skippedCount);

/** "412,003 of 1,204,118", of the transfer that runs or ran last. */
export const copiedText = (job: JobView): string =>
  `${formatCount(placedCount(job))} of ${formatCount(objectCount(job))}${job.isCounting ? ' so far' : ''}`;
export const verifiedText = (job: JobView): string =>
  `${formatCount(verifiedCount(job))} of ${formatCount(objectCount(job))}`;

/** Both sides are walked, and a redrive lists nothing anew: more may be looked at than the source is known to hold. */
export const verifiedCount = (job: JobView): number => Math.min(objectCount(job), job.verifiedCount);
