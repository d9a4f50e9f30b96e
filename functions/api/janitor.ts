import { readJson, readMilestones } from '../../domain/document-access.ts';
import { paths, type GrantDocument, type JobDocument, TRANSFERS } from '../../domain/job-documents.ts';
import type { FreezeDocument } from '../../domain/migration.ts';
import type { DocumentStore, FlowDescription } from '../../domain/ports.ts';
import { answeredQuestions } from '../../domain/questions.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { askForUndo, carryOutUndo } from './bring-back.ts';
import { findJob, listJobIds } from './documents.ts';
import { readMigrationNow, tellFlow, type MigrationNow } from './migration-now.ts';
import type { JobPorts } from './ports.ts';
import { startFlow } from './start-job.ts';
import type { Turns } from './turns.ts';

export type JanitorReport = Readonly<{
  startedJobs: readonly string[];
  revokedJobs: readonly string[];
  /** Whose undo was asked for, or due, and had not been started. */
  undoneJobs: readonly string[];
  /** Whose flow was told an answer that was kept before. */
  answeredJobs: readonly string[];
  problems: readonly Readonly<{ jobId: string; error: unknown }>[];
}>;

/** A step that was given up when its job was stopped may still give access: so long at most, which is a state's time. */
const LATE_MS = 15 * MINUTE_MS;

type Done = 'started' | 'revoked' | 'undone' | 'answered' | 'nothing';

/**
 * Looks after what a crash left: a job whose flow was never started is started, of a job that runs no more the access
 * is taken back, a flow is told the answer that a person gave, and an undo that was asked for is begun. Of a migration
 * it takes back access, and the freeze where nothing was deleted; everything else is its flow's. One job's trouble does not keep it from the
 * others. Remembers which jobs need nothing more, so that thousands of finished ones cost nothing.
 */
export class Janitor {
  private readonly settled = new Map<string, string>();
  /** Tokens that were answered, or that nobody waits with any more. */
  private readonly told = new Set<string>();
  private readonly ports: JobPorts;
  private readonly turns: Turns;

  constructor(ports: JobPorts, turns: Turns) {
    this.ports = ports;
    this.turns = turns;
  }

  async lookAround(): Promise<JanitorReport> {
    const done: Record<Done, string[]> = { started: [], revoked: [], undone: [], answered: [], nothing: [] };
    const problems: { jobId: string; error: unknown }[] = [];
    for (const jobId of await listJobIds(this.ports.documents)) {
      try {
        done[await this.turns.take(jobId, () => this.lookAfter(jobId))].push(jobId);
      } catch (error) {
        problems.push({ jobId, error });
      }
    }
    const { started: startedJobs, revoked: revokedJobs, undone: undoneJobs, answered: answeredJobs } = done;
    return { startedJobs, revokedJobs, undoneJobs, answeredJobs, problems };
  }

  private async lookAfter(jobId: string): Promise<Done> {
    const flow = await this.ports.flows.describe(jobId);
    if (flow && this.settled.get(jobId) === endOf(flow)) return 'nothing';
    const job = await findJob(this.ports.documents, jobId);
    if (!job) return 'nothing';
    if (!flow) {
      await startFlow(job, this.ports);
      return 'started';
    }
    const steered = job.request.kind === 'migrate' ? await this.lookAfterMigration(job, flow) : 'nothing';
    if (steered !== 'nothing' || flow.status === 'running') return steered;
    const isOutstanding = (await grantsOutstanding(jobId, this.ports.documents)).length > 0;
    if (isOutstanding) await this.ports.revokeAccess(jobId);
    await this.thawIfLeftFrozen(job);
    if (this.ports.clock.nowMs() - (flow.endedAtMs ?? Infinity) > LATE_MS) this.settled.set(jobId, endOf(flow));
    return isOutstanding ? 'revoked' : 'nothing';
  }

  private async lookAfterMigration(job: JobDocument, flow: FlowDescription): Promise<Done> {
    const now = await readMigrationNow(this.ports.documents, job);
    if (isUndoDue(now, flow)) {
      const asked = now.documents.undo ? now : await askForUndo(now, flow, 'the stop of its flow', this.ports);
      await carryOutUndo(asked, flow, this.ports);
      return 'undone';
    }
    return flow.status === 'running' && (await this.tellAnswers(now)) ? 'answered' : 'nothing';
  }

  /** A step that was given up may freeze a source late, too, after the end of its job had thawed it. */
  private async thawIfLeftFrozen({ id }: JobDocument): Promise<void> {
    const freeze = await readJson<FreezeDocument>(this.ports.documents, paths.freeze(id));
    if (!freeze || freeze.thawedAtMs !== undefined) return;
    const milestones = await readMilestones(this.ports.documents, id);
    if (milestones['emptying-began'] === undefined) await this.ports.thawSource(id);
  }

  private async tellAnswers({ job, documents }: MigrationNow): Promise<boolean> {
    const open = answeredQuestions(documents).filter(({ token }) => !this.told.has(token));
    for (const { token } of open) {
      await tellFlow(job.id, token, {}, this.ports);
      this.told.add(token);
    }
    return open.length > 0;
  }
}

/**
 *   asked for by a person   flow                              undo
 *   yes                     still the one it was asked about  due
 *   no                      stopped, before any deletion      due: a stop leaves nothing of ours
 *   –                       anything else                     not due
 */
function isUndoDue({ documents, stage }: MigrationNow, flow: FlowDescription): boolean {
  if (documents.undo) return stage !== 'undone' && flow.execution <= documents.undo.stopsExecution;
  return flow.status === 'stopped' && stage === 'beginning';
}

/** A redriven job ends anew, and is looked at anew. */
const endOf = (flow: FlowDescription): string => `${flow.execution} ${flow.redriveCount} ${flow.endedAtMs ?? 0}`;

export async function grantsOutstanding(jobId: string, documents: DocumentStore): Promise<GrantDocument[]> {
  const grants = await Promise.all(
    TRANSFERS.map((transfer) => readJson<GrantDocument>(documents, paths.grant(jobId, transfer))),
  );
  return grants.flatMap((grant) => (grant && grant.revokedAtMs === undefined ? [grant] : []));
}
