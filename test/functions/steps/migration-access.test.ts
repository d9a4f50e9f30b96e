import { describe, expect, test } from 'vitest';
import { AccessDeniedError } from '../../../domain/errors.ts';
import { paths, type GrantDocument } from '../../../domain/job-documents.ts';
import type { FinalBucketDocument } from '../../../domain/migration.ts';
import { BUCKET, JOB, MigrationWorld, type MigrationSetup } from './migration-world.ts';

const COPY = 'Migratormigrate202611200123456789abCopy';
const PROTECT = 'Migratormigrate202611200123456789abProtect';
const FREEZE = 'Migratormigrate202611200123456789abFreeze';

async function made(setup: MigrationSetup = {}): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.freeze();
  await world.makeTemporaryBucket();
  return world;
}

const finalIs = (world: MigrationWorld, connection: string, bucket: string): Promise<unknown> => {
  world.storage.addBucket(bucket, connection === 'ours' ? '111111111111' : '222222222222');
  const document = { connection, bucket, region: 'us-east-1', claimedAtMs: world.clock.nowMs(), isTemporary: false };
  return world.documents.write(paths.finalBucket(JOB), JSON.stringify(document satisfies FinalBucketDocument));
};
const principalOf = (world: MigrationWorld, bucket: string): unknown =>
  world.storage.bucket(bucket).policy?.Statement.find(({ Sid }) => Sid === COPY)?.['Principal'];

describe('access during a migration', () => {
  test('the source’s principal may write to the temporary bucket, beside its protection', async () => {
    const world = await made();
    const { bucket } = world.temporaryDocument();

    await world.step('grantAccess', { transfer: 'copy' });
    expect(world.sids(bucket)).toEqual([PROTECT, COPY]);
    expect(principalOf(world, bucket)).toEqual({ AWS: 'arn:aws:iam::111111111111:role/ours' });
    await world.step('revokeAccess');

    expect(world.sids(bucket)).toEqual([PROTECT]);
  });

  test('the way back within one account needs no grant', async () => {
    const world = await made();
    await finalIs(world, 'theirs', 'photos-again');

    await world.step('grantAccess', { transfer: 'copy-back' });

    expect(world.storage.bucket('photos-again').policy).toBeUndefined();
    expect(world.documents.documents.has(paths.grant(JOB, 'copy-back'))).toBe(false);
  });

  test('the way back into the source’s account lets the destination’s principal write there', async () => {
    const world = await made();
    await finalIs(world, 'ours', 'photos-again');

    await world.step('grantAccess', { transfer: 'copy-back' });

    expect(principalOf(world, 'photos-again')).toEqual({ AWS: 'arn:aws:iam::222222222222:role/theirs' });
    await world.step('revokeAccess');
    expect(world.storage.bucket('photos-again').policy).toBeUndefined();
  });

  test('bringing back lets the destination’s principal write to the source, beside the freeze', async () => {
    const world = await made();

    await world.step('grantAccess', { transfer: 'undo' });

    expect(world.sids(BUCKET)).toEqual([FREEZE, COPY]);
    expect(principalOf(world, BUCKET)).toEqual({ AWS: 'arn:aws:iam::222222222222:role/theirs' });
    await world.step('revokeAccess');
    expect(world.sids(BUCKET)).toEqual([FREEZE]);
  });

  test('a migration within one connection needs no grants at all', async () => {
    const world = await made();
    await world.change(paths.request(JOB), (job: { request?: object }) => {
      return { ...job, request: { ...job.request, destination: { connection: 'ours', region: 'eu-west-1' } } };
    });
    await world.change(paths.temporaryBucket(JOB), (document) => ({ ...document, connection: 'ours' }));

    await world.step('grantAccess', { transfer: 'copy' });

    expect(world.documents.documents.has(paths.grant(JOB, 'copy'))).toBe(false);
  });

  test('access before the bucket is there is an error, and taking it back is none', async () => {
    const world = new MigrationWorld();
    await world.freeze();

    await expect(world.step('grantAccess', { transfer: 'copy' })).rejects.toMatchObject({
      name: 'DocumentInvalidError',
    });
    expect(await world.step('revokeAccess')).toEqual({});
  });

  test('a grant whose bucket was removed with it counts as taken back', async () => {
    const world = await made();
    await world.step('grantAccess', { transfer: 'copy' });
    world.storage.buckets.delete(world.temporaryDocument().bucket);

    await world.step('revokeAccess');

    expect(world.documents.json<GrantDocument>(paths.grant(JOB, 'copy'))?.revokedAtMs).toBeDefined();
  });
});

describe('uploads that no register knows', () => {
  const upload = (bucket: string, uploadId: string, initiator?: string) => {
    return { bucket, key: 'a', uploadId, ...(initiator === undefined ? {} : { initiator }) };
  };

  async function planned(): Promise<MigrationWorld> {
    const world = await made();
    await world.documents.write(paths.planSummary(JOB, 'copy'), JSON.stringify({ round: 1 }));
    return world;
  }

  test('are aborted when one of our copying sessions began them, and others stay', async () => {
    const world = await planned();
    const { bucket } = world.temporaryDocument();
    const session = 'arn:aws:sts::111111111111:assumed-role/ours/';
    for (const one of [
      upload(bucket, 'ours', `${session}mig-${JOB}-copy-abcdef`),
      upload(bucket, 'of-another-job', `${session}mig-migrate-20261119-ffffffffffff-copy-abcdef`),
      upload(bucket, 'of-a-person', 'arn:aws:iam::222222222222:user/somebody'),
      upload(bucket, 'of-nobody'),
      upload(BUCKET, 'at-the-source', `${session}mig-${JOB}-copy-abcdef`),
    ])
      world.storage.uploads.set(one.uploadId, one);

    await world.step('revokeAccess');

    expect([...world.storage.uploads.keys()].sort()).toEqual([
      'at-the-source',
      'of-a-person',
      'of-another-job',
      'of-nobody',
    ]);
  });

  test('that may not be listed keep nothing from ending', async () => {
    const world = await planned();
    world.storage.fault = ({ operation }) => (operation === 'listUploads' ? new AccessDeniedError('403') : undefined);

    expect(await world.step('revokeAccess')).toEqual({});
  });
});
