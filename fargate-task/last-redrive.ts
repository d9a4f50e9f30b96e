import { readJson } from '../domain/document-access.ts';
import { paths, type RedriveDocument, type ReportDocument } from '../domain/job-documents.ts';
import type { DocumentStore } from '../domain/ports.ts';

/**
 * When a person last took the job up again, in milliseconds; 0 when nobody did. Until then somebody may have removed
 * the reason of any failure, so what was final before is worth another try. A job that runs and has a report was
 * redriven, also where that was done past our API, in the console.
 */
export async function lastRedriveMs(documents: DocumentStore, jobId: string): Promise<number> {
  const redrive = await readJson<RedriveDocument>(documents, paths.redrive(jobId));
  const report = await readJson<ReportDocument>(documents, paths.report(jobId));
  return Math.max(redrive?.atMs ?? 0, report?.finishedAtMs ?? 0);
}
