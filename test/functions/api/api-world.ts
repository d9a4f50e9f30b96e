import type { Connection } from '../../../domain/connection.ts';
import { JobStateError } from '../../../domain/errors.ts';
import { paths, type FailureLine, type GrantDocument } from '../../../domain/job-documents.ts';
import type { JobRequestInput } from '../../../domain/job-request.ts';
import type {
  ConnectionRegistry,
  FlowDescription,
  Flows,
  FlowState,
  LogEvent,
  Machine,
  Storage,
  StorageAccess,
  TaskLogs,
} from '../../../domain/ports.ts';
import type { Clock, EpochMs, Random } from '../../../domain/time.ts';
import type { JobView, PreflightView } from '../../../domain/views.ts';
import { createApi } from '../../../functions/api/create-api.ts';
import { Janitor } from '../../../functions/api/janitor.ts';
import type { ApiPorts } from '../../../functions/api/ports.ts';
import { Turns } from '../../../functions/api/turns.ts';
import { viewJob } from '../../../functions/progress/job-view.ts';
import { MemoryStore } from '../../support/memory-store.ts';

export const TOKEN = 'the-token';
export const NOON_MS = Date.UTC(2026, 10, 20, 12) as EpochMs;

export class FixedClock implements Clock {
  nowIsMs = NOON_MS;
  nowMs = (): EpochMs => this.nowIsMs;
  sleep = async (): Promise<void> => undefined;
  advance(waitMs: number): void {
    this.nowIsMs = (this.nowIsMs + waitMs) as EpochMs;
  }
}

/** Counts up, so that ids are different and the same in every run. */
export class CountingRandom implements Random {
  private count = 0;
  next = (): number => 0.5;
  hex = (digits: number): string => (++this.count).toString(16).padStart(digits, '0');
}

const aFlow = (machine: Machine, startedAtMs: EpochMs): FlowDescription => ({
  status: 'running',
  startedAtMs,
  redriveCount: 0,
  isRedrivable: true,
  execution: 1,
  machine,
});

/** The edge where jobs would run: keeps what was asked of it. */
export class RecordedFlows implements Flows {
  readonly flows = new Map<string, FlowDescription>();
  readonly calls: string[] = [];
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async start(machine: Machine, jobId: string): Promise<void> {
    if (this.flows.has(jobId)) return;
    this.calls.push(machine === 'copy' ? `start ${jobId}` : `start ${machine} ${jobId}`);
    this.flows.set(jobId, aFlow(machine, this.clock.nowMs()));
  }
  async startAgain(machine: Machine, jobId: string): Promise<void> {
    const before = this.flows.get(jobId);
    if (before?.status === 'running') throw new JobStateError(`Job ${jobId} is running.`);
    this.calls.push(`start again ${machine} ${jobId}`);
    this.flows.set(jobId, { ...aFlow(machine, this.clock.nowMs()), execution: (before?.execution ?? 0) + 1 });
  }
  /** Tokens that a flow waits with; any other is nobody's. */
  readonly waiting = new Set<string>();
  async answer(jobId: string, token: string): Promise<void> {
    this.calls.push(`answer ${token}`);
    if (!this.waiting.delete(token)) throw new JobStateError(`Job ${jobId} does not wait for this answer.`);
  }
  async describe(jobId: string): Promise<FlowDescription | undefined> {
    return this.flows.get(jobId);
  }
  async states(): Promise<readonly FlowState[]> {
    return [{ path: 'Check', depth: 0, name: 'Check', type: 'Task', status: 'running', attempts: 1, enteredAtMs: NOON_MS }]; // prettier-ignore
  }
  /** What happens while a flow is being stopped. */
  whileStopping: () => Promise<void> = async () => undefined;
  async stop(jobId: string): Promise<void> {
    this.calls.push(`stop ${jobId}`);
    await this.whileStopping();
    this.end(jobId, 'stopped');
  }
  async redrive(jobId: string): Promise<void> {
    this.calls.push(`redrive ${jobId}`);
    const before = this.flows.get(jobId);
    const execution = before?.execution ?? 1;
    const machine = before?.machine ?? 'copy';
    this.flows.set(jobId, { ...aFlow(machine, NOON_MS), execution, redriveCount: (before?.redriveCount ?? 0) + 1 });
  }
  end(jobId: string, status: FlowDescription['status']): void {
    const before = this.flows.get(jobId);
    if (before) this.flows.set(jobId, { ...before, status, endedAtMs: this.clock.nowMs() });
  }
}

export const aConnection = (name: string, more: Partial<Connection> = {}): Connection => ({
  name,
  kind: 's3-compatible',
  region: 'us-east-1',
  endpoint: 'https://s3.example.org',
  accessKeyId: `AKIA${name}1234`,
  secretAccessKey: `secret-of-${name}`,
  ...more,
});

