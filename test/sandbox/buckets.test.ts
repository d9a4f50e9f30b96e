import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  PutBucketAclCommand,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
  type CreateBucketCommandInput,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { ALICE, ALICE_ACCOUNT, aSandbox, BOB, BOB_ACCOUNT, problemOf, trust } from './worlds.ts';

const HOUR_MS = 3_600_000;
const inRegion = (LocationConstraint: string): Partial<CreateBucketCommandInput> => ({
  CreateBucketConfiguration: { LocationConstraint: LocationConstraint as 'eu-west-1' },
});

describe('a name', () => {
  test('is busy for a while after its bucket was deleted, then free for anyone', async () => {
    const sandbox = await aSandbox({ nameReleaseDelayMs: 3 * 60_000 });
    const Bucket = 'moving';
    await sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket }));
    await sandbox.s3(ALICE).send(new DeleteBucketCommand({ Bucket }));

    expect((await problemOf(sandbox.s3(ALICE).send(new HeadBucketCommand({ Bucket })))).status).toBe(404);
    expect(await problemOf(sandbox.s3(BOB).send(new CreateBucketCommand({ Bucket })))).toMatchObject({
      name: 'OperationAborted',
      status: 409,
    });
    sandbox.clock.aheadMs = 3 * 60_000 + 1;
    await sandbox.s3(BOB).send(new CreateBucketCommand({ Bucket }));
    expect((await problemOf(sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket })))).name).toBe(
      'BucketAlreadyExists',
    );
  });

  test('may be busy for longer than others, and a stranger may be faster', async () => {
    const sandbox = await aSandbox();
    const Bucket = 'moving';
    sandbox.world.nameReleaseDelaysMs.set(Bucket, 10 * 60_000);
    const [alice, bob] = [sandbox.s3(ALICE), sandbox.s3(BOB)];
    await alice.send(new CreateBucketCommand({ Bucket }));
    await alice.send(new DeleteBucketCommand({ Bucket }));

    sandbox.clock.aheadMs = 9 * 60_000;
    expect((await problemOf(alice.send(new CreateBucketCommand({ Bucket })))).name).toBe('OperationAborted');
    sandbox.clock.aheadMs = 11 * 60_000;
    await bob.send(new CreateBucketCommand({ Bucket }));

    expect(await problemOf(alice.send(new CreateBucketCommand({ Bucket })))).toMatchObject({
      name: 'BucketAlreadyExists',
      status: 409,
    });
    expect((await problemOf(alice.send(new HeadBucketCommand({ Bucket })))).status).toBe(403);
  });

  test('that is one’s own in us-east-1 keeps its objects and settings when created again, and loses its ACL', async () => {
    const { s3 } = await aSandbox();
    const [client, Bucket] = [s3(ALICE), 'mine'];
    const tags = { CreateBucketConfiguration: { Tags: [{ Key: 'job', Value: '1' }] } };
    await client.send(new CreateBucketCommand({ Bucket, ObjectOwnership: 'BucketOwnerPreferred', ...tags }));
    await client.send(new PutBucketAclCommand({ Bucket, ACL: 'authenticated-read' }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));

    await client.send(new CreateBucketCommand({ Bucket }));

    expect((await client.send(new GetBucketAclCommand({ Bucket }))).Grants).toHaveLength(1);
    expect((await client.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual([{ Key: 'job', Value: '1' }]);
    expect((await client.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(1);
  });

  test('that is one’s own already answers 200 in us-east-1 and a conflict elsewhere', async () => {
    const sandbox = await aSandbox();
    const [east, west] = [sandbox.s3(ALICE), sandbox.s3(ALICE, 'eu-west-1')];
    await east.send(new CreateBucketCommand({ Bucket: 'east' }));
    await west.send(new CreateBucketCommand({ Bucket: 'west', ...inRegion('eu-west-1') }));

    await east.send(new CreateBucketCommand({ Bucket: 'east' }));
    const again = west.send(new CreateBucketCommand({ Bucket: 'west', ...inRegion('eu-west-1') }));

    expect((await problemOf(again)).name).toBe('BucketAlreadyOwnedByYou');
  });

  test.each(['Upper', 'ab', 'a..b', '192.168.0.1', 'xn--a', 'a-s3alias', `x-${ALICE_ACCOUNT}-us-east-1-an`])(
    '%s is refused',
    async (Bucket) => {
      const created = (await aSandbox()).s3(ALICE).send(new CreateBucketCommand({ Bucket }));

      expect((await problemOf(created)).name).toBe('InvalidBucketName');
    },
  );

  test('of the account-regional namespace is only for its account and Region', async () => {
    const sandbox = await aSandbox();
    const create = (Bucket: string) =>
      sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket, BucketNamespace: 'account-regional' }));

    await create(`mine-${ALICE_ACCOUNT}-us-east-1-an`);

    expect((await problemOf(create(`mine-${BOB_ACCOUNT}-us-east-1-an`))).name).toBe('InvalidBucketName');
    expect((await problemOf(create(`mine-${ALICE_ACCOUNT}-eu-west-1-an`))).name).toBe('InvalidBucketName');
  });
});

