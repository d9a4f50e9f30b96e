import {
  DeleteObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { JobView, ReportView, StatesView } from '../../domain/views.ts';
import { aBucket, contentsOf } from '../support/cloud.ts';
import { hasEnded, until } from '../support/product.ts';
import { aMigration, asked, consent, exists, historyOf, make, migrated, proofOf, traces } from './migrations.ts';
import { put, twoAccounts } from './two-accounts.ts';

const here = twoAccounts();

describe('a migration of a bucket', () => {
  test('moves it under its name into the other account, from 0 to 100, and leaves nothing of ours', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'moving', 60);
    const before = await contentsOf(cloud.a, 'moving');

    const { id } = await product.startJob(aMigration('moving', { shardObjectCountMax: 20, batchObjectCountMax: 5 }));
    await asked(product, id, 'consent');
    expect(await contentsOf(cloud.a, 'moving')).toEqual(before);
    expect((await consent(product, id, { bucket: 'moving' })).status).toBe(200);
    const percents: number[] = [];
    const job = await until(
      async () => {
        const seen = await product.job(id);
        percents.push(seen.percent);
        return seen;
      },
      hasEnded,
      'the end',
      3000,
    );

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, phase: 'finished', failedCount: 0 });
    expect(percents).toEqual([...percents].sort((left, right) => left - right));
    expect(await contentsOf(cloud.b, 'moving')).toEqual(before);
    expect((await cloud.a.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).not.toContain('moving');
    expect(await traces(here, job)).toEqual([]);
    const report = (await product.request<ReportView>('GET', `/api/jobs/${id}/report`)).body;
    expect(report).toMatchObject({ outcome: 'verified', grantsOutstanding: [], uploadsOutstandingCount: 0 });
    const { states } = (await product.request<StatesView>('GET', `/api/jobs/${id}/states`)).body;
    expect(states.map(({ name }) => name)).toContain('The bucket has moved');
  });

  test('deletes nothing that is not bound to an ETag or a version', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'bound', 12);
    const before = cloud.world.objectDeletes.length;

    expect(await migrated(product, aMigration('bound'))).toMatchObject({ status: 'succeeded' });

    const deletes = cloud.world.objectDeletes.slice(before);
    expect(deletes.length).toBeGreaterThanOrEqual(24);
    expect(deletes.filter(({ isBound }) => !isBound)).toEqual([]);
  });

  test('waits for a person before the first deletion, and takes no other name, digest or second word', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'asking', 4);
    const { id } = await product.startJob(aMigration('asking'));
    await asked(product, id, 'consent');

    const wrongName = await consent(product, id, { bucket: 'askin' });
    const oldDigest = await consent(product, id, { bucket: 'asking', digest: '0'.repeat(64) });
    expect([wrongName.status, oldDigest.status]).toEqual([422, 409]);
    expect((await contentsOf(cloud.a, 'asking')).size).toBe(4);
    const digest = (await proofOf(product, id)).digest;
    const given = await consent(product, id, { bucket: 'asking', digest });
    const again = await consent(product, id, { bucket: 'asking', digest });
    expect([given.status, again.status]).toEqual([200, 409]);
    const job = await until(() => product.job(id), hasEnded, 'the end', 3000);

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
  });

  test('takes every version and delete marker along, in order', async () => {
    const { cloud, product } = here;
    await make(cloud.a, 'versioned');
    await cloud.a.send(
      new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration: { Status: 'Enabled' } }),
    );
    for (const body of ['one', 'two', 'three'])
      await cloud.a.send(new PutObjectCommand({ Bucket: 'versioned', Key: 'thrice', Body: body }));
    await put(cloud.a, 'versioned', 'hidden');
    await cloud.a.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'hidden' }));
    await put(cloud.a, 'versioned', 'back');
    await cloud.a.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'back' }));
    await put(cloud.a, 'versioned', 'back', { Body: 'again' });
    const before = await historyOf(cloud.a, 'versioned');
    expect(before).toHaveLength(8);

    const job = await migrated(product, aMigration('versioned'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
    expect((await historyOf(cloud.b, 'versioned')).map(({ key, etag, isMarker }) => [key, etag, isMarker])).toEqual(
      before.map(({ key, etag, isMarker }) => [key, etag, isMarker]),
    );
    expect(await traces(here, job)).toEqual([]);
  });

  test('of an empty bucket works to the end', async () => {
    const { cloud, product } = here;
    await make(cloud.a, 'nothing-in-it');

    const job = await migrated(product, aMigration('nothing-in-it'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
    expect(await exists(cloud.b, 'nothing-in-it')).toBe(true);
  });

  test('stopped before consent leaves the source as it was, open for its writers, and nothing of ours', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'not-now', 6);
    const before = await contentsOf(cloud.a, 'not-now');
    const { id } = await product.startJob(aMigration('not-now'));
    await asked(product, id, 'consent');
    await expect(put(cloud.a, 'not-now', 'late')).rejects.toMatchObject({ name: 'AccessDenied' });

    expect((await here.stop(id)).status).toBe(200);
    const job = await until(
      () => product.job(id),
      ({ phase, status }) => phase === 'undone' && status !== 'running',
      'undone',
    );

    expect(job.status).toBe('stopped');
    expect(await contentsOf(cloud.a, 'not-now')).toEqual(before);
    await put(cloud.a, 'not-now', 'late');
    expect(await traces(here, job)).toEqual([]);
  });

  test('keeps the temporary bucket in quarantine until somebody types its name', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'quarantined', 3);
    const { id } = await product.startJob(aMigration('quarantined', { quarantineDays: 7 }));
    await asked(product, id, 'consent');
    await consent(product, id, { bucket: 'quarantined' });
    const waiting = await until(
      () => product.job(id),
      ({ phase }) => phase === 'quarantine',
      'the quarantine',
      3000,
    );
    const temporary = waiting.migration?.temporaryBucket?.bucket ?? '';

    expect(waiting).toMatchObject({ status: 'running', percent: 99, migration: { stage: 'returned' } });
    expect((await contentsOf(cloud.b, temporary)).size).toBe(3);
    const wrong = await product.request('POST', `/api/jobs/${id}/quarantine`, { bucket: 'quarantined' });
    expect(wrong.status).toBe(422);
    const right = await product.request<JobView>('POST', `/api/jobs/${id}/quarantine`, { bucket: temporary });
    expect(right.status).toBe(200);
    const job = await until(() => product.job(id), hasEnded, 'the end', 3000);

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
    expect(await exists(cloud.b, temporary)).toBe(false);
  });
});
