import { jsonText } from '../../domain/document-access.ts';
import { DocumentConflictError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { QuarantineConsent } from '../../domain/migration.ts';
import type { QuarantineInput } from '../../domain/views.ts';
import { HttpProblem } from './http-problem.ts';
import { notNow, requireMigration, tellFlow, whereItIs } from './migration-now.ts';
import type { JobPorts, Operator } from './ports.ts';

/**
 * Keeps the consent to delete the temporary bucket before its quarantine ends, and tells the flow. Rejects with
 * JobMissingError, with 409 when nothing is in quarantine or somebody consented before, with 422 for another name.
 */
export async function shortenQuarantine(
  jobId: string,
  { bucket }: QuarantineInput,
  operator: Operator,
  ports: JobPorts,
): Promise<JobDocument> {
  const now = await requireMigration(ports.documents, jobId);
  const { quarantine, temporary, final, quarantineConsent, questions } = now.documents;
  const alreadyShortened = () =>
    notNow(now, 'Somebody has ended the quarantine already.', 'Nothing is left to do: the job goes on.');
  if (now.stage !== 'returned' || !quarantine || !temporary || final?.isTemporary) {
    throw notNow(now, `Nothing is in quarantine: ${whereItIs(now)}.`, 'Look at the job as it is now.');
  }
  if (quarantineConsent) throw alreadyShortened();
  if (bucket !== temporary.bucket) throw wrongName();
  const consent: QuarantineConsent = { bucket, by: operator.name, atMs: ports.clock.nowMs() };
  try {
    await ports.documents.write(paths.answer(jobId, 'quarantine'), jsonText(consent), { ifAbsent: true });
  } catch (error) {
    throw error instanceof DocumentConflictError ? alreadyShortened() : error;
  }
  await tellFlow(jobId, questions.quarantine?.token, {}, ports);
  return now.job;
}

const wrongName = () =>
  new HttpProblem(422, 'What was typed is not exactly the name of the temporary bucket. It stays.', {
    remedy: 'Type the name exactly as it is shown.',
    more: { type: 'urn:bucket-migrator:problem:wrong-name', title: 'The name is not the temporary bucket’s' },
  });
