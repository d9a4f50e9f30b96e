import { describe, expect, test } from 'vitest';
import { paths, type ShardEntry } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import { freezeSid } from '../../domain/policy.ts';
import { HOUR_MS } from '../../domain/time.ts';
import { ShardWriter } from '../../fargate-task/shard-files.ts';
import { isMarker, type MemoryObject } from '../support/memory-bucket.ts';
import { JOB_ID, MigrationWorld, SOURCE, TEMPORARY, type MigrationSetup } from './migration-world.ts';

/** What a failed job does with the source, and what a redrive does next: it was open in between. */
function freezeAgain(world: MigrationWorld): void {
  world.clock.advance(HOUR_MS);
  const nowMs = world.clock.nowMs();
  const place = { connection: 'ours', bucket: SOURCE, sid: freezeSid(JOB_ID) };
  const freeze: FreezeDocument = { ...place, putAtMs: nowMs, inForceAtMs: nowMs };
  world.write(paths.freeze(JOB_ID), freeze);
}

async function copied(setup: MigrationSetup, key: string): Promise<MigrationWorld> {
  const world = new MigrationWorld(setup);
  freezeAgain(world);
  world.storage.put(SOURCE, key, 'the bytes', { tags: { team: 'red' } });
  world.storage.put(SOURCE, 'other', 'untouched');
  await world.transfer();
  return world;
}

const tagsOf = (world: MigrationWorld, bucket: string, key: string): Record<string, string>[] =>
  world.storage.history(bucket, key).flatMap((version) => (isMarker(version) ? [] : [version.tags]));

describe('a source that was open between two attempts', () => {
  test('tags that were set meanwhile are in the proven copy, although the bytes are the same', async () => {
    const world = await copied({}, 'a');
    const there = world.storage.bucket(SOURCE).objects.get('a') as MemoryObject;
    there.tags = { team: 'blue' };
    freezeAgain(world);

    expect(await world.transfer()).toMatchObject({ verdict: 'equal' });
    expect(await world.prove()).toMatchObject({ verdict: 'equal', lineCount: 2 });

    expect(tagsOf(world, TEMPORARY, 'a')).toEqual([{ team: 'blue' }]);
  });

  test('so are headers, when the object was written again with the same bytes', async () => {
    const world = await copied({}, 'a');
    world.clock.advance(HOUR_MS);
    world.storage.put(SOURCE, 'a', 'the bytes', { systemHeaders: { 'content-type': 'image/png' } });
    freezeAgain(world);

    expect(await world.transfer()).toMatchObject({ verdict: 'equal' });

    expect(world.storage.bucket(TEMPORARY).objects.get('a')?.systemHeaders).toEqual({ 'content-type': 'image/png' });
  });

  test('only what is not the same any more is copied again', async () => {
    const world = await copied({}, 'a');
    (world.storage.bucket(SOURCE).objects.get('a') as MemoryObject).tags = {};
    freezeAgain(world);
    const before = world.storage.callsOf('copyObject').length;

    await world.transfer();

    const again = world.storage.callsOf('copyObject').slice(before);
    expect(again.map(({ key }) => key)).toEqual(['a']);
  });

  test('a proof is not sealed over tags that differ, even when nothing was copied again', async () => {
    const world = await copied({}, 'a');
    (world.storage.bucket(SOURCE).objects.get('a') as MemoryObject).tags = { team: 'blue' };
    freezeAgain(world);

    expect(await world.prove()).toMatchObject({ verdict: 'differences-found' });
  });

  test('a version whose tags were set meanwhile gets another copy, and that one is proven', async () => {
    const world = await copied({ versioning: 'enabled' }, 'a');
    const there = world.storage.bucket(SOURCE).objects.get('a') as MemoryObject;
    there.tags = { team: 'blue' };
    freezeAgain(world);

    expect(await world.transfer()).toMatchObject({ verdict: 'equal' });
    expect(await world.prove()).toMatchObject({ verdict: 'equal' });

    const line = world.proven().find(({ key }) => key === 'a');
    const proven = world.storage
      .history(TEMPORARY, 'a')
      .find((version) => version.versionId === line?.temporaryVersionId);
    expect(proven).toMatchObject({ tags: { team: 'blue' } });
  });
});

describe('what was planned before deletions began', () => {
  test('never replaces the only copy, although it was to be replaced then', async () => {
    const world = new MigrationWorld({ source: { a: 'proven', b: 'other' } });
    await world.throughTheGate();
    // A shard that was given up before both sides were found equal; its plan wanted another copy in the place of this one.
    const entry = { ...entryOf(world, 'a'), replacesEtag: etagIn(world, TEMPORARY, 'a') };
    await leaveOpen(world, [entry]);
    await world.empty('source');
    world.storage.put(SOURCE, 'a', 'late, and another');

    await world.plan();
    await world.copyShards();

    expect(world.pending()).toEqual([1]);
    expect(world.storage.body(TEMPORARY, 'a')).toBe('proven');
  });
});

const etagIn = (world: MigrationWorld, bucket: string, key: string): string =>
  world.storage.bucket(bucket).objects.get(key)?.etag ?? '';

function entryOf(world: MigrationWorld, key: string): ShardEntry {
  const { etag = '', modifiedAtMs = world.clock.nowMs() } = world.storage.bucket(SOURCE).objects.get(key) ?? {};
  const sizeBytes = Buffer.byteLength(world.storage.body(SOURCE, key) ?? '');
  return { key, sizeBytes, etag, storageClass: 'STANDARD', modifiedAtMs };
}

/** Shard 1 of the plan with these entries, as an attempt that gave up has left it. */
async function leaveOpen(world: MigrationWorld, entries: readonly ShardEntry[]): Promise<void> {
  const place = { documents: world.documents, jobId: JOB_ID, transfer: 'copy' } as const;
  const writer = new ShardWriter(place, { objectCountMax: 10, bytesMax: 1e9 }, 1, 1);
  for (const entry of entries) await writer.add(entry);
  const shards = await writer.finish();
  world.write(paths.planSummary(JOB_ID, 'copy'), { ...world.summary(), shards });
  world.documents.documents.delete(paths.result(JOB_ID, 'copy', 1));
}
