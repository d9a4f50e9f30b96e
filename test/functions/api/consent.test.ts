import { describe, expect, test } from 'vitest';
import { paths } from '../../../domain/job-documents.ts';
import type { ConsentDocument } from '../../../domain/proof.ts';
import { CONSENT, DIGEST, MigrationWorld, aMigration } from './migration-world.ts';

const kept = (world: MigrationWorld, proof = 1) =>
  world.documents.json<ConsentDocument>(paths.consent(world.id, proof));
const asked = () => MigrationWorld.at('proof-sealed');

describe('consent to what is proven', () => {
  test('is kept with who and when before the waiting flow is told', async () => {
    const world = await asked();

    const answer = await world.post('consent', CONSENT);

    expect(answer.status).toBe(200);
    expect(kept(world)).toEqual({ ...CONSENT, proof: 1, by: 'operator', atMs: world.clock.nowMs() });
    expect(world.flows.calls).toEqual(['answer consent-token']);
    expect(answer.body['migration']).toMatchObject({ consent: { by: 'operator' } });
    expect(answer.body['migration']).not.toHaveProperty('question');
  });

  test.each([
    ['another name', { ...CONSENT, bucket: 'photo' }, 422, 'wrong-name'],
    ['a name with a space', { ...CONSENT, bucket: 'photos ' }, 422, 'wrong-name'],
    ['a name in capitals', { ...CONSENT, bucket: 'Photos' }, 422, 'wrong-name'],
    ['an old digest', { ...CONSENT, digest: 'e'.repeat(64) }, 409, 'old-digest'],
  ])('with %s is refused, changes nothing and shows what is proven now', async (_, typed, status, consent) => {
    const world = await asked();

    const answer = await world.post('consent', typed);

    expect(answer.body).toMatchObject({ status, consent, job: world.id, proof: { digest: DIGEST, lineCount: 10 } });
    expect(answer.body['type']).toBe(`urn:bucket-migrator:problem:consent-${consent}`);
    expect(kept(world)).toBeUndefined();
    expect(world.flows.calls).toEqual([]);
  });

  test.each([
    ['no name', { digest: DIGEST }, 'bucket'],
    ['an empty name', { ...CONSENT, bucket: '' }, 'bucket'],
    ['what is no digest', { ...CONSENT, digest: 'yes' }, 'digest'],
    ['a field nobody knows', { ...CONSENT, force: true }, 'force'],
  ])('with %s is refused by field', async (_, typed, field) => {
    const answer = await (await asked()).post('consent', typed);

    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  test('given twice is taken once, and the second one is told by whom and when', async () => {
    const world = await asked();
    await world.post('consent', CONSENT);

    const second = await world.post('consent', CONSENT);

    expect(second.body).toMatchObject({ status: 409, consent: 'given-already' });
    expect(second.body['detail']).toContain('operator consented to this proof at 2026-11-20T12:00:00.000Z');
    expect(world.flows.calls).toEqual(['answer consent-token']);
  });

  test('given by two people at once is one consent', async () => {
    const world = await asked();

    const answers = await Promise.all([world.post('consent', CONSENT), world.post('consent', CONSENT)]);

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(world.flows.calls).toEqual(['answer consent-token']);
  });

  test('before anything is proven is refused', async () => {
    const world = await MigrationWorld.at('copied');

    expect((await world.post('consent', CONSENT)).body).toMatchObject({ status: 404, consent: 'no-proof' });
  });

  test('to a proof that was voided is refused, also when its digest is right', async () => {
    const world = await asked();
    await world.seal({ voidedAtMs: world.clock.nowMs() });

    expect((await world.post('consent', CONSENT)).body).toMatchObject({ status: 409, consent: 'proof-void' });
    expect(await world.job()).toMatchObject({ phase: 'proving' });
  });

  test('to a copy job is refused, because nobody is asked', async () => {
    const world = new MigrationWorld();
    world.id = await world.start();

    expect((await world.post('consent', CONSENT)).status).toBe(404);
  });

  test('to a job that does not run is refused: it asks again when it is redriven', async () => {
    const world = await asked();
    world.flows.end(world.id, 'failed');

    const answer = await world.post('consent', CONSENT);

    expect(answer.body).toMatchObject({ status: 409, stage: 'beginning', stopEffect: 'leave-as-it-was' });
    expect(kept(world)).toBeUndefined();
  });

  test('to a job that is being brought back is refused', async () => {
    const world = await asked();
    await world.post('stop');

    expect((await world.post('consent', CONSENT)).body).toMatchObject({ status: 409, stopEffect: 'nothing' });
    expect(kept(world)).toBeUndefined();
  });

  test('where versions are lost has to name how many', async () => {
    const world = await asked();
    await world.seal({ lostVersionCount: 42 });

    const without = await world.post('consent', CONSENT);
    const another = await world.post('consent', { ...CONSENT, lostVersionCount: 41 });
    const right = await world.post('consent', { ...CONSENT, lostVersionCount: 42 });

    for (const { body } of [without, another])
      expect(body).toMatchObject({ status: 422, consent: 'losses-not-accepted' });
    expect(without.body['detail']).toContain('42 older versions');
    expect(right.status).toBe(200);
    expect(kept(world)).toMatchObject({ lostVersionCount: 42 });
  });

  test('to a later proof is another consent, of its own', async () => {
    const world = await MigrationWorld.at('emptying-began');
    world.clock.advance(1000);
    await world.seal({ proof: 2, digest: 'f'.repeat(64) });
    await world.ask('consent', 'second-token');

    expect(await world.migration()).toMatchObject({ question: { question: 'consent' } });
    expect((await world.post('consent', CONSENT)).body).toMatchObject({ consent: 'old-digest' });
    expect((await world.post('consent', { ...CONSENT, digest: 'f'.repeat(64) })).status).toBe(200);
    expect([kept(world, 1)?.digest, kept(world, 2)?.digest]).toEqual([DIGEST, 'f'.repeat(64)]);
  });
});

describe('the answer reaches the flow', () => {
  test('also when whoever took it was cut short before telling', async () => {
    const world = await asked();
    await world.write(paths.consent(world.id, 1), { ...CONSENT, proof: 1, by: 'operator', atMs: world.clock.nowMs() });

    const first = await world.janitor.lookAround();
    const second = await world.janitor.lookAround();

    expect([first.answeredJobs, second.answeredJobs]).toEqual([[world.id], []]);
    expect(world.flows.calls).toEqual(['answer consent-token']);
  });

  test('also when the flow asks again with a new token', async () => {
    const world = await asked();
    await world.post('consent', CONSENT);
    await world.ask('consent', 'new-token');

    await world.janitor.lookAround();

    expect(world.flows.calls).toEqual(['answer consent-token', 'answer new-token']);
  });

  test('where nobody waits any more nothing is said twice', async () => {
    const world = await asked();
    world.flows.waiting.clear();

    expect((await world.post('consent', CONSENT)).status).toBe(200);
    const { problems } = await world.janitor.lookAround();

    expect(problems).toEqual([]);
  });

  test('a question that nobody has answered stays open', async () => {
    const world = await asked();

    await world.janitor.lookAround();

    expect(world.flows.calls).toEqual([]);
    expect(await world.migration()).toMatchObject({ question: { question: 'consent' } });
  });
});

test('the proof can be read by itself, and not before there is one', async () => {
  const world = await MigrationWorld.at('verified');
  const path = `/api/jobs/${world.id}/proof`;

  expect((await world.call('GET', path)).status).toBe(404);
  await world.passUntil('proof-sealed');
  expect((await world.call('GET', path)).body).toMatchObject({ digest: DIGEST, grades: { C: 7 }, partCount: 0 });
});

test('a migration has an id that says so, and holds its name on both sides', async () => {
  const world = new MigrationWorld();

  const id = await world.start(aMigration());

  expect(id).toMatch(/^migrate-20261120-/);
  expect(world.flows.calls).toEqual([`start migrate ${id}`]);
  const leases = [...world.documents.documents.keys()].filter((path) => path.startsWith('leases/'));
  expect(leases).toHaveLength(2);
});

test('a migration within one namespace holds its name once', async () => {
  const world = new MigrationWorld();

  await world.start(aMigration({ destination: { connection: 'there', region: 'eu-west-1' } }));

  expect([...world.documents.documents.keys()].filter((path) => path.startsWith('leases/'))).toHaveLength(1);
});
