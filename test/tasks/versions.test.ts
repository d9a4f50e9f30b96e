import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StorageUnavailableError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import { reproducibleHistory } from '../../domain/objects.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY } from './migration-world.ts';

type Histories = Readonly<Record<string, readonly (string | null)[]>>;

/** A versioned source with these histories, oldest first; `null` is a delete marker. */
function versioned(histories: Histories, options: Record<string, number> = {}): MigrationWorld {
  const world = new MigrationWorld({ versioning: 'enabled', options });
  for (const [key, bodies] of Object.entries(histories)) {
    for (const body of bodies) {
      world.clock.advance(1000);
      if (body === null) world.storage.lay(SOURCE, key);
      else world.storage.put(SOURCE, key, body);
    }
  }
  return world;
}

async function moved(world: MigrationWorld): Promise<MigrationWorld> {
  await world.throughTheGate();
  await world.emptyAll('source');
  world.makeFinal();
  await world.transfer('copy-back');
  return world;
}

describe('moving versions', () => {
  test('every version and delete marker comes back in order', async () => {
    const world = await moved(versioned({ a: ['1', '22', null, '333'], b: ['x', null], c: ['only'] }));

    expect(world.verdict('copy-back')).toMatchObject({ verdict: 'equal', sourceCount: 7 });
    expect(world.history(SOURCE, 'a')).toEqual(['1', '22', null, '333']);
    expect(world.history(SOURCE, 'b')).toEqual(['x', null]);
    expect(world.keys(SOURCE)).toEqual(['a', 'c']);
  });

  test('versions with equal content in a row stay as many as they were', async () => {
    const world = await moved(versioned({ a: ['same', 'same', 'same', 'other', 'same'] }));

    expect(world.history(TEMPORARY, 'a')).toHaveLength(5);
    expect(world.history(SOURCE, 'a')).toEqual(['same', 'same', 'same', 'other', 'same']);
  });

  test('plan, shards and results count versions and delete markers', async () => {
    const world = versioned({ a: ['1', '22'], b: ['x', null] });
    await world.plan();
    await world.copyShards();

    expect(world.summary()).toMatchObject({ sourceCount: 4, totalCount: 3, totalBytes: 4 });
    expect(world.result(1)).toMatchObject({ copiedCount: 3, copiedBytes: 4, doneCount: 2, isDone: true });
  });

  test('a shard never divides a key', async () => {
    const world = versioned({ a: ['1', '2', '3'], b: ['1', '2', '3'] }, { shardObjectCountMax: 4 });
    await world.plan();

    expect(
      world.summary()?.shards.map(({ firstKey, lastKey, objectCount }) => [firstKey, lastKey, objectCount]),
    ).toEqual([
      ['a', 'a', 3],
      ['b', 'b', 3],
    ]);
  });

  test('a history of thousands of versions is one entry and comes over whole', async () => {
    const bodies = Array.from({ length: 1500 }, (_, index) => `${index}`);
    const world = versioned({ a: bodies });

    expect(await world.transfer()).toMatchObject({ verdict: 'equal', verifiedCount: 1500 });
    expect(world.history(TEMPORARY, 'a')).toEqual(bodies);
  });

  test('keys that begin with each other keep their own histories', async () => {
    const world = await moved(versioned({ a: ['1', '2'], 'a/b': ['3', null], aa: ['4'] }));

    expect(['a', 'a/b', 'aa'].map((key) => world.history(SOURCE, key))).toEqual([['1', '2'], ['3', null], ['4']]);
  });

  test.each([1, 2, 3, 4, 5])(
    'copy number %i that has its effect and loses its answer is not made twice',
    async (lost) => {
      const world = versioned({ a: ['same', 'same', 'same'], b: ['1', '2'] });
      await world.plan();
      const open = world.storage.open.bind(world.storage);
      let copies = 0;
      world.storage.open = async (request) => {
        const storage = await open(request);
        const copyObject = storage.copyObject.bind(storage);
        storage.copyObject = async (...asked) => {
          const receipt = await copyObject(...asked);
          if ((copies += 1) === lost) throw new StorageUnavailableError('no answer');
          return receipt;
        };
        return storage;
      };

      await world.copyShards();

      expect(world.history(TEMPORARY, 'a')).toEqual(['same', 'same', 'same']);
      expect(world.history(TEMPORARY, 'b')).toEqual(['1', '2']);
    },
  );

  test('other versions that stand under the new name are a difference, and none of them is touched', async () => {
    const world = versioned({ a: ['1', '2'] });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.makeFinal();
    world.storage.put(SOURCE, 'a', 'theirs');

    expect(await world.transfer('copy-back')).toMatchObject({ verdict: 'cannot-go-on' });

    expect(world.history(SOURCE, 'a')).toEqual(['theirs']);
  });

  test('a version that others write between planning and copying is not built upon', async () => {
    const world = versioned({ a: ['1', '2'] });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.makeFinal();
    await world.plan('copy-back');
    world.storage.put(SOURCE, 'a', 'theirs');

    await world.copyShards('copy-back');

    expect(world.history(SOURCE, 'a')).toEqual(['theirs']);
    expect(world.failures(1, 'copy-back')).toMatchObject([{ key: 'a', outcome: 'blocked', isFinal: true }]);
  });

  test('no version is written where it would take the place of the one before', async () => {
    const world = versioned({ a: ['1', '2'] });
    const bucket = world.storage.bucket(TEMPORARY);
    bucket.facts = { ...bucket.facts, versioning: 'suspended' };

    await world.plan();
    await world.copyShards();

    expect(world.result(1)).toMatchObject({ isDone: false, halted: { error: 'StorageRefusedError' } });
    expect(world.history(TEMPORARY, 'a')).toEqual([]);
  });

  test('a version too many under the new name is a difference', async () => {
    const world = await moved(versioned({ a: ['1', '2'] }));
    world.storage.put(SOURCE, 'a', 'theirs');

    expect(await world.verify('copy-back')).toMatchObject({ verdict: 'cannot-go-on', extraCount: 1 });
  });

  test('a version that is gone from the temporary bucket stops everything at once', async () => {
    const world = versioned({ a: ['1', '2'] });
    await world.throughTheGate();
    await world.emptyAll('source');
    world.makeFinal();
    world.storage.bucket(TEMPORARY).older.delete('a');

    await world.plan('copy-back');

    expect(world.halt('plan', 'copy-back')?.error).toBe('ProofBrokenError');
  });

  test('headers, tags and checksums are compared version by version', async () => {
    const world = versioned({ a: ['1', '2'] });
    await world.transfer();
    const [first] = world.storage.bucket(TEMPORARY).older.get('a') ?? [];
    Object.assign(first ?? {}, { tags: { color: 'red' } });
    Object.assign(world.job.request.options, { compareAttributes: 'every' });
    world.write(paths.request(JOB_ID), world.job);

    expect(await world.verify()).toMatchObject({ verdict: 'differences-found', missingCount: 1 });
  });

  test('a task that is killed at any write goes on and makes no version twice', async () => {
    for (let fatal = 1; fatal <= 6; fatal += 1) {
      const world = versioned(
        { a: ['1', '1'], b: ['2', '3'], c: ['4'], d: ['5', null, '6'] },
        { batchObjectCountMax: 1 },
      );
      await world.plan();
      let writes = 0;
      world.documents.beforeWrite = () => {
        if ((writes += 1) === fatal) throw new Error('killed');
      };
      await world.copyShards();
      world.documents.beforeWrite = undefined;
      expect(await world.run(['copy', '--transfer', 'copy', '--shard', '1'])).toBe(EXIT.done);

      expect(['a', 'b', 'c', 'd'].map((key) => world.history(TEMPORARY, key))).toEqual([
        ['1', '1'],
        ['2', '3'],
        ['4'],
        ['5', '6'],
      ]);
    }
  });

  test('any history that can be made again is the same on the other side', async () => {
    const version = fc.option(fc.constantFrom('a', 'a', 'bb', 'ccc'), { nil: null, freq: 3 });
    const histories = fc.dictionary(
      fc.constantFrom('k', 'k/', 'kk', 'l', 'm%2F', '\u{1f600}', '\uffee'),
      fc.array(version, { minLength: 1, maxLength: 6 }),
      { maxKeys: 4 },
    );

    await fc.assert(
      fc.asyncProperty(histories, async (wanted) => {
        const world = await moved(versioned(wanted, { shardObjectCountMax: 3 }));

        expect(world.verdict('copy-back')?.verdict).toBe('equal');
        for (const [key, bodies] of Object.entries(wanted)) {
          const marked = bodies.map((body) => ({ body, isDeleteMarker: body === null }));
          expect(world.history(SOURCE, key)).toEqual(reproducibleHistory(marked).map(({ body }) => body));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('bringing versions back', () => {
  test.each([
    ['all of it is left', [0, 1, 2]],
    ['its beginning is left', [0, 1]],
    ['its end is left', [2]],
    ['its middle is gone', [0, 2]],
    ['nothing is left', []],
  ])('a history is whole and in order again when %s', async (_, left) => {
    const world = versioned({ a: ['1', '2', '3'] });
    await world.throughTheGate();
    const versions = world.storage.history(SOURCE, 'a');
    const bucket = world.storage.bucket(SOURCE);
    const kept = left.flatMap((index) => versions[index] ?? []);
    bucket.objects.delete('a');
    bucket.older.delete('a');
    const newest = kept.at(-1);
    if (newest && 'body' in newest) bucket.objects.set('a', newest);
    if (kept.length > 1) bucket.older.set('a', kept.slice(0, -1));
    world.pass('undo-began');
    await world.empty('source', 1, '--only', 'broken');
    world.admitUndo();

    expect(await world.transfer('undo')).toMatchObject({ verdict: 'equal' });

    expect(world.history(SOURCE, 'a')).toEqual(['1', '2', '3']);
  });
});
