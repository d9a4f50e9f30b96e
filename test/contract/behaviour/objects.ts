import {
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type GetObjectCommandInput,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { signedRequest } from '../../support/raw-request.ts';
import { aBucket, put, read, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const md5 = (text: string): string => `"${createHash('md5').update(text).digest('hex')}"`;

/** One object `a` with the text `0123456789`, and a way to ask for it. */
async function tenDigits(world: World) {
  const bucket = await aBucket(world);
  const { etag } = await put(world.a, bucket, 'a', '0123456789');
  const get = (more: Partial<GetObjectCommandInput>) =>
    world.a.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a', ...more }));
  return { bucket, etag, get };
}

const writing: Behaviour[] = [
  behaviour('object-round-trip', 'bytes, length and ETag come back as they went in', async (world) => {
    const bucket = await aBucket(world);
    const { etag } = await put(world.a, bucket, 'a', 'text');

    const answer = await world.a.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' }));

    expect(etag).toBe(md5('text'));
    expect(answer.ETag).toBe(etag);
    expect(answer.ContentLength).toBe(4);
    expect(await answer.Body?.transformToString()).toBe('text');
  }),
  behaviour('object-headers', 'system headers and user metadata come back, names in lower case', async (world) => {
    const bucket = await aBucket(world);
    const headers = {
      ContentType: 'text/html; charset=utf-8',
      CacheControl: 'max-age=60',
      ContentDisposition: 'attachment; filename="a.html"',
      ContentEncoding: 'identity',
      ContentLanguage: 'de',
    };
    const Expires = new Date('2030-01-02T03:04:05Z');
    await put(world.a, bucket, 'a', 'x', { ...headers, Expires, Metadata: { Colour: 'red', 'two-words': 'a b' } });

    const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));

    expect(head).toMatchObject(headers);
    expect(head.ExpiresString).toBe(Expires.toUTCString());
    expect(head.Metadata).toEqual({ colour: 'red', 'two-words': 'a b' });
  }),
  behaviour('object-default-type', 'without a content type it is binary/octet-stream', async (world) => {
    const bucket = await aBucket(world);
    await signedRequest(world.endpoint, world.a.credentials, { method: 'PUT', path: `/${bucket}/a`, body: 'x' });

    const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));

    expect(head.ContentType).toBe('binary/octet-stream');
  }),
  behaviour('object-metadata-limit', 'user metadata of more than 2 KB is refused', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(put(world.a, bucket, 'a', 'x', { Metadata: { long: 'x'.repeat(2100) } }))).toBe(
      '400 MetadataTooLarge',
    );
  }),
  behaviour('object-empty', 'an object of zero bytes is an object', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'folder/', '');

    const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'folder/' }));
    const listing = await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }));

    expect(head.ContentLength).toBe(0);
    expect(head.ETag).toBe(md5(''));
    expect(listing.Contents?.map((each) => [each.Key, each.Size])).toEqual([['folder/', 0]]);
    expect(await read(world.a, bucket, 'folder/')).toBe('');
  }),
  behaviour('object-overwrite', 'the last write wins, with all of its headers', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'first', { Metadata: { only: 'first' }, ContentType: 'text/plain' });
    await put(world.a, bucket, 'a', 'second', { ContentType: 'text/css' });

    const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));

    expect(await read(world.a, bucket, 'a')).toBe('second');
    expect(head.Metadata).toEqual({});
    expect(head.ContentType).toBe('text/css');
  }),
  behaviour('object-storage-class', 'the storage class is kept, and listed', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'cool', 'x', { StorageClass: 'STANDARD_IA' });
    await put(world.a, bucket, 'usual', 'x');

    const listing = await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const cool = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'cool' }));
    const usual = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'usual' }));

    expect(cool.StorageClass).toBe('STANDARD_IA');
    expect(usual.StorageClass).toBeUndefined();
    expect(listing.Contents?.map((each) => each.StorageClass)).toEqual(['STANDARD_IA', 'STANDARD']);
  }),
  behaviour('object-storage-class-unknown', 'a storage class that does not exist is refused', async (world) => {
    const bucket = await aBucket(world);
    const headers = { 'x-amz-storage-class': 'LUKEWARM' };

    const answer = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'PUT',
      path: `/${bucket}/a`,
      headers,
    });

    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain('<Code>InvalidStorageClass</Code>');
  }),
  behaviour(
    'object-missing',
    'an object that is not there is NoSuchKey, and 404 without a body for HEAD',
    async (world) => {
      const bucket = await aBucket(world);
      const none = { Bucket: bucket, Key: 'none' };

      expect(await refusalOf(world.a.s3.send(new GetObjectCommand(none)))).toBe('404 NoSuchKey');
      expect(await refusalOf(world.a.s3.send(new HeadObjectCommand(none)))).toBe('404 NotFound');
    },
  ),
  behaviour('object-delete-missing', 'deleting what is not there is 204', async (world) => {
    const bucket = await aBucket(world);

    const deleted = await world.a.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'none' }));

    expect(deleted.$metadata.httpStatusCode).toBe(204);
  }),
  behaviour('object-md5', 'a body that does not match its Content-MD5 is refused', async (world) => {
    const bucket = await aBucket(world);
    const ContentMD5 = createHash('md5').update('other').digest('base64');

    expect(await refusalOf(put(world.a, bucket, 'a', 'text', { ContentMD5 }))).toBe('400 BadDigest');
  }),
  behaviour('object-foreign', 'another account can neither read, write nor delete', async (world) => {
    const bucket = await aBucket(world, world.a);
    await put(world.a, bucket, 'a', 'x');
    const object = { Bucket: bucket, Key: 'a' };

    expect(await refusalOf(world.b.s3.send(new GetObjectCommand(object)))).toBe('403 AccessDenied');
    expect(await refusalOf(world.b.s3.send(new PutObjectCommand(object)))).toBe('403 AccessDenied');
    expect(await refusalOf(world.b.s3.send(new DeleteObjectCommand(object)))).toBe('403 AccessDenied');
    expect(await read(world.a, bucket, 'a')).toBe('x');
  }),
];

