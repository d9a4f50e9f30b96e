import { describe, expect, test } from 'vitest';
import { paths, type LeaseDocument, type Milestone } from '../../../domain/job-documents.ts';
import type { NameDecision, StopEffect } from '../../../domain/migration.ts';
import type { ProofDocument } from '../../../domain/proof.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, type EpochMs } from '../../../domain/time.ts';
import { MigrationWorld, TEMPORARY, aMigration } from './migration-world.ts';

const decision = (world: MigrationWorld) => world.documents.json<NameDecision>(paths.answer(world.id, 'name'));
const leases = (world: MigrationWorld): string[] =>
  [...world.documents.documents.keys()]
    .filter((path) => path.startsWith('leases/'))
    .map((path) => world.documents.json<LeaseDocument>(path)?.bucket ?? '')
    .sort();

describe('stopping a migration', () => {
  test.each<[Milestone, StopEffect]>([
    ['started', 'leave-as-it-was'],
    ['copied', 'leave-as-it-was'],
    ['proof-sealed', 'leave-as-it-was'],
    ['consented', 'leave-as-it-was'],
    ['emptying-began', 'bring-back-in'],
    ['source-emptied', 'bring-back-in'],
    ['source-deleted', 'bring-back-anew'],
    ['destination-bucket-created', 'nothing'],
    ['configured', 'nothing'],
    ['quarantine-over', 'nothing'],
  ])('after %s is said to do this: %s', async (point, stopEffect) => {
    expect(await (await MigrationWorld.at(point)).migration()).toMatchObject({ stopEffect });
  });

  test.each<Milestone>(['started', 'proof-sealed', 'emptying-began', 'source-emptied'])(
    'while the source stands, after %s, ends the flow and brings the job back',
    async (point) => {
      const world = await MigrationWorld.at(point);

      const answer = await world.post('stop');

      expect(answer.body).toMatchObject({ status: 'running', phase: 'undoing' });
      expect(answer.body['migration']).toMatchObject({ stopEffect: 'nothing', undo: {} });
      expect(world.flows.calls).toEqual([`stop ${world.id}`, `start again undo ${world.id}`]);
    },
  );

  test('a second time, or a lost answer, changes nothing', async () => {
    const world = await MigrationWorld.at('copied');
    await world.post('stop');

    const second = await world.post('stop');

    expect(second.status).toBe(200);
    expect(world.flows.calls).toEqual([`stop ${world.id}`, `start again undo ${world.id}`]);
  });

  test('that has failed brings it back too', async () => {
    const world = await MigrationWorld.at('emptying-began');
    world.flows.end(world.id, 'failed');

    await world.post('stop');

    expect(world.flows.calls).toEqual([`start again undo ${world.id}`]);
  });

  test('keeps the names of its buckets until everything is as it was', async () => {
    const world = await MigrationWorld.at('copied');
    await world.post('stop');

    const other = await world.call('POST', '/api/jobs', aMigration());

    expect(other.body).toMatchObject({ status: 409, job: world.id });
    expect(leases(world)).toEqual([TEMPORARY, 'photos', 'photos']);
  });

  test('after the source is deleted makes the bucket again in the source account, and the flow goes on', async () => {
    const world = await MigrationWorld.at('source-deleted');
    await world.ask('name', 'name-token');

    const answer = await world.post('stop', { stage: 'deleted' });

    expect(answer.status).toBe(200);
    expect(decision(world)).toMatchObject({ choice: 'rebuild-source', bucket: 'photos', by: 'operator' });
    expect(world.flows.calls).toEqual(['answer name-token']);
  });

  test('of a failed one after the source is deleted goes on with that decision', async () => {
    const world = await MigrationWorld.at('source-deleted');
    world.flows.end(world.id, 'failed');

    await world.post('stop');

    expect(decision(world)).toMatchObject({ choice: 'rebuild-source' });
    expect(world.flows.calls).toEqual([`start again migrate ${world.id}`]);
  });

  test.each<[string, Milestone, string]>([
    ['the name is got', 'destination-bucket-created', 'objects are copied back'],
    ['everything is verified', 'configured', 'only the temporary bucket is left'],
    ['it has finished', 'finished', 'has finished'],
  ])('once %s is refused and says why', async (_, point, told) => {
    const world = await MigrationWorld.at(point);

    const answer = await world.post('stop');

    expect(answer.body).toMatchObject({ status: 409, stopEffect: 'nothing' });
    expect(answer.body['detail']).toContain(told);
    expect(world.flows.calls).toEqual([]);
  });

  test('in the moment when the name was got is refused', async () => {
    const world = await MigrationWorld.at('source-deleted');
    await world.claim();

    expect((await world.post('stop')).status).toBe(409);
    expect(decision(world)).toBeUndefined();
  });

  test('by somebody who saw it at another stage is refused with the stage of now', async () => {
    const world = await MigrationWorld.at('emptying-began');

    const answer = await world.post('stop', { stage: 'beginning' });

    expect(answer.body).toMatchObject({ status: 409, stage: 'emptying', stopEffect: 'bring-back-in' });
    expect(world.flows.calls).toEqual([]);
  });

  test('while the source was being deleted goes on instead, and says so', async () => {
    const world = await MigrationWorld.at('source-emptied');
    world.flows.whileStopping = () => world.pass('source-deleted');

    const answer = await world.post('stop', { stage: 'emptying' });

    expect(answer.body).toMatchObject({ status: 409, stage: 'deleted', stopEffect: 'bring-back-anew' });
    expect(world.flows.calls.at(-1)).toBe(`start again migrate ${world.id}`);
    expect(await world.job()).toMatchObject({ status: 'running', phase: 'waiting-for-name' });
  });

  test('is carried out by the janitor when whoever asked was cut short', async () => {
    for (const hasStopped of [false, true]) {
      const world = await MigrationWorld.at('emptying-began');
      await world.write(paths.undo(world.id), { by: 'operator', askedAtMs: world.clock.nowMs(), stopsExecution: 1 });
      if (hasStopped) world.flows.end(world.id, 'stopped');

      const { undoneJobs } = await world.janitor.lookAround();
      await world.janitor.lookAround();

      expect(undoneJobs).toEqual([world.id]);
      expect(world.flows.calls.filter((call) => call.includes('undo'))).toEqual([`start again undo ${world.id}`]);
    }
  });

  test('of the flow itself before any deletion is cleaned up by the janitor; later nothing but access is taken back', async () => {
    const early = await MigrationWorld.at('copied');
    const late = await MigrationWorld.at('source-emptied');
    for (const world of [early, late]) {
      await world.grant(world.id);
      world.flows.end(world.id, 'stopped');
      await world.janitor.lookAround();
    }

    expect(early.flows.calls).toEqual([`start again undo ${early.id}`]);
    expect(late.flows.calls).toEqual([]);
    expect(late.revoked).toEqual([late.id]);
  });

  test('leaves no source frozen of which nothing was deleted, though a step froze it after the end', async () => {
    const early = await MigrationWorld.at('copied');
    const late = await MigrationWorld.at('source-emptied');
    for (const world of [early, late]) {
      await world.write(paths.freeze(world.id), { sid: 'ours', putAtMs: world.clock.nowMs() });
      world.flows.end(world.id, 'failed');
      await world.janitor.lookAround();
    }

    expect(early.thawed).toEqual([early.id]);
    expect(late.thawed).toEqual([]);
  });

  test('leaves a job that says it was brought back, and can be neither stopped again nor redriven', async () => {
    const world = await MigrationWorld.at('emptying-began');
    await world.post('stop');
    await world.pass('undone');
    world.flows.end(world.id, 'succeeded');

    expect(await world.job()).toMatchObject({ status: 'stopped', phase: 'undone' });
    expect((await world.post('stop')).status).toBe(200);
    expect((await world.post('redrive')).status).toBe(409);
    expect(world.flows.calls).toHaveLength(2);
  });
});

