import { jsonText } from '../../domain/document-access.ts';
import {
  paths,
  type DifferenceLine,
  type FailureLine,
  type JobDocument,
  type PlanSummary,
  type ShardResult,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../domain/job-request.ts';
import type { Connection } from '../../domain/connection.ts';
import type { TaskLogLine } from '../../domain/task-log.ts';
import { runTask } from '../../fargate-task/run-task.ts';
import type { TaskPorts } from '../../fargate-task/task-ports.ts';
import { MemoryStorageConnections } from './memory-connections.ts';
import { MemoryStore } from './memory-store.ts';
import { MemoryWorld } from './memory-storage.ts';
import { FastClock, seededRandom } from './time.ts';

export const JOB_ID = 'copy-20261120-0123456789ab';

export type JobSetup = Readonly<{
  options?: JobRequestInput['options'];
  source?: Readonly<Record<string, string>>;
  destination?: Readonly<Record<string, string>>;
  sourcePrefix?: string;
  destinationPrefix?: string;
  sourceConnection?: Partial<Connection>;
  destinationConnection?: Partial<Connection>;
  hasDestinationBucket?: boolean;
}>;

/** Two accounts, a bucket in each, and a job that copies one to the other; everything in memory. */
export class JobWorld {
  readonly clock = new FastClock();
  readonly documents = new MemoryStore();
  readonly storage = new MemoryWorld(this.clock);
  readonly connections = new MemoryStorageConnections();
  readonly lines: TaskLogLine[] = [];
  readonly job: JobDocument;
  readonly ports: TaskPorts;

  constructor(setup: JobSetup = {}) {
    this.storage.addConnection('ours', '111111111111');
    this.storage.addConnection('theirs', '222222222222');
    this.connections.add('ours', '111111111111', setup.sourceConnection);
    this.connections.add('theirs', '222222222222', setup.destinationConnection);
    this.storage.addBucket('source-bucket', '111111111111');
    if (setup.hasDestinationBucket !== false) this.storage.addBucket('destination-bucket', '222222222222');
    for (const [key, body] of Object.entries(setup.source ?? {})) this.storage.put('source-bucket', key, body);
    for (const [key, body] of Object.entries(setup.destination ?? {}))
      this.storage.put('destination-bucket', key, body);
    this.job = { id: JOB_ID, createdAtMs: this.clock.nowMs(), createdBy: 'test', request: requestOf(setup) };
    this.documents.documents.set(paths.request(JOB_ID), new TextEncoder().encode(jsonText(this.job)));
    this.ports = {
      documents: this.documents,
      storage: this.storage,
      connections: this.connections,
      clock: this.clock,
      random: seededRandom(1),
      log: (line) => void this.lines.push(line),
    };
  }

  /** What the grant step does, without the step. */
  grantByHand(): void {
    const principal = this.storage.identities.get('ours')?.principalArn;
    this.storage.bucket('destination-bucket').policy = {
      Statement: [{ Sid: 'Test', Effect: 'Allow', Principal: { AWS: principal } }],
    };
  }

  async plan(signal = new AbortController().signal): Promise<number> {
    return await this.run(['plan'], signal);
  }

  async copy(shard: number, signal = new AbortController().signal): Promise<number> {
    return await this.run(['copy', '--shard', `${shard}`], signal);
  }

  async verify(signal = new AbortController().signal): Promise<number> {
    return await this.run(['verify'], signal);
  }

  async run([task = '', ...flags]: readonly string[], signal: AbortSignal): Promise<number> {
    return await runTask([task, '--job', JOB_ID, '--transfer', 'copy', ...flags], this.ports, signal);
  }

  summary(): PlanSummary | undefined {
    return this.documents.json<PlanSummary>(paths.planSummary(JOB_ID, 'copy'));
  }

  pending(): number[] {
    return this.jsonLines<{ shard: number }>(paths.pendingShards(JOB_ID, 'copy')).map(({ shard }) => shard);
  }

  result(shard: number): ShardResult | undefined {
    return this.documents.json<ShardResult>(paths.result(JOB_ID, 'copy', shard));
  }

  failures(shard: number): FailureLine[] {
    return this.jsonLines<FailureLine>(paths.failures(JOB_ID, 'copy', shard));
  }

  verdict(round = 1): VerdictDocument | undefined {
    return this.documents.json<VerdictDocument>(paths.verdict(JOB_ID, 'copy', round));
  }

  differences(round = 1): DifferenceLine[] {
    return this.jsonLines<DifferenceLine>(paths.differences(JOB_ID, 'copy', round));
  }

  halt(task: 'plan' | 'verify'): { error: string; remedy: string } | undefined {
    return this.documents.json(paths.halt(JOB_ID, 'copy', task));
  }

  destinationKeys(): string[] {
    return [...this.storage.bucket('destination-bucket').objects.keys()].sort();
  }

  private jsonLines<T>(path: string): T[] {
    const text = new TextDecoder().decode(this.documents.documents.get(path));
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }
}

function requestOf({ options, sourcePrefix, destinationPrefix }: JobSetup): JobDocument['request'] {
  return parseJobRequest({
    kind: 'copy',
    source: { connection: 'ours', bucket: 'source-bucket', ...(sourcePrefix ? { prefix: sourcePrefix } : {}) },
    destination: {
      connection: 'theirs',
      bucket: 'destination-bucket',
      ...(destinationPrefix ? { prefix: destinationPrefix } : {}),
    },
    ...(options ? { options } : {}),
  });
}

/** `count` objects with different bodies, named so that they sort. */
export function manyObjects(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`object-${String(index).padStart(5, '0')}`, `body ${index}`]),
  );
}
