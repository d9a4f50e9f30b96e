import { describe, expect, test } from 'vitest';
import { jsonText } from '../../domain/document-access.ts';
import { AccessDeniedError, StorageThrottledError } from '../../domain/errors.ts';
import { paths, type EmptiedResult } from '../../domain/job-documents.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { RemovalOutcome, Storage } from '../../domain/ports.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { manyObjects } from '../support/a-job.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY, type MigrationSetup } from './migration-world.ts';

async function gatePassed(setup: MigrationSetup): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  await world.throughTheGate();
  return world;
}

/** Every call of removeObjects goes through `change`. */
function onRemoval(
  world: MigrationWorld,
  change: (remove: () => Promise<readonly RemovalOutcome[]>, count: number) => Promise<readonly RemovalOutcome[]>,
): void {
  const open = world.storage.open.bind(world.storage);
  let count = 0;
  world.storage.open = async (request): Promise<Storage> => {
    const storage = await open(request);
    const removeObjects = storage.removeObjects.bind(storage);
    storage.removeObjects = (...asked) => change(() => removeObjects(...asked), (count += 1));
    return storage;
  };
}

describe('emptying the source', () => {
  test('what the proof lists is deleted, and the result says so', async () => {
    const world = await gatePassed({ source: manyObjects(25), options: { shardObjectCountMax: 10 } });

    for (const part of [1, 2, 3]) expect(await world.empty('source', part)).toBe(EXIT.done);

    expect(world.keys(SOURCE)).toEqual([]);
    expect(world.emptied('source', 1)).toMatchObject({ isDone: true, attempt: 1, removedCount: 10, changedCount: 0 });
    expect(world.lines.at(-1)).toMatchObject({ task: 'empty', event: 'finished', copiedCount: 5 });
    expect(world.keys(TEMPORARY)).toHaveLength(25);
  });

  test.each<[string, (world: MigrationWorld) => unknown, string]>([
    [
      'nobody consented',
      (world: MigrationWorld) => world.documents.documents.delete(paths.consent(JOB_ID, 1)),
      'ProofInvalidError',
    ],
    [
      'the consent is to another digest',
      (world: MigrationWorld) => {
        const consent = world.documents.json<object>(paths.consent(JOB_ID, 1));
        world.write(paths.consent(JOB_ID, 1), { ...consent, digest: 'another' });
      },
      'ProofInvalidError',
    ],
    [
      'the proof is void',
      (world: MigrationWorld) => world.write(paths.proof(JOB_ID), { ...world.proof(), voidedAtMs: 1 }),
      'ProofInvalidError',
    ],
    [
      'another proof was sealed since, and nobody consented to it',
      async (world: MigrationWorld) => {
        await world.prove();
        world.seal();
      },
      'ProofInvalidError',
    ],
    [
      'the gate was not passed',
      (world: MigrationWorld) => world.documents.documents.delete(paths.milestone(JOB_ID, 'emptying-began')),
      'GateClosedError',
    ],
    ['the job is being undone', (world: MigrationWorld) => world.pass('undo-began'), 'GateClosedError'],
    [
      'the name is another job’s',
      (world: MigrationWorld) => world.lease(SOURCE, 'source', 'migrate-x'),
      'BucketLeasedError',
    ],
    [
      'nobody has the name',
      (world: MigrationWorld) => world.documents.documents.delete(paths.lease('aws', SOURCE)),
      'BucketLeasedError',
    ],
    [
      'the freeze is gone',
      (world: MigrationWorld) => delete world.storage.bucket(SOURCE).policy,
      'BucketReplacedError',
    ],
    [
      'the bucket was made anew',
      (world: MigrationWorld) => {
        const { facts } = world.storage.bucket(SOURCE);
        world.storage.bucket(SOURCE).facts = { ...facts, createdAtMs: world.clock.nowMs() };
      },
      'BucketReplacedError',
    ],
    [
      'the bucket came into other hands',
      (world: MigrationWorld) => {
        const source = world.documents.json<object>(paths.source(JOB_ID));
        world.write(paths.source(JOB_ID), { ...source, accountId: '333333333333' });
      },
      'BucketReplacedError',
    ],
    [
      'the bucket is in another Region',
      (world: MigrationWorld) => {
        const { facts } = world.storage.bucket(SOURCE);
        world.storage.bucket(SOURCE).facts = { ...facts, region: 'eu-west-1' };
      },
      'BucketReplacedError',
    ],
    [
      'the bucket is another account’s',
      (world: MigrationWorld) => (world.storage.bucket(SOURCE).account = '999999999999'),
      'BucketOwnedByAnotherAccountError',
    ],
    [
      'a copy is gone',
      (world: MigrationWorld) => world.storage.bucket(TEMPORARY).objects.delete('b'),
      'ProofBrokenError',
    ],
    ['a copy is another object', (world: MigrationWorld) => world.storage.put(TEMPORARY, 'b', 'X'), 'ProofBrokenError'],
    [
      'its part of the proof was changed',
      (world: MigrationWorld) => world.documents.documents.set(paths.proofPart(JOB_ID, 1, 1), new Uint8Array(3)),
      'ProofInvalidError',
    ],
  ])('nothing is deleted when %s', async (_, change, error) => {
    const world = await gatePassed({ source: { a: '1', b: '2' } });
    world.clock.advance(MINUTE_MS);
    await change(world);

    expect(await world.empty('source')).toBe(EXIT.done);

    expect(world.emptied('source')).toMatchObject({ isDone: false, removedCount: 0, halted: { error } });
    expect(world.storage.buckets.get(SOURCE)?.objects.size).toBe(2);
    expect(world.storage.callsOf('removeObjects')).toEqual([]);
  });

  test('a summary of the proof that was changed deletes nothing', async () => {
    const world = await gatePassed({ source: { a: '1' } });
    world.write(paths.proof(JOB_ID), { ...world.proof(), lineCount: 7 });

    expect(await world.empty('source')).toBe(EXIT.done);

    expect(world.emptied('source')?.halted?.error).toBe('ProofInvalidError');
    expect(world.keys(SOURCE)).toEqual(['a']);
  });

  test('a consent that is taken away stops the deletions within half a minute', async () => {
    const world = await gatePassed({ source: manyObjects(2500) });
    onRemoval(world, async (remove, count) => {
      if (count === 1) world.documents.documents.delete(paths.consent(JOB_ID, 1));
      world.clock.advance(MINUTE_MS / 2);
      return await remove();
    });

    await world.empty('source');

    expect(world.emptied('source')).toMatchObject({ removedCount: 1000, halted: { error: 'ProofInvalidError' } });
    expect(world.keys(SOURCE)).toHaveLength(1500);
  });

  test('another proof that is sealed meanwhile stops the deletions, also when somebody consented to it', async () => {
    const world = await gatePassed({ source: manyObjects(2500) });
    onRemoval(world, async (remove, count) => {
      if (count === 1) {
        await world.prove();
        world.consent(world.seal());
      }
      world.clock.advance(MINUTE_MS);
      return await remove();
    });

    await world.empty('source');

    expect(world.keys(SOURCE)).toHaveLength(1500);
  });

  test('an undo that begins stops the deletions before the next request', async () => {
    const world = await gatePassed({ source: manyObjects(2500) });
    onRemoval(world, async (remove) => {
      world.pass('undo-began');
      return await remove();
    });

    await world.empty('source');

    expect(world.keys(SOURCE)).toHaveLength(1500);
  });

  test("a stranger's objects stay where they are, wherever in the range they stand", async () => {
    const world = await gatePassed({ source: { b: '1', d: '2', f: '3', h: '4' }, options: { shardObjectCountMax: 2 } });
    for (const key of ['a', 'c', 'e', 'g', 'z']) world.storage.put(SOURCE, key, 'stranger');
    world.storage.put(SOURCE, 'b', 'overwritten');

    await world.emptyAll('source');

    expect(world.keys(SOURCE)).toEqual(['a', 'b', 'c', 'e', 'g', 'z']);
    expect([1, 2].map((part) => world.emptied('source', part)?.changedCount)).toEqual([3, 2]);
    expect(world.emptied('source', 1)).toMatchObject({ isDone: true, removedCount: 1 });
  });

  test('an object that is overwritten between listing and deleting stays', async () => {
    const world = await gatePassed({ source: { a: '1', b: '2' } });
    onRemoval(world, async (remove, count) => {
      if (count === 1) world.storage.put(SOURCE, 'b', 'newer');
      return await remove();
    });

    await world.empty('source');

    expect(world.keys(SOURCE)).toEqual(['b']);
    expect(world.emptied('source')).toMatchObject({ isDone: true, removedCount: 1, changedCount: 1 });
  });

  test('objects that S3 refuses to delete are counted with the first reason, and the others go', async () => {
    const world = await gatePassed({ source: { a: '1', b: '2', c: '3' } });
    onRemoval(world, async (remove) => {
      world.storage.put(SOURCE, 'b', 'held back');
      const outcomes = await remove();
      world.storage.put(SOURCE, 'b', '2');
      return outcomes.map((one) =>
        one.removal.key === 'b' ? { ...one, outcome: 'refused', error: 'InternalError', message: 'no' } : one,
      );
    });

    expect(await world.empty('source')).toBe(EXIT.done);

    expect(world.emptied('source')).toMatchObject({
      isDone: false,
      removedCount: 2,
      refusedCount: 1,
      refusal: { key: 'b', error: 'InternalError', message: 'no' },
    });
  });

  test('where everything is refused the part is given up with what to do, and a later attempt goes on', async () => {
    const world = await gatePassed({ source: { a: '1' } });
    world.storage.fault = ({ operation }) =>
      operation === 'removeObjects' ? new AccessDeniedError('s3:DeleteObject', { remedy: '' }) : undefined;
    expect(await world.empty('source')).toBe(EXIT.done);
    expect(world.emptied('source')?.halted).toMatchObject({ error: 'EmptyingRefusedError' });
    expect(world.emptied('source')?.halted?.remedy).toContain('s3:DeleteObject');

    world.storage.fault = undefined;
    await world.empty('source');

    expect(world.emptied('source')).toMatchObject({ isDone: true, attempt: 2, removedCount: 1 });
    expect(world.emptied('source')?.halted).toBeUndefined();
  });

  test('throttling is answered with patience', async () => {
    const world = await gatePassed({ source: manyObjects(5) });
    let refusals = 0;
    world.storage.fault = ({ operation }) =>
      operation === 'removeObjects' && (refusals += 1) <= 3 ? new StorageThrottledError('slow down') : undefined;

    await world.empty('source');

    expect(world.emptied('source')).toMatchObject({ isDone: true, removedCount: 5 });
  });

  test('an attempt that lost its part to another deletes nothing more', async () => {
    const world = await gatePassed({ source: manyObjects(2500) });
    const path = paths.emptied(JOB_ID, 'source', 1, 1);
    onRemoval(world, async (remove, count) => {
      const outcomes = await remove();
      const taken = { ...(world.emptied('source') as EmptiedResult), attempt: 2 };
      if (count === 1) await world.documents.write(path, jsonText(taken));
      return outcomes;
    });

    expect(await world.empty('source')).toBe(EXIT.superseded);

    expect(world.keys(SOURCE)).toHaveLength(1500);
    expect(world.emptied('source')?.attempt).toBe(2);
  });

  test('an attempt that lost its part while it waited does not even ask again', async () => {
    const world = await gatePassed({ source: { a: '1' } });
    const path = paths.emptied(JOB_ID, 'source', 1, 1);
    let asked = 0;
    world.storage.fault = async ({ operation }) => {
      if (operation !== 'removeObjects' || (asked += 1) > 1) return undefined;
      const taken = { ...(world.emptied('source') as EmptiedResult), attempt: 2 };
      await world.documents.write(path, jsonText(taken));
      return new StorageThrottledError('slow down');
    };

    expect(await world.empty('source')).toBe(EXIT.superseded);

    expect(world.keys(SOURCE)).toEqual(['a']);
  });

  test.each([1, 2, 3, 4])('an attempt that dies at its write number %i is taken up by the next one', async (fatal) => {
    const world = await gatePassed({ source: manyObjects(1500) });
    let writes = 0;
    world.documents.beforeWrite = () => {
      if ((writes += 1) === fatal) throw new Error('killed');
    };
    await world.empty('source');
    world.documents.beforeWrite = undefined;

    expect(await world.empty('source')).toBe(EXIT.done);

    expect(world.keys(SOURCE)).toEqual([]);
    expect(world.emptied('source')?.isDone).toBe(true);
  });

  test('a task that is asked to stop says so and has told what it deleted', async () => {
    const world = await gatePassed({ source: manyObjects(2500) });
    const stop = new AbortController();
    onRemoval(world, async (remove) => {
      const outcomes = await remove();
      stop.abort();
      return outcomes;
    });

    expect(await world.run(['empty', '--bucket', 'source', '--part', '1'], stop.signal)).toBe(EXIT.stopped);

    expect(world.emptied('source')?.removedCount).toBe(1000);
  });

  test('every deletion names what the proof says: an ETag, or a version', async () => {
    for (const versioning of ['off', 'enabled'] as const) {
      const world = await gatePassed({ source: manyObjects(5), versioning });
      const asked: object[] = [];
      const open = world.storage.open.bind(world.storage);
      world.storage.open = async (request) => {
        const storage = await open(request);
        const removeObjects = storage.removeObjects.bind(storage);
        storage.removeObjects = (bucket, removals, signal) => {
          asked.push(...removals);
          expect(request).toMatchObject({ purpose: 'empty', buckets: [SOURCE], jobId: JOB_ID });
          return removeObjects(bucket, removals, signal);
        };
        return storage;
      };

      await world.empty('source');

      const name = versioning === 'off' ? 'etag' : 'versionId';
      expect(asked).toHaveLength(5);
      expect(asked.every((removal) => Object.keys(removal).sort().join() === ['key', name].sort().join())).toBe(true);
    }
  });
});

