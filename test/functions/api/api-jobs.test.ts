import { describe, expect, test } from 'vitest';
import { paths, type JobDocument, type LeaseDocument } from '../../../domain/job-documents.ts';
import { isJobId } from '../../../domain/names.ts';
import { DAY_MS, MINUTE_MS } from '../../../domain/time.ts';
import type { JobListView } from '../../../domain/views.ts';
import { ApiWorld, aRequest, NOON_MS } from './api-world.ts';

const idsOf = (body: unknown): string[] => (body as JobListView).jobs.map((job) => job.id);
const other = aRequest({ source: { connection: 'here', bucket: 'music' }, destination: { connection: 'there', bucket: 'music-copy' } }); // prettier-ignore

describe('starting a job', () => {
  test('answers 201 with the job, which runs and can be found again', async () => {
    const world = new ApiWorld();

    const answer = await world.call('POST', '/api/jobs', aRequest());

    const id = String(answer.body['id']);
    expect(answer.status).toBe(201);
    expect(isJobId(id)).toBe(true);
    expect(id).toMatch(/^copy-20261120-/);
    expect(world.flows.calls).toEqual([`start ${id}`]);
    expect(idsOf((await world.call('GET', '/api/jobs')).body)).toEqual([id]);
    expect(world.documents.json<JobDocument>(paths.request(id))).toMatchObject({ createdBy: 'operator' });
  });

  test('the same start twice is one job', async () => {
    const world = new ApiWorld();

    const first = await world.call('POST', '/api/jobs', aRequest(), { 'idempotency-key': 'click-1' });
    const second = await world.call('POST', '/api/jobs', aRequest(), { 'idempotency-key': 'click-1' });

    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body['id']).toBe(first.body['id']);
    expect(world.flows.calls).toHaveLength(1);
  });

  test('the same start twice on either side of midnight is one job', async () => {
    const world = new ApiWorld();

    const first = await world.start(aRequest(), 'click-1');
    world.clock.advance(DAY_MS);

    expect(await world.start(aRequest(), 'click-1')).toBe(first);
  });

  test('two racing starts with one key make one job, and both get it', async () => {
    const world = new ApiWorld();

    const ids = await Promise.all(Array.from({ length: 8 }, () => world.start(aRequest(), 'click-1')));

    expect(new Set(ids).size).toBe(1);
    expect(world.flows.calls).toHaveLength(1);
  });

  test('two racing starts with one key and different requests make one job, and leave no bucket held for the other', async () => {
    const world = new ApiWorld();

    const answers = await Promise.all(
      [aRequest(), other].map((request) => world.call('POST', '/api/jobs', request, { 'idempotency-key': 'k' })),
    );

    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
    const leases = [...world.documents.documents.keys()].filter((path) => path.startsWith('leases/'));
    expect(leases).toHaveLength(2);
  });

  test('the same key with another request is refused and says what differs', async () => {
    const world = new ApiWorld();
    const id = await world.start(aRequest(), 'click-1');

    const answer = await world.call('POST', '/api/jobs', other, { 'idempotency-key': 'click-1' });

    expect(answer.body).toMatchObject({ status: 409, job: id });
    expect(answer.body['detail']).toContain('source.bucket: "photos" then, "music" now');
  });

  test.each(['', ' ', 'two words', 'x'.repeat(129), 'ümlaut'])('the idempotency key "%s" is refused', async (key) => {
    const world = new ApiWorld();
    const answer = await world.call('POST', '/api/jobs', aRequest(), { 'idempotency-key': key });

    expect(answer.status).toBe(400);
    expect(world.flows.calls).toEqual([]);
  });

  test('a connection that is not there is named', async () => {
    const answer = await new ApiWorld().call(
      'POST',
      '/api/jobs',
      aRequest({ source: { connection: 'nowhere', bucket: 'photos' } }),
    );

    expect(answer.status).toBe(404);
    expect(answer.body['detail']).toContain('"nowhere"');
  });

  test('two connections to one endpoint and one name are one bucket: nothing to copy', async () => {
    const request = aRequest({ destination: { connection: 'there', bucket: 'photos' } });

    const answer = await new ApiWorld().call('POST', '/api/jobs', request);

    expect(answer.body['errors']).toMatchObject([{ field: 'destination.bucket' }]);
  });
});

