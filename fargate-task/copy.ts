import { setMaxListeners } from 'node:events';
import { readJson } from '../domain/document-access.ts';
import {
  BucketMissingError,
  BucketOwnedByAnotherAccountError,
  ConnectionMissingError,
  CredentialsRefusedError,
  DocumentInvalidError,
  MigrationError,
  ProofBrokenError,
  StorageRefusedError,
  TaskStoppedError,
  WrongRegionError,
} from '../domain/errors.ts';
import {
  paths,
  type GrantDocument,
  type PlanSummary,
  type ShardEntry,
  type ShardSummary,
} from '../domain/job-documents.ts';
import { mapKey } from '../domain/keys.ts';
import { readRoute, type TransferRoute } from '../domain/migration.ts';
import type { Storage } from '../domain/ports.ts';
import { GiB } from '../domain/sizes.ts';
import { SECOND_MS, type EpochMs } from '../domain/time.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { copyHistory } from './copy-history.ts';
import { copyEntry, isRoleRefused, type CopyTools, type ObjectOutcome } from './copy-object.ts';
import { forEachInFlight } from './in-flight.ts';
import { ShardCheckpoint } from './shard-checkpoint.ts';
import { readMayBeOutdated } from './outdated-copies.ts';
import { readShard, type ShardPlace } from './shard-files.ts';
import type { CopyTask } from './task-ports.ts';
import { MarkingSession } from './marking-session.ts';
import { DocumentedUploads } from './upload-register.ts';

/** A batch also ends at this many bytes, so that a crash repeats minutes and not hours of large objects. */
const BATCH_BYTES_MAX = 16 * GiB;
/** Copies under way may take this long to end after the task was asked to stop. */
const STOP_GRACE_MS = 5 * SECOND_MS;
/** Bucket policies are eventually consistent: so long a fresh grant may not be seen everywhere. */
const GRANT_SETTLES_MS = 15 * SECOND_MS;

/**
 * Copies what is left of one shard, batch after batch, with a checkpoint after each. Resolves when the shard is done
 * or given up for a reason no retry changes (`halted` in its result). Rejects with what another attempt may heal.
 */
export async function copyShard(task: CopyTask): Promise<void> {
  const { command, ports, reporter } = task;
  const place = { documents: ports.documents, jobId: command.jobId, transfer: command.transfer };
  const checkpoint = await ShardCheckpoint.take(place, command.shard, ports.clock);
  reporter.attempt = checkpoint.result.attempt;
  if (checkpoint.result.isDone) return reportDone(task, checkpoint);
  try {
    await new ShardRun(task, place, checkpoint).run();
    reportDone(task, checkpoint);
  } catch (error) {
    if (!(error instanceof MigrationError) || error.retry !== 'never') throw error;
    await checkpoint.halt(error);
    reporter.say('failure', `The shard is given up. ${error.message} ${error.remedy}`, 'error');
  }
}

function reportDone({ reporter }: CopyTask, { result }: ShardCheckpoint): void {
  const { copiedCount, copiedBytes, skippedCount, failedCount, throttledCount } = result;
  Object.assign(reporter.counts, { copiedCount, copiedBytes, skippedCount, failedCount, throttledCount, inFlight: 0 });
  reporter.say('finished');
}

class ShardRun {
  private readonly task: CopyTask;
  private readonly place: ShardPlace;
  private readonly checkpoint: ShardCheckpoint;
  private readonly breaker = new CircuitBreaker();
  private readonly throttledBefore: number;
  /** Why no further object is begun. */
  private end: Error | undefined;

  constructor(task: CopyTask, place: ShardPlace, checkpoint: ShardCheckpoint) {
    this.task = task;
    this.place = place;
    this.checkpoint = checkpoint;
    this.throttledBefore = checkpoint.result.throttledCount;
  }

  async run(): Promise<void> {
    const entries = await readShard(this.place, await this.summary());
    await this.checkpoint.keepFailures(entries);
    const { storage: access } = this.task.ports;
    const jobId = this.task.job.id;
    const route = await readRoute(this.place.documents, this.task.job, this.place.transfer);
    const { source, destination } = route;
    const storage = await access.open({
      connection: source.connection,
      purpose: 'copy',
      buckets: [source.bucket, destination.bucket],
      jobId,
    });
    const reading = { connection: destination.connection, buckets: [destination.bucket], jobId };
    const destinationReader = await access.open({ ...reading, purpose: 'verify' });
    const marking = new MarkingSession(access, { ...reading, purpose: 'mark' });
    try {
      if (route.carriesVersions) await insistOnVersioning(destinationReader, destination.bucket);
      const { accountId } = await destinationReader.identity();
      const uploads = new DocumentedUploads(this.place, this.task.command.shard);
      await uploads.abortLeftOvers(storage);
      const sessions = { storage, destinationReader, marking, uploads };
      const tools = { ...(await this.tools(route, sessions)), ...ownerOf(accountId) };
      await this.withGrace((hard) => this.copyAll(entries, tools, hard));
    } finally {
      storage.close();
      destinationReader.close();
      await marking.close();
    }
  }

