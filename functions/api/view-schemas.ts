import * as z from 'zod';
import type { ConnectionView } from '../../domain/connection.ts';
import type { GrantDocument, PlanSummary, ReportDocument, VerdictDocument } from '../../domain/job-documents.ts';
import { jobRequestSchema } from '../../domain/job-request.ts';
import type { FlowState } from '../../domain/ports.ts';
import { PHASES } from '../../domain/phases.ts';
import type { EpochMs } from '../../domain/time.ts';
import type {
  BucketsView,
  BucketView,
  ConfigurationView,
  ConnectionsView,
  ConnectionTestView,
  ConsentInput,
  DecisionInput,
  FailuresView,
  HealthView,
  JobListView,
  JobView,
  LogsView,
  MigrationView,
  PreflightView,
  ProblemView,
  ProofView,
  QuarantineInput,
  StatesView,
  StopInput,
} from '../../domain/views.ts';

/**
 * The answers of domain/views.ts as schemas, for the OpenAPI document and for the tests that hold every answer
 * against it. Typed as what they describe, so that a view cannot change without its schema.
 */
type Describes<View> = z.ZodType<View>;

const count = z.int().min(0);
const text = z.string();
const atMs = z.int().describe('Milliseconds since 1970-01-01T00:00:00Z') as unknown as Describes<EpochMs>;
const secondsLeft = z.object({ from: z.number(), to: z.number() }).readonly();
const checkStatus = z.enum(['ok', 'warning', 'blocked']);
const grade = z.enum(['A', 'B', 'C', 'D']);
const request = jobRequestSchema.readonly();
const failureCause = z.object({ error: text, message: text, remedy: text }).readonly();

const region = text;
const grades = z.record(grade, count);
const stage = z.enum(['beginning', 'emptying', 'deleted', 'returning', 'returned', 'clearing', 'finished', 'undone']);
const stopEffect = z.enum(['leave-as-it-was', 'bring-back-in', 'bring-back-anew', 'nothing']);
const nameChoice = z.enum(['keep-waiting', 'other-name', 'rebuild-source', 'keep-temporary']);

export const proofView: Describes<ProofView> = z.object({
  proof: count,
  digest: text,
  sealedAtMs: atMs,
  voidedAtMs: atMs.exactOptional(),
  source: z.object({ connection: text, bucket: text, region, accountId: text.exactOptional() }),
  temporaryBucket: text,
  carriesVersions: z.boolean(),
  lineCount: count,
  keyCount: count,
  deleteMarkerCount: count,
  sizeBytes: count,
  grades,
  lostVersionCount: count,
  lostMarkerCount: count,
  partCount: count,
  summary: text,
});

const migrationView: Describes<MigrationView> = z.object({
  stage,
  stopEffect,
  temporaryBucket: z
    .object({
      connection: text,
      bucket: text,
      region,
      createdAtMs: atMs.exactOptional(),
      removedAtMs: atMs.exactOptional(),
      keptBecause: text.exactOptional(),
    })
    .exactOptional(),
  finalBucket: z
    .object({ connection: text, bucket: text, region, claimedAtMs: atMs, isTemporary: z.boolean() })
    .exactOptional(),
  proof: proofView.exactOptional(),
  consent: z.object({ by: text, atMs, lostVersionCount: count.exactOptional() }).exactOptional(),
  nameWait: z
    .object({
      sinceMs: atMs,
      tryCount: count,
      lastTryAtMs: atMs,
      lastOutcome: z.enum(['busy', 'taken', 'occupied', 'denied', 'unavailable']),
      takenSinceMs: atMs.exactOptional(),
      decision: z.object({ choice: nameChoice, bucket: text.exactOptional(), by: text, atMs }).exactOptional(),
    })
    .exactOptional(),
  quarantine: z.object({ beganAtMs: atMs, endsAtMs: atMs, shortenedAtMs: atMs.exactOptional() }).exactOptional(),
  question: z.object({ question: z.enum(['consent', 'name', 'quarantine']), sinceMs: atMs }).exactOptional(),
  undo: z.object({ askedAtMs: atMs, undoneAtMs: atMs.exactOptional() }).exactOptional(),
  outstanding: z.array(
    z.object({
      what: z.enum(['access', 'freeze', 'paused-lifecycle', 'temporary-bucket']),
      where: z.object({ connection: text, bucket: text }),
      why: text,
    }),
  ),
});

const fate = z.enum(['as-it-is', 'adapted', 'cannot', 'waived', 'nothing']);
export const configurationView: Describes<ConfigurationView> = z.object({
  capturedAtMs: atMs,
  isCarried: z.boolean(),
  items: z.array(
    z.object({
      setting: text,
      title: text,
      fate,
      stage: z.enum(['before-objects', 'after-verification']),
      reason: text,
      differences: z.array(text),
      outcome: z.enum(['applied', 'adapted', 'cannot', 'waived', 'nothing', 'failed']).exactOptional(),
      outcomeReason: text.exactOptional(),
      remedy: text.exactOptional(),
      proposal: z.unknown().exactOptional(),
    }),
  ),
});

/** What a person sends; names and numbers are checked against what is proven, and not only for their form. */
const typedName = text.min(1, 'Type the name of the bucket.').max(63, 'No bucket has so long a name.');
export const consentInput: Describes<ConsentInput> = z.strictObject({
  bucket: typedName,
  digest: text.regex(/^[0-9a-f]{64}$/, 'This is not the digest of a proof: 64 hexadecimal digits.'),
  lostVersionCount: count.optional(),
});
export const decisionInput: Describes<DecisionInput> = z.strictObject({
  choice: nameChoice,
  bucket: typedName.optional(),
});
export const quarantineInput: Describes<QuarantineInput> = z.strictObject({ bucket: typedName });
export const stopInput: Describes<StopInput> = z.strictObject({ stage: stage.optional() });

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

const plan: Describes<Omit<PlanSummary, 'shards'> & { shardCount: number }> = z.object({
  round: count,
  plannedAtMs: atMs,
  sourceCount: count,
  sourceBytes: count,
  skippedCount: count,
  skippedBytes: count,
  blockedCount: count,
  totalCount: count,
  totalBytes: count,
  multipartCount: count,
  archivedCount: count,
  sizeHistogram: z.array(z.object({ upToBytes: z.number().nullable(), objectCount: count })),
  shardCount: count,
});
const verdict: Describes<VerdictDocument> = z.object({
  round: count,
  verdict: z.enum(['equal', 'differences-found', 'cannot-go-on']),
  sourceCount: count,
  sourceBytes: count,
  destinationCount: count,
  verifiedCount: count,
  missingCount: count,
  differsCount: count,
  extraCount: count,
  unprovenCount: count,
  explainedCount: count,
  grades: z.record(grade, count),
  attributesComparedCount: count,
  startedAtMs: atMs,
  finishedAtMs: atMs,
  summary: text,
});
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
  outcome: z.enum(['verified', 'failed']),
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
