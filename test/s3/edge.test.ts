import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import type { Storage } from '../../domain/ports.ts';
import { addStatements, type PolicyStatement } from '../../domain/policy.ts';
import { MiB } from '../../domain/sizes.ts';
import type { EpochMs } from '../../domain/time.ts';
import { ATTEMPTS_MAX } from '../../s3/retrying.ts';
import { errorBody, startDouble, storageAt, type Asked, type Reply } from './s3-double.ts';

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

async function aStorage(reply: (asked: Asked, count: number) => Reply, connection: Partial<Connection> = {}) {
  const double = await startDouble(reply);
  const storage = await storageAt(double.endpoint, connection);
  stop = async () => {
    storage.close();
    await double.close();
  };
  return { storage, asked: double.asked };
}

const HEAD = { etag: '"e1"', 'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT' };
const SHA256_OF_HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

describe('reading an object', () => {
  test('whose body ends early reads it again, and gives up rather than hash a part', async () => {
    const cut: Reply = { headers: HEAD, body: 'hel', isCut: true };
    const healed = await aStorage((_asked, count) => (count === 1 ? cut : { headers: HEAD, body: 'hello' }));
    expect(await healed.storage.hashObject('photos', 'a', 'e1')).toEqual({ sha256: SHA256_OF_HELLO, sizeBytes: 5 });
    await stop?.();

    const never = await aStorage(() => cut);
    await expect(never.storage.hashObject('photos', 'a', 'e1')).rejects.toMatchObject({
      name: 'StorageUnavailableError',
    });
    expect(never.asked).toHaveLength(ATTEMPTS_MAX);
  });

  test('where If-Match is ignored, another object is not taken for the one that was asked for', async () => {
    const { storage } = await aStorage(() => ({ headers: { ...HEAD, etag: '"e2"' }, body: 'hello' }));

    await expect(storage.hashObject('photos', 'a', 'e1')).rejects.toMatchObject({ name: 'ObjectChangedError' });
    await expect(storage.headObject('photos', 'a', 'e1')).rejects.toMatchObject({ name: 'ObjectChangedError' });
  });

  test('whose HEAD is a bare 400 asks by GET, which is told the reason', async () => {
    const said =
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided.';
    const { storage } = await aStorage(({ method }) =>
      method === 'HEAD' ? { status: 400 } : { status: 400, body: errorBody('InvalidRequest').replace('said so', said) },
    );

    await expect(storage.headObject('photos', 'a')).rejects.toMatchObject({ name: 'ObjectNotReproducibleError' });
  });

  test('that is stopped ends at once, with the reason of whoever stopped it', async () => {
    const stopping = new AbortController();
    const { storage } = await aStorage(() => {
      stopping.abort(new Error('enough'));
      return 'silence';
    });

    await expect(storage.hashObject('photos', 'a', 'e1', stopping.signal)).rejects.toThrow('enough');
  });

  test('from a storage that is being closed says so instead of waiting', async () => {
    const opened: Storage[] = [];
    const { storage } = await aStorage(() => {
      opened.forEach((one) => one.close());
      return 'silence';
    });
    opened.push(storage);

    await expect(storage.headObject('photos', 'a')).rejects.toThrow('closed');
  });

  test('from a server that cannot be reached says which connection to check', async () => {
    const { storage } = await aStorage(() => 'hang-up');

    await expect(storage.headObject('photos', 'a')).rejects.toMatchObject({
      name: 'StorageUnavailableError',
      remedy: 'Check that this machine reaches the endpoint of connection double.',
    });
  });
});

