import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { jsonText, passMilestone } from '../../../domain/document-access.ts';
import type { Connection } from '../../../domain/connection.ts';
import {
  paths,
  type EmptiedBucket,
  type EmptiedResult,
  type JobDocument,
  type Milestone,
  type PlanSummary,
  type ReportDocument,
  type TransferName,
  type VerdictDocument,
} from '../../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../../domain/job-request.ts';
import { compareKeys, toPercentForm } from '../../../domain/keys.ts';
import type {
  FinalBucketDocument,
  FreezeDocument,
  SourceDocument,
  TemporaryBucketDocument,
} from '../../../domain/migration.ts';
import { freezeSid, freezeStatement, protectStatement, sealStatement } from '../../../domain/policy.ts';
import type { Removal, StorageRequest } from '../../../domain/ports.ts';
import {
  formatProofLine,
  type ConsentDocument,
  type ProofDocument,
  type ProofPart,
  type ProvenObject,
} from '../../../domain/proof.ts';
import { JOB_TAG } from '../../../functions/steps/create-destination-bucket.ts';
import { steps, type StepPorts } from '../../../functions/steps/index.ts';
import { digestOfProof } from '../../../functions/steps/proof-on-disk.ts';
import { MemoryStorageConnections } from '../../support/memory-connections.ts';
import { historyOf, isMarker, versionIdOf, type MemoryVersion } from '../../support/memory-bucket.ts';
import { MemoryWorld } from '../../support/memory-storage.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { FastClock, seededRandom } from '../../support/time.ts';

export const MIGRATION_ID = 'migrate-20261120-0123456789ab';
export const SOURCE = 'the-bucket';
export const TEMPORARY = 'mig-0123456789abcdef0123456789abcdef';
export const OURS = '111111111111';
export const THEIRS = '222222222222';
const LINES_PER_PART = 2;

export type MigrationSetup = Readonly<{
  objects?: Readonly<Record<string, string>>;
  options?: JobRequestInput['options'];
  versioning?: 'off' | 'enabled' | 'suspended';
  carriesVersions?: boolean;
  connection?: Partial<Connection>;
  /** Milestones that were passed; those of a gate that was passed when left out. */
  passed?: readonly Milestone[];
}>;

const AT_THE_GATE: readonly Milestone[] = [
  'started',
  'source-frozen',
  'temporary-bucket-created',
  'copied',
  'verified',
  'proof-sealed',
  'consented',
  'emptying-began',
];

/** A migration right after its gate: frozen, copied, proven, consented; nothing is deleted yet. Everything in memory. */
export class AfterGate {
  readonly clock = new FastClock();
  readonly documents = new MemoryStore();
  readonly storage = new MemoryWorld(this.clock);
  readonly connections = new MemoryStorageConnections();
  readonly ports: StepPorts;
  readonly job: JobDocument;
  private readonly setup: MigrationSetup;

  private constructor(setup: MigrationSetup) {
    this.setup = setup;
    this.storage.addConnection('ours', OURS);
    this.storage.addConnection('theirs', THEIRS);
    this.connections.add('ours', OURS, { kind: 'sandbox', endpoint: 'http://sandbox', ...setup.connection });
    this.connections.add('theirs', THEIRS, { kind: 'sandbox', endpoint: 'http://sandbox', ...setup.connection });
    const request = parseJobRequest({
      kind: 'migrate',
      source: { connection: 'ours', bucket: SOURCE },
      destination: { connection: 'theirs', region: 'eu-west-1' },
      ...(setup.options ? { options: setup.options } : {}),
    });
    this.job = { id: MIGRATION_ID, createdAtMs: this.clock.nowMs(), createdBy: 'test', request };
    this.ports = {
      documents: this.documents,
      storage: this.storage,
      connections: this.connections,
      clock: this.clock,
      random: seededRandom(1),
    };
  }

  static async begin(setup: MigrationSetup = {}): Promise<AfterGate> {
    const world = new AfterGate(setup);
    world.makeBuckets(setup);
    await world.writeBeginning();
    await world.seal();
    for (const name of setup.passed ?? AT_THE_GATE) await world.pass(name);
    return world;
  }

