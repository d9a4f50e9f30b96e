import type { JobDocument } from '../../domain/job-documents.ts';
import type { JobRequest } from '../../domain/job-request.ts';
import type { ConnectionRegistry, DocumentStore, Flows, StorageAccess, TaskLogs } from '../../domain/ports.ts';
import type { Clock, Random } from '../../domain/time.ts';
import type { HealthView, JobView, PreflightView } from '../../domain/views.ts';

/** Who asks. `name` stands in the job's document for the audit trail. */
export type Operator = Readonly<{ name: string }>;

export type ApiPorts = Readonly<{
  documents: DocumentStore;
  storage: StorageAccess;
  connections: ConnectionRegistry;
  flows: Flows;
  logs: TaskLogs;
  clock: Clock;
  random: Random;
  health: () => HealthView;
  /** Undefined answers 401. Asked for every route but the health. */
  authorize: (request: Request) => Promise<Operator | undefined>;
  runPreflight: (request: JobRequest) => Promise<PreflightView>;
  /** Takes our statements out of the policies and aborts uploads that were left. Safe to repeat. */
  revokeAccess: (jobId: string) => Promise<void>;
  /** Takes our freeze off a source of which nothing was deleted. Safe to repeat. */
  thawSource: (jobId: string) => Promise<void>;
  /** The numbers that the page shows, from the documents and the flow as they are now. */
  viewJob: (job: JobDocument) => Promise<JobView>;
  /** Told of every error that answered 500, because the answer says nothing of it. */
  onProblem?: (error: unknown) => void;
}>;

/** What starting, stopping and healing of jobs needs. */
export type JobPorts = Pick<
  ApiPorts,
  'documents' | 'connections' | 'flows' | 'clock' | 'random' | 'revokeAccess' | 'thawSource' | 'viewJob'
>;
