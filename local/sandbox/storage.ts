import type { Session } from './accounts.ts';
import type { StoredPolicy } from './bucket-policy.ts';
import type { Checksum, ChecksumAlgorithm, ChecksumType } from './checksums.ts';
import type { Content } from './bodies.ts';
import { SortedKeys, type KeyBytes } from './key-order.ts';
import type { ObjectLock } from './object-lock.ts';
import type { Encryption } from './encryption.ts';

/** Everything about an object that a writer gives and a reader gets back. */
export type ObjectAttributes = Readonly<{
  /** System headers as they were sent (content-type, cache-control, ...), lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** User metadata: lower-case names without `x-amz-meta-`. */
  metadata: Readonly<Record<string, string>>;
  tags: readonly Tag[];
  storageClass: string;
  encryption: Encryption;
  lock?: ObjectLock | undefined;
  acl?: string | undefined;
}>;

export type Tag = Readonly<{ key: string; value: string }>;

export type PartFacts = Readonly<{ number: number; sizeBytes: number; checksum?: string | undefined }>;

export type ObjectVersion = ObjectAttributes &
  Readonly<{
    /** `null` where the bucket had no versioning when it was written. */
    versionId: string;
    isDeleteMarker: boolean;
    modifiedAtMs: number;
    ownerAccountId: string;
    /** Without quotes. */
    etag: string;
    content: Content;
    checksum?: Checksum | undefined;
    /** Of a multipart upload. */
    parts?: readonly PartFacts[] | undefined;
    restoredUntilMs?: number | undefined;
  }>;

export type UploadedPart = Readonly<{
  number: number;
  etag: string;
  content: Content;
  modifiedAtMs: number;
  checksum?: string | undefined;
}>;

export type Upload = Readonly<{
  uploadId: string;
  key: KeyBytes;
  initiatedAtMs: number;
  initiator: Readonly<{ id: string; name: string; accountId: string }>;
  attributes: ObjectAttributes;
  checksumAlgorithm: ChecksumAlgorithm;
  checksumType: ChecksumType;
  /** False when S3 chose the checksum: it is then computed but not part of the answers to each part. */
  isChecksumRequested: boolean;
  parts: Map<number, UploadedPart>;
}>;

/** What was asked when an upload was completed, and what came of it. */
export type Completion = Readonly<{ uploadId: string; key: KeyBytes; versionId: string; text: string }>;

export type VersioningStatus = 'Unversioned' | 'Enabled' | 'Suspended';

/** What is known of a bucket besides its objects; one record of the log. */
export type BucketFacts = {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly createdAtMs: number;
  readonly namespace: 'global' | 'account-regional';
  versioning: VersioningStatus;
  /** Deleting a version, and changing this, then needs a second factor. */
  hasMfaDelete?: boolean;
  /** Sub-resource to its XML as it was put. */
  configurations: Record<string, string>;
  /** Newest last; older ones stay in force until the delay of policies has passed. */
  policies: StoredPolicy[];
};

export class Bucket {
  readonly keys = new SortedKeys();
  /** Newest version first; never an empty list. */
  readonly versions = new Map<KeyBytes, ObjectVersion[]>();
  readonly uploads = new Map<string, Upload>();
  /** Uploads completed lately, by their ids; forgotten with the process. */
  readonly completions = new Map<string, Completion>();

  constructor(readonly facts: BucketFacts) {}

  /** The version that a request without a version id sees; a delete marker counts as absent. */
  current(key: KeyBytes): ObjectVersion | undefined {
    const newest = this.versions.get(key)?.[0];
    return newest?.isDeleteMarker ? undefined : newest;
  }

  get isEmpty(): boolean {
    return this.keys.isEmpty;
  }
}

/** Where changes go so that they outlive the process. Each call is one record; records are replayed in order. */
export interface Journal {
  append(record: JournalRecord): void;
}

