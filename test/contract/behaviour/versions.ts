import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type BucketVersioningStatus,
  type ListObjectVersionsCommandInput,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

async function setVersioning(world: World, bucket: string, Status: BucketVersioningStatus): Promise<void> {
  await world.a.s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
}

async function aVersionedBucket(world: World): Promise<string> {
  const bucket = await aBucket(world);
  await setVersioning(world, bucket, 'Enabled');
  return bucket;
}

async function versionsOf(world: World, bucket: string, more: Partial<ListObjectVersionsCommandInput> = {}) {
  const page = await world.a.s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...more }));
  return { page, versions: page.Versions ?? [], markers: page.DeleteMarkers ?? [] };
}

const keeping: Behaviour[] = [
  behaviour('versioning-off', 'a new bucket has no versioning, and its objects the version null', async (world) => {
    const bucket = await aBucket(world);
    const { version } = await put(world.a, bucket, 'a');

    const status = await world.a.s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    const { versions } = await versionsOf(world, bucket);

    expect(status.Status).toBeUndefined();
    expect(version).toBeUndefined();
    expect(versions.map((each) => [each.Key, each.VersionId, each.IsLatest])).toEqual([['a', 'null', true]]);
  }),
  behaviour(
    'versioning-keeps',
    'with versioning every write stays readable, newest first in the list',
    async (world) => {
      const bucket = await aVersionedBucket(world);
      const first = await put(world.a, bucket, 'a', 'first');
      const second = await put(world.a, bucket, 'a', 'second');

      const { versions } = await versionsOf(world, bucket);

      expect(first.version).not.toBe(second.version);
      expect(versions.map((each) => [each.VersionId, each.IsLatest])).toEqual([
        [second.version, true],
        [first.version, false],
      ]);
      expect(await read(world.a, bucket, 'a')).toBe('second');
      expect(await read(world.a, bucket, 'a', first.version)).toBe('first');
    },
  ),
  behaviour('versioning-delete-marker', 'a delete hides the object and keeps its versions', async (world) => {
    const bucket = await aVersionedBucket(world);
    const first = await put(world.a, bucket, 'a', 'first');
    const object = { Bucket: bucket, Key: 'a' };

    const deleted = await world.a.s3.send(new DeleteObjectCommand(object));
    const { versions, markers } = await versionsOf(world, bucket);

    expect(deleted.DeleteMarker).toBe(true);
    expect(markers.map((each) => [each.Key, each.VersionId, each.IsLatest])).toEqual([['a', deleted.VersionId, true]]);
    expect(versions.map((each) => [each.VersionId, each.IsLatest])).toEqual([[first.version, false]]);
    expect(await refusalOf(world.a.s3.send(new GetObjectCommand(object)))).toBe('404 NoSuchKey');
    expect((await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
    expect(await read(world.a, bucket, 'a', first.version)).toBe('first');
  }),
  behaviour('versioning-read-marker', 'a delete marker cannot be read by its version', async (world) => {
    const bucket = await aVersionedBucket(world);
    await put(world.a, bucket, 'a');
    const { VersionId } = await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));
    const marker = { Bucket: bucket, Key: 'a', VersionId };

    expect(await refusalOf(world.a.s3.send(new GetObjectCommand(marker)))).toBe('405 MethodNotAllowed');
    expect(await refusalOf(world.a.s3.send(new HeadObjectCommand(marker)))).toMatch(/^405 /);
  }),
  behaviour('versioning-undelete', 'removing the delete marker brings the object back', async (world) => {
    const bucket = await aVersionedBucket(world);
    await put(world.a, bucket, 'a', 'back');
    const { VersionId } = await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));

    const removed = await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a', VersionId }));

    expect(removed.DeleteMarker).toBe(true);
    expect(await read(world.a, bucket, 'a')).toBe('back');
  }),
  behaviour(
    'versioning-delete-version',
    'deleting one version ends it for good, and the one before is current',
    async (world) => {
      const bucket = await aVersionedBucket(world);
      await put(world.a, bucket, 'a', 'first');
      const second = await put(world.a, bucket, 'a', 'second');

      await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a', VersionId: second.version }));

      expect(await read(world.a, bucket, 'a')).toBe('first');
      expect(await refusalOf(read(world.a, bucket, 'a', second.version))).toBe('404 NoSuchVersion');
    },
  ),
];

