import type { JobDocument } from '../../domain/job-documents.ts';
import type { DocumentStore } from '../../domain/ports.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { JobView } from '../../domain/views.ts';
import { findJob, listJobIds } from './documents.ts';
import type { ApiPorts } from './ports.ts';

type ViewPorts = Pick<ApiPorts, 'documents' | 'flows' | 'clock' | 'viewJob'>;

/** The last look at the numbers and the janitor's at the access come some seconds after a job's end. */
const SETTLES_MS = 1 * MINUTE_MS;

/**
 * Views of jobs. A page asks for the list every second, and most of it ended long ago: what cannot change any more is
 * read once. Forgets nothing, which is some kilobytes for each job.
 */
export class JobViews {
  private readonly ports: ViewPorts;
  private readonly jobs = new Map<string, JobDocument>();
  private readonly settled = new Map<string, Readonly<{ end: string; view: JobView }>>();
  private readonly stopping = new Set<string>();

  constructor(ports: ViewPorts) {
    this.ports = ports;
  }

  async newest({ limit, offset }: { limit: number; offset: number }): Promise<JobView[]> {
    const ids = await listJobIds(this.ports.documents);
    const found = await Promise.all(ids.map((id) => this.find(id, this.ports.documents)));
    const page = found
      .filter((job) => job !== undefined)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
      .slice(offset, offset + limit);
    return Promise.all(page.map((job) => this.view(job)));
  }

  async view(job: JobDocument): Promise<JobView> {
    const flow = await this.ports.flows.describe(job.id);
    const end =
      flow && flow.status !== 'running' && flow.endedAtMs !== undefined ? `${flow.redriveCount} ${flow.endedAtMs}` : '';
    const known = this.settled.get(job.id);
    if (known?.end === end) return known.view;

    const view = await this.ports.viewJob(job);
    if (this.stopping.has(job.id) && view.status === 'running') return { ...view, status: 'stopping' };
    const isOld = this.ports.clock.nowMs() - (flow?.endedAtMs ?? Infinity) > SETTLES_MS;
    if (end !== '' && isOld && view.grantsOutstandingCount === 0) this.settled.set(job.id, { end, view });
    return view;
  }

  /** After a person has decided something: that changes a job that ended, too. */
  async viewAnew(job: JobDocument): Promise<JobView> {
    this.settled.delete(job.id);
    return await this.view(job);
  }

  /** Stopping takes as long as the tasks need to end; whoever looks meanwhile is told so. */
  async whileStopping<T>(jobId: string, work: () => Promise<T>): Promise<T> {
    this.stopping.add(jobId);
    try {
      return await work();
    } finally {
      this.stopping.delete(jobId);
    }
  }

  /** A request is never written twice. */
  private async find(jobId: string, documents: DocumentStore): Promise<JobDocument | undefined> {
    const job = this.jobs.get(jobId) ?? (await findJob(documents, jobId));
    if (job) this.jobs.set(jobId, job);
    return job;
  }
}
