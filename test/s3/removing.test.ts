import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
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

test('a key with more versions than a history may hold is refused, and says what to do', async () => {
  let count = 0;
  const version = () => {
    count += 1;
    const isLatest = count === 1;
    const facts = `<Size>1</Size><ETag>"e"</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified>`;
    return `<Version><Key>k</Key><VersionId>v${count}</VersionId><IsLatest>${isLatest}</IsLatest>${facts}</Version>`;
  };
  const { storage, asked } = await aStorage(({ url }) => {
    const from = new URL(url, 'http://double').searchParams;
    const versions = Array.from({ length: 1_000 }, version).join('');
    const frame = `<Name>photos</Name><Prefix/><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>`;
    const was = `<KeyMarker>${from.get('key-marker') ?? ''}</KeyMarker><VersionIdMarker>${from.get('version-id-marker') ?? ''}</VersionIdMarker>`;
    const next = `<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v${count}</NextVersionIdMarker>`;
    return { body: `<ListVersionsResult>${frame}${was}${next}${versions}</ListVersionsResult>` };
  });

  await expect(storage.listHistories({ bucket: 'photos' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    name: 'StorageRefusedError',
    remedy: expect.stringContaining('lifecycle') as string,
  });

  expect(asked).toHaveLength(11);
});

describe('removing objects', () => {
  const REMOVALS = ['a', 'b', 'c', 'd'].map((key) => ({ key, etag: 'e1' }));
  const result = (body: string): Reply => ({ body: `<DeleteResult>${body}</DeleteResult>` });
  const deleted = (key: string) => `<Deleted><Key>${key}</Key></Deleted>`;
  const failed = (key: string, code: string) =>
    `<Error><Key>${key}</Key><Code>${code}</Code><Message>m</Message></Error>`;

  test('reads the errors inside of a 200 and asks again singly for what was not answered or may heal', async () => {
    const { storage, asked } = await aStorage(({ method, url }) => {
      if (method !== 'DELETE') return result(deleted('a') + failed('b', 'InternalError') + failed('c', 'AccessDenied'));
      return url.includes('/d') ? { status: 412, body: errorBody('PreconditionFailed') } : { status: 204 };
    });

    const outcomes = await storage.removeObjects('photos', REMOVALS);

    expect(outcomes.map(({ outcome, error }) => [outcome, error])).toEqual([
      ['removed', undefined],
      ['removed', undefined],
      ['refused', 'AccessDenied'],
      ['changed', 'PreconditionFailed'],
    ]);
    const singly = asked.filter(({ method }) => method === 'DELETE');
    expect(singly.map(({ url, headers }) => [url.split('?')[0], headers['if-match']])).toEqual([
      ['/photos/b', '"e1"'],
      ['/photos/d', '"e1"'],
    ]);
  });

  test.each(['NoSuchKey', 'NoSuchVersion'])(
    'takes %s for removed: the answer of the first try was lost',
    async (code) => {
      const { storage } = await aStorage(() => result(REMOVALS.map(({ key }) => failed(key, code)).join('')));

      const outcomes = await storage.removeObjects('photos', REMOVALS);

      expect(outcomes.every(({ outcome }) => outcome === 'removed')).toBe(true);
    },
  );

  test('that are all denied inside of a 200 is denied, with what to allow', async () => {
    const { storage } = await aStorage(() => result(REMOVALS.map(({ key }) => failed(key, 'AccessDenied')).join('')));

    await expect(storage.removeObjects('photos', REMOVALS)).rejects.toMatchObject({
      name: 'AccessDeniedError',
      remedy: expect.stringContaining('s3:DeleteObjectVersion') as string,
    });
  });

  test('names the ETag of every object, asks for every answer, and for the owner of the bucket', async () => {
    const connection = { roleArn: 'arn:aws:iam::111111111111:role/r' };
    const { storage, asked } = await aStorage(
      ({ body }) =>
        body.startsWith('Action=') ? { body: ASSUMED } : result(REMOVALS.map(({ key }) => deleted(key)).join('')),
      connection,
    );

    await storage.removeObjects('photos', REMOVALS);

    const { body, headers } = asked.find(({ url }) => url.includes('?delete'))!;
    expect(body.match(/<ETag>&quot;e1&quot;<\/ETag>|<ETag>"e1"<\/ETag>/g)).toHaveLength(4);
    expect(body).not.toContain('Quiet');
    expect(headers['x-amz-expected-bucket-owner']).toBe('111111111111');
  });

  test('looks at each object first where conditions are ignored, and asks only for those that are as named', async () => {
    const { storage, asked } = await aStorage(
      ({ method, url, body }) => {
        if (method === 'HEAD' && url.includes('/b')) return { status: 404 };
        if (method === 'HEAD') return { headers: { ...HEAD, etag: url.includes('/c') ? '"e2"' : '"e1"' } };
        return result([...body.matchAll(/<Key>(.)<\/Key>/g)].map(([, key]) => deleted(key!)).join(''));
      },
      { kind: 's3-compatible' },
    );

    const outcomes = await storage.removeObjects('photos', REMOVALS);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['removed', 'removed', 'changed', 'removed']);
    const sent = asked.find(({ url }) => url.includes('?delete'))!.body;
    expect([...sent.matchAll(/<Key>(.)<\/Key>/g)].map(([, key]) => key)).toEqual(['a', 'd']);
    expect(sent.match(/<ETag>/g)).toHaveLength(2);
  });
});

const ASSUMED =
  '<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>' +
  '<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>';
