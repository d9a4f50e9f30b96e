import type { SettingName } from './bucket-configuration/catalogue.ts';
import type { BucketConfiguration } from './bucket-configuration/inventory.ts';
import type { Connection } from './connection.ts';
import type { EmptiedBucket, TransferName } from './job-documents.ts';
import type { HistoryPage, ListingPage, ObjectAttributes, ObjectFacts, ObjectTags } from './objects.ts';
import type { BucketPolicy } from './policy.ts';
import type { EpochMs } from './time.ts';

// --- job documents -----------------------------------------------------------------------------------------------

export type StoredDocument = Readonly<{ body: Uint8Array; version: string }>;
/** `ifAbsent`: only when there is none; `ifVersion`: only over that version. Otherwise DocumentConflictError. */
export type WriteCondition = { ifAbsent: true } | { ifVersion: string };

/** Job documents: a control bucket with conditional writes, or a directory. Paths use "/", never begin with one. */
export interface DocumentStore {
  read(path: string): Promise<StoredDocument | undefined>;
  /** Whole or not at all, durable when it resolves. Rejects with DocumentConflictError when the condition fails. */
  write(path: string, body: string | Uint8Array, condition?: WriteCondition): Promise<{ version: string }>;
  /** Paths under the prefix, ascending. */
  list(prefix: string): AsyncIterable<string>;
  /** No error when there is none. `ifVersion`: only that version; another one is a DocumentConflictError. */
  remove(path: string, condition?: { ifVersion: string }): Promise<void>;
}

// --- S3, in the product's words ----------------------------------------------------------------------------------

export type BucketFacts = Readonly<{
  name: string;
  region: string;
  versioning: 'off' | 'enabled' | 'suspended';
  /** Default encryption; `unknown` when the provider or our permissions do not tell. */
  encryption: 'none' | 'sse-s3' | 'sse-kms' | 'unknown';
  kmsKeyArn?: string;
  hasObjectLock: boolean;
  isRequesterPays: boolean;
  tags: Readonly<Record<string, string>>;
  /** Deleting a version needs a second factor, which no program can give. */
  hasMfaDelete?: boolean;
  /** Who owns what others write into the bucket; undefined when the provider or our permissions do not tell. */
  ownership?: 'bucket-owner-enforced' | 'bucket-owner-preferred' | 'object-writer';
  /** From the list of our own buckets; undefined when it is not there or cannot be read. */
  createdAtMs?: EpochMs;
}>;

/** What tells one bucket from another, and what is asked again and again before something is written or deleted. */
export type BucketIdentity = Pick<
  BucketFacts,
  'name' | 'region' | 'versioning' | 'tags' | 'hasMfaDelete' | 'createdAtMs'
>;

export type BucketListEntry = Readonly<{ name: string; region?: string; createdAtMs?: EpochMs }>;
export type Identity = Readonly<{ accountId?: string; principalArn?: string }>;

export type ListRequest = Readonly<{ bucket: string; prefix?: string; startAfter?: string; signal?: AbortSignal }>;

/** Every page is validated: right bucket and prefix, ascending, complete. Otherwise ListingInvalidError after retries. */
export interface ObjectLister {
  listObjects(request: ListRequest): AsyncIterable<ListingPage>;
  /**
   * Every version and delete marker of every key, each key's history whole and oldest first, keys ascending.
   * `startAfter` is a key. A bucket that never had versions answers one version per key with the id "null".
   */
  listHistories(request: ListRequest): AsyncIterable<HistoryPage>;
}

export interface ObjectReader {
  /** HEAD with checksums. Rejects with ObjectMissingError; with ObjectChangedError when `etag` is given and differs. */
  headObject(bucket: string, key: string, etag?: string, versionId?: string): Promise<ObjectAttributes>;
  readTags(bucket: string, key: string, versionId?: string): Promise<ObjectTags>;
  /** SHA-256 (hexadecimal) over all bytes as read, and their number. Conditional on `etag`. */
  hashObject(
    bucket: string,
    key: string,
    etag: string,
    signal?: AbortSignal,
    versionId?: string,
  ): Promise<{ sha256: string; sizeBytes: number }>;
}

