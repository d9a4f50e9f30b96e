import * as z from 'zod';
import { connectionSchema } from '../../domain/connection.ts';
import { jobRequestSchema } from '../../domain/job-request.ts';
import * as migrations from './migration-schemas.ts';
import * as views from './view-schemas.ts';

/** What a route is, said once: the app is built from it and the OpenAPI document is written from it. */
export type Route = Readonly<{
  method: 'get' | 'put' | 'post';
  /** As OpenAPI writes it: `/api/jobs/{id}`. */
  path: string;
  summary: string;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  isBodyOptional?: boolean;
  answers: Readonly<Record<number, z.ZodType | 'text/csv' | 'application/schema'>>;
  /** Statuses of the problems that this route has of its own; those of every route are added. */
  problems: readonly number[];
  /** Answers without a token. */
  isOpen?: boolean;
}>;

const limit = (byDefault: number, max: number) => z.coerce.number().int().min(1).max(max).default(byDefault);
const offset = z.coerce.number().int().min(0).default(0);

/** The provider behind the API said no (502) or was not there (503). */
const REMOTE = [502, 503] as const;

export const routes = {
  health: {
    method: 'get',
    path: '/api/health',
    summary: 'Is the product there, which version, and where does it run?',
    answers: { 200: views.healthView },
    problems: [],
    isOpen: true,
  },
  openapi: {
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This document.',
    answers: { 200: 'application/schema' },
    problems: [],
  },
  listConnections: {
    method: 'get',
    path: '/api/connections',
    summary: 'Every connection, without its secrets.',
    answers: { 200: views.connectionsView },
    problems: [],
  },
  putConnection: {
    method: 'put',
    path: '/api/connections/{name}',
    summary: 'Makes or changes a connection. Left out, the keys that are there stay.',
    body: connectionSchema.partial({ name: true }),
    answers: { 200: views.connectionView, 201: views.connectionView },
    problems: [400, 413, 415],
  },
  testConnection: {
    method: 'post',
    path: '/api/connections/{name}/test',
    summary: 'Tries what a job needs: what works and what is missing, by action name.',
    answers: { 200: views.connectionTestView },
    problems: [404],
  },
  listBuckets: {
    method: 'get',
    path: '/api/connections/{name}/buckets',
    summary: 'The buckets that the connection may list.',
    answers: { 200: views.bucketsView },
    problems: [404, ...REMOTE],
  },
  lookAtBucket: {
    method: 'get',
    path: '/api/connections/{name}/buckets/{bucket}',
    summary: 'Facts about one bucket, and what it holds as far as that is counted within seconds.',
    query: z.strictObject({ prefix: z.string().default('') }),
    answers: { 200: views.bucketView },
    problems: [400, 404, 422, ...REMOTE],
  },
  preflight: {
    method: 'post',
    path: '/api/preflight',
    summary: 'Checks a job request without starting or changing anything.',
    body: jobRequestSchema,
    answers: { 200: views.preflightView },
    problems: [400, 404, 413, 415, ...REMOTE],
  },
  startJob: {
    method: 'post',
    path: '/api/jobs',
    summary: 'Starts a job (201), or answers with the one that the same key and request have started (200).',
    headers: z.object({ 'Idempotency-Key': z.string().regex(/^[\x21-\x7e]{1,128}$/).optional() }), // prettier-ignore
    body: jobRequestSchema,
    answers: { 200: views.jobView, 201: views.jobView },
    problems: [400, 404, 409, 413, 415],
  },
  listJobs: {
    method: 'get',
    path: '/api/jobs',
    summary: 'Jobs, newest first.',
    query: z.strictObject({ limit: limit(100, 1000), offset }),
    answers: { 200: views.jobListView },
    problems: [400],
  },
  readJob: {
    method: 'get',
    path: '/api/jobs/{id}',
    summary: 'One job with its progress.',
    answers: { 200: views.jobView },
    problems: [404],
  },
  readStates: {
    method: 'get',
    path: '/api/jobs/{id}/states',
    summary: 'The states of the flow: status, attempts, times, error and cause.',
    answers: { 200: views.statesView },
    problems: [404],
  },
  readFailures: {
    method: 'get',
    path: '/api/jobs/{id}/failures',
    summary: 'Objects that were not copied: groups over all of them, and one page of lines.',
    query: z.strictObject({ limit: limit(100, 1000), offset }),
    answers: { 200: views.failuresView },
    problems: [400, 404],
  },
  downloadFailuresCsv: {
    method: 'get',
    path: '/api/jobs/{id}/failures.csv',
    summary: 'All failures for a spreadsheet.',
    answers: { 200: 'text/csv' },
    problems: [404],
  },
  downloadFailuresJson: {
    method: 'get',
    path: '/api/jobs/{id}/failures.json',
    summary: 'All failures for a program.',
    answers: { 200: views.failureLines },
    problems: [404],
  },
  readReport: {
    method: 'get',
    path: '/api/jobs/{id}/report',
    summary: 'What was copied, skipped and blocked, and how it was proven. 404 until the job has ended.',
    answers: { 200: views.reportView },
    problems: [404],
  },
  readLogs: {
    method: 'get',
    path: '/api/jobs/{id}/logs',
    summary: 'The last lines of the tasks, oldest first.',
    query: z.strictObject({
      stream: z
        .string()
        .regex(/^[\w/-]{0,200}$/)
        .optional()
        .describe('A stream, or the start of several: copy/copy/3'),
      task: z.enum(['plan', 'copy', 'verify', 'prove', 'empty', 'discard']).optional(),
      after: z.coerce.number().int().min(0).optional().describe('Only lines later than this, in milliseconds'),
      limit: limit(200, 5000),
    }),
    answers: { 200: views.logsView },
    problems: [400, 404],
  },
  readProof: {
    method: 'get',
    path: '/api/jobs/{id}/proof',
    summary: 'What is proven before anything is deleted: what a consent is given to. 404 until it is sealed.',
    answers: { 200: migrations.proofView },
    problems: [404],
  },
  readConfiguration: {
    method: 'get',
    path: '/api/jobs/{id}/configuration',
    summary: 'Every setting of the source bucket, and what becomes of it. 404 until it was read.',
    answers: { 200: migrations.configurationView },
    problems: [404],
  },
  giveConsent: {
    method: 'post',
    path: '/api/jobs/{id}/consent',
    summary: 'Consents to emptying and deleting the source: its name as typed, and the digest of the proof.',
    body: migrations.consentInput,
    answers: { 200: views.jobView },
    problems: [400, 404, 409, 413, 415, 422],
  },
  decideOnName: {
    method: 'post',
    path: '/api/jobs/{id}/decision',
    summary: 'Decides what happens when the bucket’s name does not come free.',
    body: migrations.decisionInput,
    answers: { 200: views.jobView },
    problems: [400, 404, 409, 413, 415],
  },
  shortenQuarantine: {
    method: 'post',
    path: '/api/jobs/{id}/quarantine',
    summary: 'Consents to deleting the temporary bucket now: its name as typed.',
    body: migrations.quarantineInput,
    answers: { 200: views.jobView },
    problems: [400, 404, 409, 413, 415, 422],
  },
  stopJob: {
    method: 'post',
    path: '/api/jobs/{id}/stop',
    summary:
      'Ends a running job and takes back the access it was given; what a copy job copied stays. A migration is ' +
      'brought back, as its stopEffect says. The body may be left out.',
    body: migrations.stopInput,
    isBodyOptional: true,
    answers: { 200: views.jobView },
    problems: [400, 404, 409, 413, 415, ...REMOTE],
  },
  redriveJob: {
    method: 'post',
    path: '/api/jobs/{id}/redrive',
    summary: 'Goes on with a failed or stopped job where it ended.',
    answers: { 200: views.jobView },
    problems: [404, 409],
  },
} as const satisfies Readonly<Record<string, Route>>;

export type Operation = keyof typeof routes;
export const routeTable: Readonly<Record<Operation, Route>> = routes;
export type QueryOf<Name extends Operation> = (typeof routes)[Name] extends { query: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : Readonly<Record<string, never>>;
