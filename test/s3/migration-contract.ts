import { createHash } from 'node:crypto';
import { CreateMultipartUploadCommand, HeadObjectCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  BucketOwnedByAnotherAccountError,
  ObjectChangedError,
  ObjectMissingError,
  StorageRefusedError,
} from '../../domain/errors.ts';
import { compareKeys } from '../../domain/keys.ts';
import type { KeyHistory, VersionFacts } from '../../domain/objects.ts';
import {
  addStatements,
  freezeSid,
  freezeStatement,
  protectSid,
  protectStatement,
  removeStatements,
  sealSid,
  sealStatement,
  type PolicyStatement,
} from '../../domain/policy.ts';
import type { CopyOnto, Removal, Storage } from '../../domain/ports.ts';
import { MiB } from '../../domain/sizes.ts';
import { oddKeys } from '../support/odd-keys.ts';
import {
  aBucket,
  aVersionedBucket,
  gone,
  historiesOf,
  setVersions,
  shapeOf,
  someAtOnce,
  textOf,
  write,
} from './contract-stage.ts';
import { JOB_ID, type Side, type StorageWorld } from './storage-world.ts';

type World = () => StorageWorld;

/** What a migration asks of storage beyond a copy: histories, exact deletions, names that come free. */
export function describeMigrating(world: World): void {
  describe('histories', () => describeHistories(world));
  describe('copies of versions', () => describeVersionCopies(world));
  describe('deletions', () => describeRemovals(world));
  describe('a Deny on deletions', () => describeDenies(world));
  describe('buckets and their names', () => describeNames(world));
}

const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex');
const shape = (...texts: readonly (string | typeof gone)[]) =>
  texts.map((text) => (text === gone ? 'marker' : `${md5(text)} ${Buffer.byteLength(text)}`));

function describeHistories(world: World): void {
  test('of a bucket that never had versions hold each object once, as the version "null"', async () => {
    const bucket = await aBucket(world(), 'source');
    await write(world().raw('source'), bucket, 'a', 'one', 'two');
    await write(world().raw('source'), bucket, 'b', 'three', gone);
    const storage = await world().open('source', 'verify', bucket);

    const histories = await historiesOf(storage, { bucket });

    expect(histories.map(({ key }) => key)).toEqual(['a']);
    expect(histories[0]?.versions).toMatchObject([{ versionId: 'null', isDeleteMarker: false, sizeBytes: 3 }]);
    expect(await historiesOf(storage, { bucket, prefix: 'nothing/' })).toEqual([]);
  });

  test('are in the order in which they were made, markers among versions, oldest first', async () => {
    const bucket = await aBucket(world(), 'source');
    const raw = world().raw('source');
    await write(raw, bucket, 'k', 'before versions');
    await setVersions(raw, bucket, 'Enabled');
    await write(raw, bucket, 'k', 'one', gone, 'two', 'two', gone, gone, 'three');
    await write(raw, bucket, 'hidden', 'x', gone);
    await setVersions(raw, bucket, 'Suspended');
    await write(raw, bucket, 'suspended', 'lost', 'kept');
    await write(raw, bucket, 'suspended marker', 'lost', gone);
    const storage = await world().open('source', 'verify', bucket);

    const histories = await historiesOf(storage, { bucket });

    // Ceph RGW lays no marker over a marker.
    const markers: (typeof gone)[] = world().lacks.has('marker-over-marker') ? [gone] : [gone, gone];
    const shapes = Object.fromEntries(histories.map(({ key, versions }) => [key, shapeOf(versions)]));
    expect(shapes).toEqual({
      hidden: shape('x', gone),
      k: shape('before versions', 'one', gone, 'two', 'two', ...markers, 'three'),
      suspended: shape('kept'),
      'suspended marker': shape(gone),
    });
    expect(histories.find(({ key }) => key === 'k')?.versions[0]?.versionId).toBe('null');
    expect(histories.find(({ key }) => key === 'suspended')?.versions[0]?.versionId).toBe('null');
  });

  test('go on over the end of a page and stay whole; every odd key has its own', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    const raw = world().raw('source');
    const keys = oddKeys.map((odd) => odd.key);
    await someAtOnce(keys, (key) => write(raw, bucket, key, `first of ${key}`, `second of ${key}`));
    await someAtOnce([...Array(1_010).keys()], () => write(raw, bucket, 'many+ versions', 'again'));
    const storage = await world().open('source', 'verify', bucket);

    const histories = await historiesOf(storage, { bucket });

    const all = [...keys, 'many+ versions'].sort(compareKeys);
    expect(histories.map(({ key }) => key)).toEqual(all);
    for (const { key, versions } of histories) {
      const expected = key === 'many+ versions' ? 1_010 : 2;
      expect(new Set(versions.map((version) => version.versionId)).size, key).toBe(expected);
    }
    const after = await historiesOf(storage, { bucket, startAfter: 'many+ versions' });
    expect(after.map(({ key }) => key)).toEqual(all.slice(all.indexOf('many+ versions') + 1));
  });

  test('of somebody else are denied, not empty', async () => {
    const bucket = await aBucket(world(), 'stranger');
    const storage = await world().open('source', 'verify', bucket);

    await expect(historiesOf(storage, { bucket })).rejects.toThrow(AccessDeniedError);
  });

  test('lead to each version: its bytes, its facts and its tags', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    await write(world().raw('source'), bucket, 'k', 'old', 'new');
    const storage = await world().open('source', 'verify', bucket);
    const [old] = (await historiesOf(storage, { bucket }))[0]!.versions;

    const head = await storage.headObject(bucket, 'k', old!.etag, old!.versionId);
    const hash = await storage.hashObject(bucket, 'k', old!.etag, undefined, old!.versionId);

    expect(head).toMatchObject({ etag: md5('old'), sizeBytes: 3 });
    expect(hash).toEqual({ sha256: createHash('sha256').update('old').digest('hex'), sizeBytes: 3 });
    expect(await storage.readTags(bucket, 'k', old!.versionId)).toEqual({});
    await expect(storage.hashObject(bucket, 'k', old!.etag)).rejects.toThrow(ObjectChangedError);
    await expect(storage.headObject(bucket, 'k', undefined, 'no-such-version')).rejects.toThrow();
  });
}