describe('the policy of a bucket', () => {
  const statement = (Sid: string): PolicyStatement => ({
    Sid,
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:ListBucket',
  });
  const text = (...sids: string[]) => JSON.stringify({ Version: '2012-10-17', Statement: sids.map(statement) });
  const addOurs = (storage: Storage) =>
    storage.changePolicy('photos', (policy) => addStatements(policy, [statement('Ours')]));

  test('keeps the edit of somebody else that overwrote ours', async () => {
    let kept = text('Old');
    let writes = 0;
    const { storage } = await aStorage(({ method, body }) => {
      if (method !== 'PUT') return { body: kept };
      writes += 1;
      // Their write, made from what they had read before ours, lands on top of it.
      kept = writes === 1 ? text('Old', 'Theirs') : body;
      return { status: 204 };
    });

    await addOurs(storage);

    expect(kept).toBe(text('Old', 'Theirs', 'Ours'));
    expect(writes).toBe(2);
  });

  test('that shows our edit late is not written again', async () => {
    let reads = 0;
    let writes = 0;
    const { storage } = await aStorage(({ method }) => {
      if (method === 'PUT') return { status: 204, body: String((writes += 1)).slice(1) };
      reads += 1;
      return { body: reads < 3 ? text('Old') : text('Old', 'Ours') };
    });

    await addOurs(storage);

    expect(writes).toBe(1);
  });

  test('that is read back as it was before, with the same Sids, is waited for and not taken for the new one', async () => {
    const until = (expiry: string) => ({
      ...statement('Ours'),
      Condition: { DateLessThan: { 'aws:CurrentTime': expiry } },
    });
    const renew = (storage: Storage) =>
      storage.changePolicy('photos', (policy) => addStatements(policy, [until('tomorrow')]));
    const policyOf = (expiry: string) => JSON.stringify({ Statement: [until(expiry)] });
    let reads = 0;
    let writes = 0;
    const { storage } = await aStorage(({ method }) => {
      if (method === 'PUT') return { status: 204, body: String((writes += 1)).slice(1) };
      reads += 1;
      return { body: policyOf(reads < 3 ? 'today' : 'tomorrow') };
    });

    await renew(storage);

    expect([reads, writes]).toEqual([3, 1]);
    await stop?.();
    const stale = await aStorage(({ method }) => (method === 'PUT' ? { status: 204 } : { body: policyOf('today') }));
    await expect(renew(stale.storage)).rejects.toMatchObject({ name: 'StorageUnavailableError' });
  });

  test('whose principals the provider writes its own way is settled, also when only they were changed', async () => {
    const freeze = (account: string): PolicyStatement => ({
      Sid: 'Freeze',
      Effect: 'Deny',
      NotPrincipal: { AWS: [account] },
      Action: 's3:PutObject',
    });
    const kept = (account: string) => JSON.stringify({ Statement: [freeze(`arn:aws:iam::${account}:root`)] });
    let writes = 0;
    const { storage } = await aStorage(({ method }) => {
      if (method === 'PUT') writes += 1;
      return method === 'PUT' ? { status: 204 } : { body: kept('111111111111') };
    });

    await storage.changePolicy('photos', (policy) => addStatements(policy, [freeze('111111111111')]));

    expect(writes).toBeLessThanOrEqual(2);
  });

  test('that somebody changes for ever is given up, and not for ever', async () => {
    const { storage, asked } = await aStorage(({ method }) =>
      method === 'PUT' ? { status: 204 } : { body: text('Theirs') },
    );

    await expect(addOurs(storage)).rejects.toThrow('changed by somebody else');

    expect(asked.length).toBeLessThan(30);
  });

  test.each([
    ['blank', ''],
    ['HTML', '<html></html>'],
    ['without statements', '{}'],
  ])('answered %s is never taken for none, and nothing is written over it', async (_name, body) => {
    const { storage, asked } = await aStorage(() => ({ body }));

    await expect(addOurs(storage)).rejects.toMatchObject({ name: 'StorageUnavailableError' });

    expect(asked.every((one) => one.method === 'GET')).toBe(true);
  });

  test('is read as none only when S3 says that there is none', async () => {
    const none = await aStorage(() => ({ status: 404, body: errorBody('NoSuchBucketPolicy') }));
    expect(await none.storage.readPolicy('photos')).toBeUndefined();
    await stop?.();

    const gone = await aStorage(() => ({ status: 404, body: errorBody('NoSuchBucket') }));
    await expect(gone.storage.readPolicy('photos')).rejects.toMatchObject({ name: 'BucketMissingError' });
  });
});

describe('the facts of a bucket', () => {
  const versioned = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>';
  const factsWhere = async (isRefused: (url: string) => boolean, refusal: Reply) => {
    const { storage } = await aStorage(({ method, url }) => {
      if (method === 'HEAD') return { headers: { 'x-amz-bucket-region': 'us-east-1' } };
      if (isRefused(url)) return refusal;
      return { body: url.includes('versioning') ? versioned : '<Empty/>' };
    });
    return storage.findBucket('photos');
  };

  test.each<[string, Reply]>([
    ['a role that may not read them', { status: 403, body: errorBody('AccessDenied') }],
    ['a provider that does not have them', { status: 501, body: errorBody('NotImplemented') }],
    ['a provider that does not know them', { status: 400, body: errorBody('InvalidArgument') }],
  ])('are enough without the extras for %s', async (_name, refusal) => {
    expect(await factsWhere((url) => !url.includes('versioning'), refusal)).toEqual({
      name: 'photos',
      region: 'us-east-1',
      versioning: 'enabled',
      encryption: 'unknown',
      hasObjectLock: false,
      hasMfaDelete: false,
      isRequesterPays: false,
      tags: {},
    });
  });

  test('are not enough where nobody may say whether old versions are there', async () => {
    const denied: Reply = { status: 403, body: errorBody('AccessDenied') };

    await expect(factsWhere((url) => url.includes('versioning'), denied)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      remedy: expect.stringContaining('s3:GetBucketVersioning') as string,
    });
  });
});

