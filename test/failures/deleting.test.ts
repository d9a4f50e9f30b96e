import { describe, expect, test } from 'vitest';
import { paths } from '../../domain/job-documents.ts';
import { stageOf, stopEffectOf } from '../../domain/migration.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import type { Storage } from '../../domain/ports.ts';
import { DAY_MS, MINUTE_MS } from '../../domain/time.ts';
import { consentLines } from '../../local/cli/decision-words.ts';
import { consentStandText, turnsOf } from '../../web/words/decision.ts';
import { CONSENT, DIGEST, MigrationWorld as ShownMigration } from '../functions/api/migration-world.ts';
import { AfterGate, MIGRATION_ID, SOURCE, TEMPORARY, theirStatement } from '../functions/steps/after-gate.ts';
import { JOB, MigrationWorld } from '../functions/steps/migration-world.ts';
import {
  JOB_ID,
  MigrationWorld as TaskWorld,
  SOURCE as PHOTOS,
  TEMPORARY as COPIES,
} from '../tasks/migration-world.ts';
import { Flow, at } from './flow.ts';

describe('proving', () => {
  test('77: the second verification needs nothing that the copying wrote down, and believes none of it', async () => {
    const world = new TaskWorld({ source: { a: '1', b: '2' } });
    await world.transfer();
    world.storage.bucket(COPIES).objects.delete('b');
    expect(world.result(1)).toMatchObject({ isDone: true, copiedCount: 2 });

    expect(await world.prove()).toMatchObject({ verdict: 'differences-found' });

    world.storage.put(COPIES, 'b', '2');
    const ofTheCopying = new RegExp(`^jobs/${JOB_ID}/.*(plan|shards|results|failures)/`);
    for (const path of world.documents.documents.keys())
      if (ofTheCopying.test(path)) world.documents.documents.delete(path);
    expect(world.result(1)).toBeUndefined();
    expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 2 });
  });

  test('78: bytes that change in the temporary bucket after the proof stop the emptying, before anything is deleted', async () => {
    const world = new TaskWorld({ source: { a: '1', b: '2' } });
    await world.throughTheGate();
    world.storage.put(COPIES, 'b', 'X');

    await world.empty('source');

    expect(world.keys(PHOTOS)).toEqual(['a', 'b']);
    expect(world.emptied('source')?.halted).toMatchObject({
      error: 'ProofBrokenError',
      message: 'The temporary bucket does not hold b as it was proven: its copy is gone or another object.',
      remedy: expect.stringMatching(/Change nothing there and in the source/) as string,
    });
  });
});

