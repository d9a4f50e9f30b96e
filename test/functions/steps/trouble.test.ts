import { beforeEach, describe, expect, test } from 'vitest';
import { jsonText } from '../../../domain/document-access.ts';
import { AccessDeniedError, StorageUnavailableError, type MigrationError } from '../../../domain/errors.ts';
import { paths, type GrantDocument, type ReportDocument, type UploadsDocument } from '../../../domain/job-documents.ts';
import type { PreflightCheck } from '../../../domain/views.ts';
import { runPreflight, steps } from '../../../functions/steps/index.ts';
import { JOB_ID, JobWorld, type JobSetup } from '../../support/a-job.ts';

const job = { jobId: JOB_ID };
const transfer = { jobId: JOB_ID, transfer: 'copy' };
const aFailure = { ...job, failure: { Error: 'ObjectsDifferError', Cause: '1 missing' }, redrivesBefore: 0, redriveCount: 0 }; // prettier-ignore

let world: JobWorld;
const begin = (setup: JobSetup = {}): JobWorld => (world = new JobWorld({ source: { a: '1', b: '22' }, ...setup }));
beforeEach(() => void begin());

const step = (name: keyof typeof steps, input: unknown): Promise<unknown> => steps[name](input, world.ports);
const report = (): ReportDocument | undefined => world.documents.json(paths.report(JOB_ID));
const grant = (): GrantDocument | undefined => world.documents.json(paths.grant(JOB_ID, 'copy'));
const leases = (): string[] => [...world.documents.documents.keys()].filter((path) => path.startsWith('leases/'));
const damage = (path: string): void => void world.documents.documents.set(path, new TextEncoder().encode('{"round":'));
const fail = (operation: string, bucket: string, error: MigrationError): void => {
  world.storage.fault = (call) => (call.operation === operation && call.bucket === bucket ? error : undefined);
};

/** As the S3 adapter tells it: the role that acts stands in every error of a connection with a role. */
const role = { subject: { role: 'arn:aws:iam::111111111111:role/ours' }, remedy: 'Allow it.' };
const refused = () => new AccessDeniedError('HeadBucket source-bucket: 403 AccessDenied', role);
const notAssumed = () => new AccessDeniedError('AssumeRole: 403 AccessDenied', role);

describe('a connection with a role', () => {
  const checks = async (): Promise<Record<string, PreflightCheck['status']>> =>
    Object.fromEntries((await runPreflight(world.job.request, world.ports)).checks.map((one) => [one.id, one.status]));

  test('that may not look into the source bucket blocks the copy, and the connection is not blamed', async () => {
    fail('findBucket', 'source-bucket', refused());

    expect(await checks()).toMatchObject({ 'source-connection': 'ok', 'source-exists': 'blocked' });
  });

  test('that may not look into the destination bucket blocks the copy', async () => {
    fail('findBucket', 'destination-bucket', refused());

    expect(await checks()).toMatchObject({ 'destination-connection': 'ok', 'destination-name': 'blocked' });
  });

  test.each(['source', 'destination'])(
    'whose role is first refused when the %s bucket is looked at is blamed, and the bucket is not',
    async (side) => {
      fail('findBucket', `${side}-bucket`, notAssumed());

      const said = await checks();

      expect(said[`${side}-connection`]).toBe('blocked');
      expect(said[side === 'source' ? 'source-exists' : 'destination-name']).toBeUndefined();
    },
  );

  test('that is refused never starts a job', async () => {
    fail('findBucket', 'source-bucket', refused());

    await expect(step('checkRequest', job)).rejects.toMatchObject({ name: 'PreflightBlockedError' });
  });
});

describe('a bucket that another job has taken', () => {
  test.each(['source-bucket', 'destination-bucket'])(
    'stops a job that is redriven in its middle: %s',
    async (bucket) => {
      const theirs = { jobId: 'copy-20261120-ffffffffffff', bucket, role: 'source', sinceMs: 0 };
      await world.documents.write(paths.lease('aws', bucket), jsonText(theirs));

      await expect(step('keepAccessGranted', transfer)).rejects.toMatchObject({
        name: 'BucketLeasedError',
        message: expect.stringContaining('copy-20261120-ffffffffffff') as string,
      });
      expect(grant()).toBeUndefined();
      expect(leases()).toEqual([paths.lease('aws', bucket)]);
    },
  );

  test('and given back is taken again by the job that goes on', async () => {
    await step('keepAccessGranted', transfer);

    expect(leases().sort()).toEqual([paths.lease('aws', 'destination-bucket'), paths.lease('aws', 'source-bucket')]);
  });
});

describe('the destination bucket', () => {
  test('that is there already stays in its Region when none was asked for', async () => {
    const bucket = world.storage.bucket('destination-bucket');
    bucket.facts = { ...bucket.facts, region: 'eu-west-1' };
    const asked: string[] = [];
    const open = world.storage.open.bind(world.storage);
    world.storage.open = async (request) => {
      const storage = await open(request);
      const create = storage.createBucket.bind(storage);
      storage.createBucket = (name, region, tags) => {
        asked.push(region);
        return create(name, region, tags);
      };
      return storage;
    };

    await step('createDestinationBucket', job);

    expect(asked).toEqual(['eu-west-1']);
  });
});

