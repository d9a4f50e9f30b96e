import { describe, expect, test } from 'vitest';
import { paths } from '../../domain/job-documents.ts';
import { EXIT } from '../../fargate-task/task-ports.ts';
import { manyObjects } from '../support/a-job.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY, type MigrationSetup } from './migration-world.ts';

async function transferred(setup: MigrationSetup): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  expect(await world.transfer()).toMatchObject({ verdict: 'equal' });
  return world;
}

describe('proving both sides', () => {
  test('every object has a line with what stands on both sides and how strongly that is proven', async () => {
    const world = await transferred({ source: { a: 'one', b: 'two!' } });

    expect(await world.prove()).toMatchObject({
      proof: 1,
      verdict: 'equal',
      lineCount: 2,
      keyCount: 2,
      sizeBytes: 7,
      grades: { A: 0, B: 0, C: 2, D: 0 },
      extraCount: 0,
      lostVersionCount: 0,
    });

    const { etag } = world.storage.put(TEMPORARY, 'b', 'two!');
    expect(world.proven()[1]).toMatchObject({
      key: 'b',
      sizeBytes: 4,
      sourceEtag: etag,
      temporaryEtag: etag,
      grade: 'C',
    });
  });

  test('two listings of the same source have the same digest, and any change gives another one', async () => {
    const world = await transferred({ source: { a: '1', b: '2' } });
    const { sourceDigest } = world.verdict() ?? {};

    expect((await world.prove())?.sourceDigest).toBe(sourceDigest);
    world.storage.put(SOURCE, 'c', '3');

    expect((await world.prove())?.sourceDigest).not.toBe(sourceDigest);
  });

  test('an empty bucket is proven too, with no part', async () => {
    const world = await transferred({});

    expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 0, parts: [] });
  });

  test.each([
    ['is missing', (world: MigrationWorld) => world.storage.bucket(TEMPORARY).objects.delete('b')],
    ['differs', (world: MigrationWorld) => world.storage.put(TEMPORARY, 'b', 'X')],
    ['came to the source late', (world: MigrationWorld) => world.storage.put(SOURCE, 'late', '1')],
  ])('an object that %s makes a candidate that is never sealed', async (_, change) => {
    const world = await transferred({ source: { a: '1', b: '2' } });
    change(world);

    expect((await world.prove())?.verdict).toBe('differences-found');
  });

  test('an object that goes while it is being proven is no proof', async () => {
    const world = await transferred({ source: { a: '1' }, options: { compareAttributes: 'every' } });
    world.storage.fault = ({ operation, bucket }) => {
      if (operation === 'headObject' && bucket === SOURCE) world.storage.bucket(SOURCE).objects.delete('a');
      return undefined;
    };

    expect((await world.prove())?.verdict).toBe('differences-found');
  });

  test('a proof is as old as its first listing, however long it took: a freeze in between makes it worth nothing', async () => {
    const world = new MigrationWorld({ source: manyObjects(20) });
    await world.transfer();
    const beganAtMs = world.clock.nowMs();
    world.storage.fault = () => void world.clock.advance(60_000);

    expect((await world.prove())?.provedAtMs).toBe(beganAtMs);
  });

  test('what only the temporary bucket holds is counted and not listed', async () => {
    const world = await transferred({ source: { a: '1', b: '2' } });
    world.storage.bucket(SOURCE).objects.delete('b');

    expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 1, extraCount: 1 });
  });

  test('a large proof is cut into parts at whole keys', async () => {
    const world = await transferred({ source: manyObjects(25), options: { shardObjectCountMax: 10 } });

    const { parts = [] } = (await world.prove()) ?? {};

    expect(parts.map(({ lineCount }) => lineCount)).toEqual([10, 10, 5]);
    expect(world.proven().map(({ key }) => key)).toEqual(Object.keys(manyObjects(25)));
  });

  test('no part of a proof is ever written over, whoever proves again', async () => {
    const world = await transferred({ source: { a: '1' } });
    await world.prove();
    const before = world.documents.documents.get(paths.proofPart(JOB_ID, 1, 1));
    world.storage.put(SOURCE, 'a', '2');

    expect(await world.prove()).toMatchObject({ proof: 2 });

    expect(world.documents.documents.get(paths.proofPart(JOB_ID, 1, 1))).toBe(before);
  });

  test('an attempt that comes back late does not write over the proof that was sealed meanwhile', async () => {
    const world = await transferred({ source: { a: '1' } });
    let sealed: Uint8Array | undefined;
    world.documents.beforeWrite = async (path) => {
      if (path !== paths.proofPart(JOB_ID, 1, 1)) return;
      world.documents.beforeWrite = undefined;
      world.storage.put(SOURCE, 'a', '22');
      await world.transfer();
      await world.prove();
      world.seal();
      sealed = world.documents.documents.get(path);
    };

    expect(await world.run(['prove'])).toBe(EXIT.superseded);

    expect(sealed).toBeDefined();
    expect(world.documents.documents.get(paths.proofPart(JOB_ID, 1, 1))).toBe(sealed);
    expect(world.candidate()).toMatchObject({ proof: 1, sizeBytes: 2 });
  });

  test('of two attempts at once one ends and leaves the proof to the other', async () => {
    const world = await transferred({ source: manyObjects(30), options: { shardObjectCountMax: 10 } });

    const codes = await Promise.all([world.run(['prove']), world.run(['prove'])]);

    expect(codes.sort()).toEqual([EXIT.done, EXIT.superseded]);
    expect(world.candidate()?.verdict).toBe('equal');
    expect(world.proven()).toHaveLength(30);
  });

  test.each([1, 2, 3, 4, 5])(
    'an attempt that dies at its write number %i leaves nothing that can be sealed by mistake',
    async (fatal) => {
      const world = await transferred({ source: manyObjects(25), options: { shardObjectCountMax: 10 } });
      let writes = 0;
      world.documents.beforeWrite = () => {
        if ((writes += 1) === fatal) throw new Error('killed');
      };
      await world.run(['prove']);
      world.documents.beforeWrite = undefined;

      expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 25 });

      expect(world.proven().map(({ key }) => key)).toEqual(Object.keys(manyObjects(25)));
    },
  );
});

