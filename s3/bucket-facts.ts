import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import {
  AccessDeniedError,
  BucketOwnedByAnotherAccountError,
  StorageRefusedError,
  StorageUnsupportedError,
  type MigrationError,
} from '../domain/errors.ts';
import type { BucketFacts, BucketIdentity } from '../domain/ports.ts';
import { isBareRefusal, readAnswer } from './answer.ts';
import { findListed } from './bucket-list.ts';
import type { Place } from './place.ts';
import type { Call } from './requests.ts';
import { readVersioning } from './versioning.ts';

/** Rejects with BucketMissingError, AccessDeniedError or BucketOwnedByAnotherAccountError. */
export async function findBucket(place: Place, name: string): Promise<BucketFacts> {
  const identity = await identifyBucket(place, name);
  const [encryption, hasObjectLock, isRequesterPays, ownership] = await Promise.all([
    readEncryption(place, name),
    tolerate(readObjectLock(place, name), false),
    tolerate(readRequestPayment(place, name), false),
    tolerate(readOwnership(place, name), undefined),
  ]);
  return {
    ...identity,
    ...encryption,
    hasObjectLock,
    isRequesterPays,
    ...(ownership === undefined ? {} : { ownership }),
  };
}

/** Rejects as `findBucket` does. */
export async function identifyBucket(place: Place, name: string): Promise<BucketIdentity> {
  const region = await headBucket(place, name);
  const [versioning, tags, listed] = await Promise.all([
    // Not tolerated when refused: without it, old versions would be left behind unsaid.
    readVersioning(place, name),
    tolerate(readTags(place, name), {}),
    tolerate(findListed(place, name), undefined),
  ]);
  return {
    name,
    region,
    versioning: versioning.status,
    tags,
    hasMfaDelete: versioning.hasMfaDelete,
    ...(listed?.createdAtMs === undefined ? {} : { createdAtMs: listed.createdAtMs }),
  };
}

/** The Region that the bucket is in. A 403 is asked about once more without the owner, which tells the two reasons apart. */
export async function headBucket(place: Place, name: string): Promise<string> {
  try {
    return await sendHead(place, name, place.ownerOf());
  } catch (error) {
    if (!(error instanceof AccessDeniedError) || place.accountId === undefined) throw error;
    await sendHead(place, name, {});
    throw ownedByAnother(place, name, error);
  }
}

type Owner = { ExpectedBucketOwner?: string };

/** The Region that the bucket is in, on condition of its owner where one is given. */
export async function sendHead(place: Place, bucket: string, owner: Owner): Promise<string> {
  try {
    return await headOnce(place, bucket, owner);
  } catch (error) {
    if (!(error instanceof Error) || !isBareRefusal(error.cause)) throw error;
    await askForOneKey(place, bucket, owner);
    return headOnce(place, bucket, owner);
  }
}

function headOnce(place: Place, bucket: string, owner: Owner): Promise<string> {
  return ask(place, 'HeadBucket', bucket, async (client, options) => {
    const answer = await client.send(new HeadBucketCommand({ Bucket: bucket, ...owner }), options);
    // Other providers name zone groups here that no request accepts as a Region.
    return place.traits.hasBucketProtection
      ? (answer.BucketRegion ?? place.requests.regionOf(bucket))
      : place.connection.region;
  });
}

/** Needs the same permission as HEAD, and is told in words why it is refused. */
async function askForOneKey(place: Place, bucket: string, owner: Owner): Promise<void> {
  await ask(place, 'ListObjectsV2', bucket, (client, options) =>
    client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1, ...owner }), options),
  );
}

export const ownedByAnother = (
  place: Place,
  bucket: string,
  cause?: MigrationError,
): BucketOwnedByAnotherAccountError =>
  new BucketOwnedByAnotherAccountError(
    `The bucket ${bucket} does not belong to the account of ${place.connection.name}`,
    {
      subject: { bucket, connection: place.connection.name },
      remedy: 'Choose another name, or the connection of the account that owns the bucket.',
      ...(cause === undefined ? {} : { cause }),
    },
  );

