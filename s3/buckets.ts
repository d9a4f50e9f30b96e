import {
  CreateBucketCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type CreateBucketCommandInput,
} from '@aws-sdk/client-s3';
import { AccessDeniedError, BucketMissingError, StorageUnsupportedError, WrongRegionError } from '../domain/errors.ts';
import { isAccountRegionalName } from '../domain/names.ts';
import { bucketTags, ownedByAnother, sendHead } from './bucket-facts.ts';
import { isListed } from './bucket-list.ts';
import { readAnswer } from './answer.ts';
import { identityOf } from './identity.ts';
import type { Place } from './place.ts';

export type NewBucket = Readonly<{ name: string; region: string; tags: Readonly<Record<string, string>> }>;

/**
 * Makes the bucket, or recognises ours; `already-ours` only when its owner was proven. A bucket that is not proved
 * absent is never created: in us-east-1 creating one's own again succeeds and resets its ACLs (S3 API reference,
 * CreateBucket, BucketAlreadyOwnedByYou).
 */
export async function createBucket(place: Place, bucket: NewBucket): Promise<'created' | 'already-ours'> {
  const found = await recognise(place, bucket);
  if (found) return finishOurs(place, bucket);
  const made = await sendCreate(place, bucket);
  if (made === 'already-ours') return finishOurs(place, bucket);
  await protect(place, bucket);
  return 'created';
}

/** Does the bucket exist and belong to us? Rejects when it is another's, or in another Region than the wanted one. */
async function recognise(place: Place, { name, region }: NewBucket): Promise<boolean> {
  let foundRegion: string;
  try {
    foundRegion = await sendHead(place, name, {});
  } catch (error) {
    if (error instanceof BucketMissingError) return false;
    if (!(error instanceof AccessDeniedError)) throw error;
    // 403: a stranger's, or ours and we may not look. The list of our own buckets knows.
    if (!(await isListed(place, name))) throw ownedByAnother(place, name, error);
    return true;
  }
  await proveOwner(place, name);
  if (foundRegion === region || !place.traits.hasBucketProtection) return true;
  throw new WrongRegionError(`The bucket ${name} is in ${foundRegion}, not in ${region}`, {
    subject: { bucket: name, connection: place.connection.name },
    remedy: `Choose ${foundRegion}, or another name.`,
    region: foundRegion,
  });
}

export async function proveOwner(place: Place, name: string): Promise<void> {
  const accountId = place.traits.knowsOwners ? (await identityOf(place)).accountId : undefined;
  if (accountId === undefined) {
    if (await isListed(place, name)) return;
    throw ownedByAnother(place, name);
  }
  try {
    await sendHead(place, name, { ExpectedBucketOwner: accountId });
  } catch (error) {
    throw error instanceof AccessDeniedError ? ownedByAnother(place, name, error) : error;
  }
}

function sendCreate(place: Place, bucket: NewBucket): Promise<'created' | 'already-ours'> {
  const { name, region } = bucket;
  return place.requests.run(
    { operation: 'CreateBucket', bucket: name },
    async (client, options) => {
      try {
        await client.send(new CreateBucketCommand(createInput(place, bucket)), options);
        return 'created';
      } catch (error) {
        // Said by S3 itself, so the owner is proven: a lost answer, or another run of this job.
        if (readAnswer(error).code === 'BucketAlreadyOwnedByYou') return 'already-ours';
        throw error;
      }
    },
    {
      ...(place.traits.hasBucketProtection ? { region } : {}),
      lookBeforeRepeating: async () => ((await recognise(place, bucket)) ? 'created' : undefined),
    },
  );
}

export function createInput(place: Place, { name, region, tags }: NewBucket): CreateBucketCommandInput {
  if (!place.traits.hasBucketProtection) return { Bucket: name };
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  // us-east-1 is said by leaving it out (S3 API reference, CreateBucket, LocationConstraint).
  const location = region === 'us-east-1' ? {} : { LocationConstraint: region };
  return {
    Bucket: name,
    ObjectOwnership: 'BucketOwnerEnforced',
    ...(isAccountRegionalName(name) ? { BucketNamespace: 'account-regional' } : {}),
    CreateBucketConfiguration: {
      ...(location as NonNullable<CreateBucketCommandInput['CreateBucketConfiguration']>),
      ...(Tags.length === 0 ? {} : { Tags }),
    },
  };
}

/** A bucket that carries the wanted tags was made by this job: a run that ended in between is finished. */
async function finishOurs(place: Place, bucket: NewBucket): Promise<'already-ours'> {
  const tags = await bucketTags(place, bucket.name);
  const wanted = Object.entries(bucket.tags);
  if (wanted.length > 0 && wanted.every(([name, value]) => tags[name] === value)) await protect(place, bucket);
  return 'already-ours';
}

/** Private: no ACL can open it, and on AWS no policy. Providers without these settings have nothing to shut. */
export async function protect(place: Place, bucket: NewBucket): Promise<void> {
  await untilKnown(() => blockPublicAccess(place, bucket.name));
  if (!place.traits.hasBucketProtection) await untilKnown(() => tag(place, bucket));
}

async function untilKnown(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StorageUnsupportedError)) throw error;
  }
}

function blockPublicAccess(place: Place, bucket: string): Promise<void> {
  // Ceph RGW takes every policy with a condition for a public one and then refuses the grant itself, and with
  // BlockPublicAcls it refuses every UploadPartCopy. A new bucket is private there without them.
  const { hasBucketProtection } = place.traits;
  const everything = {
    BlockPublicAcls: hasBucketProtection,
    IgnorePublicAcls: true,
    BlockPublicPolicy: hasBucketProtection,
    RestrictPublicBuckets: hasBucketProtection,
  };
  return place.requests.run({ operation: 'PutPublicAccessBlock', bucket }, async (client, options) => {
    await client.send(
      new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: everything }),
      options,
    );
  });
}

function tag(place: Place, { name, tags }: NewBucket): Promise<void> {
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return place.requests.run({ operation: 'PutBucketTagging', bucket: name }, async (client, options) => {
    await client.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet } }), options);
  });
}
