import type { Connection } from '../../domain/connection.ts';
import { AccessDeniedError, MigrationError } from '../../domain/errors.ts';
import { parseRoleArn } from '../../domain/names.ts';
import type { Identity, ObjectLister, Storage, StorageAccess } from '../../domain/ports.ts';
import { SECOND_MS, type Clock } from '../../domain/time.ts';
import type { BucketsView, BucketView, CheckStatus, ConnectionTestView } from '../../domain/views.ts';

type LookPorts = Readonly<{ storage: StorageAccess; clock: Clock }>;

async function withStorage<T>(
  connection: string,
  buckets: readonly string[],
  { storage }: LookPorts,
  look: (storage: Storage) => Promise<T>,
): Promise<T> {
  const opened = await storage.open({ connection, purpose: 'look', buckets });
  try {
    return await look(opened);
  } finally {
    opened.close();
  }
}

export const listBuckets = (connection: string, ports: LookPorts): Promise<BucketsView> =>
  withStorage(connection, [], ports, async (storage) => ({ buckets: await storage.listBuckets() }));

/** A person waits for the answer, so counting ends at whichever comes first. */
const COUNT_PAGES_MAX = 10;
const COUNT_MS = 3 * SECOND_MS;

export function lookAtBucket(
  connection: string,
  bucket: string,
  prefix: string,
  ports: LookPorts,
): Promise<BucketView> {
  return withStorage(connection, [bucket], ports, async (storage) => {
    const { name, region, versioning, encryption } = await storage.findBucket(bucket);
    return { name, region, versioning, encryption, ...(await countObjects(storage, bucket, prefix, ports.clock)) };
  });
}

async function countObjects(
  storage: ObjectLister,
  bucket: string,
  prefix: string,
  clock: Clock,
): Promise<Pick<BucketView, 'objectCount' | 'sizeBytes' | 'isComplete'>> {
  const untilMs = clock.nowMs() + COUNT_MS;
  let [objectCount, sizeBytes, pageCount] = [0, 0, 0];
  for await (const page of storage.listObjects({ bucket, prefix })) {
    // Looked at before the page is counted: a last page in time is still a complete count.
    if (pageCount >= COUNT_PAGES_MAX || clock.nowMs() > untilMs) return { objectCount, sizeBytes, isComplete: false };
    pageCount += 1;
    objectCount += page.length;
    sizeBytes += page.reduce((sum, facts) => sum + facts.sizeBytes, 0);
  }
  return { objectCount, sizeBytes, isComplete: true };
}

type ActionCheck = ConnectionTestView['checks'][number];

/**
 * Tries what a job will need, in the order in which it would need it, and stops at the first thing without which the
 * rest cannot be tried. Never rejects for what the provider answers: that is the result.
 */
export function testConnection(connection: Connection, ports: LookPorts): Promise<ConnectionTestView> {
  return withStorage(connection.name, [], ports, async (storage) => {
    const checks: ActionCheck[] = [];
    const identity = await tryAction(checks, signInAction(connection), () => storage.identity());
    if (identity) checks.push(...checkAccount(connection, identity));
    const mayGoOn = checks.every((check) => check.status !== 'blocked');
    if (mayGoOn) await tryBuckets(checks, storage);
    return { status: worstOf(checks), ...(identity ? { identity } : {}), checks };
  });
}

const signInAction = (connection: Connection): string =>
  connection.roleArn === undefined ? 'sts:GetCallerIdentity' : 'sts:AssumeRole';

function checkAccount(connection: Connection, identity: Identity): ActionCheck[] {
  const role = connection.roleArn === undefined ? undefined : parseRoleArn(connection.roleArn);
  if (!role?.ok || identity.accountId === undefined || role.role.accountId === identity.accountId) return [];
  return [
    {
      action: 'sts:GetCallerIdentity',
      status: 'blocked',
      reason: `The session belongs to account ${identity.accountId}, the role to account ${role.role.accountId}.`,
      remedy: 'Correct the ARN of the role.',
    },
  ];
}

async function tryBuckets(checks: ActionCheck[], storage: Storage): Promise<void> {
  const buckets = await tryAction(checks, 's3:ListAllMyBuckets', () => storage.listBuckets(), 'warning');
  const first = buckets?.[0]?.name;
  if (first === undefined) return;
  await tryAction(checks, 's3:GetBucketLocation', () => storage.findBucket(first), 'warning');
  const page = await tryAction(checks, 's3:ListBucket', () => firstPage(storage, first), 'warning');
  const key = page?.[0]?.key;
  if (key !== undefined) await tryAction(checks, 's3:GetObject', () => storage.headObject(first, key), 'warning');
}

async function firstPage(storage: Storage, bucket: string) {
  for await (const page of storage.listObjects({ bucket })) return page;
  return [];
}

/** `whenRefused`: a role for one bucket only need not see the others, so what is tried on any bucket only warns. */
async function tryAction<T>(
  checks: ActionCheck[],
  action: string,
  attempt: () => Promise<T>,
  whenRefused: CheckStatus = 'blocked',
): Promise<T | undefined> {
  try {
    const result = await attempt();
    checks.push({ action, status: 'ok', reason: 'Allowed.', remedy: '' });
    return result;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    const remedy = error instanceof AccessDeniedError ? `Allow ${action}, or go on where it is not needed.` : '';
    checks.push({ action, status: whenRefused, reason: error.message, remedy: error.remedy || remedy });
    return undefined;
  }
}

const worstOf = (checks: readonly ActionCheck[]): CheckStatus =>
  (['blocked', 'warning'] as const).find((status) => checks.some((check) => check.status === status)) ?? 'ok';
