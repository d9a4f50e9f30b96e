import { beforeEach, describe, expect, test } from 'vitest';
import { jsonText } from '../../domain/document-access.ts';
import { AccessDeniedError, StorageUnavailableError } from '../../domain/errors.ts';
import {
  paths,
  type GrantDocument,
  type MilestoneDocument,
  type PlanSummary,
  type ReportDocument,
} from '../../domain/job-documents.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { steps, type StepPorts } from '../../functions/steps/index.ts';
import { errorMatches } from '../../local/engine/retry.ts';
import { machines } from '../statemachine/definitions.ts';
import { JOB_ID, JobWorld, type JobSetup } from '../support/a-job.ts';

const job = { jobId: JOB_ID };
const transfer = { jobId: JOB_ID, transfer: 'copy' };
const foreign = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: '*' } as const;

class StepWorld extends JobWorld {
  step(name: keyof typeof steps, input: unknown): Promise<unknown> {
    return steps[name](input, this.ports satisfies StepPorts);
  }

  policy(): BucketPolicy | undefined {
    return this.storage.bucket('destination-bucket').policy;
  }

  sids(): (string | undefined)[] {
    return (this.policy()?.Statement ?? []).map((statement) => statement.Sid);
  }

  grant(): GrantDocument | undefined {
    return this.documents.json(paths.grant(JOB_ID, 'copy'));
  }

  milestone(name: Parameters<typeof paths.milestone>[1]): MilestoneDocument | undefined {
    return this.documents.json(paths.milestone(JOB_ID, name));
  }

  report(): ReportDocument | undefined {
    return this.documents.json(paths.report(JOB_ID));
  }

  leases(): string[] {
    return [...this.documents.documents.keys()].filter((path) => path.startsWith('leases/')).sort();
  }
}

let world: StepWorld;
const begin = (setup: JobSetup = {}): StepWorld => (world = new StepWorld({ source: { a: '1' }, ...setup }));
beforeEach(() => void begin());

async function withPlan(multipartCount: number): Promise<void> {
  await world.plan();
  const summary = world.summary() as PlanSummary;
  await world.documents.write(paths.planSummary(JOB_ID, 'copy'), jsonText({ ...summary, multipartCount }));
}

describe('checking the request', () => {
  test('a good request holds both buckets and starts the job, and may be repeated', async () => {
    await world.step('checkRequest', job);

    expect(await world.step('checkRequest', job)).toEqual({ shardsAtOnceMax: 2, roundsMax: 3 });

    expect(world.leases()).toEqual([paths.lease('aws', 'destination-bucket'), paths.lease('aws', 'source-bucket')]);
    expect(world.milestone('started')).toBeDefined();
  });

  test('a bucket that another job holds is refused with that job by name', async () => {
    const lease = { jobId: 'copy-20261119-ffffffffffff', bucket: 'source-bucket', role: 'destination', sinceMs: 0 };
    await world.documents.write(paths.lease('aws', 'source-bucket'), jsonText(lease));

    await expect(world.step('checkRequest', job)).rejects.toMatchObject({
      name: 'BucketLeasedError',
      message: expect.stringContaining('copy-20261119-ffffffffffff') as string,
    });
  });

  test('what blocks the job is refused with what to do, before anything is written to S3', async () => {
    begin({ destination: { theirs: '2' } });

    await expect(world.step('checkRequest', job)).rejects.toMatchObject({
      name: 'PreflightBlockedError',
      message: expect.stringContaining('What to do: Choose an empty bucket') as string,
    });
    expect(world.milestone('started')).toBeUndefined();
  });

  test('a job that goes on is not refused for the objects that it copied itself', async () => {
    world.grantByHand();
    await world.plan();
    await world.copy(1);

    await expect(world.step('checkRequest', job)).resolves.toBeDefined();
  });

  test('a storage that does not answer asks for another try and blocks nothing', async () => {
    world.storage.fault = ({ operation }) =>
      operation === 'findBucket' ? new StorageUnavailableError('down') : undefined;

    await expect(world.step('checkRequest', job)).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  });
});

