import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { jsonText } from '../../domain/document-access.ts';
import {
  paths,
  type DifferenceLine,
  type DiscardResult,
  type EmptiedBucket,
  type EmptiedResult,
  type FailureLine,
  type HaltDocument,
  type JobDocument,
  type LeaseDocument,
  type Milestone,
  type PlanSummary,
  type ShardResult,
  type TransferName,
  type VerdictDocument,
} from '../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../domain/job-request.ts';
import type { FinalBucketDocument, SourceDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import { freezeStatement } from '../../domain/policy.ts';
import {
  canonicalProof,
  parseProofLine,
  type ConsentDocument,
  type ProofCandidate,
  type ProofDocument,
  type ProvenObject,
} from '../../domain/proof.ts';
import type { TaskLogLine } from '../../domain/task-log.ts';
import { runTask } from '../../fargate-task/run-task.ts';
import type { TaskPorts } from '../../fargate-task/task-ports.ts';
import { isMarker } from '../support/memory-bucket.ts';
import { MemoryStorageConnections } from '../support/memory-connections.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { MemoryWorld } from '../support/memory-storage.ts';
import { FastClock, seededRandom } from '../support/time.ts';

export const JOB_ID = 'migrate-20261120-0123456789ab';
export const [SOURCE, TEMPORARY] = ['photos', 'mig-0123456789abcdef'];
const [OUR_ACCOUNT, THEIR_ACCOUNT] = ['111111111111', '222222222222'];

export type MigrationSetup = Readonly<{
  options?: JobRequestInput['options'];
  source?: Readonly<Record<string, string>>;
  versioning?: SourceDocument['versioning'];
  carriesVersions?: boolean;
}>;

/** Two accounts and a bucket that moves from one to the other, with what the steps around the tasks have done. */
export class MigrationWorld {
  readonly clock = new FastClock();
  readonly documents = new MemoryStore();
  readonly storage = new MemoryWorld(this.clock);
  readonly connections = new MemoryStorageConnections();
  readonly lines: TaskLogLine[] = [];
  readonly job: JobDocument;
  readonly ports: TaskPorts;
  readonly hasVersions: boolean;
  readonly carriesVersions: boolean;

  constructor({ options, source = {}, versioning = 'off', carriesVersions }: MigrationSetup = {}) {
    this.hasVersions = versioning !== 'off';
    this.carriesVersions = carriesVersions ?? this.hasVersions;
    this.storage.addConnection('ours', OUR_ACCOUNT);
    this.storage.addConnection('theirs', THEIR_ACCOUNT);
    this.connections.add('ours', OUR_ACCOUNT);
    this.connections.add('theirs', THEIR_ACCOUNT);
    const request = parseJobRequest({
      kind: 'migrate',
      source: { connection: 'ours', bucket: SOURCE },
      destination: { connection: 'theirs' },
      ...(options ? { options } : {}),
    });
    this.job = { id: JOB_ID, createdAtMs: this.clock.nowMs(), createdBy: 'test', request };
    this.write(paths.request(JOB_ID), this.job);
    this.ports = {
      documents: this.documents,
      storage: this.storage,
      connections: this.connections,
      clock: this.clock,
      random: seededRandom(1),
      log: (line) => void this.lines.push(line),
    };
    this.makeSource(versioning, source);
    this.makeTemporary();
  }

  private makeSource(versioning: SourceDocument['versioning'], objects: Readonly<Record<string, string>>): void {
    const bucket = this.storage.addBucket(SOURCE, OUR_ACCOUNT, { versioning });
    for (const [key, body] of Object.entries(objects)) this.storage.put(SOURCE, key, body);
    bucket.policy = { Statement: [freezeStatement(JOB_ID, SOURCE, 'aws', { kind: 'sessions' })] };
    const document: SourceDocument = {
      connection: 'ours',
      bucket: SOURCE,
      region: 'us-east-1',
      accountId: OUR_ACCOUNT,
      createdAtMs: this.clock.nowMs(),
      versioning,
      carriesVersions: this.carriesVersions,
      seenAtMs: this.clock.nowMs(),
    };
    this.write(paths.source(JOB_ID), document);
    this.lease(SOURCE, 'source');
  }

  private makeTemporary(): void {
    const versioning = this.carriesVersions ? 'enabled' : 'off';
    this.storage.addBucket(TEMPORARY, THEIR_ACCOUNT, { versioning, tags: { 'bucket-migrator:job': JOB_ID } });
    this.allow(TEMPORARY, 'ours');
    const document: TemporaryBucketDocument = {
      connection: 'theirs',
      bucket: TEMPORARY,
      region: 'us-east-1',
      chosenAtMs: this.clock.nowMs(),
    };
    this.write(paths.temporaryBucket(JOB_ID), document);
    this.lease(TEMPORARY, 'temporary');
  }

  /** The source is gone, and its name is the destination account's. */
  makeFinal(): void {
    this.storage.buckets.delete(SOURCE);
    this.storage.addBucket(SOURCE, THEIR_ACCOUNT, { versioning: this.carriesVersions ? 'enabled' : 'off' });
    const document: FinalBucketDocument = {
      connection: 'theirs',
      bucket: SOURCE,
      region: 'us-east-1',
      claimedAtMs: this.clock.nowMs(),
      isTemporary: false,
    };
    this.write(paths.finalBucket(JOB_ID), document);
    this.pass('destination-bucket-created');
  }

  /** What the undo's steps do before the copies: the freeze lets them in. */
  admitUndo(): void {
    this.pass('undo-began');
    this.allow(SOURCE, 'theirs');
  }

  private allow(bucket: string, connection: string): void {
    const principal = this.storage.identities.get(connection)?.principalArn;
    this.storage.bucket(bucket).policy = {
      Statement: [{ Sid: 'Test', Effect: 'Allow', Principal: { AWS: principal } }],
    };
  }

  lease(bucket: string, role: LeaseDocument['role'], jobId = JOB_ID): void {
    const lease: LeaseDocument = { jobId, bucket, role, sinceMs: this.clock.nowMs() };
    this.write(paths.lease('aws', bucket), lease);
  }

  write(path: string, value: unknown): void {
    this.documents.documents.set(path, new TextEncoder().encode(jsonText(value)));
  }

  pass(...milestones: Milestone[]): void {
    for (const milestone of milestones) this.write(paths.milestone(JOB_ID, milestone), { atMs: this.clock.nowMs() });
  }

  // --- tasks ---

  async run(words: readonly string[], signal = new AbortController().signal): Promise<number> {
    const [task = '', ...flags] = words;
    return await runTask([task, '--job', JOB_ID, ...flags], this.ports, signal);
  }

  async plan(transfer: TransferName = 'copy'): Promise<number> {
    return await this.run(['plan', '--transfer', transfer]);
  }

  async copyShards(transfer: TransferName = 'copy'): Promise<void> {
    for (const shard of this.pending(transfer)) await this.run(['copy', '--transfer', transfer, '--shard', `${shard}`]);
  }

  async verify(transfer: TransferName = 'copy'): Promise<VerdictDocument | undefined> {
    await this.run(['verify', '--transfer', transfer]);
    return this.verdict(transfer);
  }

  /** What the flow does: plans, copies and verifies until both sides are equal or nothing changes any more. */
  async transfer(transfer: TransferName = 'copy'): Promise<VerdictDocument | undefined> {
    for (let round = 0; round < 3; round += 1) {
      await this.plan(transfer);
      await this.copyShards(transfer);
      const verdict = await this.verify(transfer);
      if (verdict?.verdict !== 'differences-found') return verdict;
    }
    return this.verdict(transfer);
  }

  async prove(): Promise<ProofCandidate | undefined> {
    await this.run(['prove']);
    return this.candidate();
  }

  async empty(bucket: EmptiedBucket, part = 1, ...more: readonly string[]): Promise<number> {
    return await this.run(['empty', '--bucket', bucket, '--part', `${part}`, ...more]);
  }

  /** Empties every part of the proof. */
  async emptyAll(bucket: EmptiedBucket): Promise<void> {
    for (const { part } of this.proof()?.parts ?? []) await this.empty(bucket, part);
  }

  /** What the step does that seals, and a person who consents. */
  seal(): ProofDocument {
    const candidate = this.candidate();
    if (!candidate) throw new Error('nothing was proven');
    const { verdict: _, ...rest } = candidate;
    const sealed: Omit<ProofDocument, 'digest'> = {
      ...rest,
      jobId: JOB_ID,
      source: { connection: 'ours', bucket: SOURCE, region: 'us-east-1', accountId: OUR_ACCOUNT },
      temporaryBucket: TEMPORARY,
      carriesVersions: this.carriesVersions,
      configurationDigest: 'none',
      sealedAtMs: this.clock.nowMs(),
    };
    const digest = createHash('sha256').update(canonicalProof(sealed)).digest('hex');
    this.write(paths.proof(JOB_ID), { ...sealed, digest });
    return { ...sealed, digest };
  }

  consent(proof = this.proof()): void {
    if (!proof) throw new Error('nothing was sealed');
    const { lostVersionCount } = proof;
    const consent: ConsentDocument = {
      proof: proof.proof,
      digest: proof.digest,
      bucket: SOURCE,
      by: 'test',
      atMs: this.clock.nowMs(),
      ...(lostVersionCount > 0 ? { lostVersionCount } : {}),
    };
    this.write(paths.consent(JOB_ID, proof.proof), consent);
  }

  /** Everything up to the moment when deletions may begin. */
  async throughTheGate(): Promise<void> {
    await this.transfer();
    await this.prove();
    this.seal();
    this.consent();
    this.pass('consented', 'emptying-began');
  }

  // --- what is there ---

  summary(transfer: TransferName = 'copy'): PlanSummary | undefined {
    return this.documents.json(paths.planSummary(JOB_ID, transfer));
  }

  pending(transfer: TransferName = 'copy'): number[] {
    return this.jsonLines<{ shard: number }>(paths.pendingShards(JOB_ID, transfer)).map(({ shard }) => shard);
  }

  result(shard: number, transfer: TransferName = 'copy'): ShardResult | undefined {
    return this.documents.json(paths.result(JOB_ID, transfer, shard));
  }

  failures(shard: number, transfer: TransferName = 'copy'): FailureLine[] {
    return this.jsonLines(paths.failures(JOB_ID, transfer, shard));
  }

  verdict(transfer: TransferName = 'copy'): VerdictDocument | undefined {
    return this.documents.json(paths.verdict(JOB_ID, transfer, this.summary(transfer)?.round ?? 1));
  }

  differences(transfer: TransferName = 'copy'): DifferenceLine[] {
    return this.jsonLines(paths.differences(JOB_ID, transfer, this.summary(transfer)?.round ?? 1));
  }

  halt(task: 'plan' | 'verify' | 'prove' | 'discard', transfer: TransferName = 'copy'): HaltDocument | undefined {
    return this.documents.json(paths.halt(JOB_ID, transfer, task));
  }

  candidate(): ProofCandidate | undefined {
    return this.documents.json(paths.proofCandidate(JOB_ID));
  }

  proof(): ProofDocument | undefined {
    return this.documents.json(paths.proof(JOB_ID));
  }

  emptied(bucket: EmptiedBucket, part = 1): EmptiedResult | undefined {
    return this.documents.json(paths.emptied(JOB_ID, bucket, this.proof()?.proof ?? 0, part));
  }

  discarded(): DiscardResult | undefined {
    return this.documents.json(paths.discard(JOB_ID));
  }

  /** The lines of the proof that the candidate names. */
  proven(): ProvenObject[] {
    const { proof = 0, parts = [] } = this.candidate() ?? {};
    return parts.flatMap(({ part }) => this.linesOfPart(proof, part));
  }

  linesOfPart(proof: number, part: number): ProvenObject[] {
    const body = this.documents.documents.get(paths.proofPart(JOB_ID, proof, part)) ?? new Uint8Array();
    return gunzipSync(body).toString().split('\n').filter(Boolean).map(parseProofLine);
  }

  keys(bucket: string): string[] {
    return [...this.storage.bucket(bucket).objects.keys()].sort();
  }

  /** Bodies of all versions of a key, oldest first; `null` is a delete marker. */
  history(bucket: string, key: string): (string | null)[] {
    return this.storage.history(bucket, key).map((version) => (isMarker(version) ? null : version.body));
  }

  private jsonLines<T>(path: string): T[] {
    const text = new TextDecoder().decode(this.documents.documents.get(path));
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }
}
