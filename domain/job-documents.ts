import type { Grade } from './evidence.ts';
import type { JobRequest } from './job-request.ts';
import type { MigrationReport } from './migration-report.ts';
import { fromPercentForm, toPercentForm } from './keys.ts';
import type { ChecksumAlgorithm, ObjectFacts, VersionFacts } from './objects.ts';
import type { RegisteredUpload } from './ports.ts';
import type { EpochMs } from './time.ts';

/** One pass source → destination. A copy has one; a migration two, and a third when it is brought back. */
export type TransferName = 'copy' | 'copy-back' | 'undo';
export const TRANSFERS: readonly TransferName[] = ['copy', 'copy-back', 'undo'];

/** Which bucket a task empties. */
export type EmptiedBucket = 'source' | 'temporary';

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
  halt: (jobId: string, transfer: TransferName, task: 'plan' | 'verify' | 'prove' | 'discard') =>
    `${transferFolder(jobId, transfer)}/${task}-halt.json`,
  /** Uploads begun and not yet known to be ended, registered before the first part. */
  uploads: (jobId: string, transfer: TransferName, shard: number) =>
    `${transferFolder(jobId, transfer)}/uploads/${shard}.json`,
  lease: (namespace: string, bucket: string) => `leases/${namespace}/${bucket}.json`,
  uploadsFolder: (jobId: string, transfer: TransferName) => `${transferFolder(jobId, transfer)}/uploads/`,
  connections: () => 'connections.json',

  // a migration's own
  source: (jobId: string) => `${jobFolder(jobId)}/migration/source.json`,
  temporaryBucket: (jobId: string) => `${jobFolder(jobId)}/migration/temporary-bucket.json`,
  freeze: (jobId: string) => `${jobFolder(jobId)}/migration/freeze.json`,
  protectionProbe: (jobId: string) => `${jobFolder(jobId)}/migration/protection-probe.json`,
  finalBucket: (jobId: string) => `${jobFolder(jobId)}/migration/final-bucket.json`,
  nameWait: (jobId: string) => `${jobFolder(jobId)}/migration/name-wait.json`,
  quarantine: (jobId: string) => `${jobFolder(jobId)}/migration/quarantine.json`,
  undo: (jobId: string) => `${jobFolder(jobId)}/migration/undo.json`,
  sourceDeletion: (jobId: string) => `${jobFolder(jobId)}/migration/source-deletion.json`,
  proofCandidate: (jobId: string) => `${jobFolder(jobId)}/proof/candidate.json`,
  proof: (jobId: string) => `${jobFolder(jobId)}/proof/summary.json`,
  proofPart: (jobId: string, proof: number, part: number) => `${jobFolder(jobId)}/proof/${proof}/${part}.jsonl.gz`,
  consent: (jobId: string, proof: number) => `${jobFolder(jobId)}/proof/${proof}/consent.json`,
  configuration: (jobId: string) => `${jobFolder(jobId)}/proof/configuration.json`,
  configurationOutcome: (jobId: string, stage: 'before-objects' | 'after-verification') =>
    `${jobFolder(jobId)}/migration/configuration-${stage}.json`,
  /** One line `{"part": n}` for each part of the proof: what the flow maps over. */
  emptyingParts: (jobId: string, bucket: EmptiedBucket) => `${jobFolder(jobId)}/emptying/${bucket}/parts.jsonl`,
  emptied: (jobId: string, bucket: EmptiedBucket, proof: number, part: number) =>
    `${jobFolder(jobId)}/emptying/${bucket}/${proof}-${part}.json`,
  emptiedLook: (jobId: string, bucket: EmptiedBucket) => `${jobFolder(jobId)}/emptying/${bucket}/look.json`,
  discard: (jobId: string) => `${jobFolder(jobId)}/emptying/temporary/discard.json`,
  question: (jobId: string, question: 'consent' | 'name' | 'quarantine') =>
    `${jobFolder(jobId)}/questions/${question}.json`,
  answer: (jobId: string, question: 'name' | 'quarantine') => `${jobFolder(jobId)}/questions/${question}.answer.json`,
} as const;

export type JobDocument = Readonly<{
  id: string;
  request: JobRequest;
  createdAtMs: EpochMs;
  createdBy: string;
  idempotencyKey?: string;
}>;

/** Points that a job passes once; the phases and percentages are read from them. In the order of a migration. */
export const MILESTONES = [
  'started',
  'source-frozen',
  'temporary-bucket-created',
  'planned',
  'copied',
  'verified',
  'proof-sealed',
  'consented',
  'emptying-began',
  'source-emptied',
  'source-deleted',
  'destination-bucket-created',
  'planned-back',
  'copied-back',
  'verified-back',
  'returned',
  'configured',
  'quarantine-over',
  'temporary-bucket-deleted',
  'undo-began',
  'undone',
  'finished',
] as const;
export type Milestone = (typeof MILESTONES)[number];