describe('access', () => {
  test('that is taken back while it is being given is not left standing', async () => {
    let isRevoking = false;
    world.storage.fault = async ({ operation, connection }) => {
      if (operation !== 'changePolicy' || connection !== 'theirs' || isRevoking) return undefined;
      isRevoking = true; // a person stops the job after the note and before the policy
      await step('revokeAccess', job);
      return undefined;
    };

    await expect(step('grantAccess', transfer)).rejects.toMatchObject({ name: 'DocumentConflictError' });

    expect(world.storage.bucket('destination-bucket').policy).toBeUndefined();
    expect(grant()?.revokedAtMs).toBeDefined();
  });

  const uploads: UploadsDocument['uploads'] = ['one', 'two', 'three'].map((key) => {
    return { bucket: 'destination-bucket', key, uploadId: `upload-${key}` };
  });
  const left = (): string[] | undefined =>
    world.documents.json<UploadsDocument>(paths.uploads(JOB_ID, 'copy', 1))?.uploads.map((upload) => upload.key);

  test('is taken back although one upload may not be aborted, which stays known', async () => {
    await step('grantAccess', transfer);
    await world.documents.write(paths.uploads(JOB_ID, 'copy', 1), jsonText({ uploads }));
    world.storage.fault = ({ operation, key }) =>
      operation === 'abortUpload' && key === 'two' ? new AccessDeniedError('no') : undefined;

    await step('revokeAccess', job);

    expect(left()).toEqual(['two']);
    expect(grant()?.revokedAtMs).toBeDefined();
  });

  test('is taken back and asked for once more when an upload could not be aborted just now', async () => {
    await step('grantAccess', transfer);
    await world.documents.write(paths.uploads(JOB_ID, 'copy', 1), jsonText({ uploads }));
    world.storage.fault = ({ operation, key }) =>
      operation === 'abortUpload' && key === 'one' ? new StorageUnavailableError('500') : undefined;

    await expect(step('revokeAccess', job)).rejects.toMatchObject({ name: 'StorageUnavailableError' });

    expect(left()).toEqual(['one']);
    expect(grant()?.revokedAtMs).toBeDefined();
    world.storage.fault = undefined;
    await step('revokeAccess', job);
    expect(left()).toBeUndefined();
  });
});

describe('the end of a job', () => {
  test.each([
    ['nothing was verified', async () => void (await world.plan())],
    [
      'the verification found differences',
      async () => {
        await world.plan();
        await world.verify();
      },
    ],
  ])('is never called verified when %s', async (_, happens) => {
    world.grantByHand();
    await happens();

    await expect(step('finishJob', job)).rejects.toMatchObject({ name: 'ObjectsDifferError' });

    expect(report()).toBeUndefined();
    expect(world.documents.documents.has(paths.milestone(JOB_ID, 'finished'))).toBe(false);
  });

  test.each(['planSummary', 'grant'] as const)('is reported although its %s document is damaged', async (name) => {
    await step('checkRequest', job);
    await world.plan();
    await step('grantAccess', transfer);
    damage(paths[name](JOB_ID, 'copy'));

    await expect(step('reportFailure', aFailure)).rejects.toMatchObject({ name: 'ObjectsDifferError' });

    expect(report()).toMatchObject({ outcome: 'failed', failure: { error: 'ObjectsDifferError' } });
    expect(leases()).toEqual([]);
  });

  test('gives the buckets back also when a connection was removed in between', async () => {
    await step('checkRequest', job);
    world.connections.find = async () => undefined;

    await expect(step('reportFailure', aFailure)).rejects.toMatchObject({ name: 'ObjectsDifferError' });

    expect(leases()).toEqual([]);
  });

  test('leaves the buckets of other jobs alone', async () => {
    const theirs = { jobId: 'copy-20261119-ffffffffffff', bucket: 'x', role: 'source', sinceMs: 0 };
    await world.documents.write(paths.lease('aws', 'x'), jsonText(theirs));
    await step('checkRequest', job);

    await expect(step('reportFailure', aFailure)).rejects.toThrow();

    expect(leases()).toEqual([paths.lease('aws', 'x')]);
  });

  test("gives the buckets back although another job's lease is damaged", async () => {
    damage(paths.lease('aws', 'x'));
    await step('checkRequest', job);

    await expect(step('reportFailure', aFailure)).rejects.toMatchObject({ name: 'ObjectsDifferError' });

    expect(leases()).toEqual([paths.lease('aws', 'x')]);
  });

  test('of a job that wants two buckets and gets one holds none', async () => {
    const theirs = { jobId: 'copy-20261119-ffffffffffff', bucket: 'source-bucket', role: 'source', sinceMs: 0 };
    await world.documents.write(paths.lease('aws', 'source-bucket'), jsonText(theirs));

    await expect(step('checkRequest', job)).rejects.toMatchObject({ name: 'BucketLeasedError' });

    expect(leases()).toEqual([paths.lease('aws', 'source-bucket')]);
  });
});