describe('proving versions', () => {
  test('every version has its line and every delete marker one without a copy', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    world.storage.put(SOURCE, 'a', 'one');
    world.storage.put(SOURCE, 'a', 'two');
    world.storage.lay(SOURCE, 'a');
    await world.transfer();

    expect(await world.prove()).toMatchObject({
      verdict: 'equal',
      lineCount: 3,
      keyCount: 1,
      deleteMarkerCount: 1,
      sizeBytes: 6,
    });

    const copies = world.storage.history(TEMPORARY, 'a').map(({ versionId }) => versionId);
    expect(world.proven().map(({ temporaryVersionId }) => temporaryVersionId)).toEqual([...copies, undefined]);
    expect(world.history(TEMPORARY, 'a')).toEqual(['one', 'two']);
  });

  test('markers that hide nothing are counted as lost, and listed so that they can be deleted', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    world.storage.put(SOURCE, 'a', 'one');
    world.storage.lay(SOURCE, 'a');
    world.storage.lay(SOURCE, 'a');
    await world.transfer();

    expect(await world.prove()).toMatchObject({
      verdict: 'equal',
      lineCount: 3,
      lostMarkerCount: 1,
      deleteMarkerCount: 1,
    });
    expect(world.proven().filter(({ isLost }) => isLost)).toHaveLength(1);
  });

  test('where only current objects are taken, every other version is counted as lost and listed', async () => {
    const world = new MigrationWorld({ versioning: 'enabled', carriesVersions: false });
    world.storage.put(SOURCE, 'a', 'old');
    world.storage.put(SOURCE, 'a', 'new');
    world.storage.put(SOURCE, 'gone', 'x');
    world.storage.lay(SOURCE, 'gone');
    await world.transfer();

    expect(await world.prove()).toMatchObject({
      verdict: 'equal',
      keyCount: 1,
      lineCount: 4,
      sizeBytes: 3,
      lostVersionCount: 2,
      lostMarkerCount: 1,
    });
    expect(world.keys(TEMPORARY)).toEqual(['a']);
    expect(world.proven().every(({ sourceVersionId }) => sourceVersionId !== undefined)).toBe(true);
  });

  test("a key's versions are never divided between two parts", async () => {
    const world = new MigrationWorld({ versioning: 'enabled', options: { shardObjectCountMax: 4 } });
    for (const key of ['a', 'b', 'c']) for (const body of ['1', '2', '3']) world.storage.put(SOURCE, key, body);
    await world.transfer();

    const { parts = [] } = (await world.prove()) ?? {};

    expect(parts.map(({ firstKey, lastKey }) => [firstKey, lastKey])).toEqual([
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'c'],
    ]);
  });
});

