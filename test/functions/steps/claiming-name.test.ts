import { beforeEach, describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  BucketOwnedByAnotherAccountError,
  StorageRefusedError,
  StorageUnavailableError,
} from '../../../domain/errors.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { NameDecision, NameWaitDocument } from '../../../domain/migration.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../domain/time.ts';
import { JOB_TAG } from '../../../functions/steps/create-destination-bucket.ts';
import { AfterGate, MIGRATION_ID, OURS, SOURCE, TEMPORARY, THEIRS, type MigrationSetup } from './after-gate.ts';

let world: AfterGate;
const begin = async (setup: MigrationSetup = {}): Promise<void> => {
  world = await AfterGate.begin(setup);
  await world.deleteSource();
};
beforeEach(async () => await begin());

const wait = (): NameWaitDocument | undefined => world.json(paths.nameWait(MIGRATION_ID));
const claim = (): Promise<unknown> => world.step('claimName');
const decide = (decision: Partial<NameDecision>): Promise<void> =>
  world.write(paths.answer(MIGRATION_ID, 'name'), { by: 'A Person', atMs: world.clock.nowMs(), ...decision });
const say = (...answers: ('busy' | 'taken')[]): void => void world.storage.claims.set(SOURCE, answers);

describe('the name', () => {
  test('that is free becomes a bucket of the destination account with the tag of the job', async () => {
    expect(await claim()).toEqual({ outcome: 'claimed', waitSeconds: 0 });

    expect(world.storage.bucket(SOURCE)).toMatchObject({
      account: THEIRS,
      facts: { region: 'eu-west-1', tags: { [JOB_TAG]: MIGRATION_ID } },
    });
    expect(world.final).toMatchObject({
      connection: 'theirs',
      bucket: SOURCE,
      region: 'eu-west-1',
      isTemporary: false,
    });
    expect(world.leases().length).toBeGreaterThan(0);
  });

  test('that is ours already is not asked for again', async () => {
    await claim();
    await claim();

    expect(world.storage.callsOf('claimBucket')).toHaveLength(1);
  });

  test('is recognised by the tag when the answer to an earlier try was lost', async () => {
    world.storage.addBucket(SOURCE, THEIRS, { region: 'eu-west-1', tags: { [JOB_TAG]: MIGRATION_ID } });

    expect(await claim()).toEqual({ outcome: 'claimed', waitSeconds: 0 });
  });

  test('under which a bucket stands that this job did not make waits for a decision, and nothing is touched', async () => {
    world.storage.addBucket(SOURCE, THEIRS, { tags: { [JOB_TAG]: 'migrate-20261119-ffffffffffff' } });

    expect(await claim()).toEqual({ outcome: 'waiting', waitSeconds: 20 });

    expect(wait()).toMatchObject({ lastOutcome: 'occupied', tryCount: 1 });
    expect(world.final).toBeUndefined();
  });

  test('is asked for every 20 seconds in the first hour, and then more seldom', async () => {
    say('busy', 'busy');

    expect(await claim()).toEqual({ outcome: 'waiting', waitSeconds: 20 });
    world.clock.advance(HOUR_MS);
    expect(await claim()).toEqual({ outcome: 'waiting', waitSeconds: 55 });
    expect(await claim()).toEqual({ outcome: 'claimed', waitSeconds: 0 });
  });

  test('that stays taken is known to be so since the first such answer', async () => {
    const firstAtMs = world.clock.nowMs();
    say('taken');
    await claim();
    world.clock.advance(MINUTE_MS);
    world.storage.fault = ({ operation }) =>
      operation === 'claimBucket' ? new StorageUnavailableError('503') : undefined;
    await claim();
    expect(wait()).toMatchObject({ lastOutcome: 'unavailable', takenSinceMs: firstAtMs });
    world.storage.fault = undefined;
    say('taken', 'busy');
    await claim();
    expect(wait()).toMatchObject({ lastOutcome: 'taken', takenSinceMs: firstAtMs, tryCount: 3 });

    await claim();
    expect(wait()?.takenSinceMs).toBeUndefined();
  });

  test('that a stranger has got is waited for, and nothing is written to the bucket', async () => {
    world.storage.addBucket(SOURCE, '333333333333');

    expect(await claim()).toEqual({ outcome: 'waiting', waitSeconds: 20 });

    expect(wait()).toMatchObject({ lastOutcome: 'taken' });
    expect(world.storage.callsOf('changePolicy')).toEqual([]);
  });

  test('is given up after 30 days, and whoever decides to wait on gets as long again', async () => {
    world.storage.addBucket(SOURCE, '333333333333');
    await claim();
    world.clock.advance(30 * DAY_MS + 1);
    expect(await claim()).toEqual({ outcome: 'given-up', waitSeconds: 55 });

    await decide({ choice: 'keep-waiting' });
    expect(await claim()).toEqual({ outcome: 'waiting', waitSeconds: 55 });
    world.clock.advance(30 * DAY_MS + 1);
    expect(await claim()).toMatchObject({ outcome: 'given-up' });
  });

  test('that comes free on the last try of all is taken', async () => {
    say('busy');
    await claim();
    world.clock.advance(31 * DAY_MS);

    expect(await claim()).toMatchObject({ outcome: 'claimed' });
  });

  test('that we may not create is refused five times before a person is told', async () => {
    world.storage.fault = ({ operation }) => (operation === 'claimBucket' ? new AccessDeniedError('403') : undefined);
    for (let tries = 1; tries <= 4; tries += 1) expect(await claim()).toMatchObject({ outcome: 'waiting' });

    await expect(claim()).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringContaining('Allow s3:CreateBucket') as string,
    });
    expect(wait()).toMatchObject({ lastOutcome: 'denied' });

    world.storage.fault = undefined;
    expect(await claim()).toMatchObject({ outcome: 'claimed' });
  });

  test('counts refusals in a row only', async () => {
    let isRefused = true;
    world.storage.fault = ({ operation }) =>
      operation === 'claimBucket' && isRefused ? new AccessDeniedError('403') : undefined;
    for (let tries = 1; tries <= 4; tries += 1) await claim();
    isRefused = false;
    say('busy');
    await claim();
    isRefused = true;

    expect(await claim()).toMatchObject({ outcome: 'waiting' });
  });

  test('fails at once for what no pause heals', async () => {
    world.storage.fault = ({ operation }) =>
      operation === 'claimBucket' ? new StorageRefusedError('TooManyBuckets') : undefined;

    await expect(claim()).rejects.toMatchObject({ name: 'StorageRefusedError' });
  });

  test('is never asked for while the source stands', async () => {
    world = await AfterGate.begin();

    await expect(claim()).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.storage.callsOf('claimBucket')).toEqual([]);
  });
});

