import { beforeEach, describe, expect, test } from 'vitest';
import { AccessDeniedError, StorageUnavailableError } from '../../../domain/errors.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { QuarantineDocument } from '../../../domain/migration.ts';
import { protectSid, sealSid } from '../../../domain/policy.ts';
import { DAY_MS, HOUR_MS } from '../../../domain/time.ts';
import { AfterGate, MIGRATION_ID, SOURCE, TEMPORARY, type MigrationSetup } from './after-gate.ts';

let world: AfterGate;
const begin = async (setup: MigrationSetup = {}): Promise<void> => {
  world = await AfterGate.begin(setup);
  await world.bringUnderName();
};
beforeEach(async () => await begin());

const quarantine = (): QuarantineDocument | undefined => world.json(paths.quarantine(MIGRATION_ID));
const shorten = (bucket: string): Promise<void> =>
  world.write(paths.answer(MIGRATION_ID, 'quarantine'), { bucket, by: 'A Person', atMs: world.clock.nowMs() });
const keepTemporary = async (): Promise<void> => {
  world = await AfterGate.begin();
  await world.deleteSource();
  const decision = { choice: 'keep-temporary', by: 'A Person', atMs: world.clock.nowMs() };
  await world.write(paths.answer(MIGRATION_ID, 'name'), decision);
  await world.step('claimName');
  await world.step('prepareDestinationBucket');
};

describe('the return', () => {
  test('counts when everything that the proof lists was verified', async () => {
    await world.step('checkReturn');

    expect(world.hasPassed('returned')).toBe(true);
  });

  test.each<[string, string, () => Promise<unknown>]>([
    [
      'was verified and differs',
      'ObjectsDifferError',
      async () => world.verdict('copy-back', { verdict: 'differences-found', summary: '1 object differs.' }),
    ],
    [
      'was not verified in its last round',
      'ObjectsDifferError',
      async () => world.write(paths.planSummary(MIGRATION_ID, 'copy-back'), { round: 2, shards: [] }),
    ],
    [
      'was verified against fewer objects than the proof lists',
      'ObjectsDifferError',
      async () => world.verdict('copy-back', { sourceCount: 2 }),
    ],
    [
      'was never planned',
      'ObjectsDifferError',
      async () => world.documents.remove(paths.planSummary(MIGRATION_ID, 'copy-back')),
    ],
    [
      'was verified against a proof whose part was changed since',
      'ProofInvalidError',
      async () => world.documents.write(paths.proofPart(MIGRATION_ID, 1, 2), 'changed'),
    ],
  ])('that %s is none', async (_, name, happens) => {
    await happens();

    await expect(world.step('checkReturn')).rejects.toMatchObject({ name });
    expect(world.hasPassed('returned')).toBe(false);
  });

  test('leaves out what was lost with the source', async () => {
    world = await AfterGate.begin({ versioning: 'enabled', carriesVersions: false });
    world.storage.put(SOURCE, 'a', 'second');
    world.storage.put(TEMPORARY, 'a', 'second');
    await world.seal();
    await world.bringUnderName();
    await world.verdict('copy-back', { sourceCount: 3 });

    await world.step('checkReturn');

    expect(world.proof).toMatchObject({ lineCount: 4, lostVersionCount: 1 });
    expect(world.hasPassed('returned')).toBe(true);
  });

  test('into the temporary bucket itself needs no second copy', async () => {
    await keepTemporary();

    await world.step('checkReturn');

    expect(world.hasPassed('returned')).toBe(true);
  });
});

