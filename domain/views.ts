import type { ConnectionView } from './connection.ts';
import type { FailureLine, ReportDocument } from './job-documents.ts';
import type { JobRequest } from './job-request.ts';
import type { FlowState } from './ports.ts';
import type { Phase, Sample } from './progress.ts';
import type { EpochMs } from './time.ts';

/** What the HTTP API answers, and so what the page and the command line know. */

export type JobStatus = 'running' | 'stopping' | 'stopped' | 'failed' | 'succeeded';

export type JobView = Readonly<{
  id: string;
  kind: JobRequest['kind'];
  source: JobRequest['source'];
  destination: JobRequest['destination'];
  request: JobRequest;
  status: JobStatus;
  phase: Phase;
  percent: number;
  copiedCount: number;
  skippedCount: number;
  totalCount: number;
  copiedBytes: number;
  totalBytes: number;
  /** Still being counted: totals are "so far". */
  isCounting: boolean;
  listedCount: number;
  verifiedCount: number;
  failedCount: number;
  throttledCount: number;
  inFlight: number;
  objectsPerSecond: number;
  bytesPerSecond: number;
  secondsLeft?: { from: number; to: number };
  createdAtMs: EpochMs;
  endedAtMs?: EpochMs;
  /** When the numbers were taken. */
  asOfMs: EpochMs;
  redriveCount: number;
  /** One error, one cause, one thing to do. */
  problem?: Readonly<{ error: string; message: string; remedy: string }>;
  milestones: Readonly<Record<string, EpochMs>>;
  samples: readonly Sample[];
  grantsOutstandingCount: number;
}>;

export type JobListView = Readonly<{ jobs: readonly JobView[] }>;
export type StatesView = Readonly<{ states: readonly FlowState[] }>;
/** Grouped for people, with the newest lines; everything is in the CSV and JSON downloads. */
export type FailuresView = Readonly<{
  totalCount: number;
  groups: readonly Readonly<{
    error: string;
    outcome: FailureLine['outcome'];
    count: number;
    exampleKey: string;
    message: string;
    remedy: string;
  }>[];
  failures: readonly FailureLine[];
}>;
export type ReportView = ReportDocument;
export type LogsView = Readonly<{ events: readonly Readonly<{ stream: string; atMs: EpochMs; message: string }>[] }>;

export type CheckStatus = 'ok' | 'warning' | 'blocked';
export type PreflightCheck = Readonly<{
  /** Stable name, for programs: source-exists, destination-name-free, ... */
  id: string;
  title: string;
  status: CheckStatus;
  reason: string;
  remedy: string;
}>;
export type PreflightView = Readonly<{
  status: CheckStatus;
  checks: readonly PreflightCheck[];
  /** Counted for a bounded time only: `isComplete` tells whether to say "so far". */
  found?: Readonly<{ objectCount: number; sizeBytes: number; isComplete: boolean }>;
}>;

export type ConnectionsView = Readonly<{ connections: readonly ConnectionView[] }>;
/** What works and what is missing, by action name. */
export type ConnectionTestView = Readonly<{
  status: CheckStatus;
  identity?: Readonly<{ accountId?: string; principalArn?: string }>;
  checks: readonly Readonly<{ action: string; status: CheckStatus; reason: string; remedy: string }>[];
}>;
export type BucketsView = Readonly<{
  buckets: readonly Readonly<{ name: string; region?: string; createdAtMs?: EpochMs }>[];
}>;
/** What the page shows beside a bucket's name while it is chosen. */
export type BucketView = Readonly<{
  name: string;
  region: string;
  versioning: 'off' | 'enabled' | 'suspended';
  encryption: 'none' | 'sse-s3' | 'sse-kms' | 'unknown';
  objectCount: number;
  sizeBytes: number;
  isComplete: boolean;
}>;

export type HealthView = Readonly<{ status: 'ok'; version: string; place: 'embedded' | 'deployed'; sandbox: boolean }>;

/** RFC 9457, application/problem+json. */
export type ProblemView = Readonly<{
  type: string;
  title: string;
  status: number;
  detail: string;
  remedy?: string;
  /** The job that is in the way (409). */
  job?: string;
  errors?: readonly Readonly<{ field: string; message: string }>[];
}>;
