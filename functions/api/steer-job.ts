import { jsonText } from '../../domain/document-access.ts';
import { JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument, type RedriveDocument } from '../../domain/job-documents.ts';
import type { FlowDescription } from '../../domain/ports.ts';
import { requireJob } from './documents.ts';
import { leasesOf } from './job-places.ts';
import { acquireLeases, releaseLeases } from './leases.ts';
import type { JobPorts } from './ports.ts';

/**
 * Ends a running job and takes back the access it was given. A job that is stopped already answers the same.
 * Rejects with JobMissingError; with JobStateError when it has ended in another way.
 */
export async function stopJob(jobId: string, ports: JobPorts): Promise<JobDocument> {
  const job = await requireJob(ports.documents, jobId);
  const flow = await ports.flows.describe(jobId);
  if (!flow) throw notBegun(jobId);
  if (flow.status !== 'running' && flow.status !== 'stopped') {
    throw new JobStateError(`Job ${jobId} has ${ENDED_AS[flow.status]} and cannot be stopped.`, {
      subject: { job: jobId },
      remedy: 'Nothing is left to stop.',
    });
  }
  if (flow.status === 'running') await ports.flows.stop(jobId);
  await ports.revokeAccess(jobId);
  await releaseLeases(jobId, await leasesOf(job.request, ports.connections), ports.documents);
  return job;
}

/**
 * Goes on with a job that failed or was stopped, at the state where it ended; its buckets must be free again.
 * Rejects with JobMissingError, JobStateError, BucketLeasedError.
 */
export async function redriveJob(jobId: string, ports: JobPorts): Promise<JobDocument> {
  const job = await requireJob(ports.documents, jobId);
  const flow = await ports.flows.describe(jobId);
  if (!flow) throw notBegun(jobId);
  if (flow.status === 'running' || flow.status === 'succeeded') {
    throw new JobStateError(
      `Job ${jobId} ${flow.status === 'running' ? 'is running' : 'has finished'}; only a failed or stopped job can be redriven.`,
      {
        subject: { job: jobId },
        remedy: flow.status === 'running' ? 'Wait until it has ended.' : 'Start a new job with the same settings.',
      },
    );
  }
  await acquireLeases(jobId, await leasesOf(job.request, ports.connections), ports);
  const redrive: RedriveDocument = { atMs: ports.clock.nowMs() };
  await ports.documents.write(paths.redrive(jobId), jsonText(redrive));
  await ports.flows.redrive(jobId);
  return job;
}

const ENDED_AS: Readonly<Record<Exclude<FlowDescription['status'], 'running' | 'stopped'>, string>> = {
  succeeded: 'finished',
  failed: 'failed',
  'timed-out': 'run out of time',
};

/** Its start was cut short; the janitor starts it within seconds. */
const notBegun = (jobId: string): JobStateError =>
  new JobStateError(`Job ${jobId} has not begun yet.`, {
    subject: { job: jobId },
    remedy: 'Try again in a few seconds.',
  });
