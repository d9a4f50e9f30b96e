import { beforeEach, describe, expect, test } from 'vitest';
import { ListingInvalidError } from '../../../domain/errors.ts';
import { paths, type Milestone } from '../../../domain/job-documents.ts';
import type { EmptiedLookDocument, SourceDeletionDocument, SourceDocument } from '../../../domain/migration.ts';
import type { ConsentDocument, ProofDocument } from '../../../domain/proof.ts';
import { freezeSid } from '../../../domain/policy.ts';
import {
  AfterGate,
  MIGRATION_ID,
  OURS,
  SOURCE,
  TEMPORARY,
  theirStatement,
  THEIRS,
  type MigrationSetup,
} from './after-gate.ts';

let world: AfterGate;
const begin = async (setup: MigrationSetup = {}): Promise<void> => void (world = await AfterGate.begin(setup));
beforeEach(async () => await begin());

const look = (): EmptiedLookDocument | undefined => world.json(paths.emptiedLook(MIGRATION_ID, 'source'));
const deletion = (): SourceDeletionDocument | undefined => world.json(paths.sourceDeletion(MIGRATION_ID));

describe('the look at an emptied source', () => {
  test('says empty after two listings, and only then is the bucket known to be emptied', async () => {
    await world.empty('source');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'empty' });

    expect(world.hasPassed('source-emptied')).toBe(true);
    expect(world.storage.callsOf('listObjects')).toHaveLength(2);
  });

  test('never takes a listing that cannot be believed for an empty bucket', async () => {
    world.storage.fault = ({ operation }) =>
      operation === 'listObjects' ? new ListingInvalidError('a page is blank') : undefined;

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'ListingInvalidError' });

    expect(world.hasPassed('source-emptied')).toBe(false);
  });

  test('believes the second listing when the first was blank', async () => {
    const objects = world.storage.bucket(SOURCE).objects;
    const kept = new Map(objects);
    let listings = 0;
    world.storage.fault = ({ operation }) => {
      if (operation !== 'listObjects') return undefined;
      listings += 1;
      if (listings === 1) objects.clear();
      else for (const [key, object] of kept) objects.set(key, object);
      return undefined;
    };

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'unfinished' });
    expect(world.hasPassed('source-emptied')).toBe(false);
  });

  test('goes on emptying while something that the proof lists is there', async () => {
    await world.empty('source', (key) => key !== 'b');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'unfinished' });
    expect(look()).toMatchObject({ outcome: 'unfinished' });
  });

  test('names objects that came late, which nobody deletes', async () => {
    await world.empty('source');
    world.storage.put(SOURCE, 'new one', 'late');
    world.storage.put(SOURCE, 'zz', 'later');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });

    expect(look()).toMatchObject({ outcome: 'late-objects', lateCount: 2, lateKeys: ['new%20one', 'zz'] });
    expect(world.hasPassed('source-emptied')).toBe(false);
    expect(world.proof.voidedAtMs).toBeUndefined();
  });

  test('takes an object that was overwritten after the proof for one that came late', async () => {
    await world.empty('source');
    world.storage.put(SOURCE, 'a', 'another');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });
  });

  test('says what S3 refused to delete, once; taken up again the deletions are tried again', async () => {
    const refusal = { key: 'b', error: 'AccessDenied', message: 'Access Denied' };
    await world.empty('source', (key) => key === 'a');
    await world.result('source', 1, { refusedCount: 1, refusal });
    await world.result('source', 2, { refusedCount: 2, refusal: { ...refusal, key: 'c' } });

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({
      name: 'EmptyingRefusedError',
      message: expect.stringMatching(
        /refused to delete 3 objects.*The first is b: AccessDenied[^]*What to do:.*undo/,
      ) as string,
    });
    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'unfinished' });

    world.clock.advance(1000);
    await world.result('source', 1, { refusedCount: 1, refusal, attempt: 2 });
    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'EmptyingRefusedError' });
  });

  test('tells the reason for which a part was given up under its own name', async () => {
    const halted = { error: 'BucketReplacedError', message: 'Another bucket.', remedy: 'Look.' };
    await world.result('source', 1, { halted });

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: 'Another bucket.\nWhat to do: Look.',
    });
  });

  test('does not speak of refusals once everything is gone', async () => {
    await world.empty('source');
    await world.result('source', 1, { refusedCount: 1 });

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'empty' });
  });

  test.each<[string, () => Promise<void>]>([
    ['its summary', async () => world.write(paths.proof(MIGRATION_ID), { ...world.proof, lineCount: 4 })],
    ['a part of it', async () => void (await world.documents.write(paths.proofPart(MIGRATION_ID, 1, 1), 'not gzip'))],
    ['a part that is gone', async () => world.documents.remove(paths.proofPart(MIGRATION_ID, 1, 1))],
  ])('believes no proof that was changed on disk: %s', async (_, change) => {
    await change();

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'ProofInvalidError' });
  });

  test('sees versions and delete markers that are still there', async () => {
    await begin({ versioning: 'enabled' });
    world.storage.put(SOURCE, 'a', 'second');
    world.storage.put(TEMPORARY, 'a', 'second');
    world.storage.lay(SOURCE, 'b');
    await world.seal();
    await world.empty('source', (key) => key !== 'b');

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'unfinished' });
    await world.empty('source');
    world.storage.lay(SOURCE, 'b');
    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });
  });

  test('knows the versions that are lost with the source', async () => {
    await begin({ versioning: 'enabled', carriesVersions: false });
    world.storage.put(SOURCE, 'a', 'second');
    world.storage.put(TEMPORARY, 'a', 'second');
    await world.seal();

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'unfinished' });
    await world.empty('source');
    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'empty' });
  });

  test.each<[string, () => Promise<void>]>([
    ['is empty', async () => world.empty('source')],
    ['is half empty', async () => world.empty('source', (key) => key === 'a')],
  ])(
    'freezes a source again that somebody opened while it %s, and everything is proven and asked anew',
    async (_, acts) => {
      await acts();
      world.storage.bucket(SOURCE).policy = { Statement: [theirStatement] };

      expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'late-objects' });

      expect(world.sids(SOURCE)).toEqual(['Theirs', freezeSid(MIGRATION_ID)]);
      expect(world.proof.voidedAtMs).toBeDefined();
      expect(world.hasPassed('source-emptied')).toBe(false);
    },
  );

  test('freezes no other bucket that stands under the name by now', async () => {
    await world.empty('source');
    world.storage.buckets.delete(SOURCE);
    world.clock.advance(1000);
    world.storage.addBucket(SOURCE, OURS);

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'BucketReplacedError' });
    expect(world.sids(SOURCE)).toEqual([]);
  });

  test('never comes before the gate', async () => {
    await begin({ passed: ['started'] });

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'JobStateError' });
  });

  test('that finds no bucket before it was seen empty says that somebody else deleted it', async () => {
    world.storage.buckets.delete(SOURCE);

    await expect(world.step('lookAtEmptiedSource')).rejects.toMatchObject({ name: 'BucketReplacedError' });
    expect(world.hasPassed('source-emptied')).toBe(false);

    expect(await world.step('lookAtEmptiedSource')).toEqual({ outcome: 'empty' });
    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
  });
});

