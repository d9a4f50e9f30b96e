import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import type { JobOptions } from '../../domain/job-request.ts';
import type { ProblemView } from '../../domain/views.ts';
import { aBucket, aCopy, contentsOf, policyOf } from '../support/cloud.ts';
import { until } from '../support/product.ts';
import { copiesInto, isVerified, leftBehind, ROLE_A, tasksOf, twoAccounts } from './two-accounts.ts';

const here = twoAccounts();
const ACCOUNT_A = '111100001111';
const BATCH = 5;
const OBJECTS = 40;

/** Slow enough to do something in its middle: one object at a time and a tenth of a second each, until `letGo`. */
async function aSlowCopy(name: string, options: Partial<JobOptions> = {}, waitMs = 100) {
  const { cloud, product } = here;
  const to = `${name}-copied`;
  await aBucket(cloud.a, name, OBJECTS);
  const fault = cloud.world.faults.add({ operation: 'CopyObject', bucket: to, fault: { kind: 'delay', waitMs } });
  const slow = { batchObjectCountMax: BATCH, inFlightMax: 1, shardsAtOnceMax: 1, ...options };
  const { id } = await product.startJob(aCopy(name, to, slow));
  const begun = (count = 8) => until(async () => copiesInto(here, to), (copies) => copies >= count, `${count} copies`); // prettier-ignore
  await begun();
  return { id, to, from: name, begun, letGo: () => cloud.world.faults.remove(fault) };
}

describe.concurrent('stopping', () => {
  test('ends the tasks, takes the access back and frees the buckets; a redrive copies only what is missing', async () => {
    const { id, from, to, letGo } = await aSlowCopy('stopped');
    expect(tasksOf(here, id)).toHaveLength(1);

    expect(await here.stop(id)).toMatchObject({ status: 200 });
    const stopped = await here.stopped(id);
    const again = await here.stop(id);

    expect(tasksOf(here, id)).toEqual([]);
    expect(stopped.percent).toBeLessThan(100);
    expect(stopped.problem).toBeUndefined();
    expect(await policyOf(here.cloud.b, to)).toBeUndefined();
    expect(stopped.grantsOutstandingCount).toBe(0);
    expect(again).toMatchObject({ status: 200, body: { status: 'stopped' } });
    const copies = copiesInto(here, to);
    const arrived = (await contentsOf(here.cloud.b, to)).size;
    expect(copies).toBeLessThan(OBJECTS);

    letGo();
    const job = await here.redriven(id);

    await isVerified(here, job, from, to);
    expect(job).toMatchObject({ redriveCount: 1, copiedCount: OBJECTS });
    expect(copiesInto(here, to) - copies).toBeLessThanOrEqual(OBJECTS - arrived + BATCH);
  });

  test('frees the buckets for another job, and then the stopped one waits for that', async () => {
    const { id, from, to, letGo } = await aSlowCopy('let-go');
    await here.stop(id);
    await here.stopped(id);

    const other = await here.product.startJob(aCopy(from, 'let-go-elsewhere'));
    const redrive = await here.product.request<ProblemView>('POST', `/api/jobs/${id}/redrive`);
    expect(redrive.status === 409 ? redrive.body.job : 'the other had ended').toBe(other.id);
    await here.ended(other.id);
    letGo();

    await isVerified(here, await here.redriven(id), from, to);
  });

  test('a finished job cannot be stopped', async () => {
    await aBucket(here.cloud.a, 'over', 2);
    const job = await here.run(aCopy('over', 'over-copied'));

    expect(await here.stop(job.id)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('has finished') as string } }); // prettier-ignore
  });
});

