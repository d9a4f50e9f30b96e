import { namespaceOf } from '../domain/connection.ts';
import { readJson } from '../domain/document-access.ts';
import {
  BucketLeasedError,
  BucketReplacedError,
  ConnectionMissingError,
  GateClosedError,
  ProofInvalidError,
  StorageUnavailableError,
  type MigrationError,
} from '../domain/errors.ts';
import { paths, type LeaseDocument, type Milestone } from '../domain/job-documents.ts';
import type { BucketPlace, FinalBucketDocument, SourceDocument } from '../domain/migration.ts';
import { freezeSid } from '../domain/policy.ts';
import type { Storage } from '../domain/ports.ts';
import { isConsented, type ConsentDocument, type ProofDocument, type ProofPart } from '../domain/proof.ts';
import { SECOND_MS } from '../domain/time.ts';
import { readProofPart, requireProof } from './proof-reading.ts';
import type { EmptyTask } from './task-ports.ts';

/** What was looked at is relied on for so long and not longer. */
const CHECK_EVERY_MS = 30 * SECOND_MS;

const REDRIVE = 'Nothing more is deleted. Redrive the job: it looks at everything again.';

/**
 * May this task delete what its part of the proof lists? Asked before the first deletion and again all the time: the
 * proof and the part as they are on disk, the consent or the end of the quarantine, the lease, and that the bucket is
 * still the one that the job knows. Every refusal is an error that no retry changes.
 */
export class EmptyingPermission {
  private readonly task: EmptyTask;
  private readonly proof: ProofDocument;
  private readonly part: ProofPart;
  private readonly place: BucketPlace;
  private checkedAtMs = -Infinity;

  constructor(task: EmptyTask, proof: ProofDocument, part: ProofPart, place: BucketPlace) {
    this.task = task;
    this.proof = proof;
    this.part = part;
    this.place = place;
  }

  /** Rejects unless everything holds now, or held a moment ago. */
  async insist(): Promise<void> {
    const { clock } = this.task.ports;
    await this.insistOnMilestones();
    if (clock.nowMs() - this.checkedAtMs < CHECK_EVERY_MS) return;
    const beganAtMs = clock.nowMs();
    await this.insistOnProof();
    await this.insistOnLease();
    await this.insistOnBucket();
    this.checkedAtMs = beganAtMs;
  }

  private async insistOnMilestones(): Promise<void> {
    const { command } = this.task;
    if (command.bucket === 'temporary') {
      if (!(await this.hasPassed('returned')) || !(await this.hasPassed('quarantine-over')))
        throw closed('The temporary bucket is kept until everything is verified under its name and its time is over.');
      return;
    }
    if (!(await this.hasPassed('emptying-began'))) throw closed('The gate before the first deletion was not passed.');
    const isUndone = await this.hasPassed('undo-began');
    if (isUndone && command.only !== 'broken') throw closed('The job is being undone.');
    if (!isUndone && command.only === 'broken') throw closed('Only an undo clears broken histories.');
  }

  private async hasPassed(milestone: Milestone): Promise<boolean> {
    const { ports, command } = this.task;
    return (await ports.documents.read(paths.milestone(command.jobId, milestone))) !== undefined;
  }

  private async insistOnProof(): Promise<void> {
    const { command, ports } = this.task;
    const proof = await requireProof(ports.documents, command.jobId);
    if (proof.digest !== this.proof.digest) throw invalid('Another proof was sealed since this task began.');
    await readProofPart(ports.documents, command.jobId, proof.proof, this.part);
    if (command.bucket === 'temporary') return await this.insistOnReturn();
    if (command.only === 'broken') return; // deletes only what the undo then copies back in order
    const consent = await readJson<ConsentDocument>(ports.documents, paths.consent(command.jobId, proof.proof));
    if (!isConsented(proof, consent)) throw invalid('Nobody has consented to exactly this proof.');
  }

  private async insistOnReturn(): Promise<void> {
    const { command, ports } = this.task;
    const final = await readJson<FinalBucketDocument>(ports.documents, paths.finalBucket(command.jobId));
    if (!final || final.isTemporary || final.bucket === this.place.bucket)
      throw closed('The objects did not go back into another bucket: the temporary one holds the only copy.');
  }

  private async insistOnLease(): Promise<void> {
    const { ports, job } = this.task;
    const { connection: name, bucket } = this.place;
    const connection = await ports.connections.find(name);
    if (!connection) throw new ConnectionMissingError(`There is no connection "${name}".`, { remedy: 'Add it again.' });
    const lease = await readJson<LeaseDocument>(ports.documents, paths.lease(namespaceOf(connection), bucket));
    if (lease?.jobId === job.id) return;
    throw new BucketLeasedError(`The name ${bucket} is no longer this job’s alone.`, {
      subject: { bucket, ...(lease ? { job: lease.jobId } : {}) },
      remedy: REDRIVE,
    });
  }

  private async insistOnBucket(): Promise<void> {
    const { ports, job, command } = this.task;
    const { connection, bucket } = this.place;
    const storage = await ports.storage.open({ connection, purpose: 'look', buckets: [bucket], jobId: job.id });
    try {
      if (command.bucket === 'source') await this.insistOnSource(storage);
      else await this.insistOnTemporary(storage);
    } finally {
      storage.close();
    }
  }

  private async insistOnSource(storage: Storage): Promise<void> {
    const { documents } = this.task.ports;
    const { bucket } = this.place;
    const seen = await readJson<SourceDocument>(documents, paths.source(this.task.job.id));
    const { accountId } = await storage.identity();
    const { region, createdAtMs } = await storage.identifyBucket(bucket);
    // The list of buckets may lag behind; what it does not tell now it tells in a moment.
    if (seen?.createdAtMs !== undefined && createdAtMs === undefined)
      throw new StorageUnavailableError(`The list of buckets does not show ${bucket} now.`, { subject: { bucket } });
    const isSame =
      seen?.bucket === bucket &&
      seen.region === region &&
      (seen.accountId === undefined || seen.accountId === accountId) &&
      (seen.createdAtMs === undefined || seen.createdAtMs === createdAtMs);
    if (!isSame) throw replaced(bucket, 'it has another owner, Region or creation date');
    const policy = await storage.readPolicy(bucket);
    if (!policy?.Statement.some(({ Sid }) => Sid === freezeSid(this.task.job.id)))
      throw replaced(bucket, 'it is not frozen by this job any more');
  }

  private async insistOnTemporary(storage: Storage): Promise<void> {
    const { bucket } = this.place;
    const { tags } = await storage.identifyBucket(bucket);
    if (!Object.values(tags).includes(this.task.job.id)) throw replaced(bucket, 'it does not carry this job’s tag');
  }
}

const closed = (message: string): GateClosedError => new GateClosedError(message, { remedy: REDRIVE });
const invalid = (message: string): MigrationError => new ProofInvalidError(message, { remedy: REDRIVE });
const replaced = (bucket: string, why: string): BucketReplacedError =>
  new BucketReplacedError(`${bucket} is not the bucket that this job knows: ${why}.`, {
    subject: { bucket },
    remedy: 'Nothing more is deleted. Look in the audit trail what happened to the bucket.',
  });
