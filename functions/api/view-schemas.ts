import * as z from 'zod';
import type { ConnectionView } from '../../domain/connection.ts';
import type { GrantDocument, ReportDocument } from '../../domain/job-documents.ts';
import { jobRequestSchema } from '../../domain/job-request.ts';
import { PHASES } from '../../domain/phases.ts';
import type { FlowState } from '../../domain/ports.ts';
import type {
  BucketsView,
  BucketView,
  ConnectionsView,
  ConnectionTestView,
  FailuresView,
  HealthView,
  JobListView,
  JobView,
  LogsView,
  PreflightView,
  ProblemView,
  StatesView,
} from '../../domain/views.ts';
import { migrationReport, migrationView, plan, proofView, verdict } from './migration-schemas.ts';
import { atMs, count, stage, stopEffect, text, type Describes } from './schema-parts.ts';

/**
 * The answers of domain/views.ts as schemas, for the OpenAPI document and for the tests that hold every answer
 * against it.
 */

const secondsLeft = z.object({ from: z.number(), to: z.number() }).readonly();
const checkStatus = z.enum(['ok', 'warning', 'blocked']);
const request = jobRequestSchema.readonly();
const failureCause = z.object({ error: text, message: text, remedy: text }).readonly();

export const jobView: Describes<JobView> = z
  .object({
    id: text,
    kind: jobRequestSchema.shape.kind,
    source: jobRequestSchema.shape.source,
    destination: jobRequestSchema.shape.destination,
    request,
    status: z.enum(['running', 'stopping', 'stopped', 'failed', 'succeeded']),
    phase: z.enum(PHASES),
    percent: z.number().min(0).max(100),
    copiedCount: count,
    skippedCount: count,
    totalCount: count,
    copiedBytes: count,
    totalBytes: count,
    isCounting: z.boolean(),
    listedCount: count,
    verifiedCount: count,
    failedCount: count,
    throttledCount: count,
    inFlight: count,
    objectsPerSecond: z.number(),
    bytesPerSecond: z.number(),
    secondsLeft: secondsLeft.exactOptional(),
    createdAtMs: atMs,
    endedAtMs: atMs.exactOptional(),
    asOfMs: atMs,
    redriveCount: count,
    problem: failureCause.exactOptional(),
    milestones: z.record(text, atMs),
    samples: z.array(z.object({ atMs, copiedCount: count, copiedBytes: count })),
    grantsOutstandingCount: count,
    migration: migrationView.exactOptional(),
  })
  .readonly();

export const jobListView: Describes<JobListView> = z.object({ jobs: z.array(jobView) });

const flowState: Describes<FlowState> = z.object({
  path: text,
  depth: count,
  name: text,
  type: text,
  status: z.enum(['running', 'waiting', 'succeeded', 'failed', 'stopped']),
  attempts: count,
  enteredAtMs: atMs,
  exitedAtMs: atMs.exactOptional(),
  input: z.unknown().exactOptional(),
  output: z.unknown().exactOptional(),
  error: text.exactOptional(),
  cause: text.exactOptional(),
  items: z
    .object({
      totalCount: count,
      succeededCount: count,
      failedCount: count,
      runningCount: count,
      pendingCount: count,
    })
    .exactOptional(),
});
export const statesView: Describes<StatesView> = z.object({ states: z.array(flowState) });

const outcome = z.enum(['failed', 'blocked']);
const failureLine = z.object({
  key: text.describe('Percent form: every byte but A–Z a–z 0–9 - _ . ~ / as %XX'),
  outcome,
  error: text,
  message: text,
  remedy: text,
  sizeBytes: count,
  shard: count,
  requestId: text.exactOptional(),
  atMs,
  isFinal: z.boolean(),
});
const failureGroup = z.object({ error: text, outcome, count, exampleKey: text, message: text, remedy: text });
export const failuresView: Describes<FailuresView> = z.object({
  totalCount: count,
  groups: z.array(failureGroup),
  failures: z.array(failureLine),
});
export const failureLines = z.array(failureLine);

const grant: Describes<GrantDocument> = z.object({
  connection: text,
  bucket: text,
  region: text,
  sids: z.array(text),
  allowsParts: z.boolean(),
  grantedAtMs: atMs,
  expiresAtMs: atMs,
  revokedAtMs: atMs.exactOptional(),
});
export const reportView: Describes<ReportDocument> = z.object({
  jobId: text,
  outcome: z.enum(['verified', 'failed', 'undone']),
  request,
  createdAtMs: atMs,
  finishedAtMs: atMs,
  plan: plan.exactOptional(),
  copiedCount: count,
  copiedBytes: count,
  skippedCount: count,
  failedCount: count,
  blockedCount: count,
  verdict: verdict.exactOptional(),
  grantsOutstanding: z.array(grant),
  uploadsOutstandingCount: count,
  failure: failureCause.exactOptional(),
  migration: migrationReport.exactOptional(),
});

export const logsView: Describes<LogsView> = z.object({
  events: z.array(z.object({ stream: text, atMs, message: text })),
});

export const preflightView: Describes<PreflightView> = z.object({
  status: checkStatus,
  checks: z.array(z.object({ id: text, title: text, status: checkStatus, reason: text, remedy: text })),
  found: z.object({ objectCount: count, sizeBytes: count, isComplete: z.boolean() }).exactOptional(),
});

export const connectionView: Describes<ConnectionView> = z.object({
  name: text,
  kind: z.enum(['aws', 's3-compatible', 'sandbox']),
  region: text,
  endpoint: text.optional(),
  addressing: z.enum(['path', 'virtual-hosted']).optional(),
  profile: text.optional(),
  secretArn: text.optional(),
  roleArn: text.optional(),
  externalId: text.optional(),
  principalArn: text.optional(),
  accessKeyIdEnding: text.exactOptional(),
  hasSecret: z.boolean(),
});
export const connectionsView: Describes<ConnectionsView> = z.object({ connections: z.array(connectionView) });
export const connectionTestView: Describes<ConnectionTestView> = z.object({
  status: checkStatus,
  identity: z.object({ accountId: text.exactOptional(), principalArn: text.exactOptional() }).exactOptional(),
  checks: z.array(z.object({ action: text, status: checkStatus, reason: text, remedy: text })),
});

export const bucketsView: Describes<BucketsView> = z.object({
  buckets: z.array(z.object({ name: text, region: text.exactOptional(), createdAtMs: atMs.exactOptional() })),
});
export const bucketView: Describes<BucketView> = z.object({
  name: text,
  region: text,
  versioning: z.enum(['off', 'enabled', 'suspended']),
  encryption: z.enum(['none', 'sse-s3', 'sse-kms', 'unknown']),
  objectCount: count,
  sizeBytes: count,
  isComplete: z.boolean(),
});

export const healthView: Describes<HealthView> = z.object({
  status: z.literal('ok'),
  version: text,
  place: z.enum(['embedded', 'deployed']),
  sandbox: z.boolean(),
});

export const problemView: Describes<ProblemView> = z.object({
  type: text,
  title: text,
  status: z.int(),
  detail: text,
  remedy: text.exactOptional(),
  job: text.exactOptional(),
  errors: z.array(z.object({ field: text, message: text })).exactOptional(),
  consent: z
    .enum(['no-proof', 'proof-void', 'wrong-name', 'old-digest', 'given-already', 'losses-not-accepted'])
    .exactOptional(),
  proof: proofView.exactOptional(),
  stage: stage.exactOptional(),
  stopEffect: stopEffect.exactOptional(),
});
