import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import {
  ALICE,
  ALICE_ACCOUNT,
  allow,
  aSandbox,
  BOB,
  BOB_ACCOUNT,
  CAROL,
  problemOf,
  type Keys,
  type RunningSandbox,
} from './worlds.ts';

const READER = `arn:aws:iam::${ALICE_ACCOUNT}:role/reader`;
const WRITER = `arn:aws:iam::${BOB_ACCOUNT}:role/writer`;

const assume = (sandbox: RunningSandbox, keys: Keys, change: Partial<AssumeRoleCommandInput> = {}) =>
  sandbox
    .sts(keys)
    .send(new AssumeRoleCommand({ RoleArn: READER, RoleSessionName: 'job', ExternalId: 'shared', ...change }));

async function sessionKeys(
  sandbox: RunningSandbox,
  keys: Keys,
  change: Partial<AssumeRoleCommandInput> = {},
): Promise<Keys> {
  const { Credentials } = await assume(sandbox, keys, change);
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

describe('a role is assumed', () => {
  test.each<[string, Keys, Partial<AssumeRoleCommandInput>, string]>([
    ['by someone it does not trust', BOB, {}, 'AccessDenied'],
    ['by another user of its account', CAROL, {}, 'AccessDenied'],
    ['with another external id', ALICE, { ExternalId: 'other' }, 'AccessDenied'],
    ['when it does not exist', ALICE, { RoleArn: `${READER}s` }, 'AccessDenied'],
    ['for less than 15 minutes', ALICE, { DurationSeconds: 899 }, 'ValidationError'],
    ['for longer than it allows', ALICE, { DurationSeconds: 7201 }, 'ValidationError'],
    ['with a session policy that is too long', ALICE, { Policy: `"${'x'.repeat(2048)}"` }, 'ValidationError'],
    ['with a session policy that is none', ALICE, { Policy: '{}' }, 'MalformedPolicyDocument'],
    ['under an impossible name', ALICE, { RoleSessionName: 'a b' }, 'ValidationError'],
  ])('not %s', async (_, keys, change, code) => {
    const sandbox = await aSandbox();

    expect((await problemOf(assume(sandbox, keys, change))).name).toContain(code);
  });

  test('by another role for an hour at most', async () => {
    const sandbox = await aSandbox();
    const reader = await sessionKeys(sandbox, ALICE);

    expect((await problemOf(assume(sandbox, reader, { RoleArn: WRITER, DurationSeconds: 3601 }))).name).toContain(
      'ValidationError',
    );
    const { AssumedRoleUser } = await assume(sandbox, reader, { RoleArn: WRITER, DurationSeconds: 3600 });
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${BOB_ACCOUNT}:assumed-role/writer/job`);
  });
});

describe('a session', () => {
  test('may do only what its session policy says too', async () => {
    const sandbox = await aSandbox();
    for (const Bucket of ['one', 'two']) await sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket }));
    const Policy = JSON.stringify(allow('s3:ListBucket', 'arn:aws:s3:::one'));

    const s3 = sandbox.s3(await sessionKeys(sandbox, ALICE, { Policy }));

    await s3.send(new ListObjectsV2Command({ Bucket: 'one' }));
    expect((await problemOf(s3.send(new ListObjectsV2Command({ Bucket: 'two' })))).name).toBe('AccessDenied');
    const put = new PutObjectCommand({ Bucket: 'one', Key: 'k', Body: '' });
    expect((await problemOf(s3.send(put))).message).toContain('no session policy allows');
  });

  test('ends when its role is removed, and does not come back with a new role of that name', async () => {
    const sandbox = await aSandbox();
    await sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket: 'one' }));
    const s3 = sandbox.s3(await sessionKeys(sandbox, ALICE));
    await s3.send(new ListObjectsV2Command({ Bucket: 'one' }));
    const role = sandbox.world.accounts.role(READER);

    sandbox.world.accounts.removeRole(READER);
    sandbox.world.accounts.addRole(ALICE_ACCOUNT, {
      name: 'reader',
      trustPolicy: role?.trustPolicy ?? allow('*', '*'),
      policies: [allow('s3:*', '*')],
    });

    expect((await problemOf(s3.send(new ListObjectsV2Command({ Bucket: 'one' })))).name).toBe('InvalidToken');
  });

  test('that has expired says so', async () => {
    const sandbox = await aSandbox();
    await sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket: 'one' }));
    const keys = await sessionKeys(sandbox, ALICE, { DurationSeconds: 900 });
    for (const session of sandbox.world.accounts.allSessions()) {
      sandbox.world.accounts.addSession({ ...session, expiresAtMs: sandbox.clock.nowMs() - 1 });
    }

    const listing = sandbox.s3(keys).send(new ListObjectsV2Command({ Bucket: 'one' }));

    expect(await problemOf(listing)).toMatchObject({ name: 'ExpiredToken', status: 400 });
  });
});
