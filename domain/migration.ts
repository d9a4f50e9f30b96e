import { readJson } from './document-access.ts';
import { DocumentInvalidError } from './errors.ts';
import { paths, type JobDocument, type TransferName } from './job-documents.ts';
import { destinationBucketOf } from './job-request.ts';
import type { DocumentStore } from './ports.ts';
import type { EpochMs } from './time.ts';

/** A bucket and the way to it. `region` where it is known or wanted. */
export type BucketPlace = Readonly<{
  connection: string;
  bucket: string;
  region?: string | undefined;
  prefix?: string | undefined;
}>;

/**
 * From where to where one transfer goes, and by which rules.
 *
 *   transfer     from        to          replaces           extra objects there    reads
 *   copy (copy)  source      destination never              as the request says    the source's listing
 *   copy         source      temporary   its own copies     do not matter          the source's listing
 *   copy-back    temporary   final       never              a difference           what the proof lists, and nothing else
 *   undo         temporary   source      never              do not matter          what the proof lists, and nothing else
 */
export type TransferRoute = Readonly<{
  source: BucketPlace;
  destination: BucketPlace;
  /** Every version and delete marker in order, or current objects only. */
  carriesVersions: boolean;
  /** A copy that differs from the source is replaced, on condition of its ETag: only in a bucket that this job made. */
  replacesDifferent: boolean;
  allowsExtra: boolean;
  /** The sealed proof says what is to be there; an object that it lists and the source lacks stops everything. */
  readsProof: boolean;
}>;

// --- documents -----------------------------------------------------------------------------------------------------

/** `migration/source.json`: what the source was when the job began; re-checked before anything is deleted. */
export type SourceDocument = Readonly<{
  connection: string;
  bucket: string;
  region: string;
  accountId?: string;
  createdAtMs?: EpochMs;
  versioning: 'off' | 'enabled' | 'suspended';
  /** Every version and delete marker goes over, not only what is current. */
  carriesVersions: boolean;
  seenAtMs: EpochMs;
}>;

/** `migration/temporary-bucket.json`, written with the chosen name before the bucket is made. */
export type TemporaryBucketDocument = Readonly<{
  connection: string;
  bucket: string;
  region: string;
  chosenAtMs: EpochMs;
  createdAtMs?: EpochMs;
  /** Versioning was switched on then; S3 asks for 15 minutes before it is relied on (S3 user guide, "Enabling versioning"). */
  versionedAtMs?: EpochMs;
  /** Our statements were taken out of its policy. */
  openedAtMs?: EpochMs;
  removedAtMs?: EpochMs;
  /** Why it stays: it became the final bucket, or holds what the proof does not list. */
  keptBecause?: string;
}>;

/** `migration/freeze.json`, written before the policy is put. */
export type FreezeDocument = Readonly<{
  connection: string;
  bucket: string;
  sid: string;
  putAtMs: EpochMs;
  /** A probe was refused, or, where none is possible, the time that S3 takes had passed. */
  inForceAtMs?: EpochMs;
  /** Lifecycle rules as they were, when some had to be switched off: no Deny stops S3 itself. */
  lifecycleBefore?: unknown;
  thawedAtMs?: EpochMs;
}>;

/** `migration/final-bucket.json`: where the objects end, written when the name was got. */
export type FinalBucketDocument = Readonly<{
  connection: string;
  bucket: string;
  region: string;
  claimedAtMs: EpochMs;
  versionedAtMs?: EpochMs;
  /** The temporary bucket itself: nothing is copied back. */
  isTemporary: boolean;
}>;

/** `migration/name-wait.json`. */
export type NameWaitDocument = Readonly<{
  sinceMs: EpochMs;
  tryCount: number;
  lastTryAtMs: EpochMs;
  lastOutcome: 'busy' | 'taken' | 'occupied' | 'denied' | 'unavailable';
  /** Since when every answer was that the name exists: another account's, or still being released. */
  takenSinceMs?: EpochMs;
  /** Where the last try was made, written before it: a name that was got there by a lost answer is recognised. */
  place?: BucketPlace & Readonly<{ region: string }>;
  /** Refusals in a row. */
  deniedCount?: number;
}>;

