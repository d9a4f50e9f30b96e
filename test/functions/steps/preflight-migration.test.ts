import { describe, expect, test } from 'vitest';
import { AccessDeniedError, StorageRefusedError, StorageUnavailableError } from '../../../domain/errors.ts';
import type { PolicyStatement } from '../../../domain/policy.ts';
import type { ObjectAttributes } from '../../../domain/objects.ts';
import { DAY_MS, type EpochMs } from '../../../domain/time.ts';
import type { CheckStatus, PreflightCheck } from '../../../domain/views.ts';
import { runPreflight } from '../../../functions/steps/index.ts';
import { BUCKET, MigrationWorld, type MigrationSetup } from './migration-world.ts';

const lookAt = async (world: MigrationWorld): Promise<readonly PreflightCheck[]> =>
  (await runPreflight(world.job.request, world.ports)).checks;
const check = async (world: MigrationWorld, id: string): Promise<PreflightCheck | undefined> =>
  (await lookAt(world)).find((one) => one.id === id);

/** Every HEAD tells this as well. */
function headsTell(world: MigrationWorld, more: Partial<ObjectAttributes>): MigrationWorld {
  const open = world.ports.storage.open.bind(world.ports.storage);
  world.ports.storage.open = async (request) => {
    const storage = await open(request);
    const head = storage.headObject.bind(storage);
    storage.headObject = async (...asked) => ({ ...(await head(...asked)), ...more });
    return storage;
  };
  return world;
}

const deny = (more: object): PolicyStatement => ({ Sid: 'Keep', Effect: 'Deny', Resource: '*', ...more });
const elsewhere = { kind: 's3-compatible', endpoint: 'http://x', region: 'default' } as const;