describe('the quarantine', () => {
  beforeEach(async () => void (await world.step('checkReturn')));

  test('begins once and lasts as long as was asked for', async () => {
    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 7 * 24 * 3600 });
    world.clock.advance(DAY_MS);

    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 6 * 24 * 3600 });
    expect(quarantine()).toMatchObject({ endsAtMs: (quarantine()?.beganAtMs ?? 0) + 7 * DAY_MS });
  });

  test('keeps the temporary bucket until its last second', async () => {
    await world.step('beginQuarantine');
    world.clock.advance(7 * DAY_MS - 10_000);

    await expect(world.step('endQuarantine')).rejects.toMatchObject({ name: 'JobStateError' });
    await expect(world.step('openTemporaryBucket')).rejects.toMatchObject({ name: 'JobStateError' });
    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.sids(TEMPORARY)).toEqual([protectSid(MIGRATION_ID), sealSid(MIGRATION_ID)]);

    world.clock.advance(10_000);
    expect(await world.step('endQuarantine')).toEqual({ parts: 2 });
    expect(world.hasPassed('quarantine-over')).toBe(true);
  });

  test('lists the parts that are to be emptied', async () => {
    await shorten(TEMPORARY);
    await world.step('beginQuarantine');
    await world.step('endQuarantine');

    const lines = new TextDecoder().decode(
      world.documents.documents.get(paths.emptyingParts(MIGRATION_ID, 'temporary')),
    );
    expect(lines).toBe('{"part":1}\n{"part":2}\n');
  });

  test('ends earlier when somebody typed the name of this temporary bucket, and not of another', async () => {
    await shorten(SOURCE);
    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 7 * 24 * 3600 });
    await expect(world.step('endQuarantine')).rejects.toMatchObject({ name: 'JobStateError' });

    await shorten(TEMPORARY);
    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 0 });
    expect(await world.step('endQuarantine')).toEqual({ parts: 2 });
  });

  test('of no days is over at once', async () => {
    await begin({ options: { quarantineDays: 0 } });
    await world.step('checkReturn');

    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 0 });
    expect(await world.step('endQuarantine')).toEqual({ parts: 2 });
  });

  test('does not end when the final bucket is gone: then this is the only copy', async () => {
    await shorten(TEMPORARY);
    world.storage.buckets.delete(SOURCE);

    await expect(world.step('endQuarantine')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining('the only copy') as string,
    });
    expect(world.hasPassed('quarantine-over')).toBe(false);
  });

  test('does not end when the final bucket was made anew and is empty: then this is the only copy', async () => {
    await shorten(TEMPORARY);
    world.storage.bucket(SOURCE).objects.clear();

    await expect(world.step('endQuarantine')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining('the only copy') as string,
    });
    expect(world.hasPassed('quarantine-over')).toBe(false);
  });

  test('ends when a person has deleted the temporary bucket, whatever became of the final one', async () => {
    await shorten(TEMPORARY);
    world.storage.bucket(SOURCE).objects.clear();
    world.storage.buckets.delete(TEMPORARY);

    expect(await world.step('endQuarantine')).toEqual({ parts: 2 });
    expect(await world.step('openTemporaryBucket')).toEqual({ exists: false, isKept: false, parts: 0 });
  });

  test('never begins before the return is verified', async () => {
    await begin();

    await expect(world.step('beginQuarantine')).rejects.toMatchObject({ name: 'JobStateError' });
    await expect(world.step('endQuarantine')).rejects.toMatchObject({ name: 'JobStateError' });
  });
});