describe.concurrent('a task that is killed', () => {
  test('while it copies is started again, repeats one batch at most and loses nothing', async () => {
    const { id, from, to, begun, letGo } = await aSlowCopy('killed');
    for (const count of [8, 20]) {
      await begun(count);
      const [pid = 0] = tasksOf(here, id, 'copy');
      process.kill(pid, 'SIGKILL');
    }
    letGo();
    const job = await here.ended(id);

    await isVerified(here, job, from, to);
    expect(job).toMatchObject({ redriveCount: 0, copiedCount: OBJECTS });
    expect(copiesInto(here, to) - OBJECTS).toBeLessThanOrEqual(2 * BATCH);
  });

  test.each(['plan', 'verify'] as const)('while it does the %s is started again, and the job ends verified', async (command) => {
    const { cloud, product } = here;
    const [from, to] = [`killed-${command}`, `killed-${command}-copied`];
    await aBucket(cloud.a, from, 10);
    const bucket = command === 'plan' ? from : to;
    const held = cloud.world.faults.add({ operation: 'ListObjectsV2', bucket, fault: { kind: 'delay', waitMs: 500 } });
    const { id } = await product.startJob(aCopy(from, to));

    const [pid = 0] = await until(async () => tasksOf(here, id, command), ({ length }) => length > 0, 'the task'); // prettier-ignore
    process.kill(pid, 'SIGKILL');
    cloud.world.faults.remove(held);
    const job = await here.ended(id);

    await isVerified(here, job, from, to);
    expect(copiesInto(here, to)).toBe(10);
  }); // prettier-ignore
});

describe.concurrent('what others do to the buckets during a job', () => {
  test('a rule that somebody adds to the destination is kept, and only ours is taken out', async () => {
    const { from, to, id, letGo } = await aSlowCopy('edited');
    const policy = JSON.parse((await policyOf(here.cloud.b, to)) ?? '') as { Statement: unknown[] };
    const theirs = { Sid: 'Theirs', Effect: 'Allow', Principal: { AWS: ACCOUNT_A }, Action: 's3:GetObject', Resource: `arn:aws:s3:::${to}/*` }; // prettier-ignore
    const edited = { ...policy, Statement: [...policy.Statement, theirs] };
    await here.cloud.b.send(new PutBucketPolicyCommand({ Bucket: to, Policy: JSON.stringify(edited) }));

    letGo();
    const job = await here.ended(id);

    await isVerified(here, job, from, to);
    expect(JSON.parse((await policyOf(here.cloud.b, to)) ?? '')).toMatchObject({ Statement: [theirs] });
  });

  test('a grant that somebody removes fails what is left with the reason, and a redrive gives it again', async () => {
    const { from, to, id, letGo } = await aSlowCopy('ungranted');
    await here.cloud.b.send(new DeleteBucketPolicyCommand({ Bucket: to }));

    letGo();
    const failed = await here.ended(id);

    expect(failed.status).toBe('failed');
    expect(failed.percent).toBeLessThan(100);
    const { groups } = await here.failures(id);
    expect(groups).toMatchObject([{ error: 'AccessDeniedError', outcome: 'blocked' }]);
    expect(groups[0]?.message).toContain('s3:PutObject');
    await isVerified(here, await here.redriven(id), from, to);
    expect((await here.failures(id)).totalCount).toBe(0);
  });

  test('a destination that is deleted ends the job with that reason, and a redrive makes it again', async () => {
    const { cloud } = here;
    const { from, to, id, letGo } = await aSlowCopy('deleted', {}, 200);
    // What is copied between the listing and the deletion keeps the bucket from going: tried until it goes.
    await until(
      async () => {
        for (const Key of (await contentsOf(cloud.b, to)).keys())
          await cloud.b.send(new DeleteObjectCommand({ Bucket: to, Key }));
        return await cloud.b.send(new DeleteBucketCommand({ Bucket: to })).then(() => 'gone', () => 'there'); // prettier-ignore
      },
      (is) => is === 'gone',
      'the end of the bucket',
    );

    letGo();
    const failed = await here.ended(id);

    expect(failed).toMatchObject({ status: 'failed', problem: { error: 'BucketMissingError' }, grantsOutstandingCount: 0 }); // prettier-ignore
    expect(failed.problem?.message).toContain(to);
    expect(failed.problem?.remedy).not.toBe('');
    expect(failed.percent).toBeLessThan(100);
    await isVerified(here, await here.redriven(id), from, to);
  });

  test('a destination that fell to a stranger gets nothing more, and its policy is not touched', async () => {
    const { cloud } = here;
    const { to, id, letGo } = await aSlowCopy('usurped', {}, 200);
    await until(
      async () => {
        for (const Key of (await contentsOf(cloud.b, to)).keys())
          await cloud.b.send(new DeleteObjectCommand({ Bucket: to, Key }));
        return await cloud.b.send(new DeleteBucketCommand({ Bucket: to })).then(() => 'gone', () => 'there'); // prettier-ignore
      },
      (is) => is === 'gone',
      'the end of the bucket',
    );
    await cloud.a.send(new CreateBucketCommand({ Bucket: to }));

    letGo();
    const failed = await here.ended(id);

    expect(failed.status).toBe('failed');
    expect(failed.grantsOutstandingCount).toBe(0);
    expect((await contentsOf(cloud.a, to)).size).toBe(0);
    expect(await policyOf(cloud.a, to)).toBeUndefined();
  });
});

