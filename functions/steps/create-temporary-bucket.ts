import type { Connection } from '../../domain/connection.ts';
import {
  jsonText,
  passMilestone,
  readJob,
  readMilestones,
  readVersioned,
  type Versioned,
} from '../../domain/document-access.ts';
import {
  BucketMissingError,
  BucketNameBusyError,
  BucketReplacedError,
  JobStateError,
  StorageRefusedError,
  WrongRegionError,
} from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import type { TemporaryBucketDocument } from '../../domain/migration.ts';
import { partitionOf } from '../../domain/names.ts';
import type { Storage } from '../../domain/ports.ts';
import { MINUTE_MS, SECOND_MS } from '../../domain/time.ts';
import { JOB_TAG } from './create-destination-bucket.ts';
import { findConnection } from './job-connections.ts';
import { holdLeases } from './leases.ts';
import { requireSource } from './known-buckets.ts';
import type { JobInput, StepPorts } from './step-ports.ts';
import { requireOurs, temporarySession } from './temporary-bucket.ts';
import { voidProof } from './void-proof.ts';
import { withStorage } from './with-storage.ts';

type Chosen = Versioned<TemporaryBucketDocument>;

/** Random names collide by somebody's will only. */
const NAMES_MAX = 5;
/** S3 asks for this time after versioning is first enabled (S3 user guide, "Enabling versioning on buckets"). */
export const VERSIONING_SETTLES_MS = 15 * MINUTE_MS;

/**
 * Makes the bucket that holds everything while the name changes hands: a name that nobody can guess, written down
 * before the bucket is made, with the job's tag from its first moment. A bucket without that tag is never adopted:
 * another name is chosen. Answers how long its versioning needs to settle. Rejects with BucketReplacedError when
 * another bucket stands where ours was.
 */
export async function createTemporaryBucket({ jobId }: JobInput, ports: StepPorts): Promise<{ waitSeconds: number }> {
  const job = await readJob(ports.documents, jobId);
  const { carriesVersions } = await requireSource(jobId, ports.documents);
  const connection = await findConnection(job.request.destination.connection, ports.connections);
  const made = await makeOne(job, connection, ports);
  const versioned = carriesVersions ? await enableVersions(jobId, made, ports) : made;
  await passMilestone(ports.documents, jobId, 'temporary-bucket-created', ports.clock.nowMs());
  return { waitSeconds: connection.kind === 'aws' ? settlingSeconds(versioned.value, ports) : 0 };
}

function settlingSeconds({ versionedAtMs }: TemporaryBucketDocument, { clock }: StepPorts): number {
  if (versionedAtMs === undefined) return 0;
  return Math.max(0, Math.ceil((versionedAtMs + VERSIONING_SETTLES_MS - clock.nowMs()) / SECOND_MS));
}

async function makeOne(job: JobDocument, connection: Connection, ports: StepPorts): Promise<Chosen> {
  let chosen = await chosenBefore(job.id, ports);
  for (let names = 1; names <= NAMES_MAX; names += 1) {
    if (!chosen || chosen.value.removedAtMs !== undefined) chosen = await choose(job, connection, chosen, ports);
    await requireGoingOn(job.id, ports);
    await holdLeases(job, ports);
    const outcome = await claim(job.id, chosen, ports);
    await requireGoingOn(job.id, ports).catch(async (error: unknown) => {
      if (outcome === 'ours') await removeUnused(job.id, chosen?.value, ports);
      throw error;
    });
    if (outcome === 'ours') return await proveOurs(job.id, chosen, connection, ports);
    chosen = await choose(job, connection, chosen, ports);
  }
  throw new StorageRefusedError(`Each of ${NAMES_MAX} random names for the temporary bucket was taken.`, {
    subject: { job: job.id, connection: connection.name },
    remedy: 'Look for what makes buckets in this account named like "mig-…", then redrive the job.',
  });
}

/** A step that was given up may still come here, long after a person had everything brought back. */
async function requireGoingOn(jobId: string, { documents }: StepPorts): Promise<void> {
  if ((await readMilestones(documents, jobId))['undo-began'] === undefined) return;
  throw new JobStateError(`No temporary bucket is made for job ${jobId}: it is being brought back.`, {
    subject: { job: jobId },
    remedy: 'Nothing to do: this was a late answer of an earlier try.',
  });
}

/** Made after the undo had looked for it, perhaps, and nobody else would look again. S3 keeps one that holds objects. */
async function removeUnused(
  jobId: string,
  temporary: TemporaryBucketDocument | undefined,
  ports: StepPorts,
): Promise<void> {
  if (!temporary) return;
  const session = temporarySession(jobId, temporary, 'delete-bucket');
  await withStorage(session, ports, (storage) => storage.removeBucket(temporary.bucket));
}

const chosenBefore = (jobId: string, { documents }: StepPorts): Promise<Chosen | undefined> =>
  readVersioned<TemporaryBucketDocument>(documents, paths.temporaryBucket(jobId));

