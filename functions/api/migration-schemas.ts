import * as z from 'zod';
import { TRANSFERS, type PlanSummary, type VerdictDocument } from '../../domain/job-documents.ts';
import type { MigrationReport, TransferReport } from '../../domain/migration-report.ts';
import type {
  ConfigurationView,
  ConsentInput,
  DecisionInput,
  MigrationView,
  ProofView,
  QuarantineInput,
  StopInput,
} from '../../domain/views.ts';
import { atMs, count, document, grades, stage, stopEffect, text, type Describes } from './schema-parts.ts';

/** What the API answers and takes about migrations; everything else stands in `view-schemas.ts`. */

const nameChoice = z.enum(['keep-waiting', 'other-name', 'rebuild-source', 'keep-temporary']);

export const proofView: Describes<ProofView> = z.object({
  proof: count,
  digest: text,
  sealedAtMs: atMs,
  voidedAtMs: atMs.exactOptional(),
  source: z.object({ connection: text, bucket: text, region: text, accountId: text.exactOptional() }),
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

export const migrationView: Describes<MigrationView> = z.object({
  stage,
  stopEffect,
  temporaryBucket: z
    .object({
      connection: text,
      bucket: text,
      region: text,
      createdAtMs: atMs.exactOptional(),
      removedAtMs: atMs.exactOptional(),
      keptBecause: text.exactOptional(),
    })
    .exactOptional(),
  finalBucket: z
    .object({ connection: text, bucket: text, region: text, claimedAtMs: atMs, isTemporary: z.boolean() })
    .exactOptional(),
  proof: proofView.exactOptional(),
  provedCount: count.exactOptional(),
  emptiedCount: count.exactOptional(),
  late: z.object({ count, firstKeys: z.array(text) }).exactOptional(),
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

export const plan: Describes<Omit<PlanSummary, 'shards'> & { shardCount: number }> = z.object({
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
export const verdict: Describes<VerdictDocument> = z.object({
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
  grades: grades,
  attributesComparedCount: count,
  startedAtMs: atMs,
  finishedAtMs: atMs,
  summary: text,
});
const transferReport: Describes<TransferReport> = z.object({
  plan: plan.exactOptional(),
  copiedCount: count,
  copiedBytes: count,
  skippedCount: count,
  failedCount: count,
  blockedCount: count,
  verdict: verdict.exactOptional(),
});
export const migrationReport: Describes<MigrationReport> = z.object({
  stage,
  transfers: z.partialRecord(z.enum(TRANSFERS), transferReport),
  proof: document<NonNullable<MigrationReport['proof']>>().exactOptional(),
  consent: document<NonNullable<MigrationReport['consent']>>().exactOptional(),
  configuration: z.partialRecord(z.enum(['before-objects', 'after-verification']), z.unknown()),
  sourceDeletedAtMs: atMs.exactOptional(),
  nameWait: document<NonNullable<MigrationReport['nameWait']>>().exactOptional(),
  temporaryBucket: document<NonNullable<MigrationReport['temporaryBucket']>>().exactOptional(),
  finalBucket: document<NonNullable<MigrationReport['finalBucket']>>().exactOptional(),
  quarantine: document<NonNullable<MigrationReport['quarantine']>>().exactOptional(),
  outstanding: z.array(
    z.object({
      what: z.enum(['access', 'uploads', 'freeze', 'paused-lifecycle', 'protection', 'temporary-bucket']),
      where: z.object({ connection: text, bucket: text }),
      why: text,
    }),
  ),
});
