import type { EmptiedBucket } from '../../domain/job-documents.ts';
import { toPercentForm } from '../../domain/keys.ts';
import type { ObjectLister } from '../../domain/ports.ts';
import type { ProvenObject } from '../../domain/proof.ts';
import type { ProofLookup } from './proof-lookup.ts';

/** How many keys are told to people. */
export const LATE_KEYS_MAX = 10;

export type EmptiedPlace = Readonly<{
  role: EmptiedBucket;
  bucket: string;
  /** Versions and delete markers are listed too: the bucket has or had versioning. */
  hasVersions: boolean;
}>;

/** `isProvenLeft`: the walk ended at the first object that the proof lists; what follows it was not counted. */
export type Leftovers = Readonly<{ isProvenLeft: boolean; lateCount: number; lateKeys: readonly string[] }>;

/**
 * What stands in a bucket that should be empty. Without a proof everything counts as late. One listing may be blank by mistake, so that a bucket is called empty
 * only after two whole ones. Rejects with ListingInvalidError, ProofInvalidError.
 */
export async function lookForLeftovers(
  place: EmptiedPlace,
  lister: ObjectLister,
  proof: () => ProofLookup | undefined,
): Promise<Leftovers> {
  const first = await walk(place, lister, proof());
  const isEmpty = !first.isProvenLeft && first.lateCount === 0;
  return isEmpty ? await walk(place, lister, proof()) : first;
}

async function walk(place: EmptiedPlace, lister: ObjectLister, proof: ProofLookup | undefined): Promise<Leftovers> {
  let lateCount = 0;
  const lateKeys: string[] = [];
  for await (const found of entries(place, lister)) {
    const lines = (await proof?.linesOf(found.key)) ?? [];
    if (lines.some((line) => isProven(place, line, found))) return { isProvenLeft: true, lateCount, lateKeys };
    lateCount += 1;
    const key = toPercentForm(found.key);
    if (lateKeys.length < LATE_KEYS_MAX && !lateKeys.includes(key)) lateKeys.push(key);
  }
  return { isProvenLeft: false, lateCount, lateKeys };
}

type Entry = Readonly<{ key: string; etag: string; sizeBytes: number; versionId?: string; isDeleteMarker: boolean }>;

async function* entries({ bucket, hasVersions }: EmptiedPlace, lister: ObjectLister): AsyncGenerator<Entry> {
  if (!hasVersions) {
    for await (const page of lister.listObjects({ bucket })) {
      for (const facts of page) yield { ...facts, isDeleteMarker: false };
    }
    return;
  }
  for await (const page of lister.listHistories({ bucket })) {
    for (const { versions } of page) yield* versions;
  }
}

/**
 * Is this what the line was proven of, or the copy that it names? A version "null" may have been overwritten since, so
 * that the ETag counts beside the id. Markers and what is lost with the source have no copy.
 */
function isProven({ role }: EmptiedPlace, line: ProvenObject, found: Entry): boolean {
  const isSource = role === 'source';
  if (!isSource && (line.isLost || line.isDeleteMarker)) return false;
  const [etag, versionId] = isSource
    ? [line.sourceEtag, line.sourceVersionId]
    : [line.temporaryEtag, line.temporaryVersionId];
  return (
    line.isDeleteMarker === found.isDeleteMarker &&
    etag === found.etag &&
    line.sizeBytes === found.sizeBytes &&
    (versionId === undefined || versionId === found.versionId)
  );
}
