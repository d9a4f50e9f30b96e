import { paths } from '../../domain/job-documents.ts';
import type { SourceDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { readJson } from '../../domain/document-access.ts';
import { DocumentInvalidError } from '../../domain/errors.ts';

/** What the source was when the job began. Rejects with DocumentInvalidError when that was not written yet. */
export const requireSource = (jobId: string, documents: DocumentStore): Promise<SourceDocument> =>
  require<SourceDocument>(jobId, paths.source(jobId), documents);

/** Rejects with DocumentInvalidError when no temporary bucket was chosen yet. */
export const requireTemporary = (jobId: string, documents: DocumentStore): Promise<TemporaryBucketDocument> =>
  require<TemporaryBucketDocument>(jobId, paths.temporaryBucket(jobId), documents);

async function require<T>(jobId: string, path: string, documents: DocumentStore): Promise<T> {
  const value = await readJson<T>(documents, path);
  if (value !== undefined) return value;
  throw new DocumentInvalidError(`The document ${path} is missing.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it goes on at its first step and writes what is missing.',
  });
}
