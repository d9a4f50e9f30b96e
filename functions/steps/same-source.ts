import { BucketReplacedError, StorageUnavailableError } from '../../domain/errors.ts';
import type { SourceDocument } from '../../domain/migration.ts';
import type { Storage } from '../../domain/ports.ts';
import { isFreezeIn } from './freezing.ts';

/**
 * Rejects with BucketReplacedError unless the bucket is the one that the job began with: same account, same Region,
 * and made at the same time where that is known (AWS changes the date when a policy is edited, so it is not kept
 * there). Rejects with StorageUnavailableError while the list of buckets does not tell the date.
 */
export async function proveSameSource(
  source: SourceDocument,
  storage: Pick<Storage, 'identifyBucket' | 'identity'>,
): Promise<void> {
  const { region, createdAtMs } = await storage.identifyBucket(source.bucket);
  const { accountId } = await storage.identity();
  if (source.accountId !== undefined && accountId !== source.accountId)
    throw replaced(source, 'it belongs to another account');
  if (region !== source.region) throw replaced(source, `it is in ${region} now`);
  if (source.createdAtMs === undefined || createdAtMs === source.createdAtMs) return;
  if (createdAtMs !== undefined) throw replaced(source, 'it was made at another time');
  throw new StorageUnavailableError(`The list of buckets does not show ${source.bucket} now.`, {
    subject: { bucket: source.bucket, connection: source.connection },
    remedy: 'Redrive the job in some minutes.',
  });
}

/** The same, and frozen by this job, which no bucket is that was made anew under the name. */
export async function proveFrozenSource(
  jobId: string,
  source: SourceDocument,
  storage: Pick<Storage, 'identifyBucket' | 'identity' | 'readPolicy'>,
): Promise<void> {
  await proveSameSource(source, storage);
  if (isFreezeIn(await storage.readPolicy(source.bucket), jobId)) return;
  throw replaced(source, 'the freeze of this job is not in its policy');
}

const replaced = ({ bucket, connection }: SourceDocument, why: string): BucketReplacedError =>
  new BucketReplacedError(`The bucket ${bucket} is not the source as this job knows it: ${why}.`, {
    subject: { bucket, connection },
    remedy:
      'Find out who changed it. If only its policy was edited, redrive the job: it freezes the source, proves it and asks again.',
  });
