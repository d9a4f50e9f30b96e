import { readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { FinalBucketDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import type { Milestones } from '../../domain/progress.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { notYet, readFinal } from './migration-so-far.ts';
import type { StepPorts } from './step-ports.ts';
import { isBroughtBack } from './transfer-verdict.ts';

/** What decides about the temporary bucket. */
export type Clearing = Readonly<{
  job: JobDocument;
  temporary: TemporaryBucketDocument | undefined;
  final: FinalBucketDocument | undefined;
  proof: ProofDocument | undefined;
  milestones: Milestones;
}>;

/**
 * May the temporary bucket be opened and cleared? Everything in it that matters must be somewhere else, verified.
 *
 *   how far                                             may it
 *   the quarantine is over                              yes
 *   it is the final bucket itself                       opened; never cleared
 *   being brought back, nothing was ever deleted        yes
 *   being brought back, and the source verified whole   yes
 *   any other                                           no: rejects with JobStateError
 */
export async function requireClearable(jobId: string, ports: StepPorts): Promise<Clearing> {
  const { documents } = ports;
  const [job, milestones, final, temporary, proof] = await Promise.all([
    readJob(documents, jobId),
    readMilestones(documents, jobId),
    readFinal(jobId, documents),
    readJson<TemporaryBucketDocument>(documents, paths.temporaryBucket(jobId)),
    readJson<ProofDocument>(documents, paths.proof(jobId)),
  ]);
  const clearing: Clearing = { job, temporary, final, proof, milestones };
  if (await isClearable(clearing, ports)) return clearing;
  throw notYet(jobId, 'The temporary bucket is still needed: what is in it is not verified elsewhere.');
}

async function isClearable({ job, final, milestones }: Clearing, { documents }: StepPorts): Promise<boolean> {
  if (milestones['quarantine-over'] !== undefined) return true;
  if (final?.isTemporary) return true;
  if (milestones['undo-began'] === undefined) return false;
  return milestones['emptying-began'] === undefined || (await isBroughtBack(job.id, documents));
}
