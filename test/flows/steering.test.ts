import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { JobView, LogsView, PreflightView } from '../../domain/views.ts';
import { aBucket, aCopy, contentsOf } from '../support/cloud.ts';
import { until } from '../support/product.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import { isVerified, leftBehind, put, tasksOf, twoAccounts } from './two-accounts.ts';

const MiB = 1024 ** 2;
const here = twoAccounts();

const metCount = (id: string): number => here.cloud.world.faults.list().find((live) => live.id === id)?.metCount ?? 0;
const delay = (operation: string, bucket: string, waitMs = 1500) =>
  here.cloud.world.faults.add({ operation, bucket, fault: { kind: 'delay', waitMs } });

describe.concurrent('a job that is stopped', () => {
  /** What it is doing then, and the request that is held up meanwhile. */
  const moments: [what: string, name: string, operation: string, side: 'from' | 'to', milestone: string | undefined][] = [
    ['looks at the buckets', 'at-check', 'ListObjectsV2', 'from', undefined],
    ['makes the bucket', 'at-create', 'CreateBucket', 'to', 'started'],
    ['gives access', 'at-grant', 'PutBucketPolicy', 'to', 'destination-bucket-created'],
    ['verifies', 'at-verify', 'ListObjectsV2', 'to', 'copied'],
    ['takes the access back', 'at-revoke', 'DeleteBucketPolicy', 'to', 'verified'],
  ]; // prettier-ignore
  test.each(moments)('while it %s leaves nothing behind, and a redrive finishes it', async (_what, name, operation, side, milestone) => {
    const { cloud, product } = here;
    const [from, to] = [name, `${name}-copied`];
    await aBucket(cloud.a, from, 10);
    const fault = delay(operation, side === 'from' ? from : to);
    const { id } = await product.startJob(aCopy(from, to));
    const isThere = async () =>
      metCount(fault) > 0 && (milestone === undefined || milestone in (await product.job(id)).milestones);
    await until(isThere, Boolean, operation);

    expect(await here.stop(id)).toMatchObject({ status: 200 });
    cloud.world.faults.remove(fault);
    const stopped = await here.stopped(id);

    expect(stopped.percent).toBeLessThan(100);
    await until(() => leftBehind(here, stopped), (left) => left.length === 0, 'the end of the grant'); // prettier-ignore
    expect(tasksOf(here, id)).toEqual([]);
    await isVerified(here, await here.redriven(id), from, to);
  }); // prettier-ignore

  test('and redriven by two people at once goes on once', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'both', 10);
    const fault = delay('CopyObject', 'both-copied', 300);
    const { id } = await product.startJob(aCopy('both', 'both-copied'));
    await until(async () => metCount(fault), (count) => count > 0, 'a copy'); // prettier-ignore
    await here.stop(id);
    await here.stopped(id);

    const redrive = () => product.request('POST', `/api/jobs/${id}/redrive`);
    const answers = await Promise.all([redrive(), redrive()]);
    cloud.world.faults.remove(fault);
    const job = await here.ended(id);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(job.redriveCount).toBe(1);
    await isVerified(here, job, 'both', 'both-copied');
  });
});

describe.concurrent('an object that is copied in parts', () => {
  const inParts = { multipartThresholdBytes: 5 * MiB, partSizeBytes: 5 * MiB };
  const large = randomBytes(16 * MiB);
  const uploadsOf = async (Bucket: string) =>
    (await here.cloud.b.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];

  async function arrivedWhole(job: JobView, to: string): Promise<void> {
    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 3, grantsOutstandingCount: 0 });
    const { Body } = await here.cloud.b.send(new GetObjectCommand({ Bucket: to, Key: 'large' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(large)).toBe(true);
  }

  async function inTheMiddle(name: string) {
    const { cloud, product } = here;
    const to = `${name}-copied`;
    await aBucket(cloud.a, name, 2);
    await put(cloud.a, name, 'large', { Body: large });
    const fault = delay('UploadPartCopy', to, 600);
    const { id } = await product.startJob(aCopy(name, to, inParts));
    await until(async () => metCount(fault), (count) => count > 0, 'a part'); // prettier-ignore
    expect(await uploadsOf(to)).toHaveLength(1);
    return { id, to, letGo: () => cloud.world.faults.remove(fault) };
  }

  test('while its job is stopped leaves no part lying', async () => {
    const { id, to, letGo } = await inTheMiddle('parts-stopped');
    await here.stop(id);
    letGo();
    await here.stopped(id);

    await until(() => uploadsOf(to), (uploads) => uploads.length === 0, 'the end of the upload'); // prettier-ignore
    await arrivedWhole(await here.redriven(id), to);
  });

  test('while its task is killed arrives whole, and the parts of the killed one are gone', async () => {
    const { id, to, letGo } = await inTheMiddle('parts-killed');
    process.kill(tasksOf(here, id, 'copy')[0] ?? 0, 'SIGKILL');
    letGo();

    await arrivedWhole(await here.ended(id), to);
    expect(await uploadsOf(to)).toEqual([]);
  });
});

