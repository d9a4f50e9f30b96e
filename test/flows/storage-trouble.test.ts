import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../local/sandbox/faults.ts';
import { aBucket, aCopy, contentsOf } from '../support/cloud.ts';
import { until } from '../support/product.ts';
import { leftBehind, put, twoAccounts } from './two-accounts.ts';

const MiB = 1024 ** 2;
const here = twoAccounts();

/** How many requests have met the fault with this id. */
const metCount = (id: string): number => here.cloud.world.faults.list().find((live) => live.id === id)?.metCount ?? 0;

async function copiedWhole(from: string, to: string): Promise<void> {
  const { cloud } = here;
  expect(await contentsOf(cloud.b, to)).toEqual(await contentsOf(cloud.a, from));
}

describe('a listing that is not one', () => {
  test.each(['blank', 'html', 'truncated'] as const)(
    'a %s page of the source is never taken for an empty bucket: the job waits, and copies everything once it is right',
    async (as) => {
      const { cloud, product } = here;
      await aBucket(cloud.a, `source-${as}`, 12);
      const id = cloud.world.faults.add({ operation: 'ListObjectsV2', bucket: `source-${as}`, fault: { kind: 'spoil-body', as } }); // prettier-ignore
      const request = aCopy(`source-${as}`, `source-${as}-copied`);

      const started = await product.startJob(request);
      await until(async () => metCount(id), (count) => count >= 8, 'eight spoilt pages'); // prettier-ignore
      const meanwhile = await product.job(started.id);
      cloud.world.faults.remove(id);
      const job = await here.ended(started.id);

      expect(meanwhile).toMatchObject({ status: 'running', percent: 0, totalCount: 0 });
      expect(meanwhile.milestones['planned']).toBeUndefined();
      expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 12 });
      await copiedWhole(`source-${as}`, `source-${as}-copied`);
    },
  );

  test('a spoilt page of the destination is never taken for missing objects: nothing is copied again', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'seen-badly', 12);
    const spoil = (as: 'blank' | 'html' | 'truncated') =>
      cloud.world.faults.add({ operation: 'ListObjectsV2', bucket: 'seen-badly-copied', times: 1, fault: { kind: 'spoil-body', as } }); // prettier-ignore
    const spoilt = (['blank', 'html', 'truncated'] as const).map(spoil);

    const job = await here.run(aCopy('seen-badly', 'seen-badly-copied'));

    expect(spoilt.map(metCount)).toEqual([1, 1, 1]);
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 12 });
    expect(await here.report(job.id)).toMatchObject({ verdict: { round: 1, sourceCount: 12, destinationCount: 12 } });
    expect([...cloud.world.copies].filter(([path, times]) => path.startsWith('/seen-badly-copied/') && times > 1)).toEqual([]); // prettier-ignore
  });
});

