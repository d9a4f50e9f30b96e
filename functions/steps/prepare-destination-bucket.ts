import { jsonText, passMilestone } from '../../domain/document-access.ts';
import {
  BucketMissingError,
  BucketReplacedError,
  StorageRefusedError,
  StorageUnavailableError,
  WrongRegionError,
} from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import type { FinalBucketDocument } from '../../domain/migration.ts';
import type { BucketFacts, BucketKeeper } from '../../domain/ports.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { JOB_TAG } from './create-destination-bucket.ts';
import { VERSIONING_SETTLES_MS } from './create-temporary-bucket.ts';
import { findConnection } from './job-connections.ts';
import { requireSource } from './known-buckets.ts';
import { requireJson } from './migration-so-far.ts';
import { requireOnlyCopy } from './only-copy.ts';
import { openTemporaryBucket } from './open-temporary-bucket.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { withStorage } from './with-storage.ts';

export type PreparedDestination = Readonly<{ waitSeconds: number; isTemporary: boolean }>;

/** A new bucket is not seen everywhere at once. */
const SEEN_MS = 10 * MINUTE_MS;

/**
 * Proves the bucket that the name was got with before anything is written to it: its owner, this job's tag, Region and
 * ownership. Switches versioning on where versions are carried, and answers how long that needs to settle. Rejects
 * with BucketReplacedError, WrongRegionError, StorageRefusedError, each with what to do while the bucket is empty.
 */
export async function prepareDestinationBucket({ jobId }: JobInput, ports: StepPorts): Promise<PreparedDestination> {
  const final = await requireJson<FinalBucketDocument>(jobId, paths.finalBucket(jobId), ports.documents);
  const waitSeconds = final.isTemporary ? await openKept(jobId, final, ports) : await prepare(jobId, final, ports);
  await passMilestone(ports.documents, jobId, 'destination-bucket-created', ports.clock.nowMs());
  return { waitSeconds, isTemporary: final.isTemporary };
}

/** The temporary bucket becomes the final one: its protection would refuse the settings that come next. */
async function openKept(jobId: string, final: FinalBucketDocument, ports: StepPorts): Promise<number> {
  const { exists } = await openTemporaryBucket({ jobId }, ports);
  if (exists) return 0;
  throw new BucketReplacedError(`The temporary bucket ${final.bucket} is gone, and with it what was to be kept.`, {
    subject: { bucket: final.bucket, connection: final.connection },
    remedy: 'Look in the audit trail who deleted it.',
  });
}

async function prepare(jobId: string, final: FinalBucketDocument, ports: StepPorts): Promise<number> {
  await requireOnlyCopy(jobId, ports);
  const { carriesVersions } = await requireSource(jobId, ports.documents);
  const { kind } = await findConnection(final.connection, ports.connections);
  const { connection, bucket } = final;
  const session = { connection, purpose: 'keep-buckets', buckets: [bucket], jobId } as const;
  return withStorage(session, ports, async (keeper) => {
    const [facts, standing] = await find(jobId, final, keeper, ports);
    requireAsWanted(jobId, final, facts, kind);
    if (!carriesVersions) return 0;
    const versioned = await withVersions(jobId, standing, facts, keeper, ports);
    if (kind !== 'aws') return 0;
    const leftMs = (versioned.versionedAtMs ?? 0) + VERSIONING_SETTLES_MS - ports.clock.nowMs();
    return Math.max(0, Math.ceil(leftMs / SECOND_MS));
  });
}

/** A bucket that somebody deleted again is asked for again: its name may still come back to us. */
async function find(
  jobId: string,
  final: FinalBucketDocument,
  keeper: Pick<BucketKeeper, 'findBucket' | 'claimBucket'>,
  { documents, clock }: StepPorts,
): Promise<readonly [BucketFacts, FinalBucketDocument]> {
  const { versionedAtMs: _settled, ...place } = final;
  try {
    return [await keeper.findBucket(final.bucket), final];
  } catch (error) {
    if (!(error instanceof BucketMissingError)) throw error;
    if (clock.nowMs() - final.claimedAtMs < SEEN_MS) throw notSeen(final, error);
  }
  const answer = await keeper.claimBucket(final.bucket, final.region, { [JOB_TAG]: jobId });
  if (answer !== 'created' && answer !== 'ours') throw replaced(final, `it is gone, and its name is ${answer}`);
  const again: FinalBucketDocument = { ...place, claimedAtMs: clock.nowMs() };
  await documents.write(paths.finalBucket(jobId), jsonText(again));
  return [await keeper.findBucket(final.bucket), again];
}

const notSeen = ({ bucket }: FinalBucketDocument, cause: Error): StorageUnavailableError =>
  new StorageUnavailableError(`The new bucket ${bucket} is not seen everywhere yet.`, {
    subject: { bucket },
    remedy: 'Redrive the job in some minutes.',
    cause,
  });

function requireAsWanted(
  jobId: string,
  final: FinalBucketDocument,
  { tags, region, ownership }: BucketFacts,
  kind: string,
): void {
  const { bucket, connection } = final;
  const subject = { bucket, connection };
  if (tags[JOB_TAG] !== jobId) throw replaced(final, 'it does not carry the tag of this job');
  if (kind !== 's3-compatible' && region !== final.region) {
    throw new WrongRegionError(`The new bucket ${bucket} is in ${region}, not in ${final.region}.`, {
      subject,
      remedy: `It is empty: delete it, correct the Region of the connection, then redrive the job.`,
      region,
    });
  }
  if (ownership !== undefined && ownership !== 'bucket-owner-enforced') {
    throw new StorageRefusedError(`Who writes into the new bucket ${bucket} would own the objects.`, {
      subject,
      remedy: 'Set its object ownership to "bucket owner enforced", then redrive the job.',
    });
  }
}

/** When it was switched on is written after it was: a crash in between makes the wait longer, never shorter. */
async function withVersions(
  jobId: string,
  final: FinalBucketDocument,
  { versioning }: BucketFacts,
  keeper: Pick<BucketKeeper, 'setVersioning'>,
  { documents, clock }: StepPorts,
): Promise<FinalBucketDocument> {
  if (versioning === 'enabled' && final.versionedAtMs !== undefined) return final;
  if (versioning !== 'enabled') await keeper.setVersioning(final.bucket, 'enabled');
  const versioned: FinalBucketDocument = { ...final, versionedAtMs: clock.nowMs() };
  await documents.write(paths.finalBucket(jobId), jsonText(versioned));
  return versioned;
}

const replaced = ({ bucket, connection }: FinalBucketDocument, why: string): BucketReplacedError =>
  new BucketReplacedError(`The bucket ${bucket} is not the one that this job made under the name: ${why}.`, {
    subject: { bucket, connection },
    remedy:
      'Find out who deleted or changed it. Every object is in the temporary bucket; redrive the job when the bucket is as it was.',
  });
