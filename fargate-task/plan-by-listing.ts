import type { ListingPair } from '../domain/compare-listings.ts';
import { decideCopy } from '../domain/copy-decision.ts';
import { ObjectMissingError, TaskStoppedError } from '../domain/errors.ts';
import { gradeByListing } from '../domain/evidence.ts';
import { paths, type FailureLine, type PlanSummary, type ShardEntry } from '../domain/job-documents.ts';
import { toPercentForm } from '../domain/keys.ts';
import { isArchiveClass, type VersionFacts } from '../domain/objects.ts';
import { SizeHistogram } from '../domain/plan.ts';
import { withBackoff } from './backoff.ts';
import { mapInOrder } from './in-flight.ts';
import { isMarker, type Content, type KeyContents } from './key-contents.ts';
import { matchContents } from './match-contents.ts';
import { compareContents } from './same-content.ts';
import { ShardWriter, type ShardPlace } from './shard-files.ts';
import type { PlanTask } from './task-ports.ts';
import { openTransfer, type TransferSides } from './transfer-sides.ts';
import { isSameInAttributes } from './verify-object.ts';

/** What is to be done with one key: `copy` includes what could not be told apart, for the copy itself compares. */
type Planned =
  | Readonly<{ source: KeyContents; action: 'skip' | 'block' }>
  | Readonly<{ source: KeyContents; action: 'copy'; entry: ShardEntry }>;

/**
 * Lists both sides in step and writes the shards of a round. Archived objects are planned like all others: whether
 * they are restored only a look at each tells, and the copy takes it.
 */
export async function planByListing(
  task: PlanTask,
  place: ShardPlace,
  round: number,
  firstShard: number,
): Promise<PlanSummary> {
  const { options } = task.job.request;
  const sides = await openTransfer(task, place.transfer);
  try {
    const limits = { objectCountMax: options.shardObjectCountMax, bytesMax: options.shardBytesMax };
    const tally = new Tally(task, new ShardWriter(place, limits, round, firstShard));
    for await (const planned of mapInOrder(sides.pairs(), options.inFlightMax, (pair) => decide(task, sides, pair))) {
      if (task.signal.aborted) throw new TaskStoppedError('The planning was asked to stop.');
      if (planned) await tally.add(planned);
    }
    return await tally.finish(place, round);
  } finally {
    sides.close();
  }
}

function decide(
  task: PlanTask,
  sides: TransferSides,
  pair: ListingPair<KeyContents>,
): Planned | undefined | Promise<Planned | undefined> {
  if (pair.side === 'destination') return undefined;
  const { source } = pair;
  const standing = pair.side === 'both' ? pair.destination.contents : [];
  if (sides.route.carriesVersions) return decideHistory(sides, source, standing);
  const [wanted, there] = [source.contents[0], standing[0]];
  if (!wanted) return undefined;
  if (wanted.carriedOver) return { source, action: 'skip' };
  return there ? decideObject(task, sides, source, wanted, there) : { source, action: 'copy', entry: entryOf(wanted) };
}

/** Listings tell which versions are there beyond doubt; every other key is left to its copy, which looks closer. */
async function decideHistory(
  sides: TransferSides,
  source: KeyContents,
  standing: readonly Content[],
): Promise<Planned> {
  const contents = source.contents.filter((content) => !(sides.leavesMarkersOut && isMarker(content)));
  const { matches, others } = await matchContents(contents, standing, sides.matching, {
    compare: async (wanted, there) => {
      const judgement = gradeByListing(wanted, there);
      return judgement === 'C' && sides.matching === 'within' && sides.mayBeOutdated(wanted, there)
        ? 'unknown'
        : judgement;
    },
    isSame: (judgement) => judgement === 'C',
  });
  if (matches.every(({ there, judgement }) => there && (judgement === undefined || judgement === 'C'))) {
    const isLonger = sides.matching === 'beginning' && others.length > 0;
    return { source, action: isLonger ? 'block' : 'skip' };
  }
  const isOther = matches.some(({ judgement }) => judgement === 'differs');
  return isOther
    ? { source, action: 'block' }
    : { source, action: 'copy', entry: historyEntryOf(source.key, contents) };
}

function decideObject(
  task: PlanTask,
  sides: TransferSides,
  source: KeyContents,
  wanted: Content,
  there: Content,
): Planned | Promise<Planned> {
  // Whether ETags are MD5s depends on each object's encryption, which listings do not tell.
  const { action } = decideCopy(wanted, there, true);
  if (action === 'skip') {
    if (!mayBeRenewed(sides, wanted, there)) return { source, action };
    return withBackoff(task.ports, task.signal, () => renew(sides, source, wanted, there));
  }
  if (action === 'copy') return { source, action, entry: entryOf(wanted) };
  if (sides.route.replacesDifferent && action === 'block') return replacing(source, wanted, there);
  if (action === 'block') return { source, action };
  return withBackoff(task.ports, task.signal, () => compare(sides, source, wanted, there));
}