/**
 * What stands at the destination key when the copy is written; anything else is ObjectChangedError.
 *   replace  exactly this object, which the copy takes the place of (If-Match)
 *   append   the newest version has this ETag, or there is none or a delete marker (undefined): the copy becomes the
 *            next version. What stands there is never taken for the copy itself; whoever asks has listed the history.
 */
export type CopyOnto = Readonly<{ kind: 'replace'; etag: string } | { kind: 'append'; overEtag: string | undefined }>;

export type CopyRequest = Readonly<{
  source: { bucket: string; facts: ObjectFacts; versionId?: string };
  destination: { bucket: string; key: string };
  /** Left out: nothing may stand there, or it is this object already. */
  onto?: CopyOnto;
  multipartThresholdBytes: number;
  partSizeBytes: number;
  /** Told before the first part and after the end of an upload, so that orphans can be found after a crash. */
  uploads: UploadRegister;
  /**
   * Who looks at the destination key when something may stand there: a storage of the destination's own connection.
   * A grant lets the copying principal write and not read; left out, that principal looks itself.
   */
  destinationReader?: Pick<ObjectReader, 'headObject' | 'hashObject'>;
  /** The account that must own the destination bucket, where it is known. */
  destinationAccountId?: string;
}>;
/** `multipart` copies had their headers, metadata and tags sent again by us; `single` ones were carried by S3. */
export type CopyReceipt = Readonly<{ etag: string; path: 'single' | 'multipart' }>;

export type RegisteredUpload = Readonly<{ bucket: string; key: string; uploadId: string }>;
export interface UploadRegister {
  begun(upload: RegisteredUpload): Promise<void>;
  ended(upload: RegisteredUpload): Promise<void>;
}

export interface ObjectCopier {
  /**
   * Copies one object with everything that belongs to it, on condition that the source still has the ETag of the
   * listing and that nothing stands at the destination key, or what stands there is already this object.
   * Rejects with ObjectChangedError, ObjectMissingError, ObjectArchivedError, ObjectNotReproducibleError,
   * AccessDeniedError, StorageThrottledError, StorageUnavailableError, SessionExpiredError or StorageRefusedError.
   */
  copyObject(request: CopyRequest, signal: AbortSignal): Promise<CopyReceipt>;
  /** Aborts an upload and confirms that no part is left. No error when there is no such upload. */
  abortUpload(upload: RegisteredUpload): Promise<void>;
  /** SlowDown answers since the storage was opened. */
  readonly throttledCount: number;
}

/**
 * What may be deleted is named exactly: an object by its ETag, or a version (or delete marker) by its id. While
 * versioning is suspended the version "null" is written over by whoever writes, and S3 takes conditions on current
 * versions only: with `seenEtag` (empty for a delete marker) it is looked at right before, one by one.
 */
export type Removal = Readonly<
  { key: string; etag: string } | { key: string; versionId: string; seenEtag?: string | undefined }
>;
/**
 *   removed  it is gone now, or was gone already (an answer that was lost)
 *   changed  another object stands under the key: untouched
 *   refused  S3 said no for a reason that no retry changes
 */
export type RemovalOutcome = Readonly<{
  removal: Removal;
  outcome: 'removed' | 'changed' | 'refused';
  error?: string;
  message?: string;
}>;

/** The only deletions of the product. Sessions of other purposes than `empty`, `mark`, `probe` and `delete-bucket` hold none. */
export interface ObjectRemover {
  /**
   * Deletes exactly these, each on its condition, up to 1,000 in one request (keys that XML cannot carry singly), and
   * answers for every one. Where the provider ignores conditions each is looked at first. Purpose `empty`.
   * Rejects with what a pause may heal, and with AccessDeniedError when every one is refused for that.
   */
  removeObjects(bucket: string, removals: readonly Removal[], signal?: AbortSignal): Promise<readonly RemovalOutcome[]>;
  /**
   * Lays a delete marker over the version with this ETag in a versioned bucket (DeleteObject with If-Match). Purpose
   * `mark`. Rejects with ObjectChangedError when another version is the newest.
   */
  markDeleted(bucket: string, key: string, overEtag: string): Promise<void>;
  /**
   * Asks to delete a key that cannot exist on a condition that cannot hold: nothing is deleted whatever is answered.
   * `refused`: a Deny, or a missing permission. Purpose `probe`, whose session policy would allow it.
   */
  probeDelete(bucket: string): Promise<'refused' | 'allowed'>;
  /** DeleteBucket on condition of its owner. `absent` only when our own list and HEAD agree. Purpose `delete-bucket`. */
  removeBucket(bucket: string): Promise<'removed' | 'absent' | 'not-empty'>;
  /** Uploads that were begun in the bucket and not ended, by whomever. */
  listUploads(bucket: string): Promise<readonly (RegisteredUpload & { initiator?: string })[]>;
}