function describeVersionCopies(world: World): void {
  test('one onto the other make the same history again, equal neighbours and delete markers included', async () => {
    const pair = await aPair(world(), aVersionedBucket);
    const raw = world().raw('source');
    await write(raw, pair.source, 'k', 'one', 'one', gone, 'two', gone);
    await write(raw, pair.source, 'parts', Buffer.alloc(6 * MiB, 'a'), Buffer.alloc(6 * MiB, 'b'), 'small');

    for (const history of await historiesOf(pair.copier, { bucket: pair.source })) await pair.repeat(history);

    const [sent, came] = [pair.source, pair.destination].map((bucket) => historiesOf(pair.copier, { bucket }));
    const sizesOf = (histories: KeyHistory[]) =>
      histories.map(({ key, versions }) => [
        key,
        ...versions.map((one) => (one.isDeleteMarker ? 'marker' : one.sizeBytes)),
      ]);
    expect(sizesOf(await came!)).toEqual(sizesOf(await sent!));
    expect(shapeOf((await came!)[0]!.versions)).toEqual(shape('one', 'one', gone, 'two', gone));
  });

  test('append nothing where another version is the newest, and never take it for theirs', async () => {
    const pair = await aPair(world(), aVersionedBucket);
    await write(world().raw('source'), pair.source, 'k', 'one');
    await write(world().raw('source'), pair.destination, 'k', 'one');
    const version = (await historiesOf(pair.copier, { bucket: pair.source }))[0]!.versions[0]!;

    await expect(pair.copy(version, { kind: 'append', overEtag: undefined })).rejects.toThrow(ObjectChangedError);
    await expect(pair.copy(version, { kind: 'append', overEtag: md5('other') })).rejects.toThrow(ObjectChangedError);

    expect((await historiesOf(pair.copier, { bucket: pair.destination }))[0]!.versions).toHaveLength(1);
  });

  test('replace exactly the object that they are told to, and no other one', async () => {
    const pair = await aPair(world(), aBucket);
    const [from, into] = [world().raw('source'), world().raw('source')];
    await write(from, pair.source, 'k', 'right');
    await write(into, pair.destination, 'k', 'wrong');
    await write(from, pair.source, 'large', Buffer.alloc(6 * MiB, 'r'));
    await write(into, pair.destination, 'large', 'wrong');
    const [k, large] = (await historiesOf(pair.copier, { bucket: pair.source })).map(({ versions }) => versions[0]!);

    await expect(pair.copy(k!, { kind: 'replace', etag: md5('other') })).rejects.toThrow(ObjectChangedError);
    expect(await textOf(into, pair.destination, 'k')).toBe('wrong');
    await expect(pair.copy(large!, { kind: 'replace', etag: md5('other') })).rejects.toThrow(ObjectChangedError);
    expect(await textOf(into, pair.destination, 'large')).toBe('wrong');
    await pair.copy(k!, { kind: 'replace', etag: md5('wrong') });
    await pair.copy(large!, { kind: 'replace', etag: md5('wrong') });

    expect(await textOf(into, pair.destination, 'k')).toBe('right');
    expect((await into.send(new HeadObjectCommand({ Bucket: pair.destination, Key: 'large' }))).ContentLength).toBe(
      6 * MiB,
    );
  });

  test('replace nothing where nothing is left to replace, and say when the source is gone', async () => {
    const pair = await aPair(world(), aBucket);
    await write(world().raw('source'), pair.source, 'k', 'right');
    const version = (await historiesOf(pair.copier, { bucket: pair.source }))[0]!.versions[0]!;

    await expect(pair.copy(version, { kind: 'replace', etag: md5('gone') })).rejects.toThrow(ObjectChangedError);
    await write(world().raw('source'), pair.source, 'k', gone);
    await expect(pair.copy(version, { kind: 'replace', etag: md5('gone') })).rejects.toThrow(ObjectMissingError);

    await expect(textOf(world().raw('source'), pair.destination, 'k')).rejects.toThrow();
  });

  test('lay a delete marker only over the version that is named, and only where versions are kept', async () => {
    const bucket = await aVersionedBucket(world(), 'destination');
    const plain = await aBucket(world(), 'destination');
    const raw = world().raw('destination');
    await write(raw, bucket, 'k', 'one');
    await write(raw, plain, 'k', 'one');
    const marker = await world().open('destination', 'mark', bucket, plain);

    await expect(marker.markDeleted(bucket, 'k', md5('other'))).rejects.toThrow(ObjectChangedError);
    await expect(marker.markDeleted(bucket, 'absent', md5('one'))).rejects.toThrow(ObjectChangedError);
    await expect(marker.markDeleted(plain, 'k', md5('one'))).rejects.toThrow(StorageRefusedError);
    await marker.markDeleted(bucket, 'k', md5('one'));

    const reader = await world().open('destination', 'verify', bucket);
    expect((await historiesOf(reader, { bucket })).map(({ versions }) => shapeOf(versions))).toEqual([
      shape('one', gone),
    ]);
    expect(await textOf(raw, plain, 'k')).toBe('one');
  });
}