describe('the checks before a migration', () => {
  test('a bucket that can move is not blocked; what cannot be known beforehand is told', async () => {
    const checks = await lookAt(new MigrationWorld());

    expect(checks.filter(({ status }) => status === 'blocked')).toEqual([]);
    expect(checks.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'migration-moves',
        'source-policy',
        'source-deletable',
        'name-release',
        'source-readable',
      ]),
    );
    expect(checks.filter(({ status, remedy }) => status !== 'ok' && remedy === '')).toEqual([]);
  });

  test('nothing is written, and nothing is asked to be deleted', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' } });
    await lookAt(world);

    const looking = ['identity', 'findBucket', 'listObjects', 'listHistories', 'headObject', 'readPolicy', 'listBuckets', 'close']; // prettier-ignore
    expect(world.storage.calls.filter(({ operation }) => !looking.includes(operation))).toEqual([]);
    expect(world.documents.writes).toEqual([]);
  });

  test.each<[string, MigrationSetup, CheckStatus, RegExp]>([
    ['the same account and Region', { isOneAccount: true }, 'blocked', /nothing to migrate/],
    [
      'the same account, another Region',
      { isOneAccount: true, region: 'eu-west-1' },
      'ok',
      /from us-east-1 to eu-west-1/,
    ],
    ['another account, the same Region', {}, 'ok', /another account; it stays in us-east-1/],
    ['another account and Region', { region: 'eu-west-1' }, 'ok', /another account; it goes from us-east-1/],
  ])('%s', async (_, setup, status, reason) => {
    expect(await check(new MigrationWorld(setup), 'migration-moves')).toMatchObject({
      status,
      reason: expect.stringMatching(reason) as string,
    });
  });

  test('another provider is blocked', async () => {
    const world = new MigrationWorld({ destinationConnection: elsewhere });

    expect(await check(world, 'server-side-copy')).toMatchObject({ status: 'blocked' });
  });

  test('versions go over, and their number is told', async () => {
    const world = new MigrationWorld({ source: { versioning: 'suspended' } });
    world.changeFacts(BUCKET, { versioning: 'enabled' });
    world.storage.put(BUCKET, 'a', 'newer');
    world.storage.lay(BUCKET, 'b');
    world.changeFacts(BUCKET, { versioning: 'suspended' });

    const { status, reason } = (await check(world, 'source-versions')) ?? {};

    expect(status).toBe('ok');
    expect(reason).toMatch(/suspended.*3 versions and 1 delete marker go over/);
  });

  test('versions that will be destroyed are counted, and warned of', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' }, options: { versions: 'current-only' } });
    world.storage.put(BUCKET, 'a', 'newer');

    expect(await check(world, 'source-versions')).toMatchObject({
      status: 'warning',
      reason: expect.stringContaining('1 older version and 0 delete markers are destroyed') as string,
    });
  });

  test.each<[string, ObjectAttributes['lock'] | undefined, CheckStatus, RegExp]>([
    ['a legal hold', { isHeld: true }, 'blocked', /legal hold, which has no end/],
    ['retention', { isHeld: false, untilMs: 1_900_000_000_000 as EpochMs }, 'blocked', /until 2030-03-17/],
    [
      'retention that is over',
      { isHeld: false, untilMs: 1 as EpochMs },
      'warning',
      /no version of it is seen to be locked/,
    ],
    ['nothing locked', undefined, 'warning', /no version of it is seen to be locked/],
  ])('Object Lock with %s', async (_, lock, status, reason) => {
    const world = new MigrationWorld({ source: { versioning: 'enabled', hasObjectLock: true } });
    if (lock) headsTell(world, { lock });

    expect(await check(world, 'source-object-lock')).toMatchObject({
      status,
      reason: expect.stringMatching(reason) as string,
    });
  });

  test('Object Lock over more versions than can be looked at is blocked', async () => {
    const objects = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`key-${index}`, 'x']));
    const world = new MigrationWorld({ objects, source: { versioning: 'enabled', hasObjectLock: true } });

    expect(await check(world, 'source-object-lock')).toMatchObject({
      status: 'blocked',
      reason: expect.stringContaining('more versions than can be looked at') as string,
    });
  });

  test('MFA delete is blocked with how to switch it off', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled', hasMfaDelete: true } });

    expect(await check(world, 'source-mfa-delete')).toMatchObject({ status: 'blocked' });
  });

  test('archived objects are counted and block, in older versions too', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' } });
    world.storage.put(BUCKET, 'a', 'frozen', { storageClass: 'GLACIER' });
    world.storage.put(BUCKET, 'a', 'newer');

    expect(await check(world, 'source-archived')).toMatchObject({
      status: 'blocked',
      reason: expect.stringContaining('1 object is archived') as string,
    });
  });

  test('archived older versions that are given up anyway are no obstacle', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' }, options: { versions: 'current-only' } });
    world.storage.put(BUCKET, 'a', 'frozen', { storageClass: 'GLACIER' });
    world.storage.put(BUCKET, 'a', 'newer');

    expect(await check(world, 'source-archived')).toBeUndefined();
  });

  test('an archive tier that only HEAD tells blocks too', async () => {
    const world = headsTell(new MigrationWorld(), { isArchived: true });

    expect(await check(world, 'source-archived')).toMatchObject({ status: 'blocked' });
  });

  test('objects with a customer’s key block', async () => {
    const world = headsTell(new MigrationWorld(), { encryption: { kind: 'sse-c' } });

    expect(await check(world, 'source-readable')).toMatchObject({
      status: 'blocked',
      reason: expect.stringMatching(/2 cannot be read without a key of the customer .*One of them is a\./) as string,
    });
  });

  test.each([
    ['that may not be read', new AccessDeniedError('403'), /may not be read/],
    ['that only their key opens', new StorageRefusedError('400'), /SSE-C/],
  ])('objects %s block', async (_, error, reason) => {
    const world = new MigrationWorld();
    world.storage.fault = ({ operation }) => (operation === 'headObject' ? error : undefined);

    expect(await check(world, 'source-readable')).toMatchObject({
      status: 'blocked',
      reason: expect.stringMatching(reason) as string,
    });
  });

  test('a policy without room for the freeze is found before it is needed', async () => {
    const world = new MigrationWorld();
    world.source().policy = { Statement: [deny({ Effect: 'Allow', Action: 'x'.repeat(20_100) })] };

    expect(await check(world, 'source-policy')).toMatchObject({ status: 'blocked' });
  });

  test.each<[string, object, CheckStatus, RegExp]>([
    [
      'denies the deletion to everybody',
      { Principal: '*', Action: 's3:DeleteBucket' },
      'blocked',
      /"Keep".*s3:DeleteBucket/,
    ],
    ['denies all deletions', { Principal: { AWS: '*' }, Action: ['s3:Delete*'] }, 'blocked', /s3:DeleteObjectVersion/],
    ['denies all but reading', { Principal: '*', NotAction: 's3:Get*' }, 'blocked', /s3:PutBucketPolicy/],
    ['denies it to some', { Principal: { AWS: 'arn:x' }, Action: 's3:Delete*' }, 'warning', /"Keep".*may forbid/],
    ['denies it on a condition', { Principal: '*', Action: 's3:*', Condition: {} }, 'warning', /"Keep".*may forbid/],
    ['denies something else', { Principal: '*', Action: 's3:PutObject' }, 'warning', /known only when it is tried/],
  ])('a source’s policy that %s', async (_, statement, status, reason) => {
    const world = new MigrationWorld();
    world.source().policy = { Statement: [deny(statement)] };

    expect(await check(world, 'source-deletable')).toMatchObject({
      status,
      reason: expect.stringMatching(reason) as string,
    });
  });

  test('somebody who writes to the bucket is noticed by the newest object', async () => {
    const world = new MigrationWorld();
    expect(await check(world, 'source-writers')).toBeUndefined();

    world.storage.put(BUCKET, 'log', 'now');
    expect(await check(world, 'source-writers')).toMatchObject({ status: 'warning' });
    world.clock.advance(DAY_MS + 1);

    expect(await check(world, 'source-writers')).toBeUndefined();
  });

  test('what can happen to the name meanwhile is said in advance', async () => {
    const { reason } = (await check(new MigrationWorld(), 'name-release')) ?? {};

    expect(reason).toMatch(/72 hours/);
    expect(reason).toMatch(/Another account could take it/);
  });

  test('keys that nobody can name cannot be left out of the freeze', async () => {
    const world = new MigrationWorld({ sourceConnection: elsewhere, destinationConnection: elsewhere });
    world.storage.identities.set('ours', {});

    expect(await check(world, 'source-freezer')).toMatchObject({ status: 'blocked' });
  });

  test('buckets that may not be listed are told', async () => {
    const world = new MigrationWorld();
    world.storage.fault = ({ operation }) => (operation === 'listBuckets' ? new AccessDeniedError('403') : undefined);

    expect(await check(world, 'destination-buckets')).toMatchObject({ status: 'warning' });
    expect(await check(world, 'migration-moves')).toMatchObject({ status: 'ok' });
  });

  test('a role of the destination that may not be assumed is said of its connection', async () => {
    const world = new MigrationWorld();
    world.storage.fault = ({ connection, operation }) =>
      connection === 'theirs' && operation === 'listBuckets'
        ? new AccessDeniedError('AssumeRole: denied', { subject: { role: 'r' } })
        : undefined;

    expect(await check(world, 'destination-connection')).toMatchObject({ status: 'blocked' });
    expect(await check(world, 'destination-buckets')).toBeUndefined();
  });

  test('a job that goes on is not blocked by its own freeze and bucket', async () => {
    const world = new MigrationWorld();
    await world.untilProven();

    await expect(world.step('checkMigration')).resolves.toMatchObject({ stage: 'beginning' });
  });

  test('what blocks stops the job before anything is written to S3', async () => {
    const world = new MigrationWorld({ source: { hasMfaDelete: true } });

    await expect(world.step('checkMigration')).rejects.toMatchObject({
      name: 'PreflightBlockedError',
      message: expect.stringContaining('What to do: Switch MFA delete off') as string,
    });
    expect(world.sourceDocument()).toBeUndefined();
  });

  test('a storage that does not answer asks for another try and blocks nothing', async () => {
    const world = new MigrationWorld();
    world.storage.fault = ({ operation }) =>
      operation === 'readPolicy' ? new StorageUnavailableError('down') : undefined;

    await expect(world.step('checkMigration')).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  });
});
