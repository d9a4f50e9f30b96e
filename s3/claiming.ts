import { CreateBucketCommand, GetPublicAccessBlockCommand } from '@aws-sdk/client-s3';
import {
  AccessDeniedError,
  BucketMissingError,
  BucketNameBusyError,
  BucketOwnedByAnotherAccountError,
  StorageUnavailableError,
  WrongRegionError,
} from '../domain/errors.ts';
import { readAnswer } from './answer.ts';
import { bucketTags, readOwnership, sendHead } from './bucket-facts.ts';
import { isListed } from './bucket-list.ts';
import { createInput, proveOwner, protect, type NewBucket } from './buckets.ts';
import { ownerToExpect } from './identity.ts';
import type { Place } from './place.ts';

export type Claim = 'created' | 'ours' | 'occupied' | 'busy' | 'taken';
/** `free` only says that the bucket is not in our own account: whether the name can be had, CreateBucket decides. */
type Standing = 'ours' | 'occupied' | 'busy' | 'taken' | 'free';

/**
 * See BucketKeeper.claimBucket. CreateBucket is never sent for a bucket that may be ours already: in us-east-1 it
 * answers 200 and resets the ACLs of a bucket that is there (S3 API reference, CreateBucket, BucketAlreadyOwnedByYou).
 */
export async function claimBucket(place: Place, bucket: NewBucket): Promise<Claim> {
  const before = await look(place, bucket);
  const answer = before === 'free' ? await tryToCreate(place, bucket) : before;
  // It may have come between our look and our request: only what the request made carries its tags.
  const isMade = answer !== 'created' || !place.traits.hasBucketProtection || (await carriesTags(place, bucket));
  const claim = isMade ? answer : 'occupied';
  if (claim === 'created' || claim === 'ours') await secure(place, bucket);
  return claim;
}

async function look(place: Place, bucket: NewBucket): Promise<Standing> {
  try {
    await sendHead(place, bucket.name, {});
  } catch (error) {
    const isAbsent = error instanceof BucketMissingError;
    if (!isAbsent && !(error instanceof AccessDeniedError)) throw error;
    // HEAD alone proves nothing: 404 is answered while a name is released, 403 for ours that we may not look at.
    if (!(await isListed(place, bucket.name))) return 'free';
    return isAbsent ? 'busy' : 'occupied';
  }
  try {
    await proveOwner(place, bucket.name);
  } catch (error) {
    if (error instanceof BucketOwnedByAnotherAccountError) return 'taken';
    if (error instanceof BucketMissingError) return 'busy';
    throw error;
  }
  return (await carriesTags(place, bucket)) ? 'ours' : 'occupied';
}

async function carriesTags(place: Place, { name, tags }: NewBucket): Promise<boolean> {
  const found = await bucketTags(place, name);
  const wanted = Object.entries(tags);
  return wanted.length > 0 && wanted.every(([tag, value]) => found[tag] === value);
}

async function tryToCreate(place: Place, bucket: NewBucket): Promise<Claim> {
  try {
    return await sendClaim(place, bucket);
  } catch (error) {
    if (error instanceof BucketNameBusyError) return 'busy';
    if (error instanceof BucketOwnedByAnotherAccountError) return 'taken';
    throw error;
  }
}

function sendClaim(place: Place, bucket: NewBucket): Promise<Claim> {
  return place.requests.run<Claim>(
    { operation: 'CreateBucket', bucket: bucket.name },
    async (client, options) => {
      try {
        await client.send(new CreateBucketCommand(createInput(place, bucket)), options);
        return 'created';
      } catch (error) {
        if (readAnswer(error).code === 'BucketAlreadyOwnedByYou') return await recognise(place, bucket);
        throw error;
      }
    },
    {
      ...(place.traits.hasBucketProtection ? { region: bucket.region } : {}),
      lookBeforeRepeating: () => lookAfterLostAnswer(place, bucket),
    },
  );
}

/** It came to be between our look and our request, or the look was behind: its tags say whose it is. */
async function recognise(place: Place, bucket: NewBucket): Promise<Claim> {
  const standing = await look(place, bucket);
  return standing === 'free' ? 'busy' : standing;
}

/** It was not ours a moment ago, so what is ours now came from the request whose answer was lost. */
async function lookAfterLostAnswer(place: Place, bucket: NewBucket): Promise<Claim | undefined> {
  const standing = await look(place, bucket);
  if (standing === 'free') return undefined;
  // Without tags at creation nothing tells it from another's; it is tagged with the rest.
  return standing === 'occupied' && !place.traits.hasBucketProtection ? 'created' : standing;
}

/** Private, tagged, in its Region: made so and read back. A run that ended in between is finished the same way. */
async function secure(place: Place, bucket: NewBucket): Promise<void> {
  await protect(place, bucket);
  const region = await sendHead(place, bucket.name, await ownerToExpect(place));
  if (!place.traits.hasBucketProtection) return;
  if (region !== bucket.region) throw wrongRegion(place, bucket, region);
  const problems = [await problemOfOwnership(place, bucket), await problemOfAccess(place, bucket)];
  const problem = problems.find((one) => one !== undefined);
  if (problem !== undefined) throw notYet(place, bucket, problem);
}

async function problemOfOwnership(place: Place, { name }: NewBucket): Promise<string | undefined> {
  const ownership = await readOwnership(place, name);
  return ownership === 'bucket-owner-enforced' ? undefined : `its ownership reads "${ownership ?? 'nothing'}"`;
}

async function problemOfAccess(place: Place, { name }: NewBucket): Promise<string | undefined> {
  const block = await place.requests.run(
    { operation: 'GetPublicAccessBlock', bucket: name },
    async (client, options) => {
      const input = { Bucket: name, ...place.ownerOf() };
      return (await client.send(new GetPublicAccessBlockCommand(input), options)).PublicAccessBlockConfiguration;
    },
  );
  const isShut =
    block?.BlockPublicAcls && block.IgnorePublicAcls && block.BlockPublicPolicy && block.RestrictPublicBuckets;
  return isShut ? undefined : 'public access to it does not read as blocked';
}

const wrongRegion = (place: Place, { name, region }: NewBucket, found: string): WrongRegionError =>
  new WrongRegionError(`The bucket ${name}, which is new and empty, is in ${found} and not in ${region}`, {
    subject: { bucket: name, connection: place.connection.name },
    remedy: `Delete the empty bucket and retry the job, which then waits for the name again.`,
    region: found,
  });

/** Bucket configuration is seen late (S3 user guide, "Data consistency model"). */
const notYet = (place: Place, { name }: NewBucket, problem: string): StorageUnavailableError =>
  new StorageUnavailableError(`The bucket ${name} is made, and ${problem}`, {
    subject: { bucket: name, connection: place.connection.name },
    remedy: 'Nothing to do: it is looked at again.',
  });