function describeRemovals(world: World): void {
  test('take every object that is named by its ETag, however odd its key, and answer for each', async () => {
    const bucket = await aBucket(world(), 'source');
    const raw = world().raw('source');
    const keys = [...oddKeys.map((odd) => odd.key), ...Array.from({ length: 1_100 }, (_, index) => `many/${index}`)];
    await someAtOnce(keys, (key) => write(raw, bucket, key, key));
    const remover = await world().open('source', 'empty', bucket);
    const removals = await removalsOf(remover, bucket);

    const outcomes = await remover.removeObjects(bucket, removals);
    const again = await remover.removeObjects(bucket, removals.slice(0, 50));

    expect(outcomes.map(({ removal }) => removal)).toEqual(removals);
    expect(outcomes.filter(({ outcome }) => outcome !== 'removed')).toEqual([]);
    expect(again.every(({ outcome }) => outcome === 'removed')).toBe(true);
    expect(await historiesOf(remover, { bucket })).toEqual([]);
  });

  test('leave what was changed, also where its key cannot stand in XML', async () => {
    const bucket = await aBucket(world(), 'source');
    const raw = world().raw('source');
    for (const key of ['same', 'changed', 'odd\u0001changed', 'odd\u0001same']) await write(raw, bucket, key, 'old');
    const remover = await world().open('source', 'empty', bucket);
    const removals = await removalsOf(remover, bucket);
    for (const key of ['changed', 'odd\u0001changed']) await write(raw, bucket, key, 'new');

    const outcomes = await remover.removeObjects(bucket, removals);

    expect(Object.fromEntries(outcomes.map(({ removal, outcome }) => [removal.key, outcome]))).toEqual({
      same: 'removed',
      changed: 'changed',
      'odd\u0001same': 'removed',
      'odd\u0001changed': 'changed',
    });
    expect(await textOf(raw, bucket, 'changed')).toBe('new');
    expect(await textOf(raw, bucket, 'odd\u0001changed')).toBe('new');
  });

  test('take versions and markers by their ids, and no other version of the key', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    const raw = world().raw('source');
    const keys = oddKeys.map((odd) => odd.key);
    await write(raw, bucket, 'stays', 'one', 'two', gone);
    await someAtOnce(keys, (key) => write(raw, bucket, key, 'one', gone));
    const remover = await world().open('source', 'empty', bucket);
    const histories = await historiesOf(remover, { bucket });
    const [one] = histories.find(({ key }) => key === 'stays')!.versions;
    const named = histories
      .filter(({ key }) => key !== 'stays')
      .flatMap(({ versions }) => versions.map(removalOfVersion));

    const outcomes = await remover.removeObjects(bucket, [...named, removalOfVersion(one!)]);

    expect(outcomes.filter(({ outcome }) => outcome !== 'removed')).toEqual([]);
    const left = await historiesOf(remover, { bucket });
    expect(left.map(({ key, versions }) => [key, shapeOf(versions)])).toEqual([['stays', shape('two', gone)]]);
  });

  test('leave what was written over a version "null" since it was listed, and take what was not', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    const raw = world().raw('source');
    await setVersions(raw, bucket, 'Suspended');
    await write(raw, bucket, 'same', 'old');
    await write(raw, bucket, 'changed', 'old');
    await write(raw, bucket, 'marker', 'old', gone);
    await write(raw, bucket, 'unhidden', 'old', gone);
    const remover = await world().open('source', 'empty', bucket);
    const removals = (await historiesOf(remover, { bucket })).flatMap(({ versions }) =>
      versions.map(({ key, versionId, etag }) => ({ key, versionId, seenEtag: etag })),
    );
    for (const key of ['changed', 'unhidden']) await write(raw, bucket, key, 'new');

    const outcomes = await remover.removeObjects(bucket, removals);
    const again = await remover.removeObjects(bucket, removals);

    const expected = { same: 'removed', changed: 'changed', marker: 'removed', unhidden: 'changed' };
    for (const answers of [outcomes, again])
      expect(Object.fromEntries(answers.map(({ removal, outcome }) => [removal.key, outcome]))).toEqual(expected);
    const left = await historiesOf(remover, { bucket });
    expect(left.map(({ key, versions }) => [key, shapeOf(versions)])).toEqual([
      ['changed', shape('new')],
      ['unhidden', shape('new')],
    ]);
  });

  test('do not count an object as removed that is only hidden, because its bucket keeps versions', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    await write(world().raw('source'), bucket, 'k', 'one');
    await write(world().raw('source'), bucket, 'k\u0001', 'one');
    const remover = await world().open('source', 'empty', bucket);

    const outcomes = await remover.removeObjects(bucket, [
      { key: 'k', etag: md5('one') },
      { key: 'k\u0001', etag: md5('one') },
    ]);

    expect(outcomes.map(({ outcome, error }) => [outcome, error])).toEqual([
      ['refused', 'DeleteMarkerLaid'],
      ['refused', 'DeleteMarkerLaid'],
    ]);
  });

  test('take a bucket only when it is empty, and say when it is gone', async () => {
    const bucket = await aBucket(world(), 'source');
    await write(world().raw('source'), bucket, 'k', 'one');
    const emptier = await world().open('source', 'empty', bucket);
    const remover = await world().open('source', 'delete-bucket', bucket);

    expect(await remover.removeBucket(bucket)).toBe('not-empty');
    await emptier.removeObjects(bucket, [{ key: 'k', etag: md5('one') }]);
    expect(await remover.removeBucket(bucket)).toBe('removed');
    expect(await remover.removeBucket(bucket)).toBe('absent');
  });

  test('never take a bucket or an object of another account', async () => {
    const bucket = await aBucket(world(), 'stranger');
    await write(world().raw('stranger'), bucket, 'k', 'theirs');
    const remover = await world().open('source', 'delete-bucket', bucket);
    const emptier = await world().open('source', 'empty', bucket);

    await expect(remover.removeBucket(bucket)).rejects.toThrow(AccessDeniedError);
    await expect(emptier.removeObjects(bucket, [{ key: 'k', etag: md5('theirs') }])).rejects.toThrow(AccessDeniedError);

    expect(await textOf(world().raw('stranger'), bucket, 'k')).toBe('theirs');
  });

  test('know every upload that was begun and not ended, with its key', async () => {
    const bucket = await aBucket(world(), 'destination');
    const keys = ['plain', 'ü +%', 'ü +%'];
    for (const Key of keys)
      await world()
        .raw('destination')
        .send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    const storage = await world().open('destination', 'copy', bucket);

    const uploads = await storage.listUploads(bucket);
    for (const upload of uploads) await storage.abortUpload(upload);

    expect(uploads.map(({ key }) => key)).toEqual(keys);
    expect(uploads.every(({ initiator }) => initiator !== undefined)).toBe(true);
    expect(await storage.listUploads(bucket)).toEqual([]);
  });
}