/** A version as the log holds it is the version itself: pieces in memory are written as base64. */
export type JournalRecord =
  | Readonly<{ type: 'bucket'; facts: BucketFacts }>
  | Readonly<{ type: 'bucket-removed'; name: string; freeAtMs: number }>
  | Readonly<{ type: 'version'; bucket: string; key: KeyBytes; version: ObjectVersion }>
  | Readonly<{ type: 'version-changed'; bucket: string; key: KeyBytes; version: ObjectVersion }>
  | Readonly<{ type: 'version-removed'; bucket: string; key: KeyBytes; versionId: string }>
  | Readonly<{ type: 'upload'; bucket: string; upload: Omit<Upload, 'parts'> }>
  | Readonly<{ type: 'part'; bucket: string; uploadId: string; part: UploadedPart }>
  | Readonly<{ type: 'upload-removed'; bucket: string; uploadId: string }>
  | Readonly<{ type: 'session'; session: Session }>;

/** All buckets of all accounts: one namespace. Every change goes through here, and from here to the journal. */
export class Storage {
  readonly buckets = new Map<string, Bucket>();
  /** Names between two lives, and when they are free. */
  readonly releasing = new Map<string, number>();
  /** Set once what the journal already holds has been replayed. */
  journal: Journal | undefined;

  saveBucket(facts: BucketFacts): Bucket {
    const existing = this.buckets.get(facts.name);
    const bucket = existing ?? new Bucket(facts);
    if (existing) Object.assign(existing.facts, facts);
    this.buckets.set(facts.name, bucket);
    this.releasing.delete(facts.name);
    this.journal?.append({ type: 'bucket', facts: bucket.facts });
    return bucket;
  }

  removeBucket(name: string, freeAtMs: number): void {
    this.buckets.delete(name);
    this.releasing.set(name, freeAtMs);
    this.journal?.append({ type: 'bucket-removed', name, freeAtMs });
  }

  /** Adds the version as the newest; one with the same id (`null`) gives way to it. */
  addVersion(bucket: Bucket, key: KeyBytes, version: ObjectVersion): void {
    const versions = bucket.versions.get(key);
    if (versions) {
      const index = versions.findIndex((candidate) => candidate.versionId === version.versionId);
      if (index >= 0) versions.splice(index, 1);
      versions.unshift(version);
    } else {
      bucket.versions.set(key, [version]);
      bucket.keys.add(key);
    }
    this.journal?.append({ type: 'version', bucket: bucket.facts.name, key, version });
  }

  /** Replaces the version with that id where it stands: its tags, lock or restoration changed. */
  changeVersion(bucket: Bucket, key: KeyBytes, version: ObjectVersion): void {
    const versions = bucket.versions.get(key) ?? [];
    const index = versions.findIndex((candidate) => candidate.versionId === version.versionId);
    if (index < 0) return;
    versions[index] = version;
    this.journal?.append({ type: 'version-changed', bucket: bucket.facts.name, key, version });
  }

  removeVersion(bucket: Bucket, key: KeyBytes, versionId: string): void {
    const versions = bucket.versions.get(key) ?? [];
    const index = versions.findIndex((version) => version.versionId === versionId);
    if (index < 0) return;
    versions.splice(index, 1);
    if (versions.length === 0) {
      bucket.versions.delete(key);
      bucket.keys.remove(key);
    }
    this.journal?.append({ type: 'version-removed', bucket: bucket.facts.name, key, versionId });
  }

  saveUpload(bucket: Bucket, upload: Upload): void {
    bucket.uploads.set(upload.uploadId, upload);
    const { parts: _, ...facts } = upload;
    this.journal?.append({ type: 'upload', bucket: bucket.facts.name, upload: facts });
  }

  savePart(bucket: Bucket, upload: Upload, part: UploadedPart): void {
    upload.parts.set(part.number, part);
    this.journal?.append({ type: 'part', bucket: bucket.facts.name, uploadId: upload.uploadId, part });
  }

  removeUpload(bucket: Bucket, uploadId: string): void {
    if (bucket.uploads.delete(uploadId)) {
      this.journal?.append({ type: 'upload-removed', bucket: bucket.facts.name, uploadId });
    }
  }
}
