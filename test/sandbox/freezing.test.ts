import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { ALICE, ALICE_ACCOUNT, allow, aSandbox, CAROL, problemOf, trust, type RunningSandbox } from './worlds.ts';

const Bucket = 'frozen';
const MINUTE_MS = 60_000;
const keeperArn = `arn:aws:iam::${ALICE_ACCOUNT}:role/keeper`;

async function aFrozenBucket(statement: object, policyDelayMs = 0): Promise<RunningSandbox> {
  const sandbox = await aSandbox({ policyDelayMs });
  const { accounts } = sandbox.world;
  accounts.addRole(ALICE_ACCOUNT, {
    name: 'keeper',
    trustPolicy: trust(`arn:aws:iam::${ALICE_ACCOUNT}:user/alice`),
    policies: [allow('s3:*', '*')],
  });
  accounts.addUser(ALICE_ACCOUNT, { name: 'carol', ...CAROL, isAdministrator: true });
  const owner = sandbox.s3(ALICE);
  await owner.send(new CreateBucketCommand({ Bucket }));
  await owner.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  await owner.send(new PutBucketPolicyCommand({ Bucket, Policy: freeze(statement) }));
  return sandbox;
}

const freeze = (statement: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Freeze',
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:PutObject', 's3:DeleteObject'],
        Resource: `arn:aws:s3:::${Bucket}/*`,
        ...statement,
      },
    ],
  });

async function sessionOf(sandbox: RunningSandbox, RoleSessionName: string): Promise<S3Client> {
  const { Credentials } = await sandbox.sts(ALICE).send(new AssumeRoleCommand({ RoleArn: keeperArn, RoleSessionName }));
  return sandbox.s3({
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  });
}

const remove = (s3: S3Client) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));

test('a freeze that exempts sessions by name lets only these through, of users and of the same role', async () => {
  const sandbox = await aFrozenBucket({ Condition: { StringNotLike: { 'aws:userid': ['*:mig-job-empty-*'] } } });

  expect((await problemOf(remove(sandbox.s3(ALICE)))).status).toBe(403);
  expect((await problemOf(remove(await sessionOf(sandbox, 'mig-job-copy-1')))).status).toBe(403);
  expect((await problemOf(remove(await sessionOf(sandbox, 'mig-other-empty-1')))).status).toBe(403);
  await remove(await sessionOf(sandbox, 'mig-job-empty-1'));
});

test('a freeze that exempts a role by aws:PrincipalArn exempts its sessions', async () => {
  const sandbox = await aFrozenBucket({ Condition: { ArnNotEquals: { 'aws:PrincipalArn': keeperArn } } });

  expect((await problemOf(remove(sandbox.s3(ALICE)))).status).toBe(403);
  await remove(await sessionOf(sandbox, 'any'));
});

test('a freeze that exempts a user by NotPrincipal stops everybody else', async () => {
  const NotPrincipal = { AWS: `arn:aws:iam::${ALICE_ACCOUNT}:user/carol` };
  const sandbox = await aFrozenBucket({ Principal: undefined, NotPrincipal });

  expect((await problemOf(remove(sandbox.s3(ALICE)))).status).toBe(403);
  await remove(sandbox.s3(CAROL));
});

test('where policies take effect late, a freeze comes late and goes late', async () => {
  const sandbox = await aFrozenBucket({}, MINUTE_MS);
  const owner = sandbox.s3(ALICE);
  const write = () => owner.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y' }));
  await write();

  sandbox.clock.aheadMs += MINUTE_MS;
  expect((await problemOf(write())).status).toBe(403);
  await owner.send(new DeleteBucketPolicyCommand({ Bucket }));
  expect((await problemOf(write())).status).toBe(403);

  sandbox.clock.aheadMs += MINUTE_MS;
  await write();
});