describe('consent', () => {
  const asked = () => ShownMigration.at('proof-sealed');

  test.each([
    ['the wrong name', { ...CONSENT, bucket: 'photo' }, 422, /not exactly the name/, 'Type the name exactly'],
    ['an old digest', { ...CONSENT, digest: 'e'.repeat(64) }, 409, /proven anew since you looked/, 'Look at the new'],
  ])('79: with %s is refused, and says why and what to do', async (_, typed, status, detail, remedy) => {
    const world = await asked();

    const { body } = await world.post('consent', typed);

    expect(body).toMatchObject({ status, proof: { digest: DIGEST } });
    expect(body['detail']).toMatch(detail);
    expect(body['remedy']).toContain(remedy);
    expect(world.documents.json(paths.consent(world.id, 1))).toBeUndefined();
    expect(world.flows.calls).toEqual([]);
  });

  test('79: given a second time is refused, and says who gave it and when', async () => {
    const world = await asked();
    await world.post('consent', CONSENT);

    const { body } = await world.post('consent', CONSENT);

    expect(body).toMatchObject({ status: 409, title: 'Consent was given already' });
    expect(body['detail']).toBe('operator consented to this proof at 2026-11-20T12:00:00.000Z.');
    expect(body['remedy']).toBe('Nothing is left to do: the job goes on.');
    expect(world.flows.calls).toEqual(['answer consent-token']);
  });

  test('79: a source that somebody opened and changed after the consent closes the gate; then it is frozen, proven and asked about anew', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    world.source().policy = { Statement: [theirStatement] };
    world.storage.put('photos', 'a', 'changed');

    await expect(world.step('checkGate')).rejects.toMatchObject({
      name: 'GateClosedError',
      message: expect.stringMatching(/not frozen any more: somebody may have written[^]*Nothing was deleted/) as string,
    });
    await world.freeze();
    await world.makeTemporaryBucket();
    for (const _round of [1, 2]) await world.transfer();
    expect(await world.prove()).toMatchObject({ outcome: 'sealed' });

    expect(world.proof()).toMatchObject({ proof: 2 });
    expect(await world.step('readConsent')).toMatchObject({ isGiven: false });
    expect(world.storage.callsOf('removeObjects')).toEqual([]);
  });

  test('79: a proof that was changed on disk deletes nothing: the gate, the task and the deletion of the bucket say so', async () => {
    const gate = new MigrationWorld();
    await gate.untilConsented();
    await gate.change<ProofDocument>(paths.proof(JOB), (proof) => ({ ...proof, keyCount: 1 }));
    await expect(gate.step('checkGate')).rejects.toMatchObject({
      name: 'GateClosedError',
      message: expect.stringMatching(/not the one that was sealed[^]*proves both sides anew and asks again/) as string,
    });

    const task = new TaskWorld({ source: { a: '1' } });
    await task.throughTheGate();
    task.documents.documents.set(paths.proofPart(JOB_ID, 1, 1), new Uint8Array(9));
    await task.empty('source');
    expect(task.emptied('source')?.halted).toMatchObject({ error: 'ProofInvalidError' });
    expect(task.keys(PHOTOS)).toEqual(['a']);

    const emptied = await AfterGate.begin();
    await emptied.empty('source');
    await emptied.step('lookAtEmptiedSource');
    await emptied.write(paths.proof(MIGRATION_ID), { ...emptied.proof, lineCount: 2 });
    await expect(emptied.step('deleteSource')).rejects.toMatchObject({ name: 'ProofInvalidError' });
    expect(emptied.storage.buckets.has(SOURCE)).toBe(true);
  });
});

