/** What was asked, for the message and the remedy. `operation` is the name in the S3 or STS API reference. */
export type RequestSubject = Readonly<{
  operation: string;
  connection: string;
  bucket?: string;
  key?: string;
  /** The role to assume (AssumeRole) or the one that is acting. */
  role?: string;
  /** Bucket and key that a copy reads. */
  source?: Readonly<{ bucket: string; key: string }>;
}>;

/** What an answer says about itself, whatever threw it. `status` is missing when no answer came. */
export type ServerAnswer = Readonly<{
  code: string;
  message: string;
  status?: number;
  requestId?: string;
  region?: string;
  bucket?: string;
}>;

/** The classes of answers that there are errors for. */
export type AnswerKind =
  | 'throttled'
  | 'unavailable'
  | 'expired'
  | 'denied'
  | 'credentials'
  | 'bucket-missing'
  | 'bucket-taken'
  | 'bucket-busy'
  | 'wrong-region'
  | 'object-missing'
  | 'changed'
  | 'archived'
  | 'needs-customer-key'
  | 'unsupported'
  | 'refused';

type Loose = Readonly<Record<string, unknown>>;
const isLoose = (value: unknown): value is Loose => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Names that the SDK makes up when it found no code in the answer. */
const NO_CODE = new Set(['', 'Error', 'Unknown', 'UnknownError', 'NotFound', 'Forbidden', 'BadRequest']);

/**
 * The cause of every translated error. The SDK's own errors hold the answer's socket and the signed request, which must
 * neither be kept in memory nor reach a log.
 */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  constructor(readonly answer: ServerAnswer) {
    super([answer.status, answer.code, answer.message].filter((part) => part !== undefined && part !== '').join(' '));
  }
}

export function readAnswer(error: unknown): ServerAnswer {
  if (error instanceof AnswerError) return error.answer;
  if (!isLoose(error)) return { code: 'UnknownError', message: String(error) };
  const metadata = isLoose(error['$metadata']) ? error['$metadata'] : {};
  const headers = headersOf(error);
  const status = statusOf(error, metadata);
  const requestId = text(metadata['requestId']) ?? headers['x-amz-request-id'];
  const region = text(error['Region']) ?? headers['x-amz-bucket-region'];
  const bucket = text(error['BucketName']);
  return {
    code: codeOf(error, status),
    message: wordsOf(error),
    ...(status === undefined ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(region === undefined ? {} : { region }),
    ...(bucket === undefined ? {} : { bucket }),
  };
}

/**
 * HEAD is answered without a body: 400 and 403 may then be a permission, another owner, an expired token, a wrong key
 * or a wrong clock. Only a request whose answer has a body tells.
 */
export function isBareRefusal(error: unknown): boolean {
  const { code, status } = readAnswer(error);
  return code === '' && (status === 400 || status === 403);
}

/** The SDK has then learnt the storage's time, and signs the next request of the same client with it. */
export const isAboutClock = (error: unknown): boolean => readAnswer(error).code === 'RequestTimeTooSkewed';

function statusOf(error: Loose, metadata: Loose): number | undefined {
  if (typeof metadata['httpStatusCode'] === 'number') return metadata['httpStatusCode'];
  const response = error['$response'];
  return isLoose(response) && typeof response['statusCode'] === 'number' ? response['statusCode'] : undefined;
}

function codeOf(error: Loose, status: number | undefined): string {
  // Node refuses a header or a key before anything is sent; the SDK adds no status then.
  if (status === undefined && (error instanceof TypeError || error instanceof URIError)) return 'NotSendable';
  const name = text(error['name']) ?? '';
  const candidates = [text(error['Code']), name, text(error['code'])];
  return candidates.find((candidate) => candidate !== undefined && !NO_CODE.has(candidate)) ?? '';
}

function wordsOf(error: Loose): string {
  const message = text(error['message']) ?? '';
  return NO_CODE.has(message) ? '' : message;
}

function headersOf(error: Loose): Readonly<Record<string, string | undefined>> {
  const response = error['$response'];
  if (!isLoose(response) || !isLoose(response['headers'])) return {};
  return response['headers'] as Record<string, string | undefined>;
}
