/**
 * What may happen next is decided by the error's class alone:
 * `soon` (try again at once or nearly), `after-backoff` (exponential, with jitter), `never` (a person or another
 * state has to change something first).
 */
export type RetryClass = 'soon' | 'after-backoff' | 'never';

/** Which object of the world an error is about; only the fields that are known. `key` is the real key, not escaped. */
export type Subject = Readonly<{ bucket?: string; key?: string; connection?: string; job?: string; role?: string }>;

/**
 * Every error that leaves a floor. `name` is a literal in each class because ASL `Retry` and `Catch` match that
 * string and bundlers rename classes. `remedy` is one sentence that says what the reader can do.
 */
export abstract class MigrationError extends Error {
  abstract override readonly name: string;
  abstract readonly retry: RetryClass;
  readonly subject: Subject;
  readonly remedy: string;

  constructor(message: string, details: { subject?: Subject; remedy?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.subject = details.subject ?? {};
    this.remedy = details.remedy ?? '';
  }
}

// --- storage: what S3 and STS answer ---------------------------------------------------------------------------

/** 503 SlowDown, 429, KMS throttling, or 200 with SlowDown in the body. */
export class StorageThrottledError extends MigrationError {
  override readonly name = 'StorageThrottledError';
  readonly retry = 'after-backoff';
}
/** 5xx, dropped connections, timeouts, 200 with InternalError: the outcome may be unknown. */
export class StorageUnavailableError extends MigrationError {
  override readonly name = 'StorageUnavailableError';
  readonly retry = 'after-backoff';
}
/** ExpiredToken and its kin: a fresh session answers it. */
export class SessionExpiredError extends MigrationError {
  override readonly name = 'SessionExpiredError';
  readonly retry = 'soon';
}
/** 403 AccessDenied, from S3, STS or KMS. */
export class AccessDeniedError extends MigrationError {
  override readonly name = 'AccessDeniedError';
  readonly retry = 'never';
}
/** Keys or signature refused (InvalidAccessKeyId, SignatureDoesNotMatch, InvalidClientTokenId, profile missing). */
export class CredentialsRefusedError extends MigrationError {
  override readonly name = 'CredentialsRefusedError';
  readonly retry = 'never';
}
export class BucketMissingError extends MigrationError {
  override readonly name = 'BucketMissingError';
  readonly retry = 'never';
}
/** The bucket lives in another Region than the request named; `region` is where S3 says it is. */
export class WrongRegionError extends MigrationError {
  override readonly name = 'WrongRegionError';
  readonly retry = 'never';
  readonly region: string | undefined;
  constructor(
    message: string,
    details: ConstructorParameters<typeof MigrationError>[1] & { region?: string | undefined } = {},
  ) {
    super(message, details);
    this.region = details.region;
  }
}
/** The name exists and the account that answered is not the one that was expected. */
export class BucketOwnedByAnotherAccountError extends MigrationError {
  override readonly name = 'BucketOwnedByAnotherAccountError';
  readonly retry = 'never';
}
/** 409 OperationAborted: the name is between two lives. */
export class BucketNameBusyError extends MigrationError {
  override readonly name = 'BucketNameBusyError';
  readonly retry = 'after-backoff';
}
export class ObjectMissingError extends MigrationError {
  override readonly name = 'ObjectMissingError';
  readonly retry = 'never';
}
/** A condition (If-Match, copy-source-if-match, If-None-Match) did not hold: the world changed since we looked. */
export class ObjectChangedError extends MigrationError {
  override readonly name = 'ObjectChangedError';
  readonly retry = 'never';
}
/** Glacier, Deep Archive, Intelligent-Tiering archive tiers: must be restored before it can be read. */
export class ObjectArchivedError extends MigrationError {
  override readonly name = 'ObjectArchivedError';
  readonly retry = 'never';
}
/** Something of the object cannot be sent again (x-amz-missing-meta, SSE-C without the key). */
export class ObjectNotReproducibleError extends MigrationError {
  override readonly name = 'ObjectNotReproducibleError';
  readonly retry = 'never';
}
/** A listing page that is blank, HTML, truncated, unordered or of another bucket. Never an empty bucket. */
export class ListingInvalidError extends MigrationError {
  override readonly name = 'ListingInvalidError';
  readonly retry = 'after-backoff';
}
/** S3 refused the request for a reason that no retry can change (a 4xx that has no class of its own). */
export class StorageRefusedError extends MigrationError {
  override readonly name = 'StorageRefusedError';
  readonly retry = 'never';
}
/** The provider answered 501 or says that it has no such operation. */
export class StorageUnsupportedError extends MigrationError {
  override readonly name = 'StorageUnsupportedError';
  readonly retry = 'never';
}

// --- the job -----------------------------------------------------------------------------------------------------

/** The request cannot be accepted; `problems` names every field at once. */
export class RequestInvalidError extends MigrationError {
  override readonly name = 'RequestInvalidError';
  readonly retry = 'never';
  readonly problems: readonly FieldProblem[];
  constructor(problems: readonly FieldProblem[]) {
    super(problems.map((problem) => `${problem.field || 'request'}: ${problem.message}`).join('; '));
    this.problems = problems;
  }
}
export type FieldProblem = Readonly<{ field: string; message: string }>;

/** A check before the first write said no; the message is the reason, the remedy what to do. */
export class PreflightBlockedError extends MigrationError {
  override readonly name = 'PreflightBlockedError';
  readonly retry = 'never';
}
/** Another job holds one of the buckets; `subject.job` is that job. */
export class BucketLeasedError extends MigrationError {
  override readonly name = 'BucketLeasedError';
  readonly retry = 'never';
}
/** The same idempotency key came with another request. */
export class JobAlreadyExistsError extends MigrationError {
  override readonly name = 'JobAlreadyExistsError';
  readonly retry = 'never';
}
export class JobMissingError extends MigrationError {
  override readonly name = 'JobMissingError';
  readonly retry = 'never';
}
export class ConnectionMissingError extends MigrationError {
  override readonly name = 'ConnectionMissingError';
  readonly retry = 'never';
}
/** The job is not in a state that allows this (stop a finished job, redrive a running one). */
export class JobStateError extends MigrationError {
  override readonly name = 'JobStateError';
  readonly retry = 'never';
}
/** A conditional write lost: somebody else wrote the document since we read it. */
export class DocumentConflictError extends MigrationError {
  override readonly name = 'DocumentConflictError';
  readonly retry = 'soon';
}
/** A job document is missing, cut short or not what it says; never read as "empty". */
export class DocumentInvalidError extends MigrationError {
  override readonly name = 'DocumentInvalidError';
  readonly retry = 'never';
}
/** After the last round, source and destination still differ. */
export class ObjectsDifferError extends MigrationError {
  override readonly name = 'ObjectsDifferError';
  readonly retry = 'never';
}
/** So many objects of a shard are refused that going on would only repeat it. */
export class TooManyFailuresError extends MigrationError {
  override readonly name = 'TooManyFailuresError';
  readonly retry = 'never';
}
/** A task was asked to end (SIGTERM, stop) and did, after its checkpoint. */
export class TaskStoppedError extends MigrationError {
  override readonly name = 'TaskStoppedError';
  readonly retry = 'soon';
}

// --- a migration ---------------------------------------------------------------------------------------------------

/** The gate before the first deletion found something that does not hold. Nothing was deleted. */
export class GateClosedError extends MigrationError {
  override readonly name = 'GateClosedError';
  readonly retry = 'never';
}
/** The proof on disk is not the one that was sealed, or nobody consented to it. Nothing is deleted on its word. */
export class ProofInvalidError extends MigrationError {
  override readonly name = 'ProofInvalidError';
  readonly retry = 'never';
}
/** An object that the proof lists is not in the temporary bucket as it was proven. A person must look at once. */
export class ProofBrokenError extends MigrationError {
  override readonly name = 'ProofBrokenError';
  readonly retry = 'never';
}
/** The source still changes although it is frozen; two listings do not agree. */
export class SourceKeepsChangingError extends MigrationError {
  override readonly name = 'SourceKeepsChangingError';
  readonly retry = 'never';
}
/** The freeze did not come into force: a write to the source would still be allowed. */
export class FreezeNotInForceError extends MigrationError {
  override readonly name = 'FreezeNotInForceError';
  readonly retry = 'never';
}
/** A deny on the temporary bucket did not come into force, or does not go away. */
export class ProtectionNotInForceError extends MigrationError {
  override readonly name = 'ProtectionNotInForceError';
  readonly retry = 'never';
}
/** S3 refused to delete objects that the proof lists. They are where they were; the job can be taken up or undone. */
export class EmptyingRefusedError extends MigrationError {
  override readonly name = 'EmptyingRefusedError';
  readonly retry = 'never';
}
/** The source is emptied and could not be deleted: both buckets exist, and the job can be undone. */
export class SourceNotDeletedError extends MigrationError {
  override readonly name = 'SourceNotDeletedError';
  readonly retry = 'never';
}
/** The source bucket, or the temporary one, is not the bucket that the job knows. */
export class BucketReplacedError extends MigrationError {
  override readonly name = 'BucketReplacedError';
  readonly retry = 'never';
}

/** Class and remedy of anything thrown: what we do not know is retried after a pause, and says so. */
export function retryClassOf(error: unknown): RetryClass {
  return error instanceof MigrationError ? error.retry : 'after-backoff';
}
