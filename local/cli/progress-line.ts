import { isSingleCopy } from '../../domain/migration.ts';
import type { JobView } from '../../domain/views.ts';
import { bytesText, countText, cut, destinationText, durationText, phaseText, placeText, widthOf } from './words.ts';

/** One line that fits the terminal; on a narrow one the bar gives way first, then the end of the figures. */
export function progressLine(job: JobView, columns: number): string {
  const figures = [`${Math.floor(job.percent).toString().padStart(3)} %`, ...figuresOf(job)].join('  ');
  const head = phaseText(job).padEnd(10);
  const barWidth = Math.min(30, columns - widthOf(head) - widthOf(figures) - 5);
  const bar = barWidth >= 8 ? `[${barOf(job.percent, barWidth)}] ` : '';
  return cut(`${head} ${bar}${figures}`, columns);
}

function barOf(percent: number, width: number): string {
  const full = Math.floor((percent / 100) * width);
  return '#'.repeat(full) + '-'.repeat(width - full);
}

function figuresOf(job: JobView): string[] {
  const { phase, copiedCount, totalCount, verifiedCount, listedCount, failedCount } = job;
  const failed = failedCount > 0 ? [`${countText(failedCount)} failed`] : [];
  switch (phase) {
    case 'planning':
    case 'planning-back':
      return [`${countText(listedCount)} objects so far`, ...failed];
    case 'undoing':
      return totalCount === 0 ? failed : copyingFigures(job, failed);
    case 'copying':
    case 'copying-back':
      return copyingFigures(job, failed);
    case 'emptying':
      return [...emptiedFigures(job), ...failed];
    case 'waiting-for-name':
      return [...nameFigures(job), ...failed];
    case 'verifying':
    case 'verifying-back':
      return [`${countText(verifiedCount)} of ${countText(totalCount)} objects verified`, ...failed];
    case 'finishing':
    case 'finished':
      return [`${countText(copiedCount)} copied, ${bytesText(job.copiedBytes)}`, ...failed];
    default:
      return failed;
  }
}

function copyingFigures(job: JobView, failed: readonly string[]): string[] {
  const left = job.secondsLeft;
  return [
    `${countText(job.copiedCount + job.skippedCount)} of ${countText(job.totalCount)} objects`,
    `${countText(job.objectsPerSecond)}/s`,
    `${bytesText(job.bytesPerSecond)}/s`,
    ...(left ? [`${durationText(left.from)}–${durationText(left.to)} left`] : []),
    ...failed,
  ];
}

function emptiedFigures({ migration }: JobView): string[] {
  const { emptiedCount, proof } = migration ?? {};
  if (emptiedCount === undefined || !proof) return [];
  return [`${countText(emptiedCount)} of ${countText(proof.lineCount)} deleted`];
}

const NAME_ANSWERS = {
  busy: 'AWS still releases it',
  taken: 'still taken, or not released yet',
  occupied: 'a bucket of our own account holds it',
  denied: 'creating it is denied',
  unavailable: 'no answer',
} as const;

/** No time left is guessed here: nobody knows it. */
function nameFigures({ migration, asOfMs }: JobView): string[] {
  const wait = migration?.nameWait;
  if (!wait) return [];
  const seconds = Math.max(0, (asOfMs - wait.sinceMs) / 1000);
  return [durationText(seconds), `${countText(wait.tryCount)} tries`, NAME_ANSWERS[wait.lastOutcome]];
}

/** What is said when it is over: the outcome, and for anything but success the cause and what to do. */
export function outcomeLines(job: JobView): string[] {
  if (job.phase === 'undone') return [`Job ${job.id} was brought back: ${placeText(job.source)} is as it was.`];
  if (job.status === 'succeeded') return [successText(job)];
  const failed = job.failedCount > 0 ? [`${countText(job.failedCount)} objects were not copied.`] : [];
  const cause = job.problem ? [job.problem.message, job.problem.remedy].filter(Boolean) : [];
  return [
    `Job ${job.id} ${job.status === 'stopped' ? 'was stopped' : 'failed'}.`,
    ...failed,
    ...cause,
    ...whereItIsSafe(job),
    `"bucket-migrator report ${job.id}" tells more; "bucket-migrator redrive ${job.id}" goes on with it.`,
  ];
}

function successText(job: JobView): string {
  const { id, kind, copiedCount, copiedBytes, skippedCount } = job;
  const counts = `${countText(copiedCount)} objects copied (${bytesText(copiedBytes)})`;
  if (kind === 'migrate')
    return `Job ${id} has moved the bucket: it is verified in ${destinationText(job)}, ${counts}.`;
  const skipped = skippedCount > 0 ? `, ${countText(skippedCount)} were there already` : '';
  return `Job ${id} is verified: ${counts}${skipped}.`;
}

/** Whoever reads of a failure half-way asks this first. */
function whereItIsSafe({ migration }: JobView): string[] {
  if (!migration || !isSingleCopy(migration.stage)) return [];
  return [`Every object is whole in the temporary bucket ${migration.temporaryBucket?.bucket ?? ''}, which is protected.`]; // prettier-ignore
}