describe('emptying a source with versions', () => {
  test('versions, delete markers and what is lost all go, and no new marker is laid', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    for (const body of ['1', '2']) world.storage.put(SOURCE, 'a', body);
    for (let marker = 0; marker < 2; marker += 1) world.storage.lay(SOURCE, 'a');
    await world.throughTheGate();

    await world.emptyAll('source');

    expect(world.history(SOURCE, 'a')).toEqual([]);
    expect(world.emptied('source')).toMatchObject({ isDone: true, removedCount: 4 });
  });

  test('where only current objects are taken, older versions go before the current one', async () => {
    const world = new MigrationWorld({ versioning: 'enabled', carriesVersions: false });
    for (const body of ['old', 'new']) world.storage.put(SOURCE, 'a', body);
    await world.throughTheGate();
    const left: (string | null)[][] = [];
    onRemoval(world, async (remove) => {
      const outcomes = await remove();
      left.push(world.history(SOURCE, 'a'));
      return outcomes;
    });

    await world.emptyAll('source');

    expect(left).toEqual([['new'], []]);
  });

  test('a current object stays while an older version of it is refused, so that an undo finds the right one', async () => {
    const world = new MigrationWorld({ versioning: 'enabled', carriesVersions: false });
    for (const body of ['old', 'new']) world.storage.put(SOURCE, 'a', body);
    world.storage.put(SOURCE, 'b', 'x');
    await world.throughTheGate();
    const old = world.storage.history(SOURCE, 'a').slice(0, 1);
    onRemoval(world, async (remove) => {
      const outcomes = await remove();
      return outcomes.map((one) => {
        if (!('versionId' in one.removal) || one.removal.versionId !== old[0]?.versionId) return one;
        world.storage.bucket(SOURCE).older.set('a', [...old]);
        return { ...one, outcome: 'refused' as const };
      });
    });

    await world.emptyAll('source');

    expect(world.history(SOURCE, 'a')).toEqual(['old', 'new']);
    expect(world.history(SOURCE, 'b')).toEqual([]);
    expect(world.emptied('source')).toMatchObject({ isDone: false, refusedCount: 1 });
  });

  test('the newest version is asked to go first, so that a crash leaves the beginning of the history', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    for (const body of ['1', '2', '3']) world.storage.put(SOURCE, 'a', body);
    await world.throughTheGate();
    const ids = world.storage.history(SOURCE, 'a').map(({ versionId }) => versionId);
    let asked: unknown[] = [];
    onRemoval(world, async (remove) => {
      const outcomes = await remove();
      asked = outcomes.map(({ removal }) => ('versionId' in removal ? removal.versionId : undefined));
      return outcomes;
    });

    await world.emptyAll('source');

    expect(asked).toEqual(ids.reverse());
  });

  test('a version that was written over an unversioned one since is not taken for it', async () => {
    const world = new MigrationWorld({ versioning: 'suspended' });
    world.storage.put(SOURCE, 'a', '1');
    await world.throughTheGate();
    world.storage.put(SOURCE, 'a', 'newer');

    await world.emptyAll('source');

    expect(world.history(SOURCE, 'a')).toEqual(['newer']);
    expect(world.emptied('source')?.changedCount).toBe(1);
  });

  test.each<[string, (world: MigrationWorld) => void]>([
    ['an object', (world) => world.storage.put(SOURCE, 'a', '1')],
    ['a delete marker', (world) => world.storage.lay(SOURCE, 'a')],
  ])('nor is one that is written over %s between its listing and its deletion', async (_, begin) => {
    const world = new MigrationWorld({ versioning: 'enabled', source: { a: 'one', b: 'stays' } });
    const bucket = world.storage.bucket(SOURCE);
    bucket.facts = { ...bucket.facts, versioning: 'suspended' };
    world.knowSource({ versioning: 'suspended', carriesVersions: true });
    begin(world);
    await world.throughTheGate();
    world.storage.fault = ({ operation }) => {
      if (operation === 'removeObjects') world.storage.put(SOURCE, 'a', 'late');
      return undefined;
    };

    await world.emptyAll('source');

    expect(world.history(SOURCE, 'a')).toEqual(['late']);
    expect(world.emptied('source')?.changedCount).toBe(1);
  });

  test('only what can be written over is looked at once more', async () => {
    const world = new MigrationWorld({ versioning: 'enabled', source: { a: '1' } });
    await world.throughTheGate();
    const named: unknown[] = [];
    onRemoval(world, async (remove) => {
      const outcomes = await remove();
      named.push(...outcomes.map(({ removal }) => removal));
      return outcomes;
    });

    await world.emptyAll('source');

    expect(named).toEqual([{ key: 'a', versionId: expect.any(String) as string }]);
  });

  test.each([
    ['whole', [0, 1, 2], 0],
    ['a beginning', [0, 1], 0],
    ['gone', [], 0],
    ['an end', [1, 2], 2],
    ['without its middle', [0, 2], 2],
  ])('an undo clears a history only when it is broken: one that is %s', async (_, left, removedCount) => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    for (const body of ['1', '2', '3']) world.storage.put(SOURCE, 'a', body);
    await world.throughTheGate();
    const bucket = world.storage.bucket(SOURCE);
    const kept = left.flatMap((index) => world.storage.history(SOURCE, 'a')[index] ?? []);
    bucket.objects.delete('a');
    bucket.older.delete('a');
    if (kept.length > 0) bucket.older.set('a', kept);
    world.pass('undo-began');

    await world.empty('source', 1, '--only', 'broken');

    expect(world.emptied('source')).toMatchObject({ isDone: true, removedCount });
  });

  test('broken histories are cleared only in an undo', async () => {
    const world = await gatePassed({ versioning: 'enabled', source: { a: '1' } });

    await world.empty('source', 1, '--only', 'broken');

    expect(world.emptied('source')?.halted?.error).toBe('GateClosedError');
  });
});

