import { afterEach, describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import { ListingInvalidError, StorageThrottledError } from '../../domain/errors.ts';
import { ATTEMPTS_MAX } from '../../s3/retrying.ts';
import { errorBody, startDouble, storageAt, type Reply } from './s3-double.ts';

const listing = (keys: string[], more: { token?: string; bucket?: string; count?: number } = {}): string =>
  `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${more.bucket ?? 'photos'}</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><KeyCount>${more.count ?? keys.length}</KeyCount><IsTruncated>${more.token !== undefined}</IsTruncated>${more.token === undefined ? '' : `<NextContinuationToken>${more.token}</NextContinuationToken>`}${keys.map((key) => `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>`).join('')}</ListBucketResult>`;

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

/** Lists `photos` on a server that answers like this. */
async function list(reply: (count: number, url: string) => Reply, connection: Partial<Connection> = {}) {
  const double = await startDouble((asked, count) => reply(count, asked.url));
  const storage = await storageAt(double.endpoint, connection);
  stop = async () => {
    storage.close();
    await double.close();
  };
  const keys: string[] = [];
  const outcome = await (async () => {
    for await (const page of storage.listObjects({ bucket: 'photos' })) keys.push(...page.map((facts) => facts.key));
    return undefined;
  })().catch((error: unknown) => error);
  return { keys, error: outcome, asked: double.asked.map((one) => one.url), throttled: storage.throttledCount };
}

const WRONG_ANSWERS: [string, Reply][] = [
  ['blank', { body: '' }],
  ['HTML', { body: '<html><body>Please log in</body></html>', headers: { 'content-type': 'text/html' } }],
  ['an empty result', { body: '<ListBucketResult></ListBucketResult>' }],
  ['{}', { body: '{}' }],
  ['XML cut in the middle', { body: listing(['a', 'b']).slice(0, 350) }],
  ['XML cut with the connection', { body: listing(['a', 'b']).slice(0, 350), isCut: true }],
  ['an error inside a 200', { body: errorBody('InternalError') }],
  ['a page of another bucket', { body: listing(['a'], { bucket: 'other' }) }],
  ['a page that lost a key', { body: listing(['a'], { count: 2 }) }],
  ['a page out of order', { body: listing(['b', 'a']) }],
  ['a hang-up', 'hang-up'],
  ['500', { status: 500, body: errorBody('InternalError') }],
];

describe('a listing', () => {
  test.each(WRONG_ANSWERS)('answered by %s is asked for again, and goes on when it is right', async (_name, wrong) => {
    const seen = await list((count) => (count === 1 ? wrong : { body: listing(['a', 'b']) }));

    expect(seen.error).toBeUndefined();
    expect(seen.keys).toEqual(['a', 'b']);
  });

  test.each(WRONG_ANSWERS)('answered by %s for ever is an error, never an empty bucket', async (_name, wrong) => {
    const seen = await list(() => wrong);

    expect(seen.error).toBeInstanceOf(Error);
    expect((seen.error as Error).name).toMatch(/^(ListingInvalidError|StorageUnavailableError)$/);
    expect(seen.keys).toEqual([]);
    expect(seen.asked.length).toBeLessThanOrEqual(ATTEMPTS_MAX ** 2);
  });

  test('that is not believed says why', async () => {
    const seen = await list(() => ({ body: listing(['b', 'a']) }));

    expect(seen.error).toBeInstanceOf(ListingInvalidError);
    expect((seen.error as Error).message).toContain('its keys do not ascend');
    expect(seen.asked).toHaveLength(ATTEMPTS_MAX);
  });

  test('without objects is asked for twice, and the second answer counts', async () => {
    const empty = await list(() => ({ body: listing([]) }));
    expect(empty.keys).toEqual([]);
    expect(empty.asked).toHaveLength(2);
    await stop?.();

    const late = await list((count) => ({ body: listing(count === 1 ? [] : ['a']) }));
    expect(late.keys).toEqual(['a']);
  });

  test('goes on by the token of the page before, and a page that begins again is refused', async () => {
    const right = await list((_count, url) =>
      url.includes('continuation-token=t1') ? { body: listing(['c']) } : { body: listing(['a', 'b'], { token: 't1' }) },
    );
    expect(right.keys).toEqual(['a', 'b', 'c']);
    expect(right.asked[1]).not.toContain('start-after');
    await stop?.();

    const again = await list(() => ({ body: listing(['a', 'b'], { token: 't1' }) }));
    expect(again.error).toBeInstanceOf(ListingInvalidError);
    expect(again.keys).toEqual(['a', 'b']);
  });

  test('keys come back exactly from their encoding', async () => {
    const seen = await list(() => ({ body: listing(['%00%0A+%2B', 'a%2526b', '%C3%A9']) }));

    expect(seen.keys).toEqual(['\u0000\n +', 'a%26b', 'é']);
  });

  test('a thousand keys full of entities are all there', async () => {
    const keys = Array.from(
      { length: 1000 },
      (_, index) => `${String(index).padStart(4, '0')}&amp;&lt;&gt;&quot;&apos;`,
    );

    expect((await list(() => ({ body: listing(keys) }))).keys).toHaveLength(1000);
  });

  test('that is throttled waits, counts it and goes on; for ever, it says so', async () => {
    const slow: Reply = { status: 503, body: errorBody('SlowDown') };
    const healed = await list((count) => (count < 3 ? slow : { body: listing(['a']) }));
    expect(healed).toMatchObject({ keys: ['a'], throttled: 2 });
    await stop?.();

    const never = await list(() => slow);
    expect(never.error).toBeInstanceOf(StorageThrottledError);
    expect(never.asked).toHaveLength(ATTEMPTS_MAX);
  });

  test('of a provider that leaves out the count is believed', async () => {
    const body = listing(['a']).replace(/<KeyCount>.*<\/KeyCount>/, '');

    expect((await list(() => ({ body }), { kind: 's3-compatible' })).keys).toEqual(['a']);
  });
});