describe.concurrent('a storage that has a bad day', () => {
  const cases: [what: string, name: string, probability: number, fault: Fault][] = [
    ['asks to slow down for half of the copies', 'slow-down', 0.5, { kind: 'refuse', code: 'SlowDown', status: 503 }],
    ['answers half of the copies with an internal error', 'internal', 0.5, { kind: 'refuse', code: 'InternalError', status: 500 }], // prettier-ignore
    ['says 200 and then an error in the body', 'error-in-200', 0.4, { kind: 'error-in-200', code: 'InternalError' }],
    ['says 200 and an error, and has copied all the same', 'error-but-done', 0.4, { kind: 'error-in-200', code: 'InternalError', hasEffect: true }], // prettier-ignore
    ['says 200 with a request to slow down in the body', 'slow-in-200', 0.4, { kind: 'error-in-200', code: 'SlowDown' }], // prettier-ignore
    ['copies and loses the answer on its way', 'lost-after', 0.4, { kind: 'lose-connection', when: 'after-effect' }],
    ['drops connections', 'lost-before', 0.4, { kind: 'lose-connection', when: 'before-effect' }],
    ['answers copies with nothing in the body', 'blank-copy', 0.4, { kind: 'spoil-body', as: 'blank' }],
    ['answers copies with a page for people', 'html-copy', 0.4, { kind: 'spoil-body', as: 'html' }],
    ['lets sessions expire too early', 'expired', 0.4, { kind: 'refuse', code: 'ExpiredToken', status: 400 }],
  ];
  test.each(cases)('and %s: every object arrives and is verified', async (_what, name, probability, fault) => {
    const { cloud } = here;
    await aBucket(cloud.a, name, 24);
    const id = cloud.world.faults.add({ operation: 'CopyObject', bucket: `${name}-copied`, probability, fault });

    const job = await here.run(aCopy(name, `${name}-copied`, { inFlightMax: 8 }));

    expect(metCount(id)).toBeGreaterThan(0);
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 24, failedCount: 0 });
    await copiedWhole(name, `${name}-copied`);
    expect(await leftBehind(here, job)).toEqual([]);
  });

  test('and throttles says so in the numbers', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'counted', 10);
    cloud.world.faults.add({ operation: 'CopyObject', bucket: 'counted-copied', times: 6, fault: { kind: 'refuse', code: 'SlowDown', status: 503 } }); // prettier-ignore

    const job = await here.run(aCopy('counted', 'counted-copied'));

    expect(job).toMatchObject({ status: 'succeeded', copiedCount: 10 });
    // The log is counted once more after the end.
    await until(
      () => here.product.job(job.id),
      ({ throttledCount }) => throttledCount > 0,
      'the count',
    );
  });

  test('and fails in the middle of large objects: they arrive whole, and no part is left lying', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'large', 1);
    for (const name of ['one', 'two', 'three'])
      await put(cloud.a, 'large', name, { Body: Buffer.alloc(11 * MiB, name) });
    const unwell: [operation: string, fault: Fault][] = [
      ['UploadPartCopy', { kind: 'refuse', code: 'SlowDown', status: 503 }],
      ['UploadPartCopy', { kind: 'error-in-200', code: 'InternalError' }],
      ['CreateMultipartUpload', { kind: 'lose-connection', when: 'before-effect' }],
      ['CompleteMultipartUpload', { kind: 'error-in-200', code: 'InternalError' }],
      ['CompleteMultipartUpload', { kind: 'lose-connection', when: 'after-effect' }],
    ];
    const ids = unwell.map(([operation, fault]) => cloud.world.faults.add({ operation, bucket: 'large-copied', times: 1, fault })); // prettier-ignore

    const job = await here.run(aCopy('large', 'large-copied', { multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB })); // prettier-ignore

    expect(ids.map(metCount)).toEqual([1, 1, 1, 1, 1]);
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 4, failedCount: 0 });
    expect((await contentsOf(cloud.b, 'large-copied')).size).toBe(4);
    const { Uploads = [] } = await cloud.b.send(new ListMultipartUploadsCommand({ Bucket: 'large-copied' }));
    expect(Uploads).toEqual([]);
    expect(await here.report(job.id)).toMatchObject({ uploadsOutstandingCount: 0 });
  });

  test('and cannot take the grant at once: it is asked again, and taken back at the end', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'unruly', 5);
    for (const operation of ['PutBucketPolicy', 'GetBucketPolicy', 'DeleteBucketPolicy'])
      cloud.world.faults.add({ operation, bucket: 'unruly-copied', times: 2, fault: { kind: 'refuse', code: 'InternalError', status: 500 } }); // prettier-ignore

    const job = await here.run(aCopy('unruly', 'unruly-copied'));

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 5 });
    expect(await leftBehind(here, job)).toEqual([]);
  });

  test('and makes the bucket but loses the answer: it is recognised as the job’s own', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'made', 5);
    const id = cloud.world.faults.add({ operation: 'CreateBucket', bucket: 'made-copied', times: 1, fault: { kind: 'lose-connection', when: 'after-effect' } }); // prettier-ignore

    const job = await here.run(aCopy('made', 'made-copied'));

    expect(metCount(id)).toBe(1);
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 5 });
  });
});
