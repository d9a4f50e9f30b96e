import { jsonText, readJson } from '../../domain/document-access.ts';
import { BucketMissingError, ProtectionNotInForceError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import { protectSid, sealSid, type BucketPolicy } from '../../domain/policy.ts';
import type { EpochMs } from '../../domain/time.ts';
import { denies } from './freezing.ts';
import { requireTemporary } from './known-buckets.ts';
import { IN_FORCE, PROBED_MS_MAX, waitSecondsAfter, type Probe } from './probing.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

type Wanted = 'protected' | 'open';
export type ProbeProtectionInput = JobInput & Readonly<{ wants: Wanted }>;

/** Since when a probe has had another answer than the wanted one. */
type ProbeDocument = Readonly<{ bucket: string; wants: Wanted; sinceMs: EpochMs }>;

/**
 * Is a deletion in the temporary bucket refused by now, or, to clear it, allowed? A bucket that is gone is open.
 * Rejects with ProtectionNotInForceError after half an hour.
 */
export async function probeProtection({ jobId, wants }: ProbeProtectionInput, ports: StepPorts): Promise<Probe> {
  const temporary = await requireTemporary(jobId, ports.documents);
  const path = paths.protectionProbe(jobId);
  if (await isSo(jobId, temporary, wants, ports)) {
    await ports.documents.remove(path);
    return IN_FORCE;
  }
  const nowMs = ports.clock.nowMs();
  const { bucket } = temporary;
  const before = await readJson<ProbeDocument>(ports.documents, path);
  if (before?.wants !== wants || before.bucket !== bucket) {
    await ports.documents.write(path, jsonText({ bucket, wants, sinceMs: nowMs } satisfies ProbeDocument));
    return { inForce: false, waitSeconds: waitSecondsAfter(nowMs, nowMs) };
  }
  if (nowMs - before.sinceMs < PROBED_MS_MAX)
    return { inForce: false, waitSeconds: waitSecondsAfter(before.sinceMs, nowMs) };
  await ports.documents.remove(path); // a redrive gets its own half hour
  throw notSo(jobId, bucket, wants);
}

async function isSo(
  jobId: string,
  temporary: TemporaryBucketDocument,
  wants: Wanted,
  ports: StepPorts,
): Promise<boolean> {
  try {
    const seen = await lookAtProtection(jobId, temporary, ports);
    return wants === 'protected' ? seen.isProtected && seen.isDeleteRefused : !seen.isClosed && !seen.isDeleteRefused;
  } catch (error) {
    if (wants === 'open' && error instanceof BucketMissingError) return true;
    throw error;
  }
}

export type ProtectionSeen = Readonly<{
  /** The statement against deletions is in the policy. */
  isProtected: boolean;
  /** So is the one against writes. */
  isSealed: boolean;
  /** Either of them. */
  isClosed: boolean;
  isDeleteRefused: boolean;
}>;

/** Looked at afresh: the policy as it is, and a deletion of nothing. */
export async function lookAtProtection(
  jobId: string,
  temporary: TemporaryBucketDocument,
  ports: StepPorts,
): Promise<ProtectionSeen> {
  const { bucket } = temporary;
  const policy = await withStorage(temporarySession(jobId, temporary, 'keep-buckets'), ports, (keeper) =>
    keeper.readPolicy(bucket),
  );
  const answer = await withStorage(temporarySession(jobId, temporary, 'probe'), ports, (storage) =>
    storage.probeDelete(bucket),
  );
  return { ...statementsIn(policy, jobId), isDeleteRefused: answer === 'refused' };
}

function statementsIn(policy: BucketPolicy | undefined, jobId: string): Omit<ProtectionSeen, 'isDeleteRefused'> {
  const isProtected = denies(policy, protectSid(jobId));
  const isSealed = denies(policy, sealSid(jobId));
  return { isProtected, isSealed, isClosed: isProtected || isSealed };
}

function notSo(jobId: string, bucket: string, wants: Wanted): ProtectionNotInForceError {
  const what =
    wants === 'protected'
      ? 'a deletion there is still allowed, half an hour after its policy forbade it'
      : 'a deletion there is still refused, half an hour after its policy was opened';
  const remedy =
    wants === 'protected'
      ? 'Look at the policy of the temporary bucket and who changes it, then redrive the job.'
      : "Allow s3:DeleteObject in the destination role's policy and look at the bucket's policy, then redrive the job.";
  return new ProtectionNotInForceError(`The temporary bucket "${bucket}": ${what}.`, {
    subject: { bucket, job: jobId },
    remedy,
  });
}
