import { jsonText, passMilestone, readJson } from '../../domain/document-access.ts';
import { retryClassOf, StorageUnavailableError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { EmptiedLookDocument, FreezeDocument, TemporaryBucketDocument } from '../../domain/migration.ts';
import { protectSid, sealSid } from '../../domain/policy.ts';
import type { Storage } from '../../domain/ports.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { isGone } from './bucket-presence.ts';
import { refusalsSince, refusedError, type Refusals } from './emptying-refusals.ts';
import { freezeSource } from './freeze-source.ts';
import { denies, isFreezeIn } from './freezing.ts';
import { lookForLeftovers, type Leftovers } from './look-for-leftovers.ts';
import { readMigration, requireJson, requirePassed, type Migration } from './migration-so-far.ts';
import { probeFreeze } from './probe-freeze.ts';
import { ProofLookup } from './proof-lookup.ts';
import { proveSameSource } from './same-source.ts';
import { requireMeantAbsence } from './source-absence.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { temporarySession } from './temporary-bucket.ts';
import { voidProof } from './void-proof.ts';
import { withStorage } from './with-storage.ts';

export type EmptiedOutcome = Readonly<{ outcome: 'empty' | 'late-objects' | 'unfinished' }>;

const REMEDY =
  'Allow s3:DeleteObject and s3:DeleteObjectVersion on the source, then redrive the job; or undo it. Every object is in the temporary bucket.';

/**
 * Lists the source afresh after it was emptied, and compares what is there with the proof. Where somebody has taken the
 * freeze out it is put in again first, and the proof is void; it is void as well where the copies stand unprotected.
 *
 *   found                                  answer
 *   no such bucket                         empty; rejects once where nobody of us has asked for that
 *   anything or nothing, and a void proof  late-objects: everything is proven again, and asked about
 *   an object that the proof lists         unfinished, or rejects when S3 refused since we last told so
 *   else one that the proof does not list  late-objects: nobody deletes it; it is copied, proven and asked about
 *   nothing, twice                         empty
 *
 * Rejects with EmptyingRefusedError, ProofInvalidError, BucketReplacedError.
 */
export async function lookAtEmptiedSource({ jobId }: JobInput, ports: StepPorts): Promise<EmptiedOutcome> {
  const migration = await readMigration(jobId, ports.documents);
  requirePassed(jobId, migration.milestones, 'emptying-began', 'Nothing was emptied yet.');
  const left = await look(migration, ports);
  if (left === 'gone') return await goneOutcome(migration, ports);
  const before = await readJson<EmptiedLookDocument>(ports.documents, paths.emptiedLook(jobId, 'source'));
  const refusals =
    left.outcome === 'unfinished'
      ? await refusalsSince('source', migration.proof, before?.refusalsToldUntilMs, ports.documents)
      : undefined;
  await note(jobId, left, refusals, before, ports);
  if (refusals) throw refusedError(migration.source.bucket, refusals, REMEDY);
  if (left.outcome === 'empty') await passMilestone(ports.documents, jobId, 'source-emptied', ports.clock.nowMs());
  return { outcome: left.outcome };
}

type Look = Pick<Leftovers, 'lateCount' | 'lateKeys'> & EmptiedOutcome;

async function look({ job, source, temporary }: Migration, ports: StepPorts): Promise<Look | 'gone'> {
  const { connection, bucket } = source;
  return withStorage({ connection, purpose: 'look', buckets: [bucket], jobId: job.id }, ports, async (storage) => {
    try {
      await keepFrozen({ job, source }, storage, ports);
      if (!(await isStillProtected(job.id, temporary, ports))) await voidProof(job.id, ports);
      const proof = await requireJson<ProofDocument>(job.id, paths.proof(job.id), ports.documents);
      const place = { role: 'source', bucket, hasVersions: source.versioning !== 'off' } as const;
      const left = await lookForLeftovers(place, storage, () => new ProofLookup(proof, ports.documents));
      return { ...left, outcome: outcomeOf(left, proof) };
    } catch (error) {
      if (await isGone(error, bucket, storage)) return 'gone';
      throw error;
    }
  });
}

function outcomeOf({ isProvenLeft, lateCount }: Leftovers, { voidedAtMs }: ProofDocument): EmptiedOutcome['outcome'] {
  if (voidedAtMs !== undefined) return 'late-objects';
  if (isProvenLeft) return 'unfinished';
  return lateCount > 0 ? 'late-objects' : 'empty';
}

/** Only the bucket that the job began with is frozen again. Rejects with StorageUnavailableError until that is in force. */
async function keepFrozen(
  { job, source }: Pick<Migration, 'job' | 'source'>,
  storage: Storage,
  ports: StepPorts,
): Promise<void> {
  const freeze = await readJson<FreezeDocument>(ports.documents, paths.freeze(job.id));
  const isInForce = freeze?.inForceAtMs !== undefined && freeze.thawedAtMs === undefined;
  if (isInForce && isFreezeIn(await storage.readPolicy(source.bucket), job.id)) return;
  await proveSameSource(source, storage);
  await freezeSource({ jobId: job.id }, ports);
  const { inForce } = await probeFreeze({ jobId: job.id }, ports);
  if (inForce) return;
  throw new StorageUnavailableError(`${source.bucket} was open to writers, and its freeze is not in force again yet.`, {
    subject: { bucket: source.bucket },
    remedy: 'Redrive the job in some minutes.',
  });
}

/**
 * Without our statements in its policy somebody may have changed the temporary bucket; proven again it is protected
 * again. What cannot be looked at is left to the gate.
 */
async function isStillProtected(jobId: string, temporary: TemporaryBucketDocument, ports: StepPorts): Promise<boolean> {
  try {
    const session = temporarySession(jobId, temporary, 'look');
    const policy = await withStorage(session, ports, (storage) => storage.readPolicy(temporary.bucket));
    return denies(policy, protectSid(jobId)) && denies(policy, sealSid(jobId));
  } catch (error) {
    if (retryClassOf(error) !== 'never') throw error;
    return true;
  }
}

/** Its deletion may have happened without our hearing of it; before it was seen empty, nobody of us has asked. */
async function goneOutcome({ job, source, milestones }: Migration, ports: StepPorts): Promise<EmptiedOutcome> {
  if (milestones['source-emptied'] === undefined) {
    await requireMeantAbsence(job.id, source.bucket, ports);
    await passMilestone(ports.documents, job.id, 'source-emptied', ports.clock.nowMs());
  }
  return { outcome: 'empty' };
}

/** Written before refusals are told, so that the next look, after a redrive, lets the deletions be tried again. */
async function note(
  jobId: string,
  { outcome, lateCount, lateKeys }: Look,
  refusals: Refusals | undefined,
  before: EmptiedLookDocument | undefined,
  { documents, clock }: StepPorts,
): Promise<void> {
  const toldUntilMs = refusals?.newestAtMs ?? before?.refusalsToldUntilMs;
  const document: EmptiedLookDocument = {
    outcome: refusals ? 'refused' : outcome,
    lateCount,
    lateKeys,
    lookedAtMs: clock.nowMs(),
    ...(toldUntilMs === undefined ? {} : { refusalsToldUntilMs: toldUntilMs }),
  };
  await documents.write(paths.emptiedLook(jobId, 'source'), jsonText(document));
}
