import {
  AccessDeniedError,
  MigrationError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectMissingError,
  ObjectNotReproducibleError,
  ProofBrokenError,
  retryClassOf,
  StorageUnavailableError,
} from '../domain/errors.ts';
import type { FailureLine, ShardEntry } from '../domain/job-documents.ts';
import type { JobOptions } from '../domain/job-request.ts';
import { displayKey, toPercentForm } from '../domain/keys.ts';
import type { ObjectFacts } from '../domain/objects.ts';
import type { CopyOnto, ObjectLister, ObjectReader, ObjectRemover, Storage, UploadRegister } from '../domain/ports.ts';
import type { Clock, EpochMs, Random } from '../domain/time.ts';
import { AnswerError } from '../s3/answer.ts';
import { backoffMs, TRIES_MAX } from './backoff.ts';
import type { MayBeOutdated } from './outdated-copies.ts';
import type { Matching } from './transfer-sides.ts';

/** An object that is overwritten more often than this while it is being copied is left to the next round. */
const CHANGES_MAX = 3;

export type ObjectOutcome =
  | Readonly<{ kind: 'copied'; sizeBytes: number; objectCount: number }>
  | Readonly<{ kind: 'gone-at-source' }>
  | Readonly<{ kind: 'failed'; line: FailureLine; error: unknown }>
  /** Stopped before its end: nothing is known of it. */
  | Readonly<{ kind: 'unfinished' }>;

export type CopyTools = Readonly<{
  storage: Storage;
  /** Of the destination's own connection: what we may write there by the grant we may not read. */
  destinationReader: Pick<ObjectReader & ObjectLister, 'headObject' | 'hashObject' | 'listHistories' | 'readTags'>;
  /** Lays delete markers at the destination, which copying sessions may not. */
  marking: Pick<ObjectRemover, 'markDeleted'>;
  sourceBucket: string;
  destinationBucket: string;
  /** Who must own the destination bucket, where the provider tells. */
  destinationAccountId?: string;
  destinationKeyOf: (sourceKey: string) => string;
  /** The source is the temporary bucket: an object that is not there as it was proven stops everything. */
  isSourceProven: boolean;
  /** Nobody but this job writes there, so what is in the way is left to the next round instead of to a person. */
  isDestinationOurs: boolean;
  /** Asked before each replacement: once deletions may have happened, a copy may be the only one. */
  mayReplace: () => Promise<boolean>;
  /** How versions are held against what stands under the key already. */
  matching: Matching;
  mayBeOutdated: MayBeOutdated;
  options: Pick<JobOptions, 'multipartThresholdBytes' | 'partSizeBytes'>;
  uploads: UploadRegister;
  shard: number;
  clock: Clock;
  random: Random;
  /** Until then a refusal may only mean that the grant has not reached all of S3 yet. */
  grantSettledAtMs: EpochMs;
}>;

/**
 * Copies one object, following it when it changes meanwhile. Never rejects.
 *
 *   what happens                                      outcome
 *   copied, or the same object is there already       copied
 *   source gone                                       gone-at-source
 *   source overwritten                                the new one is copied, up to three times
 *   source unchanged, another object at destination   failed: blocked
 *   an error that no retry changes                    failed, final
 *   an error that a pause may heal                    tried again, then failed, not final
 */
export async function copyEntry(entry: ShardEntry, tools: CopyTools, signal: AbortSignal): Promise<ObjectOutcome> {
  let facts: ObjectFacts = entry;
  let changes = 0;
  let onto: CopyOnto | undefined =
    entry.replacesEtag === undefined ? undefined : { kind: 'replace', etag: entry.replacesEtag };
  for (let failedTries = 0; ;) {
    try {
      if (onto && !(await tools.mayReplace())) onto = undefined;
      const seen = await tryOnce(facts, onto, tools, signal);
      if (seen === 'copied') return { kind: 'copied', sizeBytes: facts.sizeBytes, objectCount: 1 };
      if (seen === 'gone') return { kind: 'gone-at-source' };
      if (seen === 'replaced') {
        onto = undefined;
        continue;
      }
      facts = seen;
      changes += 1;
      if (changes > CHANGES_MAX)
        return failed(facts, tools, new ObjectChangedError('It is overwritten again and again.'));
    } catch (error) {
      failedTries += 1;
      if (signal.aborted) return { kind: 'unfinished' };
      if (isForGood(error, tools) || failedTries >= TRIES_MAX) return failed(facts, tools, error);
      if (!(await paused(tools, failedTries, signal))) return { kind: 'unfinished' };
    }
  }
}

/** A different object stands at the destination, and the source is as it was: a person has to decide. */
export class OccupiedError extends ObjectChangedError {}

export const isForGood = (error: unknown, tools: CopyTools): boolean =>
  error instanceof OccupiedError || !mayPass(error, tools);