describe('redriving a migration', () => {
  const failed = async (point: Milestone, isRedrivable = true): Promise<MigrationWorld> => {
    const world = await MigrationWorld.at(point);
    world.flows.end(world.id, 'failed');
    const flow = world.flows.flows.get(world.id);
    if (flow) world.flows.flows.set(world.id, { ...flow, isRedrivable });
    return world;
  };

  test('goes on in the same execution, and in a new one where that is too old', async () => {
    const recent = await failed('source-emptied');
    const old = await failed('source-emptied', false);

    await recent.post('redrive');
    await old.post('redrive');

    expect(recent.flows.calls).toEqual([`redrive ${recent.id}`]);
    expect(old.flows.calls).toEqual([`start again migrate ${old.id}`]);
  });

  test('holds every name: both sides, the temporary bucket, and one that was decided on', async () => {
    const world = await failed('source-deleted');
    await world.post('decision', { choice: 'other-name', bucket: 'photos-2' });

    await world.post('redrive');

    expect(leases(world)).toEqual([TEMPORARY, 'photos', 'photos', 'photos-2']);
  });

  test.each([true, false])('after an undo that failed goes on with the undo (redrivable: %s)', async (isRedrivable) => {
    const world = await MigrationWorld.at('emptying-began');
    await world.post('stop');
    world.flows.end(world.id, 'failed');
    const flow = world.flows.flows.get(world.id);
    if (flow) world.flows.flows.set(world.id, { ...flow, isRedrivable });

    await world.post('redrive');

    expect(world.flows.calls.at(-1)).toBe(isRedrivable ? `redrive ${world.id}` : `start again undo ${world.id}`);
  });

  test('after an undo that came too late goes on with the migration', async () => {
    const deleted = await MigrationWorld.at('source-emptied');
    await deleted.post('stop');
    await deleted.pass('undo-began');
    await deleted.pass('source-deleted');
    deleted.flows.end(deleted.id, 'failed');
    const gone = await MigrationWorld.at('source-emptied');
    await gone.post('stop');
    gone.flows.end(gone.id, 'failed');
    const flow = gone.flows.flows.get(gone.id);
    if (flow) gone.flows.flows.set(gone.id, { ...flow, error: 'JobStateError' });

    for (const world of [deleted, gone]) {
      await world.post('redrive');

      expect(world.flows.calls.at(-1)).toBe(`start again migrate ${world.id}`);
    }
    expect(await deleted.job()).toMatchObject({ phase: 'waiting-for-name' });
  });

  test('after a failed undo is what its stop says too', async () => {
    const world = await MigrationWorld.at('emptying-began');
    await world.post('stop');
    world.flows.end(world.id, 'failed');

    const answer = await world.post('stop');

    expect(answer.body).toMatchObject({ status: 409, remedy: 'Redrive it: that goes on.' });
  });
});

