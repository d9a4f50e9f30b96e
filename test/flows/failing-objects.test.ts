import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { aBucket, aCopy, contentsOf } from '../support/cloud.ts';
import { until } from '../support/product.ts';
import { copiesInto, copiesOf, deny, leftBehind, put, twoAccounts } from './two-accounts.ts';

const here = twoAccounts();

/** Copies of keys that begin so wait that long before they look at the source. */
const holdCopies = (bucket: string, keyPrefix: string, waitMs: number) =>
  here.cloud.world.faults.add({ operation: 'CopyObject', bucket, keyPrefix, fault: { kind: 'delay', waitMs } });

const copyBegan = (bucket: string, key: string) =>
  until(async () => copiesOf(here, bucket, key), (times) => times > 0, `the copy of ${key}`); // prettier-ignore

describe.concurrent('objects that cannot be copied', () => {
  test('stop no other, are told with what to do, and are all that a redrive copies', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'some-denied', 30);
    const denied = ['secret/1', 'secret/=cmd()'];
    for (const key of denied) await put(cloud.a, 'some-denied', key);
    await put(cloud.a, 'some-denied', 'old/archive.tar', { StorageClass: 'GLACIER' });
    await deny(cloud.a, 'some-denied', 's3:GetObject', 'secret/*');

    const job = await here.run(aCopy('some-denied', 'some-denied-copied'));

    expect(job).toMatchObject({ status: 'failed', copiedCount: 30, failedCount: 3, totalCount: 33 });
    expect(job.percent).toBeLessThan(100);
    expect(job.problem).toMatchObject({ error: 'ObjectsDifferError' });
    expect(job.problem?.message).toContain('3 objects missing at the destination');
    expect(job.problem?.remedy).toContain('Look at the failures');
    expect((await contentsOf(cloud.b, 'some-denied-copied')).size).toBe(30);
    expect(await leftBehind(here, job)).toEqual([]);

    const { groups, totalCount } = await here.failures(job.id);
    expect(totalCount).toBe(3);
    expect(groups).toMatchObject([
      { error: 'AccessDeniedError', outcome: 'blocked', count: 2 },
      { error: 'ObjectArchivedError', outcome: 'blocked', count: 1, exampleKey: 'old/archive.tar' },
    ]);
    expect(groups[0]?.remedy).toMatch(/s3:GetObject/);
    expect(groups[1]?.remedy).toMatch(/[Rr]estore/);
    const csv = (await product.request<string>('GET', `/api/jobs/${job.id}/failures.csv`)).body;
    expect(csv.trimEnd().split('\r\n')).toHaveLength(1 + 3);
    const json = (await product.request<{ key: string }[]>('GET', `/api/jobs/${job.id}/failures.json`)).body;
    expect(json.map(({ key }) => decodeURIComponent(key)).sort()).toEqual(['old/archive.tar', ...denied]);
    expect(await here.report(job.id)).toMatchObject({ outcome: 'failed', copiedCount: 30, failedCount: 0, blockedCount: 3, verdict: { verdict: 'cannot-go-on', missingCount: 3 } }); // prettier-ignore

    await cloud.a.send(new DeleteBucketPolicyCommand({ Bucket: 'some-denied' }));
    const restore = { Bucket: 'some-denied', Key: 'old/archive.tar', RestoreRequest: { Days: 1 } };
    await cloud.a.send(new RestoreObjectCommand(restore));
    const before = copiesInto(here, 'some-denied-copied');
    const again = await here.redriven(job.id);

    expect(again).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, redriveCount: 1 });
    expect(again.problem).toBeUndefined();
    expect(again.copiedCount + again.skippedCount).toBe(33);
    expect(copiesInto(here, 'some-denied-copied') - before).toBe(3);
    expect((await contentsOf(cloud.b, 'some-denied-copied')).size).toBe(33);
    expect((await here.failures(job.id)).totalCount).toBe(0);
    expect(await leftBehind(here, again)).toEqual([]);
  });

  test('when they are all refused, end the job soon, with the refusal and not with thousands of them', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'all-denied', 400);
    await deny(cloud.a, 'all-denied', 's3:GetObject', '*');

    const job = await here.run(aCopy('all-denied', 'all-denied-copied', { inFlightMax: 32 }));

    expect(job).toMatchObject({ status: 'failed', copiedCount: 0 });
    expect(job.percent).toBeLessThan(100);
    expect(job.problem).toMatchObject({ error: 'TooManyFailuresError' });
    expect(job.problem?.message).toContain('s3:GetObject');
    expect(job.problem?.remedy).toMatch(/s3:GetObject/);
    expect((await here.failures(job.id)).totalCount).toBeLessThan(400);
    expect(await leftBehind(here, job)).toEqual([]);

    await cloud.a.send(new DeleteBucketPolicyCommand({ Bucket: 'all-denied' }));
    const again = await here.redriven(job.id);

    expect(again).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 400, failedCount: 0 });
    expect(await contentsOf(cloud.b, 'all-denied-copied')).toEqual(await contentsOf(cloud.a, 'all-denied'));
  });

  test('because the destination may not be written are told so, not blamed on the source', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'to-closed', 3);
    await cloud.b.send(new CreateBucketCommand({ Bucket: 'closed' }));
    await deny(cloud.b, 'closed', 's3:PutObject', '*');

    const job = await here.run(aCopy('to-closed', 'closed'));

    expect(job).toMatchObject({ status: 'failed', copiedCount: 0, failedCount: 3 });
    const { groups } = await here.failures(job.id);
    expect(groups).toMatchObject([{ error: 'AccessDeniedError', outcome: 'blocked', count: 3 }]);
    expect(groups[0]?.message).toContain('s3:PutObject');
    expect(groups[0]?.remedy).toMatch(/s3:PutObject.* on closed/);
    expect(await leftBehind(here, job)).toEqual([]);
  });
});

