import { describe, expect, test } from 'vitest';
import { judgeLifecycle, judgeObjectLock } from '../../domain/bucket-configuration/rules-of-contents.ts';
import type { Move } from '../../domain/bucket-configuration/plan.ts';
import { AccessDeniedError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { NameWaitDocument } from '../../domain/migration.ts';
import { DAY_MS } from '../../domain/time.ts';
import { EMPTY_FORM } from '../../web/forms/job-form.ts';
import { whatDoesNotSurvive } from '../../web/forms/migration-plan.ts';
import { meanwhileTexts, nameAnswerText, nameChoiceTexts } from '../../web/words/decision.ts';
import { MigrationWorld as ShownMigration } from '../functions/api/migration-world.ts';
import { AfterGate, MIGRATION_ID, SOURCE, TEMPORARY, THEIRS } from '../functions/steps/after-gate.ts';
import { MigrationWorld } from '../functions/steps/migration-world.ts';
import { manyObjects } from '../support/a-job.ts';
import { MigrationWorld as TaskWorld, SOURCE as PHOTOS, TEMPORARY as COPIES } from '../tasks/migration-world.ts';

const deleted = async (): Promise<AfterGate> => {
  const world = await AfterGate.begin();
  await world.deleteSource();
  return world;
};

describe('waiting for the name', () => {
  test('90: a name that stays taken becomes a decision with four ways on', async () => {
    const world = await ShownMigration.at('source-deleted');
    const takenSinceMs = world.clock.nowMs();
    world.clock.advance(DAY_MS);

    await world.waitForName({ lastOutcome: 'taken', takenSinceMs });

    const job = await world.job();
    expect(job.migration?.question).toMatchObject({ question: 'name' });
    expect(nameAnswerText(job)).toMatch(/BucketAlreadyExists.*another account has taken it/);
    expect(Object.values(nameChoiceTexts(job)).map(({ label }) => label)).toEqual([
      'Keep waiting',
      'Use another name',
      'Make it again where it was',
      'Keep the temporary bucket as the final one',
    ]);
  });

  test('91: that a stranger may take the name, and what he would receive, is told before anything is deleted', async () => {
    const job = await (await ShownMigration.at('proof-sealed')).job();

    expect(meanwhileTexts(job).join(' ')).toMatch(/another account could take it.*would receive the requests/);
    expect(meanwhileTexts(job).join(' ')).toMatch(/Stop what reads and writes it/);
  });

  test('93: a bucket of our own under the name is never asked for again, where us-east-1 would answer 200 and reset it', async () => {
    const world = await deleted();
    const theirs = world.storage.addBucket(SOURCE, THEIRS, { tags: { team: 'billing' } });
    world.storage.put(SOURCE, 'invoice', 'keep me');

    await world.step('claimName');

    const wait = world.json<NameWaitDocument>(paths.nameWait(MIGRATION_ID));
    expect(wait).toMatchObject({ lastOutcome: 'occupied' });
    expect(world.storage.callsOf('createBucket')).toEqual([]);
    expect(theirs.facts.tags).toEqual({ team: 'billing' });
    expect(world.storage.body(SOURCE, 'invoice')).toBe('keep me');
    const shown = await ShownMigration.at('source-deleted');
    await shown.waitForName({ lastOutcome: 'occupied' });
    const job = await shown.job();
    expect(job.migration?.question).toMatchObject({ question: 'name' });
    expect(nameAnswerText(job)).toMatch(/stands in an account of yours.*never touched/);
  });
});

describe('what becomes of settings and dates', () => {
  const migration = { ...EMPTY_FORM, kind: 'migrate', sourceBucket: 'photos' } as const;
  const move = {} as Move;

  test('102: that lifecycle clocks begin anew is told with the rules; rules with a date are carried with it', () => {
    const ofRules = (...Rules: object[]): string => JSON.stringify(judgeLifecycle({ value: { Rules }, move } as never));

    expect(ofRules({ Expiration: { Days: 30 } })).toContain('clocks begin anew');
    expect(ofRules({ Expiration: { Date: '2027-01-01' } })).toContain('carried with that date');
    expect(ofRules({ Expiration: { Date: '2027-01-01' } })).not.toContain('begin anew');
  });

  test('103: that every object gets a new date is told before the start, and the proof keeps the old ones', async () => {
    const world = new TaskWorld({ source: { a: '1' } });
    const writtenAtMs = world.storage.bucket(PHOTOS).objects.get('a')?.modifiedAtMs;
    world.clock.advance(DAY_MS);

    await world.transfer();
    await world.prove();

    expect(world.proven()).toMatchObject([{ key: 'a', modifiedAtMs: writtenAtMs }]);
    expect(whatDoesNotSurvive(migration)[0]).toMatchObject({ title: 'Dates of last change' });
    expect(whatDoesNotSurvive(migration)[0]?.text).toMatch(/The proof keeps the old dates/);
  });

  test('105: a default retention is put after the verification, so that it locks no half-verified copy', () => {
    const value = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 9 } } };

    const [before, after] = judgeObjectLock({ value, move } as never);

    expect(before).toMatchObject({ value: { ObjectLockEnabled: 'Enabled' } });
    expect(JSON.stringify(before)).not.toContain('DefaultRetention');
    expect(after).toMatchObject({ value, stage: 'after-verification' });
  });
});

