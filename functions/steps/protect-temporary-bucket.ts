import { readJob } from '../../domain/document-access.ts';
import { partitionOf } from '../../domain/names.ts';
import {
  addStatements,
  protectStatement,
  removeStatements,
  sealSid,
  sealStatement,
  type BucketPolicy,
} from '../../domain/policy.ts';
import { findConnection } from './job-connections.ts';
import { requireTemporary } from './known-buckets.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { requireOurs, temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

export type ProtectInput = JobInput & Readonly<{ writes: 'allowed' | 'denied' }>;

/**
 * Nobody deletes anything in the temporary bucket, we included; `writes: denied`: nobody writes there either. Rejects
 * with BucketReplacedError when it is not the bucket that this job made.
 */
export async function protectTemporaryBucket(
  { jobId, writes }: ProtectInput,
  ports: StepPorts,
): Promise<Record<string, never>> {
  await readJob(ports.documents, jobId);
  const temporary = await requireTemporary(jobId, ports.documents);
  const { kind } = await findConnection(temporary.connection, ports.connections);
  const partition = kind === 's3-compatible' ? 'aws' : partitionOf(temporary.region);
  const protect = protectStatement(jobId, temporary.bucket, partition);
  const seal = sealStatement(jobId, temporary.bucket, partition);
  const edit = (policy: BucketPolicy | undefined): BucketPolicy =>
    writes === 'denied'
      ? addStatements(policy, [protect, seal])
      : addStatements(removeStatements(policy, [sealSid(jobId)]), [protect]);
  await withStorage(temporarySession(jobId, temporary, 'keep-buckets'), ports, async (keeper) => {
    await requireOurs(jobId, temporary.bucket, keeper);
    await keeper.changePolicy(temporary.bucket, edit);
  });
  return {};
}
