import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketPolicyCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { JobView, StatesView } from '../../domain/views.ts';
import { aBucket, aCopy, contentsOf, policyOf } from '../support/cloud.ts';
import { oddKeys } from '../support/odd-keys.ts';
import { hasEnded } from '../support/product.ts';
import { copiesOf, leftBehind, put, twoAccounts } from './two-accounts.ts';

const MiB = 1024 ** 2;
const here = twoAccounts();

const seenWhole = async (client: S3Client, Bucket: string, Key: string) => {
  const { Body, ...object } = await client.send(new GetObjectCommand({ Bucket, Key }));
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key }));
  return { object, tags: TagSet, bytes: Buffer.from((await Body?.transformToByteArray()) ?? []) };
};

describe('a copy of a bucket', () => {
  test('goes from 0 to 100 without falling back, and ends with a report and nothing of ours left behind', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'plain', 60);

    const { id } = await product.startJob(aCopy('plain', 'plain-copied', { shardObjectCountMax: 20, batchObjectCountMax: 5 })); // prettier-ignore
    const looks: JobView[] = [];
    do looks.push(await product.job(id));
    while (!hasEnded(looks.at(-1) as JobView));
    const job = looks.at(-1) as JobView;

    const percents = looks.map(({ percent }) => percent);
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    const atTheEnd = looks.filter(({ percent }) => percent === 100);
    expect(atTheEnd.filter(({ copiedCount, milestones }) => copiedCount < 60 || !milestones['verified'])).toEqual([]);
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, phase: 'finished', copiedCount: 60, failedCount: 0 }); // prettier-ignore
    expect(await contentsOf(cloud.b, 'plain-copied')).toEqual(await contentsOf(cloud.a, 'plain'));
    expect(await here.report(id)).toMatchObject({
      outcome: 'verified',
      copiedCount: 60,
      failedCount: 0,
      blockedCount: 0,
      plan: { sourceCount: 60, shardCount: 3 },
      verdict: { verdict: 'equal', sourceCount: 60, destinationCount: 60, verifiedCount: 60 },
      grantsOutstanding: [],
      uploadsOutstandingCount: 0,
    });
    expect(await here.failures(id)).toEqual({ totalCount: 0, groups: [], failures: [] });
    expect(await leftBehind(here, job)).toEqual([]);
    expect(await policyOf(cloud.b, 'plain-copied')).toBeUndefined();
    const { states } = (await product.request<StatesView>('GET', `/api/jobs/${id}/states`)).body;
    expect(states.filter(({ status }) => status !== 'succeeded')).toEqual([]);
    expect(states.map(({ name }) => name)).toContain('The bucket is copied');
  });

  test('deletes nothing anywhere: the only DELETE takes its own statement out of the policy', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'kept', 10);
    const before = cloud.world.deletes.length;

    await here.run(aCopy('kept', 'kept-copied'));

    expect(cloud.world.deletes.slice(before)).toEqual(['/kept-copied/?policy=']);
    expect((await contentsOf(cloud.a, 'kept')).size).toBe(10);
  });

  test('gives its buckets back: the next job may have them, in both roles', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'again', 5);
    expect(await here.run(aCopy('again', 'again-copied'))).toMatchObject({ status: 'succeeded' });

    const job = await here.run({
      kind: 'copy',
      source: { connection: 'sandbox-b', bucket: 'again-copied' },
      destination: { connection: 'sandbox-a', bucket: 'again-back' },
    });

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 5 });
    expect(await contentsOf(cloud.a, 'again-back')).toEqual(await contentsOf(cloud.a, 'again'));
  });

  test('of an empty bucket makes an empty bucket, verified', async () => {
    const { cloud } = here;
    await cloud.a.send(new CreateBucketCommand({ Bucket: 'nothing' }));

    const job = await here.run(aCopy('nothing', 'nothing-copied'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 0, totalCount: 0 });
    expect(await here.report(job.id)).toMatchObject({ verdict: { verdict: 'equal', sourceCount: 0 } });
    expect((await contentsOf(cloud.b, 'nothing-copied')).size).toBe(0);
  });

  test('of a prefix takes what begins so, and puts it under the prefix of the destination', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'parted', 30, (index) => (index % 2 === 0 ? `in/${index}` : `out/${index}`));

    const job = await here.run({
      kind: 'copy',
      source: { connection: 'sandbox-a', bucket: 'parted', prefix: 'in/' },
      destination: { connection: 'sandbox-b', bucket: 'parted-copied', prefix: 'there/is/' },
    });

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 15 });
    const wanted = [...(await contentsOf(cloud.a, 'parted'))].filter(([key]) => key.startsWith('in/'));
    expect(await contentsOf(cloud.b, 'parted-copied')).toEqual(
      new Map(wanted.map(([key, etag]) => [key.replace('in/', 'there/is/'), etag])),
    );
  });

  test('within one account needs no grant and is verified all the same', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'within', 8);

    const job = await here.run({
      kind: 'copy',
      source: { connection: 'sandbox-a', bucket: 'within' },
      destination: { connection: 'sandbox-a', bucket: 'within-copied' },
    });

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 8, grantsOutstandingCount: 0 });
    expect(await contentsOf(cloud.a, 'within-copied')).toEqual(await contentsOf(cloud.a, 'within'));
  });
});

