import {
  CreateBucketCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  MigrationError,
  ObjectChangedError,
  ObjectMissingError,
} from '../../domain/errors.ts';
import { compareKeys } from '../../domain/keys.ts';
import type { ObjectFacts } from '../../domain/objects.ts';
import { addStatements, grantStatements, removeStatements } from '../../domain/policy.ts';
import type { CopyRequest, RegisteredUpload, Storage } from '../../domain/ports.ts';
import { MiB } from '../../domain/sizes.ts';
import { HOUR_MS, type EpochMs } from '../../domain/time.ts';
import { oddKeys } from '../support/odd-keys.ts';
import { describeConfigurationContract } from './configuration-contract.ts';
import { describeMigrating } from './migration-contract.ts';
import { JOB_ID, type StorageWorld } from './storage-world.ts';

/** What every implementation of the storage ports promises, on whatever storage it stands. */
export function describeStorageContract(name: string, setUp: () => Promise<StorageWorld>): void {
  describe(`storage on ${name}`, () => {
    let world: StorageWorld;
    beforeAll(async () => {
      world = await setUp();
    });
    afterAll(() => world?.close());
    describeBuckets(() => world);
    describePolicies(() => world);
    describeListing(() => world);
    describeReading(() => world);
    describeCopying(() => world);
    describeUploads(() => world);
    describeMigrating(() => world);
    describeConfigurationContract(() => world);
  });
}

type World = () => StorageWorld;

function describeBuckets(world: World): void {
  test('a bucket that was made carries its tags and is recognised when it is asked for again', async () => {
    const { open, newName, region } = world();
    const name = newName();
    const keeper = await open('destination', 'keep-buckets', name);
    const tags = { 'bucket-migrator:job': JOB_ID };

    expect(await keeper.createBucket(name, region, tags)).toBe('created');
    expect(await keeper.createBucket(name, region, tags)).toBe('already-ours');

    const facts = await keeper.findBucket(name);
    expect(facts).toMatchObject({
      name,
      region,
      versioning: 'off',
      hasObjectLock: false,
      isRequesterPays: false,
      tags,
    });
    expect((await keeper.listBuckets()).map((bucket) => bucket.name)).toContain(name);
  });

  test('a bucket of another account is neither made nor taken for ours', async () => {
    const { open } = world();
    const bucket = await aBucket(world(), 'stranger');
    const keeper = await open('destination', 'keep-buckets', bucket);

    await expect(keeper.createBucket(bucket, world().region, {})).rejects.toThrow(BucketOwnedByAnotherAccountError);
  });

  test('a bucket that is not there is missing, not empty and not forbidden', async () => {
    const { open, newName } = world();
    const name = newName();
    const storage = await open('source', 'look', name);

    await expect(storage.findBucket(name)).rejects.toThrow(BucketMissingError);
    await expect(keysOf(storage, name)).rejects.toThrow(BucketMissingError);
  });

  test('a bucket that we may not see says so, and what to allow', async () => {
    const bucket = await aBucket(world(), 'stranger');
    const storage = await world().open('source', 'look', bucket);

    const error = await storage.findBucket(bucket).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AccessDeniedError);
    expect((error as MigrationError).remedy).toContain('s3:ListBucket');
  });

  test('who we are is what a policy calls us', async () => {
    const storage = await world().open('source', 'look');

    expect((await storage.identity()).principalArn).toBe(world().grant.principalArn);
  });
}

