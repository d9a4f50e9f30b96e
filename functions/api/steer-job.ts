import { jsonText } from '../../domain/document-access.ts';
import { JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument, type RedriveDocument } from '../../domain/job-documents.ts';
import type { MigrationStage } from '../../domain/migration.ts';
import type { FlowDescription, Machine } from '../../domain/ports.ts';
import { stopMigration } from './bring-back.ts';
import { requireJob } from './documents.ts';
import { allLeasesOf, leasesOf } from './job-places.ts';
import { acquireLeases, releaseLeases } from './leases.ts';
import { readMigrationNow } from './migration-now.ts';
import type { JobPorts, Operator } from './ports.ts';

/**
 * Ends a running copy job and takes back the access it was given; one that is stopped already answers the same. What it
 * does to a migration stands at `stopMigration`. Rejects with JobMissingError; with JobStateError when it has ended in
 * another way.
 */
export async function stopJob(
  jobId: string,
  options: Readonly<{ operator: Operator; seen?: MigrationStage | undefined }>,
  ports: JobPorts,
): Promise<JobDocument> {
  const job = await requireJob(ports.documents, jobId);
  const flow = await ports.flows.describe(jobId);
  if (!flow) throw notBegun(jobId);
  if (job.request.kind === 'migrate') {
    const now = await readMigrationNow(ports.documents, job);
    await stopMigration(now, { seen: options.seen, operator: options.operator }, flow, ports);
    return job;
  }
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
 * Goes on with a job that failed or was stopped, where it ended; its buckets must be free again. Where the execution
 * itself cannot be redriven, or another machine has to go on, a new one is started, which finds how far the job is.
 * Rejects with JobMissingError, JobStateError, BucketLeasedError.
 */
export async function redriveJob(jobId: string, ports: JobPorts): Promise<JobDocument> {
  const job = await requireJob(ports.documents, jobId);
  const flow = await ports.flows.describe(jobId);
  if (!flow) throw notBegun(jobId);
  if (flow.status === 'running' || flow.status === 'succeeded') throw notRedrivable(jobId, flow.status);
  const machine = await machineToGoOn(job, flow, ports);
  await acquireLeases(jobId, await allLeasesOf(job, ports), ports);
  const redrive: RedriveDocument = { atMs: ports.clock.nowMs() };
  await ports.documents.write(paths.redrive(jobId), jsonText(redrive));
  if (machine === flow.machine && flow.isRedrivable) await ports.flows.redrive(jobId);
  else await ports.flows.startAgain(machine, jobId, { jobId });
  return job;
}

const notRedrivable = (jobId: string, status: 'running' | 'succeeded'): JobStateError =>
  new JobStateError(
    `Job ${jobId} ${status === 'running' ? 'is running' : 'has finished'}; only a failed or stopped job can be redriven.`,
    {
      subject: { job: jobId },
      remedy: status === 'running' ? 'Wait until it has ended.' : 'Start a new job with the same settings.',
    },
  );

/**
 *   asked to be brought back   goes on with
 *   no                         the job's own machine
 *   yes                        undo, also when that has come to its end
 *   yes, and it came too late  migrate: there is nothing left to bring anything back into
 */
async function machineToGoOn(job: JobDocument, flow: FlowDescription, ports: JobPorts): Promise<Machine> {
  if (job.request.kind === 'copy') return 'copy';
  const { documents, stage } = await readMigrationNow(ports.documents, job);
  if (!documents.undo) return 'migrate';
  const isUndoOfNow = flow.execution > documents.undo.stopsExecution;
  // An undo that finds no source says so before it begins.
  const wasRefused = isUndoOfNow && documents.milestones['undo-began'] === undefined && flow.error === JOB_STATE_ERROR;
  if (stage === 'undone' || (!wasRefused && (stage === 'beginning' || stage === 'emptying'))) return 'undo';
  await ports.documents.remove(paths.undo(job.id));
  return 'migrate';
}

const JOB_STATE_ERROR: JobStateError['name'] = 'JobStateError';

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