const ABSENT_CODES = new Set([
  'NoSuchTagSet',
  'NoSuchTagSetError',
  'ServerSideEncryptionConfigurationNotFoundError',
  'ObjectLockConfigurationNotFoundError',
]);

const isAbsent = (error: unknown): boolean => error instanceof Error && ABSENT_CODES.has(readAnswer(error.cause).code);

/** Facts that only make a page richer: a provider without them, or a role that may not read them, is no obstacle. */
async function tolerate<Fact>(reading: Promise<Fact>, otherwise: Fact): Promise<Fact> {
  try {
    return await reading;
  } catch (error) {
    if (isAbsent(error) || isOutOfReach(error)) return otherwise;
    throw error;
  }
}

const isOutOfReach = (error: unknown): boolean =>
  error instanceof AccessDeniedError ||
  error instanceof StorageUnsupportedError ||
  error instanceof StorageRefusedError;

const ask = <Output>(place: Place, operation: string, bucket: string, call: Call<Output>): Promise<Output> =>
  place.requests.run({ operation, bucket }, call);

async function readEncryption(place: Place, bucket: string): Promise<Pick<BucketFacts, 'encryption' | 'kmsKeyArn'>> {
  try {
    const answer = await ask(place, 'GetBucketEncryption', bucket, (client, options) =>
      client.send(new GetBucketEncryptionCommand({ Bucket: bucket }), options),
    );
    const rule = answer.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
    if (!rule?.SSEAlgorithm) return { encryption: 'none' };
    if (rule.SSEAlgorithm === 'AES256') return { encryption: 'sse-s3' };
    return { encryption: 'sse-kms', ...(rule.KMSMasterKeyID === undefined ? {} : { kmsKeyArn: rule.KMSMasterKeyID }) };
  } catch (error) {
    if (isAbsent(error)) return { encryption: 'none' };
    if (isOutOfReach(error)) return { encryption: 'unknown' };
    throw error;
  }
}

async function readObjectLock(place: Place, bucket: string): Promise<boolean> {
  const answer = await ask(place, 'GetObjectLockConfiguration', bucket, (client, options) =>
    client.send(new GetObjectLockConfigurationCommand({ Bucket: bucket }), options),
  );
  return answer.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled';
}

const OWNERSHIP_OF_SETTING = {
  BucketOwnerEnforced: 'bucket-owner-enforced',
  BucketOwnerPreferred: 'bucket-owner-preferred',
  ObjectWriter: 'object-writer',
} as const;

/** A bucket on AWS without the setting works as ObjectWriter (S3 user guide, "Controlling ownership of objects"). */
export async function readOwnership(place: Place, bucket: string): Promise<BucketFacts['ownership']> {
  if (!place.traits.hasBucketProtection) return undefined;
  try {
    const answer = await ask(place, 'GetBucketOwnershipControls', bucket, (client, options) =>
      client.send(new GetBucketOwnershipControlsCommand({ Bucket: bucket, ...place.ownerOf() }), options),
    );
    const setting = answer.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
    return setting === undefined ? undefined : OWNERSHIP_OF_SETTING[setting];
  } catch (error) {
    if (error instanceof Error && readAnswer(error.cause).code === 'OwnershipControlsNotFoundError')
      return 'object-writer';
    throw error;
  }
}

async function readRequestPayment(place: Place, bucket: string): Promise<boolean> {
  const answer = await ask(place, 'GetBucketRequestPayment', bucket, (client, options) =>
    client.send(new GetBucketRequestPaymentCommand({ Bucket: bucket }), options),
  );
  return answer.Payer === 'Requester';
}

async function readTags(place: Place, bucket: string): Promise<Record<string, string>> {
  const answer = await ask(place, 'GetBucketTagging', bucket, (client, options) =>
    client.send(new GetBucketTaggingCommand({ Bucket: bucket }), options),
  );
  return Object.fromEntries((answer.TagSet ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

/** No tags when there are none or when they cannot be read. */
export const bucketTags = (place: Place, bucket: string): Promise<Record<string, string>> =>
  tolerate(readTags(place, bucket), {});
