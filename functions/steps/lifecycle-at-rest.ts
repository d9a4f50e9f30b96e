import { isSameSetting, pausedLifecycle, type Lifecycle } from '../../domain/bucket-configuration/inventory.ts';
import type { JobDocument } from '../../domain/job-documents.ts';
import type { Storage } from '../../domain/ports.ts';
import type { StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/** The source's lifecycle rules when one of them is switched on. No Deny stops S3 itself, which would go on expiring. */
export async function activeLifecycle(job: JobDocument, ports: StepPorts): Promise<Lifecycle | undefined> {
  const rules = await onSource(job, ports, lifecycleOf);
  return rules?.Rules?.some((rule) => rule['Status'] === 'Enabled') ? rules : undefined;
}

/** Every rule stays where it is and is switched off. */
export async function restLifecycle(job: JobDocument, before: Lifecycle, ports: StepPorts): Promise<void> {
  await onSource(job, ports, (storage, bucket) => storage.applySetting(bucket, 'lifecycle', pausedLifecycle(before)));
}

/** Puts the rules back as they were, unless somebody has set others meanwhile. */
export async function restoreLifecycle(job: JobDocument, before: Lifecycle, ports: StepPorts): Promise<void> {
  await onSource(job, ports, async (storage, bucket) => {
    const now = await lifecycleOf(storage, bucket);
    if (!isSameSetting(now, pausedLifecycle(before))) return;
    await storage.applySetting(bucket, 'lifecycle', before);
  });
}

async function lifecycleOf(storage: Storage, bucket: string): Promise<Lifecycle | undefined> {
  const { lifecycle } = await storage.readConfiguration(bucket);
  return lifecycle.state === 'set' ? (lifecycle.value as Lifecycle) : undefined;
}

function onSource<T>(
  { id, request }: JobDocument,
  ports: StepPorts,
  work: (storage: Storage, bucket: string) => Promise<T>,
): Promise<T> {
  const { connection, bucket } = request.source;
  const session = { connection, purpose: 'configure', buckets: [bucket], jobId: id } as const;
  return withStorage(session, ports, (storage) => work(storage, bucket));
}
