import type { ConnectionView } from './connection.ts';
import type { Grade } from './evidence.ts';
import type { FailureLine, ReportDocument } from './job-documents.ts';
import type { JobRequest } from './job-request.ts';
import type { MigrationStage, NameDecision, NameWaitDocument, QuestionName, StopEffect } from './migration.ts';
import type { FlowState } from './ports.ts';
import type { Phase, Sample } from './progress.ts';
import type { ConsentProblem } from './proof.ts';
import type { EpochMs } from './time.ts';

/** What the HTTP API answers, and so what the page and the command line know. */

/** A migration that was brought back is `stopped`, in the phase `undone`; while it is brought back it is `running`. */
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
  /** Only of migrations. */
  migration?: MigrationView;
}>;

/** Where a migration stands, beside its numbers. */
export type MigrationView = Readonly<{
  stage: MigrationStage;
  /** What "stop" would do now; sent back with it as `stage`, so that nobody stops what they have not seen. */
  stopEffect: StopEffect;
  temporaryBucket?: Readonly<{
    connection: string;
    bucket: string;
    region: string;
    createdAtMs?: EpochMs;
    removedAtMs?: EpochMs;
    /** Why it stays for good. */
    keptBecause?: string;
  }>;
  /** Where the objects end: known once the name was got. */
  finalBucket?: Readonly<{
    connection: string;
    bucket: string;
    region: string;
    claimedAtMs: EpochMs;
    /** The temporary bucket itself was kept. */
    isTemporary: boolean;
  }>;
  proof?: ProofView;
  /** Keys that the second listing has compared so far, while it is being proven. */
  provedCount?: number;
  /** Lines of the proof that are deleted at the source so far. */
  emptiedCount?: number;
  /** Came to the source after it was proven, while it was emptied: copied, proven and asked about anew. */
  late?: Readonly<{
    count: number;
    /** The first of them, in percent form. */
    firstKeys: readonly string[];
  }>;
  /** To the proof above. */
  consent?: Readonly<{ by: string; atMs: EpochMs; lostVersionCount?: number }>;
  nameWait?: Readonly<{
    sinceMs: EpochMs;
    tryCount: number;
    lastTryAtMs: EpochMs;
    lastOutcome: NameWaitDocument['lastOutcome'];
    takenSinceMs?: EpochMs;
    /** What a person decided last. */
    decision?: NameDecision;
  }>;
  /** `shortenedAtMs`: a person consented to end it earlier. */
  quarantine?: Readonly<{ beganAtMs: EpochMs; endsAtMs: EpochMs; shortenedAtMs?: EpochMs }>;
  /** What waits for a person now: `/consent`, `/decision` or `/quarantine` answers it. In quarantine nobody has to. */
  question?: Readonly<{ question: QuestionName; sinceMs: EpochMs }>;
  /** A person asked for the source to be as it was. */
  undo?: Readonly<{ askedAtMs: EpochMs; undoneAtMs?: EpochMs }>;
  /** What stands of ours now: needed while the job runs, to be taken away or kept on purpose once it has ended. */
  outstanding: readonly OutstandingView[];
}>;

export type OutstandingView = Readonly<{
  what: 'access' | 'freeze' | 'paused-lifecycle' | 'temporary-bucket';
  /** The bucket, and the connection that leads to it. */
  where: Readonly<{ connection: string; bucket: string }>;
  /** One sentence. */
  why: string;
}>;

/** `GET /api/jobs/{id}/proof`, and in the job itself: what a person consents to. */
export type ProofView = Readonly<{
  /** Which proof of the job, from 1. */
  proof: number;
  digest: string;
  sealedAtMs: EpochMs;
  /** The source was open to changes since: the job proves both sides anew and asks again. */
  voidedAtMs?: EpochMs;
  source: Readonly<{ connection: string; bucket: string; region: string; accountId?: string }>;
  temporaryBucket: string;
  carriesVersions: boolean;
  /** Objects, or versions and delete markers: what will be deleted at the source. */
  lineCount: number;
  keyCount: number;
  deleteMarkerCount: number;
  sizeBytes: number;
  grades: Readonly<Record<Grade, number>>;
  /** Destroyed with the source and nowhere else; above zero the consent has to name this number. */
  lostVersionCount: number;
  lostMarkerCount: number;
  partCount: number;
  /** One sentence. */
  summary: string;
}>;

/** `GET /api/jobs/{id}/configuration`: every setting of the source bucket and what becomes of it. */
export type ConfigurationView = Readonly<{
  capturedAtMs: EpochMs;
  /** False when the request leaves the configuration behind. */
  isCarried: boolean;
  items: readonly ConfigurationItemView[];
}>;
export type ConfigurationItemView = Readonly<{
  setting: string;
  title: string;
  /** What is planned. `waived`: left out because the request says so; `nothing`: never set, or as in any new bucket. */
  fate: 'as-it-is' | 'adapted' | 'cannot' | 'waived' | 'nothing';
  stage: 'before-objects' | 'after-verification';
  reason: string;
  /** One line for every text that becomes another one, for people. */
  differences: readonly string[];
  /** What became of it, once it was tried. */
  outcome?: 'applied' | 'adapted' | 'cannot' | 'waived' | 'nothing' | 'failed';
  outcomeReason?: string;
  remedy?: string;
  /** What a person may look over and put by hand. */
  proposal?: unknown;
}>;

// --- what a person sends about a migration ---------------------------------------------------------------------------

/** `POST /api/jobs/{id}/consent`. */
export type ConsentInput = Readonly<{
  /** The source bucket's name as typed. */
  bucket: string;
  digest: string;
  /** Typed again where versions are lost: how many. */
  lostVersionCount?: number | undefined;
}>;
/** `POST /api/jobs/{id}/decision`. `bucket`: needed for `other-name`; for `rebuild-source` the old name if left out. */
export type DecisionInput = Readonly<{ choice: NameDecision['choice']; bucket?: string | undefined }>;
/** `POST /api/jobs/{id}/quarantine`: the temporary bucket's name as typed. */
export type QuarantineInput = Readonly<{ bucket: string }>;
/** `POST /api/jobs/{id}/stop`, may be left out. `stage`: as the person saw it; another one now is refused (409). */
export type StopInput = Readonly<{ stage?: MigrationStage | undefined }>;

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
  /** Why a consent was not taken, with the proof as it is now. */
  consent?: ConsentProblem;
  proof?: ProofView;
  /** The migration as it is now, where it is not as the person saw it. */
  stage?: MigrationStage;
  stopEffect?: StopEffect;
}>;
