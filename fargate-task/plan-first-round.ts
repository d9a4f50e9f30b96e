import { compareListings, type ListingPair } from '../domain/compare-listings.ts';
import { decideCopy } from '../domain/copy-decision.ts';
import { ObjectMissingError, TaskStoppedError } from '../domain/errors.ts';
import { gradeByChecksums } from '../domain/evidence.ts';
import { paths, type FailureLine, type PlanSummary } from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { isArchiveClass, isSinglePartEtag, type ObjectAttributes, type ObjectFacts } from '../domain/objects.ts';
import { SizeHistogram } from '../domain/plan.ts';
import type { EpochMs } from '../domain/time.ts';
import { withBackoff } from './backoff.ts';
import { listSide, openBothSides, sourceKeyOf, type BothSides } from './both-sides.ts';
import { mapInOrder } from './in-flight.ts';
import { ShardWriter, type ShardPlace } from './shard-files.ts';
import type { PlanTask } from './task-ports.ts';

/** What is to be done with one key: `copy` includes what could not be told apart, for the copy itself compares. */
type Planned = Readonly<{ source: ObjectFacts; action: 'copy' | 'skip' | 'block' }>;

/**
 * Lists both sides in step and writes the shards. Archived objects are planned like all others: whether they are
 * restored only a look at each tells, and the copy takes it.
 */
export async function planFirstRound(task: PlanTask, place: ShardPlace): Promise<PlanSummary> {
  const { options } = task.job.request;
  const sides = await openBothSides(task.ports.storage, task.job);
  try {
    const limits = { objectCountMax: options.shardObjectCountMax, bytesMax: options.shardBytesMax };
    const tally = new Tally(task, new ShardWriter(place, limits, 1, 1));
    const pairs = compareListings(
      listSide(sides.source, task.signal),
      listSide(sides.destination, task.signal),
      sourceKeyOf(sides),
    );
    for await (const planned of mapInOrder(pairs, options.inFlightMax, (pair) => decide(task, sides, pair))) {
      if (task.signal.aborted) throw new TaskStoppedError('The planning was asked to stop.');
      if (planned) await tally.add(planned);
    }
    return await tally.finish(place);
  } finally {
    sides.close();
  }
}

function decide(
  task: PlanTask,
  sides: BothSides,
  pair: ListingPair,
): Planned | undefined | Promise<Planned | undefined> {
  if (pair.side === 'destination') return undefined;
  if (pair.side === 'source') return { source: pair.source, action: 'copy' };
  // Whether ETags are MD5s depends on each object's encryption, which listings do not tell.
  const { action } = decideCopy(pair.source, pair.destination, true);
  if (action !== 'compare') return { source: pair.source, action };
  return withBackoff(task.ports, task.signal, () => compare(sides, pair.source, pair.destination));
}

/** An object that went or changed meanwhile is left to the copy, which looks again. */
async function compare(sides: BothSides, source: ObjectFacts, destination: ObjectFacts): Promise<Planned> {
  try {
    const ours = await sides.source.storage.headObject(sides.source.bucket, source.key);
    const theirs = await sides.destination.storage.headObject(sides.destination.bucket, destination.key);
    return { source, action: actionOf(ours, theirs) };
  } catch (error) {
    if (error instanceof ObjectMissingError) return { source, action: 'copy' };
    throw error;
  }
}

/** Any age of checksum will do: to skip is only to save work, and verification proves it afterwards. */
function actionOf(source: ObjectAttributes, destination: ObjectAttributes): Planned['action'] {
  const verdict = gradeByChecksums(source.checksums, destination.checksums, destination.modifiedAtMs, 0 as EpochMs);
  if (verdict === 'B') return 'skip';
  if (verdict === 'differs') return 'block';
  return hasMd5Etag(source) && hasMd5Etag(destination) && source.etag !== destination.etag ? 'block' : 'copy';
}

const hasMd5Etag = ({ etag, encryption }: ObjectAttributes): boolean =>
  isSinglePartEtag(etag) && (encryption.kind === 'none' || encryption.kind === 'sse-s3');

/** Adds up the summary while the shards are written. */
class Tally {
  private readonly task: PlanTask;
  private readonly shards: ShardWriter;
  private readonly histogram = new SizeHistogram();
  private readonly collisions: FailureLine[] = [];
  private readonly sums = {
    sourceCount: 0,
    sourceBytes: 0,
    skippedCount: 0,
    skippedBytes: 0,
    blockedCount: 0,
    totalCount: 0,
    totalBytes: 0,
    multipartCount: 0,
    archivedCount: 0,
  };

  constructor(task: PlanTask, shards: ShardWriter) {
    this.task = task;
    this.shards = shards;
  }

  async add({ source, action }: Planned): Promise<void> {
    const { sums } = this;
    sums.sourceCount += 1;
    sums.sourceBytes += source.sizeBytes;
    this.histogram.add(source.sizeBytes);
    if (action === 'skip') {
      sums.skippedCount += 1;
      sums.skippedBytes += source.sizeBytes;
    } else if (action === 'block') {
      sums.blockedCount += 1;
      this.collisions.push(this.collision(source));
    } else {
      await this.addToCopy(source);
    }
    this.task.reporter.counts.copiedCount = sums.sourceCount;
    this.task.reporter.counts.copiedBytes = sums.sourceBytes;
  }

  async finish(place: ShardPlace): Promise<PlanSummary> {
    const shards = await this.shards.finish();
    const lines = this.collisions.map((line) => `${JSON.stringify(line)}\n`).join('');
    await place.documents.write(paths.failures(place.jobId, place.transfer, 0), lines);
    const plannedAtMs = this.task.ports.clock.nowMs();
    return { round: 1, plannedAtMs, ...this.sums, sizeHistogram: this.histogram.read(), shards };
  }

  private async addToCopy(source: ObjectFacts): Promise<void> {
    const { sums } = this;
    sums.totalCount += 1;
    sums.totalBytes += source.sizeBytes;
    if (source.sizeBytes > this.task.job.request.options.multipartThresholdBytes) sums.multipartCount += 1;
    if (isArchiveClass(source.storageClass)) sums.archivedCount += 1;
    await this.shards.add(source);
  }

  private collision(source: ObjectFacts): FailureLine {
    return {
      key: toPercentForm(source.key),
      outcome: 'blocked',
      error: 'ObjectChangedError',
      message: 'A different object stands under this key at the destination.',
      remedy: 'Decide which of the two is wanted. Remove the one at the destination, or copy to another prefix.',
      sizeBytes: source.sizeBytes,
      shard: 0,
      atMs: this.task.ports.clock.nowMs(),
      isFinal: true,
    };
  }
}
