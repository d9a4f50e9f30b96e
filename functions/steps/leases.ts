import { namespaceOf } from '../../domain/connection.ts';
import { jsonText, readJson } from '../../domain/document-access.ts';
import { BucketLeasedError, DocumentConflictError } from '../../domain/errors.ts';
import { paths, type JobDocument, type LeaseDocument } from '../../domain/job-documents.ts';
import { destinationBucketOf } from '../../domain/job-request.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { isoTime } from '../../domain/time.ts';
import { connectionsOf } from './job-connections.ts';
import type { StepPorts } from './step-ports.ts';

type Lease = Readonly<{ path: string; document: LeaseDocument }>;

/** Both buckets are this job's alone until it gives them back. Rejects with BucketLeasedError, naming the other job. */
export async function holdLeases(job: JobDocument, ports: StepPorts): Promise<void> {
  for (const lease of await leasesOf(job, ports)) await holdLease(lease, ports.documents);
}

/** Gives back what is still this job's. A connection that was removed since leaves its lease, which a start takes over. */
export async function releaseLeases(job: JobDocument, ports: StepPorts): Promise<void> {
  for (const { path } of await leasesOf(job, ports)) {
    const held = await readJson<LeaseDocument>(ports.documents, path);
    if (held?.jobId === job.id) await ports.documents.remove(path);
  }
}

async function leasesOf(job: JobDocument, { connections, clock }: StepPorts): Promise<readonly Lease[]> {
  const { source, destination } = await connectionsOf(job.request, connections);
  const leaseOf = (namespace: string, bucket: string, role: LeaseDocument['role']): Lease => ({
    path: paths.lease(namespace, bucket),
    document: { jobId: job.id, bucket, role, sinceMs: clock.nowMs() },
  });
  return [
    leaseOf(namespaceOf(source), job.request.source.bucket, 'source'),
    leaseOf(namespaceOf(destination), destinationBucketOf(job.request), 'destination'),
  ];
}

async function holdLease({ path, document }: Lease, documents: DocumentStore): Promise<void> {
  try {
    await documents.write(path, jsonText(document), { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    const held = await readJson<LeaseDocument>(documents, path);
    if (!held) throw error; // given back in between: the flow tries again
    if (held.jobId !== document.jobId) throw leasedBy(held);
  }
}

const leasedBy = (held: LeaseDocument): BucketLeasedError =>
  new BucketLeasedError(
    `Job ${held.jobId} has held the bucket "${held.bucket}" as its ${held.role} since ${isoTime(held.sinceMs)}.`,
    {
      subject: { job: held.jobId, bucket: held.bucket },
      remedy: 'Wait until that job has ended, or stop it first. Then redrive this one.',
    },
  );