describe('a person may decide', () => {
  test('on another name', async () => {
    say('taken');
    await claim();
    await decide({ choice: 'other-name', bucket: 'another-name' });

    expect(await claim()).toMatchObject({ outcome: 'claimed' });

    expect(world.final).toMatchObject({ connection: 'theirs', bucket: 'another-name' });
    expect(world.leases()).toContain(paths.lease('sandbox', 'another-name'));
  });

  test('to rebuild the source in its account and Region, under its old name or another', async () => {
    await decide({ choice: 'rebuild-source' });

    expect(await claim()).toMatchObject({ outcome: 'claimed' });

    expect(world.final).toMatchObject({ connection: 'ours', bucket: SOURCE, region: 'us-east-1' });
    expect(world.storage.bucket(SOURCE).account).toBe(OURS);
  });

  test('to keep the temporary bucket, which becomes the final one', async () => {
    say('taken');
    await claim();
    await decide({ choice: 'keep-temporary' });

    expect(await claim()).toEqual({ outcome: 'keep-temporary', waitSeconds: 0 });

    expect(world.final).toMatchObject({ connection: 'theirs', bucket: TEMPORARY, isTemporary: true });
    expect(await claim()).toEqual({ outcome: 'keep-temporary', waitSeconds: 0 });
  });

  test('too late: a name that was got by a try whose answer was lost is kept', async () => {
    say('taken');
    await claim();
    world.storage.addBucket(SOURCE, THEIRS, { region: 'eu-west-1', tags: { [JOB_TAG]: MIGRATION_ID } });
    await decide({ choice: 'other-name', bucket: 'another-name' });

    expect(await claim()).toMatchObject({ outcome: 'claimed' });

    expect(world.final).toMatchObject({ bucket: SOURCE });
    expect(world.storage.buckets.has('another-name')).toBe(false);
  });

  test('never that the temporary bucket is an earlier try, although it carries the same tag', async () => {
    await decide({ choice: 'other-name', bucket: TEMPORARY });

    expect(await claim()).toMatchObject({ outcome: 'waiting' });

    expect(wait()).toMatchObject({ lastOutcome: 'occupied' });
    expect(world.final).toBeUndefined();
  });

  test('on a name that another job holds, which then waits', async () => {
    const theirs = { jobId: 'copy-20261119-ffffffffffff', bucket: 'another-name', role: 'destination', sinceMs: 0 };
    await world.write(paths.lease('sandbox', 'another-name'), theirs);
    await decide({ choice: 'other-name', bucket: 'another-name' });

    expect(await claim()).toMatchObject({ outcome: 'waiting' });
    expect(wait()).toMatchObject({ lastOutcome: 'occupied' });
  });
});

