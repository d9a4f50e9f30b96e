import { passMilestone } from '../../domain/document-access.ts';
import { ObjectsDifferError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument } from '../../domain/migration.ts';
import { returningCount } from '../../domain/proof.ts';
import { readMigration, requireJson, requirePassed, type Migration } from './migration-so-far.ts';
import { isProofIntact } from './proof-on-disk.ts';
import { invalid } from './proof-lookup.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { lastVerdict } from './transfer-verdict.ts';

/**
 * The second gate: everything that the proof lists was verified in the final bucket, so that the temporary bucket is
 * not the only one any more. Nothing to verify where the temporary bucket became the final one, and nothing of it will
 * be deleted. Rejects with ObjectsDifferError and ProofInvalidError.
 */
export async function checkReturn({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const migration = await readMigration(jobId, documents);
  requirePassed(jobId, migration.milestones, 'destination-bucket-created', 'The final bucket is not made yet.');
  const final = await requireJson<FinalBucketDocument>(jobId, paths.finalBucket(jobId), documents);
  const { job, proof } = migration;
  if (!(await isProofIntact(jobId, proof, job.request.options.evidence, documents)))
    throw invalid(jobId, 'The proof is not the one that was sealed.');
  if (!final.isTemporary) await requireReturned(migration, ports);
  await passMilestone(documents, jobId, 'returned', clock.nowMs());
  return {};
}

async function requireReturned({ job, proof }: Migration, { documents }: StepPorts): Promise<void> {
  const verdict = await lastVerdict(job.id, 'copy-back', documents);
  if (verdict?.verdict !== 'equal') throw differ(job.id, verdict?.summary ?? 'What was copied back was not verified.');
  if (verdict.sourceCount === returningCount(proof)) return;
  const [verified, proven] = [verdict.sourceCount, returningCount(proof)].map((count) => count.toLocaleString('en'));
  throw differ(job.id, `Verified were ${verified} objects, and the proof lists ${proven} that come back.`);
}

const differ = (jobId: string, message: string): ObjectsDifferError =>
  new ObjectsDifferError(message, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it copies back what is missing and verifies again. The temporary bucket stays as it is.',
  });
