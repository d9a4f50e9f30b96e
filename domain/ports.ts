import type { Connection } from './connection.ts';
import type { TransferName } from './job-documents.ts';
import type { ListingPage, ObjectAttributes, ObjectFacts, ObjectTags } from './objects.ts';
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
}>;

export type BucketListEntry = Readonly<{ name: string; region?: string; createdAtMs?: EpochMs }>;
export type Identity = Readonly<{ accountId?: string; principalArn?: string }>;

export type ListRequest = Readonly<{ bucket: string; prefix?: string; startAfter?: string; signal?: AbortSignal }>;

/** Every page is validated: right bucket and prefix, ascending, complete. Otherwise ListingInvalidError after retries. */
export interface ObjectLister {
  listObjects(request: ListRequest): AsyncIterable<ListingPage>;
}

export interface ObjectReader {
  /** HEAD with checksums. Rejects with ObjectMissingError; with ObjectChangedError when `etag` is given and differs. */
  headObject(bucket: string, key: string, etag?: string): Promise<ObjectAttributes>;
  readTags(bucket: string, key: string): Promise<ObjectTags>;
  /** SHA-256 (hexadecimal) over all bytes as read, and their number. Conditional on `etag`. */
  hashObject(
    bucket: string,
    key: string,
    etag: string,
    signal?: AbortSignal,
  ): Promise<{ sha256: string; sizeBytes: number }>;
}

export type CopyRequest = Readonly<{
  source: { bucket: string; facts: ObjectFacts };
  destination: { bucket: string; key: string };
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

export interface BucketKeeper {
  listBuckets(): Promise<readonly BucketListEntry[]>;
  /** Rejects with BucketMissingError, AccessDeniedError, BucketOwnedByAnotherAccountError. A wrong Region is corrected. */
  findBucket(name: string): Promise<BucketFacts>;
  /**
   * Makes the bucket, private and tagged, or recognises ours. `already-ours` only when its owner was proven.
   * Rejects with BucketOwnedByAnotherAccountError, BucketNameBusyError, AccessDeniedError.
   */
  createBucket(
    name: string,
    region: string,
    tags: Readonly<Record<string, string>>,
  ): Promise<'created' | 'already-ours'>;
  readPolicy(bucket: string): Promise<BucketPolicy | undefined>;
  /**
   * Reads the policy, edits it, writes it when it changed, and reads it back; tries again when another edit got in
   * between. An edit that gives undefined removes the policy. Rejects with StorageRefusedError when it does not fit.
   */
  changePolicy(bucket: string, edit: (policy: BucketPolicy | undefined) => BucketPolicy | undefined): Promise<void>;
}

/** One session's view of S3. Every request checks the session's age first. */
export interface Storage extends ObjectLister, ObjectReader, ObjectCopier, BucketKeeper {
  identity(): Promise<Identity>;
  close(): void;
}

/** What a session may do at most, whatever its role allows: turned into the session policy. No purpose can delete objects. */
export type StoragePurpose =
  | 'look' // list buckets, read facts: preflight, pages
  | 'keep-buckets' // create buckets, edit policies
  | 'copy' // read the source, write the destination
  | 'verify'; // read only

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

/** The state machine's executions, one per job, named like it. */
export interface Flows {
  /** Idempotent: the same job again answers without starting a second one. */
  start(machine: 'copy', jobId: string, input: unknown): Promise<void>;
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
>;