const tagging: Behaviour[] = [
  behaviour('object-tags', 'tags given with the object are counted, read, replaced and removed', async (world) => {
    const bucket = await aBucket(world);
    const object = { Bucket: bucket, Key: 'a' };
    await put(world.a, bucket, 'a', 'x', { Tagging: 'colour=dark%20red&empty=' });

    const first = await world.a.s3.send(new GetObjectTaggingCommand(object));
    const count = (await world.a.s3.send(new GetObjectCommand(object))).TagCount;
    const TagSet = [{ Key: 'a+b/c', Value: 'd=e@f:g' }];
    await world.a.s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet } }));
    const second = await world.a.s3.send(new GetObjectTaggingCommand(object));
    await world.a.s3.send(new DeleteObjectTaggingCommand(object));
    const third = await world.a.s3.send(new GetObjectTaggingCommand(object));

    expect(byName(first.TagSet)).toEqual([
      { Key: 'colour', Value: 'dark red' },
      { Key: 'empty', Value: '' },
    ]);
    expect(count).toBe(2);
    expect(second.TagSet).toEqual(TagSet);
    expect(third.TagSet).toEqual([]);
  }),
  behaviour('object-tags-limit', 'an eleventh tag is refused', async (world) => {
    const bucket = await aBucket(world);
    const Tagging = Array.from({ length: 11 }, (_, index) => `t${index}=x`).join('&');

    expect(await refusalOf(put(world.a, bucket, 'a', 'x', { Tagging }))).toMatch(/^400 /);
  }),
];

const byName = (tags: { Key?: string | undefined; Value?: string | undefined }[] | undefined) =>
  [...(tags ?? [])].sort((left, right) => (left.Key ?? '').localeCompare(right.Key ?? ''));

