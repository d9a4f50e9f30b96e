import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Clock, EpochMs } from '../../domain/time.ts';
import type { SandboxRequest } from '../../local/sandbox/exchange.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { MemoryBodies } from '../../local/sandbox/bodies.ts';
import { receiveBody } from '../../local/sandbox/receiving.ts';
import { NEW_BUCKET_CONFIGURATIONS } from '../../local/sandbox/buckets.ts';
import { keyBytesOf } from '../../local/sandbox/key-order.ts';
import { seededRandom } from './worlds.ts';

/**
 * The worked examples of the S3 API reference ("Signature calculations for the authorization header", "Transferring
 * payload in multiple chunks", "Including trailing headers", "Using query parameters"): signatures that AWS computed.
 */
const KEY = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
const EXAMPLE_TIME_MS = Date.UTC(2013, 4, 24) as EpochMs;
const EMPTY_SHA256 = createHash('sha256').digest('hex');
const SCOPE = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';

class FixedClock implements Clock {
  now = EXAMPLE_TIME_MS;
  nowMs(): EpochMs {
    return this.now;
  }
  async sleep(): Promise<void> {}
}

let world: SandboxWorld;
let clock: FixedClock;
beforeEach(() => {
  clock = new FixedClock();
  const user = { name: 'example', ...KEY, isAdministrator: true };
  const setup = { accounts: [{ id: '111111111111', name: 'example', users: [user], roles: [] }] };
  world = new SandboxWorld({ setup, clock, random: seededRandom() });
  world.storage.saveBucket({
    name: 'examplebucket',
    accountId: '111111111111',
    region: 'us-east-1',
    createdAtMs: clock.now,
    namespace: 'global',
    versioning: 'Unversioned',
    configurations: { ...NEW_BUCKET_CONFIGURATIONS },
    policies: [],
  });
});