describe.concurrent('buckets of many kinds', () => {
  test('of a source that keeps versions only what is current is copied, and that is said before', async () => {
    const { cloud, product } = here;
    await cloud.a.send(new CreateBucketCommand({ Bucket: 'versions' }));
    await cloud.a.send(new PutBucketVersioningCommand({ Bucket: 'versions', VersioningConfiguration: { Status: 'Enabled' } })); // prettier-ignore
    for (const Body of ['first', 'second']) await put(cloud.a, 'versions', 'changed', { Body });
    await put(cloud.a, 'versions', 'deleted');
    await cloud.a.send(new DeleteObjectCommand({ Bucket: 'versions', Key: 'deleted' }));

    const request = aCopy('versions', 'versions-copied');
    const { checks } = (await product.request<PreflightView>('POST', '/api/preflight', request)).body;
    const job = await here.run(request);

    expect(checks).toContainEqual(expect.objectContaining({ id: 'source-versions', status: 'warning' }));
    await isVerified(here, job, 'versions', 'versions-copied');
    expect([...(await contentsOf(cloud.b, 'versions-copied')).keys()]).toEqual(['changed']);
  });

  test('a source in another Region than its connection is found, and the destination is made where it was asked for', async () => {
    const { cloud } = here;
    const [irish, german] = (['eu-west-1', 'eu-central-1'] as const).map((region) => ({
      a: s3ClientFor(cloud.url, cloud.administrators.a, { region }),
      b: s3ClientFor(cloud.url, cloud.administrators.b, { region }),
    }));
    if (!irish || !german) throw new Error('there are two Regions');
    await irish.a.send(new CreateBucketCommand({ Bucket: 'irish', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } })); // prettier-ignore
    for (const key of ['one', 'two']) await put(irish.a, 'irish', key);

    const job = await here.run({
      kind: 'copy',
      source: { connection: 'sandbox-a', bucket: 'irish' },
      destination: { connection: 'sandbox-b', bucket: 'german', region: 'eu-central-1' },
    });

    expect(job).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 2 });
    const { LocationConstraint } = await german.b.send(new GetBucketLocationCommand({ Bucket: 'german' }));
    expect(LocationConstraint).toBe('eu-central-1');
    expect(await contentsOf(german.b, 'german')).toEqual(await contentsOf(irish.a, 'irish'));
    for (const client of [irish.a, irish.b, german.a, german.b]) client.destroy();
  });

  test('objects that were encrypted with a key of somebody’s own are told, and the others are copied', async () => {
    const { cloud } = here;
    await aBucket(cloud.a, 'own-key', 3);
    const key = Buffer.alloc(32, 'k');
    await put(cloud.a, 'own-key', 'sealed', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key.toString('base64') });

    const job = await here.run(aCopy('own-key', 'own-key-copied'));

    expect(job).toMatchObject({ status: 'failed', copiedCount: 3, failedCount: 1 });
    const { groups } = await here.failures(job.id);
    expect(groups).toMatchObject([{ error: 'ObjectNotReproducibleError', outcome: 'blocked', exampleKey: 'sealed' }]);
    expect(groups[0]?.remedy).not.toBe('');
  });
});

test('the log of a job tells what its tasks did, and holds no key of any connection', async () => {
  const { cloud, product } = here;
  await aBucket(cloud.a, 'logged', 6);
  const { id } = await here.run(aCopy('logged', 'logged-copied', { shardObjectCountMax: 3 }));

  const { events } = (await product.request<LogsView>('GET', `/api/jobs/${id}/logs`)).body;

  expect(new Set(events.map(({ stream }) => stream.replace(`${id}/`, '')))).toEqual(
    new Set(['copy/plan/0', 'copy/copy/1', 'copy/copy/2', 'copy/verify/0']),
  );
  const printed = events.map(({ message }) => message).join('\n');
  expect(printed).not.toMatch(/secret|AKIA|sessionToken/i);
});