const suspending: Behaviour[] = [
  behaviour('versioning-suspended', 'suspended, a write replaces the version null and no other', async (world) => {
    const bucket = await aVersionedBucket(world);
    const kept = await put(world.a, bucket, 'a', 'kept');
    await setVersioning(world, bucket, 'Suspended');
    await put(world.a, bucket, 'a', 'lost');
    await put(world.a, bucket, 'a', 'last');

    const { versions } = await versionsOf(world, bucket);

    expect(versions.map((each) => each.VersionId)).toEqual(['null', kept.version]);
    expect(await read(world.a, bucket, 'a', 'null')).toBe('last');
    expect(await read(world.a, bucket, 'a', kept.version)).toBe('kept');
  }),
  behaviour('versioning-null-kept', 'what was there before versioning is the version null', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'before');
    await setVersioning(world, bucket, 'Enabled');
    await put(world.a, bucket, 'a', 'after');

    expect(await read(world.a, bucket, 'a', 'null')).toBe('before');
    expect(await read(world.a, bucket, 'a')).toBe('after');
  }),
];

const using: Behaviour[] = [
  behaviour('versioning-copy', 'a copy takes the version that is named, else the newest', async (world) => {
    const bucket = await aVersionedBucket(world);
    const odd = 'odd?versionId=x';
    const first = await put(world.a, bucket, odd, 'first');
    await put(world.a, bucket, odd, 'second');
    const copy = (to: string, version?: string) =>
      world.a.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: to, CopySource: copySource(bucket, odd, version) }));

    const named = await copy('named', first.version);
    const newest = await copy('newest');

    expect(named.CopySourceVersionId).toBe(first.version);
    expect(await read(world.a, bucket, 'named')).toBe('first');
    expect(await read(world.a, bucket, 'newest')).toBe('second');
    expect(newest.VersionId).toBeTruthy();
  }),
  behaviour('versioning-copy-marker', 'a deleted object cannot be the source of a copy', async (world) => {
    const bucket = await aVersionedBucket(world);
    await put(world.a, bucket, 'a');
    await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));

    const copy = new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: copySource(bucket, 'a') });

    expect(await refusalOf(world.a.s3.send(copy))).toBe('404 NoSuchKey');
  }),
  behaviour('versions-pages', 'pages of versions go on within one key', async (world) => {
    const bucket = await aVersionedBucket(world);
    const written = [];
    for (const key of ['a', 'a', 'a', 'b']) written.push((await put(world.a, bucket, key)).version);
    const [first, second, third, other] = written;

    const one = await versionsOf(world, bucket, { MaxKeys: 2 });
    const two = await versionsOf(world, bucket, {
      MaxKeys: 2,
      KeyMarker: one.page.NextKeyMarker,
      VersionIdMarker: one.page.NextVersionIdMarker,
    });

    expect(one.versions.map((each) => each.VersionId)).toEqual([third, second]);
    expect(two.versions.map((each) => each.VersionId)).toEqual([first, other]);
    expect([one.page.IsTruncated, two.page.IsTruncated]).toEqual([true, false]);
  }),
  behaviour('versions-delete-bucket', 'a bucket whose objects are all hidden is still not empty', async (world) => {
    const bucket = await aVersionedBucket(world);
    await put(world.a, bucket, 'a');
    await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' }));

    expect(await refusalOf(world.a.s3.send(new DeleteBucketCommand({ Bucket: bucket })))).toBe('409 BucketNotEmpty');
  }),
];

export const versionBehaviours: readonly Behaviour[] = [...keeping, ...suspending, ...using];
