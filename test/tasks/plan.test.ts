import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AccessDeniedError, StorageUnavailableError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { JOB_ID, JobWorld, manyObjects } from '../support/a-job.ts';
import { oddKeys } from '../support/odd-keys.ts';

function shardKeys(world: JobWorld, shard: number): string[] {
  const body = world.documents.documents.get(paths.shard(JOB_ID, 'copy', shard));
  const lines = gunzipSync(body ?? new Uint8Array())
    .toString('utf8')
    .trim()
    .split('\n');
  return lines.map((line) => (JSON.parse(line) as { k: string }).k);
}

describe('planning', () => {
  test('every object of the source is in exactly one shard, in order, and the summary adds up', async () => {
    const world = new JobWorld({ source: manyObjects(25), options: { shardObjectCountMax: 10 } });

    expect(await world.plan()).toBe(EXIT.done);

    expect(world.pending()).toEqual([1, 2, 3]);
    expect([1, 2, 3].flatMap((shard) => shardKeys(world, shard))).toEqual(Object.keys(manyObjects(25)));
    expect(world.summary()).toMatchObject({ round: 1, sourceCount: 25, totalCount: 25, blockedCount: 0 });
    expect(world.summary()?.shards.map((shard) => shard.objectCount)).toEqual([10, 7, 8]);
  });

  test('keys of every odd kind stand in the plan, one to a line', async () => {
    const keys = oddKeys.map((one) => one.key);
    const world = new JobWorld({ source: Object.fromEntries(keys.map((key) => [key, 'x'])) });

    await world.plan();

    expect(shardKeys(world, 1)).toHaveLength(new Set(keys).size);
  });

  test('an empty source is a plan with nothing pending', async () => {
    const world = new JobWorld();

    expect(await world.plan()).toBe(EXIT.done);

    expect(world.pending()).toEqual([]);
    expect(world.summary()?.totalCount).toBe(0);
  });

  test('what is at the destination already is skipped, and a different object there is reported and not planned', async () => {
    const world = new JobWorld({
      source: { same: 'equal', collides: 'ours', new: 'x' },
      destination: { same: 'equal', collides: 'them', theirs: 'y' },
      options: { whenDestinationHasObjects: 'merge' },
    });

    await world.plan();

    expect(shardKeys(world, 1)).toEqual(['new']);
    expect(world.summary()).toMatchObject({ skippedCount: 1, blockedCount: 1, totalCount: 1 });
    expect(world.failures(0)).toMatchObject([{ key: 'collides', outcome: 'blocked', isFinal: true }]);
  });

  test.each([
    ['equal checksums', 'same', 'same', { skippedCount: 1, totalCount: 0 }],
    ['different checksums', 'aaaa', 'bbbb', { blockedCount: 1, totalCount: 0 }],
  ])('ETags that prove nothing are settled by %s', async (_, ours, theirs, expected) => {
    const world = new JobWorld({ options: { whenDestinationHasObjects: 'merge' } });
    world.storage.put('source-bucket', 'big', ours, { etag: 'aaa-2' });
    world.storage.put('destination-bucket', 'big', theirs, { etag: 'bbb-3' });

    await world.plan();

    expect(world.summary()).toMatchObject(expected);
  });

  test('prefixes change places', async () => {
    const world = new JobWorld({
      source: { 'in/a': '1', 'in/b': '2', 'other/c': '3' },
      destination: { 'out/a': '1', 'in/b': 'elsewhere' },
      sourcePrefix: 'in/',
      destinationPrefix: 'out/',
      options: { whenDestinationHasObjects: 'merge' },
    });

    await world.plan();

    expect(world.summary()).toMatchObject({ sourceCount: 2, skippedCount: 1, totalCount: 1 });
    expect(shardKeys(world, 1)).toEqual(['in/b']);
  });

  test('archived objects are counted and planned, because only a look at each tells whether it is restored', async () => {
    const world = new JobWorld({ source: { a: '1' } });
    world.storage.put('source-bucket', 'cold', 'ice', { storageClass: 'GLACIER' });

    await world.plan();

    expect(world.summary()).toMatchObject({ totalCount: 2, archivedCount: 1 });
  });

  test('a plan that is there is taken up where its shards stand, without a listing', async () => {
    const world = new JobWorld({ source: manyObjects(20), options: { shardObjectCountMax: 10 } });
    world.grantByHand();
    await world.plan();
    await world.copy(1);
    const listings = world.storage.callsOf('listObjects').length;

    await world.plan();

    expect(world.pending()).toEqual([2]);
    expect(world.storage.callsOf('listObjects')).toHaveLength(listings);
  });

  test.each([
    ['is missing', (world: JobWorld) => world.documents.documents.delete(paths.shard(JOB_ID, 'copy', 1))],
    [
      'is damaged',
      (world: JobWorld) => world.documents.documents.set(paths.shard(JOB_ID, 'copy', 1), new Uint8Array(9)),
    ],
    [
      'is another one',
      (world: JobWorld) =>
        world.documents.documents.set(
          paths.shard(JOB_ID, 'copy', 1),
          world.documents.documents.get(paths.shard(JOB_ID, 'copy', 2)) ?? new Uint8Array(),
        ),
    ],
  ])('a shard that %s stops the job with what to do; it is never read as empty', async (_, damage) => {
    const world = new JobWorld({ source: manyObjects(20), options: { shardObjectCountMax: 10 } });
    await world.plan();
    damage(world);

    expect(await world.plan()).toBe(EXIT.done);

    expect(world.halt('plan')?.error).toBe('DocumentInvalidError');
    expect(world.halt('plan')?.remedy).toContain('new job');
  });

  test('a source that may not be listed is an outcome with a reason, and a second try forgets it', async () => {
    const world = new JobWorld({ source: { a: '1' } });
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new AccessDeniedError('no', { remedy: 'Allow s3:ListBucket.' }) : undefined;

    expect(await world.plan()).toBe(EXIT.done);
    expect(world.halt('plan')).toMatchObject({ error: 'AccessDeniedError', remedy: 'Allow s3:ListBucket.' });

    world.storage.fault = undefined;
    await world.plan();
    expect(world.halt('plan')).toBeUndefined();
    expect(world.pending()).toEqual([1]);
  });

  test('a storage that does not answer asks for another try and leaves no plan behind', async () => {
    const world = new JobWorld({ source: manyObjects(9) });
    let pages = 0;
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' && (pages += 1) > 3 ? new StorageUnavailableError('down') : undefined;

    expect(await world.plan()).toBe(EXIT.unavailable);

    expect(world.summary()).toBeUndefined();
    expect(world.halt('plan')).toBeUndefined();
  });

  test('a plan that was cut short before its summary is made anew', async () => {
    const world = new JobWorld({ source: manyObjects(9) });
    world.documents.beforeWrite = (path) => {
      if (path.endsWith('summary.json')) throw new Error('killed');
    };
    expect(await world.plan()).toBe(EXIT.crashed);
    world.documents.beforeWrite = undefined;

    expect(await world.plan()).toBe(EXIT.done);

    expect(world.pending()).toEqual([1]);
  });

  test('words that name no task are refused', async () => {
    const world = new JobWorld();

    expect(await world.run(['empty'], new AbortController().signal)).toBe(EXIT.misused);
  });
});
