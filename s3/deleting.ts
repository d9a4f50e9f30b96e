import { DeleteObjectCommand, type DeleteObjectCommandInput } from '@aws-sdk/client-s3';
import {
  AccessDeniedError,
  ObjectChangedError,
  ObjectMissingError,
  StorageRefusedError,
  StorageUnsupportedError,
} from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { Removal } from '../domain/ports.ts';
import { ownerToExpect } from './identity.ts';
import type { Place } from './place.ts';
import { headObject, type ObjectWanted } from './reading.ts';
import type { RunOptions } from './requests.ts';
import { readVersioning } from './versioning.ts';

type Deletion = Readonly<{ bucket: string; signal?: AbortSignal | undefined; removal: Removal }>;

/**
 * DeleteObject of exactly this object or version; safe to repeat. Rejects with ObjectMissingError when it is gone and
 * with ObjectChangedError when another one stands there. Answers whether a delete marker was laid.
 */
export async function deleteExactly(
  place: Place,
  { bucket, removal, signal }: Deletion,
  options: Pick<RunOptions<boolean>, 'lookBeforeRepeating'> = {},
): Promise<boolean> {
  const { key } = removal;
  const input = { Bucket: bucket, Key: key, ...exactly(removal), ...(await ownerToExpect(place)) };
  return place.requests.run(
    { operation: 'DeleteObject', bucket, key },
    async (client, how) => {
      const answer = await client.send(new DeleteObjectCommand(input), how);
      return answer.DeleteMarker === true && !('versionId' in removal);
    },
    { signal, ...options },
  );
}

/** The only two ways in which a deletion leaves this product. */
const exactly = (removal: Removal): Pick<DeleteObjectCommandInput, 'IfMatch' | 'VersionId'> =>
  'versionId' in removal ? { VersionId: removal.versionId } : { IfMatch: `"${removal.etag}"` };

/**
 * For what no condition guards, because the provider ignores conditions or the version can be written over: rejects as
 * `deleteExactly` does when another object, or none, stands there.
 */
export async function lookBeforeDeleting(place: Place, { bucket, removal, signal }: Deletion): Promise<void> {
  const { key } = removal;
  if ('versionId' in removal) {
    const { versionId, seenEtag } = removal;
    if (seenEtag === '') await insistOnMarker(place, { bucket, key, versionId, signal });
    else if (seenEtag !== undefined) await headObject(place, { bucket, key, versionId, etag: seenEtag, signal });
  } else if (!place.traits.honoursDeleteConditions) {
    await headObject(place, { bucket, key, etag: removal.etag, signal });
  }
}

/** HEAD of a delete marker by its id is refused with 405 (S3 API reference, HeadObject), elsewhere with 404. */
async function insistOnMarker(place: Place, wanted: ObjectWanted): Promise<void> {
  try {
    await headObject(place, wanted);
  } catch (error) {
    if (error instanceof StorageUnsupportedError || error instanceof ObjectMissingError) return;
    throw error;
  }
  const { bucket, key } = wanted;
  throw new ObjectChangedError(`${bucket}/${displayKey(key)}: an object stands where a delete marker was listed`, {
    subject: { bucket, key },
    remedy: 'Nothing to do: the history is looked at again.',
  });
}

/** See ObjectRemover.markDeleted. */
export async function markDeleted(
  place: Place,
  { bucket, key, etag }: { bucket: string; key: string; etag: string },
): Promise<void> {
  await requireVersioning(place, bucket, key);
  const removal = { key, etag };
  try {
    await lookBeforeDeleting(place, { bucket, removal });
    const lookBeforeRepeating = async () => ((await isHidden(place, bucket, key)) ? true : undefined);
    await deleteExactly(place, { bucket, removal }, { lookBeforeRepeating });
  } catch (error) {
    if (!(error instanceof ObjectMissingError)) throw error;
    throw new ObjectChangedError(`${bucket}/${displayKey(key)}: nothing stands there to lay a delete marker over`, {
      subject: { bucket, key },
      remedy: 'Nothing to do: the history is looked at again.',
      cause: error,
    });
  }
}

const isHidden = (place: Place, bucket: string, key: string): Promise<boolean> =>
  headObject(place, { bucket, key }).then(
    () => false,
    (error: unknown) => {
      if (error instanceof ObjectMissingError) return true;
      throw error;
    },
  );

/** Without versions the object itself would be deleted, and with suspended ones the version "null". */
async function requireVersioning(place: Place, bucket: string, key: string): Promise<void> {
  const { status } = await readVersioning(place, bucket);
  if (status === 'enabled') return;
  throw new StorageRefusedError(
    `${bucket}/${displayKey(key)}: no delete marker is laid while versioning is ${status}`,
    {
      subject: { bucket, key },
      remedy: 'Switch versioning of this bucket on, then retry the job.',
    },
  );
}

const PROBE_ETAG = '00000000000000000000000000000000-0';

/** See ObjectRemover.probeDelete. */
export async function probeDelete(place: Place, bucket: string): Promise<'refused' | 'allowed'> {
  const key = `bucket-migrator-probe/${place.random.hex(32)}`;
  // Where conditions are ignored a version that cannot exist is named: an absent key would get a delete marker.
  const removal = place.traits.honoursDeleteConditions ? { key, etag: PROBE_ETAG } : { key, versionId: PROBE_VERSION };
  try {
    await deleteExactly(place, { bucket, removal });
    return 'allowed';
  } catch (error) {
    if (error instanceof AccessDeniedError) return 'refused';
    const isPastPolicy = [ObjectMissingError, ObjectChangedError, StorageRefusedError, StorageUnsupportedError];
    if (isPastPolicy.some((kind) => error instanceof kind)) return 'allowed';
    throw error;
  }
}
const PROBE_VERSION = 'bucket-migrator-probe-of-no-version';
