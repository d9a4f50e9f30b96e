import { createHash } from 'node:crypto';
import type { SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import type { Checksum } from '../../domain/objects.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type { BucketFacts } from '../../domain/ports.ts';
import type { EpochMs } from '../../domain/time.ts';

export type MemoryObject = {
  body: string;
  etag: string;
  storageClass: string;
  modifiedAtMs: EpochMs;
  systemHeaders: Record<string, string>;
  userMetadata: Record<string, string>;
  tags: Record<string, string>;
  checksums: Checksum[];
  /** "null" when it is left out: written while the bucket had no versioning, or while it was suspended. */
  versionId?: string;
};
export type MemoryMarker = { isDeleteMarker: true; versionId: string; modifiedAtMs: EpochMs };
export type MemoryVersion = MemoryObject | MemoryMarker;

export type MemoryBucket = {
  account: string;
  facts: BucketFacts;
  /** What a listing shows: the newest version of each key, unless that is a delete marker. */
  objects: Map<string, MemoryObject>;
  /** Everything under a key that is not in `objects`, oldest first; a delete marker that hides the key is the last. */
  older: Map<string, MemoryVersion[]>;
  policy?: BucketPolicy;
  /** Settings apart from the policy, as S3 words them; what is not here is absent. */
  settings?: Partial<Record<SettingName, unknown>>;
};

export const md5 = (body: string): string => createHash('md5').update(body).digest('hex');
export const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');

export const isMarker = (version: MemoryVersion): version is MemoryMarker => 'isDeleteMarker' in version;
export const versionIdOf = (version: MemoryVersion): string => version.versionId ?? 'null';

/** All versions of a key, oldest first. */
export function historyOf(bucket: MemoryBucket, key: string): readonly MemoryVersion[] {
  const current = bucket.objects.get(key);
  return [...(bucket.older.get(key) ?? []), ...(current ? [current] : [])];
}

export const historyKeysOf = (bucket: MemoryBucket): string[] => [
  ...new Set([...bucket.older.keys(), ...bucket.objects.keys()]),
];

/** What PutObject does: a new version where versioning is on, else in the place of the version "null". */
export function writeObject(bucket: MemoryBucket, key: string, object: MemoryObject, newVersionId: () => string): void {
  makeRoom(bucket, key);
  const versionId = bucket.facts.versioning === 'enabled' ? newVersionId() : 'null';
  bucket.objects.set(key, { ...object, versionId });
}

/** What DeleteObject without a version id does. */
export function deleteCurrent(bucket: MemoryBucket, key: string, atMs: EpochMs, newVersionId: () => string): void {
  if (bucket.facts.versioning === 'off') return void bucket.objects.delete(key);
  makeRoom(bucket, key);
  const versionId = bucket.facts.versioning === 'enabled' ? newVersionId() : 'null';
  const marker: MemoryMarker = { isDeleteMarker: true, versionId, modifiedAtMs: atMs };
  bucket.older.set(key, [...(bucket.older.get(key) ?? []), marker]);
}

/** What DeleteObject with a version id does; the version below comes to light again. False when there is none. */
export function removeVersion(bucket: MemoryBucket, key: string, versionId: string): boolean {
  const versions = historyOf(bucket, key);
  const left = versions.filter((version) => versionIdOf(version) !== versionId);
  setHistory(bucket, key, left);
  return left.length < versions.length;
}

/** The current object steps back, or goes where a version "null" would take its place. */
function makeRoom(bucket: MemoryBucket, key: string): void {
  const isKept = (version: MemoryVersion) => bucket.facts.versioning === 'enabled' || versionIdOf(version) !== 'null';
  const left = bucket.facts.versioning === 'off' ? [] : historyOf(bucket, key).filter(isKept);
  bucket.objects.delete(key);
  if (left.length > 0) bucket.older.set(key, left);
  else bucket.older.delete(key);
}

function setHistory(bucket: MemoryBucket, key: string, versions: readonly MemoryVersion[]): void {
  const newest = versions.at(-1);
  const older = newest && !isMarker(newest) ? versions.slice(0, -1) : versions;
  if (newest && !isMarker(newest)) bucket.objects.set(key, newest);
  else bucket.objects.delete(key);
  if (older.length > 0) bucket.older.set(key, [...older]);
  else bucket.older.delete(key);
}
