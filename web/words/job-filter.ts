import type { JobStatus, JobView } from '../../domain/views.ts';
import { jobName } from './job.ts';
import { needsDecision } from './migration.ts';

export type JobFilter = Readonly<{
  text: string;
  kind: JobView['kind'] | 'all';
  status: JobStatus | 'decision' | 'all';
}>;
export const NO_FILTER: JobFilter = { text: '', kind: 'all', status: 'all' };

/** Jobs that fit, newest first. Text is looked for in the name, the id and the connections. */
export function filterJobs(jobs: readonly JobView[], filter: JobFilter): JobView[] {
  const text = filter.text.trim().toLowerCase();
  return jobs
    .filter((job) => filter.kind === 'all' || job.kind === filter.kind)
    .filter((job) => hasStatus(job, filter.status))
    .filter((job) => text === '' || searchable(job).includes(text))
    .sort((left, right) => right.createdAtMs - left.createdAtMs);
}

const hasStatus = (job: JobView, wanted: JobFilter['status']): boolean =>
  wanted === 'all' || (wanted === 'decision' ? needsDecision(job) : job.status === wanted);

const searchable = (job: JobView): string =>
  `${jobName(job)} ${job.id} ${job.source.connection} ${job.destination.connection}`.toLowerCase();
