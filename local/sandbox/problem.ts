/** HTTP status per error code (S3 API reference, "Error responses"); codes that are not here answer 400. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AccountProblem: 403,
  AuthorizationHeaderMalformed: 400,
  BucketAlreadyExists: 409,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  ExpiredToken: 400,
  IllegalLocationConstraintException: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidBucketState: 409,
  InvalidClientTokenId: 403,
  InvalidObjectState: 403,
  InvalidRange: 416,
  MetadataConfigurationNotFound: 404,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  MissingSecurityHeader: 400,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchConfiguration: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchLifecycleConfiguration: 404,
  NoSuchObjectLockConfiguration: 404,
  NoSuchPublicAccessBlockConfiguration: 404,
  NoSuchTagSet: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NoSuchWebsiteConfiguration: 404,
  NotFound: 404,
  NotImplemented: 501,
  NotModified: 304,
  ObjectLockConfigurationNotFoundError: 404,
  ObjectNotInActiveTierError: 403,
  OperationAborted: 409,
  OwnershipControlsNotFoundError: 404,
  PermanentRedirect: 301,
  PreconditionFailed: 412,
  ReplicationConfigurationNotFoundError: 404,
  RequestTimeTooSkewed: 403,
  RestoreAlreadyInProgress: 409,
  ServerSideEncryptionConfigurationNotFoundError: 404,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  TemporaryRedirect: 307,
};

/** A refusal as S3 or STS answers it: it becomes the XML error document of the answer. */
export class S3Problem extends Error {
  override readonly name = 'S3Problem';
  readonly code: string;
  readonly status: number;
  /** Further elements of the error document, such as `Region` or `BucketName`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    details: { status?: number; fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = details.status ?? STATUS_BY_CODE[code] ?? 400;
    this.fields = details.fields ?? {};
    this.headers = details.headers ?? {};
  }
}

export const accessDenied = (message = 'Access Denied'): S3Problem => new S3Problem('AccessDenied', message);

export const noSuchBucket = (bucket: string): S3Problem =>
  new S3Problem('NoSuchBucket', 'The specified bucket does not exist', { fields: { BucketName: bucket } });

export const noSuchUpload = (uploadId: string): S3Problem =>
  new S3Problem(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { fields: { UploadId: uploadId } },
  );

export const invalidArgument = (name: string, value: string, message: string): S3Problem =>
  new S3Problem('InvalidArgument', message, { fields: { ArgumentName: name, ArgumentValue: value } });

export const invalidRequest = (message: string): S3Problem => new S3Problem('InvalidRequest', message);

export const malformedXml = (): S3Problem =>
  new S3Problem(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

export const preconditionFailed = (condition: string): S3Problem =>
  new S3Problem('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    fields: { Condition: condition },
  });

export const notModified = (headers: Record<string, string> = {}): S3Problem =>
  new S3Problem('NotModified', 'Not Modified', { headers });
