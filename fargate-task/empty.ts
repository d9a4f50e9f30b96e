import { readJson } from '../domain/document-access.ts';
import {
  AccessDeniedError,
  EmptyingRefusedError,
  MigrationError,
  ProofInvalidError,
  retryClassOf,
  StorageUnavailableError,
  TaskStoppedError,
} from '../domain/errors.ts';
import { compareListings } from '../domain/compare-listings.ts';
import { paths } from '../domain/job-documents.ts';
import { compareKeys, displayKey, fromPercentForm, toPercentForm } from '../domain/keys.ts';
import { readRoute, type BucketPlace, type SourceDocument, type TransferRoute } from '../domain/migration.ts';
import type { Removal, RemovalOutcome, Storage } from '../domain/ports.ts';
import type { ProofDocument, ProofPart } from '../domain/proof.ts';
import { backoffMs, TRIES_MAX } from './backoff.ts';
import { EmptyingPermission } from './emptying-permission.ts';
import { EmptyingResult } from './emptying-result.ts';
import { mapPages, objectsByKey, ofHistory, type ContentsPage } from './key-contents.ts';
import { readProofPart, requireProof, type ProvenPage } from './proof-reading.ts';
import { provenContents } from './proven-listing.ts';
import { brokenRemovalsOf, namingOf, removalsOf } from './removals.ts';
import type { EmptyTask } from './task-ports.ts';

/** DeleteObjects takes as many (S3 API reference, DeleteObjects). */
const CHUNK_MAX = 1000;
/** Listings of a part until nothing of it is there any more; each further one means that something was refused or came late. */
const PASSES_MAX = 5;

/**
 * Deletes what one part of the proof lists and what is still there exactly as proven, each on condition of its ETag or
 * by its version id; everything else is left where it is and counted. Resolves when a listing shows nothing of the part
 * any more, or with `halted` in the result for a reason that no retry changes.
 */
export async function emptyPart(task: EmptyTask): Promise<void> {
  const { command, ports, reporter } = task;
  // The result stands under the number that the proof claims, also where the proof turns out not to be the sealed one.
  const claimed = await readJson<ProofDocument>(ports.documents, paths.proof(command.jobId));
  const result = await EmptyingResult.take(task, claimed?.proof ?? 0);
  reporter.attempt = result.value.attempt;
  reporter.counts.copiedCount = result.value.removedCount;
  reporter.say('started');
  try {
    const proof = await requireProof(ports.documents, command.jobId);
    await new Emptying(task, proof, await placesOf(task), result).run();
    reporter.say('finished');
  } catch (error) {
    if (!(error instanceof MigrationError) || error.retry !== 'never') throw error;
    await result.halt(error);
    reporter.say('failure', `Nothing more is deleted. ${error.message} ${error.remedy}`, 'error');
  }
}

type Places = Readonly<{
  /** The bucket that is emptied. */
  emptied: BucketPlace;
  versioning: SourceDocument['versioning'];
  /** The copies, which must be there while the source is emptied. */
  route: TransferRoute;
}>;

async function placesOf({ command, ports, job }: EmptyTask): Promise<Places> {
  const route = await readRoute(ports.documents, job, 'copy');
  if (command.bucket === 'temporary')
    return { emptied: route.destination, versioning: route.carriesVersions ? 'enabled' : 'off', route };
  const source = await readJson<SourceDocument>(ports.documents, paths.source(job.id));
  return { emptied: route.source, versioning: source?.versioning ?? 'suspended', route };
}

class Emptying {
  private readonly task: EmptyTask;
  private readonly proof: ProofDocument;
  private readonly part: ProofPart;
  private readonly places: Places;
  private readonly result: EmptyingResult;
  private readonly permission: EmptyingPermission;

  constructor(task: EmptyTask, proof: ProofDocument, places: Places, result: EmptyingResult) {
    this.task = task;
    this.proof = proof;
    this.part = partOf(proof, task.command.part);
    this.places = places;
    this.result = result;
    this.permission = new EmptyingPermission(task, proof, this.part, places.emptied);
  }

  async run(): Promise<void> {
    const { ports, job } = this.task;
    await this.permission.insist();
    const lines = await readProofPart(ports.documents, job.id, this.proof.proof, this.part);
    const { connection, bucket } = this.places.emptied;
    const storage = await ports.storage.open({ connection, purpose: 'empty', buckets: [bucket], jobId: job.id });
    try {
      for (let pass = 1; pass <= PASSES_MAX; pass += 1) {
        if (await this.passOver(lines, storage)) return;
      }
    } finally {
      storage.close();
    }
    throw new StorageUnavailableError('What was deleted is still listed.', {
      remedy: 'Nothing to do: it is tried again.',
    });
  }

  /** True when there is nothing more to do: all of it is gone, or what is left is refused. */
  private async passOver(lines: ProvenPage, storage: Storage): Promise<boolean> {
    if (this.task.command.bucket === 'source') await this.insistOnCopies(lines);
    const { waves, changedCount } = await this.removable(lines, storage);
    const refused: RemovalOutcome[] = [];
    let removedCount = 0;
    for (const wave of waves) {
      const kept = new Set(refused.map(({ removal }) => removal.key));
      const removals = wave.filter(({ key }) => !kept.has(key));
      for (let from = 0; from < removals.length; from += CHUNK_MAX) {
        const outcomes = await this.remove(removals.slice(from, from + CHUNK_MAX), storage);
        refused.push(...outcomes.filter(({ outcome }) => outcome === 'refused'));
        removedCount += outcomes.filter(({ outcome }) => outcome === 'removed').length;
      }
    }
    const isNothingLeft = waves.every((wave) => wave.length === 0);
    await this.result.save({ isDone: isNothingLeft, changedCount, refusedCount: refused.length, ...firstOf(refused) });
    this.task.reporter.counts.failedCount = refused.length;
    return isNothingLeft || (removedCount === 0 && refused.length > 0);
  }

