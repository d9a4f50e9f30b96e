import { readJson, readMilestones, readVersioned } from '../../domain/document-access.ts';
import { BucketLeasedError, DocumentConflictError } from '../../domain/errors.ts';
import { paths, type JobDocument, type LeaseDocument } from '../../domain/job-documents.ts';
import { keepsItsNames } from '../../domain/phases.ts';
import type { DocumentStore, Flows } from '../../domain/ports.ts';
import { isoTime, MINUTE_MS, type Clock } from '../../domain/time.ts';

export type LeaseWish = Readonly<{ namespace: string; bucket: string; role: LeaseDocument['role'] }>;
export type LeasePorts = Readonly<{ documents: DocumentStore; flows: Pick<Flows, 'describe'>; clock: Clock }>;

/** A start takes its leases before it writes its request; after this time without one it is taken for dead. */
const START_MS = 1 * MINUTE_MS;
/** Somebody else changes the lease between our read and our write; each turn means that one of them went on. */
const TRIES_MAX = 5;

/**
 * Takes a lease on every bucket or on none. Rejects with BucketLeasedError, naming the job in the way. Leases that
 * the job holds already are kept, so that it is safe to repeat.
 */
export async function acquireLeases(jobId: string, wishes: readonly LeaseWish[], ports: LeasePorts): Promise<void> {
  const taken: LeaseWish[] = [];
  try {
    // In one order for everybody: of two jobs that want the same two buckets, one gets both.
    for (const wish of [...wishes].sort((a, b) => (leasePath(a) < leasePath(b) ? -1 : 1))) {
      if (await acquireLease(jobId, wish, ports)) taken.push(wish);
    }
  } catch (error) {
    await releaseLeases(jobId, taken, ports.documents);
    throw error;
  }
}

const leasePath = (wish: LeaseWish): string => paths.lease(wish.namespace, wish.bucket);

/** True when it was taken now, false when the job had it. */
async function acquireLease(jobId: string, wish: LeaseWish, ports: LeasePorts): Promise<boolean> {
  const path = leasePath(wish);
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    const held = await readVersioned<LeaseDocument>(ports.documents, path);
    if (held?.value.jobId === jobId) return false;
    if (held && (await isLive(held.value, ports))) throw leasedBy(held.value);
    const lease: LeaseDocument = { jobId, bucket: wish.bucket, role: wish.role, sinceMs: ports.clock.nowMs() };
    try {
      await ports.documents.write(path, JSON.stringify(lease), held ? { ifVersion: held.version } : { ifAbsent: true });
      return true;
    } catch (error) {
      if (!(error instanceof DocumentConflictError)) throw error;
    }
  }
  throw new DocumentConflictError(`The lease on ${wish.bucket} changes faster than it can be taken.`, {
    remedy: 'Try again.',
  });
}

/**
 *   flow of the holding job   its request   since          the lease is
 *   running                   –             –              live
 *   ended                     –             –              dead: taken over; but a migration between its first deletion
 *                                                          and its end, or being brought back, keeps its names
 *   none                      written       –              live: it is about to be started
 *   none                      none          < one minute   live: its start is on the way
 *   none                      none          longer         dead: its start was cut short
 */
async function isLive(lease: LeaseDocument, { documents, flows, clock }: LeasePorts): Promise<boolean> {
  const flow = await flows.describe(lease.jobId);
  if (flow) return flow.status === 'running' || (await isBetweenBuckets(lease.jobId, documents));
  if (await readJson<JobDocument>(documents, paths.request(lease.jobId))) return true;
  return clock.nowMs() - lease.sinceMs < START_MS;
}

async function isBetweenBuckets(jobId: string, documents: DocumentStore): Promise<boolean> {
  const milestones = await readMilestones(documents, jobId);
  return keepsItsNames(milestones, (await documents.read(paths.undo(jobId))) !== undefined);
}

const leasedBy = (lease: LeaseDocument): BucketLeasedError =>
  new BucketLeasedError(
    `Job ${lease.jobId} has held the bucket "${lease.bucket}" as its ${lease.role} since ${isoTime(lease.sinceMs)}.`,
    {
      subject: { job: lease.jobId, bucket: lease.bucket },
      remedy: 'Wait until that job has ended, or stop it first.',
    },
  );

/** Gives back the leases that are still this job's. */
export async function releaseLeases(
  jobId: string,
  wishes: readonly LeaseWish[],
  documents: DocumentStore,
): Promise<void> {
  for (const wish of wishes) {
    const held = await readVersioned<LeaseDocument>(documents, leasePath(wish));
    if (held?.value.jobId === jobId) await removeIfUnchanged(leasePath(wish), held.version, documents);
  }
}

/** A lease of a job that has ended may be taken over between our look and this, and is then not ours to give back. */
async function removeIfUnchanged(path: string, ifVersion: string, documents: DocumentStore): Promise<void> {
  try {
    await documents.remove(path, { ifVersion });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
  }
}
