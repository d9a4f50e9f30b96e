import { passMilestone, readJob } from '../../domain/document-access.ts';
import { AccessDeniedError, BucketMissingError } from '../../domain/errors.ts';
import { destinationBucketOf } from '../../domain/job-request.ts';
import type { BucketKeeper } from '../../domain/ports.ts';
import { findConnection } from './job-connections.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

/** The bucket tag that tells whose job made it. */
export const JOB_TAG = 'bucket-migrator:job';

/**
 * Makes sure that the destination bucket is there and ours. Where no Region was given, a bucket that is there stays
 * where it is, and a new one is made in the connection's own.
 */
export async function createDestinationBucket({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { request } = await readJob(ports.documents, jobId);
  const bucket = destinationBucketOf(request);
  const connection = await findConnection(request.destination.connection, ports.connections);
  const storage = await ports.storage.open({
    connection: connection.name,
    purpose: 'keep-buckets',
    buckets: [bucket],
    jobId,
  });
  try {
    const region = request.destination.region ?? (await regionOfExisting(bucket, storage)) ?? connection.region;
    await storage.createBucket(bucket, region, { [JOB_TAG]: jobId });
  } finally {
    storage.close();
  }
  await passMilestone(ports.documents, jobId, 'destination-bucket-created', ports.clock.nowMs());
  return {};
}

/** What we may not look at, making the bucket decides. */
async function regionOfExisting(
  bucket: string,
  keeper: Pick<BucketKeeper, 'identifyBucket'>,
): Promise<string | undefined> {
  try {
    return (await keeper.identifyBucket(bucket)).region;
  } catch (error) {
    if (error instanceof BucketMissingError || error instanceof AccessDeniedError) return undefined;
    throw error;
  }
}
