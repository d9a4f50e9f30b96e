import type { Connection } from '../../domain/connection.ts';
import { BucketReplacedError } from '../../domain/errors.ts';
import type { SourceDocument } from '../../domain/migration.ts';
import { freezeSid } from '../../domain/policy.ts';
import type { Storage } from '../../domain/ports.ts';

/**
 * Rejects with BucketReplacedError unless the bucket is the one that the job began with: same account, same Region,
 * frozen by this job, and made at the same time. On AWS the last cannot be asked for: the creation date "can change
 * when making changes to your bucket, such as editing its bucket policy" (S3 API reference, Bucket), which freezing
 * does; our statement in its policy tells more, because a bucket that was made anew has none.
 */
export async function proveSource(
  jobId: string,
  source: SourceDocument,
  { kind }: Pick<Connection, 'kind'>,
  storage: Pick<Storage, 'findBucket' | 'readPolicy' | 'identity'>,
): Promise<void> {
  const facts = await storage.findBucket(source.bucket);
  const { accountId } = await storage.identity();
  const policy = await storage.readPolicy(source.bucket);
  const isOwnersSame = source.accountId === undefined || accountId === source.accountId;
  const isDateSame = kind === 'aws' || source.createdAtMs === undefined || facts.createdAtMs === source.createdAtMs;
  const isFrozen = policy?.Statement.some(({ Sid }) => Sid === freezeSid(jobId)) ?? false;
  if (!isOwnersSame) throw replaced(source, 'it belongs to another account');
  if (facts.region !== source.region) throw replaced(source, `it is in ${facts.region} now`);
  if (!isDateSame) throw replaced(source, 'it was made at another time');
  if (!isFrozen) throw replaced(source, 'the freeze of this job is not in its policy');
}

const replaced = ({ bucket, connection }: SourceDocument, why: string): BucketReplacedError =>
  new BucketReplacedError(`The bucket ${bucket} is not the source as this job knows it: ${why}.`, {
    subject: { bucket, connection },
    remedy:
      'Find out who changed it. If only its policy was edited, redrive the job: it freezes the source and asks again.',
  });