describe('two jobs never share a bucket', () => {
  test('a second job on the same source is refused and names the first', async () => {
    const world = new ApiWorld();
    const first = await world.start();

    const answer = await world.call('POST', '/api/jobs', aRequest({ destination: { connection: 'there', bucket: 'another' } })); // prettier-ignore

    expect(answer.body).toMatchObject({ status: 409, job: first });
    expect(answer.body['detail']).toContain('2026-11-20T12:00:00.000Z');
  });

  test("a job whose destination is another job's source is refused", async () => {
    const world = new ApiWorld();
    await world.start();

    const request = aRequest({ source: { connection: 'here', bucket: 'music' }, destination: { connection: 'there', bucket: 'photos' } }); // prettier-ignore

    expect((await world.call('POST', '/api/jobs', request)).status).toBe(409);
    expect(await world.documents.read(paths.lease('s3.example.org', 'music'))).toBeUndefined();
  });

  test('the same names at another provider are other buckets', async () => {
    const world = new ApiWorld();
    await world.start();

    const request = aRequest({ source: { connection: 'elsewhere', bucket: 'photos' }, destination: { connection: 'elsewhere', bucket: 'photos-copy' } }); // prettier-ignore

    expect((await world.call('POST', '/api/jobs', request)).status).toBe(201);
  });

  test('of racing starts on the same buckets exactly one wins', async () => {
    const world = new ApiWorld();

    const answers = await Promise.all(Array.from({ length: 8 }, () => world.call('POST', '/api/jobs', aRequest())));

    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(7);
    expect(world.flows.calls).toHaveLength(1);
  });

  test('the buckets of a job that has ended can be had', async () => {
    const world = new ApiWorld();
    world.flows.end(await world.start(), 'failed');

    const second = await world.start();

    expect(world.documents.json<LeaseDocument>(paths.lease('s3.example.org', 'photos'))?.jobId).toBe(second);
  });

  test('a start that died before it wrote its request holds the bucket for a minute', async () => {
    const world = new ApiWorld();
    const lease = {
      jobId: 'copy-20261120-dead00000000',
      bucket: 'photos',
      role: 'source',
      sinceMs: world.clock.nowMs(),
    };
    await world.write(paths.lease('s3.example.org', 'photos'), lease);

    expect((await world.call('POST', '/api/jobs', aRequest())).status).toBe(409);
    world.clock.advance(2 * MINUTE_MS);
    expect((await world.call('POST', '/api/jobs', aRequest())).status).toBe(201);
  });
});

describe('stop and redrive', () => {
  test('stopping ends the flow, takes the access back and frees the buckets; stopping again changes nothing', async () => {
    const world = new ApiWorld();
    const id = await world.start();

    const first = await world.call('POST', `/api/jobs/${id}/stop`);
    const second = await world.call('POST', `/api/jobs/${id}/stop`);

    expect([first.body['status'], second.body['status']]).toEqual(['stopped', 'stopped']);
    expect(world.flows.calls.filter((call) => call.startsWith('stop'))).toHaveLength(1);
    expect(world.revoked).toContain(id);
    expect(await world.documents.read(paths.lease('s3.example.org', 'photos'))).toBeUndefined();
  });

  test('a job that is being stopped never gives back a bucket that another one has taken since', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    const path = paths.lease('s3.example.org', 'photos');
    const theirs = { jobId: 'copy-20261120-aaaaaaaaaaaa', bucket: 'photos', role: 'source', sinceMs: NOON_MS };
    const read = world.documents.read.bind(world.documents);
    world.documents.read = async (asked) => {
      const seen = await read(asked);
      if (asked === path && world.flows.flows.get(id)?.status === 'stopped') await world.write(path, theirs);
      return seen;
    };

    await world.call('POST', `/api/jobs/${id}/stop`);

    expect(world.documents.json(path)).toEqual(theirs);
  });

  test.each(['succeeded', 'failed'] as const)('a job that has %s cannot be stopped', async (status) => {
    const world = new ApiWorld();
    const id = await world.start();
    world.flows.end(id, status);

    expect((await world.call('POST', `/api/jobs/${id}/stop`)).status).toBe(409);
  });

  test.each([
    ['running', 409],
    ['succeeded', 409],
    ['failed', 200],
    ['stopped', 200],
    ['timed-out', 200],
  ] as const)('redriving a job that is %s answers %i', async (status, expected) => {
    const world = new ApiWorld();
    const id = await world.start();
    world.flows.end(id, status);

    expect((await world.call('POST', `/api/jobs/${id}/redrive`)).status).toBe(expected);
    expect(world.flows.calls.includes(`redrive ${id}`)).toBe(expected === 200);
  });

  test('a job is not redriven while another one holds its bucket', async () => {
    const world = new ApiWorld();
    const first = await world.start();
    world.flows.end(first, 'failed');
    const second = await world.start();

    const answer = await world.call('POST', `/api/jobs/${first}/redrive`);

    expect(answer.body).toMatchObject({ status: 409, job: second });
  });
});

