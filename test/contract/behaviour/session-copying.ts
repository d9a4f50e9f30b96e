import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { Account } from '../../support/s3-account.ts';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { allow, policyOf, setPolicy } from '../policies.ts';
import { aSession } from '../session.ts';
import { begin } from '../upload.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const DENIED = '403 AccessDenied';
const OWNER_READS = { ACL: 'bucket-owner-full-control' } as const;

/** How a copy job works: a session of a role of account A copies from a bucket of A into a bucket of B. */
async function aJob(world: World) {
  const source = await aBucket(world, world.a);
  const destination = await aBucket(world, world.b);
  await put(world.a, source, 'a', 'text');
  const grant = (to: { principalArn: string }) =>
    setPolicy(world.b, destination, allow(to, ['s3:PutObject', 's3:PutObjectAcl'], `${destination}/*`));
  const session = (more: object = {}) => aSession(world, { RoleArn: world.copier.arn, ...more });
  const copyAs = (who: Account, CopySource = copySource(source, 'a')) =>
    who.s3.send(new CopyObjectCommand({ Bucket: destination, Key: 'a', CopySource, ...OWNER_READS }));
  return { source, destination, grant, session, copyAs };
}

export const sessionCopyingBehaviours: readonly Behaviour[] = [
  behaviour('session-copy-closed', 'whatever a role may, another account has to open its bucket', async (world) => {
    const { session, copyAs } = await aJob(world);

    expect(await refusalOf(copyAs(await session()))).toBe(DENIED);
  }),
  behaviour(
    'session-copy',
    'a session copies where a policy lets its role write, and the owner can read',
    async (world) => {
      const { destination, grant, session, copyAs } = await aJob(world);
      const copier = await session();
      await grant({ principalArn: world.copier.arn });
      await copyAs(copier);

      expect(await read(world.b, destination, 'a')).toBe('text');
    },
  ),
  behaviour(
    'session-copy-user',
    'what a policy gives to a user of the account is not given to its role',
    async (world) => {
      const { grant, session, copyAs } = await aJob(world);
      await grant(world.a);

      expect(await refusalOf(copyAs(await session()))).toBe(DENIED);
    },
  ),
  behaviour('session-copy-narrow', 'a session for two buckets copies between them and from no other', async (world) => {
    const { source, destination, grant, session, copyAs } = await aJob(world);
    const other = await aBucket(world, world.a);
    await put(world.a, other, 'a', 'other');
    await grant({ principalArn: world.copier.arn });
    const Resource = [source, destination].map((bucket) => `arn:aws:s3:::${bucket}/*`);
    const narrow = policyOf({ Effect: 'Allow', Action: ['s3:GetObject*', 's3:PutObject*'], Resource });

    const copier = await session({ Policy: JSON.stringify(narrow) });

    expect(await refusalOf(copyAs(copier))).toBe('accepted');
    expect(await refusalOf(copyAs(copier, copySource(other, 'a')))).toBe(DENIED);
  }),
  behaviour('session-copy-revoked', 'the same session is refused as soon as the policy is gone', async (world) => {
    const { grant, session, copyAs } = await aJob(world);
    await grant({ principalArn: world.copier.arn });
    const copier = await session();
    await copyAs(copier);
    await grant(world.c);

    expect(await refusalOf(copyAs(copier))).toBe(DENIED);
  }),
  behaviour('session-copy-parts', 'a session copies in parts where a policy lets its role write', async (world) => {
    const { source, destination, grant, session } = await aJob(world);
    await grant({ principalArn: world.copier.arn });
    const { copyPart, complete } = await begin(await session(), destination, OWNER_READS);

    await complete(await copyPart(1, copySource(source, 'a')));

    expect(await read(world.b, destination, 'a')).toBe('text');
  }),
  behaviour('session-parts', 'a session uploads parts where a policy lets its role write', async (world) => {
    const { destination, grant, session } = await aJob(world);
    await grant({ principalArn: world.copier.arn });
    const { part, complete } = await begin(await session(), destination, OWNER_READS);

    await complete(await part(1, 'text'));

    expect(await read(world.b, destination, 'a')).toBe('text');
  }),
];
