import { AccessDeniedError, MigrationError, ObjectMissingError, retryClassOf } from '../../domain/errors.ts';
import { isArchiveClass, type VersionFacts } from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type { BucketFacts, Storage } from '../../domain/ports.ts';
import { SECOND_MS, type Clock, type EpochMs } from '../../domain/time.ts';
import { seen, skipped, type Seen } from './seen.ts';

/** All versions and delete markers, counted over a bounded number of pages. */
export type CountedVersions = Readonly<{
  versionCount: number;
  /** Older than the current one of their key, or under a delete marker. */
  olderCount: number;
  markerCount: number;
  archivedCount: number;
  isComplete: boolean;
}>;

/** HEADs of some objects: what listings do not tell. */
export type Sampled = Readonly<{
  lookedCount: number;
  customerKeyCount: number;
  unreadableCount: number;
  archivedCount: number;
  /** The first one that stands in the way. */
  exampleKey?: string;
}>;

/** HEADs of versions in a bucket with Object Lock. */
export type Locks = Readonly<{
  lookedCount: number;
  isComplete: boolean;
  heldCount: number;
  retainedCount: number;
  /** The last date until which one is retained. */
  latestUntilMs?: EpochMs;
}>;

export type MigrationSourceLook = Readonly<{
  sourcePolicy: Seen<BucketPolicy | undefined>;
  versions: Seen<CountedVersions>;
  sampled: Seen<Sampled>;
  locks: Seen<Locks>;
}>;
export type MigrationDestinationLook = Readonly<{
  ownBuckets: Seen<Readonly<{ count: number; namesSource: boolean }>>;
}>;
export const NO_MIGRATION_SOURCE: MigrationSourceLook = {
  sourcePolicy: skipped,
  versions: skipped,
  sampled: skipped,
  locks: skipped,
};

/** A preview: the job itself looks at everything. */
const PAGES_MAX = 20;
const LOOKED_MS_MAX = 10 * SECOND_MS;
const SAMPLE_MAX = 20;
const LOCKS_MAX = 1000;
const HEADS_AT_ONCE_MAX = 16;

/** What a migration asks of its source beyond what a copy does. */
export async function lookForMigration(
  storage: Storage,
  { name, versioning, hasObjectLock }: BucketFacts,
  clock: Clock,
): Promise<MigrationSourceLook> {
  return {
    sourcePolicy: await seen(() => storage.readPolicy(name)),
    versions: versioning === 'off' ? skipped : await seen(() => countVersions(storage, name, clock)),
    sampled: await seen(() => sample(storage, name)),
    locks: hasObjectLock ? await seen(() => lookAtLocks(storage, name, clock)) : skipped,
  };
}

export async function lookAtOwnBuckets(storage: Storage, source: string) {
  const buckets = await storage.listBuckets();
  return { count: buckets.length, namesSource: buckets.some(({ name }) => name === source) };
}

async function countVersions(storage: Storage, bucket: string, clock: Clock): Promise<CountedVersions> {
  const sums = { versionCount: 0, olderCount: 0, markerCount: 0, archivedCount: 0 };
  const { isComplete } = await eachVersion(storage, bucket, clock, (version, isNewest) => {
    if (version.isDeleteMarker) sums.markerCount += 1;
    else sums.versionCount += 1;
    if (!version.isDeleteMarker && !isNewest) sums.olderCount += 1;
    if (isArchiveClass(version.storageClass)) sums.archivedCount += 1;
  });
  return { ...sums, isComplete };
}

async function eachVersion(
  storage: Storage,
  bucket: string,
  clock: Clock,
  take: (version: VersionFacts, isNewest: boolean) => void,
): Promise<{ isComplete: boolean }> {
  const untilMs = clock.nowMs() + LOOKED_MS_MAX;
  let pageCount = 0;
  for await (const page of storage.listHistories({ bucket })) {
    if (pageCount >= PAGES_MAX || clock.nowMs() > untilMs) return { isComplete: false };
    pageCount += 1;
    for (const { versions } of page)
      versions.forEach((version, index) => void take(version, index === versions.length - 1));
  }
  return { isComplete: true };
}

/** Some objects of the first page, evenly spread. */
async function sample(storage: Storage, bucket: string): Promise<Sampled> {
  const keys: string[] = [];
  for await (const page of storage.listObjects({ bucket })) {
    const every = Math.max(1, Math.ceil(page.length / SAMPLE_MAX));
    keys.push(...page.filter((_, index) => index % every === 0).map(({ key }) => key));
    break;
  }
  const found = await eachAtOnce(keys, (key) => sampleOne(storage, bucket, key));
  const countOf = (kind: SampledAs): number => found.filter((one) => one === kind).length;
  const example = keys[found.findIndex((one) => one !== 'fine')];
  return {
    lookedCount: keys.length,
    customerKeyCount: countOf('customer-key'),
    unreadableCount: countOf('unreadable'),
    archivedCount: countOf('archived'),
    ...(example === undefined ? {} : { exampleKey: example }),
  };
}

type SampledAs = 'fine' | 'customer-key' | 'unreadable' | 'archived';

/** Without its key an object with a customer's key answers 400 and nothing else (S3 API reference, HeadObject). */
async function sampleOne(storage: Storage, bucket: string, key: string): Promise<SampledAs> {
  try {
    const { encryption, isArchived } = await storage.headObject(bucket, key);
    if (encryption.kind === 'sse-c') return 'customer-key';
    return isArchived ? 'archived' : 'fine';
  } catch (error) {
    if (error instanceof ObjectMissingError) return 'fine'; // deleted meanwhile
    if (error instanceof AccessDeniedError) return 'unreadable';
    if (error instanceof MigrationError && retryClassOf(error) === 'never') return 'customer-key';
    throw error;
  }
}

async function lookAtLocks(storage: Storage, bucket: string, clock: Clock): Promise<Locks> {
  const versions: VersionFacts[] = [];
  const { isComplete } = await eachVersion(storage, bucket, clock, (version) => {
    if (!version.isDeleteMarker && versions.length <= LOCKS_MAX) versions.push(version);
  });
  const looked = versions.slice(0, LOCKS_MAX);
  const locks = await eachAtOnce(looked, ({ key, versionId }) => lockOf(storage, bucket, key, versionId));
  const nowMs = clock.nowMs();
  const retained = locks.flatMap((lock) => (lock?.untilMs !== undefined && lock.untilMs > nowMs ? [lock.untilMs] : []));
  const latestUntilMs = retained.reduce<EpochMs | undefined>(
    (one, two) => (one === undefined || two > one ? two : one),
    undefined,
  );
  return {
    lookedCount: looked.length,
    isComplete: isComplete && versions.length <= LOCKS_MAX,
    heldCount: locks.filter((lock) => lock?.isHeld === true).length,
    retainedCount: retained.length,
    ...(latestUntilMs === undefined ? {} : { latestUntilMs }),
  };
}

async function lockOf(storage: Storage, bucket: string, key: string, versionId: string) {
  try {
    return (await storage.headObject(bucket, key, undefined, versionId)).lock;
  } catch (error) {
    if (error instanceof ObjectMissingError) return undefined; // deleted meanwhile
    throw error;
  }
}

async function eachAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += HEADS_AT_ONCE_MAX)
    results.push(...(await Promise.all(items.slice(from, from + HEADS_AT_ONCE_MAX).map(work))));
  return results;
}
