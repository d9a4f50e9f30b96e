import { BucketReplacedError, StorageUnavailableError } from '../../domain/errors.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import type { BucketIdentity, Storage, StorageRequest } from '../../domain/ports.ts';
import { JOB_TAG } from './create-destination-bucket.ts';

/** A session of the temporary bucket's own connection. */
export const temporarySession = (
  jobId: string,
  { connection, bucket }: Pick<TemporaryBucketDocument, 'connection' | 'bucket'>,
  purpose: StorageRequest['purpose'],
): StorageRequest => ({ connection, purpose, buckets: [bucket], jobId });

/**
 * The bucket is there, in our account, and carries the tag that this job made it with. Rejects with
 * BucketReplacedError for another job's, and with StorageUnavailableError where the tag is not seen (yet).
 */
export async function requireOurs(
  jobId: string,
  bucket: string,
  storage: Pick<Storage, 'identifyBucket'>,
): Promise<BucketIdentity> {
  const facts = await storage.identifyBucket(bucket);
  const owner = facts.tags[JOB_TAG];
  if (owner === jobId) return facts;
  if (owner === undefined) {
    throw new StorageUnavailableError(`The tag of job ${jobId} is not on the temporary bucket "${bucket}".`, {
      subject: { bucket, job: jobId },
      remedy: `Look whether the bucket is this job's. If it is, give it the tag ${JOB_TAG} with the job's id back.`,
    });
  }
  throw new BucketReplacedError(`The bucket "${bucket}" was made by job ${owner}, not by ${jobId}.`, {
    subject: { bucket, job: jobId },
    remedy: 'Nothing of that bucket is touched. Find out who gave it that name, then redrive the job.',
  });
}
