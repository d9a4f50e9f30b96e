import { readJson, readLines } from '../../domain/document-access.ts';
import { DocumentInvalidError } from '../../domain/errors.ts';
import {
  paths,
  type DifferenceLine,
  type FailureLine,
  type FailureOutcome,
  type PlanSummary,
  type ShardResult,
  type TransferName,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import type { TransferReport } from '../../domain/migration-report.ts';
import type { DocumentStore } from '../../domain/ports.ts';

/** What one transfer did, from the documents of its tasks. A transfer that was never planned counts nothing. */
export async function reportOfTransfer(
  jobId: string,
  transfer: TransferName,
  documents: DocumentStore,
): Promise<TransferReport> {
  const of = { jobId, transfer, documents };
  const summary = await readIfWhole<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  const verdict = summary && (await newestVerdict(of, summary));
  const { shards = [], ...plan } = summary ?? {};
  return {
    ...(summary ? { plan: { ...(plan as Omit<PlanSummary, 'shards'>), shardCount: shards.length } } : {}),
    ...(await countsOf(of, summary)),
    ...(await failuresOf(of, verdict)),
    ...(verdict ? { verdict } : {}),
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

type Reported = Readonly<{ jobId: string; transfer: TransferName; documents: DocumentStore }>;

/** The last round may have failed before its verdict; the one before it is still worth telling. */
async function newestVerdict(
  { jobId, transfer, documents }: Reported,
  { round }: PlanSummary,
): Promise<VerdictDocument | undefined> {
  for (let candidate = round; candidate > 0; candidate -= 1) {
    const verdict = await readIfWhole<VerdictDocument>(documents, paths.verdict(jobId, transfer, candidate));
    if (verdict) return verdict;
  }
  return undefined;
}

async function countsOf(
  { jobId, transfer, documents }: Reported,
  summary: PlanSummary | undefined,
): Promise<Pick<TransferReport, 'copiedCount' | 'copiedBytes' | 'skippedCount'>> {
  const sums = { copiedCount: 0, copiedBytes: 0, skippedCount: summary?.skippedCount ?? 0 };
  for (const { shard } of summary?.shards ?? []) {
    const result = await readIfWhole<ShardResult>(documents, paths.result(jobId, transfer, shard));
    sums.copiedCount += result?.copiedCount ?? 0;
    sums.copiedBytes += result?.copiedBytes ?? 0;
    sums.skippedCount += result?.skippedCount ?? 0;
  }
  return sums;
}

/** Objects that failed once and were found equal afterwards are no failures; the verdict tells which are left. */
async function failuresOf(
  { jobId, transfer, documents }: Reported,
  verdict: VerdictDocument | undefined,
): Promise<Pick<TransferReport, 'failedCount' | 'blockedCount'>> {
  if (verdict?.verdict === 'equal') return { failedCount: 0, blockedCount: 0 };
  const left = verdict ? await differingKeys({ jobId, transfer, documents }, verdict) : undefined;
  const outcomes = new Map<string, FailureOutcome>();
  for await (const path of documents.list(paths.failuresFolder(jobId, transfer))) {
    for await (const { key, outcome } of readWholeLines<FailureLine>(documents, path)) {
      if (!left || left.has(key)) outcomes.set(key, outcome);
    }
  }
  const count = (wanted: FailureOutcome): number => [...outcomes.values()].filter((one) => one === wanted).length;
  return { failedCount: count('failed'), blockedCount: count('blocked') };
}

async function differingKeys(
  { jobId, transfer, documents }: Reported,
  { round }: VerdictDocument,
): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of readWholeLines<DifferenceLine>(documents, paths.differences(jobId, transfer, round)))
    keys.add(key);
  return keys;
}
