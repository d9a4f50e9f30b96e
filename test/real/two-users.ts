import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { CEPH_INSTALL_COMMAND, isCephInstalled, type CephRgw, type CephUser } from '../support/ceph-rgw.ts';
import { oddKeys } from '../support/odd-keys.ts';
import { clientPlace, findPythonsWithBoto3 } from '../support/real-clients.ts';

export const MiB = 1024 ** 2;
const python = findPythonsWithBoto3()[0];
export const need = {
  isInstalled: isCephInstalled() && python !== undefined,
  what: 'radosgw or python3-boto3',
  installCommand: `${CEPH_INSTALL_COMMAND} python3-boto3`,
};

export const connectionOf = (ceph: CephRgw, name: string, user: CephUser) => ({
  name,
  kind: 's3-compatible',
  region: 'default',
  endpoint: ceph.endpoint,
  accessKeyId: user.accessKeyId,
  secretAccessKey: user.secretAccessKey,
  principalArn: user.principalArn,
});

/**
 * Reads a whole bucket with a client that is not ours: of every version of every object its bytes, headers, metadata
 * and tags, newest first; delete markers stand among them. Version ids and times are left out: no copy has the same.
 */
const READ_BUCKET = `
import boto3, hashlib, json, os, sys
from concurrent.futures import ThreadPoolExecutor
from botocore.config import Config
s3 = boto3.client('s3', endpoint_url=os.environ['S3_ENDPOINT'], config=Config(s3={'addressing_style': 'path'}, max_pool_connections=16))
bucket = sys.argv[1]
found = []
for page in s3.get_paginator('list_object_versions').paginate(Bucket=bucket):
    found += [(v['Key'], v['LastModified'], v['VersionId'], v['IsLatest'], False) for v in page.get('Versions', [])]
    found += [(v['Key'], v['LastModified'], v['VersionId'], v['IsLatest'], True) for v in page.get('DeleteMarkers', [])]
found.sort(key=lambda v: (v[0], not v[3], -v[1].timestamp()))
def read(one):
    key, _, version, is_latest, is_marker = one
    if is_marker:
        return [key, {'marker': True, 'latest': is_latest}]
    at = {'Bucket': bucket, 'Key': key, 'VersionId': version}
    o = s3.get_object(**at)
    body = o['Body'].read()
    tags = {t['Key']: t['Value'] for t in s3.get_object_tagging(**at).get('TagSet', [])}
    return [key, {'size': len(body), 'sha256': hashlib.sha256(body).hexdigest(), 'metadata': o['Metadata'], 'tags': tags, 'latest': is_latest,
      'headers': [o.get(h) for h in ('ContentType', 'CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage')],
      'storageClass': o.get('StorageClass', 'STANDARD')}]
with ThreadPoolExecutor(16) as pool:
    json.dump(list(pool.map(read, found)), sys.stdout)
`;

export type SeenObject = readonly [key: string, contents: unknown];

export async function readBucket(ceph: CephRgw, user: CephUser, bucket: string): Promise<readonly SeenObject[]> {
  const place = await clientPlace(ceph.endpoint, user);
  try {
    return JSON.parse(await place.run(python?.path ?? '', ['-c', READ_BUCKET, bucket])) as SeenObject[];
  } finally {
    await place.close();
  }
}

export type TestObject = { key: string; body: Buffer; metadata: Record<string, string>; tags: Record<string, string> };

/** The same bytes for the same seed. */
export function randomBody(sizeBytes: number, seed: number): Buffer {
  const blocks: Buffer[] = [];
  for (let made = 0, count = 0; made < sizeBytes; made += 32, count += 1) {
    blocks.push(createHash('sha256').update(`${seed} ${count}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, sizeBytes);
}

export function objectsToCopy(count: number): TestObject[] {
  const odd = oddKeys.map(({ key }) => key);
  expect(odd.length).toBeGreaterThanOrEqual(40);
  const plain = Array.from({ length: count - odd.length }, (_, index) => `plain/${index % 13}/${index}.bin`);
  return [...odd, ...plain].map((key, index) => ({
    key,
    body: randomBody((index * 37) % 2048, index),
    metadata: index % 3 === 0 ? { index: String(index), note: 'one two' } : {},
    tags: index % 5 === 0 ? { team: 'a b', 'cost/center': `${index}` } : {},
  }));
}

export async function put(client: S3Client, bucket: string, { key, body, metadata, tags }: TestObject): Promise<void> {
  const headers =
    Object.keys(metadata).length > 0
      ? { ContentType: 'text/x-odd; charset=utf-8', CacheControl: 'max-age=7', ContentDisposition: 'inline' }
      : {};
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, Metadata: metadata, ...headers }));
  if (Object.keys(tags).length === 0) return;
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  await client.send(new PutObjectTaggingCommand({ Bucket: bucket, Key: key, Tagging: { TagSet } }));
}

export async function putInParts(client: S3Client, bucket: string, key: string, count: number): Promise<void> {
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

export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