describe('whatever an object is called or carries', () => {
  test('every odd key arrives under exactly that key with its own content', { timeout: 120_000 }, async () => {
    const { cloud } = here;
    await cloud.a.send(new CreateBucketCommand({ Bucket: 'odd' }));
    for (const { key } of oddKeys) await put(cloud.a, 'odd', key);

    const job = await here.run(aCopy('odd', 'odd-copied'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: oddKeys.length, failedCount: 0 });
    const arrived: string[] = [];
    const listing = { Bucket: 'odd-copied', EncodingType: 'url' } as const;
    for await (const { Contents = [] } of paginateListObjectsV2({ client: cloud.b }, listing)) {
      arrived.push(...Contents.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' '))));
    }
    expect(new Set(arrived)).toEqual(new Set(oddKeys.map(({ key }) => key)));
    for (const { key } of oddKeys) {
      const { bytes } = await seenWhole(cloud.b, 'odd-copied', key);
      expect(bytes.toString(), JSON.stringify(key)).toBe(`content of ${key}`);
    }
  });

  const belongings = {
    ContentType: 'text/x-thing; charset=utf-8',
    CacheControl: 'max-age=60',
    ContentDisposition: 'attachment; filename="a b.txt"',
    ContentEncoding: 'identity',
    ContentLanguage: 'de, en',
    Expires: new Date('2031-01-02T03:04:05Z'),
    Metadata: { owner: 'somebody', 'with-dash': 'two words', empty: '' },
    Tagging: 'team=storage&cost%20centre=4%2B2',
    WebsiteRedirectLocation: '/elsewhere',
  } as const;

  test.each([
    ['in one piece', 'whole', 1000, {}],
    ['in parts', 'parts', 11 * MiB + 7, { multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB }],
  ] as const)('copied %s it keeps its headers, metadata, tags, storage class and redirect', async (_how, name, sizeBytes, options) => {
    const { cloud } = here;
    const [from, to] = [`belongings-${name}`, `belongings-${name}-copied`];
    await cloud.a.send(new CreateBucketCommand({ Bucket: from }));
    await put(cloud.a, from, 'thing', { ...belongings, StorageClass: 'STANDARD_IA', Body: randomBytes(sizeBytes) });
    await put(cloud.a, from, 'bare');

    const job = await here.run(aCopy(from, to, { ...options, compareAttributes: 'every' }));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 2 });
    const [ours, theirs] = [await seenWhole(cloud.a, from, 'thing'), await seenWhole(cloud.b, to, 'thing')];
    expect(theirs.bytes.equals(ours.bytes)).toBe(true);
    expect(theirs.tags).toEqual(ours.tags);
    expect(theirs.tags).toHaveLength(2);
    const facts = ({ object }: typeof ours) => ({
      ...belongings,
      ...object,
      $metadata: undefined,
      LastModified: undefined,
      ETag: undefined,
      ChecksumCRC32: undefined,
      ChecksumCRC64NVME: undefined,
      ChecksumType: undefined,
    });
    expect(facts(theirs)).toEqual(facts(ours));
    expect(theirs.object).toMatchObject({ Metadata: belongings.Metadata, StorageClass: 'STANDARD_IA' });
    const uploads = await cloud.b.send(new ListMultipartUploadsCommand({ Bucket: to }));
    expect(uploads.Uploads ?? []).toEqual([]);
  }); // prettier-ignore
});