describe('proving again once deletions may have happened', () => {
  async function halfEmptied(setup: MigrationSetup): Promise<MigrationWorld> {
    const world = new MigrationWorld({ ...setup, options: { ...setup.options, shardObjectCountMax: 2 } });
    await world.throughTheGate();
    await world.empty('source', 1);
    return world;
  }

  test('what is gone from the source by now keeps its line, and a late object gets one', async () => {
    const world = await halfEmptied({ source: { a: '1', b: '2', c: '3' } });
    expect(world.keys(SOURCE)).toEqual(['c']);
    world.storage.put(SOURCE, 'late', '4');

    expect(await world.transfer()).toMatchObject({ verdict: 'equal', sourceCount: 4 });
    expect(await world.prove()).toMatchObject({ proof: 2, verdict: 'equal', lineCount: 4 });

    expect(world.keys(TEMPORARY)).toEqual(['a', 'b', 'c', 'late']);
    expect(world.candidate()?.sourceDigest).toBe(world.verdict()?.sourceDigest);
  });

  test('a copy that is gone too stops everything at once', async () => {
    const world = await halfEmptied({ source: { a: '1', b: '2', c: '3' } });
    world.storage.bucket(TEMPORARY).objects.delete('a');

    await world.run(['prove']);

    expect(world.halt('prove')?.error).toBe('ProofBrokenError');
  });

  test('the only copy is never replaced: an object written over since is left to a person', async () => {
    const world = await halfEmptied({ source: { a: '1', b: '2', c: '3' } });
    world.storage.put(SOURCE, 'a', 'another');

    expect(await world.transfer()).toMatchObject({ verdict: 'cannot-go-on', differsCount: 1 });
    expect((await world.prove())?.verdict).toBe('differences-found');

    expect(world.storage.body(TEMPORARY, 'a')).toBe('1');
  });

  test('a late version comes after those that were deleted already', async () => {
    const world = new MigrationWorld({ versioning: 'enabled' });
    world.storage.put(SOURCE, 'a', 'one');
    world.storage.put(SOURCE, 'a', 'two');
    await world.throughTheGate();
    await world.empty('source');
    world.storage.put(SOURCE, 'a', 'late');

    await world.transfer();
    expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 3 });
    world.seal();
    world.makeFinal();
    await world.transfer('copy-back');

    expect(world.history(SOURCE, 'a')).toEqual(['one', 'two', 'late']);
  });

  test('what was given up stays given up', async () => {
    const world = new MigrationWorld({ versioning: 'enabled', carriesVersions: false });
    world.storage.put(SOURCE, 'a', 'old');
    world.storage.put(SOURCE, 'a', 'new');
    await world.throughTheGate();
    const [newest] = world.storage.history(SOURCE, 'a').slice(-1);
    world.storage.bucket(SOURCE).objects.delete('a');
    expect(newest).toBeDefined();

    await world.transfer();

    expect(await world.prove()).toMatchObject({ verdict: 'equal', keyCount: 1, lostVersionCount: 1 });
    expect(world.storage.body(TEMPORARY, 'a')).toBe('new');
  });
});
