import { isSinglePartEtag, type Checksum, type ObjectFacts } from './objects.ts';
import type { EpochMs } from './time.ts';

/**
 * How strongly a copy is proven.
 *   A  both sides' bytes were read and hashed in this job
 *   B  the source's stored full-object checksum equals the destination's, which S3 recomputed in this job
 *   C  both sides single part with equal MD5 ETags and equal sizes
 *   D  size only, an inherited checksum or a composite value: not accepted; reading both sides turns it into an A
 */
export type Grade = 'A' | 'B' | 'C' | 'D';
export const GRADES: readonly Grade[] = ['A', 'B', 'C', 'D'];

export type EvidenceRule = 'standard' | 'strict';

/** Does the gate take this grade? D never; C only where the rule is `standard`. */
export const isAccepted = (grade: Grade, rule: EvidenceRule): boolean =>
  grade === 'A' || grade === 'B' || (grade === 'C' && rule === 'standard');

/** What the two listings alone can say: a C, a proven difference, or nothing. */
export function gradeByListing(source: ObjectFacts, destination: ObjectFacts): 'C' | 'differs' | 'unknown' {
  if (source.sizeBytes !== destination.sizeBytes) return 'differs';
  if (isSinglePartEtag(source.etag) && source.etag === destination.etag) return 'C';
  return 'unknown';
}

/**
 * What stored checksums say. A destination written before this job began may have inherited its value, so it counts
 * as a B only when S3 computed it since `jobBeganAtMs` (copies of this product always name an algorithm, which makes
 * S3 compute; S3 API reference, CopyObject, x-amz-checksum-algorithm).
 */
export function gradeByChecksums(
  source: readonly Checksum[],
  destination: readonly Checksum[],
  destinationModifiedAtMs: EpochMs,
  jobBeganAtMs: EpochMs,
): 'B' | 'differs' | 'unknown' {
  const fullOnes = source.filter((checksum) => checksum.type === 'FULL_OBJECT');
  for (const ours of fullOnes) {
    const theirs = destination.find((other) => other.algorithm === ours.algorithm && other.type === 'FULL_OBJECT');
    if (!theirs) continue;
    if (theirs.value !== ours.value) return 'differs';
    // S3 gives modification times in whole seconds.
    if (destinationModifiedAtMs >= jobBeganAtMs - 1000) return 'B';
  }
  return 'unknown';
}
