import {
  MILESTONES,
  paths,
  TRANSFERS,
  type JobDocument,
  type MilestoneDocument,
  type ReportDocument,
  type TransferName,
} from '../../domain/job-documents.ts';
import type { MigrationReport, TransferReport } from '../../domain/migration-report.ts';
import {
  stageOf,
  type FinalBucketDocument,
  type FreezeDocument,
  type NameDecision,
  type NameWaitDocument,
  type QuarantineDocument,
  type TemporaryBucketDocument,
} from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { Milestones } from '../../domain/progress.ts';
import type { ConsentDocument, ProofDocument } from '../../domain/proof.ts';
import { outstandingOf, type OutstandingFacts } from './outstanding.ts';
import { readIfWhole, reportOfTransfer } from './report-of-transfer.ts';

/** Everything that only a migration has, from its documents; what is damaged is left out. */
export async function reportOfMigration(
  { id }: JobDocument,
  outcome: ReportDocument['outcome'],
  left: Pick<OutstandingFacts, 'grants' | 'uploadsCount'>,
  documents: DocumentStore,
): Promise<MigrationReport> {
  const read = <T>(path: string): Promise<T | undefined> => readIfWhole<T>(documents, path);
  const milestones = await readableMilestones(id, documents);
  const temporary = await read<TemporaryBucketDocument>(paths.temporaryBucket(id));
  const final = await read<FinalBucketDocument>(paths.finalBucket(id));
  const freeze = await read<FreezeDocument>(paths.freeze(id));
  const quarantine = await read<QuarantineDocument>(paths.quarantine(id));
  // The report is written right before the last milestone.
  const stage = outcome === 'verified' ? 'finished' : outcome === 'undone' ? 'undone' : stageOf(milestones);
  return {
    stage,
    transfers: await transfersOf(id, documents),
    ...(await proofOf(id, documents)),
    configuration: await configurationOf(id, documents),
    ...fields({
      sourceDeletedAtMs: milestones['source-deleted'],
      nameWait: await nameWaitOf(id, documents),
      temporaryBucket: temporary,
      finalBucket: final,
      quarantine,
    }),
    outstanding: outstandingOf({
      ...left,
      stage,
      temporary,
      final,
      freeze,
      sourceDeletedAtMs: milestones['source-deleted'],
    }),
  };
}

/** Without the fields that are undefined. */
function fields<T extends object>(values: T): { [Name in keyof T]?: NonNullable<T[Name]> } {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as { [Name in keyof T]?: NonNullable<T[Name]> };
}

async function readableMilestones(jobId: string, documents: DocumentStore): Promise<Milestones> {
  const found = await Promise.all(
    MILESTONES.map(async (name) => {
      const document = await readIfWhole<MilestoneDocument>(documents, paths.milestone(jobId, name));
      return document ? [[name, document.atMs] as const] : [];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function transfersOf(jobId: string, documents: DocumentStore): Promise<MigrationReport['transfers']> {
  const reports: Partial<Record<TransferName, TransferReport>> = {};
  for (const transfer of TRANSFERS) {
    const report = await reportOfTransfer(jobId, transfer, documents);
    if (report.plan) reports[transfer] = report;
  }
  return reports;
}

async function proofOf(jobId: string, documents: DocumentStore): Promise<Pick<MigrationReport, 'proof' | 'consent'>> {
  const sealed = await readIfWhole<ProofDocument>(documents, paths.proof(jobId));
  if (!sealed) return {};
  const { jobId: _job, parts, ...proof } = sealed;
  const consent = await readIfWhole<ConsentDocument>(documents, paths.consent(jobId, proof.proof));
  return { proof: { ...proof, partCount: parts.length }, ...(consent ? { consent } : {}) };
}

async function configurationOf(jobId: string, documents: DocumentStore): Promise<MigrationReport['configuration']> {
  const [before, after] = await Promise.all(
    (['before-objects', 'after-verification'] as const).map((stage) =>
      readIfWhole<object>(documents, paths.configurationOutcome(jobId, stage)),
    ),
  );
  return fields({ 'before-objects': before, 'after-verification': after });
}

async function nameWaitOf(jobId: string, documents: DocumentStore): Promise<MigrationReport['nameWait']> {
  const wait = await readIfWhole<NameWaitDocument>(documents, paths.nameWait(jobId));
  if (!wait) return undefined;
  const { place: _place, ...told } = wait;
  const decision = await readIfWhole<NameDecision>(documents, paths.answer(jobId, 'name'));
  return { ...told, ...(decision ? { decision } : {}) };
}
