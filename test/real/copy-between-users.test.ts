import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobOptions } from '../../domain/job-request.ts';
import type { ReportView, JobView } from '../../domain/views.ts';
import { startCephRgw, type CephRgw } from '../support/ceph-rgw.ts';
import { policyOf } from '../support/cloud.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import {
  connectionOf,
  inParallel,
  MiB,
  need,
  objectsToCopy,
  put,
  putInParts,
  randomBody,
  readBucket,
} from './two-users.ts';

const OBJECTS = 2000;

describeWhereInstalled('between two users of a real S3 server', need, () => {
  let ceph: CephRgw;
  let product: Product;
  let folder: string;
  let a: S3Client;
  let b: S3Client;

  beforeAll(async () => {
    ceph = await startCephRgw();
    folder = mkdtempSync(join(tmpdir(), 'bucket-migrator-real-'));
    const connections = [connectionOf(ceph, 'user-a', ceph.users.a), connectionOf(ceph, 'user-b', ceph.users.b)];
    writeFileSync(join(folder, 'connections.json'), JSON.stringify({ connections }), { mode: 0o600 });
    product = await startProduct([
      '--data',
      join(folder, 'data'),
      '--connections',
      join(folder, 'connections.json'),
      '--no-sandbox',
    ]);
    a = s3ClientFor(ceph.endpoint, ceph.users.a);
    b = s3ClientFor(ceph.endpoint, ceph.users.b);
  });
  afterAll(async () => {
    await product?.stop();
    await ceph?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function copied(from: string, to: string, options: Partial<JobOptions> = {}): Promise<JobView> {
    const { id } = await product.startJob({
      kind: 'copy',
      source: { connection: 'user-a', bucket: from },
      destination: { connection: 'user-b', bucket: to },
      options,
    });
    return until(() => product.job(id), hasEnded, `the end of the copy of ${from}`, 3000);
  }

  /** With what failed, so that a failing test says why. */
  async function problemOf({ id, problem }: JobView): Promise<unknown> {
    return problem && { ...problem, failures: (await product.request('GET', `/api/jobs/${id}/failures`)).body };
  }

  test(`${OBJECTS} objects with every odd key, metadata, tags and a source made of parts arrive identical`, async () => {
    await a.send(new CreateBucketCommand({ Bucket: 'everything' }));
    await inParallel(objectsToCopy(OBJECTS), (object) => put(a, 'everything', object));
    await putInParts(a, 'everything', 'big/made of parts', 3);

    const job = await copied('everything', 'everything-copied');

    expect(await problemOf(job)).toBeUndefined();
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, copiedCount: OBJECTS + 1 });
    const source = await readBucket(ceph, ceph.users.a, 'everything');
    expect(source.length).toBe(OBJECTS + 1);
    expect(await readBucket(ceph, ceph.users.b, 'everything-copied')).toEqual(source);
    expect(await policyOf(b, 'everything-copied')).toBeUndefined();
    const report = (await product.request<ReportView>('GET', `/api/jobs/${job.id}/report`)).body;
    expect(report.verdict).toMatchObject({ verdict: 'equal', verifiedCount: OBJECTS + 1 });
    expect(report.verdict?.grades.D).toBe(0);
  });

  test('objects above the multipart threshold arrive identical, copied in parts', async () => {
    await a.send(new CreateBucketCommand({ Bucket: 'large' }));
    await putInParts(a, 'large', 'folder/of parts é', 3);
    await put(a, 'large', {
      key: 'whole',
      body: randomBody(11 * MiB, 7),
      metadata: { kind: 'whole' },
      tags: { size: 'large' },
    });
    await put(a, 'large', { key: 'small', body: randomBody(10, 8), metadata: {}, tags: {} });

    const job = await copied('large', 'large-copied', { multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB });

    expect(await problemOf(job)).toBeUndefined();
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, copiedCount: 3 });
    expect(await readBucket(ceph, ceph.users.b, 'large-copied')).toEqual(await readBucket(ceph, ceph.users.a, 'large'));
  });

  test('a stranger sees nothing of it, before and after', async () => {
    const stranger = s3ClientFor(ceph.endpoint, ceph.users.c);

    await expect(
      stranger.send(new PutObjectCommand({ Bucket: 'everything-copied', Key: 'x', Body: 'x' })),
    ).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      a.send(new PutObjectCommand({ Bucket: 'everything-copied', Key: 'x', Body: 'x' })),
    ).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
  });
});
