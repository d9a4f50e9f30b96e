import type { PlanSummary, TransferName, VerdictDocument } from './job-documents.ts';
import type {
  FinalBucketDocument,
  MigrationStage,
  NameDecision,
  NameWaitDocument,
  QuarantineDocument,
  TemporaryBucketDocument,
} from './migration.ts';
import type { ConsentDocument, ProofDocument } from './proof.ts';
import type { EpochMs } from './time.ts';

/** One transfer of a migration, as its plan, its tasks and its verification tell it. */
export type TransferReport = Readonly<{
  plan?: Omit<PlanSummary, 'shards'> & { shardCount: number };
  copiedCount: number;
  copiedBytes: number;
  skippedCount: number;
  failedCount: number;
  blockedCount: number;
  verdict?: VerdictDocument;
}>;

/** What stands of ours after the job: needed until it is taken up again, or kept on purpose. */
export type Outstanding = Readonly<{
  what: 'access' | 'uploads' | 'freeze' | 'paused-lifecycle' | 'protection' | 'temporary-bucket';
  where: Readonly<{ connection: string; bucket: string }>;
  /** One sentence. */
  why: string;
}>;

/** The part of `report.json` that only a migration has. */
export type MigrationReport = Readonly<{
  stage: MigrationStage;
  transfers: Readonly<Partial<Record<TransferName, TransferReport>>>;
  proof?: Omit<ProofDocument, 'jobId' | 'parts'> & Readonly<{ partCount: number }>;
  /** To exactly this proof. */
  consent?: ConsentDocument;
  /** What became of each setting, as it was written when the settings were applied. */
  configuration: Readonly<Partial<Record<'before-objects' | 'after-verification', unknown>>>;
  sourceDeletedAtMs?: EpochMs;
  /** How long and how often the name was asked for; `claimedAtMs` stands with the final bucket. */
  nameWait?: Omit<NameWaitDocument, 'place'> & Readonly<{ decision?: NameDecision }>;
  temporaryBucket?: TemporaryBucketDocument;
  finalBucket?: FinalBucketDocument;
  quarantine?: QuarantineDocument;
  outstanding: readonly Outstanding[];
}>;
