import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type { PreflightView, ProblemView } from '../../domain/views.ts';
import { aBucket, aCopy, contentsOf, policyOf } from '../support/cloud.ts';

import { copiesInto, put, twoAccounts } from './two-accounts.ts';

const here = twoAccounts((good) => [
  { ...good, name: 'wrong-external-id', externalId: 'not-the-one' },
  { ...good, name: 'wrong-role', roleArn: 'arn:aws:iam::111100001111:role/no-such-role' },
  { ...good, name: 'wrong-account', roleArn: 'arn:aws:iam::333300003333:role/bucket-migrator' },
  { ...good, name: 'wrong-secret', secretAccessKey: 'not-the-secret' },
  { ...good, name: 'wrong-key', accessKeyId: 'AKIANOBODYKNOWSTHIS0' },
]);

const between = (
  [sourceConnection, source]: [string, string],
  [destinationConnection, destination]: [string, string],
): JobRequestInput => ({
  kind: 'copy',
  source: { connection: sourceConnection, bucket: source },
  destination: { connection: destinationConnection, bucket: destination },
});

describe('a request that cannot be meant is refused before anything is asked of S3, with the field and the reason', () => {
  const good = aCopy('some-bucket', 'other-bucket');
  const withSource = (bucket: string) => ({ ...good, source: { ...good.source, bucket } });

  test.each([
    ['upper case', withSource('My-Bucket'), 'source.bucket', /has upper-case letters/],
    ['too short', withSource('ab'), 'source.bucket', /3 to 63/],
    ['an ARN', withSource('arn:aws:s3:::some-bucket'), 'source.bucket', /ARN/],
    ['an address', withSource('s3://some-bucket/path'), 'source.bucket', /s3:\/\/|address|name/],
    ['an access point alias', withSource('thing-s3alias'), 'source.bucket', /access point/i],
    ['a directory bucket', withSource('thing--use1-az4--x-s3'), 'source.bucket', /directory/i],
    ['an IP address', withSource('192.168.1.1'), 'source.bucket', /IP/],
    ['an unknown field', { ...good, surprise: 1 }, 'surprise', /no field "surprise"/],
    ['an unknown option', { ...good, options: { speed: 11 } }, 'options.speed', /no field "speed"/],
    [
      'a prototype key',
      JSON.parse('{"kind":"copy","__proto__":{"a":1}}') as unknown,
      '__proto__',
      /no field "__proto__"/,
    ],
    ['an option out of range', { ...good, options: { inFlightMax: 0 } }, 'options.inFlightMax', />=1|at least 1/],
    ['a wrong type', { ...good, kind: 7 }, 'kind', /copy/],
    ['a Region that is none', { ...good, destination: { ...good.destination, region: 'Mars 1' } }, 'destination.region', /Region/], // prettier-ignore
    ['no destination', { ...good, destination: { connection: 'sandbox-b' } }, 'destination.bucket', /Give the name/],
    ['the source again', between(['sandbox-a', 'one'], ['sandbox-a', 'one']), 'destination.bucket', /nothing to copy/],
    ['one bucket through two connections', aCopy('one', 'one'), 'destination.bucket', /Both connections lead to the same bucket, "one"/], // prettier-ignore
    ['a migration to another name', { kind: 'migrate', source: good.source, destination: { connection: 'sandbox-b', bucket: 'another' } }, 'destination.bucket', /keeps the name/], // prettier-ignore
  ] as const)('%s', async (_what, request, field, reason) => {
    const { status, body } = await here.refusal(request);

    expect(status).toBe(400);
    expect(body.errors).toContainEqual({ field, message: expect.stringMatching(reason) as string });
    expect(await here.product.jobs()).toEqual([]);
  });

  test('several wrong fields are told together', async () => {
    const { body } = await here.refusal({ ...withSource('X'), extra: true });

    expect(body.errors?.map(({ field }) => field).sort()).toEqual(['extra', 'source.bucket']);
  });

  test('a connection to the sandbox is not taken where the sandbox is off, instead of being forgotten', async () => {
    const connection = {
      kind: 'sandbox',
      region: 'us-east-1',
      endpoint: here.cloud.url,
      accessKeyId: 'AKIAX',
      secretAccessKey: 'x',
    };
    const { status, body } = await here.product.request<ProblemView>('PUT', '/api/connections/another', connection);

    expect(status).toBe(400);
    expect(body.errors).toEqual([{ field: 'kind', message: expect.stringContaining('--no-sandbox') as string }]);
  });

  test('a connection that does not exist is named', async () => {
    const { status, body } = await here.refusal(between(['nobody', 'some-bucket'], ['sandbox-b', 'other-bucket']));

    expect(status).toBe(404);
    expect(body.detail).toContain('There is no connection "nobody"');
    expect(body.remedy).not.toBe('');
  });
});

