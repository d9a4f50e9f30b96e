import type { EpochMs } from './time.ts';

/** What a listing tells about one object. `etag` as S3 gives it, without the quotes. */
export type ObjectFacts = Readonly<{
  key: string;
  sizeBytes: number;
  etag: string;
  storageClass: string;
  modifiedAtMs: EpochMs;
}>;

/** A page of a listing: keys ascending in byte order, all greater than those of the page before. */
export type ListingPage = readonly ObjectFacts[];

/** One version of a key. A delete marker has no size, ETag or storage class: 0 and empty. */
export type VersionFacts = ObjectFacts & Readonly<{ versionId: string; isDeleteMarker: boolean }>;
/** Everything under one key, oldest first. */
export type KeyHistory = Readonly<{ key: string; versions: readonly VersionFacts[] }>;
export type HistoryPage = readonly KeyHistory[];

/** An index of versions of one key that is larger than this is refused, because a history is held in memory whole. */
export const VERSIONS_PER_KEY_MAX = 10_000;

/**
 * The history as it can be made again elsewhere: S3 lays a marker only over an object when it is asked for on a
 * condition, so a marker over a marker, or one with nothing under it, is left out; neither hides anything.
 */
export function reproducibleHistory<Version extends Readonly<{ isDeleteMarker: boolean }>>(
  versions: readonly Version[],
): readonly Version[] {
  return versions.filter((version, index) => {
    if (!version.isDeleteMarker) return true;
    const below = versions[index - 1];
    return below !== undefined && !below.isDeleteMarker;
  });
}

export type ChecksumAlgorithm = 'CRC64NVME' | 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256';
export type Checksum = Readonly<{ algorithm: ChecksumAlgorithm; value: string; type: 'FULL_OBJECT' | 'COMPOSITE' }>;

/** Everything that belongs to an object besides its bytes. Header names in lower case; absent ones left out. */
export type ObjectAttributes = Readonly<{
  sizeBytes: number;
  etag: string;
  modifiedAtMs: EpochMs;
  storageClass: string;
  /** cache-control, content-disposition, content-encoding, content-language, content-type, expires (raw) */
  systemHeaders: Readonly<Record<string, string>>;
  userMetadata: Readonly<Record<string, string>>;
  /** Metadata that S3 holds and cannot print; it can be copied only by the server itself. */
  missingMetadataCount: number;
  websiteRedirectLocation?: string;
  encryption: ObjectEncryption;
  checksums: readonly Checksum[];
  tagCount?: number;
  partCount?: number;
  /** Archived and not restored: cannot be read now. */
  isArchived: boolean;
  /** Object Lock keeps this version, as far as our permissions let us see it: until a time, or while a hold stands. */
  lock?: Readonly<{ untilMs?: EpochMs; isHeld: boolean }>;
}>;

export type ObjectEncryption =
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'sse-s3' }>
  | Readonly<{ kind: 'sse-kms' | 'dsse-kms'; keyArn?: string; usesBucketKey: boolean }>
  | Readonly<{ kind: 'sse-c' }>;

export type ObjectTags = Readonly<Record<string, string>>;

/** Storage classes whose objects must be restored before they can be read. Intelligent-Tiering may be archived too: only HEAD tells. */
export const isArchiveClass = (storageClass: string): boolean =>
  storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';

/** The MD5 of the bytes for single-part objects that are plain or SSE-S3; composite ETags end in the number of parts. */
export const isSinglePartEtag = (etag: string): boolean => /^[0-9a-f]{32}$/.test(etag);