/** `migration/source-deletion.json`: the intent is written before DeleteBucket is asked for. */
export type SourceDeletionDocument = Readonly<{
  bucket: string;
  /** The first time that we asked. Left out: it was found absent before we did. */
  askedAtMs?: EpochMs;
  /** Found gone although nobody of this job had asked; somebody has to say that this is right, by a redrive. */
  foundAbsentAtMs?: EpochMs;
  /** Uploads that stood open in the empty bucket and were aborted. */
  abortedUploadCount: number;
  /** Since when it is certain that the bucket is gone. */
  certainAtMs?: EpochMs;
}>;

/** `emptying/<bucket>/look.json`: what the last fresh listing of an emptied bucket found. For people. */
export type EmptiedLookDocument = Readonly<{
  outcome: 'empty' | 'late-objects' | 'unfinished' | 'refused';
  /** Objects, versions and delete markers that the proof does not list. They are never deleted. */
  lateCount: number;
  /** The first of them, in percent form. */
  lateKeys: readonly string[];
  lookedAtMs: EpochMs;
  /** Refusals up to then were told; newer ones are told again. */
  refusalsToldUntilMs?: EpochMs;
}>;

/**
 * `questions/name.answer.json`. What a person decides about a name that does not come free; the next try reads it.
 *   keep-waiting     nothing changes
 *   other-name       the bucket is made in the destination account under `bucket`
 *   rebuild-source   the bucket is made in the source account under `bucket`, which may be its old name
 *   keep-temporary   the temporary bucket stays as it is and becomes the final one
 */
export type NameDecision = Readonly<{
  choice: 'keep-waiting' | 'other-name' | 'rebuild-source' | 'keep-temporary';
  bucket?: string;
  by: string;
  atMs: EpochMs;
}>;

/** `migration/undo.json`, written before the flow is stopped: somebody asked for the source to be as it was. */
export type UndoDocument = Readonly<{
  by: string;
  askedAtMs: EpochMs;
  /** The job's newest execution then; the undo is a later one. */
  stopsExecution: number;
}>;

export type QuestionName = 'consent' | 'name' | 'quarantine';
/** `questions/<name>.json`: what the flow waits for a person with. Written anew, with a new token, whenever it asks. */
export type QuestionDocument = Readonly<{ question: QuestionName; token: string; askedAtMs: EpochMs }>;

/** `questions/quarantine.answer.json`: typed consent to delete the temporary bucket earlier. */
export type QuarantineDocument = Readonly<{ beganAtMs: EpochMs; endsAtMs: EpochMs }>;
export type QuarantineConsent = Readonly<{ bucket: string; by: string; atMs: EpochMs }>;

// --- routes --------------------------------------------------------------------------------------------------------

export type RouteDocuments = Readonly<{
  source?: SourceDocument | undefined;
  temporary?: TemporaryBucketDocument | undefined;
  final?: FinalBucketDocument | undefined;
}>;

/** Throws DocumentInvalidError when a bucket that the transfer needs was not made yet. */
export function routeOf(job: JobDocument, transfer: TransferName, documents: RouteDocuments = {}): TransferRoute {
  const { request } = job;
  if (request.kind === 'copy') {
    const destination = { ...request.destination, bucket: destinationBucketOf(request) };
    const allowsExtra = request.options.whenDestinationHasObjects === 'merge';
    const rules = { carriesVersions: false, replacesDifferent: false, allowsExtra, readsProof: false };
    return { source: request.source, destination, ...rules };
  }
  const { source: seen, temporary, final } = documents;
  if (!seen || !temporary) throw unready(job.id, 'the temporary bucket');
  const source: BucketPlace = {
    connection: request.source.connection,
    bucket: request.source.bucket,
    region: seen.region,
  };
  const temporaryPlace: BucketPlace = {
    connection: temporary.connection,
    bucket: temporary.bucket,
    region: temporary.region,
  };
  const { carriesVersions } = seen;
  switch (transfer) {
    case 'copy':
      return {
        source,
        destination: temporaryPlace,
        carriesVersions,
        replacesDifferent: true,
        allowsExtra: true,
        readsProof: false,
      };
    case 'copy-back': {
      if (!final) throw unready(job.id, 'the final bucket');
      const destination = { connection: final.connection, bucket: final.bucket, region: final.region };
      const rules = { carriesVersions, replacesDifferent: false, allowsExtra: false, readsProof: true };
      return { source: temporaryPlace, destination, ...rules };
    }
    case 'undo':
      return {
        source: temporaryPlace,
        destination: source,
        carriesVersions,
        replacesDifferent: false,
        allowsExtra: true,
        readsProof: true,
      };
  }
}

