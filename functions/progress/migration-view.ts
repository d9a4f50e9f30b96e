import type { GrantDocument, JobDocument } from '../../domain/job-documents.ts';
import { stageOf } from '../../domain/migration.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { openQuestion, stopEffectNow, type MigrationDocuments } from '../../domain/questions.ts';
import { logStreamName } from '../../domain/task-log.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { MigrationView, OutstandingView, ProofView } from '../../domain/views.ts';
import type { Newest } from './add-up.ts';

export type MigrationNow = Readonly<{
  job: JobDocument;
  documents: MigrationDocuments;
  grants: readonly GrantDocument[];
  /** The newest counters of every task, by stream. */
  newest: Newest;
  /** Nobody is asked anything by a flow that has ended. */
  isRunning: boolean;
  nowMs: EpochMs;
}>;

/** Where a migration stands, for people. Pure. */
export function migrationView(now: MigrationNow): MigrationView {
  const { documents, isRunning, nowMs } = now;
  const { milestones, temporary, final, consent, undo } = documents;
  const question = isRunning ? openQuestion(documents, nowMs) : undefined;
  const proof = documents.proof && proofView(documents.proof);
  return {
    stage: stageOf(milestones),
    stopEffect: stopEffectNow(documents),
    ...(temporary ? { temporaryBucket: temporaryOf(temporary) } : {}),
    ...(final ? { finalBucket: finalOf(final) } : {}),
    ...(proof ? { proof } : {}),
    ...tasksOf(now),
    ...lateOf(documents),
    ...(consent ? { consent: consentOf(consent) } : {}),
    ...nameWaitOf(documents),
    ...quarantineOf(documents),
    ...(question ? { question } : {}),
    ...(undo ? { undo: { askedAtMs: undo.askedAtMs, ...optional('undoneAtMs', milestones.undone) } } : {}),
    outstanding: outstandingOf(now),
  };
}

export function proofView(proof: ProofDocument): ProofView {
  const { proof: number, digest, sealedAtMs, voidedAtMs, source, temporaryBucket, carriesVersions } = proof;
  const { lineCount, keyCount, deleteMarkerCount, sizeBytes, grades, lostVersionCount, lostMarkerCount } = proof;
  const counts = { lineCount, keyCount, deleteMarkerCount, sizeBytes, grades, lostVersionCount, lostMarkerCount };
  return {
    proof: number,
    digest,
    sealedAtMs,
    ...optional('voidedAtMs', voidedAtMs),
    source,
    temporaryBucket,
    carriesVersions,
    ...counts,
    partCount: proof.parts.length,
    summary: proof.summary,
  };
}

/** Counts of an earlier proof are not told apart from those of this one, so that none is shown beyond its end. */
function tasksOf({ job, documents, newest }: MigrationNow): Pick<MigrationView, 'provedCount' | 'emptiedCount'> {
  const proved = newest[logStreamName(job.id, 'copy', 'prove', 0)]?.copiedCount;
  const { proof, milestones } = documents;
  if (!proof || milestones['emptying-began'] === undefined) return optional('provedCount', proved);
  const emptied = proof.parts.map(({ part }) => newest[logStreamName(job.id, 'copy', 'empty', part)]?.copiedCount ?? 0);
  const emptiedCount = Math.min(proof.lineCount, emptied.reduce((sum, count) => sum + count, 0)); // prettier-ignore
  return { ...optional('provedCount', proved), emptiedCount };
}

/** The field, or nothing where there is no value for it. */
function optional<Name extends string, T>(name: Name, value: T | undefined): Partial<Record<Name, T>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}

function temporaryOf(temporary: NonNullable<MigrationDocuments['temporary']>) {
  const { connection, bucket, region, createdAtMs, removedAtMs, keptBecause } = temporary;
  return {
    connection,
    bucket,
    region,
    ...optional('createdAtMs', createdAtMs),
    ...optional('removedAtMs', removedAtMs),
    ...optional('keptBecause', keptBecause),
  };
}

function finalOf(final: NonNullable<MigrationDocuments['final']>) {
  const { connection, bucket, region, claimedAtMs, isTemporary } = final;
  return { connection, bucket, region, claimedAtMs, isTemporary };
}

function consentOf({ by, atMs, lostVersionCount }: NonNullable<MigrationDocuments['consent']>) {
  return { by, atMs, ...optional('lostVersionCount', lostVersionCount) };
}

/** What came late is told until the source is seen empty. */
function lateOf({ milestones, emptiedLook }: MigrationDocuments): Pick<MigrationView, 'late'> {
  if (stageOf(milestones) !== 'emptying' || emptiedLook?.outcome !== 'late-objects') return {};
  return { late: { count: emptiedLook.lateCount, firstKeys: emptiedLook.lateKeys } };
}

function nameWaitOf({ nameWait, decision }: MigrationDocuments): Pick<MigrationView, 'nameWait'> {
  if (!nameWait) return {};
  const { sinceMs, tryCount, lastTryAtMs, lastOutcome, takenSinceMs } = nameWait;
  return {
    nameWait: {
      sinceMs,
      tryCount,
      lastTryAtMs,
      lastOutcome,
      ...optional('takenSinceMs', takenSinceMs),
      ...optional('decision', decision),
    },
  };
}

function quarantineOf({ quarantine, quarantineConsent }: MigrationDocuments): Pick<MigrationView, 'quarantine'> {
  if (!quarantine) return {};
  const { beganAtMs, endsAtMs } = quarantine;
  return { quarantine: { beganAtMs, endsAtMs, ...optional('shortenedAtMs', quarantineConsent?.atMs) } };
}

function outstandingOf({ job, documents, grants }: MigrationNow): OutstandingView[] {
  const { milestones, freeze, temporary } = documents;
  const { connection, bucket } = job.request.source;
  const source = { connection, bucket };
  const isFrozen =
    freeze !== undefined && freeze.thawedAtMs === undefined && milestones['source-deleted'] === undefined;
  return [
    ...grants.map((grant) => ({
      what: 'access' as const,
      where: { connection: grant.connection, bucket: grant.bucket },
      why: 'A statement in the bucket’s policy lets the copying principal write.',
    })),
    ...(isFrozen ? [{ what: 'freeze' as const, where: source, why: FROZEN }] : []),
    ...(isFrozen && freeze.lifecycleBefore !== undefined
      ? [{ what: 'paused-lifecycle' as const, where: source, why: 'Its lifecycle rules are switched off meanwhile.' }]
      : []),
    ...(temporary?.createdAtMs !== undefined && temporary.removedAtMs === undefined
      ? [
          {
            what: 'temporary-bucket' as const,
            where: { connection: temporary.connection, bucket: temporary.bucket },
            why: temporary.keptBecause ?? whyTemporary(documents),
          },
        ]
      : []),
  ];
}

const FROZEN = 'A Deny statement in the bucket’s policy keeps everybody from writing to it.';

function whyTemporary({ milestones, final }: MigrationDocuments): string {
  if (final?.isTemporary) return 'It is the final bucket, as somebody decided.';
  switch (stageOf(milestones)) {
    case 'beginning':
      return 'It holds copies; the source holds everything too.';
    case 'emptying':
    case 'deleted':
    case 'returning':
      return 'It holds the only whole copy: never delete it.';
    case 'returned':
      return 'It is a second whole copy, kept until the quarantine ends.';
    default:
      return 'It is about to be deleted, or could not be deleted.';
  }
}
