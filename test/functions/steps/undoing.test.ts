import { beforeEach, describe, expect, test } from 'vitest';
import { paths } from '../../../domain/job-documents.ts';
import { AfterGate, MIGRATION_ID, SOURCE, TEMPORARY } from './after-gate.ts';

let world: AfterGate;

describe('bringing back', () => {
  beforeEach(async () => void (world = await AfterGate.begin()));
  const undo = async (): Promise<void> => {
    for (const [key, { body }] of world.storage.bucket(TEMPORARY).objects) world.storage.put(SOURCE, key, body);
    await world.verdict('undo');
  };

  test('a source that is half empty ends with everything as it was, and says so', async () => {
    await world.empty('source', (key) => key === 'a');
    expect(await world.step('checkUndo')).toEqual({
      stage: 'emptying',
      isWhole: false,
      shardsAtOnceMax: 2,
      roundsMax: 3,
      carriesVersions: false,
      parts: 2,
    });
    await undo();
    await world.step('thawSource');
    expect(await world.step('openTemporaryBucket')).toEqual({ exists: true, isKept: false, parts: 0 });
    await world.empty('temporary');
    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'deleted' });
    await world.step('finishUndo');

    expect(world.sids(SOURCE)).toEqual(['Theirs']);
    expect([...world.storage.bucket(SOURCE).objects.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(world.storage.buckets.has(TEMPORARY)).toBe(false);
    expect(world.leases()).toEqual([]);
    expect(world.hasPassed('undone')).toBe(true);
    expect(world.report).toMatchObject({ outcome: 'undone', migration: { outstanding: [] } });
    expect(await world.step('checkUndo')).toMatchObject({ stage: 'undone' });
  });

  test('nothing but what was made leaves the source as it was', async () => {
    world = await AfterGate.begin({ passed: ['started', 'source-frozen', 'temporary-bucket-created'] });
    expect(await world.step('checkUndo')).toMatchObject({ stage: 'beginning', parts: 0 });
    await world.step('thawSource');
    await world.step('openTemporaryBucket');
    await world.empty('temporary');
    await world.step('deleteTemporaryBucket');
    await world.step('finishUndo');

    expect(world.report).toMatchObject({ outcome: 'undone' });
    expect(world.hasPassed('temporary-bucket-deleted')).toBe(false);
  });

  test('keeps the temporary bucket where it holds what the source has not', async () => {
    world = await AfterGate.begin({ passed: ['started', 'source-frozen', 'temporary-bucket-created'] });
    await world.step('checkUndo');
    await world.step('thawSource');
    await world.step('openTemporaryBucket');
    world.storage.put(TEMPORARY, 'only here', 'x');
    await world.empty('temporary', (key) => key !== 'only here');

    expect(await world.step('deleteTemporaryBucket')).toEqual({ outcome: 'kept' });
    await world.step('finishUndo');
    expect(world.report?.migration?.outstanding).toMatchObject([{ what: 'temporary-bucket' }]);
  });

  test('says why the copies could not be thrown away, instead of keeping them', async () => {
    world = await AfterGate.begin({ passed: ['started', 'source-frozen', 'temporary-bucket-created'] });
    await world.step('checkUndo');
    await world.step('thawSource');
    await world.step('openTemporaryBucket');
    const halt = { error: 'AccessDeniedError', message: 'May not delete.', remedy: 'Allow it.', atMs: 1 };
    await world.write(paths.halt(MIGRATION_ID, 'copy', 'discard'), halt);

    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: 'May not delete.\nWhat to do: Allow it.',
    });
    expect(world.temporary.keptBecause).toBeUndefined();
  });

  test('never opens or deletes the temporary bucket before the source is verified whole', async () => {
    await world.empty('source', (key) => key === 'a');
    await world.step('checkUndo');
    await world.verdict('undo', { verdict: 'differences-found' });

    await expect(world.step('openTemporaryBucket')).rejects.toMatchObject({ name: 'JobStateError' });
    await expect(world.step('deleteTemporaryBucket')).rejects.toMatchObject({ name: 'JobStateError' });
    await expect(world.step('finishUndo')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.sids(TEMPORARY)).toHaveLength(2);
  });

  test('is not finished while the source is frozen', async () => {
    await world.step('checkUndo');
    await undo();

    await expect(world.step('finishUndo')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.leases()).toHaveLength(2);
  });

  test('stops all deleting at the source', async () => {
    await world.empty('source');
    await world.step('lookAtEmptiedSource');
    await world.step('checkUndo');

    await expect(world.step('deleteSource')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.storage.buckets.has(SOURCE)).toBe(true);
  });

  test('comes too late once the source is deleted', async () => {
    await world.deleteSource();

    await expect(world.step('checkUndo')).rejects.toMatchObject({ name: 'JobStateError' });
    expect(world.hasPassed('undo-began')).toBe(false);
  });

  test('comes too late also when only the answer to the deletion was lost', async () => {
    await world.empty('source');
    await world.step('lookAtEmptiedSource');
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeBucket') world.storage.buckets.delete(SOURCE);
      return operation === 'removeBucket' ? new Error('lost') : undefined;
    };
    await expect(world.step('deleteSource')).rejects.toThrow('lost');
    world.storage.fault = undefined;

    await expect(world.step('checkUndo')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(world.hasPassed('undo-began')).toBe(false);
    expect(world.hasPassed('source-deleted')).toBe(true);
  });

  test('too late is no dead end: the job goes on as a migration when it is redriven', async () => {
    await world.empty('source');
    await world.step('lookAtEmptiedSource');
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeBucket') world.storage.buckets.delete(SOURCE);
      return operation === 'removeBucket' ? new Error('lost') : undefined;
    };
    await expect(world.step('deleteSource')).rejects.toThrow('lost');
    world.storage.fault = undefined;
    await world.pass('undo-began'); // by the stop, before the undo looked
    await expect(world.step('checkUndo')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(await world.step('checkMigration')).toMatchObject({ stage: 'deleted' });
    expect(await world.step('claimName')).toMatchObject({ outcome: 'claimed' });
  });

  test('of a source that somebody else has deleted is told once, and then goes on as a migration', async () => {
    world.storage.buckets.delete(SOURCE);
    await world.pass('undo-began');

    await expect(world.step('checkUndo')).rejects.toMatchObject({ name: 'BucketReplacedError' });
    expect(world.hasPassed('source-deleted')).toBe(false);
    await expect(world.step('checkUndo')).rejects.toMatchObject({ name: 'JobStateError' });

    expect(await world.step('checkMigration')).toMatchObject({ stage: 'deleted' });
  });

  test('a failure of it keeps the names', async () => {
    world = await AfterGate.begin({ passed: ['started'] });
    await world.step('checkUndo');
    const input = { failure: { Error: 'AccessDeniedError', Cause: 'no' }, redrivesBefore: 0, redriveCount: 0 };

    await expect(world.step('reportFailure', input)).rejects.toMatchObject({ name: 'AccessDeniedError' });
    expect(world.leases().length).toBeGreaterThan(0);
  });
});
