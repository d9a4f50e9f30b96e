import { describe, expect, test } from 'vitest';
import { paths, type Milestone } from '../../../domain/job-documents.ts';
import { DAY_MS } from '../../../domain/time.ts';
import { aMigration, MigrationWorld } from './migration-world.ts';

/** Stopped, and the undo came too late: the source was deleted before it looked. */
async function undoneTooLate(): Promise<MigrationWorld> {
  const world = await MigrationWorld.at('source-emptied');
  await world.post('stop');
  await world.pass('source-deleted');
  world.flows.end(world.id, 'failed');
  return world;
}

describe('going on after an undo that came too late', () => {
  test('takes the migration up also when the first try at that was cut short', async () => {
    const world = await undoneTooLate();
    const elsewhere = world.connections.get('elsewhere');
    world.connections.delete('elsewhere'); // so that its names cannot be held
    expect((await world.post('redrive')).status).toBeGreaterThanOrEqual(400);
    if (elsewhere) world.connections.set('elsewhere', elsewhere);

    expect((await world.post('redrive')).status).toBe(200);

    expect(world.flows.calls.at(-1)).toBe(`start again migrate ${world.id}`);
  });
});

describe('a migration that was brought back, and whose flow failed at its very end', () => {
  test('is redriven as what it was: brought back', async () => {
    const world = await MigrationWorld.at('emptying-began');
    await world.post('stop');
    await world.pass('undo-began');
    await world.pass('undone');
    world.flows.end(world.id, 'failed');

    await world.post('redrive');

    expect(world.flows.calls.at(-1)).toBe(`redrive ${world.id}`);
    expect(world.documents.json(paths.undo(world.id))).toBeDefined();
  });
});

describe('stopping a migration that has failed', () => {
  test('asks for nothing while another job has its names, and does it once they are free', async () => {
    const world = await MigrationWorld.at('copied');
    world.flows.end(world.id, 'failed');
    world.clock.advance(DAY_MS);
    const other = (await world.call('POST', '/api/jobs', aMigration())).body['id'] as string;

    expect((await world.post('stop')).body).toMatchObject({ status: 409, job: other });
    expect(world.documents.json(paths.undo(world.id))).toBeUndefined();
    expect(await world.job()).toMatchObject({ status: 'failed', migration: { stopEffect: 'leave-as-it-was' } });

    world.flows.end(other, 'failed');
    expect((await world.post('stop')).status).toBe(200);
    expect(world.flows.calls.at(-1)).toBe(`start again undo ${world.id}`);
  });
});

describe('a decision about the name of a migration that has failed', () => {
  test('is shown at once, though nothing else of the job changes any more', async () => {
    const world = await MigrationWorld.at('source-deleted');
    await world.waitForName();
    world.flows.end(world.id, 'failed');
    world.clock.advance(DAY_MS);
    expect((await world.migration()).nameWait?.decision).toBeUndefined();

    const { body } = await world.post('decision', { choice: 'keep-temporary' });

    expect(body).toMatchObject({ migration: { nameWait: { decision: { choice: 'keep-temporary' } } } });
    expect((await world.migration()).nameWait?.decision).toBeDefined();
  });
});

describe('between the stop of a flow and the start of its undo', () => {
  test.each<Milestone>(['copied', 'emptying-began'])(
    'after %s the job is not over for whoever follows it',
    async (point) => {
      const world = await MigrationWorld.at(point);
      const undo = { by: 'operator', askedAtMs: world.clock.nowMs(), stopsExecution: 1 };
      await world.write(paths.undo(world.id), undo);
      world.flows.end(world.id, 'stopped');

      expect(await world.job()).toMatchObject({ status: 'stopping', phase: 'undoing' });
    },
  );
});