function describePolicies(world: World): void {
  test('a grant is added beside the statements of others, and removed without a trace', async () => {
    const bucket = await aBucket(world(), 'destination');
    const keeper = await world().open('destination', 'keep-buckets', bucket);
    const grant = grantOf(world(), 'some-source', bucket);
    const other = {
      Sid: 'Other',
      Effect: 'Allow' as const,
      Principal: { AWS: world().grant.principalArn },
      Action: 's3:ListBucket',
      Resource: `arn:aws:s3:::${bucket}`,
    };
    expect(await keeper.readPolicy(bucket)).toBeUndefined();
    await keeper.changePolicy(bucket, (policy) => addStatements(policy, [other]));

    await keeper.changePolicy(bucket, (policy) => addStatements(policy, grant));
    await keeper.changePolicy(bucket, (policy) => addStatements(policy, grant));
    const withGrant = await keeper.readPolicy(bucket);
    const sids = grant.map((statement) => statement.Sid ?? '');
    await keeper.changePolicy(bucket, (policy) => removeStatements(policy, sids));
    const without = await keeper.readPolicy(bucket);
    await keeper.changePolicy(bucket, () => undefined);

    expect(withGrant?.Statement.map((statement) => statement.Sid)).toEqual(['Other', ...sids]);
    expect(without?.Statement.map((statement) => statement.Sid)).toEqual(['Other']);
    expect(await keeper.readPolicy(bucket)).toBeUndefined();
  });

  test('a policy that S3 would refuse for its size is not sent', async () => {
    const bucket = await aBucket(world(), 'destination');
    const keeper = await world().open('destination', 'keep-buckets', bucket);
    const [statement] = grantOf(world(), 'some-source', bucket);
    const many = Array.from({ length: 100 }, (_, index) => ({ ...statement!, Sid: `Many${index}` }));

    await expect(keeper.changePolicy(bucket, (policy) => addStatements(policy, many))).rejects.toThrow('20480');
  });
}

function describeListing(world: World): void {
  test('every odd key is listed once, exactly as it was put, in the order of its bytes', async () => {
    const bucket = await aBucket(world(), 'source');
    const keys = oddKeys.map((odd) => odd.key);
    await putAll(world().raw('source'), bucket, keys);
    const storage = await world().open('source', 'verify', bucket);

    const listed = await keysOf(storage, bucket);

    expect(listed).toEqual([...keys].sort(compareKeys));
  });

  test('a listing of many pages ends where it ends, and begins after the key it was given', async () => {
    const bucket = await aBucket(world(), 'source');
    const keys = Array.from({ length: 1_203 }, (_, index) => `many/${String(index).padStart(5, '0')} +&.txt`);
    await putAll(world().raw('source'), bucket, [...keys, 'before', 'zz-after']);
    const storage = await world().open('source', 'verify', bucket);

    expect(await keysOf(storage, bucket, { prefix: 'many/' })).toEqual(keys);
    expect(await keysOf(storage, bucket, { prefix: 'many/', startAfter: keys[1_100]! })).toEqual(keys.slice(1_101));
    expect(await keysOf(storage, bucket, { prefix: 'nothing/' })).toEqual([]);
  });

  test('a bucket of somebody else is denied, not empty', async () => {
    const bucket = await aBucket(world(), 'stranger');
    const storage = await world().open('source', 'verify', bucket);

    await expect(keysOf(storage, bucket)).rejects.toThrow(AccessDeniedError);
  });
}

function describeReading(world: World): void {
  test('everything that belongs to an object is told, and its bytes are counted and hashed', async () => {
    const bucket = await aBucket(world(), 'source');
    await put(world().raw('source'), bucket, 'all', { ...EVERYTHING, Body: 'hello' });
    const storage = await world().open('source', 'verify', bucket);

    const head = await storage.headObject(bucket, 'all');
    const hash = await storage.hashObject(bucket, 'all', head.etag);

    expect(head).toMatchObject({ sizeBytes: 5, etag: '5d41402abc4b2a76b9719d911017c592', missingMetadataCount: 0 });
    expect(head).toMatchObject({ systemHeaders: SYSTEM_HEADERS, userMetadata: EVERYTHING.Metadata, isArchived: false });
    expect(head).toMatchObject({ websiteRedirectLocation: '/elsewhere', storageClass: 'STANDARD_IA' });
    expect(await storage.readTags(bucket, 'all')).toEqual({ kind: 'a b', 'x/y': 'ü+=' });
    const sha256 = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    expect(hash).toEqual({ sha256, sizeBytes: 5 });
  });

  test('an object that is not there is missing; one that was changed is not read as the old one', async () => {
    const bucket = await aBucket(world(), 'source');
    await put(world().raw('source'), bucket, 'here', { Body: 'one' });
    const storage = await world().open('source', 'verify', bucket);
    const { etag } = await storage.headObject(bucket, 'here');
    await put(world().raw('source'), bucket, 'here', { Body: 'two' });

    await expect(storage.headObject(bucket, 'gone')).rejects.toThrow(ObjectMissingError);
    await expect(storage.headObject(bucket, 'here', etag)).rejects.toThrow(ObjectChangedError);
    await expect(storage.hashObject(bucket, 'here', etag)).rejects.toThrow(ObjectChangedError);
    expect(await storage.readTags(bucket, 'here')).toEqual({});
  });
}

