import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { aBucket, copySource, put, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour } from '../world.ts';

export const archivedBehaviours: readonly Behaviour[] = [
  behaviour('archived-read', 'an archived object is listed, and cannot be read', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text', { StorageClass: 'GLACIER' });
    const object = { Bucket: bucket, Key: 'a' };

    expect((await world.a.s3.send(new HeadObjectCommand(object))).StorageClass).toBe('GLACIER');
    expect(await refusalOf(world.a.s3.send(new GetObjectCommand(object)))).toBe('403 InvalidObjectState');
  }),
  behaviour('archived-copy', 'an archived object cannot be copied', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text', { StorageClass: 'DEEP_ARCHIVE' });
    const copy = new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: copySource(bucket, 'a') });

    expect(await refusalOf(world.a.s3.send(copy))).toMatch(/^403 (ObjectNotInActiveTierError|InvalidObjectState)$/);
  }),
];
