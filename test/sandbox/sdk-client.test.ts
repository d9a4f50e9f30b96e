import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ALICE, ALICE_ACCOUNT, aSandbox, BOB, BOB_ACCOUNT, CAROL, problemOf, type RunningSandbox } from './worlds.ts';

const MiB = 1024 ** 2;

async function aBucket(client: S3Client, Bucket = 'photos'): Promise<string> {
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

describe('objects', () => {
  test('what is put comes back with its headers, metadata, tags and class', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'a b/ü+?.txt',
        Body: 'hello',
        ContentType: 'text/plain',
        CacheControl: 'max-age=60',
        Metadata: { Colour: 'blue' },
        Tagging: 'team=red&place=a%20b',
        StorageClass: 'STANDARD_IA',
      }),
    );

    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b/ü+?.txt' }));
    const tags = await s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'a b/ü+?.txt' }));

    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'max-age=60',
      Metadata: { colour: 'blue' },
      StorageClass: 'STANDARD_IA',
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      TagCount: 2,
    });
    expect(tags.TagSet).toEqual([
      { Key: 'team', Value: 'red' },
      { Key: 'place', Value: 'a b' },
    ]);
  });

  test('a streamed body with a trailing checksum arrives whole', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    const bytes = Buffer.alloc(300_000, 'abc');

    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'stream', Body: Readable.from([bytes]), ContentLength: bytes.length }),
    );

    const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
    expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes)).toBe(true);
    expect(got.ChecksumCRC32 ?? got.ChecksumCRC64NVME).toBeDefined();
  });

  test('a range gives these bytes only, and an impossible one is refused', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '0123456789' }));

    const middle = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=2-4' }));
    const tail = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=-3' }));

    expect([await middle.Body?.transformToString(), middle.ContentRange]).toEqual(['234', 'bytes 2-4/10']);
    expect(await tail.Body?.transformToString()).toBe('789');
    expect(await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=10-' })))).toMatchObject({
      name: 'InvalidRange',
      status: 416,
    });
  });

  test('conditions on writes hold: created once, replaced only when unchanged', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    const first = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '1', IfNoneMatch: '*' }));

    const again = await problemOf(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '2', IfNoneMatch: '*' })));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '3', IfMatch: first.ETag }));
    const stale = await problemOf(s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '4', IfMatch: first.ETag })));

    expect([again.status, stale.status]).toEqual([412, 412]);
  });

  test('deleting many answers per key, and errors do not stop the others', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    for (const Key of ['a', 'b']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));

    const answer = await s3.send(
      new DeleteObjectsCommand({
        Bucket,
        Delete: { Objects: [{ Key: 'a', ETag: '"no"' }, { Key: 'b' }, { Key: 'c' }] },
      }),
    );

    expect(answer.Errors).toMatchObject([{ Key: 'a', Code: 'PreconditionFailed' }]);
    expect(answer.Deleted?.map((deleted) => deleted.Key)).toEqual(['b', 'c']);
  });
});

describe('listings', () => {
  test('keys come in the order of their bytes, page after page', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    const keys = ['z', 'a', '😀', '\uffee', 'a/b', 'a-b', 'é', 'e\u0301', 'line\nbreak', '<b>&'];
    for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket, Key, Body: '' }));

    const listed: string[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket, MaxKeys: 3, ContinuationToken: token, EncodingType: 'url' }),
      );
      listed.push(
        ...(page.Contents ?? []).map((object) => decodeURIComponent((object.Key ?? '').replaceAll('+', ' '))),
      );
      token = page.NextContinuationToken;
    } while (token !== undefined);

    expect(listed).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  });

  test('a delimiter rolls keys up into prefixes, also across pages', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    for (const Key of ['a/1', 'a/2', 'b', 'c/1', 'd']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: '' }));

    const first = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1 }));
    const rest = await s3.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/', ContinuationToken: first.NextContinuationToken }),
    );
    const oldStyle = await s3.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: 'a/' }));

    expect(first.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
    expect(rest.CommonPrefixes).toEqual([{ Prefix: 'c/' }]);
    expect(rest.Contents?.map((object) => object.Key)).toEqual(['b', 'd']);
    expect(oldStyle.CommonPrefixes).toEqual([{ Prefix: 'c/' }]);
  });

  test('versions and delete markers are listed newest first, and page in the middle of a key', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'before' }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const second = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'second' }));
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));

    const first = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2 }));
    const rest = await s3.send(
      new ListObjectVersionsCommand({
        Bucket,
        KeyMarker: first.NextKeyMarker,
        VersionIdMarker: first.NextVersionIdMarker,
      }),
    );

    expect(first.DeleteMarkers?.[0]).toMatchObject({ VersionId: marker.VersionId, IsLatest: true });
    expect(first.Versions?.[0]).toMatchObject({ VersionId: second.VersionId, IsLatest: false });
    expect(rest.Versions?.map((version) => version.VersionId)).toEqual(['null']);
    expect((await problemOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k' })))).name).toBe('NoSuchKey');
    expect((await problemOf(s3.send(new DeleteBucketCommand({ Bucket })))).name).toBe('BucketNotEmpty');
  });
});

