import { expect } from 'vitest';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { allow, setPolicy } from '../policies.ts';
import { anUpload, begin, big, digestOf, OTHER_ETAG, PART_SIZE_BYTES_MIN } from '../upload.ts';
import { behaviour, type Behaviour } from '../world.ts';

export const partCopyingBehaviours: readonly Behaviour[] = [
  behaviour('part-copy', 'ranges of a source become the parts of an object', async (world) => {
    const { bucket, head, copyPart, complete } = await anUpload(world);
    const text = `${big}0123456789`;
    await put(world.a, bucket, 'source', text);
    const source = copySource(bucket, 'source');

    const first = await copyPart(1, source, { CopySourceRange: `bytes=0-${PART_SIZE_BYTES_MIN - 1}` });
    const second = await copyPart(2, source, { CopySourceRange: `bytes=${PART_SIZE_BYTES_MIN}-${text.length - 1}` });
    await complete(first, second);

    expect((await head()).ETag).toBe(digestOf(big, '0123456789'));
    expect(await read(world.a, bucket, 'a')).toBe(text);
  }),
  behaviour('part-copy-whole', 'without a range the whole source is one part', async (world) => {
    const { bucket, copyPart, complete } = await anUpload(world);
    await put(world.a, bucket, 'a b+c \u00e9', 'text');

    await complete(await copyPart(1, copySource(bucket, 'a b+c \u00e9')));

    expect(await read(world.a, bucket, 'a')).toBe('text');
  }),
  behaviour('part-copy-percent', 'a source whose key looks percent-encoded is not taken for another', async (world) => {
    const { bucket, copyPart, complete } = await anUpload(world);
    await put(world.a, bucket, 'a%2Fb', 'right');
    await put(world.a, bucket, 'a/b', 'wrong');

    await complete(await copyPart(1, copySource(bucket, 'a%2Fb')));

    expect(await read(world.a, bucket, 'a')).toBe('right');
  }),
  behaviour('part-copy-query', 'a source whose key ends like a version is taken as it is', async (world) => {
    const { bucket, copyPart, complete } = await anUpload(world);
    await put(world.a, bucket, 'a?versionId=x', 'text');

    await complete(await copyPart(1, copySource(bucket, 'a?versionId=x')));

    expect(await read(world.a, bucket, 'a')).toBe('text');
  }),
  behaviour('part-copy-metadata', 'metadata of the source does not come along', async (world) => {
    const { bucket, head, copyPart, complete } = await anUpload(world);
    await put(world.a, bucket, 'source', 'text', { ContentType: 'text/css', Metadata: { colour: 'red' } });
    await complete(await copyPart(1, copySource(bucket, 'source')));

    expect((await head()).Metadata).toEqual({});
    expect((await head()).ContentType).toBe('binary/octet-stream');
  }),
  behaviour('part-copy-range-outside', 'a range beyond the source is refused', async (world) => {
    const { bucket, copyPart } = await anUpload(world);
    await put(world.a, bucket, 'source', '0123456789');
    const source = copySource(bucket, 'source');

    expect(await refusalOf(copyPart(1, source, { CopySourceRange: 'bytes=5-10' }))).toMatch(
      /^(400 InvalidArgument|416 InvalidRange)$/,
    );
    expect(await refusalOf(copyPart(1, source, { CopySourceRange: 'bytes=20-30' }))).toMatch(
      /^(400 InvalidArgument|416 InvalidRange)$/,
    );
  }),
  behaviour('part-copy-if-match', 'a source that changed is not copied into a part', async (world) => {
    const { bucket, copyPart } = await anUpload(world);
    const { etag } = await put(world.a, bucket, 'source', 'text');
    const source = copySource(bucket, 'source');

    expect(await refusalOf(copyPart(1, source, { CopySourceIfMatch: OTHER_ETAG }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(copyPart(1, source, { CopySourceIfMatch: etag }))).toBe('accepted');
  }),
  behaviour('part-copy-missing', 'a source that is not there is named', async (world) => {
    const { bucket, copyPart } = await anUpload(world);

    expect(await refusalOf(copyPart(1, copySource(bucket, 'none')))).toBe('404 NoSuchKey');
  }),
  behaviour(
    'part-copy-accounts-write',
    'parts are copied into a bucket that lets the owner of the source write',
    async (world) => {
      const source = await aBucket(world, world.a);
      const destination = await aBucket(world, world.b);
      await put(world.a, source, 'source', 'text');
      await setPolicy(world.b, destination, allow(world.a, ['s3:PutObject', 's3:PutObjectAcl'], `${destination}/*`));
      const { copyPart, complete } = await begin(world.a, destination, { ACL: 'bucket-owner-full-control' });

      await complete(await copyPart(1, copySource(source, 'source')));

      expect(await read(world.b, destination, 'a')).toBe('text');
    },
  ),
  behaviour(
    'part-copy-accounts-read',
    'parts are copied from a bucket that lets the owner of the destination read',
    async (world) => {
      const source = await aBucket(world, world.a);
      const destination = await aBucket(world, world.b);
      await put(world.a, source, 'source', 'text');
      const { copyPart, complete } = await begin(world.b, destination);
      expect(await refusalOf(copyPart(1, copySource(source, 'source')))).toBe('403 AccessDenied');
      await setPolicy(world.a, source, allow(world.b, 's3:GetObject', `${source}/*`));

      await complete(await copyPart(1, copySource(source, 'source')));

      expect(await read(world.b, destination, 'a')).toBe('text');
    },
  ),
];
