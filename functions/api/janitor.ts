import { readJson } from '../../domain/document-access.ts';
import { paths, type GrantDocument, TRANSFERS } from '../../domain/job-documents.ts';
import type { DocumentStore, FlowDescription } from '../../domain/ports.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { findJob, listJobIds } from './documents.ts';
import type { JobPorts } from './ports.ts';
import { startFlow } from './start-job.ts';
import type { Turns } from './turns.ts';

export type JanitorReport = Readonly<{
  startedJobs: readonly string[];
  revokedJobs: readonly string[];
  problems: readonly Readonly<{ jobId: string; error: unknown }>[];
}>;

/** A step that was given up when its job was stopped may still give access: so long at most, which is a state's time. */
const LATE_MS = 15 * MINUTE_MS;

/**
 * Looks after what a crash left: a job whose flow was never started is started, and of a job that runs no more the
 * access is taken back. One job's trouble does not keep it from the others. Remembers which jobs need nothing more, so
 * that thousands of finished ones cost nothing.
 */
export class Janitor {
  private readonly settled = new Map<string, string>();
  private readonly ports: Pick<JobPorts, 'documents' | 'flows' | 'revokeAccess' | 'clock'>;
  private readonly turns: Turns;

  constructor(ports: Pick<JobPorts, 'documents' | 'flows' | 'revokeAccess' | 'clock'>, turns: Turns) {
    this.ports = ports;
    this.turns = turns;
  }

  async lookAround(): Promise<JanitorReport> {
    const startedJobs: string[] = [];
    const revokedJobs: string[] = [];
    const problems: { jobId: string; error: unknown }[] = [];
    for (const jobId of await listJobIds(this.ports.documents)) {
      try {
        const done = await this.turns.take(jobId, () => this.lookAfter(jobId));
        if (done === 'started') startedJobs.push(jobId);
        if (done === 'revoked') revokedJobs.push(jobId);
      } catch (error) {
        problems.push({ jobId, error });
      }
    }
    return { startedJobs, revokedJobs, problems };
  }

  private async lookAfter(jobId: string): Promise<'started' | 'revoked' | 'nothing'> {
    const flow = await this.ports.flows.describe(jobId);
    if (!flow) {
      if (!(await findJob(this.ports.documents, jobId))) return 'nothing';
      await startFlow(jobId, this.ports);
      return 'started';
    }
    if (flow.status === 'running' || this.settled.get(jobId) === endOf(flow)) return 'nothing';
    const isOutstanding = (await grantsOutstanding(jobId, this.ports.documents)).length > 0;
    if (isOutstanding) await this.ports.revokeAccess(jobId);
    if (this.ports.clock.nowMs() - (flow.endedAtMs ?? Infinity) > LATE_MS) this.settled.set(jobId, endOf(flow));
    return isOutstanding ? 'revoked' : 'nothing';
  }
}

/** A redriven job ends anew, and is looked at anew. */
const endOf = (flow: FlowDescription): string => `${flow.redriveCount} ${flow.endedAtMs ?? 0}`;

export async function grantsOutstanding(jobId: string, documents: DocumentStore): Promise<GrantDocument[]> {
  const grants = await Promise.all(
    TRANSFERS.map((transfer) => readJson<GrantDocument>(documents, paths.grant(jobId, transfer))),
  );
  return grants.flatMap((grant) => (grant && grant.revokedAtMs === undefined ? [grant] : []));
}
