import { passMilestone } from '../../domain/document-access.ts';
import { releaseLeases } from './leases.ts';
import { notYet, readFinal, readMigration, requirePassed } from './migration-so-far.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { writeReport } from './write-report.ts';

/**
 * The report, the buckets' names given back, and the last milestone. Only now is the job at 100 %. Rejects with
 * JobStateError while something is left to do, whatever the flow believes.
 */
export async function finishMigration({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const { job, temporary, milestones } = await readMigration(jobId, documents);
  requirePassed(jobId, milestones, 'returned', 'What was copied back is not verified yet.');
  const final = await readFinal(jobId, documents);
  const isSettled = temporary.removedAtMs !== undefined || temporary.keptBecause !== undefined;
  if (!final || !isSettled) throw notYet(jobId, 'The temporary bucket was not dealt with yet.');
  await writeReport(job, 'verified', undefined, ports);
  await releaseLeases(jobId, documents);
  await passMilestone(documents, jobId, 'finished', clock.nowMs());
  return {};
}