function describeDenies(world: World): void {
  const deny = async (side: Side, bucket: string, principal: object) => {
    const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
    const Action = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteBucket'];
    const statement = { Sid: 'Deny', Effect: 'Deny', ...principal, Action, Resource: resources };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await world()
      .raw(side)
      .send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  };

  test('is found out by a probe that deletes and lays nothing, with versions and without', async () => {
    for (const make of [aBucket, aVersionedBucket]) {
      const bucket = await make(world(), 'source');
      const probe = await world().open('source', 'probe', bucket);

      expect(await probe.probeDelete(bucket)).toBe('allowed');
      expect(await historiesOf(await world().open('source', 'verify', bucket), { bucket })).toEqual([]);
      await deny('source', bucket, { Principal: '*' });
      expect(await probe.probeDelete(bucket)).toBe('refused');
    }
  });

  test('holds for the owner too, object by object, and is told as such', async () => {
    const bucket = await aVersionedBucket(world(), 'source');
    await write(world().raw('source'), bucket, 'k', 'one');
    const emptier = await world().open('source', 'empty', bucket);
    const [version] = (await historiesOf(emptier, { bucket }))[0]!.versions;
    await deny('source', bucket, { Principal: '*' });

    await expect(emptier.removeObjects(bucket, [removalOfVersion(version!)])).rejects.toThrow(AccessDeniedError);
    await expect((await world().open('source', 'delete-bucket', bucket)).removeBucket(bucket)).rejects.toThrow(
      AccessDeniedError,
    );

    expect(await textOf(world().raw('source'), bucket, 'k')).toBe('one');
  });

  test('of our own making is taken as it is, holds, and goes again without a trace', async () => {
    const bucket = await aBucket(world(), 'source');
    const raw = world().raw('source');
    await write(raw, bucket, 'k', 'one');
    const keeper = await world().open('source', 'keep-buckets', bucket);
    const emptier = await world().open('source', 'empty', bucket);
    const put = (...statements: PolicyStatement[]) =>
      keeper.changePolicy(bucket, (policy) => addStatements(policy, statements));

    await put(protectStatement(JOB_ID, bucket, 'aws'), sealStatement(JOB_ID, bucket, 'aws'));
    await expect(write(raw, bucket, 'k', 'two')).rejects.toThrow();
    await expect(emptier.removeObjects(bucket, [{ key: 'k', etag: md5('one') }])).rejects.toThrow(AccessDeniedError);

    await keeper.changePolicy(bucket, (policy) => removeStatements(policy, [protectSid(JOB_ID), sealSid(JOB_ID)]));
    await put(freezeStatement(JOB_ID, bucket, 'aws', world().freeze));
    await put(freezeStatement(JOB_ID, bucket, 'aws', world().freeze, 'undo'));
    const outcomes = await emptier.removeObjects(bucket, [{ key: 'k', etag: md5('one') }]);
    await keeper.changePolicy(bucket, (policy) => removeStatements(policy, [freezeSid(JOB_ID)]));

    expect(outcomes).toMatchObject([{ outcome: 'removed' }]);
    expect(await keeper.readPolicy(bucket)).toBeUndefined();
  });

  test('exempts the principal that a NotPrincipal names, and no other', async () => {
    const bucket = await aBucket(world(), 'source');
    const probe = await world().open('source', 'probe', bucket);

    await deny('source', bucket, { NotPrincipal: { AWS: world().allNamesOf('source') } });
    expect(await probe.probeDelete(bucket)).toBe('allowed');
    await deny('source', bucket, { NotPrincipal: { AWS: world().allNamesOf('destination') } });
    expect(await probe.probeDelete(bucket)).toBe('refused');
  });
}

