import { describe, expect, test } from 'vitest';
import { AccessDeniedError } from '../../../domain/errors.ts';
import { BUCKET, WholeMigration } from './whole-migration.ts';

const temporaryOf = (world: WholeMigration): string => world.temporary?.bucket ?? '';

describe('bringing a migration back', () => {
  test('that could not even make its temporary bucket ends', async () => {
    const world = await WholeMigration.begin();
    world.storage.fault = ({ operation }) =>
      operation === 'claimBucket' ? new AccessDeniedError('no bucket for you') : undefined;
    expect(await world.untilEnded()).toMatchObject({ status: 'failed' });

    expect(await world.post('stop')).toMatchObject({ status: 200 });

    expect(await world.untilEnded()).toMatchObject({ status: 'stopped', phase: 'undone' });
    expect(world.leases()).toEqual([]);
  });

  test('ends though its source was deleted meanwhile, and keeps the copies', async () => {
    const world = await WholeMigration.begin();
    await world.untilAsked('consent');
    world.storage.buckets.delete(BUCKET);

    expect(await world.post('stop')).toMatchObject({ status: 200 });

    expect(await world.untilEnded()).toMatchObject({ status: 'stopped', phase: 'undone' });
    expect(world.keys(temporaryOf(world))).toEqual(['a', 'b', 'c']);
    expect(world.leases()).toEqual([]);
  });

  test('of a job whose bucket another job has moved meanwhile ends, and touches nothing of that one', async () => {
    const world = await WholeMigration.begin();
    let isFailing = true;
    world.stepFault = (step) => (isFailing && step === 'sealProof' ? new AccessDeniedError('no') : undefined);
    expect(await world.untilEnded()).toMatchObject({ status: 'failed' });
    const [first, temporary] = [world.id, temporaryOf(world)];
    isFailing = false;
    world.id = await world.start();
    expect(await world.toTheEnd()).toMatchObject({ status: 'succeeded' });
    world.id = first;

    expect(await world.post('stop')).toMatchObject({ status: 200 });

    expect(await world.untilEnded()).toMatchObject({ status: 'stopped', phase: 'undone' });
    expect(world.keys(BUCKET)).toEqual(['a', 'b', 'c']);
    expect(world.storage.bucket(BUCKET).facts.tags).toBeDefined();
    expect(world.storage.buckets.has(temporary)).toBe(true);
    expect(world.leases()).toEqual([]);
  });

  test('that failed when everything was back already lets people use the source from then on', async () => {
    const world = await WholeMigration.begin({ shardObjectCountMax: 1 });
    world.stepFault = (step, when) =>
      step === 'lookAtEmptiedSource' && when === 'before' ? new AccessDeniedError('no look') : undefined;
    await world.consent();
    expect(await world.untilEnded()).toMatchObject({ status: 'failed', migration: { stage: 'emptying' } });
    world.stepFault = (step) => (step === 'openTemporaryBucket' ? new AccessDeniedError('not open') : undefined);
    await world.post('stop');
    expect(await world.untilEnded()).toMatchObject({ status: 'failed' });
    expect(world.keys(BUCKET)).toEqual(['a', 'b', 'c']);
    expect(world.sids(BUCKET)).toEqual([]);

    world.storage.put(BUCKET, 'a', 'something new');
    world.storage.bucket(BUCKET).objects.delete('b');
    world.stepFault = () => undefined;
    expect(await world.post('redrive')).toMatchObject({ status: 200 });

    expect(await world.untilEnded()).toMatchObject({ status: 'stopped', phase: 'undone' });
    expect(world.keys(BUCKET)).toEqual(['a', 'c']);
    expect(world.keys(temporaryOf(world))).toEqual(['a', 'b']);
  });
});