describe('a migration that has failed half-way', () => {
  test('keeps its names from other jobs', async () => {
    const world = await MigrationWorld.at('emptying-began');
    world.flows.end(world.id, 'failed');
    world.clock.advance(DAY_MS);

    expect((await world.call('POST', '/api/jobs', aMigration())).body).toMatchObject({ status: 409, job: world.id });
  });

  test('before any deletion holds nobody up', async () => {
    const world = await MigrationWorld.at('copied');
    world.flows.end(world.id, 'failed');

    expect((await world.call('POST', '/api/jobs', aMigration())).status).toBe(201);
  });
});

describe('a decision about the name', () => {
  const waiting = () => MigrationWorld.at('source-deleted');

  test.each([
    [{ choice: 'keep-waiting' }, { choice: 'keep-waiting' }],
    [
      { choice: 'other-name', bucket: 'photos-2' },
      { choice: 'other-name', bucket: 'photos-2' },
    ],
    [{ choice: 'rebuild-source' }, { choice: 'rebuild-source', bucket: 'photos' }],
    [
      { choice: 'rebuild-source', bucket: 'old-photos' },
      { choice: 'rebuild-source', bucket: 'old-photos' },
    ],
    [{ choice: 'keep-temporary' }, { choice: 'keep-temporary' }],
  ])('%j is kept, and a flow that waits is told', async (typed, keptChoice) => {
    const world = await waiting();
    await world.ask('name', 'name-token');

    const answer = await world.post('decision', typed);

    expect(answer.status).toBe(200);
    expect(decision(world)).toEqual({ ...keptChoice, by: 'operator', atMs: world.clock.nowMs() });
    expect(world.flows.calls).toEqual(['answer name-token']);
  });

  test.each([
    [{ choice: 'give-up' }, 'choice'],
    [{ choice: 'other-name' }, 'bucket'],
    [{ choice: 'other-name', bucket: 'photos' }, 'bucket'],
    [{ choice: 'other-name', bucket: 'Photos_2' }, 'bucket'],
    [{ choice: 'other-name', bucket: TEMPORARY }, 'bucket'],
    [{ choice: 'rebuild-source', bucket: 'ab' }, 'bucket'],
    [{ choice: 'keep-waiting', bucket: 'photos-2' }, 'bucket'],
    [{ choice: 'keep-temporary', force: true }, 'force'],
  ])('%j is refused by field', async (typed, field) => {
    const world = await waiting();

    const answer = await world.post('decision', typed);

    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
    expect(decision(world)).toBeUndefined();
  });

  test.each<[string, Partial<ProofDocument>]>([
    ['older versions and deleted objects would come to light', { carriesVersions: true }],
    ['what was deleted at the source would be there again', { extraCount: 1 }],
  ])('never keeps the temporary bucket where %s', async (_, more) => {
    const world = await waiting();
    await world.seal(more);

    const answer = await world.post('decision', { choice: 'keep-temporary' });

    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([
      { field: 'choice', message: expect.stringContaining('other-name') as string },
    ]);
    expect(decision(world)).toBeUndefined();
  });

  test('for a name that another job holds is refused and names that job', async () => {
    const world = await waiting();
    const other = await world.start(aMigration({ source: { connection: 'elsewhere', bucket: 'photos-2' }, destination: { connection: 'here' } })); // prettier-ignore

    const answer = await world.post('decision', { choice: 'other-name', bucket: 'photos-2' });

    expect(answer.body).toMatchObject({ status: 409, job: other });
    expect(decision(world)).toBeUndefined();
  });

  test.each<Milestone>(['proof-sealed', 'source-emptied', 'destination-bucket-created', 'configured'])(
    'after %s has nothing to decide about',
    async (point) => {
      const world = await MigrationWorld.at(point);

      expect((await world.post('decision', { choice: 'keep-waiting' })).status).toBe(409);
      expect(decision(world)).toBeUndefined();
    },
  );

  test('once the name is got is refused and says where the objects go', async () => {
    const world = await waiting();
    await world.claim();

    const answer = await world.post('decision', { choice: 'keep-temporary' });

    expect(answer.body).toMatchObject({ status: 409, stage: 'deleted', stopEffect: 'nothing' });
    expect(answer.body['detail']).toContain('go to "photos"');
  });

  test('may be changed until then', async () => {
    const world = await waiting();
    await world.post('decision', { choice: 'other-name', bucket: 'photos-2' });

    await world.post('decision', { choice: 'keep-waiting' });

    expect(decision(world)).toMatchObject({ choice: 'keep-waiting' });
  });

  const question = async (world: MigrationWorld) => (await world.migration()).question?.question;

  test('is asked for when every answer for an hour was that the name is taken, and not while AWS releases it', async () => {
    const world = await waiting();
    const sinceMs = world.clock.nowMs();

    await world.waitForName({ lastOutcome: 'busy', sinceMs });
    world.clock.advance(2 * HOUR_MS);
    expect(await question(world)).toBeUndefined();

    await world.waitForName({ lastOutcome: 'taken', takenSinceMs: (world.clock.nowMs() - HOUR_MS + 1) as EpochMs });
    expect(await question(world)).toBeUndefined();
    world.clock.advance(1);
    expect(await question(world)).toBe('name');
  });

  test('is asked for at once when our own account holds the name', async () => {
    const world = await waiting();
    await world.waitForName({ lastOutcome: 'occupied' });

    expect(await question(world)).toBe('name');
  });

  test('to keep waiting is not asked for again before three days', async () => {
    const world = await waiting();
    const taken = { lastOutcome: 'taken', takenSinceMs: world.clock.nowMs() } as const;
    await world.waitForName(taken);
    world.clock.advance(2 * HOUR_MS);
    expect(await question(world)).toBe('name');

    await world.post('decision', { choice: 'keep-waiting' });
    world.clock.advance(MINUTE_MS);
    await world.waitForName(taken);
    expect(await question(world)).toBeUndefined();

    world.clock.advance(3 * DAY_MS);
    expect(await question(world)).toBe('name');
  });

  test('for another name is not asked for again before that one was tried', async () => {
    const world = await waiting();
    await world.waitForName({ lastOutcome: 'occupied' });
    world.clock.advance(1);

    await world.post('decision', { choice: 'other-name', bucket: 'photos-2' });
    expect(await question(world)).toBeUndefined();

    world.clock.advance(1);
    await world.waitForName({ lastOutcome: 'occupied' });
    expect(await question(world)).toBe('name');
  });

  test('made before the flow asked reaches it', async () => {
    const world = await waiting();
    await world.waitForName();
    world.clock.advance(1);
    await world.post('decision', { choice: 'keep-temporary' });
    world.clock.advance(1);
    await world.ask('name', 'name-token');

    await world.janitor.lookAround();

    expect(world.flows.calls).toEqual(['answer name-token']);
  });

  test('that the flow has acted on is no answer to its next question', async () => {
    const world = await waiting();
    await world.post('decision', { choice: 'keep-waiting' });
    world.clock.advance(30 * DAY_MS);
    await world.waitForName();
    await world.ask('name', 'name-token');

    await world.janitor.lookAround();

    expect(world.flows.calls).toEqual([]);
    expect(await question(world)).toBe('name');
  });
});

