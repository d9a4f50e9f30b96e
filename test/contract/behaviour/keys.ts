import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { byBytes, oddKeys } from '../../support/odd-keys.ts';
import { aBucket, copySource, listedKeys, put, read, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const REQUESTS_AT_ONCE = 8;
const keys = oddKeys.map((odd) => odd.key);

/** Answers in the order of the questions; failures say which key. */
async function forEachKey<T>(each: readonly string[], ask: (key: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const asker = async (): Promise<void> => {
    for (let index = next++; index < each.length; index = next++) {
      const key = each[index] ?? '';
      answers[index] = await ask(key).catch((error: unknown) => {
        throw new Error(`key ${JSON.stringify(key)}: ${String(error)}`, { cause: error });
      });
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, asker));
  return answers;
}

async function anOddBucket(world: World): Promise<string> {
  const bucket = await aBucket(world);
  await forEachKey(keys, (key) => put(world.a, bucket, key, `body of ${key}`));
  return bucket;
}

export const keyBehaviours: readonly Behaviour[] = [
  behaviour(
    'odd-keys-listed',
    'every odd key is listed as it was written, in the order of its bytes',
    async (world) => {
      const bucket = await anOddBucket(world);

      expect(await listedKeys(world.a, bucket)).toEqual([...keys].sort(byBytes));
    },
  ),
  behaviour('odd-keys-read', 'every odd key leads to its own object', async (world) => {
    const bucket = await anOddBucket(world);

    expect(await forEachKey(keys, (key) => read(world.a, bucket, key))).toEqual(keys.map((key) => `body of ${key}`));
  }),
  behaviour('odd-keys-copied', 'every odd key can be the source and the destination of a copy', async (world) => {
    const bucket = await anOddBucket(world);
    const destination = await aBucket(world);

    await forEachKey(keys, (key) =>
      world.a.s3.send(new CopyObjectCommand({ Bucket: destination, Key: key, CopySource: copySource(bucket, key) })),
    );

    expect(await listedKeys(world.a, destination)).toEqual([...keys].sort(byBytes));
    expect(await forEachKey(keys, (key) => read(world.a, destination, key))).toEqual(
      keys.map((key) => `body of ${key}`),
    );
  }),
  behaviour('odd-keys-deleted', 'deleting one odd key leaves all others', async (world) => {
    const bucket = await anOddBucket(world);
    const half = keys.filter((_, index) => index % 2 === 0);
    const rest = keys.filter((_, index) => index % 2 === 1);

    await forEachKey(half, (key) => world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));

    expect(await listedKeys(world.a, bucket)).toEqual([...rest].sort(byBytes));
  }),
  behaviour('odd-keys-deleted-together', 'one DeleteObjects takes every key that XML can carry', async (world) => {
    const bucket = await anOddBucket(world);
    const isXml = (key: string): boolean => !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/u.test(key);
    const Objects = keys.filter(isXml).map((key) => ({ Key: key }));

    const answer = await world.a.s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );

    expect(answer.Errors ?? []).toEqual([]);
    expect(await listedKeys(world.a, bucket)).toEqual(keys.filter((key) => !isXml(key)).sort(byBytes));
  }),
  behaviour('key-too-long', 'a key of 1,025 bytes is refused', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(put(world.a, bucket, 'x'.repeat(1025), 'x'))).toBe('400 KeyTooLongError');
    expect(await refusalOf(put(world.a, bucket, '\u20ac'.repeat(342), 'x'))).toBe('400 KeyTooLongError');
  }),
  behaviour('key-composed', 'composed and decomposed forms are two objects', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, '\u00e9', 'composed');

    expect(await refusalOf(world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'e\u0301' })))).toBe(
      '404 NotFound',
    );
  }),
  behaviour(
    'listing-plain-markup',
    'markup and entities in keys survive a listing that is not encoded',
    async (world) => {
      const bucket = await aBucket(world);
      const markup = ['&#10;', '&amp;', '</Key>', '<![CDATA[a]]>', ']]>', '"\'', 'a\rb', 'a\nb', 'a\tb'];
      await forEachKey(markup, (key) => put(world.a, bucket, key, 'x'));

      const listing = await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }));

      expect(listing.Contents?.map((object) => object.Key)).toEqual([...markup].sort(byBytes));
    },
  ),
];
