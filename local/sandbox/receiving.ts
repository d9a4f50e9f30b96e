import type { BodyStore, Content } from './bodies.ts';
import { ChunkedBodyDecoder, isChunked } from './chunked-body.ts';
import {
  CHECKSUM_ALGORITHMS,
  checksumHeaderName,
  newHasher,
  parseChecksumAlgorithm,
  type ChecksumAlgorithm,
  type Hasher,
} from './checksums.ts';
import type { SandboxRequest } from './exchange.ts';
import { invalidRequest, S3Problem } from './problem.ts';
import type { SignedPayload } from './signature.ts';

const GiB = 1024 ** 3;
export const BODY_SIZE_BYTES_MAX = 5 * GiB;

/** A body that was taken in whole and agrees with everything the request said about it. */
export type ReceivedBody = Readonly<{
  content: Content;
  md5Hex: string;
  checksum: Readonly<{ algorithm: ChecksumAlgorithm; value: string }>;
  /** False when the request named no checksum and S3's default was computed. */
  isChecksumRequested: boolean;
}>;

type Headers = SandboxRequest['headers'];

/** The checksum that the request carries or promises in its trailer; CRC64NVME where it says nothing, as S3 does. */
function expectedChecksum(headers: Headers): { algorithm: ChecksumAlgorithm; isRequested: boolean } {
  const named = CHECKSUM_ALGORITHMS.filter((algorithm) => headers[checksumHeaderName(algorithm)] !== undefined);
  if (named.length > 1)
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  const trailer = headers['x-amz-trailer']?.replace('x-amz-checksum-', '');
  const declared = trailer ?? headers['x-amz-sdk-checksum-algorithm'] ?? headers['x-amz-checksum-algorithm'];
  const algorithm = named[0] ?? (declared === undefined ? undefined : parseChecksumAlgorithm(declared));
  if (declared !== undefined && algorithm === undefined) {
    throw invalidRequest('Checksum algorithm provided is unsupported. Please try again with any of the valid types.');
  }
  return { algorithm: algorithm ?? 'CRC64NVME', isRequested: algorithm !== undefined };
}

function declaredLength(headers: Headers, payload: SignedPayload): number {
  const text = isChunked(payload) ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  const lengthBytes = Number(text);
  if (text === undefined || !Number.isInteger(lengthBytes) || lengthBytes < 0) {
    throw new S3Problem('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (lengthBytes > BODY_SIZE_BYTES_MAX) {
    throw new S3Problem('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      fields: { ProposedSize: String(lengthBytes), MaxSizeAllowed: String(BODY_SIZE_BYTES_MAX) },
    });
  }
  return lengthBytes;
}

/** Computes, while the bytes pass, everything that the request says about them, and compares at the end. */
class BodyCheck {
  readonly decoder: ChunkedBodyDecoder | undefined;
  private readonly md5 = newHasher('MD5');
  private readonly sha256: Hasher | undefined;
  private readonly checksum: Hasher;
  private readonly expected: ReturnType<typeof expectedChecksum>;

  constructor(
    private readonly headers: Headers,
    private readonly payload: SignedPayload,
  ) {
    this.expected = expectedChecksum(headers);
    this.checksum = newHasher(this.expected.algorithm);
    this.decoder = isChunked(payload) ? new ChunkedBodyDecoder(payload) : undefined;
    this.sha256 = payload.kind === 'whole' ? newHasher('SHA256') : undefined;
  }

  take(data: Uint8Array): void {
    this.md5.update(data);
    this.checksum.update(data);
    this.sha256?.update(data);
  }

  /** Throws when anything that was said does not hold. */
  finish(): Pick<ReceivedBody, 'md5Hex' | 'checksum' | 'isChecksumRequested'> {
    this.decoder?.end();
    const { algorithm, isRequested } = this.expected;
    const md5Digest = this.md5.digest();
    const value = this.checksum.digest().toString('base64');
    requireBodyHash(this.payload, this.sha256);
    requireContentMd5(this.headers['content-md5'], md5Digest);
    requireChecksum(this.claimedChecksum(algorithm), value, algorithm);
    return { md5Hex: md5Digest.toString('hex'), checksum: { algorithm, value }, isChecksumRequested: isRequested };
  }

