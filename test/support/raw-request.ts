import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Checksum, HttpRequest } from '@smithy/types';
import type { Credentials } from './s3-account.ts';

export type RawRequest = Readonly<{
  method: string;
  /** Already percent-encoded; sent byte for byte. */
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  /** When the request says that it was signed; now, unless given. */
  signedAt?: Date;
}>;

export type RawAnswer = Readonly<{ status: number; headers: Readonly<Record<string, string>>; body: Buffer }>;

/** What no client library would send: the request as given, signed, without retries, redirects or parsing. */
export async function signedRequest(endpoint: string, credentials: Credentials, raw: RawRequest): Promise<RawAnswer> {
  const signer = signerFor(credentials);
  const unsigned = httpRequest(endpoint, raw);
  const hash = createHash('sha256')
    .update(raw.body ?? '')
    .digest('hex');
  const ready = { ...unsigned, headers: { 'x-amz-content-sha256': hash, ...unsigned.headers } };
  const signed = await signer.sign(ready, { signingDate: raw.signedAt ?? new Date() });
  return send(signed, raw.body);
}

/** The same as a link: all in the query, nothing in the headers. */
export async function presignedRequest(
  endpoint: string,
  credentials: Credentials,
  raw: RawRequest,
  expiresInSeconds: number,
): Promise<RawAnswer> {
  const unsigned = httpRequest(endpoint, raw);
  const options = { expiresIn: expiresInSeconds, signingDate: raw.signedAt ?? new Date() };
  const signed = await signerFor(credentials).presign(
    { ...unsigned, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...unsigned.headers } },
    { ...options, unhoistableHeaders: new Set(['x-amz-content-sha256']) },
  );
  return send(signed, raw.body);
}

/** As somebody without credentials asks. */
export function anonymousRequest(endpoint: string, raw: RawRequest): Promise<RawAnswer> {
  return send(httpRequest(endpoint, raw), raw.body);
}

function signerFor(credentials: Credentials): SignatureV4 {
  // S3 signs the path as it is sent; encoding it a second time is for the other services.
  return new SignatureV4({
    service: 's3',
    region: 'us-east-1',
    credentials,
    sha256: NodeSha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
}

function httpRequest(endpoint: string, raw: RawRequest): HttpRequest {
  const { protocol, hostname, port, host } = new URL(endpoint);
  return {
    method: raw.method,
    protocol,
    hostname,
    port: Number(port),
    path: raw.path,
    query: { ...raw.query },
    headers: { host, ...raw.headers },
  };
}

function send(signed: HttpRequest, body: string | Uint8Array | undefined): Promise<RawAnswer> {
  const query = Object.entries(signed.query ?? {})
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value ?? ''))}`)
    .join('&');
  const path = query === '' ? signed.path : `${signed.path}?${query}`;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const options = { method: signed.method, host: signed.hostname, port: signed.port, path, agent: false };
    const outgoing = request({ ...options, headers: { ...signed.headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(chunks),
        }),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** The signer wants a hash of its own shape. */
class NodeSha256 implements Checksum {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