describe('a destination that is there already', () => {
  test('and holds objects is refused, with the two ways on, and not touched', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'to-full', 3);
    await aBucket(cloud.b, 'full', 2);
    const before = await contentsOf(cloud.b, 'full');

    const job = await here.run(aCopy('to-full', 'full'));

    expect(job).toMatchObject({ status: 'failed', problem: { error: 'PreflightBlockedError' } });
    expect(job.problem?.message).toContain('The destination holds objects already.');
    expect(job.problem?.remedy).toContain('choose to merge');
    expect(await contentsOf(cloud.b, 'full')).toEqual(before);
    expect(await leftBehind(here, job)).toEqual([]);
  });

  test('is merged into on request: what is absent is added, what is equal stays, and nothing is overwritten', async () => {
    const { cloud } = here;
    await cloud.a.send(new CreateBucketCommand({ Bucket: 'to-merge' }));
    await cloud.b.send(new CreateBucketCommand({ Bucket: 'merged' }));
    for (const key of ['absent', 'equal', 'other']) await put(cloud.a, 'to-merge', key);
    await put(cloud.b, 'merged', 'equal');
    await put(cloud.b, 'merged', 'other', { Body: 'theirs, and newer' });
    await put(cloud.b, 'merged', 'unrelated');
    const [equalBefore, otherBefore] = await Promise.all(
      ['equal', 'other'].map((Key) => cloud.b.send(new HeadObjectCommand({ Bucket: 'merged', Key }))),
    );

    const job = await here.run(aCopy('to-merge', 'merged', { whenDestinationHasObjects: 'merge' }));

    expect((await seenWhole(cloud.b, 'merged', 'absent')).bytes.toString()).toBe('content of absent');
    expect((await seenWhole(cloud.b, 'merged', 'other')).bytes.toString()).toBe('theirs, and newer');
    expect((await seenWhole(cloud.b, 'merged', 'unrelated')).bytes.toString()).toBe('content of unrelated');
    for (const [Key, before] of [['equal', equalBefore], ['other', otherBefore]] as const) {
      const now = await cloud.b.send(new HeadObjectCommand({ Bucket: 'merged', Key }));
      expect(now.LastModified).toEqual(before?.LastModified);
    } // prettier-ignore
    expect(copiesOf(here, 'merged', 'equal')).toBe(0);
    expect(job).toMatchObject({ status: 'failed', copiedCount: 1, failedCount: 1 });
    expect(job.percent).toBeLessThan(100);
    expect((await here.failures(job.id)).failures).toMatchObject([{ key: 'other', outcome: 'blocked' }]);
    expect(await leftBehind(here, job)).toEqual([]);
  });

  test('keeps its own policy: ours is added and taken out, theirs stays', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'to-ruled', 4);
    await cloud.b.send(new CreateBucketCommand({ Bucket: 'ruled' }));
    const theirs = {
      Version: '2012-10-17',
      Statement: [{ Sid: 'Theirs', Effect: 'Allow', Principal: { AWS: '111100001111' }, Action: 's3:GetObject', Resource: 'arn:aws:s3:::ruled/*' }],
    }; // prettier-ignore
    await cloud.b.send(new PutBucketPolicyCommand({ Bucket: 'ruled', Policy: JSON.stringify(theirs) }));

    const job = await here.run(aCopy('to-ruled', 'ruled'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
    expect(JSON.parse((await policyOf(cloud.b, 'ruled')) ?? '')).toEqual(theirs);
  });
});
