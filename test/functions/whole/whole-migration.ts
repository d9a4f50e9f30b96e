import { expect } from 'vitest';
import type { Connection } from '../../../domain/connection.ts';
import { paths } from '../../../domain/job-documents.ts';
import type { JobRequestInput } from '../../../domain/job-request.ts';
import { MINUTE_MS, SECOND_MS } from '../../../domain/time.ts';
import type { DocumentStore } from '../../../domain/ports.ts';
import type { TemporaryBucketDocument } from '../../../domain/migration.ts';
import type { JobView } from '../../../domain/views.ts';
import { createApi } from '../../../functions/api/create-api.ts';
import { Janitor } from '../../../functions/api/janitor.ts';
import type { ApiPorts } from '../../../functions/api/ports.ts';
import { Turns } from '../../../functions/api/turns.ts';
import { viewJob } from '../../../functions/progress/job-view.ts';
import { updateProgress } from '../../../functions/progress/update-progress.ts';
import { revokeAccess, runPreflight, steps, type Step, type StepPorts } from '../../../functions/steps/index.ts';
import { runTask } from '../../../fargate-task/run-task.ts';
import { definitions, substitutionsFor } from '../../../local/definitions.ts';
import { executionArn } from '../../../local/engine/description.ts';
import { Engine } from '../../../local/engine/engine.ts';
import { MemoryJournals } from '../../../local/engine/journal.ts';
import { flowsOf } from '../../../local/flows.ts';
import { VirtualClock } from '../../engine/virtual-clock.ts';
import { MemoryStorageConnections } from '../../support/memory-connections.ts';
import { MemoryWorld } from '../../support/memory-storage.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { seededRandom } from '../../support/time.ts';

export const BUCKET = 'photos';
const [OURS, THEIRS] = ['111111111111', '222222222222'];

/** What a step answers to its caller may be replaced by an error, before or after it did its work. */
export type StepFault = (step: string, when: 'before' | 'after') => Error | undefined;

/** The product's flows, steps, tasks and API in one process and in virtual time, over buckets in memory. */
export class WholeMigration {
  readonly clock = new VirtualClock('2026-01-01T00:00:00Z', manyTurns);
  readonly documents = new MemoryStore();
  readonly storage = new MemoryWorld(this.clock);
  readonly connections = new MemoryStorageConnections();
  readonly engine: Engine;
  readonly janitor: Janitor;
  readonly called: string[] = [];
  stepFault: StepFault = () => undefined;
  id = '';
  private readonly api;
  private readonly ports: ApiPorts;
  private readonly stepPorts: StepPorts;

  constructor() {
    for (const [name, account] of [
      ['ours', OURS],
      ['theirs', THEIRS],
    ] as const) {
      this.storage.addConnection(name, account);
      this.connections.add(name, account, { kind: 'sandbox', endpoint: 'http://sandbox' });
    }
    const random = seededRandom(1);
    const { documents, storage, connections, clock } = this;
    this.stepPorts = { documents, storage, connections, clock, random };
    this.engine = this.newEngine();
    const flows = flowsOf(this.engine, executionArn);
    this.ports = {
      ...this.stepPorts,
      connections,
      flows,
      logs: { read: async function* () {}, tail: async () => [] },
      health: () => ({ status: 'ok', version: '0.1.0', place: 'embedded', sandbox: true }),
      authorize: async () => ({ name: 'operator' }),
      runPreflight: (request) => runPreflight(request, this.stepPorts),
      revokeAccess: async (jobId) => void (await revokeAccess({ jobId }, this.stepPorts)),
      thawSource: async () => undefined,
      viewJob: (job) => viewJob(job, { documents, flows, clock }),
    };
    const turns = new Turns();
    this.api = createApi(this.ports, turns);
    this.janitor = new Janitor(this.ports, turns);
  }

  private newEngine(): Engine {
    return Engine.load({
      definitions,
      substitutions: substitutionsFor(Object.keys(steps)),
      resources: {
        invokeFunction: ({ functionName, payload }) => this.invoke(functionName, payload),
        runTask: (args, { signal }) => this.runTask(wordsOf(args), signal),
        readItems: ({ key }) => linesOf(key, this.documents),
      },
      journals: new MemoryJournals(),
      clock: this.clock,
      random: seededRandom(2),
      onProblem: ({ error }) => expect.fail(String(error)),
    });
  }

  private async invoke(name: string, payload: unknown): Promise<unknown> {
    this.called.push(name);
    const before = this.stepFault(name, 'before');
    if (before) throw before;
    const answer = await (steps as Record<string, Step>)[name]?.(payload, this.stepPorts);
    const after = this.stepFault(name, 'after');
    if (after) throw after;
    return answer;
  }