describe('a job that cannot be done is told before it is started and refused when it is, and writes nothing', () => {
  beforeAll(async () => {
    await aBucket(here.cloud.a, 'of-a', 3);
    await aBucket(here.cloud.b, 'of-b', 3);
  });

  const cases: [what: string, request: JobRequestInput, checkId: string, reason: RegExp, remedy: RegExp][] = [
    ['a source bucket that is not there', aCopy('not-there', 'new-1'), 'source-exists', /There is no bucket "not-there"/, /Correct the name/], // prettier-ignore
    ['a source bucket of another account', aCopy('of-b', 'new-2'), 'source-exists', /"of-b".*(lacks permission|another account)/, /Choose a connection of the account that owns the bucket.*s3:ListBucket on of-b/], // prettier-ignore
    ['a destination name that somebody else has', between(['sandbox-b', 'of-b'], ['sandbox-b', 'of-a']), 'destination-name', /"of-a" exists/, /Choose another name/], // prettier-ignore
    ['a wrong external id', between(['wrong-external-id', 'of-a'], ['sandbox-b', 'new-3']), 'source-connection', /wrong-external-id/, /trust policy|ExternalId|external id/i], // prettier-ignore
    ['a role that is not there', between(['wrong-role', 'of-a'], ['sandbox-b', 'new-4']), 'source-connection', /no-such-role/, /./], // prettier-ignore
    ['a role of another account', between(['wrong-account', 'of-a'], ['sandbox-b', 'new-5']), 'source-connection', /333300003333/, /./], // prettier-ignore
    ['a secret that is wrong', between(['wrong-secret', 'of-a'], ['sandbox-b', 'new-6']), 'source-connection', /keys of the connection "wrong-secret" were refused/, /./], // prettier-ignore
    ['a key that nobody knows, at the destination', between(['sandbox-b', 'of-b'], ['wrong-key', 'new-7']), 'destination-connection', /keys of the connection "wrong-key" were refused/, /./], // prettier-ignore
  ];
  test.each(cases)('%s', async (_what, request, checkId, reason, remedy) => {
    const { cloud, product } = here;
    const bucket = request.destination.bucket ?? '';
    const isThere = cloud.world.storage.buckets.has(bucket);

    const { body } = await product.request<PreflightView>('POST', '/api/preflight', request);
    const job = await here.run(request);

    expect(body.status).toBe('blocked');
    expect(body.checks.filter(({ status }) => status === 'blocked')).toEqual([
      expect.objectContaining({
        id: checkId,
        reason: expect.stringMatching(reason) as string,
        remedy: expect.stringMatching(remedy) as string,
      }),
    ]);
    expect(job).toMatchObject({ status: 'failed', percent: 0, problem: { error: 'PreflightBlockedError' } });
    expect(job.problem?.message).toMatch(reason);
    expect(job.problem?.remedy).toMatch(remedy);
    expect(cloud.world.storage.buckets.has(bucket)).toBe(isThere);
    expect(copiesInto(here, bucket)).toBe(0);
    expect(job.grantsOutstandingCount).toBe(0);
  });

  test('a job that was refused holds no bucket, and can be redriven once the cause is gone', async () => {
    const { cloud } = here;
    const job = await here.run(aCopy('comes-later', 'came-later'));
    expect(job.status).toBe('failed');

    await aBucket(cloud.a, 'comes-later', 4);
    const again = await here.redriven(job.id);

    expect(again).toMatchObject({ status: 'succeeded', percent: 100, copiedCount: 4, redriveCount: 1 });
    expect(again.problem).toBeUndefined();
    expect(await contentsOf(cloud.b, 'came-later')).toEqual(await contentsOf(cloud.a, 'comes-later'));
  });
});