describe('the temporary bucket', () => {
  const endQuarantine = async (): Promise<void> => {
    await world.step('checkReturn');
    await shorten(TEMPORARY);
    await world.step('beginQuarantine');
    await world.step('endQuarantine');
  };
  beforeEach(endQuarantine);

  test('is opened, emptied and deleted', async () => {
    expect(await world.step('openTemporaryBucket')).toEqual({ exists: true, isKept: false, parts: 2 });
    expect(world.sids(TEMPORARY)).toEqual([]);
    await world.empty('temporary');

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });

    expect(world.storage.buckets.has(TEMPORARY)).toBe(false);
    expect(world.temporary.removedAtMs).toBeDefined();
    expect(world.hasPassed('temporary-bucket-deleted')).toBe(true);
    expect(await world.step('openTemporaryBucket')).toEqual({ exists: false, isKept: false, parts: 0 });
    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
  });

  test.each<[string, () => void]>([
    ['gone', () => world.storage.buckets.delete(SOURCE)],
    ['empty', () => world.storage.bucket(SOURCE).objects.clear()],
  ])('stays closed when the job is redriven weeks later and the final bucket is %s', async (_, happens) => {
    world.clock.advance(21 * DAY_MS);
    happens();

    await expect(world.step('openTemporaryBucket')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining('the only copy') as string,
    });
    expect(world.sids(TEMPORARY)).toEqual([protectSid(MIGRATION_ID), sealSid(MIGRATION_ID)]);
  });

  test('loses only our statements when it is opened', async () => {
    const foreign = { Sid: 'Theirs', Effect: 'Deny', Principal: '*', Action: 's3:GetObject' } as const;
    const bucket = world.storage.bucket(TEMPORARY);
    bucket.policy = { Statement: [foreign, ...(bucket.policy?.Statement ?? [])] };

    await world.step('openTemporaryBucket');

    expect(world.sids(TEMPORARY)).toEqual(['Theirs']);
  });

  test('that holds what the proof does not list is kept, open, and told', async () => {
    world.storage.bucket(TEMPORARY).policy = { Statement: [] };
    world.storage.put(TEMPORARY, 'somebody else’s', 'x');
    await world.step('openTemporaryBucket');
    await world.empty('temporary', (key) => key !== 'somebody else’s');

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'kept' });

    expect(world.storage.body(TEMPORARY, 'somebody else’s')).toBe('x');
    expect(world.temporary.keptBecause).toContain('1 objects that were not proven');
    await world.step('finishMigration');
    expect(world.report?.migration?.outstanding).toEqual([
      {
        what: 'temporary-bucket',
        where: { connection: 'theirs', bucket: TEMPORARY },
        why: world.temporary.keptBecause,
      },
    ]);
  });

  test('is deleted after all when what it was kept for has gone', async () => {
    world.storage.bucket(TEMPORARY).policy = { Statement: [] };
    world.storage.put(TEMPORARY, 'x', 'x');
    await world.step('openTemporaryBucket');
    await world.empty('temporary', (key) => key !== 'x');
    await world.step('deleteTemporaryBucket');
    await world.empty('temporary');

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
    expect(world.temporary.keptBecause).toBeUndefined();
  });

  test('whose copies could not be deleted is not given up: the job says why and goes on when redriven', async () => {
    await world.step('openTemporaryBucket');
    await world.empty('temporary', (key) => key === 'a');
    const refusal = { key: 'b', error: 'AccessDenied', message: 'Access Denied' };
    await world.result('temporary', 1, { refusedCount: 1, refusal });

    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({
      name: 'EmptyingRefusedError',
      message: expect.stringContaining('The first is b') as string,
    });
    expect(world.temporary.keptBecause).toBeUndefined();
  });

  test('that may not be deleted although it is empty is kept, and told', async () => {
    await world.step('openTemporaryBucket');
    await world.empty('temporary');
    world.storage.fault = ({ operation }) =>
      operation === 'removeBucket' ? new AccessDeniedError('Access Denied') : undefined;

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'kept' });
    expect(world.temporary.keptBecause).toContain('refused to delete it');
  });

  test('that somebody else deleted is gone', async () => {
    world.storage.buckets.delete(TEMPORARY);

    expect(await world.step('openTemporaryBucket')).toEqual({ exists: false, isKept: false, parts: 0 });
    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
  });

  test.each<[string, string, Record<string, string>]>([
    ['carries another job’s tag', 'BucketReplacedError', { 'bucket-migrator:job': 'migrate-20261119-ffffffffffff' }],
    ['carries no tag', 'StorageUnavailableError', {}],
  ])('that %s is neither opened nor deleted', async (_, name, tags) => {
    const bucket = world.storage.bucket(TEMPORARY);
    bucket.facts = { ...bucket.facts, tags };

    await expect(world.step('openTemporaryBucket')).rejects.toMatchObject({ name });
    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({ name });
    expect(world.sids(TEMPORARY)).toHaveLength(2);
    expect(world.storage.callsOf('removeBucket')).toHaveLength(1); // the source's
  });

  test('waits for another try when the storage does not answer', async () => {
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new StorageUnavailableError('503') : undefined;

    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  });

  test('that became the final one is opened, never emptied and never deleted', async () => {
    await keepTemporary();
    expect(await world.step('openTemporaryBucket')).toEqual({ exists: true, isKept: true, parts: 0 });
    await world.step('checkReturn');
    expect(await world.step('beginQuarantine')).toEqual({ remainingSeconds: 0 });
    expect(await world.step('endQuarantine')).toEqual({ parts: 0 });

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'kept' });
    await world.step('finishMigration');

    expect(world.storage.bucket(TEMPORARY).objects.size).toBe(3);
    expect(world.sids(TEMPORARY)).toEqual([]);
    expect(world.report).toMatchObject({
      outcome: 'verified',
      migration: { finalBucket: { bucket: TEMPORARY, isTemporary: true }, outstanding: [] },
    });
  });
});

