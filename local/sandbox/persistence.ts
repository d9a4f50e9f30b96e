import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Accounts, Session } from './accounts.ts';
import { DirectoryBodies, type BodyStore, type Content } from './bodies.ts';
import { decodeRecord, encodeRecord } from './record-format.ts';
import type { Bucket, JournalRecord, Storage } from './storage.ts';

/** Where a world's buckets outlive the process. */
export interface SandboxPersistence {
  readonly bodies: BodyStore;
  /** Fills an empty world with what was kept, and from then on keeps every change of it. */
  restore(storage: Storage, accounts: Accounts): void;
  close(): void;
}

/**
 * Keeps a world in a directory: `log.jsonl`, one record per change, and `bodies/`. Every record is written before the
 * request that caused it is answered, so a process that is killed loses nothing it has answered; a power failure may
 * cost the last moments, because nothing waits for the disk. One process at a time.
 */
export function openPersistence(directory: string): SandboxPersistence {
  return new DirectoryPersistence(directory);
}

/** Rewriting the log pays once most of it is about things that are gone. */
const DEAD_RECORDS_PER_LIVE_MAX = 2;
const DEAD_RECORDS_MIN = 1000;
/** Sessions last hours; older ones only tell an expired token from an unknown one. */
const KEPT_SESSIONS_MAX = 1000;

class DirectoryPersistence implements SandboxPersistence {
  readonly bodies: DirectoryBodies;
  private readonly path: string;
  private file: number | undefined;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, 'log.jsonl');
    this.bodies = new DirectoryBodies(join(directory, 'bodies'));
  }

  restore(storage: Storage, accounts: Accounts): void {
    let recordCount = 0;
    const wholeBytes = readLines(this.path, (line) => {
      apply(decodeRecord(line), storage, accounts);
      recordCount += 1;
    });
    if (existsSync(this.path)) truncateSync(this.path, wholeBytes); // a record that was cut short was never answered
    const liveCount = countRecords(storage);
    if (recordCount > DEAD_RECORDS_MIN + DEAD_RECORDS_PER_LIVE_MAX * liveCount) this.rewrite(storage, accounts);
    const blobs = blobsOf(storage);
    this.bodies.removeAllBut((blob) => blobs.has(blob));
    const file = openSync(this.path, 'a', 0o600);
    this.file = file;
    storage.journal = { append: (record) => writeLine(file, record) };
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private rewrite(storage: Storage, accounts: Accounts): void {
    const path = `${this.path}.new`;
    const file = openSync(path, 'w', 0o600);
    for (const record of liveRecords(storage, accounts)) writeLine(file, record);
    closeSync(file);
    renameSync(path, this.path);
  }
}

function writeLine(file: number, record: JournalRecord): void {
  const bytes = Buffer.from(`${encodeRecord(record)}\n`);
  for (let done = 0; done < bytes.byteLength;) done += writeSync(file, bytes, done);
}

const READ_SIZE_BYTES = 1024 ** 2;

/** Calls back for each line that has its newline; returns how many bytes those lines are. */
function readLines(path: string, take: (line: string) => void): number {
  if (!existsSync(path)) return 0;
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(READ_SIZE_BYTES);
  let rest = Buffer.alloc(0);
  let wholeBytes = 0;
  for (;;) {
    const readBytes = readSync(file, chunk, 0, READ_SIZE_BYTES, null);
    if (readBytes === 0) break; // the end of the file bounds the loop
    const bytes = Buffer.concat([rest, chunk.subarray(0, readBytes)]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      take(bytes.toString('utf8', from, end));
      from = end + 1;
    }
    wholeBytes += from;
    rest = bytes.subarray(from);
  }
  closeSync(file);
  return wholeBytes;
}

function apply(record: JournalRecord, storage: Storage, accounts: Accounts): void {
  switch (record.type) {
    case 'bucket':
      storage.saveBucket(record.facts);
      return;
    case 'bucket-removed':
      storage.removeBucket(record.name, record.freeAtMs);
      return;
    case 'session':
      accounts.addSession(record.session);
      return;
    default: {
      const bucket = storage.buckets.get(record.bucket);
      if (bucket) applyToBucket(record, storage, bucket);
    }
  }
}

type BucketRecord = Exclude<JournalRecord, { type: 'bucket' | 'bucket-removed' | 'session' }>;

function applyToBucket(record: BucketRecord, storage: Storage, bucket: Bucket): void {
  switch (record.type) {
    case 'version':
      return storage.addVersion(bucket, record.key, record.version);
    case 'version-changed':
      return storage.changeVersion(bucket, record.key, record.version);
    case 'version-removed':
      return storage.removeVersion(bucket, record.key, record.versionId);
    case 'upload':
      return storage.saveUpload(bucket, { ...record.upload, parts: new Map() });
    case 'upload-removed':
      return storage.removeUpload(bucket, record.uploadId);
    case 'part': {
      const upload = bucket.uploads.get(record.uploadId);
      if (upload) storage.savePart(bucket, upload, record.part);
    }
  }
}

/** The shortest log that makes this world. */
function* liveRecords(storage: Storage, accounts: Accounts): Generator<JournalRecord> {
  for (const [name, freeAtMs] of storage.releasing) yield { type: 'bucket-removed', name, freeAtMs };
  const sessions: Session[] = [...accounts.allSessions()].slice(-KEPT_SESSIONS_MAX);
  for (const session of sessions) yield { type: 'session', session };
  for (const bucket of storage.buckets.values()) {
    yield { type: 'bucket', facts: bucket.facts };
    yield* liveBucketRecords(bucket);
  }
}

function* liveBucketRecords(bucket: Bucket): Generator<JournalRecord> {
  const { name } = bucket.facts;
  for (const key of bucket.keys.iterate('')) {
    const oldestFirst = [...(bucket.versions.get(key) ?? [])].reverse();
    for (const version of oldestFirst) yield { type: 'version', bucket: name, key, version };
  }
  for (const { parts, ...upload } of bucket.uploads.values()) {
    yield { type: 'upload', bucket: name, upload };
    for (const part of parts.values()) yield { type: 'part', bucket: name, uploadId: upload.uploadId, part };
  }
}

function countRecords(storage: Storage): number {
  let count = storage.releasing.size;
  for (const bucket of storage.buckets.values()) {
    count += 1 + bucket.uploads.size;
    for (const versions of bucket.versions.values()) count += versions.length;
  }
  return count;
}

function blobsOf(storage: Storage): Set<string> {
  const blobs = new Set<string>();
  const collect = (content: Content): void => {
    for (const piece of content.pieces) if ('blob' in piece) blobs.add(piece.blob);
  };
  for (const bucket of storage.buckets.values()) {
    for (const versions of bucket.versions.values()) for (const version of versions) collect(version.content);
    for (const upload of bucket.uploads.values()) for (const part of upload.parts.values()) collect(part.content);
  }
  return blobs;
}