describe('emptying the temporary bucket', () => {
  async function returned(setup: MigrationSetup): Promise<MigrationWorld> {
    const world = await gatePassed(setup);
    await world.emptyAll('source');
    world.makeFinal();
    await world.transfer('copy-back');
    world.pass('returned', 'quarantine-over');
    return world;
  }

  test.each([{ versioning: 'off' }, { versioning: 'enabled' }] as const)(
    'the copies that the proof lists are deleted, and nothing else (%o)',
    async (setup) => {
      const world = await returned({ ...setup, source: { a: '1', b: '2' } });
      world.storage.put(TEMPORARY, 'stranger', 'x');

      await world.emptyAll('temporary');

      expect(world.keys(TEMPORARY)).toEqual(['stranger']);
      expect(world.keys(SOURCE)).toEqual(['a', 'b']);
      expect(world.emptied('temporary')).toMatchObject({ isDone: true, removedCount: 2 });
    },
  );

  test.each([
    [
      'the return is not verified',
      (world: MigrationWorld) => world.documents.documents.delete(paths.milestone(JOB_ID, 'returned')),
      'GateClosedError',
    ],
    [
      'its time is not over',
      (world: MigrationWorld) => world.documents.documents.delete(paths.milestone(JOB_ID, 'quarantine-over')),
      'GateClosedError',
    ],
    [
      'it became the final bucket',
      (world: MigrationWorld) =>
        world.write(paths.finalBucket(JOB_ID), { connection: 'theirs', bucket: TEMPORARY, isTemporary: true }),
      'GateClosedError',
    ],
    [
      'it does not carry the tag of the job',
      (world: MigrationWorld) => {
        const { facts } = world.storage.bucket(TEMPORARY);
        world.storage.bucket(TEMPORARY).facts = { ...facts, tags: {} };
      },
      'BucketReplacedError',
    ],
  ])('nothing of it is deleted when %s', async (_, change, error) => {
    const world = await returned({ source: { a: '1' } });
    change(world);

    await world.empty('temporary');

    expect(world.keys(TEMPORARY)).toEqual(['a']);
    expect(world.emptied('temporary')?.halted?.error).toBe(error);
  });
});
