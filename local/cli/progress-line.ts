import type { JobView } from '../../domain/views.ts';
import { bytesText, countText, cut, durationText, phaseText, widthOf } from './words.ts';

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
  const { phase, copiedCount, skippedCount, totalCount, verifiedCount, listedCount, failedCount } = job;
  const failed = failedCount > 0 ? [`${countText(failedCount)} failed`] : [];
  const left = job.secondsLeft;
  switch (phase) {
    case 'planning':
    case 'planning-back':
      return [`${countText(listedCount)} objects so far`, ...failed];
    case 'copying':
    case 'copying-back':
    case 'undoing':
      return [
        `${countText(copiedCount + skippedCount)} of ${countText(totalCount)} objects`,
        `${countText(job.objectsPerSecond)}/s`,
        `${bytesText(job.bytesPerSecond)}/s`,
        ...(left ? [`${durationText(left.from)}–${durationText(left.to)} left`] : []),
        ...failed,
      ];
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

/** What is said when it is over: the outcome, and for anything but success the cause and what to do. */
export function outcomeLines(job: JobView): string[] {
  if (job.status === 'succeeded') {
    const skipped = job.skippedCount > 0 ? `, ${countText(job.skippedCount)} were there already` : '';
    return [
      `Job ${job.id} is verified: ${countText(job.copiedCount)} objects copied (${bytesText(job.copiedBytes)})${skipped}.`,
    ];
  }
  const failed = job.failedCount > 0 ? [`${countText(job.failedCount)} objects were not copied.`] : [];
  const cause = job.problem ? [job.problem.message, job.problem.remedy].filter(Boolean) : [];
  return [
    `Job ${job.id} ${job.status === 'stopped' ? 'was stopped' : 'failed'}.`,
    ...failed,
    ...cause,
    `"bucket-migrator report ${job.id}" tells more; "bucket-migrator redrive ${job.id}" goes on with it.`,
  ];
}