function describeNames(world: World): void {
  const TAGS = { 'bucket-migrator:job': JOB_ID };

  test('are claimed once, recognised by the tags of the job, and left alone without them', async () => {
    const name = world().newName();
    const keeper = await world().open('destination', 'keep-buckets', name);

    expect(await keeper.claimBucket(name, world().region, TAGS)).toBe('created');
    expect(await keeper.claimBucket(name, world().region, TAGS)).toBe('ours');
    expect(await keeper.claimBucket(name, world().region, { 'bucket-migrator:job': 'another' })).toBe('occupied');

    const facts = await keeper.findBucket(name);
    expect(facts).toMatchObject({ name, region: world().region, tags: TAGS, versioning: 'off', hasMfaDelete: false });
    expect(facts.createdAtMs).toBeGreaterThan(Date.now() - 3_600_000);
    if (!world().lacks.has('protection')) expect(facts.ownership).toBe('bucket-owner-enforced');
  });

  test('that another account holds are taken', async () => {
    const name = await aBucket(world(), 'stranger');
    const keeper = await world().open('destination', 'keep-buckets', name);

    expect(await keeper.claimBucket(name, world().region, TAGS)).toBe('taken');
    await expect(keeper.createBucket(name, world().region, TAGS)).rejects.toThrow(BucketOwnedByAnotherAccountError);
  });

  test('of our own buckets that this job did not make are occupied, and the bucket stays as it is', async () => {
    const name = await aBucket(world(), 'destination');
    await write(world().raw('destination'), name, 'k', 'there before');
    const keeper = await world().open('destination', 'keep-buckets', name);

    expect(await keeper.claimBucket(name, world().region, TAGS)).toBe('occupied');

    expect((await keeper.findBucket(name)).tags).toEqual({});
    expect(await textOf(world().raw('destination'), name, 'k')).toBe('there before');
  });

  test('versioning is switched on and suspended, and reads back', async () => {
    const bucket = await aBucket(world(), 'destination');
    const keeper = await world().open('destination', 'keep-buckets', bucket);

    await keeper.setVersioning(bucket, 'enabled');
    expect((await keeper.findBucket(bucket)).versioning).toBe('enabled');
    await keeper.setVersioning(bucket, 'suspended');
    await keeper.setVersioning(bucket, 'suspended');
    expect((await keeper.findBucket(bucket)).versioning).toBe('suspended');
  });

  test('no deletion has left that does not name an ETag or a version', () => {
    expect(world().deletions.unconditional).toEqual([]);
    expect(world().deletions.seenCount).toBeGreaterThan(1_000);
  });
}

