import {
  CopyObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type CopyObjectCommandInput,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { Account } from '../../support/s3-account.ts';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { allow, deny, setPolicy } from '../policies.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const OTHER_ETAG = '"00000000000000000000000000000000"';
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** An object `a` with headers, metadata and a tag, and a way to copy it to `b` of the same bucket. */
async function anObject(world: World) {
  const bucket = await aBucket(world);
  const { etag } = await put(world.a, bucket, 'a', 'text', {
    ContentType: 'text/css',
    CacheControl: 'no-cache',
    Metadata: { colour: 'red' },
    Tagging: 'kind=old',
  });
  const copy = (more: Partial<CopyObjectCommandInput> = {}) =>
    world.a.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: copySource(bucket, 'a'), ...more }));
  const head = (key: string) => world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  const tags = async (key: string) =>
    (await world.a.s3.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }))).TagSet;
  return { bucket, etag, copy, head, tags };
}

const directives: Behaviour[] = [
  behaviour('copy-etag', 'the answer carries the ETag of the copy, in quotes', async (world) => {
    const { etag, copy } = await anObject(world);

    expect((await copy()).CopyObjectResult?.ETag).toBe(etag);
  }),
  behaviour('copy', 'a copy has the bytes, headers, metadata and ETag of its source', async (world) => {
    const { bucket, etag, copy, head } = await anObject(world);

    const answer = await copy();
    const copied = await head('b');

    expect(answer.CopyObjectResult?.LastModified).toBeInstanceOf(Date);
    expect(await read(world.a, bucket, 'b')).toBe('text');
    expect(copied).toMatchObject({ ETag: etag, ContentType: 'text/css', CacheControl: 'no-cache' });
    expect(copied.Metadata).toEqual({ colour: 'red' });
  }),
  behaviour('copy-tags', 'a copy has the tags of its source', async (world) => {
    const { copy, tags } = await anObject(world);
    await copy();

    expect(await tags('b')).toEqual([{ Key: 'kind', Value: 'old' }]);
  }),
  behaviour('copy-replace-metadata', 'with REPLACE only the headers of the request count', async (world) => {
    const { copy, head } = await anObject(world);
    await copy({ MetadataDirective: 'REPLACE', ContentType: 'text/plain', Metadata: { shape: 'round' } });

    const copied = await head('b');

    expect([copied.ContentType, copied.CacheControl, copied.Metadata]).toEqual([
      'text/plain',
      undefined,
      { shape: 'round' },
    ]);
  }),
  behaviour('copy-keep-metadata', 'without REPLACE the headers of the request do not count', async (world) => {
    const { copy, head } = await anObject(world);
    await copy({ ContentType: 'text/plain', Metadata: { shape: 'round' } });

    expect(await head('b')).toMatchObject({ ContentType: 'text/css', Metadata: { colour: 'red' } });
  }),
  behaviour('copy-replace-tags', 'with REPLACE only the tags of the request count', async (world) => {
    const { copy, tags } = await anObject(world);
    await copy({ TaggingDirective: 'REPLACE', Tagging: 'kind=new' });

    expect(await tags('b')).toEqual([{ Key: 'kind', Value: 'new' }]);
  }),
  behaviour('copy-storage-class', 'a copy is STANDARD unless another class is asked for', async (world) => {
    const { bucket, copy, head } = await anObject(world);
    await put(world.a, bucket, 'cool', 'x', { StorageClass: 'STANDARD_IA' });

    await copy({ CopySource: copySource(bucket, 'cool'), Key: 'usual' });
    await copy({ StorageClass: 'STANDARD_IA', Key: 'asked' });

    expect((await head('usual')).StorageClass).toBeUndefined();
    expect((await head('asked')).StorageClass).toBe('STANDARD_IA');
  }),
  behaviour('copy-onto-itself', 'a copy onto itself is refused unless something changes', async (world) => {
    const { copy, head } = await anObject(world);

    expect(await refusalOf(copy({ Key: 'a' }))).toBe('400 InvalidRequest');
    await copy({ Key: 'a', MetadataDirective: 'REPLACE', Metadata: { shape: 'round' } });
    expect((await head('a')).Metadata).toEqual({ shape: 'round' });
  }),
  behaviour('copy-empty', 'an object of zero bytes is copied', async (world) => {
    const { bucket, copy, head } = await anObject(world);
    await put(world.a, bucket, 'empty/', '');

    await copy({ CopySource: copySource(bucket, 'empty/'), Key: 'copied/' });

    expect((await head('copied/')).ContentLength).toBe(0);
  }),
  behaviour('copy-missing', 'a source that is not there is named', async (world) => {
    const { bucket, copy } = await anObject(world);

    expect(await refusalOf(copy({ CopySource: copySource(bucket, 'none') }))).toBe('404 NoSuchKey');
    expect(await refusalOf(copy({ CopySource: copySource(world.newName(), 'a') }))).toBe('404 NoSuchBucket');
  }),
  behaviour(
    'redirect-kept',
    'the redirect of a website page is kept, and does not come along in a copy',
    async (world) => {
      const bucket = await aBucket(world);
      await put(world.a, bucket, 'a', '', { WebsiteRedirectLocation: '/elsewhere' });
      const copy = new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: copySource(bucket, 'a') });
      await world.a.s3.send(copy);
      const redirectOf = async (Key: string) =>
        (await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).WebsiteRedirectLocation;

      expect([await redirectOf('a'), await redirectOf('b')]).toEqual(['/elsewhere', undefined]);
    },
  ),
  behaviour('copy-source-slash', 'the source may be written with a slash in front', async (world) => {
    const { bucket, copy } = await anObject(world);

    expect(await refusalOf(copy({ CopySource: `/${copySource(bucket, 'a')}` }))).toBe('accepted');
  }),
];

