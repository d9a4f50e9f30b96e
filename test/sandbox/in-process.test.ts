import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { Clock, EpochMs } from '../../domain/time.ts';
import { newInProcessHandler } from '../../local/sandbox/in-process.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { ALICE, problemOf, seededRandom, SETUP } from './worlds.ts';

const Bucket = 'photos';

/** A simulation's clock: far from the machine's. */
const virtualClock: Clock = { nowMs: () => Date.UTC(2031, 0, 1) as EpochMs, sleep: async () => {} };

function inProcess(): { world: SandboxWorld; s3: S3Client } {
  const world = new SandboxWorld({ setup: SETUP, clock: virtualClock, random: seededRandom() });
  const requestHandler = newInProcessHandler(world, { isSignatureVerified: false });
  const s3 = new S3Client({
    endpoint: 'http://sandbox',
    region: 'us-east-1',
    credentials: ALICE,
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler,
  });
  return { world, s3 };
}

test('real clients reach the world without a network and under a clock of its own', async () => {
  const { world, s3 } = inProcess();
  await s3.send(new CreateBucketCommand({ Bucket }));

  await s3.send(new PutObjectCommand({ Bucket, Key: 'a b?c', Body: 'hello' }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b?c' }));

  expect(await got.Body?.transformToString()).toBe('hello');
  expect(got.LastModified?.getUTCFullYear()).toBe(2031);
  expect((await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'no' })))).name).toBe('NoSuchKey');
  world.faults.add({ fault: { kind: 'lose-connection', when: 'before-effect' } });
  expect((await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'a b?c' })))).message).toContain('hang up');
});

test('without a network too, empty objects are read, facts looked at, and an error inside a 200 is an error', async () => {
  const { world, s3 } = inProcess();
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'empty', Body: '', Metadata: { a: 'b' } }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'full', Body: 'hello' }));
  const copy = () => s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/full` }));

  const empty = await s3.send(new GetObjectCommand({ Bucket, Key: 'empty' }));
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  const copied = await copy();
  world.faults.add({ fault: { kind: 'error-in-200', code: 'SlowDown', hasEffect: false }, times: 1 });
  const failed = await problemOf(copy());
  world.faults.add({ fault: { kind: 'spoil-body', as: 'blank' }, times: 1 });
  const blank = await problemOf(copy());

  expect(await empty.Body?.transformToString()).toBe('');
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'empty' }))).Metadata).toEqual({ a: 'b' });
  expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['empty', 'full']);
  expect(copied.CopyObjectResult?.ETag).toBe(listed.Contents?.[1]?.ETag);
  expect([failed.name, blank.name]).toEqual(['SlowDown', 'InternalError']);
});