describe('what a crash leaves is looked after', () => {
  test('a job that was accepted and never begun is begun', async () => {
    const world = new ApiWorld();
    world.flows.start = () => Promise.reject(new Error('the process died here'));
    await world.call('POST', '/api/jobs', aRequest());
    Reflect.deleteProperty(world.flows, 'start');

    const report = await world.janitor.lookAround();

    expect(report.startedJobs).toHaveLength(1);
    expect(world.flows.calls).toEqual([`start ${report.startedJobs[0] ?? ''}`]);
  });

  test('the access of a job that runs no more is taken back, once; that of a running one stays', async () => {
    const world = new ApiWorld();
    const [dead, alive] = [await world.start(), await world.start(other)];
    await world.grant(dead);
    await world.grant(alive);
    world.flows.end(dead, 'failed');

    const reports = [await world.janitor.lookAround(), await world.janitor.lookAround()];

    expect(reports.map((report) => report.revokedJobs)).toEqual([[dead], []]);
  });

  test('access that a step gives after its job was stopped is found and taken back', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    await world.call('POST', `/api/jobs/${id}/stop`);
    await world.janitor.lookAround();
    world.clock.advance(60_000);
    await world.grant(id);

    expect((await world.janitor.lookAround()).revokedJobs).toEqual([id]);
  });

  test('a redriven job that ends again is looked after again', async () => {
    const world = new ApiWorld();
    const id = await world.start();
    world.flows.end(id, 'failed');
    await world.janitor.lookAround();
    await world.call('POST', `/api/jobs/${id}/redrive`);
    await world.grant(id);
    world.flows.end(id, 'failed');

    expect((await world.janitor.lookAround()).revokedJobs).toEqual([id]);
  });

  test('one job that cannot be cleaned up does not keep the janitor from the others, and is tried again', async () => {
    const world = new ApiWorld();
    const [broken, fine] = [await world.start(), await world.start(other)];
    await world.grant(fine);
    world.flows.end(broken, 'failed');
    world.flows.end(fine, 'failed');
    await world.documents.write(paths.grant(broken, 'copy'), '{"cut');

    const report = await world.janitor.lookAround();

    expect(report.problems.map((problem) => problem.jobId)).toEqual([broken]);
    expect(report.revokedJobs).toEqual([fine]);
  });
});

test('a job that is being stopped is shown as stopping until everything it had running has ended', async () => {
  const world = new ApiWorld();
  const id = await world.start();
  let ended: () => void = () => undefined;
  const tasksEnd = new Promise<void>((resolve) => (ended = resolve));
  const stop = world.flows.stop.bind(world.flows);
  world.flows.stop = async (jobId) => {
    await tasksEnd;
    await stop(jobId);
  };

  const stopping = world.call('POST', `/api/jobs/${id}/stop`);
  expect((await world.call('GET', `/api/jobs/${id}`)).body['status']).toBe('stopping');
  ended();
  expect((await stopping).body['status']).toBe('stopped');
});

test('the list shows an old job as it is now when it has been redriven', async () => {
  const world = new ApiWorld();
  const id = await world.start();
  const statusInList = async () => ((await world.call('GET', '/api/jobs')).body as JobListView).jobs[0]?.status;
  world.flows.end(id, 'failed');
  world.clock.advance(10 * MINUTE_MS);
  expect([await statusInList(), await statusInList()]).toEqual(['failed', 'failed']);

  await world.call('POST', `/api/jobs/${id}/redrive`);

  expect(await statusInList()).toBe('running');
  world.flows.end(id, 'succeeded');
  expect(await statusInList()).toBe('succeeded');
});

test('jobs come newest first, a page at a time', async () => {
  const world = new ApiWorld();
  const ids: string[] = [];
  for (const bucket of ['one', 'two', 'six']) {
    world.clock.advance(1000);
    ids.unshift(await world.start(aRequest({ source: { connection: 'here', bucket }, destination: { connection: 'there', bucket: `${bucket}-copy` } }))); // prettier-ignore
  }

  expect(idsOf((await world.call('GET', '/api/jobs')).body)).toEqual(ids);
  expect(idsOf((await world.call('GET', '/api/jobs?limit=1&offset=1')).body)).toEqual([ids[1]]);
});