/** `replaced`: what was to be replaced is not there any more; perhaps an answer was lost, and it is this object now. */
async function tryOnce(
  facts: ObjectFacts,
  onto: CopyOnto | undefined,
  tools: CopyTools,
  signal: AbortSignal,
): Promise<'copied' | 'gone' | 'replaced' | ObjectFacts> {
  const { storage, sourceBucket, destinationBucket, destinationReader, options, uploads } = tools;
  try {
    const source = { bucket: sourceBucket, facts };
    const destination = { bucket: destinationBucket, key: tools.destinationKeyOf(facts.key) };
    const owner = tools.destinationAccountId === undefined ? {} : { destinationAccountId: tools.destinationAccountId };
    const how = { destinationReader, ...owner, ...options, uploads, ...(onto ? { onto } : {}) };
    await storage.copyObject({ source, destination, ...how }, signal);
    return 'copied';
  } catch (error) {
    if (!(error instanceof ObjectChangedError) && !(error instanceof ObjectMissingError)) throw error;
    const now = await lookAgain(facts, tools);
    if (tools.isSourceProven && (now === 'gone' || now.etag !== facts.etag)) throw broken(facts);
    if (now === 'gone') return now;
    if (now.etag !== facts.etag) return now;
    if (onto) return 'replaced';
    if (error instanceof ObjectMissingError) {
      const remedy = 'Nothing to do: the copy is tried again.';
      throw new StorageUnavailableError('The source was not found, and is there.', { remedy, cause: error });
    }
    throw new OccupiedError('A different object stands under this key at the destination.', {
      remedy: 'Decide which of the two is wanted. Remove the one at the destination, or copy to another prefix.',
      cause: error,
    });
  }
}

export const broken = ({ key }: ObjectFacts): ProofBrokenError =>
  new ProofBrokenError(`The temporary bucket does not hold ${displayKey(key)} any more as it was proven.`, {
    subject: { key },
    remedy:
      'Somebody changed the temporary bucket. Change nothing there and in the source, and look in the audit trail who did.',
  });

async function lookAgain({ key }: ObjectFacts, { storage, sourceBucket }: CopyTools): Promise<ObjectFacts | 'gone'> {
  try {
    const { sizeBytes, etag, storageClass, modifiedAtMs } = await storage.headObject(sourceBucket, key);
    return { key, sizeBytes, etag, storageClass, modifiedAtMs };
  } catch (error) {
    if (error instanceof ObjectMissingError) return 'gone';
    throw error;
  }
}

/** The role itself was refused and not what it asked for: that no grant changes, and every object meets it. */
export const isRoleRefused = (error: unknown): error is AccessDeniedError =>
  error instanceof AccessDeniedError && error.subject.role !== undefined && error.subject.bucket === undefined;

function mayPass(error: unknown, { clock, grantSettledAtMs }: CopyTools): boolean {
  if (isRoleRefused(error)) return false;
  if (error instanceof AccessDeniedError) return clock.nowMs() < grantSettledAtMs;
  return retryClassOf(error) !== 'never';
}

export async function paused({ clock, random }: CopyTools, failedTries: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(backoffMs(random, failedTries), signal);
    return true;
  } catch {
    return false; // asked to stop meanwhile
  }
}

export function failed(facts: ObjectFacts, tools: CopyTools, error: unknown): ObjectOutcome {
  const { shard, clock, isDestinationOurs } = tools;
  const isForNextRound =
    error instanceof ObjectChangedError && (isDestinationOurs || !(error instanceof OccupiedError));
  const requestId = requestIdOf(error);
  const line: FailureLine = {
    key: toPercentForm(facts.key),
    outcome: isForAPerson(error) && !isForNextRound ? 'blocked' : 'failed',
    error: error instanceof Error ? error.name : 'Error',
    message: displayKey(error instanceof Error ? error.message : String(error)),
    remedy: error instanceof MigrationError ? error.remedy : '',
    sizeBytes: facts.sizeBytes,
    shard,
    ...(requestId === undefined ? {} : { requestId }),
    atMs: clock.nowMs(),
    isFinal: retryClassOf(error) === 'never' && !isForNextRound,
  };
  return { kind: 'failed', line, error };
}

/** Errors are wrapped a few times at most. */
const CAUSES_MAX = 5;

/** What the provider's support asks for: the id of the request that was refused. */
function requestIdOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth += 1) {
    if (cause instanceof AnswerError) return cause.answer.requestId;
    cause = cause.cause;
  }
  return undefined;
}

const isForAPerson = (error: unknown): boolean =>
  error instanceof AccessDeniedError ||
  error instanceof ObjectArchivedError ||
  error instanceof ObjectNotReproducibleError ||
  error instanceof OccupiedError;
