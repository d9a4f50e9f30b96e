import type { Side } from '../../../domain/bucket-configuration/plan.ts';
import { readJson } from '../../../domain/document-access.ts';
import { paths, type JobDocument } from '../../../domain/job-documents.ts';
import { destinationBucketOf } from '../../../domain/job-request.ts';
import type { BucketPlace, FinalBucketDocument } from '../../../domain/migration.ts';
import { partitionOf } from '../../../domain/names.ts';
import type { DocumentStore, Identity, Storage, StorageRequest } from '../../../domain/ports.ts';
import { findConnection } from '../job-connections.ts';
import type { StepPorts } from '../step-ports.ts';

/** A session on this bucket: `look` can read settings and change nothing, `configure` can put them. */
export const sessionOn = (
  { connection, bucket }: BucketPlace,
  purpose: 'look' | 'configure',
  jobId: string,
): StorageRequest => ({ connection, purpose, buckets: [bucket], jobId });

/** One end of the move as the session on it tells: `region` is where the bucket is or is to be. */
export async function sideOf(
  { connection, bucket }: BucketPlace,
  region: string,
  storage: Pick<Storage, 'identity'>,
): Promise<Side> {
  const { accountId }: Identity = await storage.identity();
  const partition = region === 'default' ? 'aws' : partitionOf(region);
  return { connection, bucket, region, partition, ...(accountId === undefined ? {} : { accountId }) };
}

/** Where the bucket that the job ends with is, or is meant to be while it is not made yet. */
export async function lastPlaceOf(
  { id, request }: JobDocument,
  { documents, connections }: Pick<StepPorts, 'documents' | 'connections'>,
): Promise<BucketPlace & { region: string }> {
  const final = request.kind === 'migrate' ? await readFinalBucket(id, documents) : undefined;
  if (final) return { connection: final.connection, bucket: final.bucket, region: final.region };
  const { connection, region } = request.destination;
  const { region: usual } = await findConnection(connection, connections);
  return { connection, bucket: destinationBucketOf(request), region: region ?? usual };
}

const readFinalBucket = (jobId: string, documents: DocumentStore): Promise<FinalBucketDocument | undefined> =>
  readJson<FinalBucketDocument>(documents, paths.finalBucket(jobId));
