import {
  AccessDeniedError,
  BucketMissingError,
  BucketNameBusyError,
  BucketOwnedByAnotherAccountError,
  CredentialsRefusedError,
  MigrationError,
  ObjectArchivedError,
  ObjectChangedError,
  ObjectMissingError,
  ObjectNotReproducibleError,
  SessionExpiredError,
  StorageRefusedError,
  StorageThrottledError,
  StorageUnavailableError,
  StorageUnsupportedError,
  WrongRegionError,
  type Subject,
} from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import { AnswerError, readAnswer, type AnswerKind, type RequestSubject, type ServerAnswer } from './answer.ts';
import { remedyFor } from './remedies.ts';

const kinds = (kind: AnswerKind, ...codes: string[]): [string, AnswerKind][] => codes.map((code) => [code, kind]);

/** S3 API reference, "Error responses"; STS API reference, "Common errors"; the last ones are Node's and the SDK's. */
const KIND_OF_CODE: ReadonlyMap<string, AnswerKind> = new Map([
  ...kinds('throttled', 'SlowDown', 'SlowDownRead', 'SlowDownWrite', 'Throttling', 'ThrottlingException'),
  ...kinds('throttled', 'RequestLimitExceeded', 'TooManyRequestsException', 'KMS.ThrottlingException'),
  ...kinds('throttled', 'ReducedRequestRate', 'BandwidthLimitExceeded', 'TooManyRequests'),
  ...kinds('unavailable', 'InternalError', 'InternalFailure', 'ServiceUnavailable', 'ServiceFailure', 'Busy'),
  ...kinds('unavailable', 'RequestTimeout', 'TimeoutError', 'ConditionalRequestConflict', 'IncompleteBody'),
  // An upload that is gone was completed, or aborted by somebody: its copy begins again.
  ...kinds('unavailable', 'NoSuchUpload'),
  ...kinds('expired', 'ExpiredToken', 'ExpiredTokenException', 'InvalidToken', 'TokenRefreshRequired'),
  ...kinds('expired', 'RequestTimeTooSkewed', 'RequestExpired'),
  ...kinds('denied', 'AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'AccountProblem', 'NotSignedUp'),
  ...kinds('denied', 'KMS.DisabledException', 'KMS.NotFoundException', 'KMS.KMSInvalidStateException'),
  ...kinds('credentials', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'InvalidSecurity'),
  ...kinds('credentials', 'UnrecognizedClientException', 'IncompleteSignature', 'MissingAuthenticationToken'),
  ...kinds('credentials', 'CredentialsProviderError', 'TokenProviderError'),
  ...kinds('bucket-missing', 'NoSuchBucket'),
  ...kinds('bucket-taken', 'BucketAlreadyExists'),
  ...kinds('bucket-busy', 'OperationAborted'),
  ...kinds('wrong-region', 'PermanentRedirect', 'TemporaryRedirect', 'Redirect', 'IllegalLocationConstraintException'),
  ...kinds('object-missing', 'NoSuchKey', 'NoSuchVersion'),
  ...kinds('changed', 'PreconditionFailed'),
  ...kinds('archived', 'InvalidObjectState', 'ObjectNotInActiveTierError'),
  ...kinds('unsupported', 'NotImplemented', 'MethodNotAllowed', 'UnsupportedOperation'),
]);

/** An answer to HEAD has no body, so its status is all there is. */
function kindOfStatus(status: number, request: RequestSubject): AnswerKind {
  if (status === 301 || status === 302 || status === 307 || status === 308) return 'wrong-region';
  if (status === 401) return 'credentials';
  if (status === 403) return 'denied';
  if (status === 404) return request.key === undefined ? 'bucket-missing' : 'object-missing';
  if (status === 405 || status === 501) return 'unsupported';
  if (status === 408) return 'unavailable';
  if (status === 412) return 'changed';
  if (status === 429 || status === 503) return 'throttled';
  return status >= 500 ? 'unavailable' : 'refused';
}

function kindOf(answer: ServerAnswer, request: RequestSubject): AnswerKind {
  const known = KIND_OF_CODE.get(answer.code);
  if (known) return known;
  if (answer.status === undefined) return answer.code === 'NotSendable' ? 'refused' : 'unavailable';
  if (isAboutCustomerKey(answer)) return 'needs-customer-key';
  // A signature for another Region is answered 400; only the Region in the answer tells it from other malformed ones.
  if (answer.code === 'AuthorizationHeaderMalformed')
    return answer.region === undefined ? 'credentials' : 'wrong-region';
  // A 200 whose body cannot be read says nothing about what happened.
  if (answer.status < 300) return 'unavailable';
  return kindOfStatus(answer.status, request);
}

/** S3 tells an SSE-C object that is asked for without its key only in words (400 InvalidRequest). */
const isAboutCustomerKey = (answer: ServerAnswer): boolean =>
  answer.status === 400 && /form of server side encryption|customer.provided/i.test(answer.message);

/** The one place where what S3, STS or the network threw becomes an error of the domain. Domain errors pass through. */
export function translateError(error: unknown, request: RequestSubject): MigrationError {
  if (error instanceof MigrationError) return error;
  const answer = readAnswer(error);
  const kind = kindOf(answer, request);
  const subject = subjectOf(request, answer, kind);
  const remedy = remedyFor(kind, request, answer);
  return build(
    kind,
    messageOf(request, answer, subject),
    { subject, remedy, cause: new AnswerError(answer) },
    answer.region,
  );
}

function build(
  kind: AnswerKind,
  message: string,
  details: { subject: Subject; remedy: string; cause: unknown },
  region: string | undefined,
): MigrationError {
  switch (kind) {
    case 'throttled':
      return new StorageThrottledError(message, details);
    case 'unavailable':
      return new StorageUnavailableError(message, details);
    case 'expired':
      return new SessionExpiredError(message, details);
    case 'denied':
      return new AccessDeniedError(message, details);
    case 'credentials':
      return new CredentialsRefusedError(message, details);
    case 'bucket-missing':
      return new BucketMissingError(message, details);
    case 'bucket-taken':
      return new BucketOwnedByAnotherAccountError(message, details);
    case 'bucket-busy':
      return new BucketNameBusyError(message, details);
    case 'wrong-region':
      return new WrongRegionError(message, { ...details, region });
    case 'object-missing':
      return new ObjectMissingError(message, details);
    case 'changed':
      return new ObjectChangedError(message, details);
    case 'archived':
      return new ObjectArchivedError(message, details);
    case 'needs-customer-key':
      return new ObjectNotReproducibleError(message, details);
    case 'unsupported':
      return new StorageUnsupportedError(message, details);
    case 'refused':
      return new StorageRefusedError(message, details);
  }
}

/** A copy that finds no object, or an archived one, speaks of its source. */
function subjectOf(request: RequestSubject, answer: ServerAnswer, kind: AnswerKind): Subject {
  const isAboutSource = kind === 'object-missing' || kind === 'archived' || kind === 'needs-customer-key';
  const place = request.source && isAboutSource ? request.source : request;
  const bucket = kind === 'bucket-missing' ? (answer.bucket ?? place.bucket) : place.bucket;
  return {
    connection: request.connection,
    ...(bucket === undefined ? {} : { bucket }),
    ...(place.key === undefined || kind === 'bucket-missing' ? {} : { key: place.key }),
    ...(request.role === undefined ? {} : { role: request.role }),
  };
}

/** A sentence first, and the raw facts behind it: what S3 said means little to a reader without what was asked. */
function messageOf(request: RequestSubject, answer: ServerAnswer, subject: Subject): string {
  const bucket = subject.bucket ?? request.bucket;
  const place = [bucket, subject.key].filter((part) => part !== undefined).map(displayKey);
  const asked = [request.operation, ...(place.length === 0 ? [] : [place.join('/')])].join(' of ');
  const said = answer.message === '' ? '' : `: ${shown(answer.message)}`;
  const status = answer.status === undefined ? [] : [String(answer.status)];
  const fact = shown([...status, answer.code].filter((part) => part !== '').join(' '));
  const id = answer.requestId === undefined ? '' : `request ${answer.requestId}`;
  const facts = [fact, id].filter((part) => part !== '').join(', ');
  return `${asked} failed${said}${facts === '' ? '' : ` (${facts})`}`;
}
const MESSAGE_CHARACTERS_MAX = 600;
const shown = (text: string): string => displayKey(text).slice(0, MESSAGE_CHARACTERS_MAX);