describe('deleting the source', () => {
  beforeEach(async () => {
    await world.empty('source');
    await world.step('lookAtEmptiedSource');
  });

  test('notes that it will ask, then asks, and then notes since when it is certain', async () => {
    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });

    expect(world.storage.buckets.has(SOURCE)).toBe(false);
    expect(deletion()).toMatchObject({ askedAtMs: world.clock.nowMs(), certainAtMs: world.clock.nowMs() });
    expect(world.hasPassed('source-deleted')).toBe(true);
    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
    expect(world.storage.callsOf('removeBucket')).toHaveLength(1);
  });

  test('is done when only the answer was lost', async () => {
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeBucket') world.storage.buckets.delete(SOURCE);
      return operation === 'removeBucket' ? new Error('connection lost') : undefined;
    };
    await expect(world.step('deleteSource')).rejects.toThrow('connection lost');
    world.storage.fault = undefined;

    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
    expect(deletion()?.foundAbsentAtMs).toBeUndefined();
  });

  test('is done when only the answer was lost and a stranger has the name already', async () => {
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeBucket') world.storage.addBucket(SOURCE, '333333333333');
      return operation === 'removeBucket' ? new Error('connection lost') : undefined;
    };
    await expect(world.step('deleteSource')).rejects.toThrow('connection lost');
    world.storage.fault = undefined;

    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
    expect(world.storage.bucket(SOURCE).account).toBe('333333333333');
  });

  test('by somebody else is told once; who redrives has said that it was meant', async () => {
    world.storage.buckets.delete(SOURCE);

    await expect(world.step('deleteSource')).rejects.toMatchObject({
      name: 'BucketReplacedError',
      message: expect.stringContaining('redrive') as string,
    });
    expect(world.hasPassed('source-deleted')).toBe(false);
    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
  });

  test('that S3 refuses because something is in it again is an answer, and not an error', async () => {
    world.storage.put(SOURCE, 'late', 'x');

    expect(await world.step('deleteSource')).toEqual({ outcome: 'not-empty' });
    expect(world.hasPassed('source-deleted')).toBe(false);
  });

  test('that is denied leaves both buckets, and says what to allow', async () => {
    const deny = { Sid: 'NoDeleting', Effect: 'Deny', Principal: '*', Action: 's3:DeleteBucket' } as const;
    const policy = world.storage.bucket(SOURCE).policy;
    world.storage.bucket(SOURCE).policy = { Statement: [...(policy?.Statement ?? []), deny] };

    await expect(world.step('deleteSource')).rejects.toMatchObject({
      name: 'SourceNotDeletedError',
      message: expect.stringMatching(/Both buckets exist[^]*s3:DeleteBucket[^]*undo/) as string,
    });

    expect(world.storage.buckets.has(SOURCE)).toBe(true);
    world.storage.bucket(SOURCE).policy = policy ?? { Statement: [] };
    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
  });

  test('aborts what stands open in it, and counts', async () => {
    world.storage.uploads.set('theirs', { bucket: SOURCE, key: 'x', uploadId: 'theirs' });

    await world.step('deleteSource');

    expect(deletion()?.abortedUploadCount).toBe(1);
    expect(world.storage.uploads.size).toBe(0);
  });

  const consent = (): ConsentDocument => world.json(paths.consent(MIGRATION_ID, 1)) as ConsentDocument;
  const facts = (more: object): void => {
    const bucket = world.storage.bucket(SOURCE);
    bucket.facts = { ...bucket.facts, ...more };
  };

  test.each<[string, string, () => Promise<unknown> | void]>([
    ['its freeze was taken out', 'BucketReplacedError', () => void delete world.storage.bucket(SOURCE).policy],
    ['it was made at another time', 'BucketReplacedError', () => facts({ createdAtMs: 1 })],
    ['it is in another Region', 'BucketReplacedError', () => facts({ region: 'eu-west-3' })],
    [
      'the connection leads to another account',
      'BucketReplacedError',
      () => {
        world.storage.identities.set('ours', { accountId: THEIRS });
        world.storage.bucket(SOURCE).account = THEIRS;
      },
    ],
    ['nobody consented', 'ProofInvalidError', async () => world.documents.remove(paths.consent(MIGRATION_ID, 1))],
    [
      'consent was to another proof',
      'ProofInvalidError',
      async () => world.write(paths.consent(MIGRATION_ID, 1), { ...consent(), digest: 'f'.repeat(64) }),
    ],
    [
      'the proof was voided',
      'ProofInvalidError',
      async () => world.write(paths.proof(MIGRATION_ID), { ...world.proof, voidedAtMs: 1 }),
    ],
    [
      'the proof was changed on disk',
      'ProofInvalidError',
      async () => world.write(paths.proof(MIGRATION_ID), { ...world.proof, keyCount: 7 } satisfies ProofDocument),
    ],
    ['the job is being brought back', 'JobStateError', async () => world.pass('undo-began')],
    [
      'it was not seen empty',
      'JobStateError',
      async () => world.documents.remove(paths.milestone(MIGRATION_ID, 'source-emptied' satisfies Milestone)),
    ],
  ])('does not happen when %s', async (_, name, happens) => {
    await happens();

    await expect(world.step('deleteSource')).rejects.toMatchObject({ name });

    expect(world.storage.callsOf('removeBucket')).toEqual([]);
    expect(world.storage.buckets.has(SOURCE)).toBe(true);
    expect(deletion()).toBeUndefined();
  });

  test('is not stopped by a creation date where none was kept: AWS changes it when a policy is edited', async () => {
    const { createdAtMs: _date, ...source } = world.json<SourceDocument>(paths.source(MIGRATION_ID)) as SourceDocument;
    await world.write(paths.source(MIGRATION_ID), source);
    facts({ createdAtMs: world.clock.nowMs() + 5000 });

    expect(await world.step('deleteSource')).toEqual({ outcome: 'deleted' });
  });

  test('is tried again while the list of buckets does not tell when it was made', async () => {
    facts({ createdAtMs: undefined });

    await expect(world.step('deleteSource')).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  });

  test('uses a session that can delete the bucket and nothing in it', async () => {
    await world.step('deleteSource');

    const request = world.storage.opened.find(({ purpose }) => purpose === 'delete-bucket');
    expect(request).toMatchObject({ connection: 'ours', buckets: [SOURCE], jobId: MIGRATION_ID });
  });
});
