import type { Connection } from '../../domain/connection.ts';
import { jsonText, readJob, readJson, readVersioned, type Versioned } from '../../domain/document-access.ts';
import { DocumentConflictError, PreflightBlockedError } from '../../domain/errors.ts';
import { paths, type GrantDocument, type JobDocument, type PlanSummary } from '../../domain/job-documents.ts';
import { readRoute, type BucketPlace, type TransferRoute } from '../../domain/migration.ts';
import { partitionOf } from '../../domain/names.ts';
import { addStatements, grantSids, grantStatements, removeStatements, type Grant } from '../../domain/policy.ts';
import type { BucketKeeper, Identity } from '../../domain/ports.ts';
import { HOUR_MS, type EpochMs } from '../../domain/time.ts';
import { findConnection, type JobConnections } from './job-connections.ts';
import { holdLeases } from './leases.ts';
import type { StepPorts, TransferInput } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

/** A grant lapses by itself when a job dies; while it lives it is renewed at half time. */
export const GRANT_MS = 24 * HOUR_MS;
const RENEW_MS = GRANT_MS / 2;
/** Shards that renew the grant at the same instant; each loss means that another one did. */
const TRIES_MAX = 10;

/**
 * Lets the source's principal write to the destination, where that is another one. Safe to repeat, and without a
 * request while the grant stands, allows what the plan needs and has half of its time left. What is intended is
 * written down before the policy is put, so that a crash in between leaves a trace to clean up. Rejects with
 * BucketLeasedError when another job has taken one of the buckets.
 */
export async function grantAccess(
  { jobId, transfer }: TransferInput,
  ports: StepPorts,
): Promise<Record<string, never>> {
  const job = await readJob(ports.documents, jobId);
  // A flow that is redriven comes back in the middle, and its buckets may be another job's by now.
  await holdLeases(job, ports);
  const route = await readRoute(ports.documents, job, transfer);
  if (route.source.connection === route.destination.connection) return {};
  const path = paths.grant(jobId, transfer);
  const plan = await readJson<PlanSummary>(ports.documents, paths.planSummary(jobId, transfer));
  const needsParts = (plan?.multipartCount ?? 0) > 0;

  for (let tries = 1; ; tries += 1) {
    const current = await readVersioned<GrantDocument>(ports.documents, path);
    if (current && isGoodFor(current.value, needsParts, ports.clock.nowMs())) {
      if (current.value.confirmedAtMs !== undefined) return {};
    }
    try {
      if ((await giveGrant(job, { route, path }, current, needsParts, ports)) === 'stands') return {};
    } catch (error) {
      if (!(error instanceof DocumentConflictError) || tries >= TRIES_MAX) throw error;
      continue;
    }
    // Not given again from here: whoever took it back may have ended the job. A flow that lives on asks once more.
    throw new DocumentConflictError(`Access for job ${jobId} was taken back while it was being given.`, {
      subject: { job: jobId },
      remedy: 'Redrive the job: it gives access again where that is still wanted.',
    });
  }
}

const isGoodFor = (grant: GrantDocument, needsParts: boolean, nowMs: EpochMs): boolean =>
  grant.revokedAtMs === undefined && (grant.allowsParts || !needsParts) && grant.expiresAtMs - nowMs >= RENEW_MS;

type Place = Readonly<{ route: TransferRoute; path: string }>;

async function giveGrant(
  job: JobDocument,
  { route, path }: Place,
  current: Versioned<GrantDocument> | undefined,
  needsParts: boolean,
  ports: StepPorts,
): Promise<'stands' | 'was-taken-back'> {
  const source = await findConnection(route.source.connection, ports.connections);
  const destination = await findConnection(route.destination.connection, ports.connections);
  const identity = await identityOf(route.source, job, ports);
  if (await isSamePrincipal(identity, route.destination, job, ports)) return 'stands';
  const grant = statementOf(job.id, route, { source, destination }, principalOf(identity, source));

  // One that was intended and never confirmed is put again as it was, so that many at once write the same statement.
  const isIntended = current !== undefined && isGoodFor(current.value, needsParts, ports.clock.nowMs());
  const intended = isIntended ? current : await intend(job, destination, { route, path }, current, needsParts, ports);
  const { allowsParts, expiresAtMs } = intended.value;
  const statements = grantStatements({ ...grant, allowsParts, expiresAtMs });
  await changePolicy(job, intended.value, (policy) => addStatements(policy, statements), ports);
  if ((await confirm(path, intended, ports)) === 'stands') return 'stands';
  // Taken out before ours was in, perhaps: nobody else would look for it again.
  await changePolicy(job, intended.value, (policy) => removeStatements(policy, grantSids(job.id)), ports);
  return 'was-taken-back';
}

