import { passMilestone, readJob, readJson, readMilestones } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FreezeDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import { releaseLeases } from './leases.ts';
import { notYet, requirePassed } from './migration-so-far.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { isBroughtBack } from './transfer-verdict.ts';
import { writeReport } from './write-report.ts';

/**
 * The source is as it was: the report says so, and the names are given back. Rejects with JobStateError when something
 * was deleted and not brought back and verified, while the source is frozen, or the temporary bucket not dealt with.
 */
export async function finishUndo({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const milestones = await readMilestones(documents, jobId);
  requirePassed(jobId, milestones, 'undo-began', 'Nothing was asked to be brought back.');
  if (milestones['emptying-began'] !== undefined && !(await isBroughtBack(jobId, documents)))
    throw notYet(jobId, 'Not everything was brought back and verified.');
  const freeze = await readJson<FreezeDocument>(documents, paths.freeze(jobId));
  if (freeze && freeze.thawedAtMs === undefined) throw notYet(jobId, 'The source is still frozen.');
  const temporary = await readJson<TemporaryBucketDocument>(documents, paths.temporaryBucket(jobId));
  if (temporary && temporary.removedAtMs === undefined && temporary.keptBecause === undefined)
    throw notYet(jobId, 'The temporary bucket was not dealt with yet.');
  await writeReport(job, 'undone', undefined, ports);
  await releaseLeases(jobId, documents);
  await passMilestone(documents, jobId, 'undone', clock.nowMs());
  return {};
}