export interface BucketKeeper {
  listBuckets(): Promise<readonly BucketListEntry[]>;
  /** Rejects with BucketMissingError, AccessDeniedError, BucketOwnedByAnotherAccountError. A wrong Region is corrected. */
  findBucket(name: string): Promise<BucketFacts>;
  /** The same with fewer requests. */
  identifyBucket(name: string): Promise<BucketIdentity>;
  /**
   * Makes the bucket, private and tagged, or recognises ours. `already-ours` only when its owner was proven.
   * Rejects with BucketOwnedByAnotherAccountError, BucketNameBusyError, AccessDeniedError.
   */
  createBucket(
    name: string,
    region: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<'created' | 'already-ours'>;
  /**
   * One try to get a name that was deleted or may be anybody's; only CreateBucket decides.
   *   created   it is ours now, private, tagged, in that Region
   *   ours      it is there already and carries these tags: an earlier try whose answer was lost
   *   occupied  it is there, in our account, and not made by this job: never touched
   *   busy      OperationAborted: still being released
   *   taken     BucketAlreadyExists: another account's, or still being released
   * Rejects with AccessDeniedError and with what a pause may heal.
   */
  claimBucket(
    name: string,
    region: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<'created' | 'ours' | 'occupied' | 'busy' | 'taken'>;
  /** Makes it so, and reads it back. Purpose `keep-buckets`. */
  setVersioning(bucket: string, status: 'enabled' | 'suspended'): Promise<void>;
  /**
   * Every setting of the bucket. One that may not be read, or that the provider does not have, says so in its place.
   * Purpose `configure`; `look` reads them too. Rejects with what concerns the whole bucket, or what a pause may heal.
   */
  readConfiguration(bucket: string): Promise<BucketConfiguration>;
  /**
   * Makes it so: reads, compares, and writes what differs. Tags, policies and lists are added to what is there; in an ACL
   * the value holds the grants to others. Purpose `configure`. Rejects with AccessDeniedError, StorageRefusedError or
   * StorageUnsupportedError when this one setting is refused.
   */
  applySetting(bucket: string, name: SettingName, value: unknown): Promise<'applied' | 'was-so'>;
  readPolicy(bucket: string): Promise<BucketPolicy | undefined>;
  /**
   * Reads the policy, edits it, writes it when it changed, and reads it back; tries again when another edit got in
   * between. An edit that gives undefined removes the policy. Rejects with StorageRefusedError when it does not fit.
   */
  changePolicy(bucket: string, edit: (policy: BucketPolicy | undefined) => BucketPolicy | undefined): Promise<void>;
}

/** One session's view of S3. Every request checks the session's age first. */
export interface Storage extends ObjectLister, ObjectReader, ObjectCopier, ObjectRemover, BucketKeeper {
  identity(): Promise<Identity>;
  close(): void;
}

/** What a session may do at most, whatever its role allows: turned into the session policy. None of the first four can delete. */
export type StoragePurpose =
  | 'look' // list buckets, read facts: preflight, pages
  | 'keep-buckets' // create buckets, edit policies, switch versioning
  | 'copy' // read the source, write the destination
  | 'verify' // read only
  | 'configure' // read and write the settings of one bucket
  | 'probe' // a deletion that cannot happen, to learn whether a Deny is in force
  | 'mark' // delete markers in the destination, over a version that is named
  | 'empty' // delete named versions, or objects with a named ETag, of one bucket
  | 'delete-bucket'; // delete one empty bucket

export type StorageRequest = Readonly<{
  connection: string;
  purpose: StoragePurpose;
  /** The buckets that the session policy names; none means every bucket (only for `look`). For `copy`: source, destination. */
  buckets: readonly string[];
  /** Stands in the session's name for the audit trail. */
  jobId?: string;
}>;

export interface StorageAccess {
  /** Rejects with ConnectionMissingError; credentials are not tried before the first request. */
  open(request: StorageRequest): Promise<Storage>;
}

export interface ConnectionRegistry {
  list(): Promise<readonly Connection[]>;
  find(name: string): Promise<Connection | undefined>;
  put(connection: Connection): Promise<void>;
}

// --- flows, tasks and logs -----------------------------------------------------------------------------------------

export type FlowStatus = 'running' | 'succeeded' | 'failed' | 'stopped' | 'timed-out';
export type FlowDescription = Readonly<{
  status: FlowStatus;
  startedAtMs: EpochMs;
  endedAtMs?: EpochMs;
  redriveCount: number;
  /** False when its history is full or too old: then only `startAgain` continues the job. */
  isRedrivable: boolean;
  /** Which of the job's executions this is, from 1, and what it runs. */
  execution: number;
  machine: Machine;
  error?: string;
  cause?: string;
}>;

/** A state as the console would show it. `path` is unique within the flow: nested executions and items stand behind "/". */
export type FlowState = Readonly<{
  path: string;
  depth: number;
  name: string;
  type: string;
  status: 'running' | 'waiting' | 'succeeded' | 'failed' | 'stopped';
  attempts: number;
  enteredAtMs: EpochMs;
  exitedAtMs?: EpochMs;
  input?: unknown;
  output?: unknown;
  error?: string;
  cause?: string;
  items?: Readonly<{
    totalCount: number;
    succeededCount: number;
    failedCount: number;
    runningCount: number;
    pendingCount: number;
  }>;
}>;

/** `undo` brings a migration back that was stopped while its source bucket still stands. */
export type Machine = 'copy' | 'migrate' | 'undo';

/** The state machine's executions: a job's first is named like it, later ones have a number. */
export interface Flows {
  /** Idempotent: the same job again answers without starting a second one. */
  start(machine: Machine, jobId: string, input: unknown): Promise<void>;
  /**
   * A new execution of a job whose last one has ended: own resume, and undoing. Every flow begins by looking how far
   * the job is. Rejects with JobStateError while one runs.
   */
  startAgain(machine: Machine, jobId: string, input: unknown): Promise<void>;
  /** Answers a state that waits for a person. Rejects with JobStateError when nobody waits for this token. */
  answer(jobId: string, token: string, output: unknown): Promise<void>;
  /** The newest execution of the job. */
  describe(jobId: string): Promise<FlowDescription | undefined>;
  states(jobId: string): Promise<readonly FlowState[]>;
  /** Resolves when everything it had running has ended. */
  stop(jobId: string): Promise<void>;
  redrive(jobId: string): Promise<void>;
}

export type LogEvent = Readonly<{ stream: string; atMs: EpochMs; message: string }>;

export interface TaskLogs {
  /** Events of the streams that begin with `streamPrefix`, with `sinceMs` ≤ time < `untilMs`; every page is followed. */
  read(streamPrefix: string, sinceMs: EpochMs, untilMs: EpochMs): AsyncIterable<LogEvent>;
  /** The last events of those streams, oldest first, at most `eventsMax`; for people. */
  tail(streamPrefix: string, eventsMax: number): Promise<readonly LogEvent[]>;
}

/** What a task can be told to do: the same words that Fargate passes as the container's command. */
export type TaskCommand = Readonly<
  | { task: 'plan' | 'verify'; jobId: string; transfer: TransferName }
  | { task: 'copy'; jobId: string; transfer: TransferName; shard: number }
  /** Lists both sides of a migration's first transfer once more and writes the proof's lines. */
  | { task: 'prove'; jobId: string }
  /** Deletes what one part of the proof lists. `broken`: only keys whose history is neither whole nor its beginning. */
  | { task: 'empty'; jobId: string; bucket: EmptiedBucket; part: number; only?: 'broken' }
  /** Deletes from the temporary bucket the copies of what the source is proven to hold now. */
  | { task: 'discard'; jobId: string }
>;
