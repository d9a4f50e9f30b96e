import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import type { Clock, EpochMs } from '../../domain/time.ts';
import { newInProcessHandler } from '../../local/sandbox/in-process.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { ALICE, problemOf, seededRandom, SETUP } from './worlds.ts';

const Bucket = 'photos';

/** A simulation's clock: far from the machine's. */
const virtualClock: Clock = { nowMs: () => Date.UTC(2031, 0, 1) as EpochMs, sleep: async () => {} };

test('real clients reach the world without a network and under a clock of its own', async () => {
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
  await s3.send(new CreateBucketCommand({ Bucket }));

  await s3.send(new PutObjectCommand({ Bucket, Key: 'a b?c', Body: 'hello' }));
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b?c' }));

  expect(await got.Body?.transformToString()).toBe('hello');
  expect(got.LastModified?.getUTCFullYear()).toBe(2031);
  expect((await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'no' })))).name).toBe('NoSuchKey');
  world.faults.add({ fault: { kind: 'lose-connection', when: 'before-effect' } });
  expect((await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'a b?c' })))).message).toContain('hang up');
});
