import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { readJson, readLines } from '../../../domain/document-access.ts';
import { paths, type ReportDocument, type TransferName } from '../../../domain/job-documents.ts';
import type { NameWaitDocument } from '../../../domain/migration.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { BUCKET, JOB } from './migration-world.ts';
import { aBucket, POLICY_DELAY_MS, put, SandboxMigration } from './sandbox-migration.ts';

const ALL_ENDED = 0;

async function emptyEvery(migration: SandboxMigration, bucket: 'source' | 'temporary', ...more: string[]) {
  const parts = readLines<{ part: number }>(migration.documents, paths.emptyingParts(JOB, bucket));
  for await (const { part } of parts)
    expect(await migration.task('empty', '--bucket', bucket, '--part', `${part}`, ...more)).toBe(ALL_ENDED);
}

async function transfer(migration: SandboxMigration, name: TransferName): Promise<void> {
  await migration.step('grantAccess', { transfer: name });
  migration.clock.advance(POLICY_DELAY_MS);
  expect(await migration.task('plan', '--transfer', name)).toBe(ALL_ENDED);
  for await (const { shard } of readLines<{ shard: number }>(migration.documents, paths.pendingShards(JOB, name)))
    expect(await migration.task('copy', '--transfer', name, '--shard', `${shard}`)).toBe(ALL_ENDED);
  expect(await migration.task('verify', '--transfer', name)).toBe(ALL_ENDED);
  await migration.step('revokeAccess');
}

async function throughTheGate(migration: SandboxMigration, options: Parameters<SandboxMigration['begin']>[0] = {}) {
  await migration.begin({ quarantineDays: 0, ...options });
  await migration.untilConsented();
  migration.clock.advance(POLICY_DELAY_MS);
  await migration.step('checkGate');
}

async function untilDeleted(migration: SandboxMigration): Promise<void> {
  await emptyEvery(migration, 'source');
  expect(await migration.step('lookAtEmptiedSource')).toEqual({ outcome: 'empty' });
  expect(await migration.step('deleteSource')).toEqual({ outcome: 'deleted' });
}

async function untilFinished(migration: SandboxMigration): Promise<void> {
  await migration.step('prepareDestinationBucket');
  await transfer(migration, 'copy-back');
  await migration.step('checkReturn');
  expect(await migration.step('beginQuarantine')).toEqual({ remainingSeconds: 0 });
  await migration.step('endQuarantine');
  expect(await migration.step('openTemporaryBucket')).toMatchObject({ exists: true, isKept: false });
  migration.clock.advance(POLICY_DELAY_MS);
  await emptyEvery(migration, 'temporary');
  expect(await migration.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
  await migration.step('finishMigration');
}

async function contentsOf(client: S3Client): Promise<Record<string, string>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const found: Record<string, string> = {};
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    found[Key] = (await Body?.transformToString()) ?? '';
  }
  return found;
}

const OBJECTS = { a: '1', 'b/c d+e?': 'two', 'ü\u0001': '' };
const report = ({ documents }: SandboxMigration) => readJson<ReportDocument>(documents, paths.report(JOB));
const claim = (migration: SandboxMigration) => migration.step<{ outcome: string; waitSeconds: number }>('claimName');

async function waitForName(migration: SandboxMigration): Promise<void> {
  for (let tries = 0; tries < 10_000; tries += 1) {
    const { outcome, waitSeconds } = await claim(migration);
    if (outcome === 'claimed') return;
    migration.clock.advance(waitSeconds * SECOND_MS);
  }
  throw new Error('the name never comes free');
}

test('the bucket comes under its name into the other account, and nothing of ours is left', async () => {
  const migration = await aBucket(OBJECTS);
  await throughTheGate(migration);
  await untilDeleted(migration);
  await waitForName(migration);
  await untilFinished(migration);

  expect(await contentsOf(migration.b)).toEqual(OBJECTS);
  expect(await report(migration)).toMatchObject({ outcome: 'verified', migration: { outstanding: [] } });
});

test('a name under which somebody else makes a bucket is waited for, and comes to us once that is gone', async () => {
  const migration = await aBucket(OBJECTS);
  await throughTheGate(migration);
  await untilDeleted(migration);
  expect(await claim(migration)).toMatchObject({ outcome: 'waiting' }); // still being released
  migration.clock.advance(3600 * SECOND_MS);
  await migration.b.send(new CreateBucketCommand({ Bucket: BUCKET })); // without this job's tag

  expect(await claim(migration)).toMatchObject({ outcome: 'waiting' });
  const wait = await readJson<NameWaitDocument>(migration.documents, paths.nameWait(JOB));
  expect(wait).toMatchObject({ lastOutcome: 'occupied' });

  await migration.b.send(new DeleteBucketCommand({ Bucket: BUCKET }));
  await waitForName(migration);
  await untilFinished(migration);
  expect(await contentsOf(migration.b)).toEqual(OBJECTS);
});

test('an object that came late is not deleted, and keeps the bucket', async () => {
  const migration = await aBucket(OBJECTS);
  await throughTheGate(migration);
  await emptyEvery(migration, 'source');
  await migration.a.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${BUCKET}/nothing` }] }) })); // prettier-ignore
  migration.clock.advance(POLICY_DELAY_MS);
  await put(migration, 'late', 'x');

  await expect(migration.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  migration.clock.advance(POLICY_DELAY_MS);
  expect(await migration.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });

  expect(await contentsOf(migration.a)).toEqual({ late: 'x' });
  await expect(put(migration, 'later', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(migration.step('deleteSource')).rejects.toMatchObject({ name: 'JobStateError' });
});

test('every version and delete marker is deleted at the source, and comes back in order', async () => {
  const migration = await aBucket({ a: '1' });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await migration.a.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  await put(migration, 'a', '2');
  await put(migration, 'b', 'gone');
  await migration.a.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'b' }));
  await throughTheGate(migration);
  await untilDeleted(migration);
  await waitForName(migration);
  await untilFinished(migration);

  const { Versions = [], DeleteMarkers = [] } = await migration.b.send(
    new ListObjectVersionsCommand({ Bucket: BUCKET }),
  );
  expect(Versions.map(({ Key, Size, IsLatest }) => [Key, Size, IsLatest])).toEqual([
    ['a', 1, true],
    ['a', 1, false],
    ['b', 4, false],
  ]);
  expect(DeleteMarkers.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([['b', true]]);
  expect(await contentsOf(migration.b)).toEqual({ a: '2' });
});

test('a source that is half empty is brought back, thawed, and nothing of ours is left', async () => {
  const migration = await aBucket(OBJECTS);
  await throughTheGate(migration, { shardObjectCountMax: 1 });
  expect(await migration.task('empty', '--bucket', 'source', '--part', '2')).toBe(ALL_ENDED);
  expect(Object.keys(await contentsOf(migration.a))).toHaveLength(2);

  expect(await migration.step('checkUndo')).toMatchObject({ stage: 'emptying', parts: 3 });
  await migration.step('admitUndo');
  migration.clock.advance(POLICY_DELAY_MS);
  await transfer(migration, 'undo');
  await migration.step('thawSource');
  await migration.step('openTemporaryBucket');
  migration.clock.advance(POLICY_DELAY_MS);
  expect(await migration.task('discard')).toBe(ALL_ENDED);
  expect(await migration.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
  await migration.step('finishUndo');

  expect(await contentsOf(migration.a)).toEqual(OBJECTS);
  await put(migration, 'open again', 'x');
  expect(await report(migration)).toMatchObject({ outcome: 'undone', migration: { outstanding: [] } });
});
