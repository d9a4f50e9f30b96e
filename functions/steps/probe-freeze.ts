import { jsonText, readJob, readVersioned, type Versioned } from '../../domain/document-access.ts';
import type { Connection } from '../../domain/connection.ts';
import { BucketReplacedError, DocumentInvalidError, FreezeNotInForceError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { exemptsSessions, isFreezeIn } from './freezing.ts';
import { findConnection } from './job-connections.ts';
import { requireSource } from './known-buckets.ts';
import { IN_FORCE, PROBED_MS_MAX, waitSecondsAfter, type Probe } from './probing.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/** Where no probe of ours is possible, this is waited for: policies are seen late (S3 user guide, "Data consistency model"). */
const SETTLES_MS = 5 * MINUTE_MS;

/**
 * Is the source frozen by now? Notes the first time that it is. Rejects with FreezeNotInForceError after half an hour,
 * and with BucketReplacedError when versioning was switched before the freeze could keep it from being.
 */
export async function probeFreeze({ jobId }: JobInput, ports: StepPorts): Promise<Probe> {
  const job = await readJob(ports.documents, jobId);
  const freeze = await readVersioned<FreezeDocument>(ports.documents, paths.freeze(jobId));
  if (!freeze) throw notFrozen(jobId);
  if (await isFrozen(job, freeze.value, ports)) {
    await requireSameVersioning(job, ports);
    await noteInForce(jobId, freeze, ports);
    return IN_FORCE;
  }
  const nowMs = ports.clock.nowMs();
  if (nowMs - freeze.value.putAtMs >= PROBED_MS_MAX) throw notInForce(job);
  return { inForce: false, waitSeconds: waitSecondsAfter(freeze.value.putAtMs, nowMs) };
}

/**
 * Looked at afresh.
 *
 *   connection       statement in the policy   and                                      frozen
 *   –                no                        –                                        no
 *   role             yes                       a deletion by a session of ours refused  yes
 *   keys, elsewhere  yes                       –                                        yes
 *   keys, AWS        yes                       five minutes since it was put            yes
 */
export async function isFrozen(job: JobDocument, freeze: FreezeDocument, ports: StepPorts): Promise<boolean> {
  if (freeze.thawedAtMs !== undefined) return false;
  const connection = await findConnection(job.request.source.connection, ports.connections);
  if (!(await isStatementIn(job, ports))) return false;
  if (exemptsSessions(connection)) return await isProbeRefused(job, connection, ports);
  return connection.kind === 's3-compatible' || ports.clock.nowMs() - freeze.putAtMs >= SETTLES_MS;
}

async function isStatementIn({ id, request }: JobDocument, ports: StepPorts): Promise<boolean> {
  const { connection, bucket } = request.source;
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId: id } as const;
  return isFreezeIn(await withStorage(session, ports, (keeper) => keeper.readPolicy(bucket)), id);
}

async function isProbeRefused({ id, request }: JobDocument, { name }: Connection, ports: StepPorts): Promise<boolean> {
  const { bucket } = request.source;
  const session = { connection: name, purpose: 'probe', buckets: [bucket], jobId: id } as const;
  return (await withStorage(session, ports, (storage) => storage.probeDelete(bucket))) === 'refused';
}

async function noteInForce(jobId: string, { value, version }: Versioned<FreezeDocument>, ports: StepPorts) {
  if (value.inForceAtMs !== undefined) return;
  const inForce: FreezeDocument = { ...value, inForceAtMs: ports.clock.nowMs() };
  await ports.documents.write(paths.freeze(jobId), jsonText(inForce), { ifVersion: version });
}

async function requireSameVersioning({ id, request }: JobDocument, ports: StepPorts): Promise<void> {
  const { connection, bucket } = request.source;
  const before = await requireSource(id, ports.documents);
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: id } as const;
  const now = await withStorage(session, ports, (storage) => storage.identifyBucket(bucket));
  if (now.versioning === before.versioning) return;
  throw new BucketReplacedError(
    `Versioning of "${bucket}" was ${before.versioning} when the job began and is ${now.versioning} now.`,
    { subject: { bucket, job: id }, remedy: 'Stop this job and start a new one, which looks at the bucket as it is.' },
  );
}

const notFrozen = (jobId: string): DocumentInvalidError =>
  new DocumentInvalidError(`Job ${jobId} has not frozen the source yet.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it freezes the source first.',
  });

const notInForce = ({ id, request }: JobDocument): FreezeNotInForceError =>
  new FreezeNotInForceError(
    `"${request.source.bucket}" can still be written to, half an hour after its policy was changed.`,
    {
      subject: { bucket: request.source.bucket, job: id },
      remedy: 'Look whether the statement that freezes it is in its policy and who takes it out; then redrive the job.',
    },
  );
