import { expect, test } from 'vitest';
import * as z from 'zod';
import { createApi } from '../../../functions/api/create-api.ts';
import { routeTable, type Operation } from '../../../functions/api/routes.ts';
import { problemView } from '../../../functions/api/view-schemas.ts';
import { ApiWorld, aRequest, NOON_MS } from './api-world.ts';
import { CONSENT, MigrationWorld, TEMPORARY } from './migration-world.ts';

type Document = {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; requestBody?: { content: Record<string, { schema: Schema }> } }>>; // prettier-ignore
};
type Schema = { properties: Record<string, Schema>; required?: string[]; additionalProperties?: boolean };

const readDocument = async (): Promise<Document> =>
  (await new ApiWorld().call('GET', '/api/openapi.json')).body as unknown as Document;

test('the OpenAPI document names exactly the routes that exist', async () => {
  const document = await readDocument();

  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const there = createApi(new ApiWorld().ports).routes.map((route) => `${route.method} ${route.path}`);

  expect(document.openapi).toBe('3.1.0');
  expect(told.sort()).toEqual(there.sort());
});

test('the document says what a job request needs and that nothing else may stand in it', async () => {
  const { paths } = await readDocument();

  const schema = paths['/api/jobs']?.['post']?.requestBody?.content['application/json']?.schema;

  expect(schema?.required?.sort()).toEqual(['destination', 'kind', 'source']);
  expect(schema?.additionalProperties).toBe(false);
  expect(schema?.properties['source']?.additionalProperties).toBe(false);
});

test('answers are what the document says', async () => {
  const world = new ApiWorld();
  world.storage = { identity: async () => ({}), listBuckets: async () => [{ name: 'photos' }] };
  const id = await world.start();
  const calls: [Operation, string, string, unknown?][] = [
    ['health', 'GET', '/api/health'],
    ['listConnections', 'GET', '/api/connections'],
    ['listBuckets', 'GET', '/api/connections/here/buckets'],
    ['preflight', 'POST', '/api/preflight', aRequest()],
    ['listJobs', 'GET', '/api/jobs'],
    ['readJob', 'GET', `/api/jobs/${id}`],
    ['readStates', 'GET', `/api/jobs/${id}/states`],
    ['readFailures', 'GET', `/api/jobs/${id}/failures`],
    ['downloadFailuresJson', 'GET', `/api/jobs/${id}/failures.json`],
    ['readLogs', 'GET', `/api/jobs/${id}/logs`],
    ['stopJob', 'POST', `/api/jobs/${id}/stop`],
    ['redriveJob', 'POST', `/api/jobs/${id}/redrive`],
  ];

  for (const [operation, method, path, body] of calls) {
    const answer = await world.call(method, path, body);
    const schema = routeTable[operation].answers[answer.status];
    if (typeof schema !== 'object') throw new Error(`${operation} answered ${answer.status}: ${answer.text}`);
    expect(schema.safeParse(answer.body).error?.message, operation).toBeUndefined();
  }
});

test('answers about migrations are what the document says, refusals too', async () => {
  const asking = await MigrationWorld.at('proof-sealed');
  const waiting = await MigrationWorld.at('source-deleted');
  await waiting.waitForName({ lastOutcome: 'taken', takenSinceMs: NOON_MS });
  const kept = await MigrationWorld.at('configured');
  const calls: [MigrationWorld, Operation, string, unknown?][] = [
    [asking, 'readJob', ''],
    [asking, 'readProof', '/proof'],
    [asking, 'giveConsent', '/consent', { ...CONSENT, bucket: 'another' }],
    [asking, 'giveConsent', '/consent', CONSENT],
    [asking, 'decideOnName', '/decision', { choice: 'keep-waiting' }],
    [asking, 'stopJob', '/stop', { stage: 'emptying' }],
    [asking, 'stopJob', '/stop'],
    [waiting, 'readJob', ''],
    [waiting, 'readProof', '/proof'],
    [waiting, 'decideOnName', '/decision', { choice: 'other-name', bucket: 'photos-2' }],
    [kept, 'shortenQuarantine', '/quarantine', { bucket: 'photos' }],
    [kept, 'shortenQuarantine', '/quarantine', { bucket: TEMPORARY }],
    [kept, 'stopJob', '/stop'],
    [kept, 'readConfiguration', '/configuration'],
  ];

  for (const [world, operation, path, body] of calls) {
    const route = routeTable[operation];
    const answer = await world.call(route.method.toUpperCase(), `/api/jobs/${world.id}${path}`, body);
    const schema = answer.status < 300 ? route.answers[answer.status] : problemView;
    if (typeof schema !== 'object') throw new Error(`${operation} answered ${answer.status}: ${answer.text}`);
    if (answer.status >= 300) expect(route.problems, operation).toContain(answer.status);
    expect(strict(schema).safeParse(answer.body).error?.message, operation).toBeUndefined();
  }
});

/** What the document does not name must not stand in an answer either, at the top at least. */
const strict = (schema: z.ZodType): z.ZodType => (schema instanceof z.ZodObject ? schema.strict() : schema);
