import { readJson } from '../../domain/document-access.ts';
import { paths, type JobDocument, type LeaseDocument } from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { EpochMs } from '../../domain/time.ts';
import { allLeasesOf } from '../api/job-places.ts';
import { acquireLeases, releaseLeases as release, type LeasePorts, type LeaseWish } from '../api/leases.ts';
import type { StepPorts } from './step-ports.ts';
import { readIfWhole } from './write-report.ts';

/**
 * A step cannot ask for another job's flow, so whoever holds a lease is taken to run. Leases of dead jobs are taken
 * over where a person starts or redrives a job.
 */
const takenToRun: LeasePorts['flows'] = {
  describe: async () => ({
    status: 'running',
    startedAtMs: 0 as EpochMs,
    redriveCount: 0,
    isRedrivable: true,
    execution: 1,
    machine: 'migrate',
  }),
};

/** Every bucket is this job's alone until it gives them back. Rejects with BucketLeasedError, naming the other job. */
export async function holdLeases(job: JobDocument, ports: StepPorts): Promise<void> {
  const { documents, clock } = ports;
  await acquireLeases(job.id, await allLeasesOf(job, ports), { documents, clock, flows: takenToRun });
}

/** One name more: a person chose another one for the final bucket. Rejects with BucketLeasedError. */
export async function holdName(jobId: string, wish: LeaseWish, { documents, clock }: StepPorts): Promise<void> {
  await acquireLeases(jobId, [wish], { documents, clock, flows: takenToRun });
}

/** Without taking any: does the job hold every name that it needs? */
export async function holdsLeases(job: JobDocument, ports: StepPorts): Promise<boolean> {
  for (const { namespace, bucket } of await allLeasesOf(job, ports)) {
    const lease = await readJson<LeaseDocument>(ports.documents, paths.lease(namespace, bucket));
    if (lease?.jobId !== job.id) return false;
  }
  return true;
}

/** Gives back whatever is this job's, also when its connections were changed or removed since. */
export async function releaseLeases(jobId: string, documents: DocumentStore): Promise<void> {
  await release(jobId, await heldBy(jobId, documents), documents);
}

async function heldBy(jobId: string, documents: DocumentStore): Promise<LeaseWish[]> {
  const held: LeaseWish[] = [];
  for await (const path of documents.list('leases/')) {
    const lease = await readIfWhole<LeaseDocument>(documents, path);
    const namespace = path.split('/')[1];
    if (lease?.jobId === jobId && namespace) held.push({ namespace, bucket: lease.bucket, role: lease.role });
  }
  return held;
}
