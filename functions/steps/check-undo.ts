import { passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { stageOf, type MigrationStage } from '../../domain/migration.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { isGone } from './bucket-presence.ts';
import { requireSource } from './known-buckets.ts';
import { holdLeases } from './leases.ts';
import { requireMeantAbsence } from './source-absence.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type CheckedUndo = Readonly<{
  stage: MigrationStage;
  shardsAtOnceMax: number;
  roundsMax: number;
  carriesVersions: boolean;
  /** Of the proof. */
  parts: number;
}>;

/**
 * What there is to bring back. From here on nothing more is deleted at the source. Holds the leases. Rejects with
 * JobStateError once the source bucket is deleted, also where only the answer to its deletion was lost: the job then
 * goes on as a migration. Rejects with BucketLeasedError, BucketReplacedError.
 */
export async function checkUndo({ jobId }: JobInput, ports: StepPorts): Promise<CheckedUndo> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const stage = stageOf(await readMilestones(documents, jobId));
  if (stage !== 'undone') {
    if (stage !== 'beginning' && stage !== 'emptying') throw tooLate(jobId);
    await holdLeases(job, ports);
    if (stage === 'emptying') await requireSourceThere(job, ports);
    await passMilestone(documents, jobId, 'undo-began', clock.nowMs());
  }
  const proof = await readJson<ProofDocument>(documents, paths.proof(jobId));
  const { shardsAtOnceMax, roundsMax } = job.request.options;
  const carriesVersions = proof?.carriesVersions ?? false;
  const parts = stage === 'emptying' ? (proof?.parts.length ?? 0) : 0;
  return { stage, shardsAtOnceMax, roundsMax, carriesVersions, parts };
}

/** A deletion that was asked for may have happened: then the job goes on as deleted, and can be rebuilt instead. */
async function requireSourceThere(job: JobDocument, ports: StepPorts): Promise<void> {
  const { connection, bucket } = await requireSource(job.id, ports.documents);
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: job.id } as const;
  const isThere = await withStorage(session, ports, async (storage) => {
    try {
      await storage.identifyBucket(bucket);
      return true;
    } catch (error) {
      if (await isGone(error, bucket, storage)) return false;
      throw error;
    }
  });
  if (isThere) return;
  await requireMeantAbsence(job.id, bucket, ports);
  await passMilestone(ports.documents, job.id, 'source-deleted', ports.clock.nowMs());
  throw tooLate(job.id);
}

const tooLate = (jobId: string): JobStateError =>
  new JobStateError('The source bucket is deleted: it cannot be filled again.', {
    subject: { job: jobId },
    remedy:
      'Redrive the job, which finishes it; or decide that the bucket is made again in the source account. Every object is in the temporary bucket.',
  });
