import { describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import {
  AccessDeniedError,
  BucketNameBusyError,
  CredentialsRefusedError,
  SessionExpiredError,
  type MigrationError,
} from '../../domain/errors.ts';
import type { BucketFacts } from '../../domain/ports.ts';
import type { PreflightCheck, PreflightView } from '../../domain/views.ts';
import { runPreflight } from '../../functions/steps/index.ts';
import { JobWorld, type JobSetup } from '../support/a-job.ts';

const look = async (world: JobWorld): Promise<PreflightView> => await runPreflight(world.job.request, world.ports);
const check = async (world: JobWorld, id: string): Promise<PreflightCheck | undefined> =>
  (await look(world)).checks.find((one) => one.id === id);

const aWorld = (setup: JobSetup = {}): JobWorld => new JobWorld({ source: { a: '1', b: '22' }, ...setup });
function changeFacts(world: JobWorld, name: string, facts: Partial<BucketFacts>): void {
  const bucket = world.storage.bucket(name);
  bucket.facts = { ...bucket.facts, ...facts };
}

describe('the checks before a copy', () => {
  test('a copy that can be made is ok, with what was found, and nothing is written', async () => {
    const world = aWorld({ hasDestinationBucket: false });

    const view = await look(world);

    expect(view.status).toBe('ok');
    expect(view.found).toEqual({ objectCount: 2, sizeBytes: 3, isComplete: true });
    const writes = ['createBucket', 'changePolicy', 'copyObject'];
    expect(world.storage.calls.filter((call) => writes.includes(call.operation))).toEqual([]);
  });

  test('every check that is not ok says what to do', async () => {
    const world = aWorld({ destination: { theirs: 'x' } });
    changeFacts(world, 'source-bucket', { versioning: 'enabled', hasObjectLock: true, isRequesterPays: true });

    const { checks } = await look(world);

    expect(checks.filter((one) => one.status !== 'ok').length).toBeGreaterThan(3);
    expect(checks.filter((one) => one.status !== 'ok' && one.remedy === '')).toEqual([]);
  });

  test.each<[string, MigrationError, RegExp]>([
    ['keys', new CredentialsRefusedError('InvalidAccessKeyId'), /keys .* refused/],
    ['a role', new AccessDeniedError('sts:AssumeRole', { subject: { role: 'r' } }), /role .* refused/],
    ['an expired session', new SessionExpiredError('ExpiredToken'), /expired/],
  ])('a connection that fails for %s says just that', async (_, error, reason) => {
    const world = aWorld();
    world.storage.fault = ({ connection }) => (connection === 'ours' ? error : undefined);

    expect(await check(world, 'source-connection')).toMatchObject({
      status: 'blocked',
      reason: expect.stringMatching(reason) as string,
    });
  });

  test('a connection that does not exist is named', async () => {
    const world = aWorld();
    const request = { ...world.job.request, source: { connection: 'nobody', bucket: 'source-bucket' } };

    const view = await runPreflight(request, world.ports);

    expect(view.checks.find((one) => one.id === 'source-connection')?.reason).toContain('"nobody"');
  });

  test('a role that leads to another account than it names is blocked', async () => {
    const world = aWorld({ sourceConnection: { roleArn: 'arn:aws:iam::999999999999:role/x' } });

    expect(await check(world, 'source-connection')).toMatchObject({ status: 'blocked' });
  });

  test.each<[string, (world: JobWorld) => void, RegExp]>([
    ['does not exist', (world) => world.storage.buckets.delete('source-bucket'), /no bucket/],
    [
      "is another account's",
      (world) => void (world.storage.bucket('source-bucket').account = '333333333333'),
      /another account/,
    ],
    [
      'may not be looked at',
      (world) => {
        world.storage.fault = ({ operation, bucket }) =>
          operation === 'findBucket' && bucket === 'source-bucket' ? new AccessDeniedError('403') : undefined;
      },
      /may not look/,
    ],
  ])('a source that %s is told apart', async (_, change, reason) => {
    const world = aWorld();
    change(world);

    expect(await check(world, 'source-exists')).toMatchObject({
      status: 'blocked',
      reason: expect.stringMatching(reason) as string,
    });
  });

  test.each<[string, (world: JobWorld) => void, string, RegExp]>([
    ['free', (world) => world.storage.buckets.delete('destination-bucket'), 'ok', /will be made in us-east-1/],
    ['ours', () => undefined, 'ok', /is there and ours/],
    [
      "someone else's",
      (world) => void (world.storage.bucket('destination-bucket').account = '333333333333'),
      'blocked',
      /another account/,
    ],
    [
      'in release',
      (world) => {
        world.storage.fault = ({ operation, bucket }) =>
          operation === 'findBucket' && bucket === 'destination-bucket' ? new BucketNameBusyError('409') : undefined;
      },
      'blocked',
      /released/,
    ],
  ])("a destination's name that is %s", async (_, change, status, reason) => {
    const world = aWorld();
    change(world);

    expect(await check(world, 'destination-name')).toMatchObject({
      status,
      reason: expect.stringMatching(reason) as string,
    });
  });

  test.each([
    ['refuse', 'blocked'],
    ['merge', 'warning'],
  ] as const)('a destination that holds objects, when told to %s, is %s', async (whenDestinationHasObjects, status) => {
    const world = aWorld({ destination: { theirs: 'x' }, options: { whenDestinationHasObjects } });

    expect(await check(world, 'destination-empty')).toMatchObject({ status });
  });

  test('objects elsewhere in the destination do not stand in the way of a prefix', async () => {
    const world = aWorld({ destination: { 'other/x': '1' }, destinationPrefix: 'ours/' });

    expect(await check(world, 'destination-empty')).toMatchObject({ status: 'ok' });
  });

  test('two connections to one bucket are found', async () => {
    const world = aWorld();
    const destination = { connection: 'theirs', bucket: 'source-bucket' };

    const view = await runPreflight({ ...world.job.request, destination }, world.ports);

    expect(view.checks.find((one) => one.id === 'different-buckets')).toMatchObject({ status: 'blocked' });
  });

  test('two providers cannot copy from each other', async () => {
    const other: Partial<Connection> = { kind: 's3-compatible', endpoint: 'https://s3.example.org' };
    const world = aWorld({ destinationConnection: other });

    expect(await check(world, 'server-side-copy')).toMatchObject({ status: 'blocked' });
  });

  test('a bucket that is in another Region than asked for is not silently used', async () => {
    const world = aWorld();
    const destination = { ...world.job.request.destination, region: 'eu-west-1' };

    const view = await runPreflight({ ...world.job.request, destination }, world.ports);

    expect(view.checks.find((one) => one.id === 'destination-region')).toMatchObject({ status: 'blocked' });
  });

  test('a policy that has no room left for ours is found before it is needed', async () => {
    const world = aWorld();
    const statement = { Sid: 'x'.repeat(20_000), Effect: 'Deny' } as const;
    world.storage.bucket('destination-bucket').policy = { Statement: [statement] };

    expect(await check(world, 'destination-policy')).toMatchObject({ status: 'blocked' });
  });

  test.each<[string, Partial<BucketFacts>]>([
    ['source-versions', { versioning: 'enabled' }],
    ['source-versions', { versioning: 'suspended' }],
    ['source-object-lock', { hasObjectLock: true }],
    ['source-requester-pays', { isRequesterPays: true }],
    ['kms-keys', { encryption: 'sse-kms', kmsKeyArn: 'arn:aws:kms:k' }],
  ])('%s is said before the copy, not after it', async (id, facts) => {
    const world = aWorld();
    changeFacts(world, 'source-bucket', facts);

    expect(await check(world, id)).toMatchObject({ status: 'warning' });
  });

  test('archived objects are counted', async () => {
    const world = aWorld();
    world.storage.put('source-bucket', 'cold', 'ice', { storageClass: 'GLACIER' });

    expect((await check(world, 'source-archived'))?.reason).toMatch(/^1 objects are archived/);
  });

  test('a large source is counted for a bounded number of pages, and says so', async () => {
    const world = aWorld({ source: Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, ''])) });

    expect((await look(world)).found).toMatchObject({ isComplete: false, objectCount: 60 });
  });
});
