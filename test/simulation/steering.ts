import { readJob } from '../../domain/document-access.ts';
import type { NameDecision, QuestionName } from '../../domain/migration.ts';
import { openQuestion } from '../../domain/questions.ts';
import { decideOnName } from '../../functions/api/decide-on-name.ts';
import { giveConsent } from '../../functions/api/give-consent.ts';
import { readMigrationNow } from '../../functions/api/migration-now.ts';
import { shortenQuarantine } from '../../functions/api/shorten-quarantine.ts';
import { redriveJob, stopJob } from '../../functions/api/steer-job.ts';
import type { Incarnation } from './incarnation.ts';

/** The buttons of the page: what its API does with them, without HTTP. */

const operator = { name: 'operator' };

export async function stop(jobId: string, { ports, turns }: Incarnation): Promise<void> {
  await turns.take(jobId, () => stopJob(jobId, { operator }, ports));
}

export async function goOn(jobId: string, { ports, turns }: Incarnation): Promise<void> {
  await turns.take(jobId, () => redriveJob(jobId, ports));
}

/** What the page asks now. */
export async function questionOf(jobId: string, { ports }: Incarnation): Promise<QuestionName | undefined> {
  const job = await readJob(ports.documents, jobId);
  if (job.request.kind === 'copy') return undefined;
  const { documents } = await readMigrationNow(ports.documents, job);
  return openQuestion(documents, ports.clock.nowMs())?.question;
}

export async function consent(
  jobId: string,
  how: 'right' | 'wrong-name' | 'old-digest',
  { ports, turns }: Incarnation,
): Promise<void> {
  const { documents } = await readMigrationNow(ports.documents, await readJob(ports.documents, jobId));
  const { digest = '', source, lostVersionCount = 0 } = documents.proof ?? {};
  const typed = {
    bucket: how === 'wrong-name' ? 'another-bucket' : (source?.bucket ?? ''),
    digest: how === 'old-digest' ? [...digest].reverse().join('') : digest,
    ...(lostVersionCount > 0 ? { lostVersionCount } : {}),
  };
  await turns.take(jobId, () => giveConsent(jobId, typed, operator, ports));
}

export async function decideName(
  jobId: string,
  choice: NameDecision['choice'],
  { ports, turns }: Incarnation,
): Promise<void> {
  const input = { choice, ...(choice === 'other-name' ? { bucket: OTHER_NAME } : {}) };
  await turns.take(jobId, () => decideOnName(jobId, input, operator, ports));
}

export const OTHER_NAME = 'photos-elsewhere';

export async function shorten(jobId: string, { ports, turns }: Incarnation): Promise<void> {
  const { documents } = await readMigrationNow(ports.documents, await readJob(ports.documents, jobId));
  const input = { bucket: documents.temporary?.bucket ?? '' };
  await turns.take(jobId, () => shortenQuarantine(jobId, input, operator, ports));
}
