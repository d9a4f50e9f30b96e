import { jsonText } from '../../domain/document-access.ts';
import {
  paths,
  type GrantDocument,
  type JobDocument,
  type ReportDocument,
  type UploadsDocument,
} from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { JobFailure } from './job-failure.ts';
import { reportOfMigration } from './report-of-migration.ts';
import { readIfWhole, reportOfTransfer } from './report-of-transfer.ts';
import { TRANSFERS, type StepPorts } from './step-ports.ts';

export { readIfWhole } from './report-of-transfer.ts';

/** Writes `report.json` from the job's documents. Safe to repeat: the same documents give the same report. */
export async function writeReport(
  job: JobDocument,
  outcome: ReportDocument['outcome'],
  failure: JobFailure | undefined,
  ports: StepPorts,
): Promise<void> {
  const report = await reportOf(job, outcome, failure, ports);
  await ports.documents.write(paths.report(job.id), jsonText(report));
}

export async function reportOf(
  job: JobDocument,
  outcome: ReportDocument['outcome'],
  failure: JobFailure | undefined,
  { documents, clock }: StepPorts,
): Promise<ReportDocument> {
  const grants = await grantsOutstanding(job.id, documents);
  const uploadsCount = await uploadsOutstanding(job.id, documents);
  return {
    jobId: job.id,
    outcome,
    request: job.request,
    createdAtMs: job.createdAtMs,
    finishedAtMs: clock.nowMs(),
    ...(await reportOfTransfer(job.id, 'copy', documents)),
    grantsOutstanding: grants,
    uploadsOutstandingCount: uploadsCount,
    ...(failure ? { failure } : {}),
    ...(job.request.kind === 'migrate'
      ? { migration: await reportOfMigration(job, outcome, { grants, uploadsCount }, documents) }
      : {}),
  };
}

async function grantsOutstanding(jobId: string, documents: DocumentStore): Promise<readonly GrantDocument[]> {
  const grants = await Promise.all(
    TRANSFERS.map((transfer) => readIfWhole<GrantDocument>(documents, paths.grant(jobId, transfer))),
  );
  return grants.filter((grant) => grant !== undefined && grant.revokedAtMs === undefined) as GrantDocument[];
}

async function uploadsOutstanding(jobId: string, documents: DocumentStore): Promise<number> {
  let count = 0;
  for (const transfer of TRANSFERS) {
    for await (const path of documents.list(paths.uploadsFolder(jobId, transfer)))
      count += (await readIfWhole<UploadsDocument>(documents, path))?.uploads.length ?? 0;
  }
  return count;
}
