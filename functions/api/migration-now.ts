import { readMilestones } from '../../domain/document-access.ts';
import { JobMissingError } from '../../domain/errors.ts';
import type { JobDocument } from '../../domain/job-documents.ts';
import { stageOf, type MigrationStage } from '../../domain/migration.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { stopEffectNow, type MigrationDocuments } from '../../domain/questions.ts';
import { readMigration } from '../progress/migration-documents.ts';
import { requireJob } from './documents.ts';
import { HttpProblem } from './http-problem.ts';
import type { JobPorts } from './ports.ts';

/** A migration as its documents say now. */
export type MigrationNow = Readonly<{ job: JobDocument; documents: MigrationDocuments; stage: MigrationStage }>;

/** Rejects with JobMissingError, also for a copy job, which nobody is asked about. */
export async function requireMigration(documents: DocumentStore, jobId: string): Promise<MigrationNow> {
  const job = await requireJob(documents, jobId);
  if (job.request.kind === 'migrate') return readMigrationNow(documents, job);
  throw new JobMissingError(`Job ${jobId} copies; only a migration has a proof, a consent and a decision.`, {
    subject: { job: jobId },
    remedy: 'Look at the list of jobs for the id of a migration.',
  });
}

export async function readMigrationNow(documents: DocumentStore, job: JobDocument): Promise<MigrationNow> {
  const milestones = await readMilestones(documents, job.id);
  return { job, documents: await readMigration(documents, job.id, milestones), stage: stageOf(milestones) };
}

/** 409 with the state as it is now: what was asked does not fit it. */
export function notNow({ job, documents, stage }: MigrationNow, message: string, remedy: string): HttpProblem {
  return new HttpProblem(409, message, {
    remedy,
    more: {
      type: 'urn:bucket-migrator:problem:JobStateError',
      title: 'The job is not in a state that allows this',
      job: job.id,
      stage,
      stopEffect: stopEffectNow(documents),
    },
  });
}

/** Where a migration is that cannot do what was asked, for people. */
export function whereItIs({ documents, stage }: MigrationNow): string {
  if (documents.milestones.undone !== undefined) return 'it was brought back, and the source is as it was';
  if (documents.undo) return 'it is being brought back';
  switch (stage) {
    case 'beginning':
      return 'nothing is deleted yet';
    case 'emptying':
      return 'the source is being emptied';
    case 'deleted':
      return 'the source is deleted and its name is waited for';
    case 'returning':
      return 'the bucket is made again and its objects are copied back';
    case 'returned':
      return 'everything is verified under its name, and only the temporary bucket is left';
    case 'clearing':
      return 'the quarantine is over and the temporary bucket is being deleted';
    case 'finished':
      return 'it has finished';
    case 'undone':
      return 'it was brought back, and the source is as it was';
  }
}

/** Tells the flow that waits with this token. One that no longer waits found the answer in its documents, or will. */
export async function tellFlow(
  jobId: string,
  token: string | undefined,
  output: unknown,
  { flows }: Pick<JobPorts, 'flows'>,
): Promise<void> {
  if (token === undefined) return;
  try {
    await flows.answer(jobId, token, output);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'JobStateError') throw error;
  }
}
