import { BucketReplacedError, MigrationError } from '../../domain/errors.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import { protectSid, sealSid } from '../../domain/policy.ts';
import { isGone } from './bucket-presence.ts';
import { denies } from './freezing.ts';
import { requireTemporary } from './known-buckets.ts';
import { protectTemporaryBucket } from './protect-temporary-bucket.ts';
import type { StepPorts } from './step-ports.ts';
import { temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

/**
 * Between the deletion of the source and the verified return only the temporary bucket holds the objects. The wait for
 * the name may take days, and whoever deletes that bucket meanwhile has to be told of at once; protection that somebody
 * took out of its policy is put in again. Rejects with BucketReplacedError when it is certainly gone; what cannot be
 * looked at or protected now does not hold the name up.
 */
export async function requireOnlyCopy(jobId: string, ports: StepPorts): Promise<void> {
  const temporary = await requireTemporary(jobId, ports.documents);
  const seen = await lookAt(jobId, temporary, ports);
  if (seen === 'gone') throw gone(jobId, temporary);
  if (seen === 'open') await protectAgain(jobId, ports);
}

async function protectAgain(jobId: string, ports: StepPorts): Promise<void> {
  try {
    await protectTemporaryBucket({ jobId, writes: 'denied' }, ports);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
  }
}

async function lookAt(
  jobId: string,
  temporary: TemporaryBucketDocument,
  ports: StepPorts,
): Promise<'protected' | 'open' | 'gone' | 'unknown'> {
  const { bucket } = temporary;
  try {
    return await withStorage(temporarySession(jobId, temporary, 'look'), ports, async (storage) => {
      try {
        const policy = await storage.readPolicy(bucket); // one request, and it says whether the bucket is there
        return denies(policy, protectSid(jobId)) && denies(policy, sealSid(jobId)) ? 'protected' : 'open';
      } catch (error) {
        return (await isGone(error, bucket, storage)) ? 'gone' : 'unknown';
      }
    });
  } catch (error) {
    if (error instanceof MigrationError) return 'unknown';
    throw error;
  }
}

const gone = (jobId: string, { connection, bucket }: TemporaryBucketDocument): BucketReplacedError =>
  new BucketReplacedError(`The temporary bucket "${bucket}" is gone, and it held the only copy of the objects.`, {
    subject: { connection, bucket, job: jobId },
    remedy:
      'Find out at once who deleted it, and stop whatever cleans that account up. The proof lists every object with its size and checksum. If the bucket is there again, redrive the job.',
  });
