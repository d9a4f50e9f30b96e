import { compareListings, type ListingPair } from '../domain/compare-listings.ts';
import type { ProvenObject } from '../domain/proof.ts';
import {
  isMarker,
  partHistory,
  reproducible,
  type Carrying,
  type Content,
  type ContentsPage,
  type KeyContents,
} from './key-contents.ts';
import type { ProvenKey, ProvenPage } from './proof-reading.ts';

/** Is this what the line was proven of? A version "null" may have been overwritten since: the ETag tells. */
export const isProvenOf = (line: ProvenObject, content: Content): boolean =>
  line.isDeleteMarker === isMarker(content) &&
  line.sourceEtag === content.etag &&
  line.sizeBytes === content.sizeBytes &&
  (line.sourceVersionId === undefined || line.sourceVersionId === content.versionId);

/**
 * The source once deletions may have happened: what the sealed proof lists, whether the source still holds it or not,
 * and what came to the source since. What is gone there is carried over from the proof, so that a second proof never
 * forgets an object whose only copy is in the temporary bucket.
 */
export async function* lateContents(
  proof: AsyncIterable<ProvenPage>,
  source: AsyncIterable<ContentsPage>,
  carrying: Carrying,
): AsyncGenerator<ContentsPage> {
  for await (const pair of compareListings(proof, source)) yield [unionOf(pair, carrying)];
}

function unionOf(pair: ListingPair<ProvenKey, KeyContents>, carrying: Carrying): KeyContents {
  const { key } = pair;
  const lines = pair.side === 'destination' ? [] : pair.source.lines;
  const now = pair.side === 'source' ? [] : pair.destination.contents;
  if (lines.length === 0) return partHistory(key, now, carrying);

  const proven = lines.filter(({ isLost }) => !isLost);
  const kept = proven.map((line) => now.find((content) => isProvenOf(line, content)) ?? carriedOver(line));
  const isNew = (content: Content) => !lines.some((line) => isProvenOf(line, content));
  const contents =
    carrying === 'every-version' ? reproducible([...kept, ...now.filter(isNew)]) : newest(kept, now.filter(isNew));
  return { key, contents, lost: now.filter((content) => !contents.includes(content)) };
}

/** An object that was written over a proven one is a difference for a person to decide; a marker over it changes nothing. */
function newest(kept: readonly Content[], since: readonly Content[]): readonly Content[] {
  const last = since.at(-1);
  return last === undefined || isMarker(last) ? kept : [last];
}

function carriedOver(line: ProvenObject): Content {
  const { key, sizeBytes, sourceEtag, sourceVersionId, isDeleteMarker, modifiedAtMs } = line;
  return {
    key,
    sizeBytes,
    etag: sourceEtag,
    storageClass: 'STANDARD',
    modifiedAtMs,
    ...(sourceVersionId === undefined ? {} : { versionId: sourceVersionId }),
    isDeleteMarker,
    carriedOver: line,
  };
}
