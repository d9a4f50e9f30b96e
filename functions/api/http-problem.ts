import { MigrationError, RequestInvalidError } from '../../domain/errors.ts';
import type { ProblemView } from '../../domain/views.ts';

/** What only the HTTP door can find wrong: method, path, headers, size. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly remedy: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the view says beside it: a kind of its own, a title, what is now. */
  readonly more: Partial<ProblemView>;

  constructor(
    status: number,
    message: string,
    details: { remedy: string; headers?: Record<string, string>; more?: Partial<ProblemView> },
  ) {
    super(message);
    this.more = details.more ?? {};
    this.status = status;
    this.remedy = details.remedy;
    this.headers = details.headers ?? {};
  }
}

/**
 * What the caller gets for each class. 401 and 403 speak of this API alone, so what a storage provider refused is a
 * 502: our own door was open, the one behind it was not.
 */
const STATUS_OF: Readonly<Record<string, readonly [status: number, title: string]>> = {
  RequestInvalidError: [400, 'The request is not valid'],
  ConnectionMissingError: [404, 'There is no such connection'],
  JobMissingError: [404, 'There is no such job'],
  BucketMissingError: [404, 'There is no such bucket'],
  ObjectMissingError: [404, 'There is no such object'],
  BucketLeasedError: [409, 'Another job holds the bucket'],
  JobAlreadyExistsError: [409, 'The idempotency key was used for another request'],
  JobStateError: [409, 'The job is not in a state that allows this'],
  DocumentConflictError: [409, 'Somebody else changed this at the same time'],
  DocumentInvalidError: [500, 'A document of the job is damaged'],
  ProofInvalidError: [500, 'The proof is not the one that was sealed'],
  PreflightBlockedError: [422, 'A check before the first write said no'],
  WrongRegionError: [422, 'The bucket is in another Region'],
  BucketOwnedByAnotherAccountError: [422, 'The bucket belongs to another account'],
  AccessDeniedError: [502, 'The storage provider denied access'],
  CredentialsRefusedError: [502, 'The storage provider refused the credentials'],
  SessionExpiredError: [502, 'The session with the storage provider has expired'],
  ListingInvalidError: [502, 'The storage provider gave a listing that cannot be trusted'],
  StorageRefusedError: [502, 'The storage provider refused the request'],
  StorageUnsupportedError: [502, 'The storage provider has no such operation'],
  StorageUnavailableError: [503, 'The storage provider is not available'],
  StorageThrottledError: [503, 'The storage provider asked us to slow down'],
};

export type ProblemAnswer = Readonly<{
  view: ProblemView;
  headers: Readonly<Record<string, string>>;
  /** Nobody foresaw it: the answer hides it, so somebody else must hear of it. */
  isUnexpected: boolean;
}>;

export function problemOf(error: unknown): ProblemAnswer {
  if (error instanceof HttpProblem) return problemOfHttp(error);
  const known = error instanceof MigrationError ? STATUS_OF[error.name] : undefined;
  if (!known || !(error instanceof MigrationError)) return unexpected();
  const [status, title] = known;
  return {
    view: {
      type: `urn:bucket-migrator:problem:${error.name}`,
      title,
      status,
      detail: error.message,
      ...(error.remedy === '' ? {} : { remedy: error.remedy }),
      ...(error.subject.job === undefined ? {} : { job: error.subject.job }),
      ...(error instanceof RequestInvalidError ? { errors: error.problems } : {}),
    },
    headers: status === 503 ? { 'retry-after': '5' } : {},
    isUnexpected: false,
  };
}

function problemOfHttp(error: HttpProblem): ProblemAnswer {
  const title = HTTP_TITLES[error.status] ?? 'The request cannot be answered';
  return {
    view: {
      type: 'about:blank',
      title,
      status: error.status,
      detail: error.message,
      remedy: error.remedy,
      ...error.more,
    },
    headers: error.headers,
    isUnexpected: false,
  };
}

const HTTP_TITLES: Readonly<Record<number, string>> = {
  401: 'Not signed in',
  403: 'Not allowed from there',
  404: 'Not found',
  405: 'Method not allowed',
  413: 'Request too large',
  415: 'Unsupported content type',
};

/** Says nothing of the inside: messages of unforeseen errors may hold paths, keys of the store or credentials. */
const unexpected = (): ProblemAnswer => ({
  view: {
    type: 'about:blank',
    title: 'Something went wrong here',
    status: 500,
    detail: 'The server met an error that it did not expect.',
    remedy: 'Try again; the error itself stands in the output of the server.',
  },
  headers: {},
  isUnexpected: true,
});
