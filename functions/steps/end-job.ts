import { passMilestone, readJob } from '../../domain/document-access.ts';
import { ObjectsDifferError } from '../../domain/errors.ts';
import { paths, type JobDocument, type Milestone } from '../../domain/job-documents.ts';
import { innermostFailure, withRemedy, type JobFailure, type StateFailure } from './job-failure.ts';
import { releaseLeases } from './leases.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { readIfWhole, reportOf, writeReport } from './write-report.ts';

/**
 * The report, the buckets' names given back, and the last milestone. Only now is the job at 100 %. Rejects with
 * ObjectsDifferError when the last round was not found equal on both sides, whatever the flow believes.
 */
export async function finishJob({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const { plan, verdict } = await reportOf(job, 'verified', undefined, ports);
  if (verdict?.verdict !== 'equal' || verdict.round !== plan?.round) {
    throw new ObjectsDifferError(verdict?.summary ?? 'Nothing was verified.', {
      subject: { job: jobId },
      remedy: 'Redrive the job: it verifies both sides again.',
    });
  }
  await writeReport(job, 'verified', undefined, ports);
  await passMilestone(documents, jobId, 'verified', clock.nowMs());
  await releaseLeases(jobId, documents);
  await passMilestone(documents, jobId, 'finished', clock.nowMs());
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
 * here with it. Redriven, it answers instead, and the flow takes the job up from its first check. A migration that may
 * have deleted something, or is being brought back, keeps its names to itself until it has ended: nobody else may get
 * between its two buckets.
 */
export async function reportFailure(input: ReportFailureInput, ports: StepPorts): Promise<Record<string, never>> {
  if (input.redriveCount > input.redrivesBefore) return {};
  const failure = innermostFailure(input.failure);
  const job = await readIfWhole<JobDocument>(ports.documents, paths.request(input.jobId));
  // Who fails after the last milestone has nothing left to do: the report of the job's end stands.
  if (job && !(await isOver(input.jobId, ports))) await writeReport(job, 'failed', failure, ports);
  if (!(await isBetweenBuckets(input.jobId, ports))) await releaseLeases(input.jobId, ports.documents);
  throw new JobFailedError(nameOf(failure), withRemedy(failure.message, failure.remedy));
}

/** Asked of the documents by their presence, so that a damaged one cannot give the names away. */
async function isBetweenBuckets(jobId: string, ports: StepPorts): Promise<boolean> {
  const hasBegun = (await hasPassed(jobId, 'emptying-began', ports)) || (await hasPassed(jobId, 'undo-began', ports));
  return hasBegun && !(await isOver(jobId, ports));
}

const isOver = async (jobId: string, ports: StepPorts): Promise<boolean> =>
  (await hasPassed(jobId, 'finished', ports)) || (await hasPassed(jobId, 'undone', ports));

const hasPassed = async (jobId: string, name: Milestone, { documents }: StepPorts): Promise<boolean> =>
  (await documents.read(paths.milestone(jobId, name))) !== undefined;

/** This state's own Retry would take these for its own trouble and report again and again; the report has the real name. */
const nameOf = ({ error }: JobFailure): string =>
  /^(Lambda\.|States\.(Heartbeat)?Timeout$)/.test(error) ? 'JobFailedError' : error;