describe('a Region', () => {
  test('must be named outside us-east-1 and be the one of the endpoint', async () => {
    const s3 = (await aSandbox()).s3(ALICE, 'eu-west-1');
    const create = (change: Partial<CreateBucketCommandInput>) =>
      problemOf(s3.send(new CreateBucketCommand({ Bucket: 'photos', ...change })));

    expect((await create(inRegion('eu-north-1'))).name).toBe('IllegalLocationConstraintException');
    expect((await create(inRegion('mars-1'))).name).toBe('InvalidLocationConstraint');
  });

  test('other than the one signed for is told to the client', async () => {
    const sandbox = await aSandbox();
    const Bucket = 'photos';
    await sandbox.s3(ALICE, 'eu-west-1').send(new CreateBucketCommand({ Bucket, ...inRegion('eu-west-1') }));
    const elsewhere = sandbox.s3(ALICE, 'ap-south-1');

    expect(await problemOf(elsewhere.send(new ListObjectsV2Command({ Bucket })))).toMatchObject({
      name: 'PermanentRedirect',
      status: 301,
    });
    expect((await elsewhere.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe('eu-west-1');
    const head = await fetch(`${sandbox.server.url}/${Bucket}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('x-amz-bucket-region')]).toEqual([403, 'eu-west-1']); // anonymous
  });
});

test('tags given at creation are there from the first moment', async () => {
  const s3 = (await aSandbox()).s3(ALICE);
  const Tags = [{ Key: 'job', Value: 'j-1' }];
  await s3.send(new CreateBucketCommand({ Bucket: 'photos', CreateBucketConfiguration: { Tags } }));

  expect((await s3.send(new GetBucketTaggingCommand({ Bucket: 'photos' }))).TagSet).toEqual(Tags);
});

describe('a bucket policy', () => {
  const Bucket = 'photos';
  const statement = (change: object): string =>
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${BOB_ACCOUNT}:role/writer` },
          Action: 's3:GetObject',
          Resource: `arn:aws:s3:::${Bucket}/*`,
          ...change,
        },
      ],
    });

  async function aBucket(policyDelayMs = 0) {
    const sandbox = await aSandbox({ policyDelayMs });
    const s3 = sandbox.s3(ALICE);
    await s3.send(new CreateBucketCommand({ Bucket }));
    return { sandbox, s3, put: (Policy: string) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy })) };
  }

  test.each([
    ['is not JSON', '{', 'MalformedPolicy'],
    [
      'names a role that does not exist',
      statement({ Principal: { AWS: `arn:aws:iam::${BOB_ACCOUNT}:role/no` } }),
      'MalformedPolicy',
    ],
    ['names an account that does not exist', statement({ Principal: { AWS: '999999999999' } }), 'MalformedPolicy'],
    ['is about another bucket', statement({ Resource: 'arn:aws:s3:::other/*' }), 'MalformedPolicy'],
    [
      'has an operator that does not exist',
      statement({ Condition: { StringIs: { 's3:prefix': 'a' } } }),
      'MalformedPolicy',
    ],
    ['has an unknown field', statement({ Colour: 'blue' }), 'MalformedPolicy'],
    ['is larger than 20 KB', statement({ Sid: 'x'.repeat(20 * 1024) }), 'MalformedPolicy'],
    ['opens the bucket to everyone', statement({ Principal: '*' }), 'AccessDenied'],
  ])('that %s is refused', async (_, policy, code) => {
    const { put } = await aBucket();

    expect((await problemOf(put(policy))).name).toBe(code);
  });

  test('may open the bucket to everyone once public access is no longer blocked', async () => {
    const { sandbox, s3, put } = await aBucket();
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await put(statement({ Principal: '*' }));
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'public' }));

    expect(await (await fetch(`${sandbox.server.url}/${Bucket}/k`)).text()).toBe('public');
  });

  test('takes effect late where the world says so, and reading it shows it at once', async () => {
    const { sandbox, s3, put } = await aBucket(60_000);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await put(statement({ Principal: { AWS: `arn:aws:iam::${BOB_ACCOUNT}:user/bob` } }));
    const read = () => sandbox.s3(BOB).send(new GetObjectCommand({ Bucket, Key: 'k' }));

    expect((await problemOf(read())).name).toBe('AccessDenied');
    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toContain('user/bob');
    sandbox.clock.aheadMs = 60_000;
    expect((await read()).ContentLength).toBe(1);
  });

  test('that names a role is void once the role is another one of the same name', async () => {
    const { sandbox, s3, put } = await aBucket();
    await put(statement({}));
    const role = `arn:aws:iam::${BOB_ACCOUNT}:role/writer`;

    sandbox.world.accounts.removeRole(role);
    sandbox.world.accounts.addRole(BOB_ACCOUNT, { name: 'writer', trustPolicy: trust('*'), policies: [] });

    expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toMatch(/"AWS":"AROA[A-Z2-7]{17}"/);
  });
});

test('where the requester pays, strangers are let in only when they say that they will', async () => {
  const sandbox = await aSandbox();
  const Bucket = 'costly';
  const s3 = sandbox.s3(ALICE);
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: BOB_ACCOUNT },
            Action: 's3:ListBucket',
            Resource: `arn:aws:s3:::${Bucket}`,
          },
        ],
      }),
    }),
  );
  await s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }));
  const list = (RequestPayer?: 'requester') =>
    sandbox.s3(BOB).send(new ListObjectsV2Command({ Bucket, ...(RequestPayer && { RequestPayer }) }));

  expect((await problemOf(list())).name).toBe('AccessDenied');
  expect((await list('requester')).KeyCount).toBe(0);
});

test('a bucket stays busy for as long as its clock says, not the machine’s', async () => {
  const sandbox = await aSandbox({ nameReleaseDelayMs: 72 * HOUR_MS });
  const Bucket = 'slow';
  await sandbox.s3(ALICE).send(new CreateBucketCommand({ Bucket }));
  await sandbox.s3(ALICE).send(new DeleteBucketCommand({ Bucket }));

  expect(sandbox.world.storage.releasing.get(Bucket)).toBeGreaterThan(sandbox.clock.nowMs() + 71 * HOUR_MS);
});
