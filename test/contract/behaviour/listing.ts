import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { byBytes } from '../../support/odd-keys.ts';
import { signedRequest } from '../../support/raw-request.ts';
import { aBucket, decodeListed, listedKeys, put, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

async function aBucketOf(world: World, keys: readonly string[]) {
  const bucket = await aBucket(world);
  await Promise.all(keys.map((key) => put(world.a, bucket, key, key)));
  const list = (more: Partial<ListObjectsV2CommandInput> = {}) =>
    world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket, ...more }));
  return { bucket, list };
}

const keysOf = (page: ListObjectsV2CommandOutput): (string | undefined)[] =>
  (page.Contents ?? []).map((object) => object.Key);
const foldersOf = (page: ListObjectsV2CommandOutput): (string | undefined)[] =>
  (page.CommonPrefixes ?? []).map((folder) => folder.Prefix);

const TREE = ['a', 'b/', 'b/1', 'b/2', 'b/c/3', 'b0', 'd/4', 'e'];

const order: Behaviour[] = [
  behaviour('list-order', 'keys come in the order of their bytes, not of UTF-16', async (world) => {
    const keys = ['\u{1f600}', '\uffff', '\ue000', '\u00e9', 'e', 'E', 'a/', 'a', 'a!', 'a0'];
    const { bucket } = await aBucketOf(world, keys);

    expect(await listedKeys(world.a, bucket)).toEqual([...keys].sort(byBytes));
  }),
  behaviour('list-facts', 'size, ETag, class and time of each object are listed', async (world) => {
    const startedAtMs = Date.now();
    const { list } = await aBucketOf(world, ['a']);

    const [object] = (await list()).Contents ?? [];

    expect(object).toMatchObject({ Key: 'a', Size: 1, StorageClass: 'STANDARD' });
    expect(object?.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(Math.abs((object?.LastModified?.getTime() ?? 0) - startedAtMs)).toBeLessThan(60_000);
  }),
  behaviour('list-owner', 'the owner is listed only when asked for', async (world) => {
    const { list } = await aBucketOf(world, ['a']);

    expect((await list()).Contents?.[0]?.Owner).toBeUndefined();
    expect((await list({ FetchOwner: true })).Contents?.[0]?.Owner?.ID).toBeTruthy();
  }),
  behaviour('list-after-write', 'a listing shows a write and a delete at once', async (world) => {
    const { bucket, list } = await aBucketOf(world, ['a']);
    await put(world.a, bucket, 'b');

    expect(keysOf(await list())).toEqual(['a', 'b']);
  }),
];

const folding: Behaviour[] = [
  behaviour('list-delimiter', 'a delimiter folds keys into common prefixes', async (world) => {
    const { list } = await aBucketOf(world, TREE);

    const top = await list({ Delimiter: '/' });
    const inB = await list({ Delimiter: '/', Prefix: 'b/' });

    expect([keysOf(top), foldersOf(top), top.KeyCount]).toEqual([['a', 'b0', 'e'], ['b/', 'd/'], 5]);
    expect([keysOf(inB), foldersOf(inB)]).toEqual([['b/', 'b/1', 'b/2'], ['b/c/']]);
  }),
  behaviour('list-delimiter-long', 'a delimiter may be longer than one character', async (world) => {
    const { list } = await aBucketOf(world, ['a--b', 'a-b', 'c--d']);

    const page = await list({ Delimiter: '--' });

    expect([keysOf(page), foldersOf(page)]).toEqual([['a-b'], ['a--', 'c--']]);
  }),
  behaviour(
    'list-delimiter-pages',
    'a common prefix is one entry and is not repeated on the next page',
    async (world) => {
      const { list } = await aBucketOf(world, TREE);
      const seen: (string | undefined)[] = [];

      let page = await list({ Delimiter: '/', MaxKeys: 1 });
      for (let count = 0; count < TREE.length; count += 1) {
        seen.push(...keysOf(page), ...foldersOf(page));
        if (page.NextContinuationToken === undefined) break;
        page = await list({ Delimiter: '/', MaxKeys: 1, ContinuationToken: page.NextContinuationToken });
      }

      expect(seen).toEqual(['a', 'b/', 'b0', 'd/', 'e']);
    },
  ),
  behaviour('list-prefix', 'a prefix is bytes, not a folder', async (world) => {
    const { list } = await aBucketOf(world, [...TREE, 'B', '\u00e9', 'e\u0301']);

    expect(keysOf(await list({ Prefix: 'b' }))).toEqual(['b/', 'b/1', 'b/2', 'b/c/3', 'b0']);
    expect(keysOf(await list({ Prefix: 'e' }))).toEqual(['e', 'e\u0301']);
    expect(keysOf(await list({ Prefix: 'none' }))).toEqual([]);
  }),
];

const paging: Behaviour[] = [
  behaviour('list-pages', 'pages continue where the last one ended, and the last one says so', async (world) => {
    const { list } = await aBucketOf(world, TREE);

    const first = await list({ MaxKeys: 3 });
    const second = await list({ MaxKeys: 3, ContinuationToken: first.NextContinuationToken });
    const third = await list({ MaxKeys: 3, ContinuationToken: second.NextContinuationToken });

    expect([first, second, third].flatMap(keysOf)).toEqual(TREE);
    expect([first.IsTruncated, second.IsTruncated, third.IsTruncated]).toEqual([true, true, false]);
    expect([first.KeyCount, third.KeyCount]).toEqual([3, 2]);
    expect(third.NextContinuationToken).toBeUndefined();
  }),
  behaviour('list-full-page', 'a page that takes exactly everything is not truncated', async (world) => {
    const { list } = await aBucketOf(world, TREE);

    const page = await list({ MaxKeys: TREE.length });

    expect([page.IsTruncated, page.KeyCount]).toEqual([false, TREE.length]);
  }),
  behaviour('list-max-keys', 'a page has at most 1,000 keys, whatever is asked for', async (world) => {
    const { list } = await aBucketOf(world, ['a']);

    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
    expect(keysOf(await list({ MaxKeys: 0 }))).toEqual([]);
    expect((await list({ MaxKeys: 0 })).IsTruncated).toBe(false);
  }),
  behaviour('list-1000', 'more than 1,000 keys full of entities come in two pages', async (world) => {
    const keys = Array.from({ length: 1010 }, (_, index) => `&<>"'${String(index).padStart(5, '0')}`);
    const { bucket, list } = await aBucketOf(world, keys);

    const first = await list();

    expect([first.KeyCount, first.IsTruncated]).toEqual([1000, true]);
    expect(await listedKeys(world.a, bucket)).toEqual(keys);
  }),
  behaviour('list-start-after', 'start-after need not be a key, and is not listed itself', async (world) => {
    const { list } = await aBucketOf(world, TREE);

    expect(keysOf(await list({ StartAfter: 'b/1' }))).toEqual(['b/2', 'b/c/3', 'b0', 'd/4', 'e']);
    expect(keysOf(await list({ StartAfter: 'b/1x' }))).toEqual(['b/2', 'b/c/3', 'b0', 'd/4', 'e']);
    expect(keysOf(await list({ StartAfter: 'z' }))).toEqual([]);
  }),
  behaviour('list-token-deleted', 'a page continues although its last key was deleted meanwhile', async (world) => {
    const { bucket, list } = await aBucketOf(world, TREE);
    const first = await list({ MaxKeys: 3 });
    await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'b/1' }));

    const second = await list({ ContinuationToken: first.NextContinuationToken });

    expect([...keysOf(first), ...keysOf(second)]).toEqual(TREE);
  }),
  behaviour('list-token-wrong', 'a continuation token that is not one is refused', async (world) => {
    const { list } = await aBucketOf(world, ['a']);

    expect(await refusalOf(list({ ContinuationToken: 'not a token' }))).toBe('400 InvalidArgument');
  }),
];