describe('the destination bucket', () => {
  test('is made with the tag of its job, and recognised the next time', async () => {
    begin({ hasDestinationBucket: false });
    await world.step('createDestinationBucket', job);
    await world.step('createDestinationBucket', job);

    expect(world.storage.bucket('destination-bucket')).toMatchObject({
      account: '222222222222',
      facts: { region: 'us-east-1', tags: { 'bucket-migrator:job': JOB_ID } },
    });
    expect(world.milestone('destination-bucket-created')).toBeDefined();
  });
});

describe('the grant', () => {
  test('stands beside the statements of others, and is taken out without them', async () => {
    world.storage.bucket('destination-bucket').policy = { Version: '2012-10-17', Statement: [foreign] };

    await world.step('grantAccess', transfer);
    expect(world.sids()).toEqual(['Theirs', 'Migratorcopy202611200123456789abCopy']);
    await world.step('revokeAccess', job);

    expect(world.policy()).toEqual({ Version: '2012-10-17', Statement: [foreign] });
    expect(world.grant()?.revokedAtMs).toBeDefined();
  });

  test('leaves no policy where there was none', async () => {
    await world.step('grantAccess', transfer);
    await world.step('revokeAccess', job);
    await world.step('revokeAccess', job);

    expect(world.policy()).toBeUndefined();
  });

  test('is not given to a job whose two sides are one connection', async () => {
    const request = { ...world.job.request, destination: { ...world.job.request.destination, connection: 'ours' } };
    await world.documents.write(paths.request(JOB_ID), jsonText({ ...world.job, request }));

    await world.step('grantAccess', transfer);

    expect(world.policy()).toBeUndefined();
    expect(world.grant()).toBeUndefined();
  });

  test('costs no request while it stands', async () => {
    await world.step('grantAccess', transfer);
    const calls = world.storage.calls.length;

    await world.step('keepAccessGranted', transfer);

    expect(world.storage.calls).toHaveLength(calls);
  });

  test.each([
    ['was taken back', async () => void (await world.step('revokeAccess', job))],
    ['has less than half of its time left', async () => world.clock.advance(13 * HOUR_MS)],
    ['lacks the parts that the plan needs', async () => await withPlan(1)],
  ])('is given again when it %s', async (_, happens) => {
    await world.step('grantAccess', transfer);
    await happens();

    await world.step('keepAccessGranted', transfer);

    expect(world.sids()).toContain('Migratorcopy202611200123456789abCopy');
    expect(world.grant()?.revokedAtMs).toBeUndefined();
    expect((world.grant()?.expiresAtMs ?? 0) - world.clock.nowMs()).toBeGreaterThan(12 * HOUR_MS);
  });

  test('allows uploads in parts only when the plan has some', async () => {
    await world.step('grantAccess', transfer);
    expect(world.sids()).toHaveLength(1);
    await withPlan(1);

    await world.step('keepAccessGranted', transfer);

    expect(world.sids()).toEqual(['Migratorcopy202611200123456789abCopy', 'Migratorcopy202611200123456789abParts']);
  });

  test('that was cut short after its note is put by the next call', async () => {
    world.storage.fault = ({ operation }) => (operation === 'changePolicy' ? new Error('killed') : undefined);
    await expect(world.step('grantAccess', transfer)).rejects.toThrow('killed');
    expect(world.grant()).toMatchObject({ bucket: 'destination-bucket' });
    expect(world.grant()?.confirmedAtMs).toBeUndefined();
    world.storage.fault = undefined;

    await world.step('keepAccessGranted', transfer);

    expect(world.sids()).toHaveLength(1);
    expect(world.grant()?.confirmedAtMs).toBeDefined();
  });

  test('of many shards at once is one and the same', async () => {
    await Promise.all(Array.from({ length: 8 }, () => world.step('keepAccessGranted', transfer)));

    expect(world.sids()).toHaveLength(1);
    expect(world.grant()?.confirmedAtMs).toBeDefined();
  });

  test('is not lost from sight when the policy cannot be changed', async () => {
    await world.step('grantAccess', transfer);
    world.storage.fault = ({ operation }) => (operation === 'changePolicy' ? new AccessDeniedError('no') : undefined);

    await expect(world.step('revokeAccess', job)).rejects.toMatchObject({ name: 'AccessDeniedError' });

    expect(world.grant()?.revokedAtMs).toBeUndefined();
  });

  test('counts as taken back when its bucket is gone', async () => {
    await world.step('grantAccess', transfer);
    world.storage.buckets.delete('destination-bucket');

    await world.step('revokeAccess', job);

    expect(world.grant()?.revokedAtMs).toBeDefined();
  });

  test('counts as taken back when its bucket has become a stranger’s, and is outstanding while it is ours', async () => {
    await world.step('grantAccess', transfer);
    world.storage.fault = ({ operation }) =>
      operation === 'changePolicy' ? new AccessDeniedError('Access Denied') : undefined;
    await expect(world.step('revokeAccess', job)).rejects.toMatchObject({ name: 'AccessDeniedError' });
    expect(world.grant()?.revokedAtMs).toBeUndefined();

    world.storage.buckets.delete('destination-bucket');
    world.storage.addBucket('destination-bucket', '333333333333');
    await world.step('revokeAccess', job);

    expect(world.grant()?.revokedAtMs).toBeDefined();
  });

  test('is not possible for a provider that does not tell who we are', async () => {
    world.storage.identities.set('ours', { accountId: '111111111111' });

    await expect(world.step('grantAccess', transfer)).rejects.toMatchObject({
      name: 'PreflightBlockedError',
      message: expect.stringContaining('principalArn') as string,
    });
  });

  test('uploads that were left are aborted before it is taken back', async () => {
    const upload = { bucket: 'destination-bucket', key: 'big', uploadId: 'left' };
    world.storage.uploads.set('left', upload);
    await world.documents.write(paths.uploads(JOB_ID, 'copy', 1), jsonText({ uploads: [upload] }));

    await world.step('revokeAccess', job);

    expect(world.storage.uploads.size).toBe(0);
    expect(world.documents.json(paths.uploads(JOB_ID, 'copy', 1))).toBeUndefined();
  });
});

