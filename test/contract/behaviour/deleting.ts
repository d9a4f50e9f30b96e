import { DeleteObjectsCommand, type DeleteObjectsCommandInput, type ObjectIdentifier } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { aBucket, listedKeys, put, refusalOf } from '../answers.ts';
import { allow, setPolicy } from '../policies.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const KEYS_MAX = 1000;

async function aBucketWith(world: World, keys: readonly string[]) {
  const bucket = await aBucket(world);
  const written = await Promise.all(keys.map((key) => put(world.a, bucket, key)));
  const remove = (Objects: ObjectIdentifier[], more: Partial<DeleteObjectsCommandInput['Delete']> = {}) =>
    world.a.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, ...more } }));
  return { bucket, remove, etags: written.map((each) => each.etag) };
}

export const deletingBehaviours: readonly Behaviour[] = [
  behaviour('delete-many', 'each key is answered for, also the one that was not there', async (world) => {
    const { bucket, remove } = await aBucketWith(world, ['a', 'b', 'c']);

    const answer = await remove([{ Key: 'a' }, { Key: 'none' }, { Key: 'c' }]);

    expect(answer.Deleted?.map((each) => each.Key).sort()).toEqual(['a', 'c', 'none']);
    expect(answer.Errors ?? []).toEqual([]);
    expect(await listedKeys(world.a, bucket)).toEqual(['b']);
  }),
  behaviour('delete-many-quiet', 'a quiet request answers only for what failed', async (world) => {
    const { remove } = await aBucketWith(world, ['a']);

    const answer = await remove([{ Key: 'a' }], { Quiet: true });

    expect([answer.Deleted ?? [], answer.Errors ?? []]).toEqual([[], []]);
  }),
  behaviour('delete-many-limit', 'more than 1,000 keys are refused, all of them', async (world) => {
    const { bucket, remove } = await aBucketWith(world, ['key-0']);
    const Objects = Array.from({ length: KEYS_MAX + 1 }, (_, index) => ({ Key: `key-${index}` }));

    expect(await refusalOf(remove(Objects))).toBe('400 MalformedXML');
    expect(await listedKeys(world.a, bucket)).toEqual(['key-0']);
  }),
  behaviour('delete-many-partly', 'keys that may not be deleted are named as errors, the others go', async (world) => {
    const { bucket } = await aBucketWith(world, ['closed/a', 'open/a']);
    await setPolicy(world.a, bucket, allow(world.b, 's3:DeleteObject', `${bucket}/open/*`));
    const Objects = [{ Key: 'closed/a' }, { Key: 'open/a' }];

    const answer = await world.b.s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));

    expect(answer.Deleted?.map((each) => each.Key)).toEqual(['open/a']);
    expect(answer.Errors?.map((each) => [each.Key, each.Code])).toEqual([['closed/a', 'AccessDenied']]);
    expect(await listedKeys(world.a, bucket)).toEqual(['closed/a']);
  }),
  behaviour('delete-many-if-match', 'an object that changed meanwhile stays', async (world) => {
    const { bucket, remove, etags } = await aBucketWith(world, ['changed', 'same']);
    await put(world.a, bucket, 'changed', 'other text');

    const answer = await remove([
      { Key: 'changed', ETag: etags[0] },
      { Key: 'same', ETag: etags[1] },
    ]);

    expect(answer.Errors?.map((each) => [each.Key, each.Code])).toEqual([['changed', 'PreconditionFailed']]);
    expect(await listedKeys(world.a, bucket)).toEqual(['changed']);
  }),
];
