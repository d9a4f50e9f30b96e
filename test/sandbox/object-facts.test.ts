import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectRetentionCommand,
  RestoreObjectCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ALICE, ALICE_ACCOUNT, aSandbox, BOB, problemOf } from './worlds.ts';

const Bucket = 'photos';

async function aBucket(lock = false) {
  const sandbox = await aSandbox();
  const s3 = sandbox.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }));
  return { sandbox, s3 };
}

describe('an archived object', () => {
  test('is neither read nor copied until it is restored, and for as long as that lasts', async () => {
    const { sandbox, s3 } = await aBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', StorageClass: 'GLACIER' }));
    const read = () => s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    const copy = () => s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/k` }));

    expect((await problemOf(read())).name).toBe('InvalidObjectState');
    expect((await problemOf(copy())).name).toBe('ObjectNotInActiveTierError');
    await s3.send(new RestoreObjectCommand({ Bucket, Key: 'k', RestoreRequest: { Days: 2 } }));
    expect((await read()).Restore).toContain('ongoing-request="false"');
    await copy();
    const kept = sandbox.world.storage.buckets.get(Bucket)?.versions.values().next().value?.[0];
    expect((kept?.restoredUntilMs ?? 0) - sandbox.clock.nowMs()).toBeGreaterThan(47 * 3_600_000);
  });
});

describe('encryption', () => {
  test('with a KMS key makes ETags that are not the MD5', async () => {
    const { s3 } = await aBucket();

    const put = await s3.send(
      new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key' }),
    );
    const plain = await s3.send(new CopyObjectCommand({ Bucket, Key: 'plain', CopySource: `${Bucket}/k` }));

    const md5 = createHash('md5').update('x').digest('hex');
    expect(put.ETag).not.toBe(`"${md5}"`);
    expect(put.SSEKMSKeyId).toBe('key');
    expect(plain.CopyObjectResult?.ETag).toBe(`"${md5}"`);
    expect(plain.ServerSideEncryption).toBe('AES256');
  });

  test('with the customer’s own key is read with that key only', async () => {
    const { s3 } = await aBucket();
    const key = (fill: string) => ({ SSECustomerAlgorithm: 'AES256', SSECustomerKey: fill.repeat(32) });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...key('a') }));
    const read = (change: object) => s3.send(new GetObjectCommand({ Bucket, Key: 'k', ...change }));

    expect((await problemOf(read({}))).name).toBe('InvalidRequest');
    expect((await problemOf(read(key('b')))).name).toBe('AccessDenied');
    expect((await read(key('a'))).ContentLength).toBe(1);
  });
});

describe('a locked version', () => {
  test('cannot be deleted before its date, in governance mode only by those who bypass it', async () => {
    const { s3 } = await aBucket(true);
    const until = (days: number) => new Date(Date.now() + days * 86_400_000);
    const put = (Key: string, mode: 'GOVERNANCE' | 'COMPLIANCE') =>
      s3.send(
        new PutObjectCommand({ Bucket, Key, Body: 'x', ObjectLockMode: mode, ObjectLockRetainUntilDate: until(1) }),
      );
    const [soft, hard] = [await put('soft', 'GOVERNANCE'), await put('hard', 'COMPLIANCE')];
    const remove = (Key: string, VersionId: string | undefined, BypassGovernanceRetention?: boolean) =>
      s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId, BypassGovernanceRetention }));

    expect((await problemOf(remove('soft', soft.VersionId))).name).toBe('AccessDenied');
    expect((await problemOf(remove('hard', hard.VersionId, true))).name).toBe('AccessDenied');
    await remove('soft', soft.VersionId, true);
    expect((await remove('hard', undefined)).DeleteMarker).toBe(true); // hides it, removes nothing
    const shorter = new PutObjectRetentionCommand({
      Bucket,
      Key: 'hard',
      VersionId: hard.VersionId,
      Retention: { Mode: 'COMPLIANCE', RetainUntilDate: until(0.5) },
    });
    expect((await problemOf(s3.send(shorter))).name).toBe('AccessDenied');
    const kept = await s3.send(new GetObjectRetentionCommand({ Bucket, Key: 'hard', VersionId: hard.VersionId }));
    expect(kept.Retention?.Mode).toBe('COMPLIANCE');
  });

  test('under legal hold stays until the hold is lifted', async () => {
    const { s3 } = await aBucket(true);
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    const hold = (Status: 'ON' | 'OFF') =>
      s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: 'k', LegalHold: { Status } }));
    const remove = () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));

    await hold('ON');
    expect((await problemOf(remove())).name).toBe('AccessDenied');
    await hold('OFF');
    await remove();
  });
});

describe('an object that another account wrote', () => {
  const policy = JSON.stringify({
    Statement: [
      { Effect: 'Allow', Principal: { AWS: '222222222222' }, Action: 's3:Put*', Resource: `arn:aws:s3:::${Bucket}/*` },
    ],
  });

  test.each([
    ['cannot be read by the bucket’s owner where the writer owns it', 'ObjectWriter', undefined, false],
    ['can be read where the writer gives it away', 'BucketOwnerPreferred', 'bucket-owner-full-control', true],
    ['can always be read where ACLs are off', 'BucketOwnerEnforced', undefined, true],
  ] as const)('%s', async (_, ObjectOwnership, ACL, isReadable) => {
    const { sandbox, s3 } = await aBucket();
    const OwnershipControls = { Rules: [{ ObjectOwnership }] };
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy }));
    await sandbox.s3(BOB).send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...(ACL && { ACL }) }));

    const read = s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ExpectedBucketOwner: ALICE_ACCOUNT })).then(
      () => true,
      () => false,
    );

    expect(await read).toBe(isReadable);
  });
});
