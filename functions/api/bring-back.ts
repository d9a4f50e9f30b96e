import { jsonText } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import type { MigrationStage, UndoDocument } from '../../domain/migration.ts';
import type { FlowDescription } from '../../domain/ports.ts';
import { stopEffectNow } from '../../domain/questions.ts';
import { keepDecision } from './decide-on-name.ts';
import { allLeasesOf } from './job-places.ts';
import { acquireLeases } from './leases.ts';
import { notNow, readMigrationNow, whereItIs, type MigrationNow } from './migration-now.ts';
import type { JobPorts, Operator } from './ports.ts';

/**
 * What stopping a migration does, by how far it is. Safe to repeat: one that is brought back already stays so.
 *
 *   stop effect       what happens
 *   leave-as-it-was   the flow ends, and an undo takes everything of ours away
 *   bring-back-in     the flow ends, and an undo copies back into the source what was deleted
 *   bring-back-anew   the flow goes on, with the decision to make the bucket again in the source account
 *   nothing           409, which says what happens instead
 *
 * `seen`: the stage that the person saw; another one now is a 409 with the new one.
 */
export async function stopMigration(
  now: MigrationNow,
  { seen, operator }: Readonly<{ seen: MigrationStage | undefined; operator: Operator }>,
  flow: FlowDescription,
  ports: JobPorts,
): Promise<void> {
  const { documents, stage } = now;
  if (stage === 'undone') return;
  if (seen !== undefined && seen !== stage) {
    throw notNow(now, `The job went on meanwhile: ${whereItIs(now)}.`, 'Look at what stopping does now, and decide again.'); // prettier-ignore
  }
  if (documents.undo) {
    const hasUndoEnded = flow.execution > documents.undo.stopsExecution && flow.status !== 'running';
    if (hasUndoEnded) throw notNow(now, `Bringing job ${now.job.id} back has failed.`, 'Redrive it: that goes on.');
    return carryOutUndo(now, flow, ports);
  }
  switch (stopEffectNow(documents)) {
    case 'leave-as-it-was':
    case 'bring-back-in':
      // Of a job that failed another one may hold the names by now: then nothing is asked for that could not be done.
      await acquireLeases(now.job.id, await allLeasesOf(now.job, ports), ports);
      return carryOutUndo(await askForUndo(now, flow, operator.name, ports), flow, ports);
    case 'bring-back-anew':
      await keepDecision(now, { choice: 'rebuild-source', bucket: now.job.request.source.bucket }, operator, ports);
      if (flow.status !== 'running') await goOn(now, ports);
      return;
    case 'nothing':
      throw notNow(now, `Job ${now.job.id} cannot be stopped: ${whereItIs(now)}.`, instead(now));
  }
}

function instead({ stage }: MigrationNow): string {
  switch (stage) {
    case 'returned':
      return 'Wait for the end of the quarantine, or end it by typing the temporary bucket’s name.';
    case 'finished':
      return 'Nothing is left to stop.';
    default:
      return 'It goes on until the objects are back in one whole bucket; a step that fails can be redriven.';
  }
}

/** The intent, kept before the flow is stopped: whoever is cut short after this is taken up by the janitor. */
export async function askForUndo(
  now: MigrationNow,
  flow: FlowDescription,
  by: string,
  { documents, clock }: Pick<JobPorts, 'documents' | 'clock'>,
): Promise<MigrationNow> {
  const undo: UndoDocument = { by, askedAtMs: clock.nowMs(), stopsExecution: flow.execution };
  await documents.write(paths.undo(now.job.id), jsonText(undo));
  return { ...now, documents: { ...now.documents, undo } };
}

/**
 * Makes it so that an undo runs: nothing where one does. The source may have been deleted in the very moment of the
 * stop; then there is nothing to bring back into, the migration goes on, and a 409 says so.
 */
export async function carryOutUndo(now: MigrationNow, flow: FlowDescription, ports: JobPorts): Promise<void> {
  const { job, documents } = now;
  if (!documents.undo || flow.execution > documents.undo.stopsExecution) return;
  if (flow.status === 'running') await ports.flows.stop(job.id);
  await acquireLeases(job.id, await allLeasesOf(job, ports), ports);
  const after = await readMigrationNow(ports.documents, job);
  if (after.stage !== 'beginning' && after.stage !== 'emptying') {
    await ports.documents.remove(paths.undo(job.id));
    await goOn(after, ports);
    throw notNow(after, `The job went on meanwhile: ${whereItIs(after)}.`, 'Look at what stopping does now, and decide again.'); // prettier-ignore
  }
  await ports.flows.startAgain('undo', job.id, { jobId: job.id });
}

async function goOn({ job }: MigrationNow, ports: JobPorts): Promise<void> {
  await acquireLeases(job.id, await allLeasesOf(job, ports), ports);
  await ports.flows.startAgain('migrate', job.id, { jobId: job.id });
}