function describeCopying(world: World): void {
  test('a copy into another account has the same bytes, headers, metadata, tags, class and redirect', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'whole', { ...EVERYTHING, Body: 'hello' });

    const receipt = await pair.copy('whole');

    expect(receipt.path).toBe('single');
    await expectSame(world(), pair, 'whole');
    if (!world().lacks.has('checksums')) {
      const copied = await pair.destinationReader.headObject(pair.destination, 'whole');
      expect(copied.checksums).toContainEqual(expect.objectContaining({ algorithm: 'CRC64NVME', type: 'FULL_OBJECT' }));
    }
  });

  test('a copy in parts has the same bytes, headers, metadata, tags, class and redirect', async () => {
    const pair = await aPair(world());
    const Body = Buffer.alloc(11 * MiB + 1, 'the quick brown fox ');
    await put(world().raw('source'), pair.source, 'in/parts é+', { ...EVERYTHING, Body });

    const receipt = await pair.copy('in/parts é+', { multipartThresholdBytes: 6 * MiB });

    expect(receipt.path).toBe('multipart');
    expect(pair.uploads.map((event) => event.what)).toEqual(['begun', 'ended']);
    await expectSame(world(), pair, 'in/parts é+');
    const again = await pair.copy('in/parts é+', { multipartThresholdBytes: 6 * MiB });
    expect(again.etag).toBe(receipt.etag);
  });

  test('an object without bytes is copied, whatever the threshold', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'empty/', {
      Body: Buffer.alloc(0),
      ContentType: 'application/x-directory',
    });

    await pair.copy('empty/', { multipartThresholdBytes: 0 });

    await expectSame(world(), pair, 'empty/');
  });

  test('every odd key is copied to exactly that key, and no other object for it', async () => {
    const pair = await aPair(world());
    const keys = oddKeys.map((odd) => odd.key);
    await putAll(world().raw('source'), pair.source, keys);

    const failures = await inTurn(keys, 16, async (key) => {
      await pair.copy(key);
    });

    expect(failures).toEqual([]);
    const facts = (list: ObjectFacts[]) => list.map(({ key, etag, sizeBytes }) => ({ key, etag, sizeBytes }));
    const [sent, came] = [
      await factsOf(pair.reader, pair.source),
      await factsOf(pair.destinationReader, pair.destination),
    ];
    expect(facts(came)).toEqual(facts(sent));
  });

  test('copying again changes nothing and says that it is done', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'twice', { Body: 'same' });
    const first = await pair.copy('twice');
    const before = await pair.destinationReader.headObject(pair.destination, 'twice');

    const second = await pair.copy('twice');

    expect(second).toEqual(first);
    expect(await pair.destinationReader.headObject(pair.destination, 'twice')).toEqual(before);
  });

  test('another object at the destination is never overwritten', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'taken', { Body: 'ours' });
    await put(world().raw('destination'), pair.destination, 'taken', { Body: 'somebody else' });

    const error = await pair.copy('taken').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ObjectChangedError);
    expect((error as Error).message).toContain('another object is there');
    expect(await bytesOf(world().raw('destination'), pair.destination, 'taken')).toEqual(Buffer.from('somebody else'));
  });

  test('another object at the destination is never overwritten by a copy in parts, and no part stays', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'taken', { Body: Buffer.alloc(6 * MiB, 'a') });
    await put(world().raw('destination'), pair.destination, 'taken', { Body: 'somebody else' });

    await expect(pair.copy('taken', { multipartThresholdBytes: 1 })).rejects.toThrow(ObjectChangedError);

    expect(await bytesOf(world().raw('destination'), pair.destination, 'taken')).toEqual(Buffer.from('somebody else'));
    expect(await openUploads(world(), pair.destination)).toEqual([]);
  });

  test('an object that was changed or deleted since the listing is not copied', async () => {
    const pair = await aPair(world());
    await putAll(world().raw('source'), pair.source, ['changed']);
    const facts = (await factsOf(pair.reader, pair.source))[0]!;
    await put(world().raw('source'), pair.source, 'changed', { Body: 'newer' });

    await expect(pair.copyFacts(facts)).rejects.toThrow(ObjectChangedError);
    await expect(pair.copyFacts({ ...facts, key: 'deleted' })).rejects.toThrow(ObjectMissingError);

    expect(await factsOf(pair.destinationReader, pair.destination)).toEqual([]);
  });

  test('a destination that may not be written is denied, with what to allow', async () => {
    const source = await aBucket(world(), 'source');
    const closed = await aBucket(world(), 'destination');
    await put(world().raw('source'), source, 'key', { Body: 'x' });
    const pair = await pairOf(world(), source, closed);

    const error = await pair.copy('key').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AccessDeniedError);
    expect((error as MigrationError).remedy).toContain('s3:PutObject');
  });

  test('a copy that is stopped ends with the reason of whoever stopped it', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'key', { Body: 'x' });
    const facts = (await factsOf(pair.reader, pair.source))[0]!;
    const reason = new Error('stopped by a person');

    await expect(pair.copyFacts(facts, {}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
}

function describeUploads(world: World): void {
  test('an upload that is aborted leaves nothing, and may be aborted again', async () => {
    const pair = await aPair(world());
    await put(world().raw('source'), pair.source, 'big', { Body: Buffer.alloc(11 * MiB, 'b') });
    const facts = (await factsOf(pair.reader, pair.source))[0]!;
    const crash = new Error('the power went out');
    const registered: RegisteredUpload[] = [];
    const uploads = {
      begun: async (upload: RegisteredUpload) => {
        registered.push(upload);
        throw crash;
      },
      ended: async () => undefined,
    };

    await expect(pair.copyFacts(facts, { multipartThresholdBytes: 1, uploads })).rejects.toBe(crash);
    await pair.copier.abortUpload(registered[0]!);

    expect(registered).toHaveLength(1);
    expect(await openUploads(world(), pair.destination)).toEqual([]);
  });
}

// --- the stage ------------------------------------------------------------------------------------------------------

const SYSTEM_HEADERS = {
  'cache-control': 'max-age=60, public',
  'content-disposition': 'attachment; filename="a b.txt"',
  'content-encoding': 'identity',
  'content-language': 'en, de',
  'content-type': 'text/x-odd; charset=utf-8',
};
const EVERYTHING = {
  CacheControl: SYSTEM_HEADERS['cache-control'],
  ContentDisposition: SYSTEM_HEADERS['content-disposition'],
  ContentEncoding: SYSTEM_HEADERS['content-encoding'],
  ContentLanguage: SYSTEM_HEADERS['content-language'],
  ContentType: SYSTEM_HEADERS['content-type'],
  Metadata: { colour: 'blue', empty: '', 'with-dash': 'a "quoted" = value; more' },
  Tagging: 'kind=a%20b&x%2Fy=%C3%BC%2B%3D',
  StorageClass: 'STANDARD_IA',
  WebsiteRedirectLocation: '/elsewhere',
} satisfies Partial<PutObjectCommandInput>;

type Side = Parameters<StorageWorld['raw']>[0];

async function aBucket(world: StorageWorld, side: Side): Promise<string> {
  const name = world.newName();
  await world.raw(side).send(new CreateBucketCommand({ Bucket: name }));
  return name;
}

async function put(client: S3Client, bucket: string, key: string, more: Partial<PutObjectCommandInput>): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, ...more }));
}

