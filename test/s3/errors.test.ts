import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { WrongRegionError } from '../../domain/errors.ts';
import type { RequestSubject } from '../../s3/answer.ts';
import { translateError } from '../../s3/errors.ts';

const HEAD_OBJECT: RequestSubject = { operation: 'HeadObject', connection: 'home', bucket: 'photos', key: 'a.jpg' };
const HEAD_BUCKET: RequestSubject = { operation: 'HeadBucket', connection: 'home', bucket: 'photos' };
const COPY: RequestSubject = {
  operation: 'CopyObject',
  connection: 'home',
  bucket: 'into',
  key: 'new/a.jpg',
  role: 'arn:aws:iam::111111111111:role/reader',
  source: { bucket: 'photos', key: 'a.jpg' },
};
const ASSUME: RequestSubject = { operation: 'AssumeRole', connection: 'home', role: COPY.role! };

/** As the SDK throws: a name, a status, and the answer's headers. */
const answer = (name: string, status: number | undefined, more: object = {}) =>
  Object.assign(new Error('what S3 said'), {
    name,
    $metadata: { ...(status === undefined ? {} : { httpStatusCode: status }), requestId: 'REQ1' },
    $response: { statusCode: status, headers: {} },
    ...more,
  });
const network = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('what S3, STS and the network say becomes an error whose class decides what happens next', () => {
  test.each<[string, unknown, RequestSubject, string]>([
    ['asked to slow down', answer('SlowDown', 503), COPY, 'StorageThrottledError'],
    ['429', answer('TooManyRequests', 429), COPY, 'StorageThrottledError'],
    ['a HEAD answered 503', answer('Unknown', 503), HEAD_OBJECT, 'StorageThrottledError'],
    ['STS is throttled', answer('Throttling', 400), ASSUME, 'StorageThrottledError'],
    ['KMS is throttled', answer('KMS.ThrottlingException', 400), COPY, 'StorageThrottledError'],
    ['an error inside a 200', answer('InternalError', 503), COPY, 'StorageUnavailableError'],
    ['an error without a code in a 500', answer('Unknown', 500), HEAD_BUCKET, 'StorageUnavailableError'],
    ['502 from a proxy', answer('UnknownError', 502), COPY, 'StorageUnavailableError'],
    ['an answer that is no XML', answer('Error', 200), COPY, 'StorageUnavailableError'],
    ['a connection that was reset', network('ECONNRESET'), COPY, 'StorageUnavailableError'],
    ['a host that is not found', network('ENOTFOUND'), COPY, 'StorageUnavailableError'],
    ['a timeout', answer('TimeoutError', undefined), COPY, 'StorageUnavailableError'],
    ['two writers at once', answer('ConditionalRequestConflict', 409), COPY, 'StorageUnavailableError'],
    ['an upload that is gone', answer('NoSuchUpload', 404), COPY, 'StorageUnavailableError'],
    ['an expired token', answer('ExpiredToken', 400), COPY, 'SessionExpiredError'],
    ['an invalid token', answer('InvalidToken', 400), COPY, 'SessionExpiredError'],
    ['a clock that is wrong', answer('RequestTimeTooSkewed', 403), COPY, 'SessionExpiredError'],
    ['denied', answer('AccessDenied', 403), COPY, 'AccessDeniedError'],
    ['a HEAD answered 403', answer('Unknown', 403), HEAD_OBJECT, 'AccessDeniedError'],
    ['a role that does not trust us', answer('AccessDenied', 403), ASSUME, 'AccessDeniedError'],
    ['a key id that is unknown', answer('InvalidAccessKeyId', 403), COPY, 'CredentialsRefusedError'],
    ['a wrong secret', answer('SignatureDoesNotMatch', 403), COPY, 'CredentialsRefusedError'],
    ['STS does not know the keys', answer('InvalidClientTokenId', 403), ASSUME, 'CredentialsRefusedError'],
    ['a profile that is missing', answer('CredentialsProviderError', undefined), COPY, 'CredentialsRefusedError'],
    ['no such bucket', answer('NoSuchBucket', 404), COPY, 'BucketMissingError'],
    ['a HEAD of a bucket answered 404', answer('NotFound', 404), HEAD_BUCKET, 'BucketMissingError'],
    ['another has the name', answer('BucketAlreadyExists', 409), HEAD_BUCKET, 'BucketOwnedByAnotherAccountError'],
    ['a name in release', answer('OperationAborted', 409), HEAD_BUCKET, 'BucketNameBusyError'],
    ['a HEAD answered 301', answer('Unknown', 301), HEAD_BUCKET, 'WrongRegionError'],
    ['a redirect', answer('TemporaryRedirect', 307), COPY, 'WrongRegionError'],
    [
      'signed for another Region',
      answer('AuthorizationHeaderMalformed', 400, { Region: 'x' }),
      COPY,
      'WrongRegionError',
    ],
    ['no such key', answer('NoSuchKey', 404), COPY, 'ObjectMissingError'],
    ['a HEAD of an object answered 404', answer('NotFound', 404), HEAD_OBJECT, 'ObjectMissingError'],
    ['a condition that does not hold', answer('PreconditionFailed', 412), COPY, 'ObjectChangedError'],
    ['a HEAD answered 412', answer('Unknown', 412), HEAD_OBJECT, 'ObjectChangedError'],
    ['archived, on copy', answer('ObjectNotInActiveTierError', 403), COPY, 'ObjectArchivedError'],
    ['archived, on get', answer('InvalidObjectState', 403), HEAD_OBJECT, 'ObjectArchivedError'],
    ['not implemented', answer('NotImplemented', 501), COPY, 'StorageUnsupportedError'],
    ['a HEAD answered 405', answer('Unknown', 405), HEAD_OBJECT, 'StorageUnsupportedError'],
    ['any other refusal', answer('InvalidArgument', 400), COPY, 'StorageRefusedError'],
    ['a header that cannot be sent', new TypeError('Invalid character in header'), COPY, 'StorageRefusedError'],
    ['something that is no error', 'boom', COPY, 'StorageUnavailableError'],
  ])('%s', (_name, thrown, request, expected) => {
    const error = translateError(thrown, request);

    expect(error.name).toBe(expected);
    expect(error.remedy).toMatch(/^[A-Z].*\.$/);
    expect(error.message).toContain(request.operation);
  });

  test('an object behind a key that only its owner holds is told by words alone', () => {
    const said = {
      message: 'The object was stored using a form of Server Side Encryption. The correct parameters ...',
    };

    expect(translateError(answer('InvalidRequest', 400, said), COPY).name).toBe('ObjectNotReproducibleError');
  });

  test('the message says what was asked, of what, what S3 said and under which request', () => {
    const error = translateError(answer('AccessDenied', 403), COPY);

    expect(error.message).toBe('CopyObject of into/new/a.jpg failed: what S3 said (403 AccessDenied, request REQ1)');
    expect(error.subject).toEqual({ connection: 'home', bucket: 'into', key: 'new/a.jpg', role: COPY.role });
  });

  test('what a copy does not find is at its source', () => {
    expect(translateError(answer('NoSuchKey', 404), COPY).subject).toMatchObject({ bucket: 'photos', key: 'a.jpg' });
    expect(translateError(answer('NoSuchBucket', 404, { BucketName: 'photos' }), COPY).subject.bucket).toBe('photos');
  });

  test('a refused role is named, with both policies that have to allow it', () => {
    const { remedy } = translateError(answer('AccessDenied', 403), ASSUME);

    expect(remedy).toContain(COPY.role);
    expect(remedy).toContain('trust policy');
    expect(remedy).toContain('external id');
  });

  test('a wrong Region says the right one, wherever S3 wrote it', () => {
    const header = answer('Unknown', 301, {
      $response: { statusCode: 301, headers: { 'x-amz-bucket-region': 'eu-west-1' } },
    });

    for (const thrown of [header, answer('PermanentRedirect', 301, { Region: 'eu-west-1' })]) {
      const error = translateError(thrown, HEAD_BUCKET);
      expect(error).toBeInstanceOf(WrongRegionError);
      expect((error as WrongRegionError).region).toBe('eu-west-1');
    }
  });

  test('no signature and no socket stays in an error, however it is printed', () => {
    const thrown = answer('AccessDenied', 403, {
      $response: { statusCode: 403, headers: {}, body: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA' } },
      StringToSign: 'secret-looking',
    });

    const printed = inspect(translateError(thrown, COPY), { depth: 20 });

    expect(printed).not.toMatch(/AWS4-HMAC|secret-looking/);
  });

  test('control characters of a key are shown, not printed', () => {
    const { message } = translateError(answer('AccessDenied', 403), { ...COPY, key: 'a\n\u202eb' });

    expect(message).not.toMatch(/[\n\u202e]/);
  });
});
