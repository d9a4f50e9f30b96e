import type { Grade } from './evidence.ts';
import type { JobRequest } from './job-request.ts';
import type { ChecksumAlgorithm } from './objects.ts';
import { fromPercentForm, toPercentForm } from './keys.ts';
import type { ObjectFacts } from './objects.ts';
import type { RegisteredUpload } from './ports.ts';
import type { EpochMs } from './time.ts';

/** One pass source → destination. A copy has one; a migration will have two. */
export type TransferName = 'copy' | 'copy-back';

/** Where a job's documents are. The first transfer's stand in the job's own folder; a second one has a folder. */
export const jobFolder = (jobId: string): string => `jobs/${jobId}`;
const transferFolder = (jobId: string, transfer: TransferName): string =>
  transfer === 'copy' ? jobFolder(jobId) : `${jobFolder(jobId)}/${transfer}`;

export const paths = {
  request: (jobId: string) => `${jobFolder(jobId)}/request.json`,
  milestone: (jobId: string, name: Milestone) => `${jobFolder(jobId)}/milestones/${name}.json`,
  progress: (jobId: string) => `${jobFolder(jobId)}/progress.json`,
  redrive: (jobId: string) => `${jobFolder(jobId)}/redrive.json`,
  report: (jobId: string) => `${jobFolder(jobId)}/report.json`,
  grant: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/grant.json`,
  planSummary: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/plan/summary.json`,
  pendingShards: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/shards.jsonl`,
  shard: (jobId: string, transfer: TransferName, shard: number) =>
    `${transferFolder(jobId, transfer)}/shards/${shard}.jsonl.gz`,
  result: (jobId: string, transfer: TransferName, shard: number) =>
    `${transferFolder(jobId, transfer)}/results/${shard}.json`,
  failures: (jobId: string, transfer: TransferName, shard: number) =>
    `${transferFolder(jobId, transfer)}/failures/${shard}.jsonl`,
  failuresFolder: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/failures/`,
  verdict: (jobId: string, transfer: TransferName, round: number) =>
    `${transferFolder(jobId, transfer)}/verify/${round}.json`,
  differences: (jobId: string, transfer: TransferName, round: number) =>
    `${transferFolder(jobId, transfer)}/verify/${round}.differences.jsonl`,
  /** What ended a plan or verify task with an error that no retry can change. */
  halt: (jobId: string, transfer: TransferName, task: 'plan' | 'verify') =>
    `${transferFolder(jobId, transfer)}/${task}-halt.json`,
  /** Uploads begun and not yet known to be ended, registered before the first part. */
  uploads: (jobId: string, transfer: TransferName, shard: number) =>
    `${transferFolder(jobId, transfer)}/uploads/${shard}.json`,
  lease: (namespace: string, bucket: string) => `leases/${namespace}/${bucket}.json`,
  uploadsFolder: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/uploads/`,
  connections: () => 'connections.json',
} as const;

export type JobDocument = Readonly<{
  id: string;
  request: JobRequest;
  createdAtMs: EpochMs;
  createdBy: string;
  idempotencyKey?: string;
}>;

/** Points that a job passes once; the phases and percentages are read from them. */
export type Milestone = 'started' | 'destination-bucket-created' | 'planned' | 'copied' | 'verified' | 'finished';
export type MilestoneDocument = Readonly<{ atMs: EpochMs }>;

/** When a person last took the job up again: reasons that are older may be gone. */
export type RedriveDocument = Readonly<{ atMs: EpochMs }>;

export type LeaseDocument = Readonly<{
  jobId: string;
  bucket: string;
  role: 'source' | 'destination';
  sinceMs: EpochMs;
}>;

/** `granted` is written before the policy is put, so that a crash in between leaves a trace to clean up. */
export type GrantDocument = Readonly<{
  connection: string;
  bucket: string;
  region: string;
  sids: readonly string[];
  allowsParts: boolean;
  grantedAtMs: EpochMs;
  /** The policy was read back with the statements in it. Without it the grant may or may not stand. */
  confirmedAtMs?: EpochMs;
  expiresAtMs: EpochMs;
  revokedAtMs?: EpochMs;
}>;

/** Uploads that a task began and has not yet known to be ended. */
export type UploadsDocument = Readonly<{ uploads: readonly RegisteredUpload[] }>;

/** One range of the plan that one task copies. Shards of later rounds go on numbering. */
export type ShardSummary = Readonly<{
  shard: number;
  round: number;
  firstKey: string; // percent form
  lastKey: string; // percent form
  objectCount: number;
  sizeBytes: number;
  /** SHA-256 of the uncompressed lines, hexadecimal: a shard that does not match is never read as empty. */
  sha256: string;
}>;

export type PlanSummary = Readonly<{
  round: number;
  plannedAtMs: EpochMs;
  /** What the source listing held in round 1, blocked and skipped objects included. */
  sourceCount: number;
  sourceBytes: number;
  /** Found identical at the destination in round 1. */
  skippedCount: number;
  skippedBytes: number;
  /** A different object stands at the destination: never overwritten, reported. */
  blockedCount: number;
  /** To copy in round 1: the denominator of the bar. */
  totalCount: number;
  totalBytes: number;
  /** Objects larger than the multipart threshold. */
  multipartCount: number;
  archivedCount: number;
  /** Objects by size: counts up to and including 1 KiB, 1 MiB, 1 GiB, 5 GiB, and above. */
  sizeHistogram: readonly { upToBytes: number | null; objectCount: number }[];
  shards: readonly ShardSummary[];
}>;

/** Progress and checkpoint of one shard; the document's version fences off an older attempt. */
export type ShardResult = Readonly<{
  shard: number;
  attempt: number;
  /** Entries of the shard, from its start, that need no further look. */
  doneCount: number;
  isDone: boolean;
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  throttledCount: number;
  startedAtMs: EpochMs;
  updatedAtMs: EpochMs;
  /** The shard was given up before its end, for a reason no retry changes. */
  halted?: Readonly<{ error: string; message: string; remedy: string }>;
}>;

export type HaltDocument = Readonly<{ error: string; message: string; remedy: string; atMs: EpochMs }>;

export type FailureOutcome = 'failed' | 'blocked';
/** One object that was not copied. `key` in percent form. `blocked`: a person must act (archived, no permission). */
export type FailureLine = Readonly<{
  key: string;
  outcome: FailureOutcome;
  error: string;
  message: string;
  remedy: string;
  sizeBytes: number;
  shard: number;
  requestId?: string;
  atMs: EpochMs;
  isFinal: boolean;
}>;

export type DifferenceKind = 'missing' | 'differs' | 'extra' | 'unproven';
/** One difference that verification found. `missing` and `differs` carry the source's facts, so that a round can copy them. */
export type DifferenceLine = Readonly<{
  kind: DifferenceKind;
  key: string; // percent form, as the source has it
  sizeBytes: number;
  etag: string;
  storageClass: string;
  modifiedAtMs: EpochMs;
  detail: string;
  /** The copy task reported this key with a reason that no retry changes. */
  isExplained: boolean;
}>;

export type Verdict = 'equal' | 'differences-found' | 'cannot-go-on';
export type VerdictDocument = Readonly<{
  round: number;
  verdict: Verdict;
  sourceCount: number;
  sourceBytes: number;
  destinationCount: number;
  verifiedCount: number;
  missingCount: number;
  differsCount: number;
  extraCount: number;
  unprovenCount: number;
  explainedCount: number;
  grades: Readonly<Record<Grade, number>>;
  /** Objects whose headers and tags were compared on both sides. */
  attributesComparedCount: number;
  startedAtMs: EpochMs;
  finishedAtMs: EpochMs;
  /** For people: one sentence. */
  summary: string;
}>;

export type ReportDocument = Readonly<{
  jobId: string;
  outcome: 'verified' | 'failed';
  request: JobRequest;
  createdAtMs: EpochMs;
  finishedAtMs: EpochMs;
  plan?: Omit<PlanSummary, 'shards'> & { shardCount: number };
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  blockedCount: number;
  verdict?: VerdictDocument;
  grantsOutstanding: readonly GrantDocument[];
  uploadsOutstandingCount: number;
  failure?: Readonly<{ error: string; message: string; remedy: string }>;
}>;

/** A shard's entry: one object to copy. Written as one JSON line with short names, because there may be billions. */
export type ShardEntry = ObjectFacts;
type ShardLine = { k: string; s: number; e: string; c?: string; m: number };

export function formatShardEntry(entry: ShardEntry): string {
  const line: ShardLine = { k: toPercentForm(entry.key), s: entry.sizeBytes, e: entry.etag, m: entry.modifiedAtMs };
  if (entry.storageClass !== 'STANDARD') line.c = entry.storageClass;
  return JSON.stringify(line);
}

export function parseShardEntry(text: string): ShardEntry {
  const line = JSON.parse(text) as ShardLine;
  return {
    key: fromPercentForm(line.k),
    sizeBytes: line.s,
    etag: line.e,
    storageClass: line.c ?? 'STANDARD',
    modifiedAtMs: line.m as EpochMs,
  };
}

/** The algorithm that every copy names, so that S3 computes the destination's checksum in this job. */
export const COPY_CHECKSUM: ChecksumAlgorithm = 'CRC64NVME';
