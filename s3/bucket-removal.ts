import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { BucketMissingError, StorageUnavailableError } from '../domain/errors.ts';
import { readAnswer } from './answer.ts';
import { sendHead } from './bucket-facts.ts';
import { isListed } from './bucket-list.ts';
import { ownerToExpect } from './identity.ts';
import type { Place } from './place.ts';

/** See ObjectRemover.removeBucket. */
export async function removeBucket(place: Place, bucket: string): Promise<'removed' | 'absent' | 'not-empty'> {
  try {
    return await sendDelete(place, bucket);
  } catch (error) {
    if (error instanceof BucketMissingError) return confirmAbsence(place, bucket, error);
    if (error instanceof Error && readAnswer(error.cause).code === 'BucketNotEmpty') return 'not-empty';
    throw error;
  }
}

async function sendDelete(place: Place, bucket: string): Promise<'removed'> {
  const owner = await ownerToExpect(place);
  return place.requests.run(
    { operation: 'DeleteBucket', bucket },
    async (client, options) => {
      await client.send(new DeleteBucketCommand({ Bucket: bucket, ...owner }), options);
      return 'removed' as const;
    },
    { lookBeforeRepeating: async () => ((await isThere(place, bucket)) ? undefined : ('removed' as const)) },
  );
}

async function isThere(place: Place, bucket: string): Promise<boolean> {
  try {
    await sendHead(place, bucket, await ownerToExpect(place));
    return true;
  } catch (error) {
    if (error instanceof BucketMissingError) return false;
    throw error;
  }
}

/** A 404 alone may come from a wrong endpoint; our own list has to know nothing of the bucket either. */
async function confirmAbsence(place: Place, bucket: string, cause: BucketMissingError): Promise<'absent'> {
  if (!(await isThere(place, bucket)) && !(await isListed(place, bucket))) return 'absent';
  throw new StorageUnavailableError(`${bucket} is said to be missing and is still in the list of our buckets`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Nothing to do: it is asked again; lists of buckets lag behind.',
    cause,
  });
}