const putAll = async (client: S3Client, bucket: string, keys: readonly string[]): Promise<void> => {
  const failures = await inTurn(keys, 16, (key) => put(client, bucket, key, { Body: `the bytes of ${key}` }));
  expect(failures).toEqual([]);
};

/** Some at once; answers what failed, by item. */
async function inTurn(items: readonly string[], atOnceMax: number, work: (item: string) => Promise<void>) {
  const failures: { item: string | undefined; error: unknown }[] = [];
  let next = 0;
  const runOne = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      await work(item).catch((error: unknown) => failures.push({ item, error }));
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, runOne));
  return failures;
}

async function factsOf(storage: Storage, bucket: string, more: { prefix?: string; startAfter?: string } = {}) {
  const facts: ObjectFacts[] = [];
  for await (const page of storage.listObjects({ bucket, ...more })) facts.push(...page);
  return facts;
}

const keysOf = async (...args: Parameters<typeof factsOf>): Promise<string[]> =>
  (await factsOf(...args)).map((facts) => facts.key);

const grantOf = (world: StorageWorld, sourceBucket: string, destinationBucket: string) =>
  grantStatements({
    jobId: JOB_ID,
    ...world.grant,
    sourceBucket,
    destinationBucket,
    destinationPrefix: '',
    partition: 'aws',
    expiresAtMs: (Date.now() + HOUR_MS) as EpochMs,
    allowsParts: true,
  });

