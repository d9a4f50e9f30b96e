import { destinationBucketOf } from '../domain/job-request.ts';
import { mapKey } from '../domain/keys.ts';
import type { ListingPage } from '../domain/objects.ts';
import type { Storage, StorageAccess } from '../domain/ports.ts';
import type { JobDocument } from '../domain/job-documents.ts';

/** One side of a transfer, seen by its own account. */
export type Side = Readonly<{ storage: Storage; bucket: string; prefix: string }>;
export type BothSides = Readonly<{ source: Side; destination: Side; close: () => void }>;

/** Read-only sessions for both sides; one of them when both are reached through the same connection. */
export async function openBothSides(access: StorageAccess, job: JobDocument): Promise<BothSides> {
  const { source, destination } = job.request;
  const buckets = { source: source.bucket, destination: destinationBucketOf(job.request) };
  const isOne = source.connection === destination.connection;
  const open = (connection: string, names: readonly string[]) =>
    access.open({ connection, purpose: 'verify', buckets: names, jobId: job.id });

  const sourceStorage = await open(source.connection, isOne ? Object.values(buckets) : [buckets.source]);
  const destinationStorage = isOne ? sourceStorage : await open(destination.connection, [buckets.destination]);
  return {
    source: { storage: sourceStorage, bucket: buckets.source, prefix: source.prefix ?? '' },
    destination: { storage: destinationStorage, bucket: buckets.destination, prefix: destination.prefix ?? '' },
    close: () => {
      sourceStorage.close();
      if (!isOne) destinationStorage.close();
    },
  };
}

export const listSide = ({ storage, bucket, prefix }: Side, signal: AbortSignal): AsyncIterable<ListingPage> =>
  storage.listObjects({ bucket, ...(prefix === '' ? {} : { prefix }), signal });

export const sourceKeyOf = (sides: BothSides) => (destinationKey: string) =>
  mapKey(destinationKey, sides.destination.prefix, sides.source.prefix);
export const destinationKeyOf = (sides: BothSides) => (sourceKey: string) =>
  mapKey(sourceKey, sides.source.prefix, sides.destination.prefix);