  private makeBuckets({ objects = { a: '1', b: '22', c: '333' }, versioning = 'off' }: MigrationSetup): void {
    this.storage.addBucket(SOURCE, OURS, { versioning });
    this.storage.addBucket(TEMPORARY, THEIRS, {
      region: 'eu-west-1',
      versioning: this.carriesVersions ? 'enabled' : 'off',
      tags: { [JOB_TAG]: MIGRATION_ID },
    });
    for (const [key, body] of Object.entries(objects)) {
      this.storage.put(SOURCE, key, body);
      this.storage.put(TEMPORARY, key, body);
    }
    const exemption = { kind: 'sessions' } as const;
    const freeze = freezeStatement(MIGRATION_ID, SOURCE, 'aws', exemption, 'emptying');
    this.storage.bucket(SOURCE).policy = { Statement: [theirStatement, freeze] };
    const protect = protectStatement(MIGRATION_ID, TEMPORARY, 'aws');
    this.storage.bucket(TEMPORARY).policy = { Statement: [protect, sealStatement(MIGRATION_ID, TEMPORARY, 'aws')] };
  }

  private get carriesVersions(): boolean {
    return this.setup.carriesVersions ?? this.setup.versioning === 'enabled';
  }

  private async writeBeginning(): Promise<void> {
    const atMs = this.clock.nowMs();
    await this.write(paths.request(MIGRATION_ID), this.job);
    const source: SourceDocument = {
      connection: 'ours',
      bucket: SOURCE,
      region: 'us-east-1',
      accountId: OURS,
      createdAtMs: atMs,
      versioning: this.setup.versioning ?? 'off',
      carriesVersions: this.carriesVersions,
      seenAtMs: atMs,
    };
    await this.write(paths.source(MIGRATION_ID), source);
    const temporary: TemporaryBucketDocument = {
      connection: 'theirs',
      bucket: TEMPORARY,
      region: 'eu-west-1',
      chosenAtMs: atMs,
      createdAtMs: atMs,
      ...(this.carriesVersions ? { versionedAtMs: atMs } : {}),
    };
    await this.write(paths.temporaryBucket(MIGRATION_ID), temporary);
    const freeze: FreezeDocument = {
      connection: 'ours',
      bucket: SOURCE,
      sid: freezeSid(MIGRATION_ID),
      putAtMs: atMs,
      inForceAtMs: atMs,
    };
    await this.write(paths.freeze(MIGRATION_ID), freeze);
    for (const [bucket, role] of [
      [SOURCE, 'source'],
      [TEMPORARY, 'temporary'],
    ]) {
      const lease = { jobId: MIGRATION_ID, bucket, role, sinceMs: atMs };
      await this.write(paths.lease('sandbox', bucket ?? ''), lease);
    }
  }

