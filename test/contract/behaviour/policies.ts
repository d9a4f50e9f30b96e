import {
  CopyObjectCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { anonymousRequest } from '../../support/raw-request.ts';
import type { Account } from '../../support/s3-account.ts';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { allow, deny, policyOf, setPolicy, type Statement } from '../policies.ts';
import { behaviour, type Behaviour, type World } from '../world.ts';

const DENIED = '403 AccessDenied';
const DAY_MS = 24 * 60 * 60 * 1000;

/** A bucket of account A with the objects `a` and `in/a`, and what somebody else gets for an answer. */
async function aGuardedBucket(world: World) {
  const bucket = await aBucket(world, world.a);
  await put(world.a, bucket, 'a', 'text');
  await put(world.a, bucket, 'in/a', 'text');
  const get = (who: Account, key = 'a') => refusalOf(who.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  const write = (who: Account, more: object = {}) =>
    refusalOf(who.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'new', Body: 'x', ...more })));
  const list = (who: Account, Prefix?: string) =>
    refusalOf(who.s3.send(new ListObjectsV2Command({ Bucket: bucket, ...(Prefix === undefined ? {} : { Prefix }) })));
  const guard = (...statements: Statement[]) => setPolicy(world.a, bucket, ...statements);
  return { bucket, get, write, list, guard };
}