/** What a transfer passes: those of the way back have their own names, and an undo passes none. */
export function transferMilestone(
  transfer: TransferName,
  name: 'planned' | 'copied' | 'verified',
): Milestone | undefined {
  if (transfer === 'copy') return name;
  return transfer === 'copy-back' ? `${name}-back` : undefined;
}
export type MilestoneDocument = Readonly<{ atMs: EpochMs }>;

/** When a person last took the job up again: reasons that are older may be gone. */
export type RedriveDocument = Readonly<{ atMs: EpochMs }>;

export type LeaseDocument = Readonly<{
  jobId: string;
  bucket: string;
  role: 'source' | 'destination' | 'temporary';
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

/**
 * How far one part of the proof is emptied; fenced like a shard's result. Counts are for people: what is still there
 * is found by listing, and only what the proof lists is deleted.
 */
export type EmptiedResult = Readonly<{
  bucket: EmptiedBucket;
  proof: number;
  part: number;
  attempt: number;
  isDone: boolean;
  removedCount: number;
  /** Another object stands under the key now, or S3 refused: left where they are. */
  changedCount: number;
  refusedCount: number;
  /** The first refusal, for people. */
  refusal?: Readonly<{ key: string; error: string; message: string }>;
  halted?: Readonly<{ error: string; message: string; remedy: string }>;
  startedAtMs: EpochMs;
  updatedAtMs: EpochMs;
}>;

/** What the task `discard` did; `keptCount`: copies of what the source does not hold now, or that S3 would not delete. */
export type DiscardResult = Readonly<{ removedCount: number; keptCount: number; finishedAtMs: EpochMs }>;

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
  /** SHA-256 over the source's listing, for a migration: a second listing that agrees has the same one. */
  sourceDigest?: string;
  startedAtMs: EpochMs;
  finishedAtMs: EpochMs;
  /** For people: one sentence. */
  summary: string;
}>;

export type ReportDocument = Readonly<{
  jobId: string;
  /** `undone`: a migration was brought back, and the source is as it was. */
  outcome: 'verified' | 'failed' | 'undone';
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
  /** Only of migrations; the counts above are those of the first transfer. */
  migration?: MigrationReport;
}>;

/**
 * A shard's entry: one object to copy, or one key with its whole history, oldest first. Written as one JSON line with
 * short names, because there may be billions. An entry with versions adds their sizes up and has no ETag of its own.
 */
export type ShardEntry = ObjectFacts &
  Readonly<{
    /** An older copy of ours stands there with this ETag, and is replaced. */
    replacesEtag?: string;
    versions?: readonly VersionFacts[];
  }>;
type FactsLine = { s: number; e: string; c?: string; m: number };
type VersionLine = FactsLine & { v: string; x?: 1 };
type ShardLine = FactsLine & { k: string; r?: string; h?: VersionLine[] };

export const entryVersionCount = ({ versions }: ShardEntry): number => versions?.length ?? 1;

export function formatShardEntry(entry: ShardEntry): string {
  const line: ShardLine = { k: toPercentForm(entry.key), ...factsLine(entry) };
  if (entry.replacesEtag !== undefined) line.r = entry.replacesEtag;
  if (entry.versions) {
    line.h = entry.versions.map((version) => {
      return { v: version.versionId, ...factsLine(version), ...(version.isDeleteMarker ? { x: 1 as const } : {}) };
    });
  }
  return JSON.stringify(line);
}

export function parseShardEntry(text: string): ShardEntry {
  const line = JSON.parse(text) as ShardLine;
  const key = fromPercentForm(line.k);
  return {
    ...factsOf(key, line),
    ...(line.r === undefined ? {} : { replacesEtag: line.r }),
    ...(line.h ? { versions: line.h.map((version) => versionOf(key, version)) } : {}),
  };
}

const factsLine = ({ sizeBytes, etag, storageClass, modifiedAtMs }: ObjectFacts): FactsLine => ({
  s: sizeBytes,
  e: etag,
  m: modifiedAtMs,
  ...(storageClass === 'STANDARD' ? {} : { c: storageClass }),
});

const factsOf = (key: string, { s, e, c = 'STANDARD', m }: FactsLine): ObjectFacts => {
  return { key, sizeBytes: s, etag: e, storageClass: c, modifiedAtMs: m as EpochMs };
};

const versionOf = (key: string, line: VersionLine): VersionFacts => {
  return { ...factsOf(key, line), versionId: line.v, isDeleteMarker: line.x === 1 };
};

/** The algorithm that every copy names, so that S3 computes the destination's checksum in this job. */
export const COPY_CHECKSUM: ChecksumAlgorithm = 'CRC64NVME';