  /** While the source is emptied the temporary bucket must hold every copy of the part, as proven. */
  private async insistOnCopies(lines: ProvenPage): Promise<void> {
    const { route } = this.places;
    const { connection, bucket } = route.destination;
    const { ports, job } = this.task;
    const storage = await ports.storage.open({ connection, purpose: 'verify', buckets: [bucket], jobId: job.id });
    try {
      const listed = this.listRange(storage, bucket, route.carriesVersions);
      for await (const _page of provenContents(onePage(lines), listed)) this.insistOnGoingOn();
    } finally {
      storage.close();
    }
  }

  private async removable(lines: ProvenPage, storage: Storage) {
    const { bucket, only } = this.task.command;
    const { emptied, versioning } = this.places;
    const naming = namingOf(bucket, versioning);
    const hasVersions = versioning !== 'off';
    const removalsIn = only === 'broken' ? brokenRemovalsOf : removalsOf;
    const [first, then]: [Removal[], Removal[]] = [[], []];
    let changedCount = 0;
    for await (const pair of compareListings(onePage(lines), this.listRange(storage, emptied.bucket, hasVersions))) {
      this.insistOnGoingOn();
      if (pair.side === 'source') continue;
      const known = pair.side === 'both' ? pair.source.lines : [];
      const removals = removalsIn(known, pair.destination.contents, naming);
      first.push(...removals.first);
      then.push(...removals.then);
      changedCount += removals.changedCount;
    }
    return { waves: [first, then], changedCount };
  }

  private async remove(removals: readonly Removal[], storage: Storage): Promise<readonly RemovalOutcome[]> {
    const { reporter } = this.task;
    const outcomes = await this.removePatiently(removals, storage);
    const removedCount = outcomes.filter(({ outcome }) => outcome === 'removed').length;
    await this.result.save({ removedCount: this.result.value.removedCount + removedCount });
    reporter.counts.copiedCount = this.result.value.removedCount;
    return outcomes;
  }

  /** Whether it may is asked before every request: a pause may have been long, and another attempt begun meanwhile. */
  private async removePatiently(removals: readonly Removal[], storage: Storage): Promise<readonly RemovalOutcome[]> {
    const { ports, signal } = this.task;
    const { bucket } = this.places.emptied;
    for (let failedTries = 1; ; failedTries += 1) {
      this.insistOnGoingOn();
      await this.permission.insist();
      await this.result.insist();
      try {
        return await storage.removeObjects(bucket, removals, signal);
      } catch (error) {
        if (error instanceof AccessDeniedError) throw refusedAll(bucket, error);
        if (signal.aborted || failedTries >= TRIES_MAX || retryClassOf(error) === 'never') throw error;
        await ports.clock.sleep(backoffMs(ports.random, failedTries), signal);
      }
    }
  }

  /** From behind the part before to the end of this one: what a stranger put between is seen, too. */
  private async *listRange(storage: Storage, bucket: string, hasVersions: boolean): AsyncGenerator<ContentsPage> {
    const before = this.proof.parts.find(({ part }) => part === this.part.part - 1);
    const lastKey = fromPercentForm(this.part.lastKey);
    const request = {
      bucket,
      signal: this.task.signal,
      ...(before ? { startAfter: fromPercentForm(before.lastKey) } : {}),
    };
    const pages = hasVersions
      ? mapPages(storage.listHistories(request), ofHistory)
      : objectsByKey(storage.listObjects(request));
    for await (const page of pages) {
      const inside = page.filter(({ key }) => compareKeys(key, lastKey) <= 0);
      if (inside.length > 0) yield inside;
      if (inside.length < page.length) return;
    }
  }

  private insistOnGoingOn(): void {
    if (this.task.signal.aborted) throw new TaskStoppedError('The emptying was asked to stop.');
  }
}

function partOf({ parts }: ProofDocument, number: number): ProofPart {
  const part = parts.find((one) => one.part === number);
  if (part) return part;
  throw new ProofInvalidError(`The proof has no part ${number}.`, { remedy: 'Redrive the job.' });
}

async function* onePage(lines: ProvenPage): AsyncGenerator<ProvenPage> {
  yield lines;
}

function firstOf([first]: readonly RemovalOutcome[]): object {
  if (!first) return {};
  const { removal, error = 'refused', message = '' } = first;
  return { refusal: { key: toPercentForm(removal.key), error, message: displayKey(message) } };
}

const refusedAll = (bucket: string, cause: AccessDeniedError): EmptyingRefusedError =>
  new EmptyingRefusedError(`S3 refuses to delete anything in ${bucket}: ${cause.message}`, {
    subject: { bucket },
    remedy: cause.remedy || 'Allow s3:DeleteObject and s3:DeleteObjectVersion there, then redrive the job, or undo it.',
    cause,
  });