describe('the temporary bucket', () => {
  const told = {
    error: 'ProofBrokenError',
    message: 'The temporary bucket, which the proof speaks of, is gone.',
    remedy: expect.stringMatching(/look in the audit trail who deleted the bucket/) as string,
  };

  test('108: deleted by somebody before the gate, it closes the gate: the source is untouched', async () => {
    const world = new MigrationWorld();
    await world.untilConsented();
    world.storage.buckets.delete(world.temporaryDocument().bucket);

    const rejection = expect(world.step('checkGate')).rejects;

    await rejection.toMatchObject({
      name: 'GateClosedError',
      message: expect.stringMatching(/The temporary bucket is not there, or not ours[^]*Nothing was deleted/) as string,
    });
    expect([...world.source().objects.keys()]).toEqual(['a', 'b']);
    expect(world.milestones()).not.toContain('emptying-began');
  });

  test('108: deleted by somebody between the gate and the first deletion, nothing is deleted at the source', async () => {
    const world = new TaskWorld({ source: { a: '1', b: '2' } });
    await world.throughTheGate();
    world.storage.buckets.delete(COPIES);

    await world.empty('source');

    expect(world.keys(PHOTOS)).toEqual(['a', 'b']);
    expect(world.emptied('source')).toMatchObject({ removedCount: 0, isDone: false });
    expect(world.emptied('source')?.halted).toMatchObject(told);
  });

  test('108: deleted by somebody while the name is waited for, that is told at the next try, which may be days before the name comes', async () => {
    const world = await deleted();
    world.storage.claims.set(SOURCE, ['busy', 'busy', 'busy']);
    await world.step('claimName');
    world.storage.buckets.delete(TEMPORARY);

    const rejection = expect(world.step('claimName')).rejects;

    await rejection.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringMatching(
        /temporary bucket .* is gone, and it held the only copy[^]*What to do: Find out at once who deleted it.*redrive/,
      ) as string,
    });
    expect(world.storage.callsOf('claimBucket')).toHaveLength(1);
    expect(world.final).toBeUndefined();
  });

  test('108: deleted by somebody before the copies go back, the way back stops at once and nothing else is touched', async () => {
    const world = new TaskWorld({ source: manyObjects(4), options: { shardObjectCountMax: 2 } });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.makeFinal();
    world.storage.buckets.delete(COPIES);

    await world.plan('copy-back');

    expect(world.halt('plan', 'copy-back')).toMatchObject(told);
    expect(world.keys(PHOTOS)).toEqual([]);
  });

  test('109: in an account that is suspended it stops the job before anything is deleted; later the job waits for the account', async () => {
    const suspended = new AccessDeniedError('AllAccessDisabled: All access to this object has been disabled.');
    const before = new MigrationWorld();
    await before.untilConsented();
    const { bucket } = before.temporaryDocument();
    before.storage.fault = (call) => (call.bucket === bucket ? suspended : undefined);
    await expect(before.step('checkGate')).rejects.toMatchObject({ name: 'GateClosedError' });
    expect([...before.source().objects.keys()]).toEqual(['a', 'b']);

    const after = await deleted();
    after.storage.fault = (call) => (call.connection === 'theirs' ? suspended : undefined);
    for (let tries = 0; tries < 4; tries += 1) await after.step('claimName');
    await expect(after.step('claimName')).rejects.toMatchObject({
      name: 'AccessDeniedError',
      message: expect.stringMatching(
        /refused 5 times in a row[^]*redrive the job\. Every object is in the temporary bucket/,
      ) as string,
    });
    after.storage.fault = undefined;
    expect(await after.step('claimName')).toMatchObject({ outcome: 'claimed' });
    expect(after.storage.bucket(TEMPORARY).objects.size).toBe(3);
  });
});