// --- the stage ------------------------------------------------------------------------------------------------------

const removalOfVersion = ({ key, versionId }: VersionFacts): Removal => ({ key, versionId });

async function removalsOf(storage: Storage, bucket: string): Promise<Removal[]> {
  const removals: Removal[] = [];
  for await (const page of storage.listObjects({ bucket }))
    removals.push(...page.map(({ key, etag }) => ({ key, etag })));
  return removals;
}

/** Two buckets of one account, as when a migration copies back, and the copier between them. */
async function aPair(world: StorageWorld, make: typeof aBucket) {
  const [source, destination] = [await make(world, 'source'), await make(world, 'source')];
  const copier = await world.open('source', 'copy', source, destination);
  const marker = await world.open('source', 'mark', destination);
  const copy = (version: VersionFacts, onto: CopyOnto) =>
    copier.copyObject(
      {
        source: { bucket: source, facts: version, versionId: version.versionId },
        destination: { bucket: destination, key: version.key },
        onto,
        multipartThresholdBytes: 5 * MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
      },
      new AbortController().signal,
    );
  const repeat = async ({ versions }: KeyHistory): Promise<void> => {
    let overEtag: string | undefined;
    for (const version of versions) {
      if (version.isDeleteMarker) {
        await marker.markDeleted(destination, version.key, overEtag ?? '');
        overEtag = undefined;
      } else {
        overEtag = (await copy(version, { kind: 'append', overEtag })).etag;
      }
    }
  };
  return { source, destination, copier, copy, repeat };
}