async function intend(
  job: JobDocument,
  destination: Connection,
  { route, path }: Place,
  current: Versioned<GrantDocument> | undefined,
  needsParts: boolean,
  { documents, clock }: StepPorts,
): Promise<Versioned<GrantDocument>> {
  const nowMs = clock.nowMs();
  const value: GrantDocument = {
    connection: destination.name,
    bucket: route.destination.bucket,
    region: route.destination.region ?? destination.region,
    sids: grantSids(job.id),
    // A grant that allows parts already goes on doing so: another shard may be in the middle of one.
    allowsParts: needsParts || (current?.value.revokedAtMs === undefined && current?.value.allowsParts === true),
    grantedAtMs: nowMs,
    expiresAtMs: (nowMs + GRANT_MS) as EpochMs,
  };
  const { version } = await documents.write(
    path,
    jsonText(value),
    current ? { ifVersion: current.version } : { ifAbsent: true },
  );
  return { value, version };
}

/** When another one has written since, it knows more, and it confirms what it put. */
async function confirm(
  path: string,
  { value, version }: Versioned<GrantDocument>,
  ports: StepPorts,
): Promise<'stands' | 'was-taken-back'> {
  const confirmed: GrantDocument = { ...value, confirmedAtMs: ports.clock.nowMs() };
  try {
    await ports.documents.write(path, jsonText(confirmed), { ifVersion: version });
    return 'stands';
  } catch (error) {
    if (!(error instanceof DocumentConflictError)) throw error;
    const now = await readJson<GrantDocument>(ports.documents, path);
    return now?.revokedAtMs === undefined ? 'stands' : 'was-taken-back';
  }
}

async function changePolicy(
  { id }: JobDocument,
  { connection, bucket }: GrantDocument,
  edit: Parameters<BucketKeeper['changePolicy']>[1],
  ports: StepPorts,
): Promise<void> {
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId: id } as const;
  await withStorage(session, ports, (keeper) => keeper.changePolicy(bucket, edit));
}

function identityOf({ connection, bucket }: BucketPlace, { id }: JobDocument, ports: StepPorts): Promise<Identity> {
  const session = { connection, purpose: 'look', buckets: [bucket], jobId: id } as const;
  return withStorage(session, ports, (storage) => storage.identity());
}

async function isSamePrincipal(
  source: Identity,
  destination: BucketPlace,
  job: JobDocument,
  ports: StepPorts,
): Promise<boolean> {
  if (source.principalArn === undefined) return false;
  return (await identityOf(destination, job, ports)).principalArn === source.principalArn;
}

function principalOf({ principalArn }: Identity, source: Connection): string {
  if (principalArn !== undefined) return principalArn;
  throw new PreflightBlockedError(`The provider does not tell who the connection "${source.name}" is.`, {
    subject: { connection: source.name },
    remedy: `Set principalArn on the connection "${source.name}", as the provider's bucket policies name its user.`,
  });
}

/** The statement that a transfer needs; its expiry and parts are those of the document. Also what preflight sizes up. */
export function statementOf(
  jobId: string,
  route: Pick<TransferRoute, 'source' | 'destination'>,
  { source, destination }: JobConnections,
  principalArn: string,
): Grant {
  const isOther = source.kind === 's3-compatible';
  return {
    jobId,
    principalArn,
    sourceBucket: route.source.bucket,
    destinationBucket: route.destination.bucket,
    destinationPrefix: route.destination.prefix ?? '',
    partition: destination.region === 'default' ? 'aws' : partitionOf(destination.region),
    expiresAtMs: 0 as EpochMs,
    allowsParts: false,
    conditions: isOther ? 'basic' : 'aws',
    givesOwnerControl: isOther,
  };
}