describe('the end of a migration', () => {
  const clear = async (): Promise<void> => {
    await world.step('checkReturn');
    await shorten(TEMPORARY);
    await world.step('beginQuarantine');
    await world.step('endQuarantine');
    await world.step('openTemporaryBucket');
    await world.empty('temporary');
    await world.step('deleteTemporaryBucket');
  };

  test('gives the names back, tells everything, and only then it is finished', async () => {
    await world.write(paths.configurationOutcome(MIGRATION_ID, 'before-objects'), { items: [] });
    await clear();

    await world.step('finishMigration');

    expect(world.leases()).toEqual([]);
    expect(world.hasPassed('finished')).toBe(true);
    expect(world.report).toMatchObject({
      outcome: 'verified',
      migration: {
        stage: 'finished',
        proof: { digest: world.proof.digest, lineCount: 3, grades: { C: 3 }, partCount: 2 },
        consent: { by: 'A Person', digest: world.proof.digest },
        configuration: { 'before-objects': { items: [] } },
        transfers: { 'copy-back': { verdict: { verdict: 'equal' } } },
        nameWait: { tryCount: 1 },
        temporaryBucket: { bucket: TEMPORARY },
        finalBucket: { bucket: SOURCE, connection: 'theirs' },
        quarantine: {},
        outstanding: [],
      },
    });
    expect(world.report?.migration?.sourceDeletedAtMs).toBeDefined();
  });

  test('never comes while the temporary bucket was not dealt with', async () => {
    await world.step('checkReturn');

    await expect(world.step('finishMigration')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.hasPassed('finished')).toBe(false);
    expect(world.leases()).not.toEqual([]);
  });

  const failure = { Error: 'AccessDeniedError', Cause: 'no' };
  const report = { failure, redrivesBefore: 0, redriveCount: 0 };

  test('in a failure half-way keeps the names, the freeze and the protection, and tells what stands', async () => {
    world = await AfterGate.begin();
    await world.empty('source', (key) => key === 'a');

    await world.step('settleAfterFailure', { failure });
    await expect(world.step('reportFailure', report)).rejects.toMatchObject({ name: 'AccessDeniedError' });

    expect(world.leases()).toHaveLength(2);
    expect(world.sids(SOURCE)).toHaveLength(2);
    expect(world.sids(TEMPORARY)).toHaveLength(2);
    expect(world.report?.migration?.outstanding.map(({ what }) => what)).toEqual([
      'freeze',
      'temporary-bucket',
      'protection',
    ]);
  });

  test('in a failure before the first deletion thaws the source, voids the proof and gives the names back', async () => {
    world = await AfterGate.begin({ passed: ['started', 'source-frozen', 'temporary-bucket-created', 'proof-sealed'] });

    await world.step('settleAfterFailure', { failure });
    await expect(world.step('reportFailure', report)).rejects.toMatchObject({ name: 'AccessDeniedError' });

    expect(world.sids(SOURCE)).toEqual(['Theirs']);
    expect(world.proof.voidedAtMs).toBeDefined();
    expect(world.leases()).toEqual([]);
    expect(world.sids(TEMPORARY)).toHaveLength(2);
    expect(world.report?.migration?.outstanding).toMatchObject([
      { what: 'temporary-bucket', why: expect.stringContaining('uses them again') as string },
      { what: 'protection' },
    ]);
  });

  test('in a failure whose clean-up fails too tells about everything that still stands', async () => {
    world = await AfterGate.begin({ passed: ['started', 'source-frozen'] });
    world.storage.fault = ({ operation }) => (operation === 'changePolicy' ? new AccessDeniedError('no') : undefined);

    await expect(world.step('settleAfterFailure', { failure })).rejects.toMatchObject({ name: 'AccessDeniedError' });
    await expect(world.step('reportFailure', report)).rejects.toMatchObject({ name: 'AccessDeniedError' });

    expect(world.report?.migration?.outstanding.map(({ what }) => what)).toContain('freeze');
  });

  test('of a job that failed long ago can be told again from its documents alone', async () => {
    world.clock.advance(30 * DAY_MS + HOUR_MS);
    world.storage.buckets.clear();
    world.connections.find = async () => undefined;

    await expect(world.step('reportFailure', report)).rejects.toMatchObject({ name: 'AccessDeniedError' });
    expect(world.report?.migration).toMatchObject({ stage: 'returning', finalBucket: { bucket: SOURCE } });
  });
});