  private claimedChecksum(algorithm: ChecksumAlgorithm): string | undefined {
    const name = checksumHeaderName(algorithm);
    const trailer = this.decoder?.trailers[name];
    if (this.headers['x-amz-trailer']?.toLowerCase() === name && trailer === undefined) {
      throw new S3Problem('MalformedTrailerError', 'The request promised a trailer and did not send it.');
    }
    return this.headers[name] ?? trailer;
  }
}

/**
 * Takes an object's or part's body into the store. Throws BadDigest, XAmzContentSHA256Mismatch, IncompleteBody,
 * SignatureDoesNotMatch (of a chunk) and what belongs to lengths; nothing is stored then.
 */
export async function receiveBody(
  request: SandboxRequest,
  payload: SignedPayload,
  store: BodyStore,
): Promise<ReceivedBody> {
  const lengthBytes = declaredLength(request.headers, payload);
  const check = new BodyCheck(request.headers, payload);
  const writer = store.newWriter();
  try {
    const receivedBytes = await pump(request.body, check.decoder, (data) => {
      check.take(data);
      writer.write(data);
    });
    const facts = check.finish();
    requireLength(receivedBytes, lengthBytes);
    return { content: writer.finish(), ...facts };
  } catch (error) {
    writer.discard();
    throw error;
  }
}

function requireLength(receivedBytes: number, lengthBytes: number): void {
  if (receivedBytes === lengthBytes) return;
  throw new S3Problem(
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  );
}

async function pump(
  body: SandboxRequest['body'],
  decoder: ChunkedBodyDecoder | undefined,
  take: (data: Uint8Array) => void,
): Promise<number> {
  let receivedBytes = 0;
  const takeRaw = (raw: Uint8Array): void => {
    for (const data of decoder ? decoder.decode(raw) : [raw]) {
      receivedBytes += data.byteLength;
      take(data);
    }
  };
  if (body instanceof Uint8Array) takeRaw(body);
  else for await (const raw of body) takeRaw(raw);
  return receivedBytes;
}

function requireBodyHash(payload: SignedPayload, sha256: Hasher | undefined): void {
  if (payload.kind !== 'whole' || !sha256) return;
  const computed = sha256.digest().toString('hex');
  if (computed === payload.sha256Hex) return;
  throw new S3Problem(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    {
      fields: { ClientComputedContentSHA256: payload.sha256Hex, S3ComputedContentSHA256: computed },
    },
  );
}

function requireContentMd5(claimed: string | undefined, digest: Buffer): void {
  if (claimed === undefined) return;
  const bytes = Buffer.from(claimed, 'base64');
  if (bytes.length !== 16) throw new S3Problem('InvalidDigest', 'The Content-MD5 you specified was invalid.');
  if (!bytes.equals(digest)) {
    throw new S3Problem('BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
}

function requireChecksum(claimed: string | undefined, value: string, algorithm: ChecksumAlgorithm): void {
  if (claimed === undefined || claimed === value) return;
  const isWellFormed = Buffer.from(claimed, 'base64').length === Buffer.from(value, 'base64').length;
  if (!isWellFormed) throw invalidRequest(`Value for ${checksumHeaderName(algorithm)} header is invalid.`);
  throw new S3Problem('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

const DOCUMENT_SIZE_BYTES_MAX = 2 * 1024 ** 2;

/** Nothing is said about the bytes, so nothing has to be computed over them. */
const isUnclaimed = (headers: Headers, payload: SignedPayload): boolean =>
  payload.kind === 'unsigned' && !Object.keys(headers).some((name) => /checksum|content-md5|trailer/.test(name));

/** Takes a request document (XML, policy, form) as text, checked like any other body. */
export async function receiveText(request: SandboxRequest, payload: SignedPayload): Promise<string> {
  const check = isUnclaimed(request.headers, payload) ? undefined : new BodyCheck(request.headers, payload);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  await pump(request.body, check?.decoder, (data) => {
    sizeBytes += data.byteLength;
    if (sizeBytes > DOCUMENT_SIZE_BYTES_MAX) {
      throw new S3Problem('MaxMessageLengthExceeded', 'Your request was too big.');
    }
    check?.take(data);
    chunks.push(data);
  });
  check?.finish();
  return Buffer.concat(chunks).toString('utf8');
}
