import type { Content, Piece } from './bodies.ts';
import type { JournalRecord } from './storage.ts';

/** Records as lines of JSON. Bytes stand in them as base64, in the one place where records have any: contents. */

type EncodedPiece = Readonly<{ base64: string }> | Extract<Piece, { blob: string }>;

const encodePiece = (piece: Piece): EncodedPiece =>
  'bytes' in piece ? { base64: Buffer.from(piece.bytes).toString('base64') } : piece;

const decodePiece = (piece: EncodedPiece): Piece =>
  'base64' in piece ? { bytes: new Uint8Array(Buffer.from(piece.base64, 'base64')) } : piece;

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && 'pieces' in value && 'sizeBytes' in value;

export function encodeRecord(record: JournalRecord): string {
  return JSON.stringify(record, (name, value: unknown) =>
    name === 'content' && isContent(value)
      ? { sizeBytes: value.sizeBytes, pieces: value.pieces.map(encodePiece) }
      : value,
  );
}

/** The log is written by this program alone; its shape is not checked again. */
export function decodeRecord(line: string): JournalRecord {
  return JSON.parse(line, (name, value: unknown) =>
    name === 'content' && isContent(value)
      ? { sizeBytes: value.sizeBytes, pieces: (value.pieces as unknown as EncodedPiece[]).map(decodePiece) }
      : value,
  ) as JournalRecord;
}