describe.concurrent('objects that change while they are copied', () => {
  test('overwritten ones arrive as they are now, and never half old and half new', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'changing', 10);
    await put(cloud.a, 'changing', 'moving', { Body: 'the old one' });
    holdCopies('changing-copied', 'moving', 700);

    const { id } = await here.product.startJob(aCopy('changing', 'changing-copied'));
    await copyBegan('changing-copied', 'moving');
    await put(cloud.a, 'changing', 'moving', { Body: 'the new one, which is longer' });
    const job = await here.ended(id);

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 11, failedCount: 0 });
    expect(await contentsOf(cloud.b, 'changing-copied')).toEqual(await contentsOf(cloud.a, 'changing'));
  });

  test('deleted ones are no failure and are counted', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'vanishing', 10);
    await put(cloud.a, 'vanishing', 'leaving');
    holdCopies('vanishing-copied', 'leaving', 700);

    const { id } = await here.product.startJob(aCopy('vanishing', 'vanishing-copied'));
    await copyBegan('vanishing-copied', 'leaving');
    await cloud.a.send(new DeleteObjectCommand({ Bucket: 'vanishing', Key: 'leaving' }));
    const job = await here.ended(id);

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 10, skippedCount: 1, failedCount: 0 });
    expect(await contentsOf(cloud.b, 'vanishing-copied')).toEqual(await contentsOf(cloud.a, 'vanishing'));
  });

  test('ones that arrive after the plan was made are found by verification and copied', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'growing', 10);
    await put(cloud.a, 'growing', 'held');
    holdCopies('growing-copied', 'held', 700);

    const { id } = await here.product.startJob(aCopy('growing', 'growing-copied'));
    await copyBegan('growing-copied', 'held');
    await put(cloud.a, 'growing', 'late');
    const job = await here.ended(id);

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0 });
    expect(await contentsOf(cloud.b, 'growing-copied')).toEqual(await contentsOf(cloud.a, 'growing'));
    expect(await here.report(id)).toMatchObject({ verdict: { verdict: 'equal', round: 2, sourceCount: 12 } });
  });

  test('one that somebody puts at the destination meanwhile is not overwritten', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'guarded', 5);
    await put(cloud.a, 'guarded', 'contested');
    holdCopies('guarded-copied', 'contested', 700);

    const { id } = await here.product.startJob(aCopy('guarded', 'guarded-copied'));
    await copyBegan('guarded-copied', 'contested');
    const theirs = await cloud.b.send(new PutObjectCommand({ Bucket: 'guarded-copied', Key: 'contested', Body: 'theirs' })); // prettier-ignore
    const job = await here.ended(id);

    expect(job).toMatchObject({ status: 'failed', copiedCount: 5, failedCount: 1 });
    expect((await here.failures(id)).failures).toMatchObject([{ key: 'contested', outcome: 'blocked' }]);
    expect((await contentsOf(cloud.b, 'guarded-copied')).get('contested')).toBe(theirs.ETag);
  });
});
