import { describe, expect, test } from 'vitest';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { paths } from '../../domain/job-documents.ts';
import { manyObjects } from '../support/a-job.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY, type MigrationSetup } from './migration-world.ts';

async function copied(setup: MigrationSetup): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.transfer();
  return world;
}

describe('throwing the copies away', () => {
  test('goes for all that the source holds, and leaves the source as it is', async () => {
    const world = await copied({ source: manyObjects(1200) });

    expect(await world.run(['discard'])).toBe(EXIT.done);

    expect(world.keys(TEMPORARY)).toEqual([]);
    expect(world.keys(SOURCE)).toHaveLength(1200);
    expect(world.discarded()).toMatchObject({ removedCount: 1200, keptCount: 0 });
  });

  test('keeps what the source lacks and what it holds differently', async () => {
    const world = await copied({ source: { a: '1', b: '2', c: '3' } });
    world.storage.bucket(SOURCE).objects.delete('b');
    world.storage.put(SOURCE, 'c', 'X');

    await world.run(['discard']);

    expect(world.keys(TEMPORARY)).toEqual(['b', 'c']);
    expect(world.discarded()).toMatchObject({ removedCount: 1, keptCount: 2 });
  });

  test('goes version by version', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    for (const body of ['1', '2', '3']) world.storage.put(SOURCE, 'a', body);
    await world.transfer();
    const bucket = world.storage.bucket(SOURCE);
    bucket.older.set('a', world.storage.history(SOURCE, 'a').slice(0, 1));

    await world.run(['discard']);

    expect(world.history(TEMPORARY, 'a')).toEqual(['2']);
    expect(world.discarded()).toMatchObject({ removedCount: 2, keptCount: 1 });
  });

  test.each([
    ['nothing was brought back', () => undefined],
    ['not everything was brought back', (world: MigrationWorld) => world.plan('undo')],
  ])('is refused once deletions began and %s', async (_, bringBack) => {
    const world = new MigrationWorld({ source: { a: '1', b: '2' } });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.admitUndo();
    await bringBack(world);

    await world.run(['discard']);

    expect(world.halt('discard')?.error).toBe('GateClosedError');
    expect(world.keys(TEMPORARY)).toEqual(['a', 'b']);
  });

  test('is refused once the source is deleted, whatever was verified before', async () => {
    const world = await copied({ source: { a: '1' } });
    world.pass('source-deleted');

    await world.run(['discard']);

    expect(world.halt('discard')?.error).toBe('GateClosedError');
  });

  test('goes on after everything was brought back and verified', async () => {
    const world = new MigrationWorld({ source: { a: '1', b: '2' } });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.admitUndo();
    await world.transfer('undo');

    await world.run(['discard']);

    expect(world.keys(TEMPORARY)).toEqual([]);
    expect(world.keys(SOURCE)).toEqual(['a', 'b']);
    expect(world.documents.json(paths.discard(JOB_ID))).toMatchObject({ removedCount: 2, keptCount: 0 });
  });

  test('an object that its owner deleted after everything was brought back is kept here', async () => {
    const world = new MigrationWorld({ source: { a: '1', b: '2' } });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.admitUndo();
    await world.transfer('undo');
    world.storage.bucket(SOURCE).objects.delete('a');

    await world.run(['discard']);

    expect(world.keys(TEMPORARY)).toEqual(['a']);
  });

  test('an object that changed back and forth since is only deleted where its copy was seen', async () => {
    const world = await copied({ source: { a: '1' } });
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeObjects') world.storage.put(TEMPORARY, 'a', 'another');
      return undefined;
    };

    await world.run(['discard']);

    expect(world.keys(TEMPORARY)).toEqual(['a']);
    expect(world.discarded()).toMatchObject({ removedCount: 0, keptCount: 1 });
  });
});
