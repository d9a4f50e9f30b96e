import { describe, expect, test } from 'vitest';
import { checkBucketName } from '../../../domain/names.ts';
import { MINUTE_MS, SECOND_MS, type EpochMs } from '../../../domain/time.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { TemporaryBucketDocument } from '../../../domain/migration.ts';
import { BUCKET, JOB, MigrationWorld, type MigrationSetup } from './migration-world.ts';

const PROTECT = 'Migratormigrate202611200123456789abProtect';
const SEAL = 'Migratormigrate202611200123456789abSeal';
const TAG = 'bucket-migrator:job';
const elsewhere = { kind: 's3-compatible', endpoint: 'http://x', region: 'default' } as const;

async function frozen(setup: MigrationSetup = {}): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.freeze();
  return world;
}

async function made(setup: MigrationSetup = {}): Promise<MigrationWorld> {
  const world = await frozen(setup);
  await world.makeTemporaryBucket();
  return world;
}

describe('the temporary bucket', () => {
  test('has on AWS a name that no other account can ever hold', async () => {
    const world = await frozen();

    await world.step('createTemporaryBucket');

    const { bucket } = world.temporaryDocument();
    expect(bucket).toMatch(/^mig-[0-9a-f]{16}-222222222222-us-east-1-an$/);
    expect(checkBucketName(bucket)).toEqual({ ok: true });
    expect(world.temporary()).toMatchObject({ account: '222222222222', facts: { tags: { [TAG]: JOB } } });
    expect(world.milestones()).toContain('temporary-bucket-created');
    expect(world.leases()).toContain(paths.lease('aws', bucket));
  });

  test.each<[string, MigrationSetup]>([
    ['another provider', { sourceConnection: elsewhere, destinationConnection: elsewhere }],
    ['a Region without such names', { region: 'me-south-1' }],
  ])('has with %s a name that nobody can guess', async (_, setup) => {
    const world = await frozen(setup);

    await world.step('createTemporaryBucket');

    expect(world.temporaryDocument().bucket).toMatch(/^mig-[0-9a-f]{32}$/);
  });

  test('is in the Region that was asked for', async () => {
    const world = await frozen({ region: 'eu-west-1' });

    await world.step('createTemporaryBucket');

    expect(world.temporary().facts.region).toBe('eu-west-1');
  });

  test('is chosen once: a second try finds the first one', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();

    await world.step('createTemporaryBucket');

    expect(world.temporaryDocument().bucket).toBe(bucket);
    expect(world.storage.buckets.size).toBe(2);
  });

  test('a bucket that bears the name and not our tag is never taken for it', async () => {
    const world = await frozen();
    const squatted = { connection: 'theirs', bucket: 'mig-squatted', region: 'us-east-1', chosenAtMs: 0 };
    await world.documents.write(paths.temporaryBucket(JOB), JSON.stringify(squatted));
    world.storage.addBucket('mig-squatted', '222222222222', { tags: { [TAG]: 'migrate-20261119-ffffffffffff' } });

    await world.step('createTemporaryBucket');

    expect(world.temporaryDocument().bucket).not.toBe('mig-squatted');
    expect(world.storage.bucket('mig-squatted').facts.tags).toEqual({ [TAG]: 'migrate-20261119-ffffffffffff' });
  });

  test('another bucket in the place of ours stops the job', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();
    world.storage.buckets.delete(bucket);
    world.storage.addBucket(bucket, '333333333333');

    await expect(world.step('createTemporaryBucket')).rejects.toMatchObject({
      name: 'BucketOwnedByAnotherAccountError',
    });
    expect(world.temporaryDocument().bucket).toBe(bucket);
  });

  test('one that somebody deleted is made anew, and what was proven about it is void', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    world.storage.buckets.delete(world.temporaryDocument().bucket);

    await world.makeTemporaryBucket();

    expect(world.proof().voidedAtMs).toBeDefined();
    expect(world.temporary().facts.tags[TAG]).toBe(JOB);
    expect(world.sids(world.temporaryDocument().bucket)).toEqual([PROTECT]);
  });

  test('after one that was removed another one is made', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();
    world.storage.buckets.delete(bucket);
    await world.change<TemporaryBucketDocument>(paths.temporaryBucket(JOB), (document) => {
      return { ...document, removedAtMs: world.clock.nowMs() };
    });

    await world.makeTemporaryBucket();

    expect(world.temporaryDocument().bucket).not.toBe(bucket);
    expect(world.temporaryDocument().removedAtMs).toBeUndefined();
  });

  test('keeps versions where the source does, and its versioning settles before anything is copied', async () => {
    const world = await frozen({ source: { versioning: 'suspended' } });

    expect(await world.step('createTemporaryBucket')).toEqual({ waitSeconds: 900 });
    expect(world.temporary().facts.versioning).toBe('enabled');
    world.clock.advance(10 * MINUTE_MS);

    expect(await world.step('createTemporaryBucket')).toEqual({ waitSeconds: 300 });
    world.clock.advance(10 * MINUTE_MS);
    expect(await world.step('createTemporaryBucket')).toEqual({ waitSeconds: 0 });
  });

  test('keeps none where only current objects go over', async () => {
    const world = await frozen({ source: { versioning: 'enabled' }, options: { versions: 'current-only' } });

    expect(await world.step('createTemporaryBucket')).toEqual({ waitSeconds: 0 });
    expect(world.temporary().facts.versioning).toBe('off');
  });
});