describe('a bucket belongs to one job at a time', () => {
  /** Every copy into the bucket waits so long. */
  const hold = (bucket: string, waitMs: number) =>
    here.cloud.world.faults.add({ operation: 'CopyObject', bucket, fault: { kind: 'delay', waitMs } });

  test('a second job on either bucket is refused and told which job is in the way', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'held', 6);
    await aBucket(cloud.a, 'unheld', 1);
    hold('held-copied', 1500);
    const first = await product.startJob(aCopy('held', 'held-copied'));

    const asSource = await here.refusal(aCopy('held', 'elsewhere'));
    const asDestination = await here.refusal(aCopy('unheld', 'held-copied'));
    const turnedRound = await here.refusal(between(['sandbox-b', 'held-copied'], ['sandbox-a', 'elsewhere']));

    for (const { status, body } of [asSource, asDestination, turnedRound]) {
      expect(status).toBe(409);
      expect(body).toMatchObject({ job: first.id, remedy: expect.stringContaining('stop it') as string });
      expect(body.detail).toContain(first.id);
    }
    expect(asSource.body.detail).toContain('"held"');
    expect(await here.ended(first.id)).toMatchObject({ status: 'succeeded', percent: 100 });
  });

  test('of two starts at the same instant one gets the bucket and the other is told so', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'raced', 3);
    const start = (to: string) =>
      product.request<{ id?: string; job?: string }>('POST', '/api/jobs', aCopy('raced', to));

    const answers = await Promise.all([start('raced-1'), start('raced-2')]);

    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const [won, lost] = [...answers].sort((left, right) => left.status - right.status).map(({ body }) => body);
    expect(lost?.job).toBe(won?.id);
    expect(await here.ended(won?.id ?? '')).toMatchObject({ status: 'succeeded' });
  });

  test('the same start twice, also at once, is one job', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'pressed-twice', 3);
    const request = aCopy('pressed-twice', 'pressed-once');

    const [one, two] = await Promise.all([product.startJob(request, 'a-key'), product.startJob(request, 'a-key')]);
    await here.ended(one.id);
    const later = await product.startJob(request, 'a-key');

    expect([two.id, later.id]).toEqual([one.id, one.id]);
    expect((await product.jobs()).filter(({ source }) => source.bucket === 'pressed-twice')).toHaveLength(1);
    expect(copiesInto(here, 'pressed-once')).toBe(3);
  });

  test('the same key with another request starts nothing and says what differs', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'keyed', 1);
    const first = await product.startJob(aCopy('keyed', 'keyed-copied'), 'another-key');
    await here.ended(first.id);

    const { status, body } = await here.refusal(aCopy('keyed', 'keyed-elsewhere'), {
      'idempotency-key': 'another-key',
    });

    expect(status).toBe(409);
    expect(body.job).toBe(first.id);
    expect(body.detail).toContain('destination.bucket: "keyed-copied" then, "keyed-elsewhere" now');
    expect(cloud.world.storage.buckets.has('keyed-elsewhere')).toBe(false);
  });

  test('a running job cannot be redriven, and a finished one neither', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'not-again', 2);
    hold('not-again-copied', 800);
    const { id } = await product.startJob(aCopy('not-again', 'not-again-copied'));
    const redrive = () => product.request<ProblemView>('POST', `/api/jobs/${id}/redrive`);

    const whileRunning = await redrive();
    await here.ended(id);
    const afterwards = await redrive();

    expect(whileRunning).toMatchObject({ status: 409, body: { detail: expect.stringContaining('is running') as string } }); // prettier-ignore
    expect(afterwards).toMatchObject({ status: 409, body: { detail: expect.stringContaining('has finished') as string } }); // prettier-ignore
    expect(copiesInto(here, 'not-again-copied')).toBe(2);
  });
});

describe('what is seen before a copy is told, and does not stop it', () => {
  test('archived objects are counted in the checks', async () => {
    const { cloud, product } = here;
    await cloud.a.send(new CreateBucketCommand({ Bucket: 'with-archive' }));
    await put(cloud.a, 'with-archive', 'old.tar', { StorageClass: 'GLACIER' });

    const { body } = await product.request<PreflightView>('POST', '/api/preflight', aCopy('with-archive', 'new-8'));

    expect(body).toMatchObject({ status: 'warning', found: { objectCount: 1, isComplete: true } });
    expect(body.checks).toContainEqual(
      expect.objectContaining({ id: 'source-archived', reason: expect.stringContaining('1 objects are archived') as string }), // prettier-ignore
    );
  });

  test('looking changes nothing: no bucket is made and no policy is written', async () => {
    const { cloud, product } = here;
    await aBucket(cloud.a, 'only-looked-at', 2);
    const request = aCopy('only-looked-at', 'not-made');

    const { body } = await product.request<PreflightView>('POST', '/api/preflight', request);

    expect(body).toMatchObject({ status: 'ok', found: { objectCount: 2, isComplete: true } });
    expect(cloud.world.storage.buckets.has('not-made')).toBe(false);
    expect(await policyOf(cloud.a, 'only-looked-at')).toBeUndefined();
  });
});

test('a job that is not there is a 404 for everything that can be asked of it', async () => {
  const asked = ['', '/states', '/failures', '/failures.csv', '/failures.json', '/report', '/logs'];
  for (const path of asked) {
    const answer = await here.product.request<ProblemView>('GET', `/api/jobs/copy-20200101-000000000000${path}`);
    expect(answer).toMatchObject({ status: 404, body: { remedy: expect.stringMatching(/./) as string } });
  }
  for (const verb of ['stop', 'redrive']) {
    expect((await here.product.request('POST', `/api/jobs/copy-20200101-000000000000/${verb}`)).status).toBe(404);
  }
});
