import type { Connection } from '../../domain/connection.ts';
import { readMilestones } from '../../domain/document-access.ts';
import { retryClassOf } from '../../domain/errors.ts';
import { destinationBucketOf, type JobRequest } from '../../domain/job-request.ts';
import { isArchiveClass } from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type { BucketFacts, Identity, Storage } from '../../domain/ports.ts';
import { SECOND_MS, type Clock } from '../../domain/time.ts';
import type { StepPorts } from './step-ports.ts';

/** What was seen, the error that stood in the way, or nothing when it was not looked at. */
export type Seen<T> = Readonly<{ value: T } | { error: unknown } | { skipped: true }>;
export const skipped = { skipped: true } as const;
export const valueOf = <T>(seen: Seen<T>): T | undefined => ('value' in seen ? seen.value : undefined);
export const errorOf = (seen: Seen<unknown>): unknown => ('error' in seen ? seen.error : undefined);

export type Counted = Readonly<{
  objectCount: number;
  sizeBytes: number;
  archivedCount: number;
  multipartCount: number;
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
  source: SideLook & Readonly<{ counted: Seen<Counted> }>;
  destination: SideLook & Readonly<{ holdsObjects: Seen<boolean>; policy: Seen<BucketPolicy | undefined> }>;
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
  return { request, jobId, hasPlanned: milestones.planned !== undefined, source, destination };
}

async function lookAtSource(
  connection: Connection | undefined,
  request: JobRequest,
  ports: StepPorts,
  jobId: string | undefined,
): Promise<Look['source']> {
  const nothing = { connection, identity: skipped, bucket: skipped, counted: skipped };
  const { bucket, prefix } = request.source;
  if (!connection) return nothing;
  return await withStorage(connection, bucket, jobId, ports, async (storage) => {
    const side = await lookAtSide(connection, bucket, storage);
    const isThere = 'value' in side.bucket;
    return {
      ...side,
      counted: isThere ? await seen(() => count(storage, bucket, prefix, request, ports.clock)) : skipped,
    };
  });
}

async function lookAtDestination(
  connection: Connection | undefined,
  request: JobRequest,
  ports: StepPorts,
  jobId: string | undefined,
): Promise<Look['destination']> {
  const nothing = { connection, identity: skipped, bucket: skipped, holdsObjects: skipped, policy: skipped };
  if (!connection) return nothing;
  const bucket = destinationBucketOf(request);
  return await withStorage(connection, bucket, jobId, ports, async (storage) => {
    const side = await lookAtSide(connection, bucket, storage);
    if (!('value' in side.bucket)) return { ...side, holdsObjects: skipped, policy: skipped };
    return {
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

async function withStorage<T>(
  { name }: Connection,
  bucket: string,
  jobId: string | undefined,
  { storage }: StepPorts,
  look: (storage: Storage) => Promise<T>,
): Promise<T> {
  const opened = await storage.open({
    connection: name,
    purpose: 'look',
    buckets: [bucket],
    ...(jobId === undefined ? {} : { jobId }),
  });
  try {
    return await look(opened);
  } finally {
    opened.close();
  }
}

async function seen<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await look() };
  } catch (error) {
    return { error };
  }
}

async function count(
  storage: Storage,
  bucket: string,
  prefix: string | undefined,
  { options }: JobRequest,
  clock: Clock,
): Promise<Counted> {
  const sums = { objectCount: 0, sizeBytes: 0, archivedCount: 0, multipartCount: 0 };
  const untilMs = clock.nowMs() + COUNTED_MS_MAX;
  let pageCount = 0;
  for await (const page of storage.listObjects({ bucket, ...(prefix === undefined ? {} : { prefix }) })) {
    if (pageCount >= COUNTED_PAGES_MAX || clock.nowMs() > untilMs) return { ...sums, isComplete: false };
    pageCount += 1;
    for (const object of page) {
      sums.objectCount += 1;
      sums.sizeBytes += object.sizeBytes;
      if (isArchiveClass(object.storageClass)) sums.archivedCount += 1;
      if (object.sizeBytes > options.multipartThresholdBytes) sums.multipartCount += 1;
    }
  }
  return { ...sums, isComplete: true };
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
  return [...all, destination.holdsObjects, destination.policy]
    .map(errorOf)
    .filter((error) => error instanceof Error)
    .find((error) => retryClassOf(error) !== 'never');
}
