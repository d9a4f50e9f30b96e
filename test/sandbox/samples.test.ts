import {
  CopyObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { ODD_KEYS } from '../../local/sandbox/sample-keys.ts';
import { seedSamples } from '../../local/sandbox/samples.ts';
import { ALICE, aSandbox, BOB } from './worlds.ts';

test('the samples are there in less than a second, and only once', async () => {
  const { world, s3 } = await aSandbox();
  const startedAt = performance.now();

  seedSamples(world);
  const tookMs = performance.now() - startedAt;
  seedSamples(world);

  expect(tookMs).toBeLessThan(1000);
  const names = async (client: ReturnType<typeof s3>) =>
    (await client.send(new ListBucketsCommand({}))).Buckets?.map((bucket) => bucket.Name);
  expect(await names(s3(ALICE))).toEqual(['sample-odd-keys', 'sample-photos', 'sample-versions']);
  expect(await names(s3(BOB))).toEqual(['sample-logs']);
});

test('every odd key is listed, read and copied under exactly its name', async () => {
  const { world, s3 } = await aSandbox();
  seedSamples(world);
  const client = s3(ALICE);
  const Bucket = 'sample-odd-keys';
  const encode = (key: string) => key.split('/').map(encodeURIComponent).join('/');

  const listed: string[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket, EncodingType: 'url', MaxKeys: 10 })) {
    for (const { Key = '' } of page.Contents ?? []) listed.push(decodeURIComponent(Key.replaceAll('+', ' ')));
  }

  expect(new Set(listed)).toEqual(new Set(ODD_KEYS));
  for (const Key of ODD_KEYS) {
    await client.send(new GetObjectCommand({ Bucket, Key })).then((got) => got.Body?.transformToByteArray());
    await client.send(new CopyObjectCommand({ Bucket: 'sample-photos', Key, CopySource: `${Bucket}/${encode(Key)}` }));
  }
  expect(ODD_KEYS.every((key) => Buffer.byteLength(key) <= 1024)).toBe(true);
});

test('the sample with versions has old ones, deleted objects, and some that came back', async () => {
  const { world, s3 } = await aSandbox();
  seedSamples(world);

  const page = await s3(ALICE).send(new ListObjectVersionsCommand({ Bucket: 'sample-versions' }));
  const { Versions = [], DeleteMarkers = [] } = page;

  expect(Versions.length).toBeGreaterThan(24);
  expect(DeleteMarkers.map(({ IsLatest }) => IsLatest)).toEqual([false, true, false, true]);
  expect(new Set(Versions.map(({ VersionId }) => VersionId)).size).toBe(Versions.length);
});
