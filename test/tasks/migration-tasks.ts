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
import type { ConnectionRegistry, StorageAccess } from '../../domain/ports.ts';
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
import { MemoryStore } from '../support/memory-store.ts';
import { FastClock, seededRandom } from '../support/time.ts';

export const JOB_ID = 'migrate-20261120-0123456789ab';
export const [SOURCE, TEMPORARY] = ['photos', 'mig-0123456789abcdef'];

export type MigrationOf = Readonly<{
  storage: StorageAccess;
  connections: Pick<ConnectionRegistry, 'find'>;
  /** Names of the two connections. */
  ours: string;
  theirs: string;
  namespace: string;
  options?: JobRequestInput['options'] | undefined;
}>;

/** A migration's documents and tasks; the buckets are whoever's `storage` leads to. */
export class MigrationTasks {
  readonly clock: FastClock;
  readonly documents = new MemoryStore();
  readonly lines: TaskLogLine[] = [];
  readonly job: JobDocument;
  readonly ports: TaskPorts;
  private readonly of: MigrationOf;

  constructor(of: MigrationOf, clock: FastClock) {
    this.of = of;
    this.clock = clock;
    const request = parseJobRequest({
      kind: 'migrate',
      source: { connection: of.ours, bucket: SOURCE },
      destination: { connection: of.theirs },
      ...(of.options ? { options: of.options } : {}),
    });
    this.job = { id: JOB_ID, createdAtMs: this.clock.nowMs(), createdBy: 'test', request };
    this.write(paths.request(JOB_ID), this.job);
    this.ports = {
      documents: this.documents,
      storage: of.storage,
      connections: of.connections,
      clock: this.clock,
      random: seededRandom(1),
      log: (line) => void this.lines.push(line),
    };
  }

  /** What the job saw when it began. */
  knowSource(seen: Pick<SourceDocument, 'accountId' | 'createdAtMs' | 'versioning' | 'carriesVersions'>): void {
    const place = { connection: this.of.ours, bucket: SOURCE, region: 'us-east-1' };
    const document: SourceDocument = { ...place, ...seen, seenAtMs: this.clock.nowMs() };
    this.write(paths.source(JOB_ID), document);
    this.lease(SOURCE, 'source');
  }

  knowTemporary(): void {
    const place = { connection: this.of.theirs, bucket: TEMPORARY, region: 'us-east-1' };
    const document: TemporaryBucketDocument = { ...place, chosenAtMs: this.clock.nowMs() };
    this.write(paths.temporaryBucket(JOB_ID), document);
    this.lease(TEMPORARY, 'temporary');
  }

  knowFinal(bucket = SOURCE): void {
    const place = { connection: this.of.theirs, bucket, region: 'us-east-1' };
    const document: FinalBucketDocument = { ...place, claimedAtMs: this.clock.nowMs(), isTemporary: false };
    this.write(paths.finalBucket(JOB_ID), document);
    this.pass('destination-bucket-created');
  }

  lease(bucket: string, role: LeaseDocument['role'], jobId = JOB_ID): void {
    const lease: LeaseDocument = { jobId, bucket, role, sinceMs: this.clock.nowMs() };
    this.write(paths.lease(this.of.namespace, bucket), lease);
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
    const source = this.documents.json<SourceDocument>(paths.source(JOB_ID));
    const sealed: Omit<ProofDocument, 'digest'> = {
      ...rest,
      jobId: JOB_ID,
      source: { connection: source?.connection ?? '', bucket: SOURCE, region: 'us-east-1' },
      temporaryBucket: TEMPORARY,
      carriesVersions: source?.carriesVersions ?? false,
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

  private jsonLines<T>(path: string): T[] {
    const text = new TextDecoder().decode(this.documents.documents.get(path));
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  }
}
