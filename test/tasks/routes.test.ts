import { describe, expect, test } from 'vitest';
import { paths } from '../../domain/job-documents.ts';
import { manyObjects } from '../support/a-job.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY, type MigrationSetup } from './migration-world.ts';

const passed = (world: MigrationWorld, name: Parameters<MigrationWorld['pass']>[0]) =>
  world.documents.json(paths.milestone(JOB_ID, name)) !== undefined;

async function sealed(setup: MigrationSetup): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.throughTheGate();
  return world;
}

/** Everything is deleted at the source, and the name is ours: the temporary bucket holds the only copy. */
async function returning(setup: MigrationSetup): Promise<MigrationWorld> {
  const world = await sealed(setup);
  await world.emptyAll('source');
  world.makeFinal();
  return world;
}

describe('copying into the temporary bucket', () => {
  test('everything goes there, and the points passed are those of the first transfer', async () => {
    const world = new MigrationWorld({ source: manyObjects(20) });

    expect(await world.transfer()).toMatchObject({ verdict: 'equal', verifiedCount: 20 });

    expect(world.keys(TEMPORARY)).toEqual(Object.keys(manyObjects(20)));
    expect(['planned', 'copied', 'verified'].map((name) => passed(world, name as 'planned'))).toEqual([
      true,
      true,
      true,
    ]);
    expect(passed(world, 'planned-back')).toBe(false);
  });

  test('a copy of an object that was overwritten since is replaced, on condition of what stands there', async () => {
    const world = new MigrationWorld({ source: { a: 'old', b: 'same' } });
    await world.transfer();
    world.storage.put(SOURCE, 'a', 'new!');

    expect((await world.verify())?.verdict).toBe('differences-found');
    expect(await world.transfer()).toMatchObject({ verdict: 'equal' });

    expect(world.storage.body(TEMPORARY, 'a')).toBe('new!');
  });

  test('a replacement whose answer was lost is recognised', async () => {
    const world = new MigrationWorld({ source: { a: 'old' } });
    await world.transfer();
    world.storage.put(SOURCE, 'a', 'new!');
    await world.verify();
    await world.plan();
    world.storage.put(TEMPORARY, 'a', 'new!');

    await world.copyShards();

    expect(world.failures(2)).toEqual([]);
    expect(await world.verify()).toMatchObject({ verdict: 'equal' });
  });

  test('what was deleted at the source since does not matter', async () => {
    const world = new MigrationWorld({ source: { a: '1', b: '2' } });
    await world.transfer();
    world.storage.bucket(SOURCE).objects.delete('b');

    expect(await world.verify()).toMatchObject({ verdict: 'equal', sourceCount: 1, extraCount: 0 });
  });
});

