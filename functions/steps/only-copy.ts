import { BucketReplacedError, MigrationError } from '../../domain/errors.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import { isGone } from './bucket-presence.ts';
import { requireTemporary } from './known-buckets.ts';
import type { StepPorts } from './step-ports.ts';
import { temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

/**
 * Between the deletion of the source and the verified return only the temporary bucket holds the objects. The wait for
 * the name may take days, and whoever deletes that bucket meanwhile has to be told of at once. Rejects with
 * BucketReplacedError when it is certainly gone; what cannot be looked at now does not hold the name up.
 */
export async function requireOnlyCopy(jobId: string, ports: StepPorts): Promise<void> {
  const temporary = await requireTemporary(jobId, ports.documents);
  if (await isTemporaryGone(jobId, temporary, ports)) throw gone(jobId, temporary);
}

async function isTemporaryGone(jobId: string, temporary: TemporaryBucketDocument, ports: StepPorts): Promise<boolean> {
  const { bucket } = temporary;
  try {
    return await withStorage(temporarySession(jobId, temporary, 'look'), ports, async (storage) => {
      try {
        await storage.readPolicy(bucket); // one request, and it says whether the bucket is there
        return false;
      } catch (error) {
        return await isGone(error, bucket, storage);
      }
    });
  } catch (error) {
    if (error instanceof MigrationError) return false;
    throw error;
  }
}

const gone = (jobId: string, { connection, bucket }: TemporaryBucketDocument): BucketReplacedError =>
  new BucketReplacedError(`The temporary bucket "${bucket}" is gone, and it held the only copy of the objects.`, {
    subject: { connection, bucket, job: jobId },
    remedy:
      'Find out at once who deleted it, and stop whatever cleans that account up. The proof lists every object with its size and checksum. If the bucket is there again, redrive the job.',
  });
