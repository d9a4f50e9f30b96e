import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { ALICE, ALICE_ACCOUNT, aSandbox, BOB, problemOf, type RunningSandbox } from './worlds.ts';

const Bucket = 'kept';
const absent = '"00000000000000000000000000000000"';

async function aBucket(
  options: { isVersioned?: boolean; setup?: Parameters<typeof aSandbox>[0] } = {},
): Promise<{ sandbox: RunningSandbox; s3: S3Client }> {
  const sandbox = await aSandbox(options.setup);
  const s3 = sandbox.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket }));
  if (options.isVersioned) {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  }
  return { sandbox, s3 };
}

const put = (s3: S3Client, Key: string, Body: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const remove = (s3: S3Client, Key: string, IfMatch: string | undefined) =>
  s3.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));

async function historyOf(s3: S3Client): Promise<string[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  return [
    ...Versions.map(({ Key, IsLatest }) => `${Key} version${IsLatest ? ', newest' : ''}`),
    ...DeleteMarkers.map(({ Key, IsLatest }) => `${Key} marker${IsLatest ? ', newest' : ''}`),
  ];
}

const deny = (statement: object): PutBucketPolicyCommand =>
  new PutBucketPolicyCommand({
    Bucket,
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`],
          ...statement,
        },
      ],
    }),
  });

describe('a delete on condition of an ETag', () => {
  test('in a bucket with versions lays a marker over that version, and over no other', async () => {
    const { s3 } = await aBucket({ isVersioned: true });
    const first = await put(s3, 'k', 'first');
    const second = await put(s3, 'k', 'second');

    expect((await problemOf(remove(s3, 'k', first.ETag))).status).toBe(412);
    expect((await remove(s3, 'k', second.ETag)).DeleteMarker).toBe(true);
    expect((await problemOf(remove(s3, 'k', second.ETag))).status).toBe(412);

    expect(await historyOf(s3)).toEqual(['k version', 'k version', 'k marker, newest']);
  });

  test('is refused the same way one by one and in a batch', async () => {
    const { s3 } = await aBucket({ isVersioned: true });
    const [hidden, changed] = [await put(s3, 'hidden', 'x'), await put(s3, 'changed', 'x')];
    await remove(s3, 'hidden', hidden.ETag);
    await put(s3, 'changed', 'y');

    const entries = [
      { Key: 'hidden', ETag: hidden.ETag },
      { Key: 'changed', ETag: changed.ETag },
      { Key: 'never there', ETag: changed.ETag },
    ];
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: entries } }));
    const singly = await Promise.all(entries.map(({ Key, ETag }) => problemOf(remove(s3, Key, ETag))));

    expect(Errors.map(({ Code }) => Code)).toEqual(['PreconditionFailed', 'PreconditionFailed', 'NoSuchKey']);
    expect(singly.map(({ name }) => name)).toEqual(['PreconditionFailed', 'PreconditionFailed', 'NoSuchKey']);
  });

  test('needs the right to read the object too', async () => {
    const { s3 } = await aBucket();
    const { ETag } = await put(s3, 'k', 'x');
    await s3.send(deny({ Action: 's3:GetObject' }));

    const { Errors = [] } = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k', ETag }] } }),
    );

    expect((await problemOf(remove(s3, 'k', ETag))).name).toBe('AccessDenied');
    expect(Errors.map(({ Code }) => Code)).toEqual(['AccessDenied']);
  });

  test('is the only one that a policy over s3:if-match lets through', async () => {
    const { s3 } = await aBucket();
    const [one, two] = [await put(s3, 'one', 'x'), await put(s3, 'two', 'x')];
    await s3.send(deny({ Action: 's3:DeleteObject', Condition: { Null: { 's3:if-match': 'true' } } }));

    const entries = [{ Key: 'one' }, { Key: 'two', ETag: two.ETag }];
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: entries } }));

    expect(answer.Errors?.map(({ Key, Code }) => `${Key} ${Code}`)).toEqual(['one AccessDenied']);
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(['two']);
    expect((await problemOf(remove(s3, 'one', undefined))).name).toBe('AccessDenied');
    await remove(s3, 'one', one.ETag);
  });

  test('that cannot hold is refused by a Deny and otherwise finds nothing: a probe that deletes nothing', async () => {
    const { s3 } = await aBucket();
    expect((await problemOf(remove(s3, 'nothing here', absent))).status).toBe(404);

    await s3.send(deny({ Action: 's3:DeleteObject' }));

    expect((await problemOf(remove(s3, 'nothing here', absent))).status).toBe(403);
  });
});

test('a batch names for each version whether it went, and a version that is gone already is no error', async () => {
  const { s3 } = await aBucket({ isVersioned: true });
  const { VersionId } = await put(s3, 'k', 'x');
  const marker = await remove(s3, 'k', undefined);
  const entries = [VersionId, marker.VersionId, VersionId].map((one) => ({ Key: 'k', VersionId: one }));

  const { Deleted = [], Errors = [] } = await s3.send(
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: entries } }),
  );

  expect(Deleted).toHaveLength(3);
  expect(Errors).toEqual([]);
  expect(await historyOf(s3)).toEqual([]);
});

test('with MFA delete no version goes without a second factor, and a marker may still be laid', async () => {
  const { s3 } = await aBucket({ isVersioned: true });
  const { VersionId } = await put(s3, 'k', 'x');
  const setMfa = (MFA: string | undefined, MFADelete: 'Enabled' | 'Disabled') =>
    s3.send(new PutBucketVersioningCommand({ Bucket, MFA, VersioningConfiguration: { Status: 'Enabled', MFADelete } }));
  expect((await problemOf(setMfa(undefined, 'Enabled'))).name).toBe('AccessDenied');
  await setMfa('serial 123456', 'Enabled');

  const one = await problemOf(s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId })));
  const batch = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'k', VersionId }] } }));

  expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({
    Status: 'Enabled',
    MFADelete: 'Enabled',
  });
  expect(one.status).toBe(403);
  expect(batch.Errors?.map(({ Code }) => Code)).toEqual(['AccessDenied']);
  expect((await problemOf(setMfa(undefined, 'Disabled'))).name).toBe('AccessDenied');
  expect((await remove(s3, 'k', undefined)).DeleteMarker).toBe(true);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId, MFA: 'serial 123456' }));
});

describe('a copy', () => {
  const copy = (s3: S3Client, CopySource: string, more: object) =>
    s3.send(new CopyObjectCommand({ Bucket, Key: 'to', CopySource, ...more }));

  test('takes exactly the place of the object that is named, and of no other', async () => {
    const { s3 } = await aBucket();
    await put(s3, 'from', 'new');
    const { ETag } = await put(s3, 'to', 'old');

    expect((await problemOf(copy(s3, `${Bucket}/from`, { IfNoneMatch: '*' }))).status).toBe(412);
    expect((await problemOf(copy(s3, `${Bucket}/from`, { IfMatch: absent }))).status).toBe(412);
    await copy(s3, `${Bucket}/from`, { IfMatch: ETag });

    expect((await problemOf(copy(s3, `${Bucket}/from`, { IfMatch: ETag }))).status).toBe(412);
  });

  test('of an old version needs the right to read versions, and is bound to that version’s ETag', async () => {
    const { s3 } = await aBucket({ isVersioned: true });
    const old = await put(s3, 'from', 'old');
    await put(s3, 'from', 'new');
    const source = `${Bucket}/from?versionId=${old.VersionId}`;

    expect((await problemOf(copy(s3, source, { CopySourceIfMatch: absent }))).status).toBe(412);
    await copy(s3, source, { CopySourceIfMatch: old.ETag, IfNoneMatch: '*' });
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'to' }))).ETag).toBe(old.ETag);
    await s3.send(deny({ Action: 's3:GetObjectVersion' }));

    expect((await problemOf(copy(s3, source, {}))).name).toBe('AccessDenied');
  });

  test('over a delete marker counts as one over nothing', async () => {
    const { s3 } = await aBucket({ isVersioned: true });
    await put(s3, 'from', 'x');
    await put(s3, 'to', 'y');
    await remove(s3, 'to', undefined);

    await copy(s3, `${Bucket}/from`, { IfNoneMatch: '*' });

    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['from', 'to']);
  });
});

describe('a bucket is deleted only when nothing is in it', () => {
  const deleteBucket = (s3: S3Client) => s3.send(new DeleteBucketCommand({ Bucket }));

  test('no version, no delete marker', async () => {
    const { s3 } = await aBucket({ isVersioned: true });
    const { VersionId } = await put(s3, 'k', 'x');
    const marker = await remove(s3, 'k', undefined);

    expect((await problemOf(deleteBucket(s3))).name).toBe('BucketNotEmpty');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));
    expect((await problemOf(deleteBucket(s3))).name).toBe('BucketNotEmpty');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: marker.VersionId }));
    await deleteBucket(s3);
  });

  test('and where the world says so, no upload under way', async () => {
    const { s3 } = await aBucket({ setup: { isUploadInTheWay: true } });
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'k' }));

    expect((await problemOf(deleteBucket(s3))).name).toBe('BucketNotEmpty');
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'k', UploadId }));
    await deleteBucket(s3);
  });

  test('and no policy denies it, not even to its owner', async () => {
    const { s3 } = await aBucket();
    await s3.send(deny({ Action: 's3:DeleteBucket' }));

    expect(await problemOf(deleteBucket(s3))).toMatchObject({ name: 'AccessDenied', status: 403 });
  });

  test('and only by an account that may', async () => {
    const { sandbox } = await aBucket();

    expect((await problemOf(deleteBucket(sandbox.s3(BOB)))).status).toBe(403);
    expect(sandbox.world.storage.buckets.get(Bucket)?.facts.accountId).toBe(ALICE_ACCOUNT);
  });
});