export const aRequest = (more: Partial<JobRequestInput> = {}): JobRequestInput => ({
  kind: 'copy',
  source: { connection: 'here', bucket: 'photos' },
  destination: { connection: 'there', bucket: 'photos-copy' },
  ...more,
});

export class ApiWorld {
  readonly clock = new FixedClock();
  readonly documents = new MemoryStore();
  readonly flows = new RecordedFlows(this.clock);
  readonly revoked: string[] = [];
  readonly thawed: string[] = [];
  readonly problems: unknown[] = [];
  readonly logEvents: LogEvent[] = [];
  readonly connections = new Map(
    [
      aConnection('here'),
      aConnection('there'),
      aConnection('elsewhere', { endpoint: 'https://other.example.org' }),
    ].map((connection) => [connection.name, connection]),
  );
  storage: Partial<Storage> = {};
  preflight: () => Promise<PreflightView> = async () => ({ status: 'ok', checks: [] });
  readonly ports: ApiPorts;
  readonly janitor: Janitor;
  private readonly app;

  constructor() {
    this.ports = {
      documents: this.documents,
      connections: this.registry(),
      storage: this.storageAccess(),
      flows: this.flows,
      logs: this.logs(),
      clock: this.clock,
      random: new CountingRandom(),
      health: () => ({ status: 'ok', version: '0.1.0', place: 'embedded', sandbox: true }),
      authorize: async (request) =>
        request.headers.get('authorization') === `Bearer ${TOKEN}` ? { name: 'operator' } : undefined,
      runPreflight: () => this.preflight(),
      revokeAccess: (jobId) => this.revoke(jobId),
      thawSource: async (jobId) => void this.thawed.push(jobId),
      viewJob: (job) => viewJob(job, { documents: this.documents, flows: this.flows, clock: this.clock }),
      onProblem: (problem) => this.problems.push(problem),
    };
    const turns = new Turns();
    this.app = createApi(this.ports, turns);
    this.janitor = new Janitor(this.ports, turns);
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.app.request(path, {
      method,
      headers: {
        authorization: `Bearer ${TOKEN}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: asJson(text) };
  }

  /** The API as a client reaches it, with the client's own headers. */
  send = async (path: string, init: RequestInit): Promise<Response> => this.app.request(path, init);

  /** Starts a job and gives its id. */
  async start(request: JobRequestInput = aRequest(), key?: string): Promise<string> {
    const answer = await this.call('POST', '/api/jobs', request, key === undefined ? {} : { 'idempotency-key': key });
    if (answer.status > 201) throw new Error(answer.text);
    return (answer.body as unknown as JobView).id;
  }

  async write(path: string, value: unknown): Promise<void> {
    await this.documents.write(path, JSON.stringify(value));
  }

  grant(jobId: string): Promise<void> {
    const grant: GrantDocument = {
      connection: 'there',
      bucket: 'photos-copy',
      region: 'us-east-1',
      sids: ['MigratorCopy'],
      allowsParts: false,
      grantedAtMs: NOON_MS,
      expiresAtMs: NOON_MS,
    };
    return this.write(paths.grant(jobId, 'copy'), grant);
  }

  private async revoke(jobId: string): Promise<void> {
    this.revoked.push(jobId);
    const path = paths.grant(jobId, 'copy');
    const grant = this.documents.json<GrantDocument>(path);
    if (grant) await this.write(path, { ...grant, revokedAtMs: this.clock.nowMs() });
  }

  private registry(): ConnectionRegistry {
    return {
      list: async () => [...this.connections.values()],
      find: async (name) => this.connections.get(name),
      put: async (connection) => void this.connections.set(connection.name, connection),
    };
  }

  private storageAccess(): StorageAccess {
    return { open: async () => ({ close: () => undefined, ...this.storage }) as Storage };
  }

  private logs(): TaskLogs {
    return {
      read: async function* () {},
      tail: async (prefix, eventsMax) =>
        this.logEvents.filter((event) => event.stream.startsWith(prefix)).slice(-eventsMax),
    };
  }
}

export type Answer = { status: number; headers: Headers; text: string; body: Record<string, unknown> };

function asJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export const aFailure = (key: string, more: Partial<FailureLine> = {}): FailureLine => ({
  key,
  outcome: 'failed',
  error: 'AccessDeniedError',
  message: 'Access denied.',
  remedy: 'Allow s3:GetObject.',
  sizeBytes: 1,
  shard: 1,
  atMs: NOON_MS,
  isFinal: true,
  ...more,
});
