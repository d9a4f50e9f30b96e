import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobOptions } from '../../domain/job-request.ts';
import type { ReportView, JobView } from '../../domain/views.ts';
import {
  CEPH_INSTALL_COMMAND,
  isCephInstalled,
  startCephRgw,
  type CephRgw,
  type CephUser,
} from '../support/ceph-rgw.ts';
import { describeWhereInstalled } from '../support/installed.ts';
import { oddKeys } from '../support/odd-keys.ts';
import { policyOf } from '../support/cloud.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';
import { clientPlace, findPythonsWithBoto3 } from '../support/real-clients.ts';
import { s3ClientFor } from '../support/s3-account.ts';

const OBJECTS = 2000;
const MiB = 1024 ** 2;
const python = findPythonsWithBoto3()[0];
const need = {
  isInstalled: isCephInstalled() && python !== undefined,
  what: 'radosgw or python3-boto3',
  installCommand: `${CEPH_INSTALL_COMMAND} python3-boto3`,
};

/** Reads a whole bucket with a client that is not ours: every object's bytes, headers, metadata and tags, a line each. */
const READ_BUCKET = `
import boto3, hashlib, json, os, sys
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
s3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT'], config=Config(s3={'addressing_style': 'path'}, max_pool_connections=16))
bucket = sys.argv[1]
keys = [o['Key'] for page in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket) for o in page.get('Contents', [])]
def read(key):
    o = s3.get_object(Bucket=bucket, Key=key)
    body = o['Body'].read()
    tags = {t['Key']: t['Value'] for t in s3.get_object_tagging(Bucket=bucket, Key=key).get('TagSet', [])}
    return [key, {'size': len(body), 'sha256': hashlib.sha256(body).hexdigest(), 'metadata': o['Metadata'], 'tags': tags,
      'headers': [o.get(h) for h in ('ContentType', 'CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage')],
      'storageClass': o.get('StorageClass', 'STANDARD')}]
with ThreadPoolExecutor(16) as pool:
    json.dump(sorted(pool.map(read, keys)), sys.stdout)
`;

describeWhereInstalled('between two users of a real S3 server', need, () => {
  let ceph: CephRgw;
  let product: Product;
  let folder: string;
  let a: S3Client;
  let b: S3Client;

  beforeAll(async () => {
    ceph = await startCephRgw();
    folder = mkdtempSync(join(tmpdir(), 'bucket-migrator-real-'));
    const connections = [connectionOf('user-a', ceph.users.a), connectionOf('user-b', ceph.users.b)];
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

  const connectionOf = (name: string, user: CephUser) => ({
    name,
    kind: 's3-compatible',
    region: 'default',
    endpoint: ceph.endpoint,
    accessKeyId: user.accessKeyId,
    secretAccessKey: user.secretAccessKey,
    principalArn: user.principalArn,
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

  async function readBucket(user: CephUser, bucket: string): Promise<Map<string, unknown>> {
    const place = await clientPlace(ceph.endpoint, user);
    try {
      return new Map(
        JSON.parse(await place.run(python?.path ?? '', ['-c', READ_BUCKET, bucket])) as [string, unknown][],
      );
    } finally {
      await place.close();
    }
  }

  test(`${OBJECTS} objects with every odd key, metadata, tags and a source made of parts arrive identical`, async () => {
    await a.send(new CreateBucketCommand({ Bucket: 'everything' }));
    await inParallel(objectsToCopy(), (object) => put(a, 'everything', object));
    await putInParts(a, 'everything', 'big/made of parts', 3);

    const job = await copied('everything', 'everything-copied');

    expect(await problemOf(job)).toBeUndefined();
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, copiedCount: OBJECTS + 1 });
    const source = await readBucket(ceph.users.a, 'everything');
    expect(source.size).toBe(OBJECTS + 1);
    expect(await readBucket(ceph.users.b, 'everything-copied')).toEqual(source);
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
    expect(await readBucket(ceph.users.b, 'large-copied')).toEqual(await readBucket(ceph.users.a, 'large'));
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

type TestObject = { key: string; body: Buffer; metadata: Record<string, string>; tags: Record<string, string> };

/** The same bytes for the same seed. */
function randomBody(sizeBytes: number, seed: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, count = 0; made < sizeBytes; made += 32, count += 1) {
    blocks.push(createHash('sha256').update(`${seed} ${count}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, sizeBytes);
}

function objectsToCopy(): TestObject[] {
  const odd = oddKeys.map(({ key }) => key);
  expect(odd.length).toBeGreaterThanOrEqual(40);
  const plain = Array.from({ length: OBJECTS - odd.length }, (_, index) => `plain/${index % 13}/${index}.bin`);
  return [...odd, ...plain].map((key, index) => ({
    key,
    body: randomBody((index * 37) % 2048, index),
    metadata: index % 3 === 0 ? { index: String(index), note: 'one two' } : {},
    tags: index % 5 === 0 ? { team: 'a b', 'cost/center': `${index}` } : {},
  }));
}

async function put(client: S3Client, bucket: string, { key, body, metadata, tags }: TestObject): Promise<void> {
  const headers =
    Object.keys(metadata).length > 0
      ? { ContentType: 'text/x-odd; charset=utf-8', CacheControl: 'max-age=7', ContentDisposition: 'inline' }
      : {};
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata: metadata, ...headers }));
  if (Object.keys(tags).length === 0) return;
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, Tagging: { TagSet } }));
}

async function putInParts(client: S3Client, bucket: string, key: string, count: number): Promise<void> {
  const at = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...at, ContentType: 'video/x-odd', Metadata: { made: 'of parts' } }),
  );
  const parts = [];
  for (let number = 1; number <= count; number += 1) {
    const Body = randomBody(number === count ? 1234 : 5 * MiB, number);
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: number, Body }));
    parts.push({ PartNumber: number, ETag });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: parts } }));
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
