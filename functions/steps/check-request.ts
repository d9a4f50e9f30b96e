import { passMilestone, readJob } from '../../domain/document-access.ts';
import { PreflightBlockedError } from '../../domain/errors.ts';
import { holdLeases } from './leases.ts';
import { runPreflightOfJob } from './preflight.ts';
import type { JobInput, StepPorts } from './step-ports.ts';

export type CheckedRequest = Readonly<{ shardsAtOnceMax: number; roundsMax: number }>;

/**
 * Holds the leases on both names and checks everything that can be known before the first write. Rejects with
 * BucketLeasedError, PreflightBlockedError, or the error of a storage that did not answer.
 */
export async function checkRequest({ jobId }: JobInput, ports: StepPorts): Promise<CheckedRequest> {
  const job = await readJob(ports.documents, jobId);
  await holdLeases(job, ports);
  const { view, transientError } = await runPreflightOfJob(job, ports);
  if (transientError) throw transientError;
  const blocked = view.checks.filter((check) => check.status === 'blocked');
  if (blocked.length > 0) {
    throw new PreflightBlockedError(blocked.map((check) => check.reason).join(' '), {
      subject: { job: jobId },
      remedy: blocked.map((check) => check.remedy).join(' '),
    });
  }
  await passMilestone(ports.documents, jobId, 'started', ports.clock.nowMs());
  const { shardsAtOnceMax, roundsMax } = job.request.options;
  return { shardsAtOnceMax, roundsMax };
}
