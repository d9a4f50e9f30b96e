import { createHash } from 'node:crypto';
import type { ObjectAttributes } from '../domain/objects.ts';

/**
 * Is what stands at the destination already this object? `unknown` when nothing that both sides tell can decide it.
 *
 *   size      ETag     full-object checksum of one algorithm   answer
 *   differs   -        -                                       different
 *   equal     equal    -                                       same
 *   equal     differs  equal                                   same
 *   equal     differs  differ                                  different
 *   equal     differs  none in common                          unknown
 *
 * Equal ETags are either the MD5 of the same bytes or that of the same parts; both are evidence. Encrypted objects
 * have other ETags, which differ, and are then judged by their checksums.
 */
export function compareObjects(
  source: ObjectAttributes,
  destination: ObjectAttributes,
): 'same' | 'different' | 'unknown' {
  if (source.sizeBytes !== destination.sizeBytes) return 'different';
  if (source.etag === destination.etag) return 'same';
  for (const ours of source.checksums) {
    const theirs = destination.checksums.find((other) => other.algorithm === ours.algorithm);
    if (theirs && ours.type === 'FULL_OBJECT' && theirs.type === 'FULL_OBJECT') {
      return ours.value === theirs.value ? 'same' : 'different';
    }
  }
  return 'unknown';
}

/** The ETag that S3 gives an object of these parts unless it is encrypted with a key: MD5 over their MD5s. */
export function etagOfParts(etags: readonly string[]): string {
  const hash = createHash('md5');
  for (const etag of etags) hash.update(Buffer.from(etag, 'hex'));
  return `${hash.digest('hex')}-${etags.length}`;
}