describe('emptying', () => {
  test('80: killed in the middle, what is left is deleted and nothing else; or everything is copied back', async () => {
    const killed = async (): Promise<TaskWorld> => {
      const world = new TaskWorld({ source: { a: '1', b: '2', c: '3' } });
      await world.throughTheGate();
      world.storage.bucket(PHOTOS).objects.delete('a'); // deleted, and the task died before it wrote that down
      world.storage.put(PHOTOS, 'late', 'x');
      return world;
    };

    const resumed = await killed();
    await resumed.empty('source');
    expect(resumed.keys(PHOTOS)).toEqual(['late']);
    expect(resumed.keys(COPIES)).toEqual(['a', 'b', 'c']);

    const undone = await killed();
    undone.admitUndo();
    expect(await undone.transfer('undo')).toMatchObject({ verdict: 'equal', sourceCount: 3 });
    expect(undone.keys(PHOTOS)).toEqual(['a', 'b', 'c', 'late']);
  });

  test('81: an unknown object that appears while emptying stays, keeps the bucket, and is told by name', async () => {
    const world = await AfterGate.begin();
    await world.empty('source');
    world.storage.put(SOURCE, 'unknown', 'late');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });
    expect(world.json(paths.emptiedLook(MIGRATION_ID, 'source'))).toMatchObject({
      lateCount: 1,
      lateKeys: ['unknown'],
    });
    await expect(world.step('deleteSource')).rejects.toMatchObject({
      name: 'JobStateError',
      message: expect.stringMatching(/The source was not seen empty yet/) as string,
    });

    world.storage.bucket(SOURCE).objects.delete('unknown');
    await world.step('lookAtEmptiedSource');
    world.storage.put(SOURCE, 'unknown', 'later still');
    expect(await world.step('deleteSource')).toEqual({ outcome: 'not-empty' });
    expect(world.storage.body(SOURCE, 'unknown')).toBe('later still');
  });

  test('81: who is asked again is told that objects came late, which is the first, and that stopping brings back', async () => {
    const world = await ShownMigration.at('emptying-began');
    const look = { outcome: 'late-objects', lateCount: 2, lateKeys: ['caf%C3%A9%0A', 'z'], lookedAtMs: 0 };
    await world.write(paths.emptiedLook(world.id, 'source'), look);
    await world.seal({ proof: 2 });
    await world.ask('consent', 'again');

    const job = await world.job();

    expect(job.migration).toMatchObject({ late: { count: 2 }, question: { question: 'consent' } });
    expect(consentStandText(job)).toMatchObject({ header: 'You are asked again' });
    expect(consentStandText(job).text).toMatch(/^2 objects came to "photos" after it was proven; the first is "café/);
    expect(consentStandText(job).text).not.toContain('\n');
    expect(turnsOf(job)[0]?.then).toMatch(/Stopping copies everything back into "photos"/);
    if (job.migration?.proof) expect(consentLines(job, job.migration.proof).join(' ')).toContain('2 objects came to');
    const before = await (await ShownMigration.at('proof-sealed')).job();
    expect(consentStandText(before)).toMatchObject({ header: 'Nothing is deleted yet' });
    expect(turnsOf(before)[0]?.then).toBe('Stopping leaves "photos" as it was.');
  });

  test('81: what came late is copied, proven and asked about like everything else, before the bucket goes', async () => {
    const once = (first: string, then: string) => {
      let count = 0;
      return () => ({ outcome: (count += 1) === 1 ? first : then });
    };
    const nothing = () => ({ inForce: true, waitSeconds: 0 });
    const flow = new Flow(
      'migrate',
      {
        ...at('emptying'),
        lookAtEmptiedSource: once('late-objects', 'empty'),
        protectTemporaryBucket: nothing,
        probeProtection: nothing,
        grantAccess: nothing,
        keepAccessGranted: nothing,
        revokeAccess: nothing,
        readPlan: () => ({ pendingShardCount: 0 }),
        readVerdict: () => ({ verdict: 'equal' }),
        sealProof: () => ({ outcome: 'sealed' }),
        readConsent: () => ({ isGiven: false }),
        askForConsent: () => undefined,
      },
      { runTask: async () => ({}) },
    );

    const { execution } = await flow.world.engine.start('main', 'job', { jobId: JOB });
    await flow.world.clock.settle();
    for (let turn = 0; turn < 200 && flow.callsOf('askForConsent') === 0; turn += 1) await flow.world.clock.settle();

    expect(flow.callsOf('sealProof')).toBe(1);
    expect(flow.called().at(-1)).toBe('askForConsent');
    expect(flow.callsOf('deleteSource')).toBe(0);
    await flow.world.engine.stop(execution);
  });

  test('82: DeleteObjects that answers 200 with errors inside is told with the first object, its reason and what to do', async () => {
    const world = new MigrationWorld({ objects: { a: '1', b: '2', c: '3' } });
    await world.untilConsented();
    await world.step('checkGate');
    refuseToDelete(world, 'b');

    await world.task('empty', '--bucket', 'source', '--part', '1');

    expect([...world.source().objects.keys()]).toEqual(['b']);
    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({
      name: 'EmptyingRefusedError',
      message: expect.stringMatching(
        /refused to delete 1 objects of photos\. The first is b: AccessDenied, Access Denied[^]*Allow s3:DeleteObject.*redrive the job; or undo it\. Every object is in the temporary bucket/,
      ) as string,
    });
    expect(world.temporary().objects.size).toBe(3);
  });
});

/** One of many is refused, as S3 does it: the answer as a whole is a success. */
function refuseToDelete(world: MigrationWorld, refused: string): void {
  const open = world.storage.open.bind(world.storage);
  world.storage.open = async (request): Promise<Storage> => {
    const storage = await open(request);
    const removeObjects = storage.removeObjects.bind(storage);
    storage.removeObjects = async (bucket, removals, signal) => {
      const others = await removeObjects(bucket, removals.filter(({ key }) => key !== refused), signal); // prettier-ignore
      const [removal] = removals.filter(({ key }) => key === refused);
      if (!removal) return others;
      return [...others, { removal, outcome: 'refused', error: 'AccessDenied', message: 'Access Denied' }];
    };
    return storage;
  };
}

