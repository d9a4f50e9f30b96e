import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { AccessDeniedError } from '../../../domain/errors.ts';
import { fromPercentForm, toPercentForm } from '../../../domain/keys.ts';
import { paths, type FailureLine } from '../../../domain/job-documents.ts';
import type { ObjectFacts } from '../../../domain/objects.ts';
import type { EpochMs } from '../../../domain/time.ts';
import type { FailuresView } from '../../../domain/views.ts';
import { failuresAsCsv } from '../../../functions/api/failures.ts';
import { aFailure, ApiWorld, NOON_MS } from './api-world.ts';

const writeFailures = async (world: ApiWorld, id: string, shard: number, lines: FailureLine[]): Promise<void> => {
  const text = lines.map((line) => `${JSON.stringify({ ...line, shard })}\n`).join('');
  await world.documents.write(paths.failures(id, 'copy', shard), text);
};

describe('failures', () => {
  test('are grouped by cause over all shards, with one page of lines', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    await writeFailures(world, id, 1, [aFailure('a'), aFailure('b')]);
    await writeFailures(world, id, 12, [aFailure('c', { error: 'ObjectArchivedError', outcome: 'blocked' })]);

    const answer = await world.call('GET', `/api/jobs/${id}/failures?limit=1&offset=1`);

    const view = answer.body as unknown as FailuresView;
    expect(view.totalCount).toBe(3);
    expect(view.groups.map((group) => [group.error, group.outcome, group.count])).toEqual([
      ['AccessDeniedError', 'failed', 2],
      ['ObjectArchivedError', 'blocked', 1],
    ]);
    expect(view.failures.map((failure) => failure.key)).toEqual(['b']);
  });

  test('an object that failed in two rounds is one failure, told as it failed last', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    await writeFailures(world, id, 2, [aFailure('a', { error: 'StorageThrottledError' })]);
    await writeFailures(world, id, 10, [aFailure('a')]);

    const answer = await world.call('GET', `/api/jobs/${id}/failures`);

    expect(answer.body).toMatchObject({ totalCount: 1, failures: [{ error: 'AccessDeniedError', shard: 10 }] });
  });

  const verdict = (round: number, differences: readonly { kind: 'missing'; key: string }[], missingCount: number) => ({
    document: { round, verdict: missingCount === 0 ? 'equal' : 'differences-found', missingCount, differsCount: 0, extraCount: 0, unprovenCount: 0 }, // prettier-ignore
    lines: differences.map((line) => `${JSON.stringify(line)}\n`).join(''),
  });
  const judged: [string, { round: number; kept: string[]; missingCount: number }, string[]][] = [
    ['everything is equal', { round: 2, kept: [], missingCount: 0 }, []],
    ['one is still missing', { round: 2, kept: ['b'], missingCount: 1 }, ['b']],
    ['a newer round has failed since', { round: 1, kept: ['b'], missingCount: 1 }, ['c', 'b']],
    ['not every difference was written down', { round: 2, kept: ['b'], missingCount: 2 }, ['c', 'b', 'a']],
  ];
  test.each(judged)('what a later round has healed is no failure any more: %s', async (_name, found, standing) => {
    const world = new ApiWorld();
    const id = await world.start();
    await writeFailures(world, id, 1, [aFailure('a'), aFailure('b')]);
    await writeFailures(world, id, 2, [aFailure('c')]);
    const shards = [1, 2].map((shard) => ({ shard, round: shard }));
    await world.documents.write(paths.planSummary(id, 'copy'), JSON.stringify({ round: 2, shards }));
    const differences = found.kept.map((key) => ({ kind: 'missing' as const, key }));
    const { document, lines } = verdict(found.round, differences, found.missingCount);
    await world.documents.write(paths.verdict(id, 'copy', found.round), JSON.stringify(document));
    await world.documents.write(paths.differences(id, 'copy', found.round), lines);

    const view = (await world.call('GET', `/api/jobs/${id}/failures`)).body as unknown as FailuresView;

    expect(view.failures.map(({ key }) => key)).toEqual(standing);
    expect(view.totalCount).toBe(standing.length);
  });

  test('a spreadsheet never runs a key, and every key can be had exactly from it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'grapheme', minLength: 1 }),
          fc.constantFrom('=1+1', '-a', '+a', '@a', '\t=a', ' =a', '"', 'a,b', 'a\r\nb'),
        ),
        async (key) => {
          // prettier-ignore
          const csv = await textOf(failuresAsCsv(listOf([aFailure(toPercentForm(key))])));

          const [readable = '', exact = ''] = cellsOf(csv.split('\r\n')[1] ?? '');

          expect(readable).not.toMatch(/^\s*[=+\-@]/);
          expect(exact).not.toMatch(/^\s*[=+\-@]/);
          expect(fromPercentForm(exact)).toBe(key);
          expect(csv.split('\r\n')).toHaveLength(3);
        },
      ),
    );
  });

  test('downloads come as attachments that no browser opens as a page', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    await writeFailures(world, id, 1, [aFailure('a'), aFailure('b')]);

    const csv = await world.call('GET', `/api/jobs/${id}/failures.csv`);
    const json = await world.call('GET', `/api/jobs/${id}/failures.json`);

    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="${id}-failures.csv"`);
    expect(csv.headers.get('x-content-type-options')).toBe('nosniff');
    expect(JSON.parse(json.text)).toHaveLength(2);
  });

  test('a job without failures has empty downloads that can still be read', async () => {
    const world = new ApiWorld();
    const id = await world.start();

    expect((await world.call('GET', `/api/jobs/${id}/failures.csv`)).text.split('\r\n')).toHaveLength(2);
    expect(JSON.parse((await world.call('GET', `/api/jobs/${id}/failures.json`)).text)).toEqual([]);
  });
});

test('logs are the last lines, by task and later than asked', async () => {
  const world = new ApiWorld();
  const id = await world.start();
  const at = (seconds: number) => (NOON_MS + seconds * 1000) as EpochMs;
  world.logEvents.push(
    { stream: `${id}/copy/plan/0`, atMs: at(1), message: 'planned' },
    { stream: `${id}/copy/copy/1`, atMs: at(2), message: 'copied' },
    { stream: 'copy-20261120-eeeeeeeeeeee/copy/copy/1', atMs: at(2), message: 'of another job' },
  );
  const read = async (query: string) => (await world.call('GET', `/api/jobs/${id}/logs${query}`)).body['events'];

  expect(await read('')).toMatchObject([{ message: 'planned' }, { message: 'copied' }]);
  expect(await read('?task=copy')).toMatchObject([{ message: 'copied' }]);
  expect(await read(`?after=${at(1)}`)).toMatchObject([{ message: 'copied' }]);
  expect(await read('?stream=copy/plan')).toMatchObject([{ message: 'planned' }]);
});

test('a job that has not ended has no report yet, and says so', async () => {
  const world = new ApiWorld();
  const answer = await world.call('GET', `/api/jobs/${await world.start()}/report`);

  expect(answer.body).toMatchObject({ status: 404, remedy: 'Wait until the job has ended.' });
});

describe('connections', () => {
  test('are shown without their secrets', async () => {
    const answer = await new ApiWorld().call('GET', '/api/connections');

    expect(answer.text).not.toContain('secret-of-here');
    expect(answer.body['connections']).toContainEqual(
      expect.objectContaining({ name: 'here', hasSecret: true, accessKeyIdEnding: '1234' }),
    );
  });

  const place = { kind: 's3-compatible', region: 'us-east-1', endpoint: 'https://s3.example.org' };

  test('a change that leaves the keys out keeps them', async () => {
    const world = new ApiWorld();

    const answer = await world.call('PUT', '/api/connections/here', { ...place, region: 'eu-west-1' });

    expect(answer.status).toBe(200);
    expect(world.connections.get('here')).toMatchObject({ region: 'eu-west-1', secretAccessKey: 'secret-of-here' });
  });

  test('stored keys never go to another endpoint', async () => {
    const world = new ApiWorld();

    const answer = await world.call('PUT', '/api/connections/here', { ...place, endpoint: 'https://evil.example' });

    expect(answer.status).toBe(400);
    expect(world.connections.get('here')?.endpoint).toBe('https://s3.example.org');
  });

  test('a new one is made, and its secret is not in the answer', async () => {
    const world = new ApiWorld();
    const keys = { accessKeyId: 'AKIANEW', secretAccessKey: 'very-secret' };

    const answer = await world.call('PUT', '/api/connections/new-one', { ...place, ...keys });

    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('very-secret');
  });

  test('one that names itself otherwise than its address is refused', async () => {
    const answer = await new ApiWorld().call('PUT', '/api/connections/here', { ...place, name: 'there' });

    expect(answer.body['errors']).toMatchObject([{ field: 'name' }]);
  });

  test('a test says by action name what works and what is missing', async () => {
    const world = new ApiWorld();
    world.storage = {
      identity: async () => ({ accountId: '111122223333' }),
      listBuckets: () => Promise.reject(new AccessDeniedError('ListBuckets: access denied.')),
    };

    const answer = await world.call('POST', '/api/connections/here/test');

    expect(answer.body).toMatchObject({
      status: 'warning',
      checks: [
        { action: 'sts:GetCallerIdentity', status: 'ok' },
        { action: 's3:ListAllMyBuckets', status: 'warning', reason: 'ListBuckets: access denied.' },
      ],
    });
  });

  test('keys that are refused block, and nothing more is tried', async () => {
    const world = new ApiWorld();
    world.storage = { identity: () => Promise.reject(new AccessDeniedError('The role does not trust us.')) };

    const answer = await world.call('POST', '/api/connections/here/test');

    expect(answer.body).toMatchObject({ status: 'blocked', checks: [{ status: 'blocked' }] });
  });
});

describe('a bucket before it is chosen', () => {
  const object = (key: string): ObjectFacts => ({ key, sizeBytes: 10, etag: 'e', storageClass: 'STANDARD', modifiedAtMs: NOON_MS }); // prettier-ignore
  const bucketOf = (pageCount: number): ApiWorld['storage'] => ({
    findBucket: async (name) => ({
      name,
      region: 'eu-west-1',
      versioning: 'off',
      encryption: 'sse-s3',
      hasObjectLock: false,
      isRequesterPays: false,
      tags: {},
    }),
    async *listObjects() {
      for (let page = 0; page < pageCount; page += 1) yield [object(`a${page}`), object(`b${page}`)];
    },
  });

  test('is counted to the end when it is small', async () => {
    const world = new ApiWorld();
    world.storage = bucketOf(10);

    const answer = await world.call('GET', '/api/connections/here/buckets/photos');

    expect(answer.body).toMatchObject({ region: 'eu-west-1', objectCount: 20, sizeBytes: 200, isComplete: true });
  });

  test('is counted "so far" when it is large', async () => {
    const world = new ApiWorld();
    world.storage = bucketOf(1_000_000);

    const answer = await world.call('GET', '/api/connections/here/buckets/photos');

    expect(answer.body).toMatchObject({ objectCount: 20, isComplete: false });
  });

  test('is not asked for under a name that no bucket can have', async () => {
    const answer = await new ApiWorld().call('GET', '/api/connections/here/buckets/..%2Fetc');

    expect(answer.body['errors']).toMatchObject([{ field: 'bucket' }]);
  });
});

async function* listOf<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"]|"")*)"/g)].map((match) => (match[1] ?? '').replaceAll('""', '"'));
