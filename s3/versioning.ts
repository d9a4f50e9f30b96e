import { GetBucketVersioningCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { StorageUnavailableError, StorageUnsupportedError } from '../domain/errors.ts';
import type { BucketFacts } from '../domain/ports.ts';
import { SECOND_MS } from '../domain/time.ts';
import type { Place } from './place.ts';
import { backoffMs } from './retrying.ts';

/** Bucket configuration is seen late (S3 user guide, "Data consistency model"). */
const ROUNDS_MAX = 6;

export type Versioning = Readonly<{ status: BucketFacts['versioning']; hasMfaDelete: boolean }>;

/** A provider without versions has none. */
export async function readVersioning(place: Place, bucket: string): Promise<Versioning> {
  try {
    return await place.requests.run({ operation: 'GetBucketVersioning', bucket }, async (client, options) => {
      const answer = await client.send(new GetBucketVersioningCommand({ Bucket: bucket, ...place.ownerOf() }), options);
      const status = answer.Status === 'Enabled' ? 'enabled' : answer.Status === 'Suspended' ? 'suspended' : 'off';
      return { status, hasMfaDelete: answer.MFADelete === 'Enabled' };
    });
  } catch (error) {
    if (error instanceof StorageUnsupportedError) return { status: 'off', hasMfaDelete: false };
    throw error;
  }
}

/** See BucketKeeper.setVersioning. */
export async function setVersioning(place: Place, bucket: string, wanted: 'enabled' | 'suspended'): Promise<void> {
  if ((await readVersioning(place, bucket)).status === wanted) return;
  await putVersioning(place, bucket, wanted);
  for (let round = 1; (await readVersioning(place, bucket)).status !== wanted; round += 1) {
    if (round >= ROUNDS_MAX) throw notSettled(place, bucket, wanted);
    await place.clock.sleep(SECOND_MS + backoffMs(round, place.random));
  }
}

function putVersioning(place: Place, bucket: string, wanted: 'enabled' | 'suspended'): Promise<void> {
  const Status = wanted === 'enabled' ? 'Enabled' : 'Suspended';
  return place.requests.run({ operation: 'PutBucketVersioning', bucket }, async (client, options) => {
    const VersioningConfiguration = { Status } as const;
    const input = { Bucket: bucket, VersioningConfiguration, ...place.ownerOf() };
    await client.send(new PutBucketVersioningCommand(input), options);
  });
}

const notSettled = (place: Place, bucket: string, wanted: string): StorageUnavailableError =>
  new StorageUnavailableError(`Versioning of ${bucket} was made ${wanted} and does not read so`, {
    subject: { bucket, connection: place.connection.name },
    remedy: 'Retry; when it stays, look what else changes the versioning of this bucket.',
  });
