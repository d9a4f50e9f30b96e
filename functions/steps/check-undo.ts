import { passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { stageOf, type MigrationStage } from '../../domain/migration.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { holdLeases, releaseLeases } from './leases.ts';
import { isSourceGone, requireMeantAbsence } from './source-absence.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { isBroughtBack } from './transfer-verdict.ts';

export type CheckedUndo = Readonly<{
  stage: MigrationStage;
  /** Nothing was deleted at the source, or all of it was brought back and verified: what is there now is its users'. */
  isWhole: boolean;
  shardsAtOnceMax: number;
  roundsMax: number;
  carriesVersions: boolean;
  /** Of the proof. */
  parts: number;
}>;

/**
 * What there is to bring back. From here on nothing more is deleted at the source but histories that are broken, whose
 * parts of the proof are listed for that. Holds the leases. Rejects with
 * JobStateError once the source bucket is deleted, also where only the answer to its deletion was lost: the job then
 * goes on as a migration. Rejects with BucketLeasedError, BucketReplacedError.
 */
export async function checkUndo({ jobId }: JobInput, ports: StepPorts): Promise<CheckedUndo> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const stage = stageOf(await readMilestones(documents, jobId));
  const isWhole = stage === 'beginning' || (stage === 'emptying' && (await isBroughtBack(jobId, documents)));
  if (stage !== 'undone') {
    if (stage !== 'beginning' && stage !== 'emptying') throw tooLate(jobId);
    await holdLeases(job, ports);
    if (!isWhole) await requireSourceThere(job, ports);
    await passMilestone(documents, jobId, 'undo-began', clock.nowMs());
  } else await releaseLeases(jobId, documents); // who redrives a job takes them first
  const proof = await readJson<ProofDocument>(documents, paths.proof(jobId));
  const { shardsAtOnceMax, roundsMax } = job.request.options;
  const carriesVersions = proof?.carriesVersions ?? false;
  const parts = stage === 'emptying' ? (proof?.parts ?? []) : [];
  // A newer proof may have been sealed since the gate listed the parts of the one before it.
  if (parts.length > 0) await documents.write(paths.emptyingParts(jobId, 'source'), partLines(parts));
  return { stage, isWhole, shardsAtOnceMax, roundsMax, carriesVersions, parts: parts.length };
}

const partLines = (parts: ProofDocument['parts']): string =>
  parts.map(({ part }) => `${JSON.stringify({ part })}\n`).join('');

/** A deletion that was asked for may have happened: then the job goes on as deleted, and can be rebuilt instead. */
async function requireSourceThere({ id, request }: JobDocument, ports: StepPorts): Promise<void> {
  if (!(await isSourceGone(id, ports))) return;
  await requireMeantAbsence(id, request.source.bucket, ports);
  await passMilestone(ports.documents, id, 'source-deleted', ports.clock.nowMs());
  throw tooLate(id);
}

const tooLate = (jobId: string): JobStateError =>
  new JobStateError('The source bucket is deleted: it cannot be filled again.', {
    subject: { job: jobId },
    remedy:
      'Redrive the job, which finishes it; or decide that the bucket is made again in the source account. Every object is in the temporary bucket.',
  });
