import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { put, read, refusalOf } from '../answers.ts';
import { anUpload, begin, big, digestOf, OTHER_ETAG, PART_SIZE_BYTES_MIN } from '../upload.ts';
import { behaviour, type Behaviour } from '../world.ts';

const completing: Behaviour[] = [
  behaviour('multipart', 'parts become one object with the headers given at the start', async (world) => {
    const { bucket, head, part, complete } = await anUpload(world, {
      ContentType: 'text/css',
      Metadata: { colour: 'red' },
    });
    const second = await part(2, 'tail');
    const first = await part(1, big);

    expect(await refusalOf(head())).toBe('404 NotFound');
    await complete(first, second);

    expect(await head()).toMatchObject({
      ContentLength: PART_SIZE_BYTES_MIN + 4,
      ContentType: 'text/css',
      Metadata: { colour: 'red' },
      ETag: digestOf(big, 'tail'),
    });
    expect(await read(world.a, bucket, 'a')).toBe(`${big}tail`);
  }),
  behaviour(
    'multipart-etag-answer',
    'the answer to Complete carries the ETag: MD5 of the MD5s, and their number',
    async (world) => {
      const { part, complete } = await anUpload(world);

      expect((await complete(await part(1, 'x'))).ETag).toBe(digestOf('x'));
    },
  ),
  behaviour('multipart-tags', 'tags given at the start are there at the end', async (world) => {
    const { bucket, part, complete } = await anUpload(world, { Tagging: 'kind=new' });
    await complete(await part(1, 'x'));

    const tags = await world.a.s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'a' }));

    expect(tags.TagSet).toEqual([{ Key: 'kind', Value: 'new' }]);
  }),
  behaviour('multipart-chosen', 'only the parts that are named count', async (world) => {
    const { bucket, part, complete } = await anUpload(world);
    await part(1, 'left out');

    await complete(await part(2, 'named'));

    expect(await read(world.a, bucket, 'a')).toBe('named');
  }),
  behaviour('multipart-gaps', 'numbers of parts may have gaps', async (world) => {
    const { bucket, part, complete } = await anUpload(world);
    const fifth = await part(5, big);
    const last = await part(10_000, 'tail');

    await complete(fifth, last);

    expect(await read(world.a, bucket, 'a')).toBe(`${big}tail`);
  }),
  behaviour('multipart-again', 'a part that is sent again replaces the first', async (world) => {
    const { bucket, part, complete } = await anUpload(world);
    await part(1, 'first');
    const again = await part(1, 'second');

    await complete(again);

    expect(await read(world.a, bucket, 'a')).toBe('second');
  }),
  behaviour('multipart-small', 'a part under 5 MiB that is not the last is refused', async (world) => {
    const { part, complete, head } = await anUpload(world);
    const parts = [await part(1, 'small'), await part(2, 'tail')] as const;

    expect(await refusalOf(complete(...parts))).toBe('400 EntityTooSmall');
    expect(await refusalOf(head())).toBe('404 NotFound');
  }),
  behaviour('multipart-order', 'parts that are not named in order are refused', async (world) => {
    const { part, complete } = await anUpload(world);
    const first = await part(1, big);
    const second = await part(2, 'tail');

    expect(await refusalOf(complete(second, first))).toBe('400 InvalidPartOrder');
  }),
  behaviour('multipart-etag', 'a part with another ETag, or that was never sent, is refused', async (world) => {
    const { part, complete } = await anUpload(world);
    const first = await part(1, 'x');

    expect(await refusalOf(complete({ ...first, ETag: OTHER_ETAG }))).toBe('400 InvalidPart');
    expect(await refusalOf(complete(first, { PartNumber: 2, ETag: OTHER_ETAG }))).toBe('400 InvalidPart');
    expect(await refusalOf(complete(first))).toBe('accepted');
  }),
  behaviour('multipart-number', 'part numbers go from 1 to 10,000', async (world) => {
    const { part } = await anUpload(world);

    expect(await refusalOf(part(0, 'x'))).toBe('400 InvalidArgument');
    expect(await refusalOf(part(10_001, 'x'))).toBe('400 InvalidArgument');
  }),
  behaviour(
    'multipart-complete-twice',
    'completing again after a lost answer gives the same or NoSuchUpload',
    async (world) => {
      const { bucket, part, complete } = await anUpload(world);
      const only = await part(1, 'x');
      await complete(only);

      expect(await refusalOf(complete(only))).toMatch(/^(accepted|404 NoSuchUpload)$/);
      expect(await read(world.a, bucket, 'a')).toBe('x');
    },
  ),
  behaviour('multipart-complete-conditional', 'completing with If-None-Match: * overwrites nothing', async (world) => {
    const { bucket, upload, part } = await anUpload(world);
    const Parts = [await part(1, 'late')];
    await put(world.a, bucket, 'a', 'there');
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, IfNoneMatch: '*' });

    expect(await refusalOf(world.a.s3.send(complete))).toBe('412 PreconditionFailed');
    expect(await read(world.a, bucket, 'a')).toBe('there');
  }),
];

