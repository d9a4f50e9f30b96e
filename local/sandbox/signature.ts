import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MINUTE_MS } from '../../domain/time.ts';
import { ANONYMOUS, type Accounts, type Caller } from './accounts.ts';
import {
  percentDecodeToBytes,
  uriEncodeBytes,
  utf8Bytes,
  type Query,
  type SandboxRequest,
  type Target,
} from './exchange.ts';
import { accessDenied, S3Problem } from './problem.ts';

/** Signature Version 4 (IAM user guide, "Signing AWS API requests"; S3 API reference, "Authenticating requests"). */

const CLOCK_SKEW_MS_MAX = 15 * MINUTE_MS;
const PRESIGNED_SECONDS_MAX = 7 * 24 * 3600;

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** What the signature says about the body, and what is needed to check chunks that are signed one by one. */
export type SignedPayload =
  | Readonly<{ kind: 'unsigned' }>
  | Readonly<{ kind: 'whole'; sha256Hex: string }>
  | Readonly<{ kind: 'chunked-unsigned' }>
  | Readonly<{ kind: 'chunked-signed'; signingKey: Buffer; scope: string; date: string; seedSignature: string }>;

export type Authentication = Readonly<{
  caller: Caller;
  accessKeyId: string | undefined;
  /** Region that the client signed for: the Region whose endpoint it believes to talk to. */
  region: string | undefined;
  payload: SignedPayload;
}>;

type SignedParts = Readonly<{
  accessKeyId: string;
  date: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
  /** `yyyymmddThhmmssZ` */
  requestDate: string;
  payloadHash: string;
  sessionToken: string | undefined;
  isPresigned: boolean;
}>;

export type AuthenticateOptions = Readonly<{
  accounts: Accounts;
  nowMs: number;
  service: 's3' | 'sts';
  regions: readonly string[];
  /** False where the clock is simulated: who asks is believed, because signers use the machine's clock. */
  isVerified: boolean;
  /** Of the body, for services whose clients do not send its hash in a header. */
  bodySha256Hex?: string | undefined;
}>;

/** Who asks, proved by the signature; anonymous when nothing is signed. Throws S3's refusals. */
export function authenticate(request: SandboxRequest, target: Target, options: AuthenticateOptions): Authentication {
  const parts = readSignedParts(request, target.query, options);
  if (!parts) return { caller: ANONYMOUS, accessKeyId: undefined, region: undefined, payload: { kind: 'unsigned' } };
  const credential = options.accounts.credential(parts.accessKeyId);
  if (!credential) throw unknownAccessKey(parts.accessKeyId, options.service);
  if (options.isVerified) {
    requireScope(parts, options);
    requireInTime(parts, target.query, options.nowMs);
  }
  // Whoever is believed signs nothing, their chunks neither.
  const signingKey = options.isVerified ? signingKeyFor(credential.secretAccessKey, parts) : NO_KEY;
  if (options.isVerified) requireSignature(request, target, parts, signingKey);
  const { caller } = credential;
  if (credential.kind === 'session') {
    // S3 does not know a session's key id without its token.
    if (parts.sessionToken === undefined) throw unknownAccessKey(parts.accessKeyId, options.service);
    if (parts.sessionToken !== credential.session.sessionToken) throw invalidToken(options.service);
    if (credential.session.expiresAtMs <= options.nowMs) throw expiredToken();
  } else if (parts.sessionToken !== undefined) throw invalidToken(options.service);
  if (!caller) throw invalidToken(options.service);
  return {
    caller,
    accessKeyId: parts.accessKeyId,
    region: parts.region,
    payload: payloadOf(parts, signingKey, options.isVerified),
  };
}

const unknownAccessKey = (accessKeyId: string, service: 's3' | 'sts'): S3Problem =>
  service === 'sts'
    ? new S3Problem('InvalidClientTokenId', 'The security token included in the request is invalid.')
    : new S3Problem('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
        fields: { AWSAccessKeyId: accessKeyId },
      });

const invalidToken = (service: 's3' | 'sts'): S3Problem =>
  service === 'sts'
    ? new S3Problem('InvalidClientTokenId', 'The security token included in the request is invalid.')
    : new S3Problem('InvalidToken', 'The provided token is malformed or otherwise invalid.');

export const expiredToken = (): S3Problem => new S3Problem('ExpiredToken', 'The provided token has expired.');

