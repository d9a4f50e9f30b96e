import type { Connection } from '../../domain/connection.ts';
import { readMilestones } from '../../domain/document-access.ts';
import { retryClassOf } from '../../domain/errors.ts';
import { destinationBucketOf, type JobRequest } from '../../domain/job-request.ts';
import { isArchiveClass } from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type { BucketFacts, Identity, Storage } from '../../domain/ports.ts';
import { SECOND_MS, type Clock, type EpochMs } from '../../domain/time.ts';
import {
  lookAtOwnBuckets,
  lookForMigration,
  NO_MIGRATION_SOURCE,
  type MigrationDestinationLook,
  type MigrationSourceLook,
} from './preflight-look-migration.ts';
import { errorOf, seen, skipped, valueOf, type Seen } from './seen.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage as withSession } from './with-storage.ts';

export { errorOf, valueOf } from './seen.ts';

export type Counted = Readonly<{
  objectCount: number;
  sizeBytes: number;
  archivedCount: number;
  multipartCount: number;
  /** When the newest of them was written. */
  newestAtMs: EpochMs | undefined;
  isComplete: boolean;
}>;

export type SideLook = Readonly<{
  connection: Connection | undefined;
  identity: Seen<Identity>;
  bucket: Seen<BucketFacts>;
}>;

/** Everything that the checks decide on. */
export type Look = Readonly<{
  request: JobRequest;
  /** The job that asks, when there is one, and whether it has planned already: what it copied is its own. */
  jobId: string | undefined;
  hasPlanned: boolean;
  nowMs: EpochMs;
  source: SideLook & Readonly<{ counted: Seen<Counted> }> & MigrationSourceLook;
  destination: SideLook &
    Readonly<{ holdsObjects: Seen<boolean>; policy: Seen<BucketPolicy | undefined> }> &
    MigrationDestinationLook;
}>;

/** A preview: the plan counts everything later. */
const COUNTED_PAGES_MAX = 20;
const COUNTED_MS_MAX = 10 * SECOND_MS;

export async function lookAtBoth(request: JobRequest, jobId: string | undefined, ports: StepPorts): Promise<Look> {
  const [sourceConnection, destinationConnection] = await Promise.all([
    ports.connections.find(request.source.connection),
    ports.connections.find(request.destination.connection),
  ]);
  const milestones = jobId === undefined ? {} : await readMilestones(ports.documents, jobId);
  const [source, destination] = await Promise.all([
    lookAtSource(sourceConnection, request, ports, jobId),
    lookAtDestination(destinationConnection, request, ports, jobId),
  ]);
  const hasPlanned = milestones.planned !== undefined;
  return { request, jobId, hasPlanned, nowMs: ports.clock.nowMs(), source, destination };
}

async function lookAtSource(
  connection: Connection | undefined,
  request: JobRequest,
  ports: StepPorts,
  jobId: string | undefined,
): Promise<Look['source']> {
  const nothing = { connection, identity: skipped, bucket: skipped, counted: skipped, ...NO_MIGRATION_SOURCE };
  const { bucket, prefix } = request.source;
  if (!connection) return nothing;
  return await withStorage(connection, bucket, jobId, ports, async (storage) => {
    const side = await lookAtSide(connection, bucket, storage);
    const facts = valueOf(side.bucket);
    if (!facts) return { ...nothing, ...side };
    const counted = await seen(() => count(storage, bucket, prefix, request, ports.clock));
    if (request.kind === 'copy') return { ...nothing, ...side, counted };
    return { ...side, counted, ...(await lookForMigration(storage, facts, ports.clock)) };
  });
}

async function lookAtDestination(
  connection: Connection | undefined,
  request: JobRequest,
  ports: StepPorts,
  jobId: string | undefined,
): Promise<Look['destination']> {
  const nothing = {
    connection,
    identity: skipped,
    bucket: skipped,
    holdsObjects: skipped,
    policy: skipped,
    ownBuckets: skipped,
  };
  if (!connection) return nothing;
  const bucket = destinationBucketOf(request);
  return await withStorage(connection, bucket, jobId, ports, async (storage) => {
    if (request.kind === 'migrate') {
      const identity = await seen(() => storage.identity());
      return { ...nothing, identity, ownBuckets: await seen(() => lookAtOwnBuckets(storage, bucket)) };
    }
    const side = await lookAtSide(connection, bucket, storage);
    if (!('value' in side.bucket)) return { ...nothing, ...side };
    return {
      ...nothing,
      ...side,
      holdsObjects: await seen(() => holdsObjects(storage, bucket, request.destination.prefix)),
      policy: await seen(() => storage.readPolicy(bucket)),
    };
  });
}

async function lookAtSide(connection: Connection, bucket: string, storage: Storage): Promise<SideLook> {
  const identity = await seen(() => storage.identity());
  return { connection, identity, bucket: await seen(() => storage.findBucket(bucket)) };
}

function withStorage<T>(
  { name }: Connection,
  bucket: string,
  jobId: string | undefined,
  ports: StepPorts,
  look: (storage: Storage) => Promise<T>,
): Promise<T> {
  const session = { connection: name, purpose: 'look', buckets: [bucket] } as const;
  return withSession({ ...session, ...(jobId === undefined ? {} : { jobId }) }, ports, look);
}

async function count(
  storage: Storage,
  bucket: string,
  prefix: string | undefined,
  { options }: JobRequest,
  clock: Clock,
): Promise<Counted> {
  const sums = { objectCount: 0, sizeBytes: 0, archivedCount: 0, multipartCount: 0 };
  let newestAtMs: EpochMs | undefined;
  const untilMs = clock.nowMs() + COUNTED_MS_MAX;
  let pageCount = 0;
  for await (const page of storage.listObjects({ bucket, ...(prefix === undefined ? {} : { prefix }) })) {
    if (pageCount >= COUNTED_PAGES_MAX || clock.nowMs() > untilMs) return { ...sums, newestAtMs, isComplete: false };
    pageCount += 1;
    for (const object of page) {
      sums.objectCount += 1;
      sums.sizeBytes += object.sizeBytes;
      if (newestAtMs === undefined || object.modifiedAtMs > newestAtMs) newestAtMs = object.modifiedAtMs;
      if (isArchiveClass(object.storageClass)) sums.archivedCount += 1;
      if (object.sizeBytes > options.multipartThresholdBytes) sums.multipartCount += 1;
    }
  }
  return { ...sums, newestAtMs, isComplete: true };
}

async function holdsObjects(storage: Storage, bucket: string, prefix: string | undefined): Promise<boolean> {
  for await (const page of storage.listObjects({ bucket, ...(prefix === undefined ? {} : { prefix }) })) {
    if (page.length > 0) return true;
  }
  return false;
}

/** The first error that a pause may heal: then the checks say nothing about the buckets, only about this minute. */
export function transientErrorOf({ source, destination }: Look): Error | undefined {
  const all = [source.identity, source.bucket, source.counted, destination.identity, destination.bucket];
  const migration = [source.sourcePolicy, source.versions, source.sampled, source.locks, destination.ownBuckets];
  return [...all, destination.holdsObjects, destination.policy, ...migration]
    .map(errorOf)
    .filter((error) => error instanceof Error)
    .find((error) => retryClassOf(error) !== 'never');
}
