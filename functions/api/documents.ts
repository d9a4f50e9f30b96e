import { readJson } from '../../domain/document-access.ts';
import { JobMissingError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { isJobId } from '../../domain/names.ts';
import type { DocumentStore } from '../../domain/ports.ts';

export async function findJob(documents: DocumentStore, jobId: string): Promise<JobDocument | undefined> {
  if (!isJobId(jobId)) return undefined;
  return readJson<JobDocument>(documents, paths.request(jobId));
}

/** Rejects with JobMissingError, also for what cannot be a job's id. */
export async function requireJob(documents: DocumentStore, jobId: string): Promise<JobDocument> {
  const job = await findJob(documents, jobId);
  if (job) return job;
  throw new JobMissingError(`There is no job "${jobId.slice(0, 100)}".`, {
    subject: { job: jobId },
    remedy: 'Look at the list of jobs for its id.',
  });
}

/**
 * One small document per job beside the jobs' own folders, because listing those would read the name of every shard
 * of every job. Written before the job's request, so that no job can be missing here.
 */
const INDEX = 'job-index/';
export const indexPath = (jobId: string): string => `${INDEX}${jobId}.json`;

/** Ids of everything that was ever begun; some may have no request, because their start was refused or cut short. */
export async function listJobIds(documents: DocumentStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const path of documents.list(INDEX)) {
    const id = path.slice(INDEX.length).replace(/\.json$/, '');
    if (isJobId(id)) ids.push(id);
  }
  return ids;
}