describe('copies', () => {
  test('a copy keeps metadata and tags unless they are replaced', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    await s3.send(
      new PutObjectCommand({ Bucket, Key: 'k?versionId=x', Body: 'x', Metadata: { a: '1' }, Tagging: 't=1' }),
    );
    const CopySource = `${Bucket}/${encodeURIComponent('k?versionId=x')}`;

    await s3.send(new CopyObjectCommand({ Bucket, Key: 'kept', CopySource }));
    await s3.send(
      new CopyObjectCommand({ Bucket, Key: 'new', CopySource, MetadataDirective: 'REPLACE', Metadata: { b: '2' } }),
    );

    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'kept' }))).toMatchObject({
      Metadata: { a: '1' },
      TagCount: 1,
    });
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'new' }))).Metadata).toEqual({ b: '2' });
    expect(
      await problemOf(s3.send(new CopyObjectCommand({ Bucket, Key: 'no', CopySource, CopySourceIfMatch: '"other"' }))),
    ).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  });

  test('parts are joined in order, from bytes and from another object', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);
    const big = Buffer.alloc(6 * MiB, 'a');
    await s3.send(new PutObjectCommand({ Bucket, Key: 'big', Body: big }));
    const target = { Bucket, Key: 'joined' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, Metadata: { kept: 'yes' } }));
    const one = await s3.send(
      new UploadPartCopyCommand({
        ...target,
        UploadId,
        PartNumber: 1,
        CopySource: `${Bucket}/big`,
        CopySourceRange: `bytes=0-${5 * MiB - 1}`,
      }),
    );
    const two = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 2, Body: 'end' }));
    expect((await s3.send(new ListPartsCommand({ ...target, UploadId }))).Parts).toHaveLength(2);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toHaveLength(1);
    const Parts = [
      { PartNumber: 1, ETag: one.CopyPartResult?.ETag },
      { PartNumber: 2, ETag: two.ETag },
    ];

    const done = await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    const again = await s3.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
    );

    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(again.ETag).toBe(done.ETag); // the answer may have been lost
    const got = await s3.send(new GetObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat([big.subarray(0, 5 * MiB), Buffer.from('end')]))).toBe(true);
    expect(got.Metadata).toEqual({ kept: 'yes' });
    const attributes = await s3.send(
      new GetObjectAttributesCommand({
        ...target,
        ObjectAttributes: ['ObjectSize', 'ETag', 'ObjectParts', 'Checksum'],
      }),
    );
    expect(attributes).toMatchObject({ ObjectSize: 5 * MiB + 3, ObjectParts: { TotalPartsCount: 2 } });
  });

  test('small parts, wrong ETags and aborted uploads are refused', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const target = { Bucket: await aBucket(s3), Key: 'k' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
    const parts = await Promise.all(
      [1, 2].map((PartNumber) => s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body: 'x' }))),
    );
    const complete = (Parts: { PartNumber: number; ETag: string | undefined }[]) =>
      problemOf(s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } })));
    const [one, two] = parts.map((part) => part.ETag);

    expect(
      (
        await complete([
          { PartNumber: 1, ETag: one },
          { PartNumber: 2, ETag: two },
        ])
      ).name,
    ).toBe('EntityTooSmall');
    expect(
      (
        await complete([
          { PartNumber: 2, ETag: one },
          { PartNumber: 1, ETag: two },
        ])
      ).name,
    ).toBe('InvalidPartOrder');
    expect((await complete([{ PartNumber: 1, ETag: '"bad"' }])).name).toBe('InvalidPart');
    await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));
    expect((await complete([{ PartNumber: 1, ETag: one }])).name).toBe('NoSuchUpload');
  });
});