const keeping: Behaviour[] = [
  behaviour(
    'policy-document',
    'a policy is read back as it was put, replaced as a whole, and removed',
    async (world) => {
      const bucket = await aBucket(world);
      const first = policyOf({ Sid: 'first', ...allow(world.b, 's3:GetObject', `${bucket}/*`) });
      const second = policyOf({ Sid: 'second', ...allow(world.c, 's3:GetObject', `${bucket}/*`) });
      const policyText = async () =>
        (await world.a.s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy ?? '';
      const sids = async () =>
        (JSON.parse(await policyText()) as { Statement: { Sid: string }[] }).Statement.map((each) => each.Sid);

      await world.a.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(first) }));
      expect(await sids()).toEqual(['first']);
      await world.a.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(second) }));
      expect(await sids()).toEqual(['second']);
      await world.a.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
      expect(await refusalOf(policyText())).toBe('404 NoSuchBucketPolicy');
    },
  ),
  behaviour('policy-malformed', 'a text that is no policy is refused', async (world) => {
    const bucket = await aBucket(world);
    const set = (Policy: string) => refusalOf(world.a.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy })));

    expect(await set('no JSON')).toBe('400 MalformedPolicy');
    expect(await set('{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}')).toBe('400 MalformedPolicy');
  }),
  behaviour('policy-other-bucket', 'a policy that names another bucket is refused', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(setPolicy(world.a, bucket, allow(world.b, 's3:GetObject', 'other-bucket/*')))).toBe(
      '400 MalformedPolicy',
    );
  }),
  behaviour('policy-nobody', 'a policy for a user that does not exist is refused', async (world) => {
    const bucket = await aBucket(world);
    const principalArn = world.b.principalArn.replace(/[^/]*$/, 'nobody');
    const nobody = { ...world.b, principalArn };

    expect(await refusalOf(setPolicy(world.a, bucket, allow(nobody, 's3:GetObject', `${bucket}/*`)))).toBe(
      '400 MalformedPolicy',
    );
  }),
  behaviour('policy-foreign', 'another account can neither read nor write the policy', async (world) => {
    const { bucket, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`));

    expect(await refusalOf(world.b.s3.send(new GetBucketPolicyCommand({ Bucket: bucket })))).toMatch(/^(403|405) /);
    expect(await refusalOf(world.b.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket })))).toMatch(/^(403|405) /);
    expect(await refusalOf(setPolicy(world.b, bucket, allow(world.b, 's3:*', bucket)))).toMatch(/^(403|405) /);
  }),
];

const deciding: Behaviour[] = [
  behaviour('policy-allow', 'a policy opens what it names, to whom it names, and nothing else', async (world) => {
    const { bucket, get, write, list, guard } = await aGuardedBucket(world);
    expect(await get(world.b)).toBe(DENIED);
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`));

    expect([await get(world.b), await get(world.c)]).toEqual(['accepted', DENIED]);
    expect([await write(world.b), await list(world.b)]).toEqual([DENIED, DENIED]);
  }),
  behaviour('policy-deny', 'deny outweighs allow', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, 's3:*', `${bucket}/*`), deny(world.b, 's3:GetObject', `${bucket}/in/*`));

    expect([await get(world.b, 'a'), await get(world.b, 'in/a')]).toEqual(['accepted', DENIED]);
  }),
  behaviour('policy-deny-owner', 'a denial binds the owner too, and the owner can lift it', async (world) => {
    const { bucket, get, write, guard } = await aGuardedBucket(world);
    await guard({ ...deny(world.a, 's3:PutObject', `${bucket}/*`), Principal: '*' });

    expect([await get(world.a), await write(world.a)]).toEqual(['accepted', DENIED]);
    await world.a.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
    expect(await write(world.a)).toBe('accepted');
  }),
  behaviour('policy-everybody', 'a policy for everybody opens the object without credentials', async (world) => {
    const { bucket, guard } = await aGuardedBucket(world);
    await world.a.s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    await guard({ ...allow(world.b, 's3:GetObject', `${bucket}/in/*`), Principal: '*' });

    const inside = await anonymousRequest(world.endpoint, { method: 'GET', path: `/${bucket}/in/a` });
    const outside = await anonymousRequest(world.endpoint, { method: 'GET', path: `/${bucket}/a` });

    expect([inside.status, inside.body.toString(), outside.status]).toEqual([200, 'text', 403]);
  }),
  behaviour('policy-wildcards', 'actions and resources may hold wildcards', async (world) => {
    const { bucket, get, write, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, 's3:Get*', `${bucket}/i?/*`));

    expect([await get(world.b, 'in/a'), await get(world.b, 'a'), await write(world.b)]).toEqual([
      'accepted',
      DENIED,
      DENIED,
    ]);
  }),
  behaviour('policy-not-action', 'NotAction opens all but what it names', async (world) => {
    const { bucket, get, write, guard } = await aGuardedBucket(world);
    const { Action: _, ...statement } = allow(world.b, [], `${bucket}/*`);
    await guard({ ...statement, NotAction: ['s3:PutObject'] });

    expect([await get(world.b), await write(world.b)]).toEqual(['accepted', DENIED]);
  }),
  behaviour('policy-not-resource', 'NotResource denies all but what it names', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    const { Resource: _, ...statement } = deny(world.b, 's3:GetObject');
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`), {
      ...statement,
      NotResource: [`arn:aws:s3:::${bucket}/in/*`],
    });

    expect([await get(world.b, 'in/a'), await get(world.b, 'a')]).toEqual(['accepted', DENIED]);
  }),
  behaviour('policy-bucket-actions', 'rights on the bucket and on its objects are separate', async (world) => {
    const { bucket, get, list, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, ['s3:ListBucket', 's3:GetObject'], bucket));

    expect([await list(world.b), await get(world.b)]).toEqual(['accepted', DENIED]);
    expect(await refusalOf(world.b.s3.send(new HeadBucketCommand({ Bucket: bucket })))).toBe('accepted');
  }),
  behaviour('policy-missing-key', 'who may not list is not told that an object is missing', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`));

    expect(await get(world.b, 'none')).toBe(DENIED);
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`), allow(world.b, 's3:ListBucket', bucket));
    expect(await get(world.b, 'none')).toBe('404 NoSuchKey');
  }),
  behaviour('policy-delete', 'the right to write is not the right to delete', async (world) => {
    const { bucket, write, guard } = await aGuardedBucket(world);
    await guard(allow(world.b, 's3:PutObject', `${bucket}/*`));
    const remove = () => refusalOf(world.b.s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a' })));

    expect([await write(world.b), await remove()]).toEqual(['accepted', DENIED]);
    expect(await read(world.a, bucket, 'a')).toBe('text');
  }),
];

const conditions: Behaviour[] = [
  behaviour('policy-if-prefix', 's3:prefix opens one folder of the listing', async (world) => {
    const { bucket, list, guard } = await aGuardedBucket(world);
    const Condition = { StringLike: { 's3:prefix': 'in/*' } };
    await guard({ ...allow(world.b, 's3:ListBucket', bucket), Condition });

    expect([await list(world.b, 'in/'), await list(world.b, 'out/'), await list(world.b)]).toEqual([
      'accepted',
      DENIED,
      DENIED,
    ]);
  }),
  behaviour('policy-if-acl', 's3:x-amz-acl asks for a header', async (world) => {
    const { bucket, write, guard } = await aGuardedBucket(world);
    const Condition = { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } };
    await guard({ ...allow(world.b, ['s3:PutObject', 's3:PutObjectAcl'], `${bucket}/*`), Condition });

    expect([await write(world.b), await write(world.b, { ACL: 'bucket-owner-full-control' })]).toEqual([
      DENIED,
      'accepted',
    ]);
  }),
  behaviour('policy-if-date', 'aws:CurrentTime ends a grant', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    const until = (atMs: number) => ({ DateLessThan: { 'aws:CurrentTime': isoSeconds(atMs) } });
    const grant = allow(world.b, 's3:GetObject', `${bucket}/*`);

    await guard({ ...grant, Condition: until(Date.now() - DAY_MS) });
    expect(await get(world.b)).toBe(DENIED);
    await guard({ ...grant, Condition: until(Date.now() + DAY_MS) });
    expect(await get(world.b)).toBe('accepted');
  }),
  behaviour('policy-if-address', 'aws:SourceIp tells callers apart', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    const from = (range: string) => ({ IpAddress: { 'aws:SourceIp': range } });
    const grant = allow(world.b, 's3:GetObject', `${bucket}/*`);

    await guard({ ...grant, Condition: from('10.0.0.0/8') });
    expect(await get(world.b)).toBe(DENIED);
    await guard({ ...grant, Condition: from('127.0.0.0/8') });
    expect(await get(world.b)).toBe('accepted');
  }),
  behaviour('policy-if-secure', 'aws:SecureTransport closes a bucket to plain HTTP', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
    await guard({ ...deny(world.a, 's3:*', bucket, `${bucket}/*`), Principal: '*', Condition });

    expect(world.endpoint).toMatch(/^http:/);
    expect(await get(world.a)).toBe(DENIED);
  }),
  behaviour('policy-if-several', 'all conditions must hold, any value of each', async (world) => {
    const { bucket, list, guard } = await aGuardedBucket(world);
    const Condition = {
      StringEquals: { 's3:prefix': ['in/', 'on/'] },
      IpAddress: { 'aws:SourceIp': '127.0.0.1/32' },
    };
    await guard({ ...allow(world.b, 's3:ListBucket', bucket), Condition });

    expect([await list(world.b, 'on/'), await list(world.b, 'in/'), await list(world.b, 'at/')]).toEqual([
      'accepted',
      'accepted',
      DENIED,
    ]);
  }),
  behaviour('policy-if-principal', 'aws:PrincipalArn shuts everybody else out', async (world) => {
    const { bucket, get, guard } = await aGuardedBucket(world);
    const Condition = { ArnNotEquals: { 'aws:PrincipalArn': [world.a.principalArn, world.b.principalArn] } };
    await guard(allow(world.b, 's3:GetObject', `${bucket}/*`), allow(world.c, 's3:GetObject', `${bucket}/*`), {
      ...deny(world.c, 's3:GetObject', `${bucket}/*`),
      Principal: '*',
      Condition,
    });

    expect([await get(world.b), await get(world.c)]).toEqual(['accepted', DENIED]);
  }),
  behaviour('policy-if-copy-source', 's3:x-amz-copy-source opens a bucket to one source', async (world) => {
    const { bucket, guard } = await aGuardedBucket(world);
    const [right, wrong] = [await aBucket(world, world.b), await aBucket(world, world.b)];
    for (const source of [right, wrong]) await put(world.b, source, 'a');
    const Condition = { StringLike: { 's3:x-amz-copy-source': [`${right}/*`, `/${right}/*`] } };
    await guard({ ...allow(world.b, 's3:PutObject', `${bucket}/*`), Condition });
    const copyFrom = (source: string) =>
      refusalOf(
        world.b.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'c', CopySource: copySource(source, 'a') })),
      );

    expect([await copyFrom(right), await copyFrom(wrong)]).toEqual(['accepted', DENIED]);
  }),
];

/** Policies write times without fractions of a second. */
const isoSeconds = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

export const policyBehaviours: readonly Behaviour[] = [...keeping, ...deciding, ...conditions];
