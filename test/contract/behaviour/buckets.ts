import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { accountFor } from '../../support/s3-account.ts';
import { anonymousRequest, presignedRequest, signedRequest } from '../../support/raw-request.ts';
import { aBucket, put, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour } from '../world.ts';

const MINUTE_MS = 60_000;

const naming: Behaviour[] = [
  behaviour('bucket-create', 'a created bucket is there, empty, and listed', async (world) => {
    const bucket = await aBucket(world);

    const head = await world.a.s3.send(new HeadBucketCommand({ Bucket: bucket }));
    const objects = await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    const buckets = await world.a.s3.send(new ListBucketsCommand({}));

    expect(head.$metadata.httpStatusCode).toBe(200);
    expect(objects.KeyCount).toBe(0);
    expect(objects.IsTruncated).toBe(false);
    expect(buckets.Buckets?.map((each) => each.Name)).toContain(bucket);
  }),
  behaviour('bucket-list-own', 'another account does not see it in its list', async (world) => {
    const bucket = await aBucket(world);

    const buckets = await world.b.s3.send(new ListBucketsCommand({}));

    expect(buckets.Buckets?.map((each) => each.Name) ?? []).not.toContain(bucket);
  }),
  behaviour(
    'bucket-create-again',
    'creating your own bucket again in us-east-1 is accepted and keeps it',
    async (world) => {
      const bucket = await aBucket(world);
      await put(world.a, bucket, 'kept');

      expect(await refusalOf(world.a.s3.send(new CreateBucketCommand({ Bucket: bucket })))).toBe('accepted');
      expect((await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(1);
    },
  ),
  behaviour('bucket-create-taken', 'a name that another account has is refused', async (world) => {
    const bucket = await aBucket(world, world.a);

    expect(await refusalOf(world.b.s3.send(new CreateBucketCommand({ Bucket: bucket })))).toBe(
      '409 BucketAlreadyExists',
    );
  }),
  behaviour('bucket-name-invalid', 'a name in capitals is refused', async (world) => {
    const answer = await signedRequest(world.endpoint, world.a.credentials, { method: 'PUT', path: '/Not_A_Name' });

    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain('<Code>InvalidBucketName</Code>');
  }),
  behaviour('bucket-location', 'a bucket of us-east-1 has no location constraint', async (world) => {
    const bucket = await aBucket(world);

    const location = await world.a.s3.send(new GetBucketLocationCommand({ Bucket: bucket }));

    expect(location.LocationConstraint ?? '').toBe('');
  }),
  behaviour('bucket-create-elsewhere', 'a bucket in another Region says so', async (world) => {
    const bucket = world.newName();
    const where = { LocationConstraint: 'eu-west-1' } as const;
    const elsewhere = accountFor(world.endpoint, world.a.credentials, world.a.principalArn, 'eu-west-1');
    await elsewhere.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: where }));

    const location = await elsewhere.s3.send(new GetBucketLocationCommand({ Bucket: bucket }));
    const head = await elsewhere.s3.send(new HeadBucketCommand({ Bucket: bucket }));

    expect(location.LocationConstraint).toBe('eu-west-1');
    expect(head.BucketRegion).toBe('eu-west-1');
  }),
];

const ending: Behaviour[] = [
  behaviour('bucket-head-missing', 'HEAD of a bucket that nobody has is 404 without a body', async (world) => {
    expect(await refusalOf(world.a.s3.send(new HeadBucketCommand({ Bucket: world.newName() })))).toBe('404 NotFound');
  }),
  behaviour('bucket-head-foreign', 'HEAD of a bucket of another account is 403', async (world) => {
    const bucket = await aBucket(world, world.a);

    expect(await refusalOf(world.b.s3.send(new HeadBucketCommand({ Bucket: bucket })))).toMatch(/^403 /);
  }),
  behaviour('bucket-missing', 'listing a bucket that nobody has names the reason', async (world) => {
    expect(await refusalOf(world.a.s3.send(new ListObjectsV2Command({ Bucket: world.newName() })))).toBe(
      '404 NoSuchBucket',
    );
  }),
  behaviour('bucket-delete-not-empty', 'a bucket with an object is not deleted', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'kept');

    expect(await refusalOf(world.a.s3.send(new DeleteBucketCommand({ Bucket: bucket })))).toBe('409 BucketNotEmpty');
    expect((await world.a.s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(1);
  }),
  behaviour('bucket-delete', 'an empty bucket is deleted with 204 and then is not there', async (world) => {
    const bucket = await aBucket(world);

    const deleted = await world.a.s3.send(new DeleteBucketCommand({ Bucket: bucket }));

    expect(deleted.$metadata.httpStatusCode).toBe(204);
    expect(await refusalOf(world.a.s3.send(new DeleteBucketCommand({ Bucket: bucket })))).toBe('404 NoSuchBucket');
  }),
  behaviour('bucket-delete-foreign', 'another account cannot delete it', async (world) => {
    const bucket = await aBucket(world, world.a);

    expect(await refusalOf(world.b.s3.send(new DeleteBucketCommand({ Bucket: bucket })))).toBe('403 AccessDenied');
  }),
  behaviour('bucket-expected-owner', 'a request that expects another owner is refused', async (world) => {
    const bucket = await aBucket(world);
    const list = new ListObjectsV2Command({ Bucket: bucket, ExpectedBucketOwner: '999999999999' });

    expect(await refusalOf(world.a.s3.send(list))).toBe('403 AccessDenied');
  }),
];