type CopyOptions = Partial<Pick<CopyRequest, 'multipartThresholdBytes' | 'uploads'>>;

/** A source and a destination with the grant of a job between them, and the storages that a copy task opens. */
async function aPair(world: StorageWorld) {
  const source = await aBucket(world, 'source');
  const destination = await aBucket(world, 'destination');
  const keeper = await world.open('destination', 'keep-buckets', destination);
  await keeper.changePolicy(destination, (policy) => addStatements(policy, grantOf(world, source, destination)));
  return pairOf(world, source, destination);
}

async function pairOf(world: StorageWorld, source: string, destination: string) {
  const copier = await world.open('source', 'copy', source, destination);
  const reader = await world.open('source', 'verify', source);
  const destinationReader = await world.open('destination', 'verify', destination);
  const uploads: { what: 'begun' | 'ended'; upload: RegisteredUpload }[] = [];
  const register = {
    begun: async (upload: RegisteredUpload) => void uploads.push({ what: 'begun', upload }),
    ended: async (upload: RegisteredUpload) => void uploads.push({ what: 'ended', upload }),
  };
  const copyFacts = (facts: ObjectFacts, options: CopyOptions = {}, signal = new AbortController().signal) =>
    copier.copyObject(
      {
        source: { bucket: source, facts },
        destination: { bucket: destination, key: facts.key },
        multipartThresholdBytes: 64 * MiB,
        partSizeBytes: 5 * MiB,
        uploads: register,
        destinationReader,
        ...options,
      },
      signal,
    );
  const copy = async (key: string, options: CopyOptions = {}) => {
    const head = await reader.headObject(source, key);
    return copyFacts({ ...head, key }, options);
  };
  return { source, destination, copier, reader, destinationReader, uploads, copy, copyFacts };
}

type Pair = Awaited<ReturnType<typeof pairOf>>;

async function expectSame(world: StorageWorld, pair: Pair, key: string): Promise<void> {
  const [sent, came] = await Promise.all([
    describeObject(world.raw('source'), pair.source, key),
    describeObject(world.raw('destination'), pair.destination, key),
  ]);
  expect(came).toEqual(sent);
  const [sentBytes, cameBytes] = await Promise.all([
    bytesOf(world.raw('source'), pair.source, key),
    bytesOf(world.raw('destination'), pair.destination, key),
  ]);
  expect(cameBytes.equals(sentBytes)).toBe(true);
}

async function describeObject(client: S3Client, bucket: string, key: string) {
  const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const tags = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }));
  return {
    length: head.ContentLength,
    type: head.ContentType,
    cache: head.CacheControl,
    disposition: head.ContentDisposition,
    encoding: head.ContentEncoding,
    language: head.ContentLanguage,
    expires: head.ExpiresString,
    metadata: head.Metadata,
    class: head.StorageClass ?? 'STANDARD',
    redirect: head.WebsiteRedirectLocation,
    tags: (tags.TagSet ?? []).map((tag) => `${tag.Key}=${tag.Value}`).sort(),
  };
}

async function bytesOf(client: S3Client, bucket: string, key: string): Promise<Buffer> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function openUploads(world: StorageWorld, bucket: string) {
  const answer = await world.raw('destination').send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return answer.Uploads ?? [];
}