const authorization = (signedHeaders: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`;

async function statusAndCode(request: SandboxRequest): Promise<string> {
  const { status, body } = await world.handle(request);
  const code = typeof body === 'string' ? /<Code>(.*?)<\/Code>/.exec(body)?.[1] : undefined;
  return code === undefined ? String(status) : `${status} ${code}`;
}

const getWithRange = (
  change: { date?: string; signature?: string; headers?: Record<string, string> } = {},
): SandboxRequest => ({
  method: 'GET',
  target: '/test.txt',
  headers: {
    host: 'examplebucket.s3.amazonaws.com',
    range: 'bytes=0-9',
    'x-amz-content-sha256': EMPTY_SHA256,
    'x-amz-date': change.date ?? '20130524T000000Z',
    authorization: authorization(
      'host;range;x-amz-content-sha256;x-amz-date',
      change.signature ?? 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
    ...change.headers,
  },
  body: new Uint8Array(),
});

describe('a signed request', () => {
  test('is let in with the signature that AWS computed', async () => {
    expect(await statusAndCode(getWithRange())).toBe('404 NoSuchKey');
  });

  test.each([
    ['another signature', getWithRange({ signature: '0'.repeat(64) }), '403 SignatureDoesNotMatch'],
    ['another header value', getWithRange({ headers: { range: 'bytes=0-8' } }), '403 SignatureDoesNotMatch'],
    ['an unsigned x-amz header', getWithRange({ headers: { 'x-amz-acl': 'private' } }), '403 AccessDenied'],
    [
      'an older signing method',
      getWithRange({ headers: { authorization: 'AWS AKIAIOSFODNN7EXAMPLE:xyz' } }),
      '400 InvalidRequest',
    ],
  ])('with %s is refused', async (_, request, expected) => {
    expect(await statusAndCode(request)).toBe(expected);
  });

  test('is refused when clocks are more than 15 minutes apart', async () => {
    clock.now = (EXAMPLE_TIME_MS + 15 * 60_000) as EpochMs;
    const atTheEdge = await statusAndCode(getWithRange());
    clock.now = (clock.now + 1) as EpochMs;

    expect([atTheEdge, await statusAndCode(getWithRange())]).toEqual(['404 NoSuchKey', '403 RequestTimeTooSkewed']);
  });
});

describe('a presigned address', () => {
  const target =
    `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(SCOPE)}` +
    '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
    '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
  const request: SandboxRequest = {
    method: 'GET',
    target,
    headers: { host: 'examplebucket.s3.amazonaws.com' },
    body: new Uint8Array(),
  };

  test('works until it expires', async () => {
    clock.now = (EXAMPLE_TIME_MS + 86_400_000) as EpochMs;
    const atTheEnd = await statusAndCode(request);
    clock.now = (clock.now + 1) as EpochMs;

    expect([atTheEnd, await statusAndCode(request)]).toEqual(['404 NoSuchKey', '403 AccessDenied']);
  });

  test('works for nothing else', async () => {
    expect(await statusAndCode({ ...request, target: target.replace('/test', '/best') })).toBe(
      '403 SignatureDoesNotMatch',
    );
    expect(await statusAndCode({ ...request, method: 'DELETE' })).toBe('403 SignatureDoesNotMatch');
  });
});

const DATA = Buffer.alloc(66_560, 'a');

const chunk = (data: Buffer, signature: string): Buffer =>
  Buffer.concat([
    Buffer.from(`${data.length.toString(16)};chunk-signature=${signature}\r\n`),
    data,
    Buffer.from(data.length > 0 ? '\r\n' : ''),
  ]);

/** Cuts the body anywhere: framing must not depend on how the network delivers it. */
async function* inPieces(body: Buffer, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += sizeBytes) yield body.subarray(at, at + sizeBytes);
}

const stored = (): number | undefined =>
  world.storage.buckets.get('examplebucket')?.current(keyBytesOf('chunkObject.txt'))?.content.sizeBytes;

describe('a body in signed chunks', () => {
  const SIGNATURES = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ] as const;
  const body = (data: Buffer): Buffer =>
    Buffer.concat([
      chunk(data.subarray(0, 65_536), SIGNATURES[0]),
      chunk(data.subarray(65_536), SIGNATURES[1]),
      chunk(Buffer.alloc(0), SIGNATURES[2]),
      Buffer.from('\r\n'),
    ]);
  const request = (bytes: Buffer, pieceBytes = 1000): SandboxRequest => ({
    method: 'PUT',
    target: '/examplebucket/chunkObject.txt',
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
      authorization: authorization(
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
      ),
    },
    body: inPieces(bytes, pieceBytes),
  });

  test.each([1, 7, 1000, 100_000])('arrives whole, delivered %i bytes at a time', async (pieceBytes) => {
    expect(await statusAndCode(request(body(DATA), pieceBytes))).toBe('200');
    expect(stored()).toBe(66_560);
  });

  test('is refused when a byte of any chunk differs, and nothing is stored', async () => {
    for (const at of [0, 65_535, 65_536, 66_559]) {
      const damaged = Buffer.from(DATA);
      damaged[at] = 98;

      expect(await statusAndCode(request(body(damaged)))).toBe('403 SignatureDoesNotMatch');
    }
    expect(stored()).toBeUndefined();
  });

  test('is refused when it ends early', async () => {
    const whole = body(DATA);

    expect(await statusAndCode(request(whole.subarray(0, whole.length - 90)))).toBe('400 IncompleteBody');
    expect(stored()).toBeUndefined();
  });
});

describe('a body in signed chunks with a signed trailer', () => {
  const body = (trailer: string, trailerSignature: string): Buffer =>
    Buffer.concat([
      chunk(DATA.subarray(0, 65_536), 'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2'),
      chunk(DATA.subarray(65_536), '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7'),
      chunk(Buffer.alloc(0), '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992'),
      Buffer.from(`${trailer}\r\nx-amz-trailer-signature:${trailerSignature}\r\n\r\n`),
    ]);
  const TRAILER = 'x-amz-checksum-crc32c:sOO8/Q==';
  const TRAILER_SIGNATURE = 'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435';
  const request = (bytes: Buffer): SandboxRequest => ({
    method: 'PUT',
    target: '/examplebucket/chunkObject.txt',
    headers: {
      host: 's3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'x-amz-trailer': 'x-amz-checksum-crc32c',
      authorization: authorization(
        'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
        '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
      ),
    },
    body: bytes,
  });

  test('arrives whole', async () => {
    expect(await statusAndCode(request(body(TRAILER, TRAILER_SIGNATURE)))).toBe('200');
    expect(stored()).toBe(66_560);
  });

  test('is refused with another trailer', async () => {
    const forged = body('x-amz-checksum-crc32c:AAAAAA==', TRAILER_SIGNATURE);

    expect(await statusAndCode(request(forged))).toBe('403 SignatureDoesNotMatch');
  });
});

test('a trailer that was promised must come', async () => {
  const unsigned = {
    host: 's3.amazonaws.com',
    'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'x-amz-decoded-content-length': '1',
    'x-amz-trailer': 'x-amz-checksum-crc32',
  };
  const body = (trailer: string) => Buffer.from(`1\r\nx\r\n0\r\n${trailer}\r\n`);
  const receive = (trailer: string) =>
    receiveBody(
      { method: 'PUT', target: '/', headers: unsigned, body: body(trailer) },
      { kind: 'chunked-unsigned' },
      new MemoryBodies(),
    );

  await expect(receive('')).rejects.toThrow('promised a trailer');
  await expect(receive('x-amz-checksum-crc32:AAAAAA==\r\n')).rejects.toThrow('did not match');
  expect((await receive('x-amz-checksum-crc32:jNwWgw==\r\n')).content.sizeBytes).toBe(1);
});

test('a body that is not what its hash says is refused', async () => {
  const anonymous = { host: 's3.amazonaws.com', 'content-length': '1' };
  const md5 = createHash('md5').update('y').digest('base64');
  world.storage.buckets.get('examplebucket')?.facts.policies.push({
    text: JSON.stringify({
      Statement: [
        { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: 'arn:aws:s3:::examplebucket/*' },
      ],
    }),
    principalIds: {},
    putAtMs: 0,
  });
  const put = (headers: Record<string, string>) =>
    statusAndCode({
      method: 'PUT',
      target: '/examplebucket/k',
      headers: { ...anonymous, ...headers },
      body: Buffer.from('x'),
    });

  expect(await put({})).toBe('200');
  expect(await put({ 'content-md5': md5 })).toBe('400 BadDigest');
  expect(await put({ 'x-amz-checksum-crc32': 'AAAAAA==' })).toBe('400 BadDigest');
  expect(await put({ 'content-length': '2' })).toBe('400 IncompleteBody');
});