describe('deleting the source', () => {
  test('84: BucketNotEmpty with nothing listed is asked again for five minutes; then a person is told', async () => {
    const answers = {
      lookAtEmptiedSource: () => ({ outcome: 'empty' }),
      deleteSource: () => ({ outcome: 'not-empty' }),
    };
    const flow = new Flow('migrate', { ...at('emptying'), ...answers });

    const ended = await flow.run();

    expect(ended).toMatchObject({ status: 'FAILED', error: 'EmptyingRefusedError' });
    expect(ended.cause).toMatch(/Every object is in the temporary bucket.*then redrive the job, or undo it/);
    expect((ended.stoppedAtMs ?? 0) - ended.startedAtMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    expect(new Set(flow.called())).toEqual(
      new Set(['checkMigration', 'lookAtEmptiedSource', 'deleteSource', 'settleAfterFailure', 'reportFailure']),
    );
  });

  test('84: BucketNotEmpty that was only late is a deletion all the same', async () => {
    let count = 0;
    const deleteSource = () => ({ outcome: (count += 1) < 4 ? 'not-empty' : 'deleted' });
    const stop = (): never => {
      throw new Error('far enough');
    };
    const answers = { lookAtEmptiedSource: () => ({ outcome: 'empty' }), deleteSource, claimName: stop };
    const flow = new Flow('migrate', { ...at('emptying'), ...answers });

    await flow.run();

    expect(flow.callsOf('deleteSource')).toBe(4);
    expect(flow.called()).toContain('claimName');
  });

  test('85: DeleteBucket that is denied leaves the source emptied and not deleted; it can be taken up or brought back', async () => {
    const world = await AfterGate.begin();
    await world.empty('source');
    await world.step('lookAtEmptiedSource');
    const deny = { Sid: 'Organisation', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket' } as const;
    const policy = world.storage.bucket(SOURCE).policy;
    world.storage.bucket(SOURCE).policy = { Statement: [...(policy?.Statement ?? []), deny] };

    await expect(world.step('deleteSource')).rejects.toMatchObject({
      name: 'SourceNotDeletedError',
      message: expect.stringMatching(
        /The source is emptied and was not deleted[^]*What to do: Both buckets exist\. Allow s3:DeleteBucket on the source.*then redrive the job; or undo it/,
      ) as string,
    });

    expect(world.storage.buckets.has(SOURCE) && world.storage.buckets.has(TEMPORARY)).toBe(true);
    expect(world.hasPassed('source-deleted')).toBe(false);
    expect(stopEffectOf(stageOf({ 'emptying-began': world.clock.nowMs() }))).toBe('bring-back-in');
  });
});

describe('a policy that somebody edits meanwhile', () => {
  const edit = (world: MigrationWorld): void => {
    const policy = world.source().policy;
    world.source().policy = { Statement: [...(policy?.Statement ?? []), { ...theirStatement, Sid: 'Edited' }] };
  };

  test('87: keeps its edit when the freeze is taken out by a stop, and loses only our statement', async () => {
    const world = new MigrationWorld();
    world.source().policy = { Statement: [theirStatement] };
    await world.freeze();
    edit(world);

    await world.step('thawSource');

    expect(world.sids('photos')).toEqual(['Theirs', 'Edited']);
    expect(world.freezeDocument()?.thawedAtMs).toBeDefined();
  });

  test('88: an edit that leaves the freeze in changes nothing; one that takes it out closes the gate and says so', async () => {
    const harmless = new MigrationWorld();
    await harmless.untilConsented();
    edit(harmless);
    expect(await harmless.step('checkGate')).toEqual({ parts: 1 });

    const opened = new MigrationWorld();
    await opened.untilConsented();
    opened.source().policy = { Statement: [theirStatement] };
    await expect(opened.step('checkGate')).rejects.toMatchObject({
      name: 'GateClosedError',
      message: expect.stringMatching(/The source is not frozen any more[^]*Nothing was deleted\. Redrive/) as string,
    });
  });

  test('88: one that takes the freeze out while the source is emptied stops the deletions', async () => {
    const world = new TaskWorld({ source: { a: '1' } });
    await world.throughTheGate();
    world.clock.advance(DAY_MS);
    world.storage.bucket(PHOTOS).policy = { Statement: [theirStatement] };

    await world.empty('source');

    expect(world.keys(PHOTOS)).toEqual(['a']);
    expect(world.emptied('source')?.halted).toMatchObject({
      error: 'BucketReplacedError',
      message: 'photos is not the bucket that this job knows: it is not frozen by this job any more.',
      remedy: 'Nothing more is deleted. Look in the audit trail what happened to the bucket.',
    });
  });
});