const ending: Behaviour[] = [
  behaviour('multipart-abort', 'an aborted upload is gone, with its parts', async (world) => {
    const { part, abort } = await anUpload(world);
    await part(1, 'x');

    const aborted = await abort();

    expect(aborted.$metadata.httpStatusCode).toBe(204);
    expect(await refusalOf(part(2, 'x'))).toBe('404 NoSuchUpload');
    expect(await refusalOf(abort())).toBe('404 NoSuchUpload');
  }),
  behaviour('multipart-abort-list', 'the parts of an aborted upload are NoSuchUpload', async (world) => {
    const { abort, listParts } = await anUpload(world);
    await abort();

    expect(await refusalOf(listParts())).toBe('404 NoSuchUpload');
  }),
  behaviour('multipart-abort-complete', 'an aborted upload cannot be completed', async (world) => {
    const { part, abort, complete } = await anUpload(world);
    const first = await part(1, 'x');
    await abort();

    expect(await refusalOf(complete(first))).toBe('404 NoSuchUpload');
  }),
  behaviour('multipart-parts', 'parts are listed by number, in pages', async (world) => {
    const { part, listParts } = await anUpload(world);
    for (const number of [3, 1, 2]) await part(number, `part ${number}`);

    const first = await listParts({ MaxParts: 2 });
    const second = await listParts({ PartNumberMarker: first.NextPartNumberMarker });

    expect(first.Parts?.map((each) => [each.PartNumber, each.Size])).toEqual([
      [1, 6],
      [2, 6],
    ]);
    expect(first.IsTruncated).toBe(true);
    expect(second.Parts?.map((each) => each.PartNumber)).toEqual([3]);
    expect(second.IsTruncated).toBe(false);
  }),
  behaviour('multipart-uploads', 'open uploads are listed and are not objects', async (world) => {
    const { bucket, upload, abort } = await anUpload(world);
    const other = await begin(world.a, bucket);
    const listUploads = async () =>
      (await world.a.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];

    const before = await listUploads();
    await abort();
    const after = await listUploads();

    expect(before.map((each) => each.UploadId).sort()).toEqual([upload.UploadId, other.upload.UploadId].sort());
    expect(before.map((each) => each.Key)).toEqual(['a', 'a']);
    expect(after.map((each) => each.UploadId)).toEqual([other.upload.UploadId]);
    expect((await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
  }),
  behaviour('multipart-foreign', 'another account can neither add to it, list it nor end it', async (world) => {
    const { upload } = await anUpload(world);

    expect(await refusalOf(world.b.s3.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'x' })))).toBe(
      '403 AccessDenied',
    );
    expect(await refusalOf(world.b.s3.send(new ListPartsCommand(upload)))).toBe('403 AccessDenied');
    expect(await refusalOf(world.b.s3.send(new AbortMultipartUploadCommand(upload)))).toBe('403 AccessDenied');
  }),
  behaviour('multipart-delete-bucket', 'an open upload does not keep a bucket from being deleted', async (world) => {
    const { bucket } = await anUpload(world);

    expect(await refusalOf(world.a.s3.send(new DeleteBucketCommand({ Bucket: bucket })))).toBe('accepted');
  }),
];

export const multipartBehaviours: readonly Behaviour[] = [...completing, ...ending];