describe('copying back', () => {
  test('brings back exactly what the proof lists, and passes the points of the way back', async () => {
    const world = await returning({ source: manyObjects(20) });
    world.storage.put(TEMPORARY, 'stranger', 'x');

    expect(await world.transfer('copy-back')).toMatchObject({ verdict: 'equal', sourceCount: 20 });

    expect(world.keys(SOURCE)).toEqual(Object.keys(manyObjects(20)));
    expect(['planned-back', 'copied-back', 'verified-back'].map((name) => passed(world, name as 'planned'))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each([
    ['gone', (world: MigrationWorld) => world.storage.bucket(TEMPORARY).objects.delete('b')],
    ['another object', (world: MigrationWorld) => world.storage.put(TEMPORARY, 'b', 'X')],
  ])('a copy that is %s stops everything at once', async (_, change) => {
    const world = await returning({ source: { a: '1', b: '2' } });
    change(world);

    await world.plan('copy-back');

    expect(world.halt('plan', 'copy-back')?.error).toBe('ProofBrokenError');
    expect(world.keys(SOURCE)).toEqual([]);
  });

  test('a copy that goes between planning and copying stops the shard, and is never counted as gone', async () => {
    const world = await returning({ source: { a: '1', b: '2' } });
    await world.plan('copy-back');
    world.storage.bucket(TEMPORARY).objects.delete('b');

    await world.copyShards('copy-back');

    expect(world.result(1, 'copy-back')).toMatchObject({ isDone: false, halted: { error: 'ProofBrokenError' } });
  });

  test('a copy that goes while it is being verified stops everything at once', async () => {
    const world = await returning({ source: { a: '1', b: '2' }, options: { compareAttributes: 'every' } });
    await world.plan('copy-back');
    await world.copyShards('copy-back');
    world.storage.fault = ({ operation, bucket, key }) => {
      if (operation === 'headObject' && bucket === TEMPORARY && key === 'b')
        world.storage.bucket(TEMPORARY).objects.delete('b');
      return undefined;
    };

    await world.verify('copy-back');

    expect(world.halt('verify', 'copy-back')?.error).toBe('ProofBrokenError');
  });

  test.each([
    [
      'a part that is missing',
      (world: MigrationWorld) => world.documents.documents.delete(paths.proofPart(JOB_ID, 1, 1)),
    ],
    [
      'a part that is damaged',
      (world: MigrationWorld) => world.documents.documents.set(paths.proofPart(JOB_ID, 1, 1), new Uint8Array(9)),
    ],
    [
      'a part that is another one',
      (world: MigrationWorld) =>
        world.documents.documents.set(
          paths.proofPart(JOB_ID, 1, 1),
          world.documents.documents.get(paths.proofPart(JOB_ID, 1, 2)) ?? new Uint8Array(),
        ),
    ],
    [
      'a summary that was changed',
      (world: MigrationWorld) => world.write(paths.proof(JOB_ID), { ...world.proof(), lineCount: 1 }),
    ],
    ['a summary that is missing', (world: MigrationWorld) => world.documents.documents.delete(paths.proof(JOB_ID))],
  ])('%s stops everything at once', async (_, damage) => {
    const world = await returning({ source: manyObjects(4), options: { shardObjectCountMax: 2 } });
    damage(world);

    await world.plan('copy-back');

    expect(world.halt('plan', 'copy-back')?.error).toBe('ProofInvalidError');
  });

  test('a different object that others wrote under the new name is a difference and is not overwritten', async () => {
    const world = await returning({ source: { a: 'ours' } });
    world.storage.put(SOURCE, 'a', 'theirs');

    expect(await world.transfer('copy-back')).toMatchObject({ verdict: 'cannot-go-on', differsCount: 1 });

    expect(world.storage.body(SOURCE, 'a')).toBe('theirs');
  });

  test('an object that others added under the new name is a difference', async () => {
    const world = await returning({ source: { a: 'ours' } });
    world.storage.put(SOURCE, 'b', 'theirs');

    expect(await world.transfer('copy-back')).toMatchObject({ verdict: 'cannot-go-on', extraCount: 1 });
  });
});

describe('undoing', () => {
  test('what was deleted comes back, and what others wrote meanwhile stays', async () => {
    const world = await sealed({ source: manyObjects(6), options: { shardObjectCountMax: 3 } });
    await world.empty('source', 1);
    world.storage.put(SOURCE, 'theirs', 'x');
    world.admitUndo();

    expect(await world.transfer('undo')).toMatchObject({ verdict: 'equal', sourceCount: 6 });

    expect(world.keys(SOURCE)).toEqual([...Object.keys(manyObjects(6)), 'theirs']);
  });

  test('an object written over a proven one meanwhile is not overwritten', async () => {
    const world = await sealed({ source: { a: '1' } });
    await world.emptyAll('source');
    world.storage.put(SOURCE, 'a', 'newer');
    world.admitUndo();

    expect(await world.transfer('undo')).toMatchObject({ verdict: 'cannot-go-on' });
    expect(world.storage.body(SOURCE, 'a')).toBe('newer');
  });
});