  /** Proof number `proof` over what stands in both buckets now, and consent to it. */
  async seal(proof = 1): Promise<ProofDocument> {
    const keys = [...this.storage.bucket(SOURCE).objects.keys(), ...this.storage.bucket(SOURCE).older.keys()];
    const lines = [...new Set(keys)].sort(compareKeys).flatMap((key) => this.linesOf(key));
    const parts: ProofPart[] = [];
    for (let from = 0; from < lines.length; from += LINES_PER_PART)
      parts.push(await this.writePart(proof, parts.length + 1, lines.slice(from, from + LINES_PER_PART)));
    const count = (isCounted: (line: ProvenObject) => boolean | undefined) => lines.filter(isCounted).length;
    const unsigned: Omit<ProofDocument, 'digest'> = {
      jobId: MIGRATION_ID,
      proof,
      summary: 'Both sides are equal.',
      sourceDigest: 'd'.repeat(64),
      lineCount: lines.length,
      keyCount: new Set(lines.map(({ key }) => key)).size,
      deleteMarkerCount: count(({ isDeleteMarker, isLost }) => isDeleteMarker && !isLost),
      sizeBytes: lines.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      grades: { A: 0, B: 0, C: lines.length, D: 0 },
      lostVersionCount: count(({ isDeleteMarker, isLost }) => isLost && !isDeleteMarker),
      lostMarkerCount: count(({ isDeleteMarker, isLost }) => isLost && isDeleteMarker),
      extraCount: 0,
      parts,
      provedAtMs: this.clock.nowMs(),
      source: { connection: 'ours', bucket: SOURCE, region: 'us-east-1', accountId: OURS },
      temporaryBucket: TEMPORARY,
      carriesVersions: this.carriesVersions,
      configurationDigest: 'c'.repeat(64),
      sealedAtMs: this.clock.nowMs(),
    };
    const document: ProofDocument = { ...unsigned, digest: digestOfProof(unsigned) };
    await this.write(paths.proof(MIGRATION_ID), document);
    const { digest, lostVersionCount } = document;
    const consent: ConsentDocument = {
      proof,
      digest,
      bucket: SOURCE,
      by: 'A Person',
      atMs: this.clock.nowMs(),
      ...(lostVersionCount > 0 ? { lostVersionCount } : {}),
    };
    await this.write(paths.consent(MIGRATION_ID, proof), consent);
    return document;
  }

  private linesOf(key: string): ProvenObject[] {
    const copies = historyOf(this.storage.bucket(TEMPORARY), key);
    const hasVersions = this.storage.bucket(SOURCE).facts.versioning !== 'off';
    const versions = historyOf(this.storage.bucket(SOURCE), key);
    return versions.map((version, index) => {
      const isLost = !this.carriesVersions && index < versions.length - 1;
      return lineOf(key, version, { hasVersions, carriesVersions: this.carriesVersions, isLost, copies });
    });
  }

  private async writePart(proof: number, part: number, lines: readonly ProvenObject[]): Promise<ProofPart> {
    const text = lines.map((line) => `${formatProofLine(line)}\n`).join('');
    await this.documents.write(paths.proofPart(MIGRATION_ID, proof, part), gzipSync(text));
    return {
      part,
      lineCount: lines.length,
      firstKey: toPercentForm(lines[0]?.key ?? ''),
      lastKey: toPercentForm(lines.at(-1)?.key ?? ''),
      sha256: createHash('sha256').update(text).digest('hex'),
    };
  }

  step(name: keyof typeof steps, input: object = {}, ports: StepPorts = this.ports): Promise<unknown> {
    return steps[name]({ jobId: MIGRATION_ID, ...input }, ports);
  }

  async write(path: string, value: unknown): Promise<void> {
    await this.documents.write(path, jsonText(value));
  }

  async pass(...names: readonly Milestone[]): Promise<void> {
    for (const name of names) await passMilestone(this.documents, MIGRATION_ID, name, this.clock.nowMs());
  }

  hasPassed(name: Milestone): boolean {
    return this.documents.documents.has(paths.milestone(MIGRATION_ID, name));
  }

  json<T>(path: string): T | undefined {
    return this.documents.json<T>(path);
  }

  get proof(): ProofDocument {
    return this.json<ProofDocument>(paths.proof(MIGRATION_ID)) as ProofDocument;
  }

  get temporary(): TemporaryBucketDocument {
    return this.json<TemporaryBucketDocument>(paths.temporaryBucket(MIGRATION_ID)) as TemporaryBucketDocument;
  }

  get final(): FinalBucketDocument | undefined {
    return this.json<FinalBucketDocument>(paths.finalBucket(MIGRATION_ID));
  }

  get report(): ReportDocument | undefined {
    return this.json<ReportDocument>(paths.report(MIGRATION_ID));
  }

  leases(): string[] {
    return [...this.documents.documents.keys()].filter((path) => path.startsWith('leases/')).sort();
  }

  sids(bucket: string): (string | undefined)[] {
    return (this.storage.buckets.get(bucket)?.policy?.Statement ?? []).map(({ Sid }) => Sid);
  }

