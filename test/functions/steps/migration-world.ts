import type { Connection } from '../../../domain/connection.ts';
import { jsonText, readJson, readLines } from '../../../domain/document-access.ts';
import { MILESTONES, paths, type JobDocument, type LeaseDocument } from '../../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../../domain/job-request.ts';
import type { FreezeDocument, SourceDocument, TemporaryBucketDocument } from '../../../domain/migration.ts';
import type { BucketFacts, Storage, StorageAccess, StorageRequest } from '../../../domain/ports.ts';
import type { ConsentDocument, ProofDocument } from '../../../domain/proof.ts';
import { SECOND_MS } from '../../../domain/time.ts';
import { runTask } from '../../../fargate-task/run-task.ts';
import type { TaskPorts } from '../../../fargate-task/task-ports.ts';
import { steps, type StepPorts } from '../../../functions/steps/index.ts';
import { MemoryStorageConnections } from '../../support/memory-connections.ts';
import { MemoryWorld, type MemoryBucket } from '../../support/memory-storage.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { FastClock, seededRandom } from '../../support/time.ts';

export const JOB = 'migrate-20261120-0123456789ab';
export const BUCKET = 'photos';

export type MigrationSetup = Readonly<{
  objects?: Readonly<Record<string, string>>;
  source?: Partial<BucketFacts>;
  options?: JobRequestInput['options'];
  region?: string;
  sourceConnection?: Partial<Connection>;
  destinationConnection?: Partial<Connection>;
  /** Both connections lead to one account. */
  isOneAccount?: boolean;
}>;

/** The program is gone at once: nothing of it runs on. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** The flow in short: its steps and tasks as a test wants them, without the engine. */
export abstract class MigrationFlow {
  abstract readonly ports: StepPorts & TaskPorts;
  protected abstract wait(seconds: number): Promise<void>;
  /** Copies that come before their grant is in force are tried again for a while; that is not what is asked here. */
  protected readonly grantSettlesSeconds: number = 0;

  async step<Output>(name: keyof typeof steps, more: object = {}): Promise<Output> {
    return (await steps[name]({ jobId: JOB, ...more }, this.ports)) as Output;
  }

  async task(...words: readonly string[]): Promise<number> {
    const [task = '', ...flags] = words;
    return await runTask([task, '--job', JOB, ...flags], this.ports, new AbortController().signal);
  }

  async freeze(): Promise<void> {
    await this.step('checkMigration');
    await this.step('captureConfiguration');
    await this.step('freezeSource');
    await this.untilInForce('probeFreeze');
  }

  async makeTemporaryBucket(): Promise<void> {
    const { waitSeconds } = await this.step<{ waitSeconds: number }>('createTemporaryBucket');
    await this.wait(waitSeconds);
    await this.step('protectTemporaryBucket', { writes: 'allowed' });
    await this.untilInForce('probeProtection', { wants: 'protected' });
  }

  async transfer(): Promise<void> {
    await this.copyOver();
    await this.step('revokeAccess');
  }

  async copyOver(): Promise<void> {
    await this.step('grantAccess', { transfer: 'copy' });
    await this.succeeds('plan', '--transfer', 'copy');
    for (const shard of await this.pending()) {
      await this.step('keepAccessGranted', { transfer: 'copy' });
      await this.wait(this.grantSettlesSeconds);
      await this.succeeds('copy', '--transfer', 'copy', '--shard', `${shard}`);
    }
    await this.succeeds('verify', '--transfer', 'copy');
  }

  async prove(): Promise<{ outcome: 'sealed' | 'changed'; digest?: string }> {
    await this.step('protectTemporaryBucket', { writes: 'denied' });
    await this.succeeds('prove');
    return await this.step('sealProof');
  }

  /** Everything up to the question. */
  async untilProven(): Promise<ProofDocument> {
    await this.freeze();
    await this.makeTemporaryBucket();
    await this.transfer();
    const { outcome } = await this.prove();
    if (outcome !== 'sealed') throw new Error('the two listings do not agree');
    return await this.sealedProof();
  }

  async consent(change: Partial<ConsentDocument> = {}): Promise<void> {
    const { proof, digest, lostVersionCount, source } = await this.sealedProof();
    const lost = lostVersionCount > 0 ? { lostVersionCount } : {};
    const atMs = this.ports.clock.nowMs();
    const consent: ConsentDocument = { proof, digest, bucket: source.bucket, by: 'test', atMs, ...lost, ...change };
    await this.ports.documents.write(paths.consent(JOB, proof), jsonText(consent));
  }

  /** Everything up to the gate, with consent. */
  async untilConsented(): Promise<void> {
    await this.untilProven();
    await this.consent();
  }

  private async untilInForce(name: 'probeFreeze' | 'probeProtection', more: object = {}): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const { inForce, waitSeconds } = await this.step<{ inForce: boolean; waitSeconds: number }>(name, more);
      if (inForce) return;
      await this.wait(waitSeconds);
    }
    throw new Error(`${name} never ends`);
  }

  private async succeeds(...words: readonly string[]): Promise<void> {
    const code = await this.task(...words);
    if (code !== 0) throw new Crash(`${words.join(' ')} ended with ${code}`);
  }

  private async pending(): Promise<number[]> {
    const shards: number[] = [];
    const lines = readLines<{ shard: number }>(this.ports.documents, paths.pendingShards(JOB, 'copy'));
    for await (const { shard } of lines) shards.push(shard);
    return shards;
  }

  private async sealedProof(): Promise<ProofDocument> {
    return (await readJson<ProofDocument>(this.ports.documents, paths.proof(JOB))) as ProofDocument;
  }
}

