import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CreateMultipartUploadCommandInput,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Account } from '../../support/s3-account.ts';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { allow, setPolicy } from '../policies.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const MiB = 1024 ** 2;
const PART_SIZE_BYTES_MIN = 5 * MiB;
const big = 'x'.repeat(PART_SIZE_BYTES_MIN);
const OTHER_ETAG = '"00000000000000000000000000000000"';

type Part = Readonly<{ PartNumber: number; ETag: string }>;

/** An upload of `a` that has begun in `bucket`, and everything that can be done with it. */
async function begin(who: Account, bucket: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const object = { Bucket: bucket, Key: 'a' };
  const { UploadId = '' } = await who.s3.send(new CreateMultipartUploadCommand({ ...object, ...more }));
  const upload = { ...object, UploadId };
  const part = async (PartNumber: number, Body: string): Promise<Part> => {
    const answer = await who.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    return { PartNumber, ETag: answer.ETag ?? '' };
  };
  const copyPart = async (
    PartNumber: number,
    CopySource: string,
    how: Partial<UploadPartCopyCommandInput> = {},
  ): Promise<Part> => {
    const answer = await who.s3.send(new UploadPartCopyCommand({ ...upload, PartNumber, CopySource, ...how }));
    return { PartNumber, ETag: answer.CopyPartResult?.ETag ?? '' };
  };
  const complete = (...Parts: Part[]) =>
    who.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  const abort = () => who.s3.send(new AbortMultipartUploadCommand(upload));
  const listParts = (page: object = {}) => who.s3.send(new ListPartsCommand({ ...upload, ...page }));
  return { upload, part, copyPart, complete, abort, listParts };
}

async function anUpload(world: World, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const bucket = await aBucket(world);
  const head = () => world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));
  return { bucket, head, ...(await begin(world.a, bucket, more)) };
}

const digestOf = (...bodies: string[]): string => {
  const digests = bodies.map((body) => createHash('md5').update(body).digest());
  return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${bodies.length}"`;
};

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

const copying: Behaviour[] = [
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

export const multipartBehaviours: readonly Behaviour[] = [...completing, ...ending, ...copying];