const forms: Behaviour[] = [
  behaviour('list-v1', 'the older listing pages by marker', async (world) => {
    const { bucket } = await aBucketOf(world, TREE);
    const list = (more: object) => world.a.s3.send(new ListObjectsCommand({ Bucket: bucket, ...more }));

    const first = await list({ MaxKeys: 3 });
    const second = await list({ Marker: 'b/1' });
    const folded = await list({ Delimiter: '/', MaxKeys: 2 });

    expect(first.Contents?.map((object) => object.Key)).toEqual(['a', 'b/', 'b/1']);
    expect(first.IsTruncated).toBe(true);
    expect(second.Contents?.map((object) => object.Key)).toEqual(['b/2', 'b/c/3', 'b0', 'd/4', 'e']);
    expect([folded.NextMarker, folded.CommonPrefixes?.map((folder) => folder.Prefix)]).toEqual(['b/', ['b/']]);
  }),
  behaviour('list-encoded', 'encoding-type url encodes keys, prefixes and delimiters, and says so', async (world) => {
    const { bucket } = await aBucketOf(world, ['a b/\u0001', 'a b/c+d', '\u00e9']);

    const page = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'GET',
      path: `/${bucket}`,
      query: { 'list-type': '2', 'encoding-type': 'url', prefix: 'a b/' },
    });
    const text = page.body.toString();
    const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => match[1] ?? '');

    expect(text).toContain('<EncodingType>url</EncodingType>');
    expect(keys.map(decodeListed)).toEqual(['a b/\u0001', 'a b/c+d']);
    expect(keys.every((key) => /^[\x21-\x7e]*$/.test(key))).toBe(true);
    expect(decodeListed(/<Prefix>([^<]*)<\/Prefix>/.exec(text)?.[1] ?? '')).toBe('a b/');
  }),
  behaviour('list-encoding-wrong', 'an encoding that does not exist is refused', async (world) => {
    const { bucket } = await aBucketOf(world, []);

    const page = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'GET',
      path: `/${bucket}`,
      query: { 'list-type': '2', 'encoding-type': 'base64' },
    });

    expect(page.status).toBe(400);
    expect(page.body.toString()).toContain('<Code>InvalidArgument</Code>');
  }),
];

export const listingBehaviours: readonly Behaviour[] = [...order, ...folding, ...paging, ...forms];
