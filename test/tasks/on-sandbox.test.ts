import { readFileSync } from 'node:fs';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import { freezeStatement, type PolicyStatement } from '../../domain/policy.ts';
import { credentialsOf } from '../../local/credentials.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { startCloud, type Cloud } from '../support/cloud.ts';
import { ShiftedClock, systemRandom } from '../support/system-time.ts';
import { FastClock } from '../support/time.ts';
import { JOB_ID, MigrationTasks, SOURCE, TEMPORARY } from './migration-tasks.ts';

/** The old name comes free only after a while, which other tests wait for. */
const FINAL = 'photos-again';

let cloud: Cloud;
beforeEach(async () => {
  cloud = await startCloud();
});
afterEach(() => cloud.close());

const arnOf = (bucket: string): string[] => [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];

async function putPolicy(client: S3Client, Bucket: string, ...Statement: PolicyStatement[]): Promise<void> {
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const letsIn = (bucket: string, principal: string): PolicyStatement => ({
  Sid: 'LetsIn',
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: 's3:*',
  Resource: arnOf(bucket),
});

async function make(client: S3Client, Bucket: string, isVersioned: boolean): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  if (isVersioned) await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
}

/** Bodies and `null` for delete markers, oldest first. */
type Histories = Readonly<Record<string, readonly (string | null)[]>>;

async function fill(histories: Histories): Promise<void> {
  for (const [Key, bodies] of Object.entries(histories)) {
    for (const Body of bodies) {
      const at = { Bucket: SOURCE, Key };
      if (Body === null) await cloud.a.send(new DeleteObjectCommand(at));
      else await cloud.a.send(new PutObjectCommand({ ...at, Body }));
    }
  }
}

/** ETags (empty for markers) of each key, oldest first. */
async function seen(tasks: MigrationTasks, connection: string, bucket: string): Promise<Record<string, string[]>> {
  const storage = await tasks.ports.storage.open({ connection, purpose: 'look', buckets: [bucket], jobId: JOB_ID });
  const found: Record<string, string[]> = {};
  for await (const page of storage.listHistories({ bucket })) {
    for (const { key, versions } of page) found[key] = versions.map(({ etag }) => etag);
  }
  storage.close();
  return found;
}

/** Both buckets and the job's documents, as the steps leave them before the first transfer. */
async function begin(isVersioned: boolean, histories: Histories): Promise<MigrationTasks> {
  const { connections } = JSON.parse(readFileSync(cloud.connectionsFile, 'utf8')) as { connections: Connection[] };
  const registry = { find: async (name: string) => connections.find((one) => one.name === name) };
  const storage = createStorageAccess({
    connections: registry,
    credentialsOf,
    clock: new ShiftedClock(),
    random: systemRandom,
  });
  const of = { storage, connections: registry, ours: 'sandbox-a', theirs: 'sandbox-b', namespace: 'sandbox' };
  const tasks = new MigrationTasks(of, new FastClock(Date.now()));
  await make(cloud.a, SOURCE, isVersioned);
  await fill(histories);
  await make(cloud.b, TEMPORARY, isVersioned);
  const TagSet = [{ Key: 'bucket-migrator:job', Value: JOB_ID }];
  await cloud.b.send(new PutBucketTaggingCommand({ Bucket: TEMPORARY, Tagging: { TagSet } }));

  const look = await storage.open({ connection: 'sandbox-a', purpose: 'look', buckets: [SOURCE], jobId: JOB_ID });
  const { accountId = '' } = await look.identity();
  const { createdAtMs } = await look.findBucket(SOURCE);
  look.close();
  const versioning = isVersioned ? 'enabled' : 'off';
  const made = createdAtMs === undefined ? {} : { createdAtMs };
  tasks.knowSource({ accountId, ...made, versioning, carriesVersions: isVersioned });
  tasks.knowTemporary();
  await putPolicy(cloud.b, TEMPORARY, letsIn(TEMPORARY, roleOf(connections, 'sandbox-a')));
  await putPolicy(cloud.a, SOURCE, freezeStatement(JOB_ID, SOURCE, 'aws', { kind: 'sessions' }));
  return tasks;
}

const roleOf = (connections: readonly Connection[], name: string): string =>
  connections.find((one) => one.name === name)?.roleArn ?? '';

const VERSIONED: Histories = {
  'a b+c': ['one', 'two', null, 'three'],
  'dir/%2F?versionId=x': ['same', 'same', 'same'],
  hidden: ['x', null],
  'line\nend\u0001': ['1', '22'],
  '\u{1f600}': ['only'],
};
const PLAIN: Histories = { a: ['1'], 'b c+d': ['22'], 'line\nend\u0001': ['3'], '\u{1f600}': ['4'] };

describe('the tasks of a migration on a storage that answers like S3', () => {
  test.each([
    ['objects', false, PLAIN],
    ['versions', true, VERSIONED],
  ])('%s go over, are proven, deleted and come back as they were', async (_, isVersioned, histories) => {
    const tasks = await begin(isVersioned, histories);
    const before = await seen(tasks, 'sandbox-a', SOURCE);
    const deletes = cloud.world.objectDeletes.length;

    await tasks.throughTheGate();
    expect(tasks.candidate()).toMatchObject({ verdict: 'equal', sourceDigest: tasks.verdict()?.sourceDigest });
    await tasks.emptyAll('source');
    expect(tasks.emptied('source')).toMatchObject({ isDone: true, changedCount: 0, refusedCount: 0 });
    expect(await seen(tasks, 'sandbox-a', SOURCE)).toEqual({});
    await make(cloud.b, FINAL, isVersioned);
    tasks.knowFinal(FINAL);

    expect(await tasks.transfer('copy-back')).toMatchObject({ verdict: 'equal' });

    expect(await seen(tasks, 'sandbox-b', FINAL)).toEqual(before);
    tasks.pass('returned', 'quarantine-over');
    await tasks.emptyAll('temporary');
    expect(await seen(tasks, 'sandbox-b', TEMPORARY)).toEqual({});
    expect(cloud.world.objectDeletes.slice(deletes).filter(({ isBound }) => !isBound)).toEqual([]);
  });

  test('what was deleted is brought back into the source, and then the copies go', async () => {
    const tasks = await begin(true, VERSIONED);
    const before = await seen(tasks, 'sandbox-a', SOURCE);
    await tasks.throughTheGate();
    await tasks.emptyAll('source');
    tasks.pass('undo-began');
    await tasks.empty('source', 1, '--only', 'broken');
    const { connections } = JSON.parse(readFileSync(cloud.connectionsFile, 'utf8')) as { connections: Connection[] };
    await putPolicy(cloud.a, SOURCE, letsIn(SOURCE, roleOf(connections, 'sandbox-b')));

    expect(await tasks.transfer('undo')).toMatchObject({ verdict: 'equal' });
    expect(await tasks.run(['discard'])).toBe(0);

    expect(await seen(tasks, 'sandbox-a', SOURCE)).toEqual(before);
    expect(await seen(tasks, 'sandbox-b', TEMPORARY)).toEqual({});
    expect(tasks.discarded()).toMatchObject({ keptCount: 0 });
  });
});
