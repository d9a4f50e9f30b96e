import { passMilestone, readJob } from '../../domain/document-access.ts';
import { destinationBucketOf } from '../../domain/job-request.ts';
import { findConnection } from './job-connections.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

/** The bucket tag that tells whose job made it. */
export const JOB_TAG = 'bucket-migrator:job';

/** Makes sure that the destination bucket is there and ours. A Region that was not given is the connection's own. */
export async function createDestinationBucket({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { request } = await readJob(ports.documents, jobId);
  const bucket = destinationBucketOf(request);
  const connection = await findConnection(request.destination.connection, ports.connections);
  const region = request.destination.region ?? connection.region;
  const storage = await ports.storage.open({
    connection: connection.name,
    purpose: 'keep-buckets',
    buckets: [bucket],
    jobId,
  });
  try {
    await storage.createBucket(bucket, region, { [JOB_TAG]: jobId });
  } finally {
    storage.close();
  }
  await passMilestone(ports.documents, jobId, 'destination-bucket-created', ports.clock.nowMs());
  return {};
}
