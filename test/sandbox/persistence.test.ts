import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPersistence } from '../../local/sandbox/persistence.ts';
import { ALICE, ALICE_ACCOUNT, aSandbox, problemOf, type RunningSandbox } from './worlds.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const Bucket = 'kept';

/** A sandbox on the directory, without any farewell from the one before: as after kill -9. */
const open = (): Promise<RunningSandbox> => aSandbox({ nameReleaseDelayMs: 3_600_000 }, openPersistence(directory));

const read = async (sandbox: RunningSandbox, Key: string): Promise<string | undefined> =>
  (await sandbox.s3(ALICE).send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

test('everything that was answered is there again after the process was killed', async () => {
  const before = await open();
  const s3 = before.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k\né', Body: 'first', Metadata: { a: 'b' } }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k\né', Body: 'x'.repeat(100_000) }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k\né' }));
  const Policy = JSON.stringify({
    Statement: [
      {
        Effect: 'Deny',
        Principal: { AWS: `arn:aws:iam::${ALICE_ACCOUNT}:role/reader` },
        Action: 's3:PutObject',
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    ],
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const upload = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
  const target = { Bucket, Key: 'parts', UploadId: upload.UploadId };
  const part = await s3.send(new UploadPartCommand({ ...target, PartNumber: 1, Body: 'part' }));
  await s3.send(new CreateBucketCommand({ Bucket: 'gone' }));
  await s3.send(new DeleteBucketCommand({ Bucket: 'gone' }));

  const after = await open();

  const again = after.s3(ALICE);
  const listed = await again.send(new ListObjectVersionsCommand({ Bucket }));
  expect(listed.DeleteMarkers?.map((marker) => marker.IsLatest)).toEqual([true]);
  expect(listed.Versions?.map((version) => version.Size)).toEqual([100_000, 5]);
  const oldest = listed.Versions?.at(-1);
  const got = await again.send(new GetObjectCommand({ Bucket, Key: 'k\né', VersionId: oldest?.VersionId }));
  expect([await got.Body?.transformToString(), got.Metadata]).toEqual(['first', { a: 'b' }]);
  expect((await again.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(Policy);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  await again.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload }));
  expect(await read(after, 'parts')).toBe('part');
  expect((await problemOf(again.send(new CreateBucketCommand({ Bucket: 'gone' })))).name).toBe('OperationAborted');
});

test('a session goes on after a restart', async () => {
  const before = await open();
  await before.s3(ALICE).send(new CreateBucketCommand({ Bucket }));
  const { Credentials } = await before.sts(ALICE).send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${ALICE_ACCOUNT}:role/reader`,
      RoleSessionName: 'job',
      ExternalId: 'shared',
    }),
  );

  const after = await open();

  const session = after.s3({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
  await session.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'by the role' }));
  expect(await read(after, 'k')).toBe('by the role');
});

test('a record that was cut short by the kill is dropped, and what follows is kept', async () => {
  const before = await open();
  await before.s3(ALICE).send(new CreateBucketCommand({ Bucket }));
  appendFileSync(join(directory, 'log.jsonl'), '{"type":"version","bucket":"kept","ke');

  const second = await open();
  await second.s3(ALICE).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const third = await open();

  expect(await read(third, 'k')).toBe('x');
});

test('what is overwritten again and again does not fill the disk for ever', async () => {
  const before = await open();
  const s3 = before.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket }));
  for (let round = 0; round < 1300; round += 1) {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: `${round}` }));
  }
  for (const body of ['a', 'b', 'c']) {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'big', Body: body.repeat(10_000) }));
  }
  const grown = statSync(join(directory, 'log.jsonl')).size;

  const after = await open();

  expect(statSync(join(directory, 'log.jsonl')).size).toBeLessThan(grown / 100);
  expect(readdirSync(join(directory, 'bodies'))).toHaveLength(1);
  expect([await read(after, 'k'), await read(after, 'big')]).toEqual(['1299', 'c'.repeat(10_000)]);
});
