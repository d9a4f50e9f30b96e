import { passMilestone, readJob } from '../../domain/document-access.ts';
import { innermostFailure, withRemedy, type StateFailure } from './job-failure.ts';
import { releaseLeases } from './leases.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { writeReport } from './write-report.ts';

/** The report, the last milestone, and the buckets' names given back. Only now is the job at 100 %. */
export async function finishJob({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const job = await readJob(ports.documents, jobId);
  await writeReport(job, 'verified', undefined, ports);
  await passMilestone(ports.documents, jobId, 'verified', ports.clock.nowMs());
  await passMilestone(ports.documents, jobId, 'finished', ports.clock.nowMs());
  await releaseLeases(job, ports);
  return {};
}

export type ReportFailureInput = Readonly<{
  jobId: string;
  failure: StateFailure;
  redrivesBefore: number;
  redriveCount: number;
}>;

/** The job's first error again, under its own name. */
export class JobFailedError extends Error {
  override readonly name: string;

  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * Writes the report of a failed job, gives the leases back and fails with the first error, so that the execution ends
 * here with it. Redriven, it answers instead, and the flow takes the job up from its first check.
 */
export async function reportFailure(input: ReportFailureInput, ports: StepPorts): Promise<Record<string, never>> {
  if (input.redriveCount > input.redrivesBefore) return {};
  const failure = innermostFailure(input.failure);
  const job = await readJob(ports.documents, input.jobId);
  await writeReport(job, 'failed', failure, ports);
  // A connection that is missing may be the failure itself; then a later start takes the leases over.
  await releaseLeases(job, ports).catch(() => undefined);
  throw new JobFailedError(failure.error, withRemedy(failure.message, failure.remedy));
}