  private async copyAll(entries: readonly ShardEntry[], tools: CopyTools, hard: AbortSignal): Promise<void> {
    const { batchObjectCountMax } = this.task.job.request.options;
    this.showCheckpoint();
    this.task.reporter.say('started');
    if (entries.length === 0) await this.save(0, [], tools, true);
    while (!this.checkpoint.result.isDone) {
      const from = this.checkpoint.result.doneCount;
      const batch = batchOf(entries, from, batchObjectCountMax);
      const outcomes = await this.copyBatch(batch, tools, hard);
      const doneCount = from + outcomes.length;
      await this.save(doneCount, outcomes, tools, doneCount === entries.length);
      if (this.end) throw this.end;
      this.task.reporter.say('progress');
    }
  }

  /** The outcomes of the batch's first objects, up to the first one that has none. */
  private async copyBatch(
    batch: readonly ShardEntry[],
    tools: CopyTools,
    hard: AbortSignal,
  ): Promise<readonly ObjectOutcome[]> {
    const outcomes = new Map<number, ObjectOutcome>();
    const { reporter } = this.task;
    const { inFlightMax } = this.task.job.request.options;
    await forEachInFlight(
      batch,
      inFlightMax,
      () => this.mustEnd(),
      async (entry, index) => {
        const copy = entry.versions ? copyHistory : copyEntry;
        const outcome = await reporter.inFlight(() => copy(entry, tools, hard));
        if (outcome.kind === 'unfinished' || this.isFatal(outcome)) return;
        outcomes.set(index, outcome);
        this.show(outcome);
        reporter.counts.throttledCount = this.throttledCount(tools);
      },
    );
    const done: ObjectOutcome[] = [];
    for (let next = outcomes.get(0); next; next = outcomes.get(done.length)) done.push(next);
    return done;
  }

  private mustEnd(): boolean {
    if (this.task.signal.aborted) this.end ??= new TaskStoppedError('The task was asked to stop.');
    return this.end !== undefined;
  }

  /** An error about the whole shard ends it, and the object that met it stays undone. */
  private isFatal(outcome: ObjectOutcome): boolean {
    if (outcome.kind !== 'failed') {
      this.breaker.worked();
      return false;
    }
    if (isAboutTheShard(outcome.error)) {
      this.end ??= outcome.error;
      return true;
    }
    if (outcome.line.isFinal) {
      const tripped = this.breaker.refused(outcome.error);
      this.end ??= tripped;
      return false;
    }
    if (!this.breaker.gaveUp()) return false;
    this.end ??= outcome.error instanceof Error ? outcome.error : new Error(outcome.line.message);
    return true;
  }

