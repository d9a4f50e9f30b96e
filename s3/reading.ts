import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GetObjectCommand, GetObjectTaggingCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { ObjectChangedError, StorageUnavailableError } from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { ObjectAttributes, ObjectTags } from '../domain/objects.ts';
import { readAttributes } from './attributes.ts';
import { isBareRefusal } from './answer.ts';
import { withoutQuotes } from './listing-page.ts';
import type { Place } from './place.ts';
import type { SendOptions } from './requests.ts';

export type ObjectWanted = Readonly<{
  bucket: string;
  key: string;
  /** Without quotes. Another ETag is an ObjectChangedError. */
  etag?: string | undefined;
  versionId?: string | undefined;
  signal?: AbortSignal | undefined;
  /** The bucket may belong to another account than the connection's. */
  isElsewhere?: boolean;
}>;

/** HEAD with checksums (S3 API reference, HeadObject). Errors as ObjectReader.headObject says. */
export async function headObject(place: Place, wanted: ObjectWanted): Promise<ObjectAttributes> {
  const attributes = await headExactly(place, wanted);
  requireEtag(place, wanted, attributes.etag);
  return attributes;
}

/** Some providers ignore If-Match. */
function requireEtag(place: Place, { bucket, key, etag }: ObjectWanted, found: string): void {
  if (etag === undefined || found === etag) return;
  throw new ObjectChangedError(`${bucket}/${displayKey(key)} was changed since it was listed`, {
    subject: { bucket, key, connection: place.connection.name },
    remedy: 'Nothing to do: the new object is looked at again.',
  });
}

async function headExactly(place: Place, wanted: ObjectWanted): Promise<ObjectAttributes> {
  try {
    return await sendHead(place, wanted);
  } catch (error) {
    if (!(error instanceof Error) || !isBareRefusal(error.cause)) throw error;
    await askForOneByte(place, wanted);
    return sendHead(place, wanted);
  }
}

const words = (operation: string, { bucket, key }: ObjectWanted) => ({ operation, bucket, key });

const locate = (place: Place, { bucket, key, versionId, isElsewhere = false }: ObjectWanted) => ({
  Bucket: bucket,
  Key: key,
  ...(versionId === undefined ? {} : { VersionId: versionId }),
  ...(isElsewhere ? {} : place.ownerOf()),
});

const addressOf = (place: Place, wanted: ObjectWanted) => ({ ...locate(place, wanted), ...ifMatch(wanted) });

const ifMatch = ({ etag }: ObjectWanted) => ({
  ...(etag === undefined ? {} : { IfMatch: `"${etag}"` }),
});

function sendHead(place: Place, wanted: ObjectWanted): Promise<ObjectAttributes> {
  return place.requests.run(
    words('HeadObject', wanted),
    async (client, options) =>
      readAttributes(
        await client.send(new HeadObjectCommand({ ...addressOf(place, wanted), ChecksumMode: 'ENABLED' }), options),
      ),
    { signal: wanted.signal },
  );
}

function askForOneByte(place: Place, wanted: ObjectWanted): Promise<void> {
  return place.requests.run(
    words('GetObject', wanted),
    async (client, options) => {
      const answer = await client.send(
        new GetObjectCommand({ ...addressOf(place, wanted), Range: 'bytes=0-0' }),
        options,
      );
      (answer.Body as Readable | undefined)?.destroy();
    },
    { signal: wanted.signal },
  );
}

/** All tags; an object without any gives an empty record (S3 API reference, GetObjectTagging). */
export function readTags(place: Place, wanted: ObjectWanted): Promise<ObjectTags> {
  return place.requests.run(
    words('GetObjectTagging', wanted),
    async (client, options) => {
      const answer = await client.send(new GetObjectTaggingCommand(locate(place, wanted)), options);
      // Ceph RGW answers an object without tags by a body without a tag set.
      return Object.fromEntries((answer.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
    },
    { signal: wanted.signal },
  );
}

/** SHA-256 over what was read; a body that ends early is never taken for the object. */
export function hashObject(place: Place, wanted: ObjectWanted): Promise<{ sha256: string; sizeBytes: number }> {
  return place.requests.run(
    words('GetObject', wanted),
    (client, options) => readAndHash(client, options, place, wanted),
    { signal: wanted.signal },
  );
}

async function readAndHash(client: S3Client, options: SendOptions, place: Place, wanted: ObjectWanted) {
  const answer = await client.send(new GetObjectCommand(addressOf(place, wanted)), options);
  const body = answer.Body as Readable;
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    requireEtag(place, wanted, withoutQuotes(answer.ETag ?? ''));
    for await (const chunk of body) {
      hash.update(chunk as Uint8Array);
      sizeBytes += (chunk as Uint8Array).length;
    }
  } finally {
    body.destroy();
  }
  if (answer.ContentLength === sizeBytes) return { sha256: hash.digest('hex'), sizeBytes };
  // A body that ends with its connection instead of by its length is accepted short by HTTP.
  const { bucket, key } = wanted;
  throw new StorageUnavailableError(
    `GetObject ${bucket}/${displayKey(key)}: ${sizeBytes} bytes came of ${answer.ContentLength ?? 'an unknown number'}`,
    { subject: { bucket, key }, remedy: 'Nothing to do: the object is read again.' },
  );
}