const mayBeRenewed = ({ route, mayBeOutdated }: TransferSides, wanted: Content, there: Content): boolean =>
  route.replacesDifferent && mayBeOutdated(wanted, there);

/** The same bytes; a copy that lacks what its source was given since is made again. */
async function renew(sides: TransferSides, source: KeyContents, wanted: Content, there: Content): Promise<Planned> {
  const isSame = await isSameInAttributes(sides, wanted, there);
  return isSame ? { source, action: 'skip' } : replacing(source, wanted, there);
}

/** An object that went or changed meanwhile is left to the copy, which looks again. */
async function compare(sides: TransferSides, source: KeyContents, wanted: Content, there: Content): Promise<Planned> {
  try {
    const ours = await sides.source.storage.headObject(sides.source.bucket, wanted.key, undefined, wanted.versionId);
    const theirs = await sides.destination.storage.headObject(sides.destination.bucket, there.key);
    const answer = compareContents(ours, theirs);
    if (answer === 'same' && mayBeRenewed(sides, wanted, there)) return await renew(sides, source, wanted, there);
    if (answer === 'same') return { source, action: 'skip' };
    if (sides.route.replacesDifferent) return replacing(source, wanted, there);
    return answer === 'different' ? { source, action: 'block' } : { source, action: 'copy', entry: entryOf(wanted) };
  } catch (error) {
    if (error instanceof ObjectMissingError) return { source, action: 'copy', entry: entryOf(wanted) };
    throw error;
  }
}

const replacing = (source: KeyContents, wanted: Content, there: Content): Planned => {
  return { source, action: 'copy', entry: { ...entryOf(wanted), replacesEtag: there.etag } };
};

const entryOf = ({ key, sizeBytes, etag, storageClass, modifiedAtMs }: Content): ShardEntry => {
  return { key, sizeBytes, etag, storageClass, modifiedAtMs };
};

/** What is carried over is there already, and cannot be read any more. */
function historyEntryOf(key: string, contents: readonly Content[]): ShardEntry {
  const versions = contents.filter(({ carriedOver }) => !carriedOver).map(versionOf);
  const sizeBytes = versions.reduce((sum, version) => sum + version.sizeBytes, 0);
  const modifiedAtMs = contents.at(-1)?.modifiedAtMs ?? (0 as VersionFacts['modifiedAtMs']);
  return { key, sizeBytes, etag: '', storageClass: 'STANDARD', modifiedAtMs, versions };
}

const versionOf = (content: Content): VersionFacts => {
  return { ...entryOf(content), versionId: content.versionId ?? '', isDeleteMarker: isMarker(content) };
};

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

  async add(planned: Planned): Promise<void> {
    const { sums } = this;
    const { key, contents } = planned.source;
    const sizeBytes = contents.reduce((sum, content) => sum + content.sizeBytes, 0);
    sums.sourceCount += contents.length;
    sums.sourceBytes += sizeBytes;
    for (const content of contents) this.histogram.add(content.sizeBytes);
    if (planned.action === 'copy') {
      await this.addToCopy(planned.entry);
    } else if (planned.action === 'skip') {
      sums.skippedCount += contents.length;
      sums.skippedBytes += sizeBytes;
    } else {
      sums.blockedCount += contents.length;
      this.collisions.push(this.collision(key, sizeBytes));
    }
    this.task.reporter.counts.copiedCount = sums.sourceCount;
    this.task.reporter.counts.copiedBytes = sums.sourceBytes;
  }

  async finish(place: ShardPlace, round: number): Promise<PlanSummary> {
    const shards = await this.shards.finish();
    const lines = this.collisions.map((line) => `${JSON.stringify(line)}\n`).join('');
    await place.documents.write(paths.failures(place.jobId, place.transfer, 0), lines);
    const plannedAtMs = this.task.ports.clock.nowMs();
    return { round, plannedAtMs, ...this.sums, sizeHistogram: this.histogram.read(), shards };
  }

  private async addToCopy(entry: ShardEntry): Promise<void> {
    const { sums } = this;
    for (const { sizeBytes, storageClass } of entry.versions ?? [entry]) {
      sums.totalCount += 1;
      sums.totalBytes += sizeBytes;
      if (sizeBytes > this.task.job.request.options.multipartThresholdBytes) sums.multipartCount += 1;
      if (isArchiveClass(storageClass)) sums.archivedCount += 1;
    }
    await this.shards.add(entry);
  }

  private collision(key: string, sizeBytes: number): FailureLine {
    return {
      key: toPercentForm(key),
      outcome: 'blocked',
      error: 'ObjectChangedError',
      message: 'A different object stands under this key at the destination.',
      remedy: 'Decide which of the two is wanted. Remove the one at the destination, or copy to another prefix.',
      sizeBytes,
      shard: 0,
      atMs: this.task.ports.clock.nowMs(),
      isFinal: true,
    };
  }
}
