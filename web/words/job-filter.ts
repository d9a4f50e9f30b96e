import type { JobStatus, JobView } from '../../domain/views.ts';
import { jobName } from './job.ts';

export type JobFilter = Readonly<{ text: string; kind: JobView['kind'] | 'all'; status: JobStatus | 'all' }>;
export const NO_FILTER: JobFilter = { text: '', kind: 'all', status: 'all' };

/** Jobs that fit, newest first. Text is looked for in the name, the id and the connections. */
export function filterJobs(jobs: readonly JobView[], filter: JobFilter): JobView[] {
  const text = filter.text.trim().toLowerCase();
  return jobs
    .filter((job) => filter.kind === 'all' || job.kind === filter.kind)
    .filter((job) => filter.status === 'all' || job.status === filter.status)
    .filter((job) => text === '' || searchable(job).includes(text))
    .sort((left, right) => right.createdAtMs - left.createdAtMs);
}

const searchable = (job: JobView): string =>
  `${jobName(job)} ${job.id} ${job.source.connection} ${job.destination.connection}`.toLowerCase();
