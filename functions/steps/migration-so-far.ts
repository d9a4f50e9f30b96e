import { readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { DocumentInvalidError, JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument, type Milestone } from '../../domain/job-documents.ts';
import type { FinalBucketDocument, SourceDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { Milestones } from '../../domain/progress.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { requireSource, requireTemporary } from './known-buckets.ts';

/** What a step after the gate begins with. */
export type Migration = Readonly<{
  job: JobDocument;
  source: SourceDocument;
  temporary: TemporaryBucketDocument;
  proof: ProofDocument;
  milestones: Milestones;
}>;

/** Rejects with DocumentInvalidError when a document is missing: none of them is ever read as empty. */
export async function readMigration(jobId: string, documents: DocumentStore): Promise<Migration> {
  const [job, source, temporary, proof, milestones] = await Promise.all([
    readJob(documents, jobId),
    requireSource(jobId, documents),
    requireTemporary(jobId, documents),
    requireJson<ProofDocument>(jobId, paths.proof(jobId), documents),
    readMilestones(documents, jobId),
  ]);
  return { job, source, temporary, proof, milestones };
}

/** What is missing is never read as empty: rejects with DocumentInvalidError. */
export async function requireJson<T>(jobId: string, path: string, documents: DocumentStore): Promise<T> {
  const value = await readJson<T>(documents, path);
  if (value !== undefined) return value;
  throw new DocumentInvalidError(`The document ${path} is missing.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job, which makes it again; or put the document back from a backup.',
  });
}

/** Undefined while the name is not ours. */
export const readFinal = (jobId: string, documents: DocumentStore): Promise<FinalBucketDocument | undefined> =>
  readJson<FinalBucketDocument>(documents, paths.finalBucket(jobId));

/** A step that comes before its time does nothing, whatever the flow believes. */
export function requirePassed(jobId: string, milestones: Milestones, name: Milestone, because: string): void {
  if (milestones[name] === undefined) throw notYet(jobId, because);
}

export const notYet = (jobId: string, because: string): JobStateError =>
  new JobStateError(because, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it looks how far it is and goes on there.',
  });
