import { jsonText, readJob, readMilestones, readVersioned } from '../../domain/document-access.ts';
import type { Lifecycle } from '../../domain/bucket-configuration/inventory.ts';
import { JobStateError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import { removeStatements } from '../../domain/policy.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { isGone } from './bucket-presence.ts';
import { restoreLifecycle } from './lifecycle-at-rest.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { isBroughtBack } from './transfer-verdict.ts';
import { voidProof } from './void-proof.ts';
import { withStorage } from './with-storage.ts';

/**
 * The source is as it was: our statement is taken out of the policy as it is now, and lifecycle rules that were
 * switched off run again. Consent is void before anybody can write. Safe to repeat; nothing where nothing was frozen.
 * Rejects with JobStateError once deletions may have happened, until everything was brought back and verified.
 */
export async function thawSource({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const { documents, clock } = ports;
  const job = await readJob(documents, jobId);
  const path = paths.freeze(jobId);
  const freeze = await readVersioned<FreezeDocument>(documents, path);
  if (!freeze || freeze.value.thawedAtMs !== undefined) return {};
  await requireWhole(job, documents);
  await voidProof(jobId, ports);
  await thaw(job, freeze.value, ports);
  const thawed: FreezeDocument = { ...freeze.value, thawedAtMs: clock.nowMs() };
  await documents.write(path, jsonText(thawed), { ifVersion: freeze.version });
  return {};
}

async function thaw(job: JobDocument, freeze: FreezeDocument, ports: StepPorts): Promise<void> {
  const { connection, bucket, sid, lifecycleBefore } = freeze;
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId: job.id } as const;
  await withStorage(session, ports, async (keeper) => {
    try {
      await keeper.changePolicy(bucket, (policy) => removeStatements(policy, [sid]));
      if (lifecycleBefore !== undefined) await restoreLifecycle(job, lifecycleBefore as Lifecycle, ports);
    } catch (error) {
      // Its policy and its rules went with a bucket that somebody deleted; the name may be a stranger's by now.
      if (!(await isGone(error, bucket, keeper))) throw error;
    }
  });
}

async function requireWhole({ id, request }: JobDocument, documents: DocumentStore): Promise<void> {
  const milestones = await readMilestones(documents, id);
  if (milestones['emptying-began'] === undefined || (await isBroughtBack(id, documents))) return;
  throw new JobStateError(
    `"${request.source.bucket}" stays frozen: it is being emptied, and not everything was brought back.`,
    {
      subject: { job: id, bucket: request.source.bucket },
      remedy: 'Redrive the job, or stop it to bring everything back.',
    },
  );
}