  private async runTask(words: readonly string[], signal: AbortSignal): Promise<unknown> {
    const code = await runTask(words, { ...this.stepPorts, log: () => undefined }, signal);
    signal.throwIfAborted();
    if (code === 0) return { LastStatus: 'STOPPED' };
    throw Object.assign(new Error(`ended with ${code}`), { name: 'States.TaskFailed' });
  }

  static async begin(options: JobRequestInput['options'] = {}, objects = ['a', 'b', 'c']): Promise<WholeMigration> {
    const world = new WholeMigration();
    world.storage.addBucket(BUCKET, OURS);
    for (const key of objects) world.storage.put(BUCKET, key, `content of ${key}`);
    world.id = await world.start({ options: { quarantineDays: 1, ...options } });
    return world;
  }

  async start(more: Partial<JobRequestInput> = {}): Promise<string> {
    const request = { kind: 'migrate', source: { connection: 'ours', bucket: BUCKET }, destination: { connection: 'theirs', region: 'eu-west-1' }, ...more }; // prettier-ignore
    const { status, body } = await this.call('POST', '/api/jobs', request);
    expect([status, body['detail']]).toEqual([201, undefined]);
    return body['id'] as string;
  }

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const sent = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await this.api.request(path, { method, ...(body === undefined ? {} : sent) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async post(action: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    return await this.meanwhile(this.call('POST', `/api/jobs/${this.id}/${action}`, body));
  }

  /** Time goes on while it is asked for. */
  private async meanwhile<T>(asked: Promise<T>): Promise<T> {
    let isAnswered = false;
    const answered = (): void => void (isAnswered = true);
    asked.then(answered, answered);
    for (let turns = 0; !isAnswered && turns < 200; turns += 1) await this.clock.advance(SECOND_MS);
    return await asked;
  }

  async job(id = this.id): Promise<JobView> {
    await updateProgress(id, this.ports);
    return (await this.call('GET', `/api/jobs/${id}`)).body as unknown as JobView;
  }

  async until(isSo: (job: JobView) => boolean, stepMs = 5 * SECOND_MS, turnsMax = 2000): Promise<JobView> {
    for (let turns = 0; turns < turnsMax; turns += 1) {
      const job = await this.job();
      if (isSo(job)) return job;
      await this.clock.advance(stepMs);
    }
    const { status, phase, problem, migration } = await this.job();
    throw new Error(`It never is: ${JSON.stringify({ status, phase, problem, stage: migration?.stage, called: this.called.slice(-8) })}`); // prettier-ignore
  }

  untilAsked = (question: string): Promise<JobView> =>
    this.until((job) => job.migration?.question?.question === question || hasEnded(job));
  untilEnded = (stepMs?: number): Promise<JobView> => this.until(hasEnded, stepMs);

  async consent(): Promise<void> {
    const job = await this.untilAsked('consent');
    const { digest } = job.migration?.proof ?? {};
    expect(await this.post('consent', { bucket: BUCKET, digest })).toMatchObject({ status: 200 });
  }

  /** From here to the end of the quarantine. */
  async toTheEnd(): Promise<JobView> {
    await this.consent();
    return await this.until(hasEnded, 10 * MINUTE_MS);
  }

  get temporary(): TemporaryBucketDocument | undefined {
    return this.documents.json<TemporaryBucketDocument>(paths.temporaryBucket(this.id));
  }

  leases(): string[] {
    return [...this.documents.documents.keys()].filter((path) => path.startsWith('leases/')).sort();
  }

  keys(bucket: string): string[] {
    return [...this.storage.bucket(bucket).objects.keys()].sort();
  }

  sids(bucket: string): (string | undefined)[] {
    return (this.storage.buckets.get(bucket)?.policy?.Statement ?? []).map(({ Sid }) => Sid);
  }

  change(connection: string, more: Partial<Connection>): void {
    this.connections.add(connection, connection === 'ours' ? OURS : THEIRS, more);
  }
}

export const hasEnded = ({ status }: JobView): boolean => status !== 'running' && status !== 'stopping';

/** Work between two sleeps takes turns of the event loop, and packing the lines of a proof takes a thread's. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function* linesOf(path: string, documents: DocumentStore): AsyncGenerator<string> {
  const stored = await documents.read(path);
  if (!stored) throw new Error(`There is no document ${path}.`);
  for (const line of new TextDecoder().decode(stored.body).split('\n')) if (line !== '') yield line;
}

function wordsOf(args: Readonly<Record<string, unknown>>): readonly string[] {
  const { Overrides } = args as { Overrides?: { ContainerOverrides?: { Command?: string[] }[] } };
  return Overrides?.ContainerOverrides?.[0]?.Command ?? [];
}