function readSignedParts(request: SandboxRequest, query: Query, options: AuthenticateOptions): SignedParts | undefined {
  const authorization = request.headers['authorization'];
  if (authorization !== undefined) return readAuthorizationHeader(authorization, request, options);
  if (query.has('X-Amz-Signature')) return readPresignedQuery(query, request);
  return undefined;
}

function readAuthorizationHeader(
  authorization: string,
  request: SandboxRequest,
  options: AuthenticateOptions,
): SignedParts {
  const [scheme, rest = ''] = splitOnce(authorization, ' ');
  if (scheme !== 'AWS4-HMAC-SHA256') {
    throw new S3Problem('InvalidRequest', 'Please use AWS4-HMAC-SHA256.');
  }
  const fields = new Map(rest.split(',').map((field) => splitOnce(field.trim(), '=')));
  const [accessKeyId = '', date = '', region = '', service = '', ending] = (fields.get('Credential') ?? '').split('/');
  if (ending !== 'aws4_request') throw malformedAuthorization('the Credential is mal-formed');
  const payloadHash = request.headers['x-amz-content-sha256'] ?? options.bodySha256Hex;
  if (payloadHash === undefined) {
    throw new S3Problem('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
    requestDate: requestDateOf(request),
    payloadHash,
    sessionToken: request.headers['x-amz-security-token'],
    isPresigned: false,
  };
}

function readPresignedQuery(query: Query, request: SandboxRequest): SignedParts {
  const [accessKeyId = '', date = '', region = '', service = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new S3Problem('AuthorizationQueryParametersError', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"');
  }
  return {
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: (query.get('X-Amz-SignedHeaders') ?? 'host').split(';'),
    signature: query.get('X-Amz-Signature') ?? '',
    requestDate: query.get('X-Amz-Date') ?? '',
    payloadHash: query.get('X-Amz-Content-Sha256') ?? request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
    sessionToken: query.get('X-Amz-Security-Token'),
    isPresigned: true,
  };
}

function requestDateOf(request: SandboxRequest): string {
  const amzDate = request.headers['x-amz-date'];
  if (amzDate !== undefined) return amzDate;
  const atMs = Date.parse(request.headers['date'] ?? '');
  if (Number.isNaN(atMs)) throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
  return new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

const malformedAuthorization = (detail: string, fields: Record<string, string> = {}): S3Problem =>
  new S3Problem('AuthorizationHeaderMalformed', `The authorization header is malformed; ${detail}.`, { fields });

function requireScope(parts: SignedParts, options: AuthenticateOptions): void {
  if (parts.service !== options.service) {
    throw options.service === 's3'
      ? malformedAuthorization(`incorrect service "${parts.service}". This endpoint belongs to "s3"`)
      : new S3Problem('SignatureDoesNotMatch', 'Credential should be scoped to correct service: sts.');
  }
  if (parts.date !== parts.requestDate.slice(0, 8)) {
    throw malformedAuthorization(`Invalid credential date "${parts.date}"`);
  }
  if (!options.regions.includes(parts.region)) {
    const wanted = options.regions[0] ?? '';
    throw malformedAuthorization(`the region '${parts.region}' is wrong; expecting '${wanted}'`, { Region: wanted });
  }
}

function requireInTime(parts: SignedParts, query: Query, nowMs: number): void {
  const iso = parts.requestDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const signedAtMs = Date.parse(iso);
  if (Number.isNaN(signedAtMs)) throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
  if (parts.isPresigned) {
    const seconds = Number(query.get('X-Amz-Expires'));
    if (!(seconds >= 1 && seconds <= PRESIGNED_SECONDS_MAX)) {
      throw new S3Problem('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 1 and 604800 seconds');
    }
    if (nowMs > signedAtMs + seconds * 1000) throw accessDenied('Request has expired');
    if (signedAtMs > nowMs + CLOCK_SKEW_MS_MAX) throw accessDenied('Request is not valid yet');
    return;
  }
  if (Math.abs(nowMs - signedAtMs) > CLOCK_SKEW_MS_MAX) {
    throw new S3Problem(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        fields: {
          RequestTime: parts.requestDate,
          ServerTime: new Date(nowMs).toISOString(),
          MaxAllowedSkewMilliseconds: String(CLOCK_SKEW_MS_MAX),
        },
      },
    );
  }
}

const NO_KEY = Buffer.alloc(0);
const signingKeys = new Map<string, Buffer>();
const SIGNING_KEY_COUNT_MAX = 1000;

/** Derived once per secret and day: deriving costs as much as everything else of a signature. */
function signingKeyFor(secret: string, parts: SignedParts): Buffer {
  const cacheKey = `${parts.date}/${parts.region}/${parts.service}/${secret}`;
  let key = signingKeys.get(cacheKey);
  if (!key) {
    const dateKey = hmac(`AWS4${secret}`, parts.date);
    key = hmac(hmac(hmac(dateKey, parts.region), parts.service), 'aws4_request');
    if (signingKeys.size >= SIGNING_KEY_COUNT_MAX) signingKeys.clear();
    signingKeys.set(cacheKey, key);
  }
  return key;
}

const scopeOf = (parts: SignedParts): string => `${parts.date}/${parts.region}/${parts.service}/aws4_request`;

function requireSignature(request: SandboxRequest, target: Target, parts: SignedParts, signingKey: Buffer): void {
  const unsignedHeader = Object.keys(request.headers).find(
    (name) => name.startsWith('x-amz-') && name !== 'x-amz-content-sha256' && !parts.signedHeaders.includes(name),
  );
  if (!parts.signedHeaders.includes('host') || (unsignedHeader !== undefined && parts.service === 's3')) {
    throw accessDenied('There were headers present in the request which were not signed');
  }
  const canonical = canonicalRequest(request, target, parts);
  // Header values arrive as bytes; most clients sign them as such, some sign the text that the bytes stand for.
  const isSigned = [Buffer.from(canonical, 'latin1'), Buffer.from(canonical, 'utf8')].some((bytes, index) => {
    if (index === 1 && !/[^\x00-\x7f]/.test(canonical)) return false;
    return isEqual(parts.signature, signatureOf(bytes, parts, signingKey));
  });
  if (isSigned) return;
  throw new S3Problem(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    { fields: { AWSAccessKeyId: parts.accessKeyId, SignatureProvided: parts.signature, CanonicalRequest: canonical } },
  );
}

function signatureOf(canonical: Buffer, parts: SignedParts, signingKey: Buffer): string {
  const toSign = ['AWS4-HMAC-SHA256', parts.requestDate, scopeOf(parts), sha256Hex(canonical)].join('\n');
  return hmac(signingKey, toSign).toString('hex');
}

const isEqual = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(latin1(a), latin1(b));
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function canonicalRequest(request: SandboxRequest, target: Target, parts: SignedParts): string {
  const query = target.queryPairs
    .filter(([name]) => !(parts.isPresigned && name === 'X-Amz-Signature'))
    .map(([name, value]): [string, string] => [
      uriEncodeBytes(utf8Bytes(name), false),
      uriEncodeBytes(utf8Bytes(value), false),
    ])
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = parts.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    uriEncodeBytes(percentDecodeToBytes(target.path), true),
    query,
    headers.join(''),
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function payloadOf(parts: SignedParts, signingKey: Buffer, isVerified: boolean): SignedPayload {
  const seed = { signingKey, scope: scopeOf(parts), date: parts.requestDate, seedSignature: parts.signature };
  switch (parts.payloadHash) {
    case 'UNSIGNED-PAYLOAD':
      return { kind: 'unsigned' };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunked-unsigned' };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return isVerified ? { kind: 'chunked-signed', ...seed } : { kind: 'chunked-unsigned' };
    default:
      return { kind: 'whole', sha256Hex: parts.payloadHash };
  }
}

/** The signature of one chunk, or of the trailer, follows from the one before. */
export function chunkSignature(
  payload: Extract<SignedPayload, { kind: 'chunked-signed' }>,
  kind: 'PAYLOAD' | 'TRAILER',
  previous: string,
  dataSha256Hex: string,
): string {
  const hashes = kind === 'PAYLOAD' ? [EMPTY_SHA256, dataSha256Hex] : [dataSha256Hex];
  const toSign = [`AWS4-HMAC-SHA256-${kind}`, payload.date, payload.scope, previous, ...hashes].join('\n');
  return hmac(payload.signingKey, toSign).toString('hex');
}

const EMPTY_SHA256 = sha256Hex('');
