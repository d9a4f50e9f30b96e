import {
  AccessDeniedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  retryClassOf,
  StorageUnavailableError,
} from '../../domain/errors.ts';
import type { BucketKeeper } from '../../domain/ports.ts';

type Lists = Pick<BucketKeeper, 'listBuckets'>;

/**
 * Does this error mean that the bucket is not ours any more? S3 says "denied" also of a bucket that was deleted and has
 * become a stranger's; our own list of buckets tells the two apart.
 *
 *   error              our own list         answer
 *   missing            does not name it     gone
 *   missing            names it still       not known yet: rejects with StorageUnavailableError
 *   missing            cannot be read       gone
 *   another's, denied  does not name it     gone
 *   another's, denied  names it, or cannot  not gone
 *   any other          –                    not gone
 */
export async function isGone(error: unknown, bucket: string, keeper: Lists): Promise<boolean> {
  const isMissing = error instanceof BucketMissingError;
  const isRefused = error instanceof AccessDeniedError || error instanceof BucketOwnedByAnotherAccountError;
  if (!isMissing && !isRefused) return false;
  const isListed = await namesBucket(bucket, keeper);
  if (isListed === undefined) return isMissing;
  if (isListed && isMissing) throw undecided(bucket, error);
  return !isListed;
}

/** Undefined when we may not list our buckets. */
async function namesBucket(bucket: string, keeper: Lists): Promise<boolean | undefined> {
  try {
    return (await keeper.listBuckets()).some(({ name }) => name === bucket);
  } catch (error) {
    if (retryClassOf(error) !== 'never') throw error;
    return undefined;
  }
}

const undecided = (bucket: string, cause: unknown): StorageUnavailableError =>
  new StorageUnavailableError(`The bucket ${bucket} is said to be gone, and is still in the list of our buckets.`, {
    subject: { bucket },
    remedy: 'Wait a few minutes, then redrive the job.',
    cause,
  });
