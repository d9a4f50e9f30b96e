import { readJson } from '../../domain/document-access.ts';
import { createHash } from 'node:crypto';
import { DocumentConflictError, JobAlreadyExistsError, RequestInvalidError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { JobRequest } from '../../domain/job-request.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { isoTime, type Clock, type Random } from '../../domain/time.ts';
import { findJob, indexPath } from './documents.ts';
import { leasesOf } from './job-places.ts';
import { acquireLeases, releaseLeases } from './leases.ts';
import type { JobPorts, Operator } from './ports.ts';
import { differencesBetween } from './request-differences.ts';

export type StartedJob = Readonly<{ job: JobDocument; isNew: boolean }>;
type StartPorts = Omit<JobPorts, 'revokeAccess' | 'viewJob'>;

/**
 * Starts the job, or answers with the one that the same idempotency key has started. The order is what makes a crash
 * harmless: leases, then the request (from here on the job exists), then the flow, which the janitor starts when we
 * did not come so far.
 * Rejects with RequestInvalidError, ConnectionMissingError, BucketLeasedError, JobAlreadyExistsError.
 */
export async function startJob(
  request: JobRequest,
  options: { operator: Operator; idempotencyKey?: string | undefined },
  ports: StartPorts,
): Promise<StartedJob> {
  const { idempotencyKey } = options;
  const { kind } = request;
  const id = idempotencyKey === undefined ? newJobId(kind, ports) : await jobIdOfKey(idempotencyKey, kind, ports);
  const before = await findJob(ports.documents, id);
  if (before) return again(before, request, ports);

  const leases = await leasesOf(request, ports.connections);
  await acquireLeases(id, leases, ports);
  const job: JobDocument = {
    id,
    request,
    createdAtMs: ports.clock.nowMs(),
    createdBy: options.operator.name,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  const kept = await writeOnce(job, ports.documents);
  if (kept !== job) {
    await releaseLeases(id, await leavesOver(leases, kept, ports), ports.documents);
    return again(kept, request, ports);
  }
  await startFlow(job, ports);
  return { job, isNew: true };
}

/** Safe to repeat: a flow that is there is not started a second time. */
export async function startFlow({ id, request }: JobDocument, { flows }: Pick<StartPorts, 'flows'>): Promise<void> {
  await flows.start(request.kind, id, { jobId: id });
}

/** The job as it is now in the store: ours, or that of a call with the same key that was faster. */
async function writeOnce(job: JobDocument, documents: DocumentStore): Promise<JobDocument> {
  await documents.write(indexPath(job.id), JSON.stringify({ jobId: job.id }));
  try {
    await documents.write(paths.request(job.id), JSON.stringify(job), { ifAbsent: true });
    return job;
  } catch (error) {
    const winner = error instanceof DocumentConflictError ? await findJob(documents, job.id) : undefined;
    if (!winner) throw error;
    return winner;
  }
}

async function again(job: JobDocument, request: JobRequest, ports: StartPorts): Promise<StartedJob> {
  const differences = differencesBetween(job.request, request);
  if (differences.length > 0) {
    throw new JobAlreadyExistsError(
      `Job ${job.id} was started with this idempotency key and another request: ${differences.join('; ')}.`,
      { subject: { job: job.id }, remedy: 'Send a new idempotency key for a new request.' },
    );
  }
  if (!(await ports.flows.describe(job.id))) await startFlow(job, ports);
  return { job, isNew: false };
}

/** What we have leased under the shared id and the job that was faster does not need. */
async function leavesOver(
  leases: Awaited<ReturnType<typeof leasesOf>>,
  kept: JobDocument,
  ports: StartPorts,
): Promise<Awaited<ReturnType<typeof leasesOf>>> {
  const needed = await leasesOf(kept.request, ports.connections);
  return leases.filter((lease) => !needed.some((n) => n.namespace === lease.namespace && n.bucket === lease.bucket));
}

type Kind = JobRequest['kind'];
const newJobId = (kind: Kind, { clock, random }: { clock: Clock; random: Random }): string =>
  jobId(kind, clock, random.hex(12));
const jobId = (kind: Kind, clock: Clock, digits: string): string =>
  `${kind}-${isoTime(clock.nowMs()).slice(0, 10).replaceAll('-', '')}-${digits}`;

/**
 * The id that this key stands for, for ever: the first call writes it down, so that two calls on either side of
 * midnight make one job too. The digits come from the key, so that it can be found again by eye.
 */
async function jobIdOfKey(
  key: string,
  kind: Kind,
  { documents, clock }: { documents: DocumentStore; clock: Clock },
): Promise<string> {
  const digest = createHash('sha256').update(key).digest('hex');
  const path = `idempotency/${digest}.json`;
  const known = await readJson<{ jobId: string }>(documents, path);
  if (known) return known.jobId;
  const id = jobId(kind, clock, digest.slice(0, 12));
  try {
    await documents.write(path, JSON.stringify({ jobId: id }), { ifAbsent: true });
    return id;
  } catch (error) {
    const winner =
      error instanceof DocumentConflictError ? await readJson<{ jobId: string }>(documents, path) : undefined;
    if (!winner) throw error;
    return winner.jobId;
  }
}

/** `undefined` without the header. Rejects with RequestInvalidError for what no header may hold. */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || /^[\x21-\x7e]{1,128}$/.test(header)) return header;
  throw new RequestInvalidError([
    { field: 'Idempotency-Key', message: 'An idempotency key has 1 to 128 visible ASCII characters.' },
  ]);
}