export async function readRoute(
  documents: DocumentStore,
  job: JobDocument,
  transfer: TransferName,
): Promise<TransferRoute> {
  if (job.request.kind === 'copy') return routeOf(job, transfer);
  const [source, temporary, final] = await Promise.all([
    readJson<SourceDocument>(documents, paths.source(job.id)),
    readJson<TemporaryBucketDocument>(documents, paths.temporaryBucket(job.id)),
    readJson<FinalBucketDocument>(documents, paths.finalBucket(job.id)),
  ]);
  return routeOf(job, transfer, { source, temporary, final });
}

const unready = (jobId: string, what: string): DocumentInvalidError =>
  new DocumentInvalidError(`Job ${jobId} has not made ${what} yet.`, {
    subject: { job: jobId },
    remedy: 'Redrive the job: it goes on at its last step.',
  });

// --- how far a migration is ----------------------------------------------------------------------------------------

/**
 * Where a migration is taken up again, from what its documents say and never from what a flow remembers.
 *
 *   beginning    nothing is deleted: everything before the first deletion is done again, and finds what is there
 *   emptying     consent was given and the gate passed: deletions may have happened
 *   deleted      the source bucket is gone and the name is not ours yet
 *   returning    the final bucket is ours: objects go back into it
 *   returned     everything is verified under its name
 *   clearing     the quarantine is over: the temporary bucket may go
 *   finished     nothing is left to do
 *   undone       everything was brought back to the source
 */
export type MigrationStage =
  'beginning' | 'emptying' | 'deleted' | 'returning' | 'returned' | 'clearing' | 'finished' | 'undone';

export function stageOf(milestones: Readonly<Partial<Record<string, EpochMs>>>): MigrationStage {
  const passed = (name: string): boolean => milestones[name] !== undefined;
  if (passed('finished')) return 'finished';
  if (passed('undone')) return 'undone';
  if (passed('quarantine-over')) return 'clearing';
  if (passed('returned')) return 'returned';
  if (passed('destination-bucket-created')) return 'returning';
  if (passed('source-deleted')) return 'deleted';
  if (passed('emptying-began')) return 'emptying';
  return 'beginning';
}

/**
 * What "stop" does, which its button says.
 *
 *   stage                  stop
 *   beginning              leave-as-it-was   everything of ours is taken away, the source is as it was
 *   emptying               bring-back-in     what was deleted is copied back into the source, which still exists
 *   deleted                bring-back-anew   the bucket is made again under its name in the source account
 *   returning and later    nothing           going on is the only way to one whole bucket; a failed step is redriven
 */
export type StopEffect = 'leave-as-it-was' | 'bring-back-in' | 'bring-back-anew' | 'nothing';

export function stopEffectOf(stage: MigrationStage): StopEffect {
  switch (stage) {
    case 'beginning':
      return 'leave-as-it-was';
    case 'emptying':
      return 'bring-back-in';
    case 'deleted':
      return 'bring-back-anew';
    default:
      return 'nothing';
  }
}

/** Between the first deletion and the verified return the temporary bucket holds the only whole copy. */
export const isSingleCopy = (stage: MigrationStage): boolean =>
  stage === 'emptying' || stage === 'deleted' || stage === 'returning';
