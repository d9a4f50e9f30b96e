import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  MigrationError,
  ObjectArchivedError,
  ObjectChangedError,
  StorageUnavailableError,
} from '../../domain/errors.ts';
import type { CopyRequest, RegisteredUpload, Storage, StoragePurpose } from '../../domain/ports.ts';
import { MiB } from '../../domain/sizes.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { Fault } from '../../local/sandbox/faults.ts';
import { startSandboxServer, type SandboxServer } from '../../local/sandbox/http-server.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { ATTEMPTS_MAX } from '../../s3/retrying.ts';
import { s3ClientFor } from '../support/s3-account.ts';
import { ShiftedClock } from '../support/system-time.ts';
import { FastClock, seededRandom } from '../support/time.ts';

const KEYS = { accessKeyId: 'AKIAOWNER00000000000', secretAccessKey: 'secret' };
const ACCOUNT = '111111111111';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/migrator`;
const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }] };
const trust = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow' as const, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' },
  ],
};

let server: SandboxServer;
let world: SandboxWorld;
const sandboxClock = new ShiftedClock();
let raw: S3Client;
let far: S3Client;
const opened: Storage[] = [];

beforeAll(async () => {
  const users = [{ name: 'owner', ...KEYS, isAdministrator: true }];
  const roles = [{ name: 'migrator', trustPolicy: trust, policies: [all] }];
  const setup = { regions: ['us-east-1', 'eu-west-1'], accounts: [{ id: ACCOUNT, name: 'home', users, roles }] };
  world = new SandboxWorld({ setup, clock: sandboxClock, random: seededRandom(3) });
  server = await startSandboxServer(world);
  raw = s3ClientFor(server.url, KEYS);
  far = s3ClientFor(server.url, KEYS, { region: ELSEWHERE });
});
beforeEach(() => world.faults.clear());
afterAll(async () => {
  opened.forEach((storage) => storage.close());
  raw.destroy();
  far.destroy();
  await server.close();
});

async function open(purpose: StoragePurpose, ...buckets: string[]): Promise<Storage> {
  const access = createStorageAccess({
    connections: {
      find: async (name) => ({ name, kind: 'sandbox', region: 'us-east-1', endpoint: server.url, roleArn: ROLE }),
    },
    credentialsOf: () => async () => KEYS,
    clock: new FastClock(),
    random: seededRandom(5),
  });
  const storage = await access.open({ connection: 'home', purpose, buckets });
  opened.push(storage);
  return storage;
}

const HERE = 'us-east-1';
const ELSEWHERE = 'eu-west-1';
const clientIn = (region = HERE): S3Client => (region === HERE ? raw : far);

const newName = (): string => `faults-${randomBytes(6).toString('hex')}`;

async function aBucket(region = HERE): Promise<string> {
  const name = newName();
  const location = region === HERE ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } };
  await clientIn(region).send(new CreateBucketCommand({ Bucket: name, ...location }));
  return name;
}

/** An object on its way between two buckets of one account, and what the copy told its register. */
async function aCopy(Body: Buffer | string, more: Partial<CopyRequest> = {}, regions = [HERE, HERE]) {
  const [source, destination] = [await aBucket(regions[0]), await aBucket(regions[1])];
  const client = clientIn(regions[0]);
  await client.send(new PutObjectCommand({ Bucket: source, Key: 'key', Body }));
  const storage = await open('copy', source, destination);
  const facts = { ...(await storage.headObject(source, 'key')), key: 'key' };
  const events: string[] = [];
  const uploads = {
    begun: async (upload: RegisteredUpload) => void events.push(`begun ${upload.key}`),
    ended: async (upload: RegisteredUpload) => void events.push(`ended ${upload.key}`),
  };
  const request: CopyRequest = {
    source: { bucket: source, facts },
    destination: { bucket: destination, key: 'key' },
    multipartThresholdBytes: MiB,
    partSizeBytes: 5 * MiB,
    uploads,
    ...more,
  };
  const run = (signal = new AbortController().signal) => storage.copyObject(request, signal);
  const bytes = async (): Promise<Buffer> => {
    const { Body: body } = await clientIn(regions[1]).send(new GetObjectCommand({ Bucket: destination, Key: 'key' }));
    return Buffer.from((await body?.transformToByteArray()) ?? []);
  };
  const openUploads = async () =>
    (await raw.send(new ListMultipartUploadsCommand({ Bucket: destination }))).Uploads ?? [];
  return { source, destination, storage, events, run, bytes, openUploads };
}

const timesMet = (): number => world.faults.list().reduce((sum, rule) => sum + rule.metCount, 0);
const big = Buffer.alloc(6 * MiB, 'some bytes ');

describe('a copy whose answer goes wrong', () => {
  const LOSSES: [string, Fault][] = [
    ['an error inside a 200', { kind: 'error-in-200', code: 'InternalError' }],
    ['an error inside a 200, and the copy was made', { kind: 'error-in-200', code: 'InternalError', hasEffect: true }],
    ['SlowDown inside a 200', { kind: 'error-in-200', code: 'SlowDown' }],
    ['a connection lost before', { kind: 'lose-connection', when: 'before-effect' }],
    ['a connection lost after', { kind: 'lose-connection', when: 'after-effect' }],
    ['a blank 200', { kind: 'spoil-body', as: 'blank' }],
    ['a cut 200', { kind: 'spoil-body', as: 'truncated' }],
    ['500', { kind: 'refuse', code: 'InternalError', status: 500 }],
    ['503', { kind: 'refuse', code: 'SlowDown', status: 503 }],
    ['an expired token', { kind: 'refuse', code: 'ExpiredToken', status: 400 }],
  ];
  test.each(LOSSES)('by %s is made once, and whole', async (_name, fault) => {
    const copy = await aCopy('hello');
    world.faults.add({ operation: 'CopyObject', times: 1, fault });

    const receipt = await copy.run();

    expect(receipt).toEqual({ etag: '5d41402abc4b2a76b9719d911017c592', path: 'single' });
    expect(await copy.bytes()).toEqual(Buffer.from('hello'));
    expect(timesMet()).toBe(1);
  });

  test.each(
    ['CreateMultipartUpload', 'UploadPartCopy', 'CompleteMultipartUpload'].flatMap((operation) =>
      LOSSES.map(([name, fault]) => [operation, name, fault] as const),
    ),
  )('in parts at %s by %s is made whole, and no part stays', async (operation, _name, fault) => {
    const copy = await aCopy(big);
    world.faults.add({ operation, times: 1, fault });

    const receipt = await copy.run();

    expect(receipt.path).toBe('multipart');
    expect((await copy.bytes()).equals(big)).toBe(true);
    expect(copy.events).toEqual(['begun key', 'ended key']);
    // An upload whose only answer was lost has no name that anybody knows; S3's own lifecycle rule ends it.
    const isUnknown = operation === 'CreateMultipartUpload' && /after|was made|blank|cut/.test(_name);
    expect((await copy.openUploads()).length).toBeLessThanOrEqual(isUnknown ? 1 : 0);
  });

  test('for ever ends in an error after a few times, and the upload is gone', async () => {
    const copy = await aCopy(big);
    world.faults.add({ operation: 'UploadPartCopy', fault: { kind: 'refuse', code: 'InternalError', status: 500 } });

    await expect(copy.run()).rejects.toThrow(StorageUnavailableError);

    expect(copy.events).toEqual(['begun key', 'ended key']);
    expect(await copy.openUploads()).toEqual([]);
    expect(timesMet()).toBeLessThanOrEqual(3 * ATTEMPTS_MAX);
  });

  test('and cannot even be aborted stays registered, and the first error is told', async () => {
    const copy = await aCopy(big);
    world.faults.add({ operation: 'UploadPartCopy', fault: { kind: 'refuse', code: 'AccessDenied', status: 403 } });
    world.faults.add({ operation: 'AbortMultipartUpload', fault: { kind: 'refuse', code: 'SlowDown', status: 503 } });

    await expect(copy.run()).rejects.toThrow(AccessDeniedError);
    expect(copy.events).toEqual(['begun key']);

    world.faults.clear();
    const [left] = await copy.openUploads();
    await copy.storage.abortUpload({ bucket: copy.destination, key: 'key', uploadId: left?.UploadId ?? '' });
    expect(await copy.openUploads()).toEqual([]);
  });

  test('because somebody stopped it ends with his reason and leaves no part', async () => {
    const stop = new AbortController();
    const reason = new Error('SIGTERM');
    const uploads = { begun: async () => stop.abort(reason), ended: async () => undefined };
    const copy = await aCopy(big, { uploads });

    await expect(copy.run(stop.signal)).rejects.toBe(reason);

    expect(await copy.openUploads()).toEqual([]);
  });

  test('counts every time that S3 asked to slow down', async () => {
    const copy = await aCopy('hello');
    world.faults.add({ operation: 'CopyObject', times: 2, fault: { kind: 'refuse', code: 'SlowDown', status: 503 } });

    await copy.run();

    expect(copy.storage.throttledCount).toBe(2);
  });
});

describe('a copy between Regions', () => {
  test.each([
    ['to another one', [HERE, ELSEWHERE]],
    ['from another one', [ELSEWHERE, HERE]],
    ['inside another one', [ELSEWHERE, ELSEWHERE]],
  ])('%s than the connection names is made, whole and in parts', async (_name, regions) => {
    const whole = await aCopy('hello', {}, regions);
    const parts = await aCopy(big, {}, regions);

    await whole.run();
    await parts.run();

    expect(await whole.bytes()).toEqual(Buffer.from('hello'));
    expect((await parts.bytes()).equals(big)).toBe(true);
  });
});

describe('a machine whose clock is wrong', () => {
  test('by less than an hour works all the same', async () => {
    const bucket = await aBucket();
    sandboxClock.putForward(25 * MINUTE_MS);
    try {
      const storage = await open('look', bucket);

      expect((await storage.findBucket(bucket)).name).toBe(bucket);
      expect((await storage.listBuckets()).length).toBeGreaterThan(0);
    } finally {
      sandboxClock.putForward(-25 * MINUTE_MS);
    }
  });
});

describe('a destination bucket that refuses conditions on copies', () => {
  test('is copied into without them, after a look, and never asked with them again', async () => {
    const copy = await aCopy('hello');
    world.faults.add({
      operation: 'CopyObject',
      times: 1,
      fault: { kind: 'refuse', code: 'NotImplemented', status: 501 },
    });

    await copy.run();
    await copy.run();

    expect(await copy.bytes()).toEqual(Buffer.from('hello'));
    expect(timesMet()).toBe(1);
  });

  test('still never loses what stands there', async () => {
    const copy = await aCopy('hello');
    await raw.send(new PutObjectCommand({ Bucket: copy.destination, Key: 'key', Body: 'somebody else' }));
    world.faults.add({
      operation: 'CopyObject',
      times: 1,
      fault: { kind: 'refuse', code: 'NotImplemented', status: 501 },
    });

    await expect(copy.run()).rejects.toThrow(ObjectChangedError);

    expect(await copy.bytes()).toEqual(Buffer.from('somebody else'));
  });
});

describe('what stands there already', () => {
  test('is recognised by its bytes where ETags and checksums do not decide', async () => {
    const copy = await aCopy(big, { multipartThresholdBytes: 64 * MiB });
    await copy.run();
    const hidden = { ...copy.storage, ...lookWithoutEvidence(copy.storage) };

    const again = await aCopyOf(copy, hidden);

    expect(again.path).toBe('single');
  });

  test('cannot be told from another object when nobody may look, and is not overwritten', async () => {
    const copy = await aCopy('hello');
    await copy.run();
    const denied = () => Promise.reject(new AccessDeniedError('no'));

    const error = await aCopyOf(copy, { headObject: denied, hashObject: denied }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ObjectChangedError);
    expect((error as Error).message).toContain('may not look');
  });

  /** The destination as a bucket under another key shows it: other ETags, no checksums. */
  const lookWithoutEvidence = (storage: Storage): NonNullable<CopyRequest['destinationReader']> => ({
    headObject: async (bucket, key) => ({ ...(await storage.headObject(bucket, key)), etag: 'kms', checksums: [] }),
    hashObject: async (bucket, key) => storage.hashObject(bucket, key, (await storage.headObject(bucket, key)).etag),
  });
  const aCopyOf = async (
    copy: Awaited<ReturnType<typeof aCopy>>,
    destinationReader: NonNullable<CopyRequest['destinationReader']>,
  ) => {
    const facts = { ...(await copy.storage.headObject(copy.source, 'key')), key: 'key' };
    return copy.storage.copyObject(
      {
        source: { bucket: copy.source, facts },
        destination: { bucket: copy.destination, key: 'key' },
        multipartThresholdBytes: 64 * MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
        destinationReader,
      },
      new AbortController().signal,
    );
  };
});

describe('an object that cannot be copied', () => {
  test('because it is archived says so, and what to do', async () => {
    const copy = await aCopy('hello');
    await raw.send(new PutObjectCommand({ Bucket: copy.source, Key: 'key', Body: 'cold', StorageClass: 'GLACIER' }));
    const { etag } = await copy.storage.headObject(copy.source, 'key');
    const facts = { ...(await copy.storage.headObject(copy.source, 'key')), key: 'key', etag };
    const uploads = { begun: async () => undefined, ended: async () => undefined };

    const error = await copy.storage
      .copyObject(
        {
          source: { bucket: copy.source, facts },
          destination: { bucket: copy.destination, key: 'key' },
          multipartThresholdBytes: MiB,
          partSizeBytes: 5 * MiB,
          uploads,
        },
        new AbortController().signal,
      )
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ObjectArchivedError);
    expect((error as MigrationError).remedy).toContain('Restore');
  });

  test('because the session is only for looking is denied by the session policy', async () => {
    const copy = await aCopy('hello');
    const reader = await open('verify', copy.source, copy.destination);
    const facts = { ...(await reader.headObject(copy.source, 'key')), key: 'key' };
    const request = {
      source: { bucket: copy.source, facts },
      destination: { bucket: copy.destination, key: 'key' },
      multipartThresholdBytes: MiB,
      partSizeBytes: 5 * MiB,
      uploads: { begun: async () => undefined, ended: async () => undefined },
    };

    await expect(reader.copyObject(request, new AbortController().signal)).rejects.toThrow(AccessDeniedError);
    await expect(reader.findBucket('another-bucket')).rejects.toThrow(MigrationError);
  });
});

describe('buckets', () => {
  test('in another Region are found there, and so is all that is asked of them afterwards', async () => {
    const bucket = await aBucket('eu-west-1');
    const storage = await open('look', bucket);

    expect((await storage.findBucket(bucket)).region).toBe('eu-west-1');
    for await (const page of storage.listObjects({ bucket })) expect(page).toEqual([]);
  });

  test('are found there by whatever is asked first', async () => {
    const bucket = await aBucket('eu-west-1');
    const storage = await open('look', bucket);
    const pages: number[] = [];

    for await (const page of storage.listObjects({ bucket })) pages.push(page.length);

    expect(pages).toEqual([]);
  });

  test.each(['before-effect', 'after-effect'] as const)(
    'are made once when the connection is lost %s',
    async (when) => {
      const name = newName();
      const keeper = await open('keep-buckets', name);
      world.faults.add({ operation: 'CreateBucket', times: 1, fault: { kind: 'lose-connection', when } });

      expect(await keeper.createBucket(name, 'eu-west-1', { job: 'a' })).toBe('created');

      expect(await keeper.findBucket(name)).toMatchObject({ region: 'eu-west-1', tags: { job: 'a' } });
    },
  );

  test('that exist in another Region than the wanted one are not taken for it', async () => {
    const bucket = await aBucket('eu-west-1');
    const keeper = await open('keep-buckets', bucket);

    await expect(keeper.createBucket(bucket, 'us-east-1', {})).rejects.toMatchObject({
      name: 'WrongRegionError',
      region: 'eu-west-1',
    });
  });
});
