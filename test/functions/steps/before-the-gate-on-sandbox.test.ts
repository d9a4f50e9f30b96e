import {
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { MiB } from '../../../domain/sizes.ts';
import { BUCKET, JOB } from './migration-world.ts';
import { aBucket, POLICY_DELAY_MS, put } from './sandbox-migration.ts';

test('from the freeze’s coming into force on nobody writes to the source, and after a stop everybody does again', async () => {
  const migration = await aBucket({ a: '1' });
  await migration.begin();
  await migration.step('checkMigration');
  await migration.step('captureConfiguration');
  await migration.step('freezeSource');
  await put(migration, 'just-in-time', 'x');
  expect(await migration.step('probeFreeze')).toMatchObject({ inForce: false });

  await migration.freeze();
  await expect(put(migration, 'late', 'x')).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(migration.a.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }))).rejects.toMatchObject({
    name: 'AccessDenied',
  });
  await migration.step('thawSource');
  migration.clock.advance(POLICY_DELAY_MS);

  await put(migration, 'again', 'x');
});

test('the gate opens over what is proven, and nobody deletes or writes in the temporary bucket', async () => {
  const migration = await aBucket({ a: '1', 'b/c d+e?': 'two', 'ü\u0001': '' });
  await migration.begin();
  await migration.untilConsented();
  migration.clock.advance(POLICY_DELAY_MS);

  expect(await migration.step('checkGate')).toEqual({ parts: 1 });

  const Bucket = await migration.temporaryBucket();
  await expect(migration.b.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).rejects.toThrow(/explicit deny/);
  await expect(migration.b.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'x' }))).rejects.toThrow(
    /explicit deny/,
  );
});

test('versions and delete markers are proven, and lifecycle rules are at rest meanwhile', async () => {
  const migration = await aBucket({ a: '1' });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await migration.a.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration }));
  await put(migration, 'a', '2');
  await migration.a.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'a' }));
  const Rules = [{ ID: 'r', Status: 'Enabled', Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } }] as const; // prettier-ignore
  await migration.a.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket: BUCKET, LifecycleConfiguration: { Rules: [...Rules] } }),
  );
  await migration.begin();

  const proof = await migration.untilProven();

  expect(proof).toMatchObject({ lineCount: 3, keyCount: 1, deleteMarkerCount: 1, carriesVersions: true });
  const request = { connection: 'sandbox-a', purpose: 'look', buckets: [BUCKET], jobId: JOB } as const;
  const storage = await migration.ports.storage.open(request);
  const { lifecycle } = await storage.readConfiguration(BUCKET);
  expect(lifecycle).toMatchObject({ state: 'set', value: { Rules: [{ ID: 'r', Status: 'Disabled' }] } });
});

test('an upload whose beginning was never answered is found by its session, and aborted', async () => {
  const migration = await aBucket({ large: new Uint8Array(6 * MiB), small: '1' });
  await migration.begin({ multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB });
  await migration.freeze();
  await migration.makeTemporaryBucket();
  migration.world.faults.add({
    operation: 'CreateMultipartUpload',
    fault: { kind: 'lose-connection', when: 'after-effect' },
    times: 1,
  });
  const Bucket = await migration.temporaryBucket();
  const uploads = async () => (await migration.b.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];
  await migration.copyOver();
  expect(await uploads()).toHaveLength(1);

  await migration.step('revokeAccess');

  expect(await uploads()).toEqual([]);
  expect(await migration.prove()).toMatchObject({ outcome: 'sealed' });
});
