import { namespaceOf } from '../../domain/connection.ts';
import {
  AccessDeniedError,
  BucketLeasedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  MigrationError,
} from '../../domain/errors.ts';
import type { JobDocument } from '../../domain/job-documents.ts';
import type { BucketPlace, NameDecision, NameWaitDocument, SourceDocument } from '../../domain/migration.ts';
import type { StorageRequest } from '../../domain/ports.ts';
import { JOB_TAG } from './create-destination-bucket.ts';
import { findConnection } from './job-connections.ts';
import { holdName } from './leases.ts';
import { requireTemporary } from './known-buckets.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type NamePlace = BucketPlace & Readonly<{ region: string }>;
export type NameTry = NameWaitDocument['lastOutcome'] | 'ours';

/**
 *   decided           account      name                 Region
 *   nothing, wait on  destination  the old one          as requested, or the connection's
 *   other-name        destination  as decided           the same
 *   rebuild-source    source       as decided, or old   where the source was
 */
export async function namePlace(
  { request }: JobDocument,
  source: SourceDocument,
  decision: NameDecision | undefined,
  { connections }: StepPorts,
): Promise<NamePlace> {
  const bucket = decision?.bucket ?? source.bucket;
  if (decision?.choice === 'rebuild-source') {
    return { connection: source.connection, bucket, region: source.region };
  }
  const { name, region } = await findConnection(request.destination.connection, connections);
  return {
    connection: name,
    bucket: decision?.choice === 'other-name' ? bucket : source.bucket,
    region: request.destination.region ?? region,
  };
}

export const isSamePlace = (one: BucketPlace, other: BucketPlace): boolean =>
  one.connection === other.connection && one.bucket === other.bucket;

const session = (jobId: string, { connection, bucket }: NamePlace): StorageRequest => {
  return { connection, purpose: 'keep-buckets', buckets: [bucket], jobId };
};

/** Asks to create the bucket. What a pause may heal is an answer too; what no pause heals is not, but for permission. */
export async function tryForName(jobId: string, place: NamePlace, ports: StepPorts): Promise<NameTry> {
  // The temporary bucket carries the same tag, and would be taken for an earlier try.
  const { bucket: temporary } = await requireTemporary(jobId, ports.documents);
  if (place.bucket === temporary) return 'occupied';
  const namespace = namespaceOf(await findConnection(place.connection, ports.connections));
  try {
    await holdName(jobId, { namespace, bucket: place.bucket, role: 'destination' }, ports);
    const answer = await withStorage(session(jobId, place), ports, (keeper) =>
      keeper.claimBucket(place.bucket, place.region, { [JOB_TAG]: jobId }),
    );
    return answer === 'created' ? 'ours' : answer;
  } catch (error) {
    if (error instanceof BucketLeasedError) return 'occupied';
    if (error instanceof AccessDeniedError) return 'denied';
    if (error instanceof MigrationError && error.retry !== 'never') return 'unavailable';
    throw error;
  }
}

/** Did a try at this place succeed without our hearing of it? */
export async function isMadeByUs(jobId: string, place: NamePlace, ports: StepPorts): Promise<boolean> {
  try {
    const facts = await withStorage(session(jobId, place), ports, (keeper) => keeper.identifyBucket(place.bucket));
    return facts.tags[JOB_TAG] === jobId;
  } catch (error) {
    const isNotOurs =
      error instanceof BucketMissingError ||
      error instanceof BucketOwnedByAnotherAccountError ||
      error instanceof AccessDeniedError;
    if (isNotOurs) return false;
    throw error;
  }
}