const conditions: Behaviour[] = [
  behaviour('copy-source-if-match', 'a source that changed is not copied', async (world) => {
    const { copy, etag, head } = await anObject(world);

    expect(await refusalOf(copy({ CopySourceIfMatch: OTHER_ETAG }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(head('b'))).toBe('404 NotFound');
    expect(await refusalOf(copy({ CopySourceIfMatch: etag }))).toBe('accepted');
  }),
  behaviour('copy-source-if-none-match', 'a source that is known is not copied', async (world) => {
    const { copy, etag } = await anObject(world);

    expect(await refusalOf(copy({ CopySourceIfNoneMatch: etag }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(copy({ CopySourceIfNoneMatch: OTHER_ETAG }))).toBe('accepted');
  }),
  behaviour('copy-source-if-since', 'the date of the source is compared', async (world) => {
    const { copy } = await anObject(world);
    const lastYear = new Date(Date.now() - YEAR_MS);

    expect(await refusalOf(copy({ CopySourceIfUnmodifiedSince: lastYear }))).toBe('412 PreconditionFailed');
    expect(await refusalOf(copy({ CopySourceIfModifiedSince: lastYear }))).toBe('accepted');
  }),
  behaviour('copy-if-none-match', 'a copy with If-None-Match: * overwrites nothing', async (world) => {
    const { bucket, copy } = await anObject(world);

    expect(await refusalOf(copy({ IfNoneMatch: '*' }))).toBe('accepted');
    await put(world.a, bucket, 'b', 'written meanwhile');
    expect(await refusalOf(copy({ IfNoneMatch: '*' }))).toBe('412 PreconditionFailed');
    expect(await read(world.a, bucket, 'b')).toBe('written meanwhile');
  }),
  behaviour('copy-if-match', 'a copy with If-Match overwrites only that ETag', async (world) => {
    const { bucket, copy } = await anObject(world);
    const there = await put(world.a, bucket, 'b', 'there');

    expect(await refusalOf(copy({ IfMatch: OTHER_ETAG }))).toBe('412 PreconditionFailed');
    expect(await read(world.a, bucket, 'b')).toBe('there');
    expect(await refusalOf(copy({ IfMatch: there.etag }))).toBe('accepted');
    expect(await read(world.a, bucket, 'b')).toBe('text');
  }),
];

/** A source of account A and a destination of account B, neither open to the other. */
async function twoAccounts(world: World) {
  const source = await aBucket(world, world.a);
  const destination = await aBucket(world, world.b);
  await put(world.a, source, 'a', 'text', { Metadata: { colour: 'red' } });
  const copyAs = (who: Account, more: Partial<CopyObjectCommandInput> = {}) =>
    who.s3.send(new CopyObjectCommand({ Bucket: destination, Key: 'a', CopySource: copySource(source, 'a'), ...more }));
  return { source, destination, copyAs };
}

const accounts: Behaviour[] = [
  behaviour('copy-accounts-closed', 'between accounts nothing is copied without a policy', async (world) => {
    const { copyAs } = await twoAccounts(world);

    expect(await refusalOf(copyAs(world.a))).toBe('403 AccessDenied');
    expect(await refusalOf(copyAs(world.b))).toBe('403 AccessDenied');
  }),
  behaviour(
    'copy-accounts-write',
    'the owner of the source copies where the destination lets it write',
    async (world) => {
      const { destination, copyAs } = await twoAccounts(world);
      await setPolicy(world.b, destination, allow(world.a, 's3:PutObject', `${destination}/*`));

      expect(await refusalOf(copyAs(world.a))).toBe('accepted');
    },
  ),
  behaviour(
    'copy-accounts-owner',
    'what another account copied in belongs to the owner of the bucket',
    async (world) => {
      const { destination, copyAs } = await twoAccounts(world);
      await setPolicy(world.b, destination, allow(world.a, 's3:PutObject', `${destination}/*`));
      await copyAs(world.a);

      expect(await refusalOf(read(world.b, destination, 'a'))).toBe('accepted');
    },
  ),
  behaviour(
    'copy-accounts-full-control',
    'bucket-owner-full-control lets the owner of the bucket read',
    async (world) => {
      const { destination, copyAs } = await twoAccounts(world);
      const actions = ['s3:PutObject', 's3:PutObjectAcl'];
      await setPolicy(world.b, destination, allow(world.a, actions, `${destination}/*`));

      await copyAs(world.a, { ACL: 'bucket-owner-full-control' });

      expect(await read(world.b, destination, 'a')).toBe('text');
    },
  ),
  behaviour('copy-accounts-read', 'the owner of the destination copies what the source lets it read', async (world) => {
    const { source, destination, copyAs } = await twoAccounts(world);
    await setPolicy(world.a, source, allow(world.b, ['s3:GetObject', 's3:GetObjectTagging'], `${source}/*`));

    await copyAs(world.b);

    expect(await read(world.b, destination, 'a')).toBe('text');
  }),
  behaviour('copy-accounts-prefix', 'a policy for a prefix opens that prefix only', async (world) => {
    const { destination, copyAs } = await twoAccounts(world);
    await setPolicy(world.b, destination, allow(world.a, 's3:PutObject', `${destination}/in/*`));

    expect(await refusalOf(copyAs(world.a, { Key: 'in/a' }))).toBe('accepted');
    expect(await refusalOf(copyAs(world.a, { Key: 'out/a' }))).toBe('403 AccessDenied');
  }),
  behaviour('copy-accounts-deny', 'a denied source is not copied, whatever allows it', async (world) => {
    const { source, copyAs } = await twoAccounts(world);
    const mine = await aBucket(world, world.a);
    await setPolicy(world.a, source, deny(world.a, 's3:GetObject', `${source}/*`));

    expect(await refusalOf(copyAs(world.a, { Bucket: mine }))).toBe('403 AccessDenied');
  }),
  behaviour('copy-accounts-third', 'a third account that may do both copies between the two', async (world) => {
    const { source, destination, copyAs } = await twoAccounts(world);
    await setPolicy(world.a, source, allow(world.c, ['s3:GetObject', 's3:GetObjectTagging'], `${source}/*`));
    expect(await refusalOf(copyAs(world.c))).toBe('403 AccessDenied');
    await setPolicy(world.b, destination, allow(world.c, 's3:PutObject', `${destination}/*`));

    expect(await refusalOf(copyAs(world.c))).toBe('accepted');
  }),
  behaviour('copy-accounts-tags', 'a tagged source needs the right to read its tags', async (world) => {
    const { source, copyAs } = await twoAccounts(world);
    await put(world.a, source, 'a', 'text', { Tagging: 'kind=old' });
    await setPolicy(world.a, source, allow(world.b, 's3:GetObject', `${source}/*`));

    expect(await refusalOf(copyAs(world.b))).toBe('403 AccessDenied');
    await setPolicy(world.a, source, allow(world.b, ['s3:GetObject', 's3:GetObjectTagging'], `${source}/*`));
    expect(await refusalOf(copyAs(world.b))).toBe('accepted');
  }),
  behaviour('copy-expected-owners', 'a copy that expects another owner, on either side, is refused', async (world) => {
    const { copy } = await anObject(world);

    expect(await refusalOf(copy({ ExpectedBucketOwner: '999999999999' }))).toBe('403 AccessDenied');
    expect(await refusalOf(copy({ ExpectedSourceBucketOwner: '999999999999' }))).toBe('403 AccessDenied');
  }),
];

export const copyingBehaviours: readonly Behaviour[] = [...directives, ...conditions, ...accounts];
