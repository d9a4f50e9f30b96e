import { jsonText, passMilestone, readJson } from '../../domain/document-access.ts';
import { AccessDeniedError, SourceNotDeletedError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { SourceDeletionDocument } from '../../domain/migration.ts';
import type { Storage } from '../../domain/ports.ts';
import { isConsented, type ConsentDocument } from '../../domain/proof.ts';
import { abortEveryUpload } from './abort-every-upload.ts';
import { isGone } from './bucket-presence.ts';
import { notYet, readMigration, requirePassed, type Migration } from './migration-so-far.ts';
import { invalid, requireDigest } from './proof-lookup.ts';
import { proveFrozenSource } from './same-source.ts';
import { requireMeantAbsence } from './source-absence.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type SourceDeletion = Readonly<{ outcome: 'deleted' | 'not-empty' }>;

/**
 * Deletes the source bucket, which S3 does only while it is empty. Checks in the same step that consent was given to
 * the proof as it is, and that the bucket is the one that the job began with. Notes that it will ask before it asks: a
 * bucket that is gone counts as deleted by us only then.
 * Rejects with ProofInvalidError, BucketReplacedError, SourceNotDeletedError and JobStateError.
 */
export async function deleteSource({ jobId }: JobInput, ports: StepPorts): Promise<SourceDeletion> {
  const migration = await readMigration(jobId, ports.documents);
  if (migration.milestones['source-deleted'] !== undefined) return { outcome: 'deleted' };
  requireTime(migration);
  const { connection, bucket } = migration.source;
  const request = { connection, purpose: 'delete-bucket', buckets: [bucket], jobId } as const;
  return withStorage(request, ports, async (storage) => {
    if ((await lookAtSource(migration, storage, ports)) === 'gone') return certain(migration, ports);
    await requireConsent(migration, ports);
    const abortedUploadCount = await abortEveryUpload(migration.source, jobId, ports);
    await noteIntent(migration, abortedUploadCount, ports);
    const answer = await remove(bucket, storage);
    return answer === 'not-empty' ? { outcome: 'not-empty' } : certain(migration, ports);
  });
}

function requireTime({ job, proof, milestones }: Migration): void {
  requirePassed(job.id, milestones, 'source-emptied', 'The source was not seen empty yet.');
  if (milestones['undo-began'] !== undefined) throw notYet(job.id, 'The job is being brought back.');
  requireDigest(proof);
}

/** Only asked of a bucket that stands: nobody's consent brings back one that is gone, and the copies are all there is. */
async function requireConsent({ job, proof }: Migration, { documents }: StepPorts): Promise<void> {
  const consent = await readJson<ConsentDocument>(documents, paths.consent(job.id, proof.proof));
  if (!isConsented(proof, consent)) throw invalid(job.id, 'Nobody has consented to the proof as it is.');
}

async function lookAtSource({ job, source }: Migration, storage: Storage, ports: StepPorts): Promise<'there' | 'gone'> {
  try {
    await proveFrozenSource(job.id, source, storage);
    return 'there';
  } catch (error) {
    if (!(await isGone(error, source.bucket, storage)))
      throw error instanceof AccessDeniedError ? refused(error) : error;
  }
  await requireMeantAbsence(job.id, source.bucket, ports);
  return 'gone';
}

async function noteIntent({ job, source }: Migration, abortedCount: number, ports: StepPorts): Promise<void> {
  const path = paths.sourceDeletion(job.id);
  const before = await readJson<SourceDeletionDocument>(ports.documents, path);
  const deletion: SourceDeletionDocument = {
    ...before,
    bucket: source.bucket,
    askedAtMs: before?.askedAtMs ?? ports.clock.nowMs(),
    abortedUploadCount: (before?.abortedUploadCount ?? 0) + abortedCount,
  };
  await ports.documents.write(path, jsonText(deletion));
}

async function remove(bucket: string, storage: Storage): Promise<'removed' | 'absent' | 'not-empty'> {
  try {
    return await storage.removeBucket(bucket);
  } catch (error) {
    throw error instanceof AccessDeniedError ? refused(error) : error;
  }
}

const refused = (cause: AccessDeniedError): SourceNotDeletedError =>
  new SourceNotDeletedError(`The source is emptied and was not deleted: ${cause.message}`, {
    subject: cause.subject,
    remedy:
      'Both buckets exist. Allow s3:DeleteBucket on the source (and look for a Deny in its policy or the organisation), then redrive the job; or undo it.',
    cause,
  });

async function certain({ job }: Migration, { documents, clock }: StepPorts): Promise<SourceDeletion> {
  const path = paths.sourceDeletion(job.id);
  const deletion = await readJson<SourceDeletionDocument>(documents, path);
  const certainAtMs = deletion?.certainAtMs ?? clock.nowMs();
  await documents.write(path, jsonText({ ...deletion, certainAtMs }));
  await passMilestone(documents, job.id, 'source-deleted', certainAtMs);
  return { outcome: 'deleted' };
}
