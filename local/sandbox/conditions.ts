import type { Call } from './call.ts';
import type { KeyBytes } from './key-order.ts';
import { notModified, preconditionFailed, S3Problem } from './problem.ts';
import type { Bucket, ObjectVersion } from './storage.ts';
import { keyTextOf } from './key-order.ts';

export const httpDate = (atMs: number): string => new Date(atMs).toUTCString();

/** HTTP dates have whole seconds, so that is all that is compared. */
const seconds = (atMs: number): number => Math.floor(atMs / 1000);

const etagMatches = (header: string, etag: string): boolean =>
  header
    .split(',')
    .map((candidate) => candidate.trim().replace(/^"(.*)"$/, '$1'))
    .some((candidate) => candidate === '*' || candidate === etag);

/** Conditions of GET and HEAD, in the order of RFC 9110: 412 before 304. */
export function requireReadConditions(call: Call, version: ObjectVersion, headers: Record<string, string>): void {
  const failed = failedCondition(version, {
    ifMatch: call.headers['if-match'],
    ifNoneMatch: call.headers['if-none-match'],
    ifModifiedSince: call.headers['if-modified-since'],
    ifUnmodifiedSince: call.headers['if-unmodified-since'],
  });
  if (failed === undefined) return;
  if (failed === 'If-Match' || failed === 'If-Unmodified-Since') throw preconditionFailed(failed);
  throw notModified({ etag: `"${version.etag}"`, 'last-modified': httpDate(version.modifiedAtMs), ...headers });
}

/** Conditions on the source of a copy: every one that fails is 412 (S3 API reference, CopyObject). */
export function requireSourceConditions(call: Call, version: ObjectVersion): void {
  const failed = failedCondition(version, {
    ifMatch: call.headers['x-amz-copy-source-if-match'],
    ifNoneMatch: call.headers['x-amz-copy-source-if-none-match'],
    ifModifiedSince: call.headers['x-amz-copy-source-if-modified-since'],
    ifUnmodifiedSince: call.headers['x-amz-copy-source-if-unmodified-since'],
  });
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed}`);
}

function failedCondition(
  version: ObjectVersion,
  conditions: {
    ifMatch: string | undefined;
    ifNoneMatch: string | undefined;
    ifModifiedSince: string | undefined;
    ifUnmodifiedSince: string | undefined;
  },
): 'If-Match' | 'If-Unmodified-Since' | 'If-None-Match' | 'If-Modified-Since' | undefined {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const modified = seconds(version.modifiedAtMs);
  if (ifMatch !== undefined) {
    if (!etagMatches(ifMatch, version.etag)) return 'If-Match';
  } else if (ifUnmodifiedSince !== undefined && modified > seconds(Date.parse(ifUnmodifiedSince))) {
    return 'If-Unmodified-Since';
  }
  if (ifNoneMatch !== undefined) {
    if (etagMatches(ifNoneMatch, version.etag)) return 'If-None-Match';
  } else if (ifModifiedSince !== undefined && modified <= seconds(Date.parse(ifModifiedSince))) {
    return 'If-Modified-Since';
  }
  return undefined;
}

/** Conditional writes and deletes (S3 user guide, "Conditional requests"): they look at the current version. */
export function requireWriteConditions(call: Call, bucket: Bucket, key: KeyBytes): void {
  const ifMatch = call.headers['if-match'];
  const ifNoneMatch = call.headers['if-none-match'];
  const current = bucket.current(key);
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== '*') {
      throw new S3Problem('NotImplemented', 'A header you provided implies functionality that is not implemented', {
        fields: { Header: 'If-None-Match' },
      });
    }
    if (current) throw preconditionFailed('If-None-Match');
  }
  if (ifMatch === undefined) return;
  const isHidden = bucket.versions.get(key)?.[0]?.isDeleteMarker;
  if (isHidden && call.request.method === 'DELETE') throw preconditionFailed('If-Match');
  if (!current) {
    throw new S3Problem('NoSuchKey', 'The specified key does not exist.', { fields: { Key: keyTextOf(key) } });
  }
  if (!etagMatches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
}
