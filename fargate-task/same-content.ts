import { gradeByChecksums } from '../domain/evidence.ts';
import { isSinglePartEtag, type ObjectAttributes } from '../domain/objects.ts';
import type { ObjectReader } from '../domain/ports.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Content } from './key-contents.ts';

/**
 * Are these the same bytes, as far as two HEADs tell? Any age of checksum will do: this only saves work, and
 * verification proves it afterwards.
 */
export function compareContents(
  source: ObjectAttributes,
  destination: ObjectAttributes,
): 'same' | 'different' | 'unknown' {
  const verdict = gradeByChecksums(source.checksums, destination.checksums, destination.modifiedAtMs, 0 as EpochMs);
  if (verdict === 'B') return 'same';
  if (verdict === 'differs') return 'different';
  return hasMd5Etag(source) && hasMd5Etag(destination) && source.etag !== destination.etag ? 'different' : 'unknown';
}

const hasMd5Etag = ({ etag, encryption }: ObjectAttributes): boolean =>
  isSinglePartEtag(etag) && (encryption.kind === 'none' || encryption.kind === 'sse-s3');

export type ContentPlace = Readonly<{
  reader: Pick<ObjectReader, 'headObject' | 'hashObject'>;
  bucket: string;
  content: Content;
}>;

/** The same, decided: by size and ETag, else by stored checksums, else by the bytes of both. */
export async function isSameContent(
  source: ContentPlace,
  destination: ContentPlace,
  signal: AbortSignal,
): Promise<boolean> {
  if (source.content.sizeBytes !== destination.content.sizeBytes) return false;
  if (source.content.etag === destination.content.etag) return true;
  const answer = compareContents(await headOf(source), await headOf(destination));
  if (answer !== 'unknown') return answer === 'same';
  const [ours, theirs] = await Promise.all([hashOf(source, signal), hashOf(destination, signal)]);
  return ours.sha256 === theirs.sha256;
}

const headOf = ({ reader, bucket, content: { key, etag, versionId } }: ContentPlace) =>
  reader.headObject(bucket, key, etag, versionId);
const hashOf = ({ reader, bucket, content: { key, etag, versionId } }: ContentPlace, signal: AbortSignal) =>
  reader.hashObject(bucket, key, etag, signal, versionId);