describe('a bucket that stands already', () => {
  const denial: Reply = { status: 403, body: errorBody('AccessDenied') };
  const own =
    '<ListAllMyBucketsResult><Buckets><Bucket><Name>photos</Name></Bucket></Buckets></ListAllMyBucketsResult>';

  test('is never created again, which would reset its ACLs', async () => {
    const { storage, asked } = await aStorage(
      ({ url }) => (url.startsWith('/photos') ? { status: 200 } : { body: own }),
      {
        kind: 's3-compatible',
        region: 'default',
      },
    );

    expect(await storage.createBucket('photos', 'default', {})).toBe('already-ours');

    expect(asked.map((one) => one.method)).not.toContain('PUT');
  });

  test('behind a bare 403 that was about keys is not taken for a stranger’s', async () => {
    const { storage } = await aStorage(({ method }) =>
      method === 'HEAD' ? { status: 403 } : { status: 403, body: errorBody('SignatureDoesNotMatch') },
    );

    await expect(storage.findBucket('photos')).rejects.toMatchObject({ name: 'CredentialsRefusedError' });
    await expect(storage.createBucket('photos', 'us-east-1', {})).rejects.toMatchObject({
      name: 'CredentialsRefusedError',
    });
    await expect(storage.headObject('photos', 'a')).rejects.toMatchObject({ name: 'CredentialsRefusedError' });
  });

  test('behind a 403 is ours only when our own list names it', async () => {
    const denied = (names: string) =>
      aStorage(({ url }) => (url.startsWith('/photos') ? denial : { body: names }), {
        kind: 's3-compatible',
        region: 'default',
      });
    const ours = await denied(own);
    expect(await ours.storage.createBucket('photos', 'default', {})).toBe('already-ours');
    await stop?.();

    const theirs = await denied(own.replace('photos', 'other'));
    await expect(theirs.storage.createBucket('photos', 'default', {})).rejects.toMatchObject({
      name: 'BucketOwnedByAnotherAccountError',
    });
  });
});

