import type { Lifecycle } from '../../domain/bucket-configuration/inventory.ts';
import {
  jsonText,
  passMilestone,
  readJob,
  readMilestones,
  readVersioned,
  type Versioned,
} from '../../domain/document-access.ts';
import { JobStateError, StorageRefusedError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import {
  addStatements,
  BUCKET_POLICY_BYTES_MAX,
  freezeSid,
  policyBytes,
  removeStatements,
  type BucketPolicy,
  type PolicyStatement,
} from '../../domain/policy.ts';
import type { Storage } from '../../domain/ports.ts';
import { freezeStatementFor, isFreezeIn } from './freezing.ts';
import { activeLifecycle, restLifecycle } from './lifecycle-at-rest.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { thawSource } from './thaw-source.ts';
import { voidProof } from './void-proof.ts';
import { withStorage } from './with-storage.ts';

/**
 * Nobody but our own emptying sessions writes to the source from here on, and no lifecycle rule runs. What is intended
 * is written down before the policy is put. Found frozen, it is left as it is; found open after it was frozen, somebody
 * may have written, so the proof is void. Rejects with StorageRefusedError, before any write, when the statement does
 * not fit into the policy.
 */
export async function freezeSource({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const { connection, bucket } = job.request.source;
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId } as const;
  await withStorage(session, ports, (keeper) => freeze(job, keeper, ports));
  await passMilestone(documents, jobId, 'source-frozen', clock.nowMs());
  return {};
}

async function freeze(job: JobDocument, keeper: Storage, ports: StepPorts): Promise<void> {
  const { bucket } = job.request.source;
  const policy = await keeper.readPolicy(bucket);
  const current = await readVersioned<FreezeDocument>(ports.documents, paths.freeze(job.id));
  const stands = isFreezeIn(policy, job.id) && current !== undefined && current.value.thawedAtMs === undefined;
  if (stands && current.value.inForceAtMs !== undefined) return;

  const statement = await freezeStatementFor(job, 'emptying', ports);
  requireRoom(bucket, policy, statement);
  await requireGoingOn(job, ports);
  if (!stands) await voidProof(job.id, ports);
  const { lifecycleBefore } = await intend(job, current, stands, ports);
  await keeper.changePolicy(bucket, (now) => addStatements(now, [statement]));
  await requireGoingOn(job, ports).catch(async (error: unknown) => {
    await takeBack(job, keeper, ports);
    throw error;
  });
  if (lifecycleBefore !== undefined) await restLifecycle(job, lifecycleBefore, ports);
}

/**
 * Put after the undo had taken it out, perhaps, and nobody else would look for it again: then it goes. While something
 * is still to be brought back the source stays frozen, and the copies are let in.
 */
async function takeBack(job: JobDocument, keeper: Storage, ports: StepPorts): Promise<void> {
  const { bucket } = job.request.source;
  if (!(await isThawed(job.id, ports))) {
    const statement = await freezeStatementFor(job, 'undo', ports);
    await keeper.changePolicy(bucket, (now) => addStatements(now, [statement]));
    if (!(await isThawed(job.id, ports))) return;
  }
  await keeper.changePolicy(bucket, (now) => removeStatements(now, [freezeSid(job.id)]));
}

/** Thaws it where that is allowed. A bucket that came under the name of a deleted source is not frozen by anybody. */
async function isThawed(jobId: string, ports: StepPorts): Promise<boolean> {
  if ((await readMilestones(ports.documents, jobId))['source-deleted'] !== undefined) return true;
  try {
    await thawSource({ jobId }, ports);
    return true;
  } catch (error) {
    if (error instanceof JobStateError) return false;
    throw error;
  }
}

/** A step that was given up may still come here, long after a person had everything brought back. */
async function requireGoingOn({ id, request }: JobDocument, { documents }: StepPorts): Promise<void> {
  const milestones = await readMilestones(documents, id);
  if (milestones['undo-began'] === undefined && milestones['source-deleted'] === undefined) return;
  throw new JobStateError(`"${request.source.bucket}" is not frozen again: the job is not at its beginning any more.`, {
    subject: { job: id, bucket: request.source.bucket },
    remedy: 'Nothing to do: this was a late answer of an earlier try.',
  });
}

/** Rules that are switched on now are those to give back; else those that an earlier try found, if it switched them off. */
async function intend(
  job: JobDocument,
  current: Versioned<FreezeDocument> | undefined,
  stands: boolean,
  ports: StepPorts,
): Promise<Readonly<{ lifecycleBefore: Lifecycle | undefined }>> {
  const { connection, bucket } = job.request.source;
  const before = current?.value.thawedAtMs === undefined ? current?.value : undefined;
  const lifecycleBefore = (await activeLifecycle(job, ports)) ?? (before?.lifecycleBefore as Lifecycle | undefined);
  const document: FreezeDocument = {
    connection,
    bucket,
    sid: freezeSid(job.id),
    putAtMs: stands && before ? before.putAtMs : ports.clock.nowMs(),
    ...(lifecycleBefore === undefined ? {} : { lifecycleBefore }),
  };
  await ports.documents.write(
    paths.freeze(job.id),
    jsonText(document),
    current ? { ifVersion: current.version } : { ifAbsent: true },
  );
  return { lifecycleBefore };
}

function requireRoom(bucket: string, policy: BucketPolicy | undefined, statement: PolicyStatement): void {
  const sizeBytes = policyBytes(addStatements(policy, [statement]));
  if (sizeBytes <= BUCKET_POLICY_BYTES_MAX) return;
  throw new StorageRefusedError(
    `With the statement that freezes it the policy of ${bucket} would have ${sizeBytes} bytes; S3 takes ${BUCKET_POLICY_BYTES_MAX} at most.`,
    { subject: { bucket }, remedy: 'Shorten the policy of the source bucket, then redrive the job.' },
  );
}
