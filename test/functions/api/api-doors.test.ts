import { describe, expect, test } from 'vitest';
import { PreflightBlockedError, StorageThrottledError } from '../../../domain/errors.ts';
import { problemView } from '../../../functions/api/view-schemas.ts';
import { ApiWorld, aRequest, TOKEN } from './api-world.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('who may ask', () => {
  test('health answers without a token and everything else does not', async () => {
    const world = new ApiWorld();

    const health = await world.call('GET', '/api/health', undefined, { authorization: '' });
    const jobs = await world.call('GET', '/api/jobs', undefined, { authorization: 'Bearer wrong' });

    expect(health.body).toMatchObject({ status: 'ok', place: 'embedded' });
    expect(jobs.status).toBe(401);
    expect(jobs.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('nobody learns from a 401 whether a job exists', async () => {
    const world = new ApiWorld();
    const id = await world.start();

    const there = await world.call('GET', `/api/jobs/${id}`, undefined, { authorization: '' });
    const absent = await world.call('GET', '/api/jobs/copy-20200101-000000000000', undefined, { authorization: '' });

    expect(there.text).toBe(absent.text);
  });
});

describe('what is refused at the door, before anything is done', () => {
  const deep = '{"a":'.repeat(20_000);
  const cases: [name: string, body: string, headers: Record<string, string>, status: number][] = [
    ['a request that is not JSON', '{"kind":', JSON_TYPE, 400],
    ['an empty request', '', JSON_TYPE, 400],
    ['a list for a request', '[]', JSON_TYPE, 400],
    ['null for a request', 'null', JSON_TYPE, 400],
    ['a prototype for a field', '{"__proto__":{"kind":"copy"}}', JSON_TYPE, 400],
    ['an inner prototype', '{"kind":"copy","source":{"__proto__":{}}}', JSON_TYPE, 400],
    ['brackets without end', deep, JSON_TYPE, 413],
    ['more than 64 KiB', JSON.stringify({ kind: 'x'.repeat(65_536) }), JSON_TYPE, 413],
    ['another content type', JSON.stringify(aRequest()), { 'content-type': 'text/plain' }, 415],
    ['two content types', JSON.stringify(aRequest()), { 'content-type': 'application/json, text/plain' }, 415],
    ['another character set', JSON.stringify(aRequest()), { 'content-type': 'application/json; charset=latin1' }, 415],
  ];

  test.each(cases)('%s', async (_name, body, headers, status) => {
    const world = new ApiWorld();

    const answer = await world.call('POST', '/api/jobs', body || ' ', headers);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(problemView.safeParse(answer.body).success).toBe(true);
    expect(world.documents.writes).toEqual([]);
  });

  test('bytes that are not UTF-8 are refused', async () => {
    const world = new ApiWorld();
    const { createApi } = await import('../../../functions/api/create-api.ts');

    const response = await createApi(world.ports).request('/api/jobs', {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, ...JSON_TYPE },
      body: Uint8Array.from([0x22, 0xff, 0xfe, 0x22]),
    });

    expect(response.status).toBe(400);
  });

  test('every wrong field is named at once, unknown ones with their path', async () => {
    const world = new ApiWorld();

    const answer = await world.call('POST', '/api/jobs', {
      kind: 'copy',
      source: { connection: 'here', bucket: 'UPPER', surprise: 1 },
      destination: { connection: 'there', bucket: 'fine-name' },
      options: { inFlightMax: 0, constructor: 1 },
    });

    const fields = (answer.body['errors'] as { field: string }[]).map((error) => error.field).sort();
    expect(answer.status).toBe(400);
    expect(fields).toEqual(['options.constructor', 'options.inFlightMax', 'source.bucket', 'source.surprise']);
  });

  test.each([
    ['/api/jobs?limit=0', 'limit'],
    ['/api/jobs?limit=5&limit=6', 'limit'],
    ['/api/jobs?surprise=1', 'surprise'],
    ['/api/jobs?offset=-1', 'offset'],
  ])('%s is refused and names the parameter', async (path, field) => {
    const answer = await new ApiWorld().call('GET', path);

    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toMatchObject([{ field }]);
  });

  test('log streams cannot be asked for by a path that leaves the job', async () => {
    const world = new ApiWorld();
    const id = await world.start();

    expect((await world.call('GET', `/api/jobs/${id}/logs?stream=../../secret`)).status).toBe(400);
  });

  test('an unknown address is a 404 and a known one with another method a 405 that names its methods', async () => {
    const world = new ApiWorld();

    expect((await world.call('GET', '/api/nothing')).status).toBe(404);
    const answer = await world.call('DELETE', '/api/jobs');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST, GET');
  });
});

describe('errors say what to do', () => {
  test('a blocked preflight is a 422 with its reason and remedy', async () => {
    const world = new ApiWorld();
    world.preflight = () =>
      Promise.reject(new PreflightBlockedError('The source is gone.', { remedy: 'Name another.' }));

    const answer = await world.call('POST', '/api/preflight', aRequest());

    expect(answer.body).toMatchObject({ status: 422, detail: 'The source is gone.', remedy: 'Name another.' });
  });

  test('a provider that throttles is a 503 that says when to come back', async () => {
    const world = new ApiWorld();
    world.storage = { listBuckets: () => Promise.reject(new StorageThrottledError('SlowDown')) };

    const answer = await world.call('GET', '/api/connections/here/buckets');

    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test('an unforeseen error tells the caller nothing of the inside, and the operator everything', async () => {
    const world = new ApiWorld();
    const inside = new TypeError('cannot read secret-of-here in /home/me');
    world.preflight = () => Promise.reject(inside);

    const answer = await world.call('POST', '/api/preflight', aRequest());

    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/secret|home|TypeError/);
    expect(world.problems).toEqual([inside]);
  });

  test.each(['x', 'copy-20261120-00000000000', '..%2F..%2Frequest', 'copy-20261120-ffffffffffff'])(
    'the unknown job %s is a 404',
    async (id) => {
      expect((await new ApiWorld().call('GET', `/api/jobs/${id}`)).status).toBe(404);
    },
  );
});
