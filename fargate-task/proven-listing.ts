import { compareListings, type ListingPair } from '../domain/compare-listings.ts';
import { BucketMissingError, ProofBrokenError } from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { ProvenObject } from '../domain/proof.ts';
import type { Content, ContentsPage, KeyContents } from './key-contents.ts';
import type { ProvenKey, ProvenPage } from './proof-reading.ts';

/**
 * What the proof lists, as the temporary bucket holds it: both are walked in step, and every line must be there with
 * the ETag and version that were proven. Delete markers stand in the proof alone; what the proof does not list is
 * passed over. Rejects with ProofBrokenError at the first line that is missing or another object, and where the whole
 * bucket is gone.
 */
export async function* provenContents(
  proof: AsyncIterable<ProvenPage>,
  temporary: AsyncIterable<ContentsPage>,
): AsyncGenerator<ContentsPage> {
  try {
    for await (const pair of compareListings(proof, temporary)) {
      const contents = contentsOf(pair);
      if (contents.length > 0) yield [{ key: pair.key, contents }];
    }
  } catch (error) {
    throw error instanceof BucketMissingError ? bucketGone(error) : error;
  }
}

const bucketGone = (cause: BucketMissingError): ProofBrokenError =>
  new ProofBrokenError('The temporary bucket, which the proof speaks of, is gone.', {
    subject: cause.subject,
    remedy: 'Change nothing in the source, and look in the audit trail who deleted the bucket.',
    cause,
  });

function contentsOf(pair: ListingPair<ProvenKey, KeyContents>): readonly Content[] {
  if (pair.side === 'destination') return [];
  const standing = pair.side === 'both' ? pair.destination.contents : [];
  return pair.source.lines.filter(({ isLost }) => !isLost).map((line) => copyOf(line, standing));
}

/** The copy that the line names. Throws ProofBrokenError when it is not there. */
export function copyOf(line: ProvenObject, standing: readonly Content[]): Content {
  if (line.isDeleteMarker) return markerOf(line);
  const copy = standing.find((content) => isCopyOf(line, content));
  if (copy) return copy;
  throw new ProofBrokenError(
    `The temporary bucket does not hold ${displayKey(line.key)} as it was proven: its copy is gone or another object.`,
    {
      subject: { key: line.key },
      remedy:
        'Somebody changed the temporary bucket. Change nothing there and in the source, and look in the audit trail who did.',
    },
  );
}

export const isCopyOf = (line: ProvenObject, { etag, sizeBytes, versionId }: Content): boolean =>
  etag === line.temporaryEtag &&
  sizeBytes === line.sizeBytes &&
  (line.temporaryVersionId === undefined || versionId === line.temporaryVersionId);

const markerOf = ({ key, modifiedAtMs }: ProvenObject): Content => {
  return { key, sizeBytes: 0, etag: '', storageClass: '', modifiedAtMs, versionId: '', isDeleteMarker: true };
};