describe('reading what tasks wrote', () => {
  test('a plan is a pointer with the number of shards to copy', async () => {
    await world.plan();

    expect(await world.step('readPlan', transfer)).toEqual({
      round: 1,
      pendingShardCount: 1,
      shardsKey: paths.pendingShards(JOB_ID, 'copy'),
    });
  });

  test('an error that a task wrote down is thrown under its own name, with its remedy', async () => {
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new AccessDeniedError('no listing', { remedy: 'Allow s3:ListBucket.' }) : undefined;
    await world.plan();

    await expect(world.step('readPlan', transfer)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: 'no listing\nWhat to do: Allow s3:ListBucket.',
    });
  });

  test('a plan or a verdict that is not there is never read as an empty one', async () => {
    await expect(world.step('readPlan', transfer)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    await world.plan();
    await expect(world.step('readVerdict', transfer)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
  });

  test('a verdict is one word and one sentence', async () => {
    world.grantByHand();
    await world.plan();
    await world.copy(1);
    await world.verify();

    expect(await world.step('readVerdict', transfer)).toEqual({
      verdict: 'equal',
      summary: '1 object verified on both sides.',
      round: 1,
    });
  });

  test('a shard that was given up tells why, instead of how many objects are missing', async () => {
    world.grantByHand();
    await world.plan();
    const halted = { error: 'TooManyFailuresError', message: 'Every object was refused.', remedy: 'Allow it.' };
    await world.documents.write(paths.result(JOB_ID, 'copy', 1), jsonText({ shard: 1, isDone: false, halted }));
    await world.verify();

    await expect(world.step('readVerdict', transfer)).rejects.toMatchObject({
      name: 'TooManyFailuresError',
      message: expect.stringContaining('Every object was refused.') as string,
    });
  });
});

describe('the end of a job', () => {
  test('that is verified is a report, 100 %, and both names given back', async () => {
    await world.step('checkRequest', job);
    await world.step('grantAccess', transfer);
    await world.plan();
    await world.copy(1);
    await world.verify();
    await world.step('revokeAccess', job);

    await world.step('finishJob', job);

    expect(world.report()).toMatchObject({
      outcome: 'verified',
      copiedCount: 1,
      failedCount: 0,
      blockedCount: 0,
      grantsOutstanding: [],
      uploadsOutstandingCount: 0,
    });
    expect(world.report()?.plan).toMatchObject({ shardCount: 1, totalCount: 1 });
    expect(world.milestone('finished')).toBeDefined();
    expect(world.leases()).toEqual([]);
  });

  const input = (Error: string, Cause: unknown, redriveCount = 0) => ({
    jobId: JOB_ID,
    failure: { Error, Cause: typeof Cause === 'string' ? Cause : JSON.stringify(Cause) },
    redrivesBefore: 0,
    redriveCount,
  });

  test.each([
    [
      'a function of a child execution',
      input('States.TaskFailed', {
        ExecutionArn: 'arn:x',
        Error: 'AccessDeniedError',
        Cause: JSON.stringify({ errorType: 'AccessDeniedError', errorMessage: 'no\nWhat to do: Allow it.' }),
      }),
      { error: 'AccessDeniedError', message: 'no', remedy: 'Allow it.' },
    ],
    [
      'a Fail state of a child execution',
      input('States.TaskFailed', { Error: 'ObjectsDifferError', Cause: '2 objects missing' }),
      { error: 'ObjectsDifferError', message: '2 objects missing' },
    ],
    [
      'a task',
      input('States.TaskFailed', {
        Error: 'States.TaskFailed',
        Cause: JSON.stringify({ StoppedReason: 'The task ran out of memory.', ExitCode: 134 }),
      }),
      { error: 'States.TaskFailed', message: 'The task ran out of memory.' },
    ],
    ['a text', input('States.Timeout', 'too late'), { error: 'States.Timeout', message: 'too late' }, 'JobFailedError'],
  ])('that failed in %s says what really happened', async (_, failure, expected, name = expected.error) => {
    await world.step('checkRequest', job);

    await expect(world.step('reportFailure', failure)).rejects.toMatchObject({ name });

    expect(world.report()).toMatchObject({ outcome: 'failed', failure: expected });
    expect(world.report()?.failure?.remedy).not.toBe('');
    expect(world.leases()).toEqual([]);
  });

  test('is reported once: no error of a job is retried by the state that reports it', async () => {
    const retried = machines['copy']?.States['Report the failure']?.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(retried).toContain('States.Timeout');

    for (const error of [...(retried ?? []), 'States.HeartbeatTimeout']) {
      const thrown = await world.step('reportFailure', input(error, 'too late')).catch((reason: unknown) => reason);
      expect(errorMatches((thrown as Error).name, retried ?? [])).toBe(false);
      expect(world.report()?.failure?.error).toBe(error);
    }
  });

  test('a redrive goes on from there', async () => {
    expect(await world.step('reportFailure', input('States.Timeout', '', 1))).toEqual({});
  });

  test('objects that failed once and were copied later are no failures of the report', async () => {
    world.grantByHand();
    world.storage.put('source-bucket', 'b', '2');
    await world.plan();
    world.storage.fault = ({ operation, key }) =>
      operation === 'copyObject' && key === 'b' ? new StorageUnavailableError('500') : undefined;
    await world.copy(1);
    await world.verify();
    await expect(world.step('reportFailure', input('ObjectsDifferError', '1 missing'))).rejects.toThrow('1 missing');
    expect(world.report()).toMatchObject({ failedCount: 1, blockedCount: 0 });
    world.storage.fault = undefined;

    await world.plan();
    await world.copy(2);
    await world.verify();
    await world.step('finishJob', job);

    expect(world.report()).toMatchObject({ outcome: 'verified', copiedCount: 2, failedCount: 0 });
  });
});