describe.concurrent('documents that are damaged on the disk', () => {
  const documentOf = (id: string, ...path: string[]) => join(here.directory, 'jobs', id, ...path);

  test('a damaged shard is never an empty one: the job fails by name, and a new one that merges finishes', async () => {
    const { id, from, to, letGo } = await aSlowCopy('torn', { shardObjectCountMax: 20 });
    await here.stop(id);
    await here.stopped(id);
    const shard = documentOf(id, 'shards', '2.jsonl.gz');
    writeFileSync(shard, readFileSync(shard).subarray(0, 60));

    letGo();
    const failed = await here.redriven(id);

    expect(failed).toMatchObject({ status: 'failed', problem: { error: 'DocumentInvalidError' } });
    expect(failed.percent).toBeLessThan(100);
    expect(failed.problem?.message).toContain('shards/2.jsonl.gz');
    expect(failed.problem?.remedy).toContain('new job that merges');
    expect(await leftBehind(here, failed)).toEqual([]);
    const merged = await here.run(aCopy(from, to, { whenDestinationHasObjects: 'merge' }));
    await isVerified(here, merged, from, to);
    expect(merged.copiedCount + merged.skippedCount).toBe(OBJECTS);
    expect(merged.skippedCount).toBeGreaterThan(0);
  });

  test.each(['plan/summary.json', 'shards.jsonl'])('a damaged or empty %s never ends in a verified job that lacks objects', async (path) => {
    const name = `spoilt-${path.replaceAll(/[^a-z]/g, '-')}`;
    const { id, from, to, letGo } = await aSlowCopy(name);
    await here.stop(id);
    await here.stopped(id);
    writeFileSync(documentOf(id, ...path.split('/')), '');

    letGo();
    const ended = await here.redriven(id);

    if (ended.status === 'succeeded') return await isVerified(here, ended, from, to);
    expect(ended).toMatchObject({ status: 'failed', problem: { error: 'DocumentInvalidError' } });
    expect(ended.problem?.message).toContain(path);
    expect(ended.problem?.remedy).not.toBe('');
    expect(await leftBehind(here, ended)).toEqual([]);
  }); // prettier-ignore
});

// Last and alone: every other job of this file needs the role.
describe('a role that is removed during a job', () => {
  test('ends the job with the role’s name, leaves no grant, and a redrive finishes once it is there again', async () => {
    const { accounts } = here.cloud.world;
    const { trustPolicy, policies, name } = accounts.role(ROLE_A) ?? { trustPolicy: { Statement: [] }, policies: [], name: '' }; // prettier-ignore
    const { id, from, to, letGo } = await aSlowCopy('roleless');
    accounts.removeRole(ROLE_A);
    letGo();
    const failed = await here.ended(id);

    expect(failed.status).toBe('failed');
    expect(failed.percent).toBeLessThan(100);
    expect(failed.problem?.message).toContain(ROLE_A);
    expect(failed.problem?.remedy).not.toBe('');
    expect(await leftBehind(here, failed)).toEqual([]);

    accounts.addRole(ACCOUNT_A, { name, trustPolicy, policies: [...policies] });
    await isVerified(here, await here.redriven(id), from, to);
  });
});
