import { jsonText, readJson, readLines } from '../../domain/document-access.ts';
import { DocumentInvalidError } from '../../domain/errors.ts';
import {
  paths,
  type DifferenceLine,
  type FailureLine,
  type FailureOutcome,
  type GrantDocument,
  type JobDocument,
  type PlanSummary,
  type ReportDocument,
  type ShardResult,
  type UploadsDocument,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import type { JobFailure } from './job-failure.ts';
import { TRANSFERS, type StepPorts } from './step-ports.ts';

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
  const summary = await readIfWhole<PlanSummary>(documents, paths.planSummary(job.id, 'copy'));
  const verdict = summary && (await newestVerdict(job.id, summary, documents));
  const { shards = [], ...plan } = summary ?? {};
  return {
    jobId: job.id,
    outcome,
    request: job.request,
    createdAtMs: job.createdAtMs,
    finishedAtMs: clock.nowMs(),
    ...(summary ? { plan: { ...(plan as Omit<PlanSummary, 'shards'>), shardCount: shards.length } } : {}),
    ...(await countsOf(job.id, summary, documents)),
    ...(await failuresOf(job.id, verdict, documents)),
    ...(verdict ? { verdict } : {}),
    grantsOutstanding: await grantsOutstanding(job.id, documents),
    uploadsOutstandingCount: await uploadsOutstanding(job.id, documents),
    ...(failure ? { failure } : {}),
  };
}

/** Undefined also for what cannot be read: a damaged document may be the very failure that is reported. */
export async function readIfWhole<T>(documents: DocumentStore, path: string): Promise<T | undefined> {
  try {
    return await readJson<T>(documents, path);
  } catch (error) {
    if (error instanceof DocumentInvalidError) return undefined;
    throw error;
  }
}

/** The whole lines before a damaged one. */
async function* readWholeLines<T>(documents: DocumentStore, path: string): AsyncGenerator<T> {
  try {
    yield* readLines<T>(documents, path);
  } catch (error) {
    if (!(error instanceof DocumentInvalidError)) throw error;
  }
}

/** The last round may have failed before its verdict; the one before it is still worth telling. */
async function newestVerdict(
  jobId: string,
  { round }: PlanSummary,
  documents: DocumentStore,
): Promise<VerdictDocument | undefined> {
  for (let candidate = round; candidate > 0; candidate -= 1) {
    const verdict = await readIfWhole<VerdictDocument>(documents, paths.verdict(jobId, 'copy', candidate));
    if (verdict) return verdict;
  }
  return undefined;
}

async function countsOf(
  jobId: string,
  summary: PlanSummary | undefined,
  documents: DocumentStore,
): Promise<Pick<ReportDocument, 'copiedCount' | 'copiedBytes' | 'skippedCount'>> {
  const sums = { copiedCount: 0, copiedBytes: 0, skippedCount: summary?.skippedCount ?? 0 };
  for (const { shard } of summary?.shards ?? []) {
    const result = await readIfWhole<ShardResult>(documents, paths.result(jobId, 'copy', shard));
    sums.copiedCount += result?.copiedCount ?? 0;
    sums.copiedBytes += result?.copiedBytes ?? 0;
    sums.skippedCount += result?.skippedCount ?? 0;
  }
  return sums;
}

/** Objects that failed once and were found equal afterwards are no failures; the verdict tells which are left. */
async function failuresOf(
  jobId: string,
  verdict: VerdictDocument | undefined,
  documents: DocumentStore,
): Promise<Pick<ReportDocument, 'failedCount' | 'blockedCount'>> {
  if (verdict?.verdict === 'equal') return { failedCount: 0, blockedCount: 0 };
  const left = verdict ? await differingKeys(jobId, verdict, documents) : undefined;
  const outcomes = new Map<string, FailureOutcome>();
  for await (const path of documents.list(paths.failuresFolder(jobId, 'copy'))) {
    for await (const { key, outcome } of readWholeLines<FailureLine>(documents, path)) {
      if (!left || left.has(key)) outcomes.set(key, outcome);
    }
  }
  const count = (wanted: FailureOutcome): number => [...outcomes.values()].filter((one) => one === wanted).length;
  return { failedCount: count('failed'), blockedCount: count('blocked') };
}

async function differingKeys(
  jobId: string,
  { round }: VerdictDocument,
  documents: DocumentStore,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of readWholeLines<DifferenceLine>(documents, paths.differences(jobId, 'copy', round)))
    keys.add(key);
  return keys;
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