async function choose(
  job: JobDocument,
  connection: Connection,
  before: Chosen | undefined,
  ports: StepPorts,
): Promise<Chosen> {
  const region = job.request.destination.region ?? connection.region;
  const value: TemporaryBucketDocument = {
    connection: connection.name,
    bucket: await newName(job, connection, region, ports),
    region,
    chosenAtMs: ports.clock.nowMs(),
  };
  return await write(job.id, value, before, ports);
}

/** Account-regional namespaces are not everywhere yet (S3 user guide, "Namespaces for general purpose buckets"). */
const WITHOUT_NAMESPACES = ['me-south-1', 'me-central-1'];

/** A name that only this account can ever hold, where there is such a thing; else one that nobody can guess. */
async function newName(job: JobDocument, connection: Connection, region: string, ports: StepPorts): Promise<string> {
  const canHaveOwn = connection.kind === 'aws' && partitionOf(region) === 'aws' && !WITHOUT_NAMESPACES.includes(region);
  if (canHaveOwn) {
    const session = { connection: connection.name, purpose: 'look', buckets: [], jobId: job.id } as const;
    const { accountId } = await withStorage(session, ports, (storage) => storage.identity());
    if (accountId !== undefined && /^\d{12}$/.test(accountId))
      return `mig-${ports.random.hex(16)}-${accountId}-${region}-an`;
  }
  return `mig-${ports.random.hex(32)}`;
}

async function write(
  jobId: string,
  value: TemporaryBucketDocument,
  before: Chosen | undefined,
  { documents }: StepPorts,
): Promise<Chosen> {
  const condition = before ? { ifVersion: before.version } : ({ ifAbsent: true } as const);
  const { version } = await documents.write(paths.temporaryBucket(jobId), jsonText(value), condition);
  return { value, version };
}

async function claim(jobId: string, { value }: Chosen, ports: StepPorts): Promise<'ours' | 'another'> {
  const { bucket, region, createdAtMs } = value;
  return await withStorage(temporarySession(jobId, value, 'keep-buckets'), ports, async (keeper) => {
    // Copies that were proven are gone with a bucket that somebody deleted: known before it is made anew.
    if (createdAtMs !== undefined && (await isGone(bucket, keeper))) await voidProof(jobId, ports);
    const outcome = await keeper.claimBucket(bucket, region, { [JOB_TAG]: jobId });
    if (outcome === 'created' || outcome === 'ours') return 'ours';
    if (outcome === 'busy') {
      throw new BucketNameBusyError(`The temporary bucket "${bucket}" is being made or deleted right now.`, {
        subject: { bucket, job: jobId },
        remedy: 'Redrive the job in some minutes.',
      });
    }
    if (createdAtMs === undefined) return 'another';
    throw new BucketReplacedError(`The temporary bucket "${bucket}" is not the one that this job made.`, {
      subject: { bucket, job: jobId },
      remedy: 'The source is untouched. Stop the job, which leaves the source as it was, and start a new one.',
    });
  });
}

async function isGone(bucket: string, keeper: Pick<Storage, 'identifyBucket'>): Promise<boolean> {
  try {
    await keeper.identifyBucket(bucket);
    return false;
  } catch (error) {
    if (error instanceof BucketMissingError) return true;
    throw error;
  }
}

async function proveOurs(jobId: string, chosen: Chosen, connection: Connection, ports: StepPorts): Promise<Chosen> {
  const { bucket, region } = chosen.value;
  const session = temporarySession(jobId, chosen.value, 'keep-buckets');
  const facts = await withStorage(session, ports, (keeper) => requireOurs(jobId, bucket, keeper));
  if (facts.region !== region && connection.kind !== 's3-compatible') {
    throw new WrongRegionError(`The temporary bucket "${bucket}" is in ${facts.region}, not in ${region}.`, {
      subject: { bucket, job: jobId },
      remedy: `Give ${region} as the Region of the connection, then redrive the job.`,
      region: facts.region,
    });
  }
  if (chosen.value.createdAtMs !== undefined) return chosen;
  return await write(jobId, { ...chosen.value, createdAtMs: ports.clock.nowMs() }, chosen, ports);
}

/** A bucket that was made anew has to settle anew. */
async function enableVersions(jobId: string, made: Chosen, ports: StepPorts): Promise<Chosen> {
  const { bucket } = made.value;
  const isNew = await withStorage(temporarySession(jobId, made.value, 'keep-buckets'), ports, async (keeper) => {
    if ((await keeper.identifyBucket(bucket)).versioning === 'enabled') return false;
    await keeper.setVersioning(bucket, 'enabled');
    return true;
  });
  if (!isNew && made.value.versionedAtMs !== undefined) return made;
  return await write(jobId, { ...made.value, versionedAtMs: ports.clock.nowMs() }, made, ports);
}
