import type { ReportView } from '../../domain/views.ts';
import type { JobView } from '../../domain/views.ts';
import { isoTime } from '../../domain/time.ts';
import { outcomeLines, progressLine } from './progress-line.ts';
import { table, type Column } from './table.ts';
import { gradeLines, stopText } from './decision-words.ts';
import { migrationReportLines } from './report-words.ts';
import { bytesText, countText, destinationText, phaseText, placeText } from './words.ts';

const COLUMNS: readonly Column<JobView>[] = [
  { title: 'JOB', text: (job) => job.id },
  { title: 'SOURCE', text: (job) => placeText(job.source), mayShrink: true },
  { title: 'DESTINATION', text: destinationText, mayShrink: true },
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
    `${job.id}  ${placeText(job.source)} → ${destinationText(job)}`,
    `Started ${isoTime(job.createdAtMs)}${job.endedAtMs === undefined ? '' : `, ended ${isoTime(job.endedAtMs)}`}`,
    progressLine(job, columns),
    ...migrationLines(job),
    ...(hasEnded ? outcomeLines(job) : []),
    ...(hasEnded && job.grantsOutstandingCount > 0 ? [`Grants outstanding: ${job.grantsOutstandingCount}`] : []),
  ].join('\n');
}

/** What stands where, what is asked, and what stopping would do. */
function migrationLines(job: JobView): string[] {
  if (!job.migration) return [];
  const { temporaryBucket, quarantine, question, proof, stopEffect, outstanding } = job.migration;
  const isHere = temporaryBucket !== undefined && temporaryBucket.removedAtMs === undefined;
  const asked = question && question.question !== 'quarantine';
  const canStop = stopEffect !== 'nothing' && job.phase !== 'undone';
  return [
    ...(isHere ? [`Temporary bucket ${placeText(temporaryBucket)}`] : []),
    ...(proof ? [`Proof ${proof.digest}`] : []),
    ...(isHere && quarantine ? [`Kept until ${isoTime(quarantine.endsAtMs)}`] : []),
    ...(asked
      ? [`Needs your decision since ${isoTime(question.sinceMs)}: "bucket-migrator follow ${job.id}" tells more.`]
      : []),
    ...outstanding.map(({ where, why }) => `${placeText(where)}: ${why}`),
    ...(canStop ? [`Stopping: ${stopText(stopEffect, job)}`] : []),
  ];
}

const OUTCOMES = { verified: 'verified', failed: 'failed', undone: 'brought back, the source is as it was' } as const;

export function reportText(report: ReportView): string {
  const verdict = report.verdict;
  return [
    `Job ${report.jobId}: ${OUTCOMES[report.outcome]}`,
    `Copied ${countText(report.copiedCount)} objects, ${bytesText(report.copiedBytes)}; ` +
      `skipped ${countText(report.skippedCount)}, blocked ${countText(report.blockedCount)}, failed ${countText(report.failedCount)}`,
    ...(verdict ? [verdict.summary, ...gradeLines(verdict.grades)] : []),
    ...(report.migration ? migrationReportLines(report.migration) : []),
    ...(report.failure ? [report.failure.message, report.failure.remedy].filter(Boolean) : []),
    `Grants outstanding: ${report.grantsOutstanding.length === 0 ? 'none' : countText(report.grantsOutstanding.length)}`,
  ].join('\n');
}