/** Two accounts, a bucket in the first, and a job that moves it to the second; everything in memory. */
export class MigrationWorld extends MigrationFlow {
  readonly clock = new FastClock();
  readonly documents = new MemoryStore();
  readonly storage = new MemoryWorld(this.clock);
  readonly connections = new MemoryStorageConnections();
  readonly job: JobDocument;
  readonly ports: StepPorts & TaskPorts;
  /** What a probe answers instead of what is so: policies that take effect late. */
  probeAnswer: ((request: StorageRequest) => 'refused' | 'allowed' | undefined) | undefined;

  constructor(setup: MigrationSetup = {}) {
    super();
    const destinationAccount = setup.isOneAccount ? '111111111111' : '222222222222';
    this.storage.addConnection('ours', '111111111111');
    this.storage.addConnection('theirs', destinationAccount);
    this.connections.add('ours', '111111111111', setup.sourceConnection);
    this.connections.add('theirs', destinationAccount, setup.destinationConnection);
    this.storage.addBucket(BUCKET, '111111111111', setup.source);
    for (const [key, body] of Object.entries(setup.objects ?? { a: '1', b: '22' })) this.storage.put(BUCKET, key, body);
    this.clock.advance(48 * 3600 * SECOND_MS);
    this.job = { id: JOB, createdAtMs: this.clock.nowMs(), createdBy: 'test', request: requestOf(setup) };
    this.documents.documents.set(paths.request(JOB), new TextEncoder().encode(jsonText(this.job)));
    this.ports = {
      documents: this.documents,
      storage: { open: (request) => this.open(request) } satisfies StorageAccess,
      connections: this.connections,
      clock: this.clock,
      random: seededRandom(1),
      log: () => undefined,
    };
  }

  protected async wait(seconds: number): Promise<void> {
    this.clock.advance(seconds * SECOND_MS);
  }

  private async open(request: StorageRequest): Promise<Storage> {
    const storage = await this.storage.open(request);
    const answer = this.probeAnswer?.(request);
    if (answer !== undefined) storage.probeDelete = async () => answer;
    return storage;
  }

  // --- what is there -----------------------------------------------------------------------------------------------

  source(): MemoryBucket {
    return this.storage.bucket(BUCKET);
  }

  temporary(): MemoryBucket {
    return this.storage.bucket(this.temporaryDocument().bucket);
  }

  sids(bucket: string): (string | undefined)[] {
    return (this.storage.bucket(bucket).policy?.Statement ?? []).map(({ Sid }) => Sid);
  }

  sourceDocument(): SourceDocument | undefined {
    return this.documents.json(paths.source(JOB));
  }

  freezeDocument(): FreezeDocument | undefined {
    return this.documents.json(paths.freeze(JOB));
  }

  temporaryDocument(): TemporaryBucketDocument {
    return this.documents.json<TemporaryBucketDocument>(paths.temporaryBucket(JOB)) as TemporaryBucketDocument;
  }

  proof(): ProofDocument {
    return this.documents.json<ProofDocument>(paths.proof(JOB)) as ProofDocument;
  }

  milestones(): string[] {
    return MILESTONES.filter((name) => this.documents.documents.has(paths.milestone(JOB, name)));
  }

  leases(): string[] {
    const held = [...this.documents.documents.keys()].filter((path) => path.startsWith('leases/'));
    return held.filter((path) => this.documents.json<LeaseDocument>(path)?.jobId === JOB).sort();
  }

  async change<T extends object>(path: string, change: (value: T) => object): Promise<void> {
    await this.documents.write(path, jsonText(change(this.documents.json<T>(path) as T)));
  }

  changeFacts(bucket: string, facts: Partial<BucketFacts>): void {
    const there = this.storage.bucket(bucket);
    there.facts = { ...there.facts, ...facts };
  }
}

function requestOf({ options, region }: MigrationSetup): JobDocument['request'] {
  return parseJobRequest({
    kind: 'migrate',
    source: { connection: 'ours', bucket: BUCKET },
    destination: { connection: 'theirs', ...(region === undefined ? {} : { region }) },
    ...(options ? { options } : {}),
  });
}

/**
 * Runs the work again and again, each time on a world of its own, with a crash at the n-th thing it asks of a storage
 * or writes into a document, then once more to its end; for every n that there is. Answers how many there were.
 */
export async function crashAnywhere(
  newWorld: () => MigrationWorld,
  work: (world: MigrationWorld) => Promise<void>,
  check: (world: MigrationWorld, crashedAt: number) => void | Promise<void>,
  stride = 1,
): Promise<number> {
  for (let at = 1; ; at += stride) {
    const world = newWorld();
    if (!(await crashesAt(world, at, work))) return at - 1;
    await work(world);
    await check(world, at);
  }
}

/** False when the work ended before it came so far. */
async function crashesAt(world: MigrationWorld, at: number, work: (world: MigrationWorld) => Promise<void>) {
  let count = 0;
  const crash = (): Crash | undefined => {
    count += 1;
    return count >= at ? new Crash(`crashed at ${at}`) : undefined;
  };
  world.storage.fault = () => crash();
  world.documents.beforeWrite = () => {
    const error = crash();
    if (error) throw error;
  };
  try {
    await work(world);
  } catch (error) {
    if (count < at) throw error;
  } finally {
    world.storage.fault = undefined;
    world.documents.beforeWrite = undefined;
  }
  return count >= at;
}
