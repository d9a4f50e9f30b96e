import { readMilestones } from '../../domain/document-access.ts';
import { stageOf } from '../../domain/migration.ts';
import { revokeAccess } from './revoke-access.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { thawSource } from './thaw-source.ts';

/**
 * What a migration that failed leaves behind. Safe to repeat; each part is tried whatever becomes of the others.
 *
 *   before the first deletion   access is taken back, uploads are aborted, the source is thawed. The temporary bucket
 *                               stays, protected: a redrive uses it again, an undo removes it
 *   after it                    access is taken back, uploads are aborted. The freeze and the protection stay
 */
export async function settleAfterFailure({ jobId }: JobInput, ports: StepPorts): Promise<Record<string, never>> {
  const stage = stageOf(await readMilestones(ports.documents, jobId));
  const works = stage === 'beginning' ? [revokeAccess, thawSource] : [revokeAccess];
  const failures: unknown[] = [];
  for (const work of works) await work({ jobId }, ports).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  return {};
}
