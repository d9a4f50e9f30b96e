import { mapKey } from '../domain/keys.ts';
import type { BucketPlace, TransferRoute } from '../domain/migration.ts';
import type { HistoryPage, ListingPage } from '../domain/objects.ts';
import type { Storage, StorageAccess } from '../domain/ports.ts';

/** One side of a transfer, seen by its own account. */
export type Side = Readonly<{ storage: Storage; bucket: string; prefix: string }>;
export type BothSides = Readonly<{ source: Side; destination: Side; close: () => void }>;

/** Read-only sessions for both sides; one of them when both are reached through the same connection. */
export async function openBothSides(
  access: StorageAccess,
  jobId: string,
  { source, destination }: Pick<TransferRoute, 'source' | 'destination'>,
): Promise<BothSides> {
  const isOne = source.connection === destination.connection;
  const open = (connection: string, buckets: readonly string[]) =>
    access.open({ connection, purpose: 'verify', buckets, jobId });

  const names = isOne ? [...new Set([source.bucket, destination.bucket])] : [source.bucket];
  const sourceStorage = await open(source.connection, names);
  const destinationStorage = isOne ? sourceStorage : await open(destination.connection, [destination.bucket]);
  return {
    source: sideOf(source, sourceStorage),
    destination: sideOf(destination, destinationStorage),
    close: () => {
      sourceStorage.close();
      if (!isOne) destinationStorage.close();
    },
  };
}

const sideOf = ({ bucket, prefix = '' }: BucketPlace, storage: Storage): Side => ({ storage, bucket, prefix });

type Range = Readonly<{ startAfter?: string }>;

export const listSide = (side: Side, signal: AbortSignal, range: Range = {}): AsyncIterable<ListingPage> =>
  side.storage.listObjects({ ...requestOf(side, range), signal });

export const listSideHistories = (side: Side, signal: AbortSignal, range: Range = {}): AsyncIterable<HistoryPage> =>
  side.storage.listHistories({ ...requestOf(side, range), signal });

const requestOf = ({ bucket, prefix }: Side, range: Range) => ({
  bucket,
  ...(prefix === '' ? {} : { prefix }),
  ...range,
});

export const sourceKeyOf = (sides: BothSides) => (destinationKey: string) =>
  mapKey(destinationKey, sides.destination.prefix, sides.source.prefix);
