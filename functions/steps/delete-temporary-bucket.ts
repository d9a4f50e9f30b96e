import { jsonText, passMilestone, readJson } from '../../domain/document-access.ts';
import { AccessDeniedError, EmptyingRefusedError } from '../../domain/errors.ts';
import { paths, type HaltDocument } from '../../domain/job-documents.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import type { Storage } from '../../domain/ports.ts';
import type { ProofDocument } from '../../domain/proof.ts';
import { abortEveryUpload } from './abort-every-upload.ts';
import { isGone } from './bucket-presence.ts';
import { refusalsSince, refusedError } from './emptying-refusals.ts';
import { lookForLeftovers, type Leftovers } from './look-for-leftovers.ts';
import { ProofLookup } from './proof-lookup.ts';
import { TaskHaltedError } from './read-outcomes.ts';
import { isSourceGone } from './source-absence.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { requireClearable } from './temporary-clearing.ts';
import { requireOurs, temporarySession } from './temporary-bucket.ts';
import { withStorage } from './with-storage.ts';

export type TemporaryDeletion = Readonly<{ outcome: 'deleted' | 'kept' }>;

const REMEDY =
  'Allow s3:DeleteObject and s3:DeleteObjectVersion on the temporary bucket, then redrive the job. Everything is verified under its name.';

/**
 * Deletes the temporary bucket once it is empty. What stands in it and is not in the proof was not deleted: then the
 * bucket is kept, open, and the report tells so. Rejects with JobStateError while it is needed, BucketReplacedError
 * when it is not ours, EmptyingRefusedError when copies that should be gone are not.
 *
 *   found                                answer
 *   it is the final bucket               kept
 *   no such bucket                       deleted
 *   a copy that the proof lists          rejects: its deletion goes on with a redrive
 *   something else                       kept
 *   nothing, and S3 refuses to delete    kept
 *   nothing                              deleted
 */
export async function deleteTemporaryBucket({ jobId }: JobInput, ports: StepPorts): Promise<TemporaryDeletion> {
  const { temporary, final, proof, milestones } = await requireClearable(jobId, ports);
  const isUndo = milestones['quarantine-over'] === undefined;
  if (!temporary) return { outcome: 'deleted' };
  if (final?.isTemporary) return await keep(jobId, temporary, 'It became the final bucket.', ports);
  if (temporary.removedAtMs === undefined) {
    const because = await clear(jobId, temporary, isUndo ? undefined : proof, ports);
    if (because !== undefined && isUndo) await throwIfNotDiscarded(jobId, ports);
    if (because !== undefined) return await keep(jobId, temporary, because, ports);
    const { keptBecause: _kept, ...rest } = temporary;
    const removed: TemporaryBucketDocument = { ...rest, removedAtMs: ports.clock.nowMs() };
    await ports.documents.write(paths.temporaryBucket(jobId), jsonText(removed));
  }
  if (!isUndo) await passMilestone(ports.documents, jobId, 'temporary-bucket-deleted', ports.clock.nowMs());
  return { outcome: 'deleted' };
}

/**
 * A person can take away what ended the task that throws the copies away; then all of them go. Only a source that is
 * gone comes back by nobody's doing: the copies stay, and with them the bucket.
 */
async function throwIfNotDiscarded(jobId: string, ports: StepPorts): Promise<void> {
  const halt = await readJson<HaltDocument>(ports.documents, paths.halt(jobId, 'copy', 'discard'));
  if (halt && !(await isSourceGone(jobId, ports))) throw new TaskHaltedError(halt);
}

/** Why it stays, or undefined when it is gone. */
async function clear(
  jobId: string,
  temporary: TemporaryBucketDocument,
  proof: ProofDocument | undefined,
  ports: StepPorts,
): Promise<string | undefined> {
  const { bucket } = temporary;
  return withStorage(temporarySession(jobId, temporary, 'look'), ports, async (storage) => {
    try {
      await requireOurs(jobId, bucket, storage);
      const left = await leftIn(temporary, proof, storage, ports);
      if (left.isProvenLeft) throw await notEmptied(temporary, proof, ports);
      if (left.lateCount > 0) return keptFor(left);
      await abortEveryUpload(temporary, jobId, ports);
      return await removeEmpty(jobId, temporary, ports);
    } catch (error) {
      if (await isGone(error, bucket, storage)) return undefined;
      throw error;
    }
  });
}

function leftIn(
  { bucket, versionedAtMs }: TemporaryBucketDocument,
  proof: ProofDocument | undefined,
  storage: Storage,
  { documents }: StepPorts,
): Promise<Leftovers> {
  const place = { role: 'temporary', bucket, hasVersions: versionedAtMs !== undefined } as const;
  return lookForLeftovers(place, storage, () => proof && new ProofLookup(proof, documents));
}

const keptFor = ({ lateCount, lateKeys }: Leftovers): string =>
  `It holds ${lateCount.toLocaleString('en')} objects that were not proven to be elsewhere; the first is ${lateKeys[0]}.`;

async function notEmptied(
  { bucket }: TemporaryBucketDocument,
  proof: ProofDocument | undefined,
  { documents }: StepPorts,
): Promise<Error> {
  const refusals = proof && (await refusalsSince('temporary', proof, undefined, documents));
  if (refusals) return refusedError(bucket, refusals, REMEDY);
  return new EmptyingRefusedError(`The temporary bucket ${bucket} is not emptied yet.`, {
    subject: { bucket },
    remedy: 'Redrive the job: it goes on emptying it. Everything is verified under its name.',
  });
}

async function removeEmpty(
  jobId: string,
  temporary: TemporaryBucketDocument,
  ports: StepPorts,
): Promise<string | undefined> {
  const { bucket } = temporary;
  try {
    const session = temporarySession(jobId, temporary, 'delete-bucket');
    const answer = await withStorage(session, ports, (storage) => storage.removeBucket(bucket));
    return answer === 'not-empty' ? 'S3 says that it is not empty, and lists nothing in it.' : undefined;
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
    return `It is empty, and S3 refused to delete it: ${error.message}`;
  }
}

async function keep(
  jobId: string,
  temporary: TemporaryBucketDocument,
  keptBecause: string,
  { documents }: StepPorts,
): Promise<TemporaryDeletion> {
  await documents.write(paths.temporaryBucket(jobId), jsonText({ ...temporary, keptBecause }));
  return { outcome: 'kept' };
}
