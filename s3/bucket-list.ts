import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { StorageRefusedError } from '../domain/errors.ts';
import type { BucketListEntry } from '../domain/ports.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Place } from './place.ts';

/** Accounts hold 10,000 buckets unless AWS raised it; a provider that never ends its list is not followed for ever. */
const BUCKET_PAGES_MAX = 1_000;
const BUCKETS_PER_PAGE = 1_000;

/** Every bucket that the account owns (S3 API reference, ListBuckets); of those with the prefix at least. */
export async function listBuckets(place: Place, prefix?: string): Promise<BucketListEntry[]> {
  const entries: BucketListEntry[] = [];
  let token: string | undefined;
  for (let page = 0; page < BUCKET_PAGES_MAX; page += 1) {
    const answer = await askBuckets(place, prefix, token);
    entries.push(...answer.entries);
    token = answer.token;
    if (token === undefined) return entries;
  }
  throw new StorageRefusedError(`ListBuckets: more than ${BUCKET_PAGES_MAX} pages`, {
    subject: { connection: place.connection.name },
    remedy: 'Give the name of the bucket instead of choosing it from a list.',
  });
}

function askBuckets(place: Place, prefix: string | undefined, token: string | undefined) {
  return place.requests.run({ operation: 'ListBuckets' }, async (client, options) => {
    const answer = await client.send(
      new ListBucketsCommand({
        MaxBuckets: BUCKETS_PER_PAGE,
        ...(prefix === undefined ? {} : { Prefix: prefix }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
      options,
    );
    const entries = (answer.Buckets ?? []).flatMap((bucket): BucketListEntry[] => {
      if (!bucket.Name) return [];
      const createdAtMs = bucket.CreationDate?.getTime() as EpochMs | undefined;
      return [
        {
          name: bucket.Name,
          ...(bucket.BucketRegion === undefined ? {} : { region: bucket.BucketRegion }),
          ...(createdAtMs === undefined ? {} : { createdAtMs }),
        },
      ];
    });
    return { entries, token: answer.ContinuationToken === '' ? undefined : answer.ContinuationToken };
  });
}

/** What our own list says of the bucket. Providers that do not know the prefix give the whole list. */
export const findListed = async (place: Place, name: string): Promise<BucketListEntry | undefined> =>
  (await listBuckets(place, name)).find((bucket) => bucket.name === name);

export const isListed = async (place: Place, name: string): Promise<boolean> =>
  (await findListed(place, name)) !== undefined;