  private async save(
    doneCount: number,
    outcomes: readonly ObjectOutcome[],
    tools: CopyTools,
    isDone: boolean,
  ): Promise<void> {
    const copied = outcomes.filter((outcome) => outcome.kind === 'copied');
    const progress = {
      copiedCount: copied.reduce((sum, outcome) => sum + outcome.objectCount, 0),
      copiedBytes: copied.reduce((sum, outcome) => sum + outcome.sizeBytes, 0),
      skippedCount: outcomes.filter((outcome) => outcome.kind === 'gone-at-source').length,
      failures: outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.line] : [])),
      throttledCount: this.throttledCount(tools),
    };
    await this.checkpoint.save(doneCount, progress, isDone);
    this.showCheckpoint();
  }

  private throttledCount({ storage }: CopyTools): number {
    return this.throttledBefore + storage.throttledCount;
  }

  private show(outcome: ObjectOutcome): void {
    const { counts } = this.task.reporter;
    if (outcome.kind === 'copied') {
      counts.copiedCount += outcome.objectCount;
      counts.copiedBytes += outcome.sizeBytes;
    } else if (outcome.kind === 'gone-at-source') counts.skippedCount += 1;
    else if (outcome.kind === 'failed') counts.failedCount += 1;
  }

  private showCheckpoint(): void {
    const { copiedCount, copiedBytes, skippedCount, failedCount, throttledCount } = this.checkpoint.result;
    Object.assign(this.task.reporter.counts, { copiedCount, copiedBytes, skippedCount, failedCount, throttledCount });
  }

  /** Gives `work` a signal that follows the task's own after the grace. */
  private async withGrace(work: (hard: AbortSignal) => Promise<void>): Promise<void> {
    const hard = new AbortController();
    setMaxListeners(0, hard.signal); // every request in flight listens to it
    const ended = new AbortController();
    const { signal, ports } = this.task;
    const onStop = (): void =>
      void ports.clock.sleep(STOP_GRACE_MS, ended.signal).then(
        () => hard.abort(signal.reason),
        () => undefined, // everything ended by itself
      );
    if (signal.aborted) onStop();
    else signal.addEventListener('abort', onStop, { once: true });
    try {
      await work(hard.signal);
    } finally {
      signal.removeEventListener('abort', onStop);
      ended.abort();
    }
  }

  private async summary(): Promise<ShardSummary> {
    const { command } = this.task;
    const path = paths.planSummary(command.jobId, command.transfer);
    const plan = await readJson<PlanSummary>(this.place.documents, path);
    const summary = plan?.shards.find((one) => one.shard === command.shard);
    if (summary) return summary;
    throw new DocumentInvalidError(`The plan ${path} has no shard ${command.shard}.`, {
      remedy: 'Start the copy again as a new job.',
    });
  }

  private async tools(route: TransferRoute, sessions: Sessions): Promise<CopyTools> {
    const { job, ports, command } = this.task;
    const { options } = job.request;
    const { source, destination } = route;
    const grant = await readJson<GrantDocument>(this.place.documents, paths.grant(job.id, command.transfer));
    return {
      ...sessions,
      options: { multipartThresholdBytes: options.multipartThresholdBytes, partSizeBytes: options.partSizeBytes },
      sourceBucket: source.bucket,
      destinationBucket: destination.bucket,
      isSourceProven: route.readsProof,
      isDestinationOurs: route.replacesDifferent,
      mayReplace: async () =>
        route.replacesDifferent &&
        (await this.place.documents.read(paths.milestone(job.id, 'emptying-began'))) === undefined,
      // The temporary bucket keeps no delete markers, and the order of versions there says nothing.
      matching: command.transfer === 'copy' ? 'within' : 'beginning',
      mayBeOutdated: await readMayBeOutdated(this.place.documents, job, command.transfer),
      destinationKeyOf: (key) => mapKey(key, source.prefix ?? '', destination.prefix ?? ''),
      shard: command.shard,
      clock: ports.clock,
      random: ports.random,
      grantSettledAtMs: ((grant?.confirmedAtMs ?? -GRANT_SETTLES_MS) + GRANT_SETTLES_MS) as EpochMs,
    };
  }
}

/** Where versioning is not on, each version would take the place of the one before it. */
async function insistOnVersioning(storage: Storage, bucket: string): Promise<void> {
  const { versioning } = await storage.identifyBucket(bucket);
  if (versioning === 'enabled') return;
  throw new StorageRefusedError(`Versioning of ${bucket} is not on, so it cannot take a history.`, {
    subject: { bucket },
    remedy: 'Switch its versioning on, then redrive the job.',
  });
}

type Sessions = Pick<CopyTools, 'storage' | 'destinationReader' | 'marking' | 'uploads'>;

/** A bucket that was deleted meanwhile and made again by a stranger must get nothing of ours. */
const ownerOf = (accountId: string | undefined): Pick<CopyTools, 'destinationAccountId'> =>
  accountId === undefined ? {} : { destinationAccountId: accountId };

function batchOf(entries: readonly ShardEntry[], from: number, countMax: number): readonly ShardEntry[] {
  let sizeBytes = 0;
  let to = from;
  for (let next = entries[to]; next && to - from < countMax; next = entries[to]) {
    sizeBytes += next.sizeBytes;
    if (to > from && sizeBytes > BATCH_BYTES_MAX) break;
    to += 1;
  }
  return entries.slice(from, to);
}

const isAboutTheShard = (error: unknown): error is MigrationError =>
  error instanceof CredentialsRefusedError ||
  isRoleRefused(error) ||
  error instanceof BucketMissingError ||
  error instanceof ProofBrokenError ||
  error instanceof BucketOwnedByAnotherAccountError ||
  error instanceof WrongRegionError ||
  error instanceof ConnectionMissingError;
