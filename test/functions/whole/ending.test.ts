import { describe, expect, test } from 'vitest';
import { AccessDeniedError } from '../../../domain/errors.ts';
import { DAY_MS, MINUTE_MS } from '../../../domain/time.ts';
import { BUCKET, hasEnded, WholeMigration } from './whole-migration.ts';

const temporaryOf = (world: WholeMigration): string => world.temporary?.bucket ?? '';

describe('a whole migration in memory', () => {
  test('ends with the bucket under its name, and nothing of ours', async () => {
    const world = await WholeMigration.begin();

    const job = await world.toTheEnd();

    expect(job).toMatchObject({ status: 'succeeded', percent: 100 });
    expect(world.keys(BUCKET)).toEqual(['a', 'b', 'c']);
    expect([...world.storage.buckets.keys()]).toEqual([BUCKET]);
    expect(world.sids(BUCKET)).toEqual([]);
    expect(world.leases()).toEqual([]);
  });
});

describe('the way on', () => {
  test('a temporary bucket that lost its protection while the source is emptied is protected and proven again', async () => {
    const world = await WholeMigration.begin();
    let looks = 0;
    world.stepFault = (step, when) => {
      if (step !== 'lookAtEmptiedSource' || when !== 'before') return undefined;
      looks += 1;
      return looks === 1 ? new AccessDeniedError('no look') : undefined;
    };
    let deletes = 0;
    world.storage.fault = ({ operation, bucket }) => {
      if (operation !== 'removeObjects' || bucket !== BUCKET) return undefined;
      deletes += 1;
      return deletes === 1 ? new AccessDeniedError('no') : undefined;
    };
    await world.consent();
    expect(await world.untilEnded()).toMatchObject({ status: 'failed', migration: { stage: 'emptying' } });
    const bucket = world.storage.bucket(temporaryOf(world));
    delete bucket.policy;

    await world.post('redrive');
    const asked = await world.untilAsked('consent');

    expect(asked).toMatchObject({ status: 'running', migration: { question: { question: 'consent' } } });
    expect(await world.toTheEnd()).toMatchObject({ status: 'succeeded' });
  });

  test.each(['keep-temporary', 'other-name', 'rebuild-source'] as const)('%s runs to the end', async (choice) => {
    const world = await WholeMigration.begin();
    world.storage.claims.set(
      BUCKET,
      Array.from({ length: 300 }, () => 'taken' as const),
    );
    await world.consent();
    await world.untilAsked('name');
    const temporary = temporaryOf(world);
    const decision = { choice, ...(choice === 'other-name' ? { bucket: 'photos-2' } : {}) };

    expect(await world.post('decision', decision)).toMatchObject({ status: 200 });

    expect(await world.until(hasEnded, 10 * MINUTE_MS)).toMatchObject({ status: 'succeeded', percent: 100 });
    const final = { 'keep-temporary': temporary, 'other-name': 'photos-2', 'rebuild-source': BUCKET }[choice];
    expect([...world.storage.buckets.keys()]).toEqual([final]);
    expect(world.keys(final)).toEqual(['a', 'b', 'c']);
    expect(world.sids(final)).toEqual([]);
    expect(world.leases()).toEqual([]);
    const { body } = await world.call('GET', `/api/jobs/${world.id}/report`);
    expect(body).toMatchObject({ outcome: 'verified', migration: { outstanding: [] } });
  });

  test('of a job that failed after its last milestone changes nothing more', async () => {
    const world = await WholeMigration.begin();
    let isFailing = true;
    world.stepFault = (step, when) =>
      isFailing && step === 'finishMigration' && when === 'after' ? new AccessDeniedError('no') : undefined;
    expect(await world.toTheEnd()).toMatchObject({ status: 'failed' });
    isFailing = false;

    expect(await world.post('redrive')).toMatchObject({ status: 200 });

    expect(await world.untilEnded()).toMatchObject({ status: 'succeeded', percent: 100 });
    expect(world.leases()).toEqual([]);
    const { body } = await world.call('GET', `/api/jobs/${world.id}/report`);
    expect(body).toMatchObject({ outcome: 'verified', migration: { outstanding: [] } });
  });

  test('a question that nobody answers for 300 days ends with the source open, and is asked again', async () => {
    const world = await WholeMigration.begin();
    await world.untilAsked('consent');
    await world.clock.advance(301 * DAY_MS);

    const job = await world.job();

    expect(job.status).toBe('failed');
    expect(job.problem?.message).toMatch(/^Nobody has consented for 300 days/);
    expect(job.problem?.remedy).toMatch(/^Redrive/);
    expect(world.sids(BUCKET)).toEqual([]);
    expect(world.leases()).toEqual([]);
    await world.post('redrive');
    expect(await world.toTheEnd()).toMatchObject({ status: 'succeeded' });
  });

  test('a source that somebody deleted while it was proven once more is told of once, and then is no dead end', async () => {
    const world = await WholeMigration.begin();
    let failing = 'lookAtEmptiedSource';
    world.stepFault = (step, when) => (step === failing && when === 'before' ? new AccessDeniedError('no') : undefined);
    await world.consent();
    await world.untilEnded();
    failing = 'sealProof';
    delete world.storage.bucket(BUCKET).policy; // so that the proof is void
    await world.post('redrive');
    await world.untilEnded();
    failing = '';
    world.storage.buckets.delete(BUCKET);

    await world.post('redrive');
    expect(await world.untilEnded()).toMatchObject({ status: 'failed', problem: { error: 'BucketReplacedError' } });
    await world.post('redrive');

    expect(await world.until(hasEnded, 10 * MINUTE_MS)).toMatchObject({ status: 'succeeded' });
    expect(world.keys(BUCKET)).toEqual(['a', 'b', 'c']);
    expect(world.leases()).toEqual([]);
  });

  test.each(['claimName', 'checkReturn'])(
    'the only copy is protected again when somebody took its protection away before %s',
    async (at) => {
      const world = await WholeMigration.begin();
      let failing = at;
      world.stepFault = (step, when) =>
        step === failing && when === 'before' ? new AccessDeniedError('no') : undefined;
      await world.consent();
      await world.untilEnded();
      delete world.storage.bucket(temporaryOf(world)).policy;
      failing = at === 'claimName' ? 'prepareDestinationBucket' : 'checkReturn';

      await world.post('redrive');

      expect(await world.untilEnded()).toMatchObject({ status: 'failed' });
      expect(world.sids(temporaryOf(world))).toHaveLength(2);
    },
  );
});