describe('the protection of the temporary bucket', () => {
  test('forbids deletions always, and writes once it is sealed', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();

    await world.step('protectTemporaryBucket', { writes: 'allowed' });
    expect(world.sids(bucket)).toEqual([PROTECT]);
    await world.step('protectTemporaryBucket', { writes: 'denied' });
    expect(world.sids(bucket)).toEqual([PROTECT, SEAL]);
    await world.step('protectTemporaryBucket', { writes: 'allowed' });

    expect(world.sids(bucket)).toEqual([PROTECT]);
  });

  test('no statement is put on a bucket that another job made', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();
    delete world.temporary().policy;
    world.changeFacts(bucket, { tags: { [TAG]: 'migrate-20261119-ffffffffffff' } });

    await expect(world.step('protectTemporaryBucket', { writes: 'denied' })).rejects.toMatchObject({
      name: 'BucketReplacedError',
    });
    expect(world.temporary().policy).toBeUndefined();
  });

  test.each<['protected' | 'open', 'allowed' | 'refused']>([
    ['protected', 'allowed'],
    ['open', 'refused'],
  ])(
    'a probe that wants it %s and finds a deletion %s waits, and gives up after half an hour',
    async (wants, answer) => {
      const world = await made();
      if (wants === 'open') delete world.temporary().policy;
      world.probeAnswer = () => answer;
      let waitedSeconds = 0;

      const waiting = async (): Promise<void> => {
        for (;;) {
          const probe = await world.step<{ inForce: boolean; waitSeconds: number }>('probeProtection', { wants });
          if (probe.inForce) return;
          waitedSeconds += probe.waitSeconds;
          world.clock.advance(probe.waitSeconds * SECOND_MS);
        }
      };

      await expect(waiting()).rejects.toMatchObject({ name: 'ProtectionNotInForceError' });
      expect(waitedSeconds).toBeGreaterThanOrEqual(30 * 60);
      expect(waitedSeconds).toBeLessThan(32 * 60);
      expect(await world.step('probeProtection', { wants })).toMatchObject({ inForce: false });
    },
  );

  test('is open only when neither statement is left', async () => {
    const world = await made();
    await world.step('protectTemporaryBucket', { writes: 'denied' });
    expect(await world.step('probeProtection', { wants: 'open' })).toMatchObject({ inForce: false });

    delete world.temporary().policy;

    expect(await world.step('probeProtection', { wants: 'open' })).toEqual({ inForce: true, waitSeconds: 0 });
  });

  test('a bucket that is gone needs no opening', async () => {
    const world = await made();
    world.storage.buckets.delete(world.temporaryDocument().bucket);

    expect(await world.step('probeProtection', { wants: 'open' })).toMatchObject({ inForce: true });
  });
});

describe('where a migration is taken up', () => {
  test('begins by writing down what the source is', async () => {
    const world = new MigrationWorld({ source: { versioning: 'enabled' } });

    expect(await world.step('checkMigration')).toEqual({ stage: 'beginning', shardsAtOnceMax: 2, roundsMax: 3 });

    expect(world.sourceDocument()).toMatchObject({
      bucket: BUCKET,
      region: 'us-east-1',
      accountId: '111111111111',
      versioning: 'enabled',
      carriesVersions: true,
    });
    expect(world.leases()).toEqual([paths.lease('aws', BUCKET)]);
    expect(world.milestones()).toEqual(['started']);
  });

  test.each<[string, (world: MigrationWorld) => void]>([
    ['Region', (world) => world.changeFacts(BUCKET, { region: 'eu-west-1' })],
    ['versioning', (world) => world.changeFacts(BUCKET, { versioning: 'enabled' })],
  ])('a bucket whose %s is another one is not the one that the job began with', async (what, change) => {
    const world = new MigrationWorld({ region: 'ap-south-1' });
    await world.step('checkMigration');
    change(world);

    await expect(world.step('checkMigration')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining(what) as string,
    });
  });

  test('outside AWS a bucket that was made at another time is another one', async () => {
    const sandbox = { kind: 'sandbox', endpoint: 'http://x' } as const;
    const world = new MigrationWorld({ sourceConnection: sandbox, destinationConnection: sandbox });
    await world.step('checkMigration');
    world.changeFacts(BUCKET, { createdAtMs: 1 as EpochMs });

    await expect(world.step('checkMigration')).rejects.toMatchObject({ name: 'BucketReplacedError' });
  });

  test('on AWS the date of a bucket is not believed, because editing its policy changes it', async () => {
    const world = new MigrationWorld();
    await world.step('checkMigration');
    world.changeFacts(BUCKET, { createdAtMs: 1 as EpochMs });

    await expect(world.step('checkMigration')).resolves.toBeDefined();
  });

  test('after the first deletion the source is not looked at, because it may be gone', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    await world.step('checkGate');
    world.storage.buckets.delete(BUCKET);

    expect(await world.step('checkMigration')).toMatchObject({ stage: 'emptying' });
  });

  test('a job that is being brought back does not go on', async () => {
    const world = new MigrationWorld();
    await world.step('checkMigration');
    await world.documents.write(paths.milestone(JOB, 'undo-began'), JSON.stringify({ atMs: 1 }));

    await expect(world.step('checkMigration')).rejects.toMatchObject({ name: 'JobStateError' });
  });

  test('another job that holds a name is told', async () => {
    const world = new MigrationWorld();
    const lease = { jobId: 'copy-20261119-ffffffffffff', bucket: BUCKET, role: 'source', sinceMs: 0 };
    await world.documents.write(paths.lease('aws', BUCKET), JSON.stringify(lease));

    await expect(world.step('checkMigration')).rejects.toMatchObject({ name: 'BucketLeasedError' });
  });
});