const signatures: Behaviour[] = [
  behaviour('signature-secret', 'a wrong secret is refused', async (world) => {
    const bucket = await aBucket(world);
    const thief = accountFor(world.endpoint, { ...world.a.credentials, secretAccessKey: 'guessed' }, '');

    expect(await refusalOf(thief.s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe(
      '403 SignatureDoesNotMatch',
    );
  }),
  behaviour('signature-key', 'an unknown access key is refused', async (world) => {
    const bucket = await aBucket(world);
    const stranger = accountFor(world.endpoint, { accessKeyId: 'AKIANOBODYNOBODY0000', secretAccessKey: 'x' }, '');

    expect(await refusalOf(stranger.s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe(
      '403 InvalidAccessKeyId',
    );
  }),
  behaviour('signature-none', 'without a signature a private bucket is closed', async (world) => {
    const bucket = await aBucket(world);

    const answer = await anonymousRequest(world.endpoint, { method: 'GET', path: `/${bucket}` });

    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('<Code>AccessDenied</Code>');
  }),
  behaviour('signature-skewed', 'a clock that is 20 minutes off is refused', async (world) => {
    const bucket = await aBucket(world);
    const signedAt = new Date(Date.now() - 20 * MINUTE_MS);

    const answer = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'GET',
      path: `/${bucket}`,
      signedAt,
    });

    expect(answer.status).toBe(403);
    expect(answer.body.toString()).toContain('<Code>RequestTimeTooSkewed</Code>');
  }),
  behaviour('signature-body', 'a body that is not the one that was signed is refused', async (world) => {
    const bucket = await aBucket(world);

    const answer = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'PUT',
      path: `/${bucket}/a`,
      body: 'sent',
      headers: { 'x-amz-content-sha256': '0'.repeat(64) },
    });

    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain('<Code>XAmzContentSHA256Mismatch</Code>');
  }),
  behaviour('presigned', 'a presigned link opens without other credentials, until it expires', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a b', 'text');
    const get = { method: 'GET', path: `/${bucket}/a%20b` };
    const tenMinutesAgo = new Date(Date.now() - 10 * MINUTE_MS);

    const open = await presignedRequest(world.endpoint, world.a.credentials, get, 60);
    const expired = await presignedRequest(
      world.endpoint,
      world.a.credentials,
      { ...get, signedAt: tenMinutesAgo },
      60,
    );

    expect([open.status, open.body.toString()]).toEqual([200, 'text']);
    expect(expired.status).toBe(403);
    expect(expired.body.toString()).toContain('<Code>AccessDenied</Code>');
  }),
  behaviour('request-id', 'every answer carries a request id', async (world) => {
    const bucket = await aBucket(world);

    const good = await signedRequest(world.endpoint, world.a.credentials, { method: 'GET', path: `/${bucket}` });
    const bad = await signedRequest(world.endpoint, world.a.credentials, { method: 'GET', path: `/${bucket}/none` });

    expect(good.headers['x-amz-request-id']).toBeTruthy();
    expect(bad.headers['x-amz-request-id']).toBeTruthy();
    expect(bad.body.toString()).toContain(bad.headers['x-amz-request-id'] ?? 'an id');
  }),
];

export const bucketBehaviours: readonly Behaviour[] = [...naming, ...ending, ...signatures];
