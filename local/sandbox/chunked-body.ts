import { createHash, type Hash } from 'node:crypto';
import { S3Problem } from './problem.ts';
import { chunkSignature, sha256Hex, type SignedPayload } from './signature.ts';

const LINE_LENGTH_MAX = 8192;

type ChunkedPayload = Extract<SignedPayload, { kind: 'chunked-signed' | 'chunked-unsigned' }>;

export const isChunked = (payload: SignedPayload): payload is ChunkedPayload =>
  payload.kind === 'chunked-signed' || payload.kind === 'chunked-unsigned';

/**
 * Decodes `aws-chunked` bodies and checks the signature of each chunk and of the trailer
 * (S3 API reference, "Signature calculations: transferring payload in multiple chunks").
 */
export class ChunkedBodyDecoder {
  /** Lower-case names; complete once `end` has returned. */
  readonly trailers: Record<string, string> = {};
  private state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size';
  private line = '';
  private remainingBytes = 0;
  private claimedSignature = '';
  private previousSignature: string;
  private chunkHash: Hash = createHash('sha256');
  private trailerText = '';

  constructor(private readonly payload: ChunkedPayload) {
    this.previousSignature = payload.kind === 'chunked-signed' ? payload.seedSignature : '';
  }

  /** The data within `bytes`; framing may begin and end anywhere. */
  *decode(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      if (this.state === 'data') {
        const data = bytes.subarray(at, at + this.remainingBytes);
        at += data.length;
        this.takeData(data);
        yield data;
      } else at = this.takeLineBytes(bytes, at);
    }
  }

  end(): void {
    if (this.state === 'trailer' && this.line === '') this.finishTrailer(); // some clients leave the last empty line out
    if (this.state !== 'done') {
      throw new S3Problem('IncompleteBody', 'The request body terminated unexpectedly');
    }
  }

  private takeData(data: Uint8Array): void {
    if (this.payload.kind === 'chunked-signed') this.chunkHash.update(data);
    this.remainingBytes -= data.length;
    if (this.remainingBytes === 0) {
      this.checkChunk();
      this.state = 'data-end';
    }
  }

  private takeLineBytes(bytes: Uint8Array, from: number): number {
    const newline = bytes.indexOf(10, from);
    const end = newline < 0 ? bytes.length : newline;
    this.line += Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1');
    if (this.line.length > LINE_LENGTH_MAX) throw invalidChunk();
    if (newline < 0) return bytes.length;
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    this.takeLine(line);
    return newline + 1;
  }

  private takeLine(line: string): void {
    switch (this.state) {
      case 'size':
        return this.beginChunk(line);
      case 'data-end':
        if (line !== '') throw invalidChunk();
        this.state = 'size';
        return;
      case 'trailer':
        return line === '' ? this.finishTrailer() : this.takeTrailer(line);
      case 'data':
      case 'done':
        return;
    }
  }

  private beginChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (!match) throw invalidChunk();
    this.remainingBytes = parseInt(match[1] ?? '', 16);
    this.claimedSignature = match[2] ?? '';
    if (this.remainingBytes > 0) {
      this.state = 'data';
      return;
    }
    this.checkChunk();
    this.state = 'trailer';
  }

  private checkChunk(): void {
    if (this.payload.kind !== 'chunked-signed') return;
    const hash = this.chunkHash.digest('hex');
    this.chunkHash = createHash('sha256');
    this.requireSignature('PAYLOAD', hash, this.claimedSignature);
  }

  private requireSignature(kind: 'PAYLOAD' | 'TRAILER', hash: string, claimed: string): void {
    if (this.payload.kind !== 'chunked-signed') return;
    const expected = chunkSignature(this.payload, kind, this.previousSignature, hash);
    if (claimed !== expected) {
      throw new S3Problem(
        'SignatureDoesNotMatch',
        'The signature of a chunk does not match the signature we calculated.',
      );
    }
    this.previousSignature = expected;
  }

  private takeTrailer(line: string): void {
    const colon = line.indexOf(':');
    if (colon < 0)
      throw new S3Problem('MalformedTrailerError', 'The request contained trailing data that was not well-formed');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') {
      this.requireSignature('TRAILER', sha256Hex(this.trailerText), value);
      this.trailerText = '';
      return;
    }
    this.trailers[name] = value;
    this.trailerText += `${name}:${value}\n`;
  }

  private finishTrailer(): void {
    if (this.payload.kind === 'chunked-signed' && this.trailerText !== '') {
      throw new S3Problem('SignatureDoesNotMatch', 'The trailer is not signed.');
    }
    this.state = 'done';
  }
}

const invalidChunk = (): S3Problem =>
  new S3Problem('InvalidRequest', 'The chunked body is malformed: its framing could not be read.');