describe('the new bucket', () => {
  beforeEach(async () => void (await claim()));
  const facts = (more: object): void => {
    const bucket = world.storage.bucket(SOURCE);
    bucket.facts = { ...bucket.facts, ...more };
  };

  test('is proven before anything is written to it', async () => {
    expect(await world.step('prepareDestinationBucket')).toEqual({ waitSeconds: 0, isTemporary: false });

    expect(world.hasPassed('destination-bucket-created')).toBe(true);
  });

  test.each<[string, string, () => void]>([
    ['carries no tag of this job', 'BucketReplacedError', () => facts({ tags: {} })],
    ['is in another Region', 'WrongRegionError', () => facts({ region: 'eu-west-3' })],
    ['lets writers own objects', 'StorageRefusedError', () => facts({ ownership: 'object-writer' })],
    [
      'has become a stranger’s',
      'BucketOwnedByAnotherAccountError' satisfies BucketOwnedByAnotherAccountError['name'],
      () => void (world.storage.bucket(SOURCE).account = '333333333333'),
    ],
    ['is not seen yet', 'StorageUnavailableError', () => void world.storage.buckets.delete(SOURCE)],
  ])('is not written to when it %s', async (_, name, happens) => {
    happens();

    await expect(world.step('prepareDestinationBucket')).rejects.toMatchObject({ name });
    expect(world.hasPassed('destination-bucket-created')).toBe(false);
  });

  test('that somebody deleted again is asked for again', async () => {
    world.storage.buckets.delete(SOURCE);
    world.clock.advance(HOUR_MS);

    expect(await world.step('prepareDestinationBucket')).toEqual({ waitSeconds: 0, isTemporary: false });
    expect(world.storage.bucket(SOURCE).account).toBe(THEIRS);
  });

  test('on AWS keeps its versions for 15 minutes before anything relies on them', async () => {
    await begin({ versioning: 'enabled', connection: { kind: 'aws' } });
    await claim();

    expect(await world.step('prepareDestinationBucket')).toMatchObject({ waitSeconds: 900 });
    world.clock.advance(5 * MINUTE_MS);
    expect(await world.step('prepareDestinationBucket')).toMatchObject({ waitSeconds: 600 });
    world.clock.advance(20 * MINUTE_MS);
    expect(await world.step('prepareDestinationBucket')).toMatchObject({ waitSeconds: 0 });
    expect(world.storage.bucket(SOURCE).facts.versioning).toBe('enabled');
  });

  test('elsewhere need not wait for its versions', async () => {
    await begin({ versioning: 'enabled' });
    await claim();

    expect(await world.step('prepareDestinationBucket')).toMatchObject({ waitSeconds: 0 });
    expect(world.storage.bucket(SOURCE).facts.versioning).toBe('enabled');
  });

  test('that is the temporary one is only opened, so that its settings can be applied', async () => {
    await begin();
    await decide({ choice: 'keep-temporary' });
    await claim();

    expect(await world.step('prepareDestinationBucket')).toEqual({ waitSeconds: 0, isTemporary: true });
    expect(world.sids(TEMPORARY)).toEqual([]);
  });

  test('that is the temporary one and gone is no success', async () => {
    await begin();
    await decide({ choice: 'keep-temporary' });
    await claim();
    world.storage.buckets.delete(TEMPORARY);

    await expect(world.step('prepareDestinationBucket')).rejects.toMatchObject({ name: 'BucketReplacedError' });
    expect(world.hasPassed('destination-bucket-created')).toBe(false);
  });
});