  /** What the task does, as far as `allows` lets it: every version of every key, newest first. */
  async empty(role: EmptiedBucket, allows: (key: string) => boolean = () => true): Promise<void> {
    const [connection, bucket] = role === 'source' ? ['ours', SOURCE] : ['theirs', TEMPORARY];
    const request: StorageRequest = { connection, purpose: 'empty', buckets: [bucket], jobId: MIGRATION_ID };
    const storage = await this.storage.open(request);
    const there = this.storage.bucket(bucket);
    const keys = [...new Set([...there.objects.keys(), ...there.older.keys()])].filter(allows);
    const removals = keys.flatMap((key): Removal[] => {
      if (there.facts.versioning === 'off') return [{ key, etag: there.objects.get(key)?.etag ?? '' }];
      return [...historyOf(there, key)].reverse().map((version) => ({ key, versionId: versionIdOf(version) }));
    });
    if (removals.length > 0) await storage.removeObjects(bucket, removals);
  }

  /** What the tasks wrote down about the parts of the proof. */
  async result(role: EmptiedBucket, part: number, more: Partial<EmptiedResult> = {}): Promise<void> {
    const atMs = this.clock.nowMs();
    const { proof } = this.proof;
    const result: EmptiedResult = {
      bucket: role,
      proof,
      part,
      attempt: 1,
      isDone: false,
      removedCount: 0,
      changedCount: 0,
      refusedCount: 0,
      startedAtMs: atMs,
      updatedAtMs: atMs,
      ...more,
    };
    await this.write(paths.emptied(MIGRATION_ID, role, proof, part), result);
  }

  /** The source is emptied, deleted, and this was seen. */
  async deleteSource(): Promise<void> {
    await this.empty('source');
    await this.step('lookAtEmptiedSource');
    await this.step('deleteSource');
  }

  /** The name is got, everything is copied back, and that was verified. */
  async bringUnderName(): Promise<void> {
    await this.deleteSource();
    await this.step('claimName');
    await this.step('prepareDestinationBucket');
    for (const [key, { body }] of this.storage.bucket(TEMPORARY).objects) this.storage.put(SOURCE, key, body);
    await this.verdict('copy-back');
  }

  async verdict(transfer: TransferName, more: Partial<VerdictDocument> = {}, round = 1): Promise<void> {
    const plan = { round, shards: [], skippedCount: 0, sourceCount: this.proof.lineCount } as Partial<PlanSummary>;
    await this.write(paths.planSummary(MIGRATION_ID, transfer), plan);
    const sourceCount = this.proof.lineCount;
    const verdict = { round, verdict: 'equal', sourceCount, summary: 'All equal.', ...more };
    await this.write(paths.verdict(MIGRATION_ID, transfer, round), verdict);
  }
}

export const theirStatement = { Sid: 'Theirs', Effect: 'Allow', Principal: '*', Action: 's3:GetObject' } as const;

type LineRules = Readonly<{
  hasVersions: boolean;
  carriesVersions: boolean;
  isLost: boolean;
  copies: readonly MemoryVersion[];
}>;

function lineOf(key: string, version: MemoryVersion, rules: LineRules): ProvenObject {
  const isDeleteMarker = isMarker(version);
  const copy = rules.copies.find((one) => !isMarker(one) && !isMarker(version) && one.body === version.body);
  const hasCopy = copy !== undefined && !isMarker(copy) && !rules.isLost;
  return {
    key,
    sizeBytes: isDeleteMarker ? 0 : Buffer.byteLength(version.body),
    sourceEtag: isDeleteMarker ? '' : version.etag,
    ...(rules.hasVersions ? { sourceVersionId: versionIdOf(version) } : {}),
    temporaryEtag: hasCopy ? copy.etag : '',
    ...(hasCopy && rules.carriesVersions ? { temporaryVersionId: versionIdOf(copy) } : {}),
    isDeleteMarker,
    ...(rules.isLost ? { isLost: true } : {}),
    ...(isDeleteMarker ? {} : { grade: 'C' as const }),
    modifiedAtMs: version.modifiedAtMs,
  };
}
