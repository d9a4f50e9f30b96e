import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type { JobView } from '../../domain/views.ts';
import { consent, isAsking, proofOf } from '../flows/migrations.ts';
import { startCephRgw, type CephRgw } from '../support/ceph-rgw.ts';
import { policyOf } from '../support/cloud.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import { connectionOf, inParallel, need, objectsToCopy, put, randomBody, readBucket } from './two-users.ts';

const OBJECTS = 1000;
const KILLS = 30;

describeWhereInstalled('a bucket with its name, from one user of a real S3 server to another', need, () => {
  let ceph: CephRgw;
  let folder: string;
  let a: S3Client;
  let b: S3Client;

  beforeAll(async () => {
    ceph = await startCephRgw();
    folder = mkdtempSync(join(tmpdir(), 'bucket-migrator-real-'));
    const connections = [connectionOf(ceph, 'user-a', ceph.users.a), connectionOf(ceph, 'user-b', ceph.users.b)];
    writeFileSync(join(folder, 'connections.json'), JSON.stringify({ connections }), { mode: 0o600 });
    a = s3ClientFor(ceph.endpoint, ceph.users.a);
    b = s3ClientFor(ceph.endpoint, ceph.users.b);
  });
  afterAll(async () => {
    await ceph?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const flags = (name: string): string[] => [
    ...['--data', join(folder, name), '--connections', join(folder, 'connections.json')],
    '--no-sandbox',
  ];
  const aMigration = (bucket: string, options: JobRequestInput['options'] = {}): JobRequestInput => ({
    kind: 'migrate',
    source: { connection: 'user-a', bucket },
    destination: { connection: 'user-b' },
    options: { quarantineDays: 0, ...options },
  });

  async function bucketsOf(client: S3Client): Promise<string[]> {
    return ((await client.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name = '' }) => Name);
  }

  test(`${OBJECTS} objects with versions, delete markers and every odd key arrive identical, though the program is killed ${KILLS} times`, async () => {
    await a.send(new CreateBucketCommand({ Bucket: 'the-name' }));
    const versioning = { Status: 'Enabled' } as const;
    await a.send(new PutBucketVersioningCommand({ Bucket: 'the-name', VersioningConfiguration: versioning }));
    const objects = objectsToCopy(OBJECTS);
    await inParallel(objects, (object) => put(a, 'the-name', object));
    for (const [index, { key }] of objects.entries()) {
      if (index % 20 === 0)
        await put(a, 'the-name', { key, body: randomBody(700, 5000 + index), metadata: { again: 'yes' }, tags: {} });
      if (index % 50 === 0) await a.send(new DeleteObjectCommand({ Bucket: 'the-name', Key: key }));
      if (index % 100 === 0) await put(a, 'the-name', { key, body: randomBody(9, index), metadata: {}, tags: {} });
    }
    const before = await readBucket(ceph, ceph.users.a, 'the-name');
    expect(before).toHaveLength(OBJECTS + OBJECTS / 20 + OBJECTS / 50 + OBJECTS / 100);

    const { job, kills } = await migrateWhileKilled('killed', 'the-name');

    expect(job.problem).toBeUndefined();
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0 });
    expect(kills).toBe(KILLS);
    expect(await readBucket(ceph, ceph.users.b, 'the-name')).toEqual(before);
    expect(await bucketsOf(a)).not.toContain('the-name');
    expect((await bucketsOf(b)).filter((name) => name.startsWith('mig-'))).toEqual([]);
    expect((await policyOf(b, 'the-name')) ?? '').not.toContain('Migrator');
  });

  test('stopped before consent, the source is as it was and open to its owner again', async () => {
    await a.send(new CreateBucketCommand({ Bucket: 'kept-name' }));
    await inParallel(objectsToCopy(500), (object) => put(a, 'kept-name', object));
    const before = await readBucket(ceph, ceph.users.a, 'kept-name');
    const product = await startProduct(flags('stopped'));
    try {
      const { id } = await product.startJob(aMigration('kept-name'));
      const waiting = await until(() => product.job(id), (job) => isAsking('consent')(job) || hasEnded(job), 'the question', 3000); // prettier-ignore
      expect(waiting.problem).toBeUndefined();

      await product.request('POST', `/api/jobs/${id}/stop`);
      const job = await until(() => product.job(id), ({ phase, status }) => phase === 'undone' && status !== 'running', 'the undo', 3000); // prettier-ignore

      expect(job.status).toBe('stopped');
      expect(await readBucket(ceph, ceph.users.a, 'kept-name')).toEqual(before);
      await put(a, 'kept-name', { key: 'new', body: randomBody(5, 1), metadata: {}, tags: {} });
      expect((await bucketsOf(b)).filter((name) => name.startsWith('mig-'))).toEqual([]);
    } finally {
      await product.stop();
    }
  });

  /** Half of the kills before the question, half after consent; every other one takes the tasks with the server. */
  async function migrateWhileKilled(name: string, bucket: string): Promise<{ job: JobView; kills: number }> {
    let product = await startProduct(flags(name));
    let kills = 0;
    let percent = 0;
    const { id } = await product.startJob(
      aMigration(bucket, { inFlightMax: 4, batchObjectCountMax: 32, shardObjectCountMax: 250, roundsMax: 10 }),
    );
    const killAndStart = async (): Promise<Product> => {
      await pass(randomInt(50, 1200));
      await (kills % 2 === 0 ? product.killWithTasks() : product.kill());
      kills += 1;
      return startProduct(flags(name));
    };
    const look = async (): Promise<JobView> => {
      const seen = await product.job(id);
      expect(seen.percent).toBeGreaterThanOrEqual(percent);
      percent = seen.percent;
      return seen;
    };
    while (kills < KILLS / 2) {
      product = await killAndStart();
      const seen = await look();
      if (hasEnded(seen)) return { job: seen, kills };
    }
    let job = await until(look, (seen) => isAsking('consent')(seen) || hasEnded(seen), 'the question', 6000);
    if (hasEnded(job)) return { job, kills };
    const answer = await consent(product, id, { bucket, digest: (await proofOf(product, id)).digest });
    expect(answer.status).toBe(200);
    while (kills < KILLS && !hasEnded(job)) {
      product = await killAndStart();
      job = await look();
    }
    job = await until(look, hasEnded, 'the end', 6000);
    await product.stop();
    return { job, kills };
  }
});