describe('accounts', () => {
  async function bobsBucketOpenTo(sandbox: RunningSandbox, Principal: object, Action: string[]): Promise<string> {
    const bob = sandbox.s3(BOB);
    const Bucket = await aBucket(bob, 'bobs');
    const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal, Action, Resource }],
    });
    await bob.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    return Bucket;
  }

  test('another account sees nothing until the bucket policy says so', async () => {
    const sandbox = await aSandbox();
    const [alice, bob] = [sandbox.s3(ALICE), sandbox.s3(BOB)];
    const Bucket = await aBucket(bob, 'bobs');
    await bob.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));

    expect((await problemOf(alice.send(new GetObjectCommand({ Bucket, Key: 'k' })))).name).toBe('AccessDenied');
    expect((await problemOf(alice.send(new HeadBucketCommand({ Bucket })))).status).toBe(403);
    expect((await problemOf(alice.send(new CreateBucketCommand({ Bucket })))).name).toBe('BucketAlreadyExists');
    expect((await problemOf(sandbox.s3(CAROL).send(new ListBucketsCommand()))).name).toBe('AccessDenied');
  });

  test('a role session copies into the other account once the policy there names the role', async () => {
    const sandbox = await aSandbox();
    const alice = sandbox.s3(ALICE);
    await alice.send(new PutObjectCommand({ Bucket: await aBucket(alice), Key: 'k', Body: 'x', Tagging: 'a=b' }));
    const { Credentials } = await sandbox.sts(ALICE).send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${ALICE_ACCOUNT}:role/reader`,
        RoleSessionName: 'job-1',
        ExternalId: 'shared',
      }),
    );
    const keys = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const role = sandbox.s3(keys);
    const Bucket = await bobsBucketOpenTo(sandbox, { AWS: `arn:aws:iam::${ALICE_ACCOUNT}:role/reader` }, [
      's3:PutObject',
    ]);

    const copy = { Bucket, Key: 'k', CopySource: 'photos/k' };
    const refused = await problemOf(role.send(new CopyObjectCommand(copy)));
    await role.send(new CopyObjectCommand({ ...copy, TaggingDirective: 'REPLACE' }));

    expect(refused.message).toContain('s3:PutObjectTagging');
    expect((await sandbox.s3(BOB).send(new HeadObjectCommand({ Bucket, Key: 'k' }))).ContentLength).toBe(1);
    const identity = await sandbox.sts(keys).send(new GetCallerIdentityCommand({}));
    expect(identity.Arn).toBe(`arn:aws:sts::${ALICE_ACCOUNT}:assumed-role/reader/job-1`);
    sandbox.clock.aheadMs = 3_700_000;
    expect((await problemOf(role.send(new HeadObjectCommand({ Bucket, Key: 'k' })))).status).toBe(403); // the skew comes first
  });

  test('requests to an owner that was not expected are refused', async () => {
    const s3 = (await aSandbox()).s3(ALICE);
    const Bucket = await aBucket(s3);

    await s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: ALICE_ACCOUNT }));

    const wrong = new HeadBucketCommand({ Bucket, ExpectedBucketOwner: BOB_ACCOUNT });
    expect((await problemOf(s3.send(wrong))).status).toBe(403);
  });

  test('a wrong secret and an unknown key are told apart', async () => {
    const sandbox = await aSandbox();

    const wrong = sandbox.s3({ ...ALICE, secretAccessKey: 'guess' }).send(new ListBucketsCommand());
    const unknown = sandbox.s3({ accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }).send(new ListBucketsCommand());

    expect((await problemOf(wrong)).name).toBe('SignatureDoesNotMatch');
    expect((await problemOf(unknown)).name).toBe('InvalidAccessKeyId');
  });
});
