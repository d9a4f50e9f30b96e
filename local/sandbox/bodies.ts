import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** A run of bytes: in memory, or a range of a file in the bodies' folder. */
export type Piece =
  Readonly<{ bytes: Uint8Array }> | Readonly<{ blob: string; offsetBytes: number; lengthBytes: number }>;

/** What an object holds. Immutable, so copies, parts and ranges share pieces and cost nothing. */
export type Content = Readonly<{ sizeBytes: number; pieces: readonly Piece[] }>;

export const EMPTY_CONTENT: Content = { sizeBytes: 0, pieces: [] };

export interface BodyWriter {
  write(bytes: Uint8Array): void;
  finish(): Content;
  discard(): void;
}

export interface BodyStore {
  newWriter(): BodyWriter;
  /** The bytes in order, in chunks of at most 256 KiB when they come from a file. */
  read(content: Content): Generator<Uint8Array>;
}

export const pieceLengthBytes = (piece: Piece): number =>
  'bytes' in piece ? piece.bytes.byteLength : piece.lengthBytes;

export function contentOf(bytes: Uint8Array): Content {
  return bytes.byteLength === 0 ? EMPTY_CONTENT : { sizeBytes: bytes.byteLength, pieces: [{ bytes }] };
}

export function joinContents(contents: readonly Content[]): Content {
  return {
    sizeBytes: contents.reduce((sum, content) => sum + content.sizeBytes, 0),
    pieces: contents.flatMap((content) => content.pieces),
  };
}

/** `lengthBytes` bytes from `offsetBytes`; the caller has checked that they exist. */
export function sliceContent(content: Content, offsetBytes: number, lengthBytes: number): Content {
  const pieces: Piece[] = [];
  let skipBytes = offsetBytes;
  let wantedBytes = lengthBytes;
  for (const piece of content.pieces) {
    const pieceBytes = pieceLengthBytes(piece);
    const takenBytes = Math.min(pieceBytes - skipBytes, wantedBytes);
    if (takenBytes > 0) pieces.push(slicePiece(piece, skipBytes, takenBytes));
    wantedBytes -= Math.max(0, takenBytes);
    skipBytes = Math.max(0, skipBytes - pieceBytes);
    if (wantedBytes === 0) break;
  }
  return { sizeBytes: lengthBytes, pieces };
}

function slicePiece(piece: Piece, offsetBytes: number, lengthBytes: number): Piece {
  if ('bytes' in piece) return { bytes: piece.bytes.subarray(offsetBytes, offsetBytes + lengthBytes) };
  return { blob: piece.blob, offsetBytes: piece.offsetBytes + offsetBytes, lengthBytes };
}

/** Bodies in memory: for tests, gone with the process. */
export class MemoryBodies implements BodyStore {
  newWriter(): BodyWriter {
    const chunks: Uint8Array[] = [];
    return {
      write: (bytes) => void chunks.push(new Uint8Array(bytes)), // a copy: a view would keep the whole network buffer
      finish: () => joinContents(chunks.map(contentOf)),
      discard: () => void chunks.splice(0),
    };
  }

  *read(content: Content): Generator<Uint8Array> {
    for (const piece of content.pieces) if ('bytes' in piece) yield piece.bytes;
  }
}

/** Bodies up to this size stay in memory and in the log: a file each would cost more than they hold. */
export const INLINE_SIZE_BYTES_MAX = 1024;
const READ_SIZE_BYTES = 256 * 1024;
const UNFINISHED_PREFIX = 'unfinished-';

/**
 * Bodies as files named by their SHA-256. Leaves behind: files that no object refers to any more, and unfinished
 * ones after a crash; `removeAllBut` clears both when the log is opened.
 */
export class DirectoryBodies implements BodyStore {
  private unfinishedCount = 0;

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
  }

  newWriter(): BodyWriter {
    this.unfinishedCount += 1;
    return new DirectoryBodyWriter(
      this.directory,
      join(this.directory, `${UNFINISHED_PREFIX}${process.pid}-${this.unfinishedCount}`),
    );
  }

  *read(content: Content): Generator<Uint8Array> {
    for (const piece of content.pieces) {
      if ('bytes' in piece) yield piece.bytes;
      else yield* readRange(join(this.directory, piece.blob), piece.offsetBytes, piece.lengthBytes);
    }
  }

  removeAllBut(isNeeded: (blob: string) => boolean): void {
    for (const name of readdirSync(this.directory)) {
      if (!isNeeded(name)) rmSync(join(this.directory, name), { force: true });
    }
  }
}

function* readRange(path: string, offsetBytes: number, lengthBytes: number): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (let doneBytes = 0; doneBytes < lengthBytes;) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_SIZE_BYTES, lengthBytes - doneBytes));
      const readBytes = readSync(file, chunk, 0, chunk.byteLength, offsetBytes + doneBytes);
      if (readBytes === 0) throw new Error(`The sandbox lost bytes: ${path} is shorter than its object`);
      doneBytes += readBytes;
      yield chunk.subarray(0, readBytes);
    }
  } finally {
    closeSync(file);
  }
}

class DirectoryBodyWriter implements BodyWriter {
  private readonly small: Uint8Array[] = [];
  private sizeBytes = 0;
  private spill: { file: number; hash: Hash } | undefined;

  constructor(
    private readonly directory: string,
    private readonly path: string,
  ) {}

  write(bytes: Uint8Array): void {
    this.sizeBytes += bytes.byteLength;
    if (!this.spill && this.sizeBytes <= INLINE_SIZE_BYTES_MAX) {
      this.small.push(new Uint8Array(bytes)); // a copy: a view would keep the whole network buffer
      return;
    }
    this.spill ??= this.openSpill();
    this.append(this.spill, bytes);
  }

  finish(): Content {
    if (!this.spill) return contentOf(Buffer.concat(this.small));
    closeSync(this.spill.file);
    const blob = this.spill.hash.digest('hex');
    const final = join(this.directory, blob);
    if (existsSync(final)) rmSync(this.path);
    else renameSync(this.path, final);
    return { sizeBytes: this.sizeBytes, pieces: [{ blob, offsetBytes: 0, lengthBytes: this.sizeBytes }] };
  }

  discard(): void {
    if (!this.spill) return;
    closeSync(this.spill.file);
    rmSync(this.path, { force: true });
  }

  private openSpill(): { file: number; hash: Hash } {
    const spill = { file: openSync(this.path, 'w', 0o600), hash: createHash('sha256') };
    for (const bytes of this.small) this.append(spill, bytes);
    return spill;
  }

  private append(spill: { file: number; hash: Hash }, bytes: Uint8Array): void {
    spill.hash.update(bytes);
    for (let done = 0; done < bytes.byteLength;) done += writeSync(spill.file, bytes, done);
  }
}