describe('the quarantine', () => {
  const inQuarantine = () => MigrationWorld.at('configured');

  test('is shown with its end, and shortened by typing the temporary bucket’s name', async () => {
    const world = await inQuarantine();
    expect(await world.job()).toMatchObject({
      phase: 'quarantine',
      percent: 99,
      migration: { question: { question: 'quarantine' }, quarantine: { endsAtMs: world.clock.nowMs() + 7 * DAY_MS } },
    });

    const answer = await world.post('quarantine', { bucket: TEMPORARY });

    expect(answer.status).toBe(200);
    expect(world.flows.calls).toEqual(['answer quarantine-token']);
    expect((await world.migration()).quarantine).toMatchObject({ shortenedAtMs: world.clock.nowMs() });
  });

  test.each(['photos', `${TEMPORARY} `, TEMPORARY.toUpperCase()])('stays when "%s" is typed', async (bucket) => {
    const world = await inQuarantine();

    expect((await world.post('quarantine', { bucket })).status).toBe(422);
    expect(world.flows.calls).toEqual([]);
  });

  test('is shortened once', async () => {
    const world = await inQuarantine();

    const answers = await Promise.all([1, 2].map(() => world.post('quarantine', { bucket: TEMPORARY })));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test.each<Milestone>(['copied', 'source-deleted', 'copied-back', 'quarantine-over', 'finished'])(
    'cannot be shortened after %s',
    async (point) => {
      const world = await MigrationWorld.at(point);

      expect((await world.post('quarantine', { bucket: TEMPORARY })).status).toBe(409);
    },
  );

  test('of a temporary bucket that is kept for good does not exist', async () => {
    const world = await inQuarantine();
    await world.claim({ bucket: TEMPORARY, isTemporary: true });

    expect((await world.post('quarantine', { bucket: TEMPORARY })).status).toBe(409);
  });
});

describe('what stands of ours', () => {
  test('is told by bucket and with the reason, and nothing is left at the end', async () => {
    const world = await MigrationWorld.at('source-emptied');
    const frozen = { connection: 'here', bucket: 'photos', sid: 'MigratorFreeze', putAtMs: world.clock.nowMs() };
    await world.write(paths.freeze(world.id), { ...frozen, lifecycleBefore: { Rules: [] } });
    await world.grant(world.id);

    const { outstanding } = await world.migration();
    expect(outstanding.map(({ what, where }) => [what, where.bucket])).toEqual([
      ['access', 'photos-copy'],
      ['freeze', 'photos'],
      ['paused-lifecycle', 'photos'],
      ['temporary-bucket', TEMPORARY],
    ]);
    expect(outstanding.at(-1)?.why).toContain('the only whole copy');

    await world.passUntil('finished');
    await world.makeTemporary({ removedAtMs: world.clock.nowMs() });
    world.documents.documents.delete(paths.grant(world.id, 'copy'));
    expect((await world.migration()).outstanding).toEqual([]);
  });
});
