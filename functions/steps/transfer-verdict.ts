import { readJson } from '../../domain/document-access.ts';
import { paths, type PlanSummary, type TransferName, type VerdictDocument } from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';

/** The verdict of the transfer's last round; undefined when there is none, as of a round that was not verified. */
export async function lastVerdict(
  jobId: string,
  transfer: TransferName,
  documents: DocumentStore,
): Promise<VerdictDocument | undefined> {
  const plan = await readJson<PlanSummary>(documents, paths.planSummary(jobId, transfer));
  if (!plan) return undefined;
  const verdict = await readJson<VerdictDocument>(documents, paths.verdict(jobId, transfer, plan.round));
  return verdict?.round === plan.round ? verdict : undefined;
}

/** The source holds everything that the proof lists again, and that was verified. */
export const isBroughtBack = async (jobId: string, documents: DocumentStore): Promise<boolean> =>
  (await lastVerdict(jobId, 'undo', documents))?.verdict === 'equal';
