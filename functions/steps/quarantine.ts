import { jsonText, passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument, QuarantineConsent, QuarantineDocument } from '../../domain/migration.ts';
import { DAY_MS, SECOND_MS, type EpochMs } from '../../domain/time.ts';
import { isGone } from './bucket-presence.ts';
import { requireStanding } from './final-bucket-standing.ts';
import { notYet, readMigration, requireJson, requirePassed, type Migration } from './migration-so-far.ts';
import { requireDigest } from './proof-lookup.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

/** The clock that wakes the flow and ours may differ by this much. */
const CLOCKS_DIFFER_MS = 5 * SECOND_MS;

/**
 * For how long the second whole copy is kept from now on; 0 once it is over or somebody consented to end it. Begins
 * once, however often the job is taken up.
 */
export async function beginQuarantine({ jobId }: JobInput, ports: StepPorts): Promise<{ remainingSeconds: number }> {
  const { documents, clock } = ports;
  const milestones = await readMilestones(documents, jobId);
  requirePassed(jobId, milestones, 'returned', 'What was copied back is not verified yet.');
  // Every setting was put before the flow comes here.
  await passMilestone(documents, jobId, 'configured', clock.nowMs());
  const final = await requireJson<FinalBucketDocument>(jobId, paths.finalBucket(jobId), documents);
  if (final.isTemporary || milestones['quarantine-over'] !== undefined) return { remainingSeconds: 0 };
  const { endsAtMs } = await begin(jobId, ports);
  if (await isShortened(jobId, ports)) return { remainingSeconds: 0 };
  return { remainingSeconds: Math.max(0, Math.ceil((endsAtMs - clock.nowMs()) / SECOND_MS)) };
}

async function begin(jobId: string, { documents, clock }: StepPorts): Promise<QuarantineDocument> {
  const { request } = await readJob(documents, jobId);
  const beganAtMs = clock.nowMs();
  const endsAtMs = (beganAtMs + request.options.quarantineDays * DAY_MS) as EpochMs;
  const path = paths.quarantine(jobId);
  try {
    await documents.write(path, jsonText({ beganAtMs, endsAtMs } satisfies QuarantineDocument), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
  }
  return await requireJson<QuarantineDocument>(jobId, path, documents);
}

/** Somebody typed the name of this temporary bucket. */
async function isShortened(jobId: string, { documents }: StepPorts): Promise<boolean> {
  const { temporary } = await readMigration(jobId, documents);
  const consent = await readJson<QuarantineConsent>(documents, paths.answer(jobId, 'quarantine'));
  return consent !== undefined && consent.bucket === temporary.bucket;
}

/**
 * From here on the temporary bucket may be deleted: lists the parts of the proof that are to be emptied. Looks first
 * whether the final bucket still stands, because what nobody needs twice must be there once. Rejects with
 * JobStateError before its time, BucketReplacedError, ProofInvalidError.
 */
export async function endQuarantine({ jobId }: JobInput, ports: StepPorts): Promise<{ parts: number }> {
  const { documents, clock } = ports;
  const migration = await readMigration(jobId, documents);
  requirePassed(jobId, migration.milestones, 'returned', 'What was copied back is not verified yet.');
  const final = await requireJson<FinalBucketDocument>(jobId, paths.finalBucket(jobId), documents);
  if (!final.isTemporary) {
    if (!(await isOver(migration, ports))) throw notYet(jobId, 'The temporary bucket is kept for some time still.');
    requireDigest(migration.proof);
    if (await isThere(migration, ports)) await requireStanding(final, migration.proof, ports);
  }
  const parts = final.isTemporary ? [] : migration.proof.parts;
  const lines = parts.map(({ part }) => `${JSON.stringify({ part })}\n`).join('');
  await documents.write(paths.emptyingParts(jobId, 'temporary'), lines);
  await passMilestone(documents, jobId, 'quarantine-over', clock.nowMs());
  return { parts: parts.length };
}

async function isOver({ job, milestones }: Migration, ports: StepPorts): Promise<boolean> {
  if (milestones['quarantine-over'] !== undefined || (await isShortened(job.id, ports))) return true;
  const path = paths.quarantine(job.id);
  const { endsAtMs } = await requireJson<QuarantineDocument>(job.id, path, ports.documents);
  return ports.clock.nowMs() >= endsAtMs - CLOCKS_DIFFER_MS;
}

/** A temporary bucket that somebody has deleted needs nothing to stand for it. */
async function isThere({ job, temporary }: Migration, ports: StepPorts): Promise<boolean> {
  const { bucket } = temporary;
  return withStorage(temporarySession(job.id, temporary, 'look'), ports, async (storage) => {
    try {
      await storage.findBucket(bucket);
      return true;
    } catch (error) {
      if (await isGone(error, bucket, storage)) return false;
      throw error;
    }
  });
}
