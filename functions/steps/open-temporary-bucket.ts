import { jsonText } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import { protectSid, removeStatements, sealSid } from '../../domain/policy.ts';
import { isGone } from './bucket-presence.ts';
import { requireStanding } from './final-bucket-standing.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { requireClearable } from './temporary-clearing.ts';
import { requireOurs, temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

/** `isKept`: it is the final bucket. `parts`: of the proof, to be emptied. */
export type OpenedTemporary = Readonly<{ exists: boolean; isKept: boolean; parts: number }>;

/**
 * Takes our statements out of the temporary bucket's policy, so that it can be cleared, or used as the final one. Safe
 * to repeat. Rejects with JobStateError while it is needed, and with BucketReplacedError when it is not ours, or when
 * the final bucket is gone or empty.
 */
export async function openTemporaryBucket({ jobId }: JobInput, ports: StepPorts): Promise<OpenedTemporary> {
  const { temporary, final, proof, milestones } = await requireClearable(jobId, ports);
  const isKept = final?.isTemporary ?? false;
  const parts = isKept || milestones['quarantine-over'] === undefined ? 0 : (proof?.parts.length ?? 0);
  if (!temporary || temporary.removedAtMs !== undefined) return { exists: false, isKept, parts: 0 };
  const { bucket } = temporary;
  const isThere = await withStorage(temporarySession(jobId, temporary, 'keep-buckets'), ports, async (keeper) => {
    try {
      await requireOurs(jobId, bucket, keeper);
      // Weeks may lie between the end of the quarantine and a redrive.
      if (proof && final && parts > 0) await requireStanding(final, proof, ports);
      await keeper.changePolicy(bucket, (policy) => removeStatements(policy, [protectSid(jobId), sealSid(jobId)]));
      return true;
    } catch (error) {
      if (await isGone(error, bucket, keeper)) return false;
      throw error;
    }
  });
  if (!isThere) return { exists: false, isKept, parts: 0 };
  const openedAtMs = temporary.openedAtMs ?? ports.clock.nowMs();
  await ports.documents.write(paths.temporaryBucket(jobId), jsonText({ ...temporary, openedAtMs }));
  return { exists: true, isKept, parts };
}
