import { readJson, readLines } from '../../domain/document-access.ts';
import {
  paths,
  type DifferenceLine,
  type FailureLine,
  type PlanSummary,
  type TransferName,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';

type Judge = (failure: FailureLine) => boolean;
const ALL: Judge = () => true;

/**
 * Which failures still stand. A later round, or a redrive, may have copied what failed before; the newest verdict knows.
 *
 *   newest verdict    the failure's round   its key is among the differences   it stands
 *   none              –                     –                                  yes
 *   any               after the verdict     –                                  yes
 *   equal             up to the verdict     –                                  no
 *   differences       up to the verdict     yes                                yes
 *   differences       up to the verdict     no, and the list is whole          no
 *   differences       up to the verdict     no, and the list was cut           yes
 */
export async function standingFailures(
  jobId: string,
  transfer: TransferName,
  documents: DocumentStore,
): Promise<Judge> {
  const plan = await readJson<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  const verdict = plan && (await newestVerdict(jobId, transfer, plan.round, documents));
  if (!plan || !verdict) return ALL;
  const differing = await differingKeys(jobId, transfer, verdict, documents);
  if (!differing) return ALL;
  const later = new Set(plan.shards.filter(({ round }) => round > verdict.round).map(({ shard }) => shard));
  return ({ key, shard }) => later.has(shard) || differing.has(key);
}

async function newestVerdict(
  jobId: string,
  transfer: TransferName,
  newestRound: number,
  documents: DocumentStore,
): Promise<VerdictDocument | undefined> {
  for (let round = newestRound; round > 0; round -= 1) {
    const verdict = await readJson<VerdictDocument>(documents, paths.verdict(jobId, transfer, round));
    if (verdict) return verdict;
  }
  return undefined;
}

/** The keys in percent form, or undefined where not every one of them was written down. */
async function differingKeys(
  jobId: string,
  transfer: TransferName,
  verdict: VerdictDocument,
  documents: DocumentStore,
): Promise<ReadonlySet<string> | undefined> {
  const keys = new Set<string>();
  if (verdict.verdict === 'equal') return keys;
  let listedCount = 0;
  for await (const line of readLines<DifferenceLine>(documents, paths.differences(jobId, transfer, verdict.round))) {
    listedCount += 1;
    keys.add(line.key);
  }
  const { missingCount, differsCount, extraCount, unprovenCount } = verdict;
  return listedCount < missingCount + differsCount + extraCount + unprovenCount ? undefined : keys;
}