describe('what a copy sends', () => {
  const copied: Reply = { body: '<CopyObjectResult><ETag>"e1"</ETag></CopyObjectResult>' };
  const source = {
    key: 'a b?versionId=x',
    sizeBytes: 5,
    etag: 'e1',
    storageClass: 'STANDARD',
    modifiedAtMs: 0 as EpochMs,
  };
  const copyOnce = async (connection: Partial<Connection>, head: Record<string, string> = {}) => {
    const { storage, asked } = await aStorage(({ method, url }) => {
      if (method === 'PUT') return copied;
      return url.startsWith('/photos') ? { headers: { ...HEAD, ...head }, body: 'hello' } : { status: 404 };
    }, connection);
    await storage.copyObject(
      {
        source: { bucket: 'photos', facts: source },
        destination: { bucket: 'albums', key: 'b' },
        multipartThresholdBytes: MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
        destinationAccountId: '222222222222',
      },
      new AbortController().signal,
    );
    return { put: asked.find((one) => one.method === 'PUT')?.headers ?? {}, methods: asked.map((one) => one.method) };
  };

  test('to AWS is bound to the listed source, to a free key and to the account that owns the destination', async () => {
    const { put, methods } = await copyOnce(
      {},
      { 'x-amz-storage-class': 'STANDARD_IA', 'x-amz-website-redirect-location': '/b' },
    );

    expect(put).toMatchObject({
      'x-amz-copy-source': 'photos/a%20b%3FversionId%3Dx',
      'x-amz-copy-source-if-match': '"e1"',
      'if-none-match': '*',
      'x-amz-metadata-directive': 'COPY',
      'x-amz-tagging-directive': 'COPY',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-website-redirect-location': '/b',
      'x-amz-checksum-algorithm': 'CRC64NVME',
      'x-amz-expected-bucket-owner': '222222222222',
    });
    expect(put).not.toHaveProperty('x-amz-acl');
    expect(methods).toEqual(['HEAD', 'PUT']);
  });

  test('to other providers gives the copy to the owner of the bucket, after a look at the key', async () => {
    const { put, methods } = await copyOnce({ kind: 's3-compatible', region: 'default' });

    expect(put).toMatchObject({ 'x-amz-acl': 'bucket-owner-full-control', 'x-amz-storage-class': 'STANDARD' });
    expect(methods).toEqual(['HEAD', 'HEAD', 'PUT']);
  });

  test.each([
    ['ignores conditions', { kind: 's3-compatible', region: 'default' } as const, [] as string[]],
    ['refuses conditions', {}, ['if-none-match']],
  ])('to a storage that %s is nothing where the destination may not be looked at', async (_, connection, refused) => {
    const { storage, asked } = await aStorage(({ method, url, headers }) => {
      if (method === 'PUT' && refused.some((name) => name in headers)) return { status: 501, body: errorBody('NotImplemented') }; // prettier-ignore
      if (method === 'PUT') return copied;
      return url.startsWith('/photos') ? { headers: HEAD, body: 'hello' } : { status: 403, body: errorBody('AccessDenied') }; // prettier-ignore
    }, connection);
    const copy = storage.copyObject(
      {
        source: { bucket: 'photos', facts: source },
        destination: { bucket: 'albums', key: 'b' },
        multipartThresholdBytes: MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
      },
      new AbortController().signal,
    );

    await expect(copy).rejects.toMatchObject({ name: 'AccessDeniedError' });

    const written = asked.filter(({ method, headers }) => method === 'PUT' && !('if-none-match' in headers));
    expect(written).toEqual([]);
  });

  test('under an empty key, which S3 does not have, is nothing, and asks nothing', async () => {
    const { storage, asked } = await aStorage(() => ({ headers: HEAD, body: 'hello' }));
    const copy = storage.copyObject(
      {
        source: { bucket: 'photos', facts: { ...source, key: 'holidays/' } },
        destination: { bucket: 'albums', key: '' },
        multipartThresholdBytes: MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
      },
      new AbortController().signal,
    );

    await expect(copy).rejects.toMatchObject({
      name: 'ObjectNotReproducibleError',
      message: expect.stringContaining('photos/holidays/') as string,
    });
    expect(asked).toEqual([]);
  });

  test('with a redirect that cannot be sent again is nothing: the object is refused', async () => {
    await expect(copyOnce({}, { 'x-amz-website-redirect-location': '/Ã©' })).rejects.toMatchObject({
      name: 'ObjectNotReproducibleError',
    });
  });

  test('in parts carries every header, the metadata, the tags and the class again, letter by letter', async () => {
    const answers: Record<string, Reply> = {
      'POST uploads': {
        body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>',
      },
      PUT: { body: `<CopyPartResult><ETag>"${'0'.repeat(32)}"</ETag></CopyPartResult>` },
      POST: { body: '<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>' },
      HEAD: {
        headers: {
          ...HEAD,
          'content-length': String(8 * MiB),
          expires: 'whenever you like',
          'cache-control': 'no-store',
          'x-amz-meta-colour': 'blue; "dark"',
          'x-amz-storage-class': 'STANDARD_IA',
        },
      },
      GET: { body: '<Tagging><TagSet><Tag><Key>a b</Key><Value>1&amp;2</Value></Tag></TagSet></Tagging>' },
    };
    const { storage, asked } = await aStorage(
      ({ method, url }) => answers[url.includes('?uploads') ? 'POST uploads' : method] ?? { status: 500 },
    );

    const receipt = await storage.copyObject(
      {
        source: { bucket: 'photos', facts: { ...source, sizeBytes: 8 * MiB } },
        destination: { bucket: 'albums', key: 'b' },
        multipartThresholdBytes: MiB,
        partSizeBytes: 5 * MiB,
        uploads: { begun: async () => undefined, ended: async () => undefined },
      },
      new AbortController().signal,
    );

    expect(receipt).toEqual({ etag: 'e-2', path: 'multipart' });
    expect(asked.find((one) => one.url.includes('?uploads'))?.headers).toMatchObject({
      expires: 'whenever you like',
      'cache-control': 'no-store',
      'x-amz-meta-colour': 'blue; "dark"',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-tagging': 'a%20b=1%262',
      'x-amz-checksum-algorithm': 'CRC64NVME',
      'x-amz-checksum-type': 'FULL_OBJECT',
    });
    const parts = asked.filter((one) => one.method === 'PUT').map((one) => one.headers);
    expect(parts.map((headers) => headers['x-amz-copy-source-range']).sort()).toEqual(
      [`bytes=${5 * MiB}-${8 * MiB - 1}`, `bytes=0-${5 * MiB - 1}`].sort(),
    );
    expect(parts.every((headers) => headers['x-amz-copy-source-if-match'] === '"e1"')).toBe(true);
    expect(asked.at(-1)?.headers).toMatchObject({ 'if-none-match': '*', 'x-amz-mp-object-size': String(8 * MiB) });
  });
});
