import { jsonText, readJob, readJson, readVersioned, type Versioned } from '../../domain/document-access.ts';
import {
  AccessDeniedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  DocumentConflictError,
  DocumentInvalidError,
  retryClassOf,
} from '../../domain/errors.ts';
import {
  paths,
  type GrantDocument,
  type JobDocument,
  type TransferName,
  type UploadsDocument,
} from '../../domain/job-documents.ts';
import { readRoute, routeOf, type TransferRoute } from '../../domain/migration.ts';
import { removeStatements } from '../../domain/policy.ts';
import type { BucketKeeper, RegisteredUpload } from '../../domain/ports.ts';
import { TRANSFERS, type JobInput, type StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/**
 * Leaves nothing of the job at the destination but the objects: uploads that were left are aborted, and our
 * statements are taken out of the policy as it is now, by their Sids. Safe to repeat.
 */
export async function revokeAccess({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const job = await readJob(ports.documents, jobId);
  const failures: unknown[] = [];
  for (const transfer of TRANSFERS) {
    // Uploads first: to abort them may need the grant. Whatever comes of it, the grant is taken back.
    await abortUploads(job, transfer, ports).catch((error: unknown) => failures.push(error));
    await revokeGrant(job, paths.grant(jobId, transfer), ports);
  }
  if (failures.length > 0) throw failures[0];
  return {};
}

async function revokeGrant(job: JobDocument, path: string, ports: StepPorts): Promise<void> {
  const grant = await readVersioned<GrantDocument>(ports.documents, path);
  if (!grant || grant.value.revokedAtMs !== undefined) return;
  await removeOurStatements(job, grant.value, ports);
  await markRevoked(path, grant, ports);
}

async function removeOurStatements({ id }: JobDocument, grant: GrantDocument, ports: StepPorts): Promise<void> {
  const { connection, bucket, sids } = grant;
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId: id } as const;
  await withStorage(session, ports, async (keeper) => {
    try {
      await keeper.changePolicy(bucket, (policy) => removeStatements(policy, sids));
    } catch (error) {
      if (!(await isGone(error, bucket, keeper))) throw error; // the policy went with the bucket
    }
  });
}

/** S3 says "denied" also of a bucket that was deleted and has become a stranger's; our own list tells the two apart. */
async function isGone(error: unknown, bucket: string, keeper: Pick<BucketKeeper, 'listBuckets'>): Promise<boolean> {
  if (error instanceof BucketMissingError) return true;
  if (!(error instanceof AccessDeniedError) && !(error instanceof BucketOwnedByAnotherAccountError)) return false;
  try {
    return !(await keeper.listBuckets()).some(({ name }) => name === bucket);
  } catch {
    return false; // unknown: the grant stays outstanding, and is looked after
  }
}

/** A grant that was given again meanwhile stays outstanding, and the step is tried again. */
async function markRevoked(
  path: string,
  { value, version }: Versioned<GrantDocument>,
  { documents, clock }: StepPorts,
): Promise<void> {
  const revoked: GrantDocument = { ...value, revokedAtMs: clock.nowMs() };
  try {
    await documents.write(path, jsonText(revoked), { ifVersion: version });
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    if ((await readJson<GrantDocument>(documents, path))?.revokedAtMs === undefined) throw error;
  }
}

/** What may not be aborted stays registered, for the report to tell; it keeps no other from being aborted. */
async function abortUploads(job: JobDocument, transfer: TransferName, ports: StepPorts): Promise<void> {
  const route = await routeIfKnown(job, transfer, ports);
  if (!route) return; // nothing was ever written by it
  const registers: string[] = [];
  for await (const path of ports.documents.list(paths.uploadsFolder(job.id, transfer))) registers.push(path);
  const healable: unknown[] = [];
  for (const path of registers) {
    const { uploads = [] } = (await readJson<UploadsDocument>(ports.documents, path)) ?? {};
    const left: RegisteredUpload[] = [];
    for (const upload of uploads) {
      await abortUpload(job, route, upload, ports).catch((error: unknown) => {
        left.push(upload);
        if (retryClassOf(error) !== 'never') healable.push(error);
      });
    }
    if (left.length === 0) await ports.documents.remove(path);
    else await ports.documents.write(path, jsonText({ uploads: left } satisfies UploadsDocument));
  }
  if (healable.length > 0) throw healable[0];
  if (await hasPlanned(job.id, transfer, ports)) await abortUnregistered(job, route, ports);
}

async function routeIfKnown(
  job: JobDocument,
  transfer: TransferName,
  { documents }: StepPorts,
): Promise<TransferRoute | undefined> {
  if (job.request.kind === 'copy') return transfer === 'copy' ? routeOf(job, transfer) : undefined;
  try {
    return await readRoute(documents, job, transfer);
  } catch (error) {
    if (error instanceof DocumentInvalidError) return undefined;
    throw error;
  }
}

const hasPlanned = async (jobId: string, transfer: TransferName, { documents }: StepPorts): Promise<boolean> =>
  (await documents.read(paths.planSummary(jobId, transfer))) !== undefined;

/**
 * The answer to "begin an upload" may have been lost, and then no register knows it; the name of the session that began
 * it tells that it is ours. Only looked for where a transfer of this job has written; not being allowed to look is no
 * failure, because the bucket's owner sees such an upload as well.
 */
async function abortUnregistered(job: JobDocument, route: TransferRoute, ports: StepPorts): Promise<void> {
  const { connection, bucket } = route.destination;
  const session = { connection, purpose: 'copy', buckets: [bucket], jobId: job.id } as const;
  const uploads = await withStorage(session, ports, (storage) => storage.listUploads(bucket)).catch(
    (error: unknown) => {
      if (retryClassOf(error) !== 'never') throw error;
      return [];
    },
  );
  for (const upload of uploads.filter(({ initiator }) => isOurSession(initiator, job.id)))
    await abortUpload(job, route, upload, ports);
}

const isOurSession = (initiator: string | undefined, jobId: string): boolean =>
  initiator?.includes(`mig-${jobId}-copy-`) === true;

/** The source's principal began it and may end it while the grant stands; else the bucket's owner may. */
async function abortUpload(
  job: JobDocument,
  route: TransferRoute,
  upload: RegisteredUpload,
  ports: StepPorts,
): Promise<void> {
  try {
    await abortAs(route.source.connection, job, route, upload, ports);
  } catch (error) {
    if (error instanceof BucketMissingError) return; // the upload went with the bucket
    if (!(error instanceof AccessDeniedError)) throw error;
    await abortAs(route.destination.connection, job, route, upload, ports);
  }
}

async function abortAs(
  connection: string,
  { id }: JobDocument,
  { source, destination }: TransferRoute,
  upload: RegisteredUpload,
  ports: StepPorts,
): Promise<void> {
  const session = { connection, purpose: 'copy', buckets: [source.bucket, destination.bucket], jobId: id } as const;
  await withStorage(session, ports, (storage) => storage.abortUpload(upload));
}
