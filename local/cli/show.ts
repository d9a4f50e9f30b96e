import type { ReportView } from '../../domain/views.ts';
import type { JobView } from '../../domain/views.ts';
import { isoTime } from '../../domain/time.ts';
import { outcomeLines, progressLine } from './progress-line.ts';
import { table, type Column } from './table.ts';
import { bytesText, countText, phaseText, placeText } from './words.ts';

const COLUMNS: readonly Column<JobView>[] = [
  { title: 'JOB', text: (job) => job.id },
  { title: 'SOURCE', text: (job) => placeText(job.source), mayShrink: true },
  { title: 'DESTINATION', text: (job) => placeText(job.destination), mayShrink: true },
  { title: 'STATE', text: phaseText },
  { title: '%', text: (job) => String(Math.floor(job.percent)), alignsRight: true },
  { title: 'COPIED', text: (job) => countText(job.copiedCount), alignsRight: true },
  { title: 'FAILED', text: (job) => countText(job.failedCount), alignsRight: true },
];

export function jobsText(jobs: readonly JobView[], columns: number): string {
  if (jobs.length === 0) return 'There are no jobs yet. "bucket-migrator copy --help" tells how to start one.';
  // The names are what tells the jobs apart; a narrow terminal keeps them longer.
  const shown = columns < 100 ? COLUMNS.filter(({ title }) => title !== 'COPIED') : COLUMNS;
  return table(jobs, shown, columns);
}

export function jobText(job: JobView, columns: number): string {
  const hasEnded = job.status !== 'running' && job.status !== 'stopping';
  return [
    `${job.id}  ${placeText(job.source)} → ${placeText(job.destination)}`,
    `Started ${isoTime(job.createdAtMs)}${job.endedAtMs === undefined ? '' : `, ended ${isoTime(job.endedAtMs)}`}`,
    progressLine(job, columns),
    ...(hasEnded ? outcomeLines(job) : []),
    ...(hasEnded && job.grantsOutstandingCount > 0 ? [`Grants outstanding: ${job.grantsOutstandingCount}`] : []),
  ].join('\n');
}

const GRADES = { A: 'both sides read and hashed', B: 'full-object checksums', C: 'equal MD5 ETags', D: 'size only, not accepted' } as const; // prettier-ignore

export function reportText(report: ReportView): string {
  const verdict = report.verdict;
  const grades = verdict
    ? (['A', 'B', 'C', 'D'] as const)
        .filter((grade) => verdict.grades[grade] > 0)
        .map((grade) => `  ${countText(verdict.grades[grade])} by ${GRADES[grade]} (${grade})`)
    : [];
  return [
    `Job ${report.jobId}: ${report.outcome === 'verified' ? 'verified' : 'failed'}`,
    `Copied ${countText(report.copiedCount)} objects, ${bytesText(report.copiedBytes)}; ` +
      `skipped ${countText(report.skippedCount)}, blocked ${countText(report.blockedCount)}, failed ${countText(report.failedCount)}`,
    ...(verdict ? [verdict.summary, ...grades] : []),
    ...(report.failure ? [report.failure.message, report.failure.remedy].filter(Boolean) : []),
    `Grants outstanding: ${report.grantsOutstanding.length === 0 ? 'none' : countText(report.grantsOutstanding.length)}`,
  ].join('\n');
}
