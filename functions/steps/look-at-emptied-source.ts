import { jsonText, passMilestone, readJson } from '../../domain/document-access.ts';
import { BucketReplacedError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { EmptiedLookDocument } from '../../domain/migration.ts';
import { isGone } from './bucket-presence.ts';
import { refusalsSince, refusedError, type Refusals } from './emptying-refusals.ts';
import { lookForLeftovers, type Leftovers } from './look-for-leftovers.ts';
import { readMigration, requirePassed, type Migration } from './migration-so-far.ts';
import { ProofLookup } from './proof-lookup.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type EmptiedOutcome = Readonly<{ outcome: 'empty' | 'late-objects' | 'unfinished' }>;

const REMEDY =
  'Allow s3:DeleteObject and s3:DeleteObjectVersion on the source, then redrive the job; or undo it. Every object is in the temporary bucket.';

/**
 * Lists the source afresh after it was emptied, and compares what is there with the proof.
 *
 *   found                                  answer
 *   an object that the proof lists         unfinished, or rejects when S3 refused since we last told so
 *   else one that the proof does not list  late-objects: nobody deletes it; it is copied, proven and asked about
 *   nothing, twice                         empty
 *   no such bucket                         empty: deleting it tells whose doing that is
 *
 * Rejects with EmptyingRefusedError, ProofInvalidError, BucketReplacedError.
 */
export async function lookAtEmptiedSource({ jobId }: JobInput, ports: StepPorts): Promise<EmptiedOutcome> {
  const migration = await readMigration(jobId, ports.documents);
  requirePassed(jobId, migration.milestones, 'emptying-began', 'Nothing was emptied yet.');
  const left = await look(migration, ports);
  if (left === 'gone') return { outcome: goneOutcome(migration) };
  const path = paths.emptiedLook(jobId, 'source');
  const before = await readJson<EmptiedLookDocument>(ports.documents, path);
  const refusals = left.isProvenLeft
    ? await refusalsSince('source', migration.proof, before?.refusalsToldUntilMs, ports.documents)
    : undefined;
  // Written before it is told, so that the next look, after a redrive, lets the deletions be tried again.
  await ports.documents.write(path, jsonText(documentOf(left, refusals, before, ports)));
  if (refusals) throw refusedError(migration.source.bucket, refusals, REMEDY);
  if (left.isProvenLeft) return { outcome: 'unfinished' };
  if (left.lateCount > 0) return { outcome: 'late-objects' };
  await passMilestone(ports.documents, jobId, 'source-emptied', ports.clock.nowMs());
  return { outcome: 'empty' };
}

async function look({ job, source, proof }: Migration, ports: StepPorts): Promise<Leftovers | 'gone'> {
  const { connection, bucket } = source;
  return withStorage({ connection, purpose: 'look', buckets: [bucket], jobId: job.id }, ports, async (storage) => {
    const place = { role: 'source', bucket, hasVersions: source.versioning !== 'off' } as const;
    try {
      return await lookForLeftovers(place, storage, () => new ProofLookup(proof, ports.documents));
    } catch (error) {
      if (await isGone(error, bucket, storage)) return 'gone';
      throw error;
    }
  });
}

/** Its deletion may have happened without our hearing of it; before it was seen empty, nobody of us has asked. */
function goneOutcome({ source, milestones }: Migration): 'empty' {
  if (milestones['source-emptied'] !== undefined) return 'empty';
  throw new BucketReplacedError(`The source ${source.bucket} is gone, and this job has not deleted it.`, {
    subject: { bucket: source.bucket, connection: source.connection },
    remedy: 'Find out who deleted it. Every object that the proof lists is in the temporary bucket.',
  });
}

function documentOf(
  left: Leftovers,
  refusals: Refusals | undefined,
  before: EmptiedLookDocument | undefined,
  { clock }: StepPorts,
): EmptiedLookDocument {
  const toldUntilMs = refusals?.newestAtMs ?? before?.refusalsToldUntilMs;
  return {
    outcome: refusals ? 'refused' : left.isProvenLeft ? 'unfinished' : left.lateCount > 0 ? 'late-objects' : 'empty',
    lateCount: left.lateCount,
    lateKeys: left.lateKeys,
    lookedAtMs: clock.nowMs(),
    ...(toldUntilMs === undefined ? {} : { refusalsToldUntilMs: toldUntilMs }),
  };
}