const reading: Behaviour[] = [
  behaviour('range', 'a range answers 206 with just those bytes', async (world) => {
    const { get } = await tenDigits(world);

    const inner = await get({ Range: 'bytes=2-4' });
    const last = await get({ Range: 'bytes=-3' });
    const open = await get({ Range: 'bytes=8-' });
    const beyond = await get({ Range: 'bytes=8-99' });

    expect(inner.$metadata.httpStatusCode).toBe(206);
    expect(inner.ContentRange).toBe('bytes 2-4/10');
    expect(inner.ContentLength).toBe(3);
    expect(await inner.Body?.transformToString()).toBe('234');
    expect(await last.Body?.transformToString()).toBe('789');
    expect(await open.Body?.transformToString()).toBe('89');
    expect(beyond.ContentRange).toBe('bytes 8-9/10');
  }),
  behaviour('range-outside', 'a range beyond the end is refused', async (world) => {
    const { get } = await tenDigits(world);

    expect(await refusalOf(get({ Range: 'bytes=10-' }))).toBe('416 InvalidRange');
  }),
  behaviour('read-if-match', 'If-Match reads only that ETag', async (world) => {
    const { get, etag } = await tenDigits(world);

    expect(await refusalOf(get({ IfMatch: etag }))).toBe('accepted');
    expect(await refusalOf(get({ IfMatch: '"other"' }))).toBe('412 PreconditionFailed');
  }),
  behaviour('read-if-none-match', 'If-None-Match answers 304 for the ETag that is known', async (world) => {
    const { get, etag } = await tenDigits(world);

    expect(await refusalOf(get({ IfNoneMatch: etag }))).toMatch(/^304 /);
    expect(await refusalOf(get({ IfNoneMatch: '"other"' }))).toBe('accepted');
  }),
  behaviour('read-if-since', 'dates of change are compared', async (world) => {
    const { get } = await tenDigits(world);
    const yesterday = new Date(Date.now() - DAY_MS);

    expect(await refusalOf(get({ IfModifiedSince: yesterday }))).toBe('accepted');
    expect(await refusalOf(get({ IfUnmodifiedSince: yesterday }))).toBe('412 PreconditionFailed');
  }),
  behaviour('read-overridden-headers', 'response headers can be asked for', async (world) => {
    const { get } = await tenDigits(world);

    expect((await get({ ResponseContentType: 'text/x-odd' })).ContentType).toBe('text/x-odd');
  }),
];

const conditions: Behaviour[] = [
  behaviour('write-if-none-match', 'If-None-Match: * writes only where nothing is', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(put(world.a, bucket, 'a', 'first', { IfNoneMatch: '*' }))).toBe('accepted');
    expect(await refusalOf(put(world.a, bucket, 'a', 'second', { IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(await read(world.a, bucket, 'a')).toBe('first');
  }),
  behaviour('write-if-match', 'If-Match overwrites only that ETag', async (world) => {
    const { bucket, etag } = await tenDigits(world);

    expect(await refusalOf(put(world.a, bucket, 'a', 'x', { IfMatch: '"00000000000000000000000000000000"' }))).toBe(
      '412 PreconditionFailed',
    );
    expect(await refusalOf(put(world.a, bucket, 'a', 'new', { IfMatch: etag }))).toBe('accepted');
    expect(await read(world.a, bucket, 'a')).toBe('new');
  }),
  behaviour('write-if-match-missing', 'If-Match where nothing is answers NoSuchKey', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(put(world.a, bucket, 'none', 'x', { IfMatch: md5('x') }))).toBe('404 NoSuchKey');
  }),
  behaviour('delete-if-match', 'If-Match deletes only that ETag', async (world) => {
    const { bucket, etag } = await tenDigits(world);
    const object = { Bucket: bucket, Key: 'a' };

    expect(await refusalOf(world.a.s3.send(new DeleteObjectCommand({ ...object, IfMatch: md5('other') })))).toBe(
      '412 PreconditionFailed',
    );
    expect(await refusalOf(world.a.s3.send(new DeleteObjectCommand({ ...object, IfMatch: etag })))).toBe('accepted');
    expect(await refusalOf(world.a.s3.send(new HeadObjectCommand(object)))).toBe('404 NotFound');
  }),
];

export const objectBehaviours: readonly Behaviour[] = [...writing, ...tagging, ...reading, ...conditions];
