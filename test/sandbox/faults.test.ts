import {
  CopyObjectCommand,
  CreateBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { FaultRules } from '../../local/sandbox/faults.ts';
import { startSandboxServer, type SandboxServer } from '../../local/sandbox/http-server.ts';
import { keyBytesOf } from '../../local/sandbox/key-order.ts';
import { ALICE, aSandbox, problemOf, seededRandom } from './worlds.ts';

const Bucket = 'photos';

async function aSandboxWithAnObject() {
  const sandbox = await aSandbox();
  const s3 = sandbox.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  return { ...sandbox, client: s3 };
}

const copy = (s3: S3Client, Key = 'copy') => s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/k` }));
const exists = async (s3: S3Client, Key: string) =>
  s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

describe('a copy', () => {
  test('that is throttled has no effect, and the next one has', async () => {
    const { world, client } = await aSandboxWithAnObject();
    world.faults.add({ operation: 'CopyObject', times: 1, fault: { kind: 'refuse', code: 'SlowDown' } });

    expect(await problemOf(copy(client))).toMatchObject({ name: 'SlowDown', status: 503 });
    expect(await exists(client, 'copy')).toBe(false);
    await copy(client);
    expect(await exists(client, 'copy')).toBe(true);
  });

  test('whose answer is lost has happened all the same', async () => {
    const { world, client } = await aSandboxWithAnObject();
    world.faults.add({ operation: 'CopyObject', times: 1, fault: { kind: 'lose-connection', when: 'after-effect' } });

    await problemOf(copy(client));

    expect(await exists(client, 'copy')).toBe(true);
  });

  test('may answer 200 with an error in it', async () => {
    const { world, client } = await aSandboxWithAnObject();
    world.faults.add({ operation: 'CopyObject', fault: { kind: 'error-in-200', code: 'InternalError' } });

    expect((await problemOf(copy(client))).name).toBe('InternalError');
    expect(await exists(client, 'copy')).toBe(false);
  });
});

test('a listing can be blank though the answer is 200', async () => {
  const { world, client } = await aSandboxWithAnObject();
  world.faults.add({ operation: 'ListObjectsV2', fault: { kind: 'spoil-body', as: 'blank' } });

  const page = await client.send(new ListObjectsV2Command({ Bucket }));

  expect(page.Contents).toBeUndefined();
});

test('a delay passes on the clock of the world', async () => {
  const { world, client, clock } = await aSandboxWithAnObject();
  world.faults.add({ bucket: Bucket, fault: { kind: 'delay', waitMs: 30_000 } });

  await copy(client);

  expect(clock.aheadMs).toBe(30_000);
});

describe('rules', () => {
  const subject = (key: string) => ({ operation: 'PutObject', bucketName: 'b', key: keyBytesOf(key) });
  const refuse = { kind: 'refuse', code: 'SlowDown' } as const;

  test('meet the nth request only, by prefix, and never more often than they may', () => {
    const rules = new FaultRules(seededRandom());
    rules.add({ keyPrefix: 'a/', nth: 2, fault: refuse });
    rules.add({ keyPrefix: 'b/', times: 2, fault: refuse });
    const met = (key: string) => rules.meet(subject(key)).fault !== undefined;

    expect(['a/1', 'x', 'a/2', 'a/3'].map(met)).toEqual([false, false, true, false]);
    expect(['b/1', 'b/2', 'b/3'].map(met)).toEqual([true, true, false]);
  });

  test('meet the same requests again with the same seed', () => {
    const run = () => {
      const rules = new FaultRules(seededRandom(7));
      rules.add({ probability: 0.3, fault: refuse });
      return Array.from({ length: 100 }, (_, index) => rules.meet(subject(String(index))).fault !== undefined);
    };

    expect(run()).toEqual(run());
    expect(run().filter(Boolean).length).toBeGreaterThan(10);
  });
});

describe('the control over HTTP', () => {
  let server: SandboxServer | undefined;
  afterEach(async () => server?.close());

  test('is for those who have the token, and refuses rules it does not understand', async () => {
    const { world } = await aSandbox();
    server = await startSandboxServer(world, { controlToken: 'secret' });
    const url = `${server.url}/__sandbox/faults`;
    const headers = { authorization: 'Bearer secret' };
    const rule = JSON.stringify({ operation: 'PutObject', fault: { kind: 'refuse', code: 'SlowDown' } });

    const stranger = await fetch(url, { method: 'POST', body: rule });
    const wrong = await fetch(url, { method: 'POST', headers, body: '{"fault":{"kind":"explode"}}' });
    const added = await fetch(url, { method: 'POST', headers, body: rule });

    expect([stranger.status, wrong.status, added.status]).toEqual([401, 400, 201]);
    expect(world.faults.list()).toHaveLength(1);
    await fetch(url, { method: 'DELETE', headers });
    expect(world.faults.list()).toHaveLength(0);
  });
});
