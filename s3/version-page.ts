import type { DeleteMarkerEntry, ListObjectVersionsCommandOutput, ObjectVersion } from '@aws-sdk/client-s3';
import { compareKeys } from '../domain/keys.ts';
import type { VersionFacts } from '../domain/objects.ts';
import type { EpochMs } from '../domain/time.ts';
import type { Checked } from './believing.ts';
import { decodeListed, isPrefixSaid, withoutQuotes } from './listing-page.ts';
import type { EntryKind } from './version-order.ts';

/** Where a page begins: after this version of this key, or after the whole key. */
export type VersionMarker = Readonly<{ key: string; versionId?: string }>;

export type VersionPageExpectation = Readonly<{
  bucket: string;
  prefix: string;
  /** What the page was asked to begin after. */
  marker: VersionMarker | undefined;
  /** Every key of the listing is greater; providers differ in whether a marker without a version includes its key. */
  startAfter: string;
  /** The last version of the page before, which the first of this one follows; none at the beginning. */
  last: Readonly<{ key: string; versionIds: ReadonlySet<string> }> | undefined;
  /** Name and markers are in every page; where a provider leaves them out, what is there must still be right. */
  isEchoed: boolean;
}>;

export type VersionPage = Readonly<{ versions: readonly VersionFacts[]; next: VersionMarker | undefined }>;
export type VersionPageAnswer = Omit<ListObjectVersionsCommandOutput, '$metadata'>;

type Entry = VersionFacts & Readonly<{ isLatest: boolean }>;

/**
 * A page of versions is believed only when it says everything that such a page must say, like a page of objects: a cut,
 * blank or foreign answer would pass for a key without history. `order` is the order of versions and delete markers in
 * the answer's text, which the SDK's two lists no longer show. Newest first within a key: only the newest says IsLatest.
 */
export function checkVersionPage(
  answer: VersionPageAnswer,
  order: readonly EntryKind[],
  expected: VersionPageExpectation,
): Checked<VersionPage> {
  try {
    const entries = readEntries(answer, order);
    const wanted = entries.filter(({ key }) => expected.startAfter === '' || key !== expected.startAfter);
    const problem =
      problemOfFrame(answer, entries.length, expected) ??
      problemOfChain(answer, expected) ??
      problemOfOrder(wanted, expected);
    if (problem !== undefined) return { ok: false, reason: problem };
    const versions = wanted.map(({ isLatest: _, ...facts }) => facts);
    const next = nextMarkerOf(answer, entries.at(-1), expected);
    if (next && JSON.stringify(next) === JSON.stringify(expected.marker))
      return { ok: false, reason: 'more follows from where it began' };
    return { ok: true, versions, next };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function problemOfFrame(
  answer: VersionPageAnswer,
  entryCount: number,
  expected: VersionPageExpectation,
): string | undefined {
  if (answer.Name !== expected.bucket && (expected.isEchoed || answer.Name !== undefined)) {
    return `it is of ${answer.Name === undefined ? 'no bucket' : `the bucket "${answer.Name}"`}`;
  }
  // Without it control characters would arrive changed or not at all: XML 1.0 cannot hold them.
  if (answer.EncodingType !== 'url' && (entryCount > 0 || expected.isEchoed)) return 'its keys are not encoded';
  if (!isPrefixSaid(answer.Prefix, expected)) return `its prefix is "${answer.Prefix ?? ''}"`;
  if (answer.CommonPrefixes?.length) return 'it holds common prefixes that were not asked for';
  if (typeof answer.IsTruncated !== 'boolean') return 'it does not say whether more follows';
  if (answer.IsTruncated !== Boolean(answer.NextKeyMarker))
    return answer.IsTruncated ? 'more follows, without a marker' : 'it ends, with a marker';
  if (answer.IsTruncated && entryCount === 0) return 'more follows, and it is empty';
  return undefined;
}

/** The answer repeats the marker that it was asked with: a page of another place in the listing would leave a gap. */
function problemOfChain(answer: VersionPageAnswer, { marker, isEchoed }: VersionPageExpectation): string | undefined {
  // Ceph RGW repeats the key unencoded, with characters that XML changes.
  if (!isEchoed) return undefined;
  if (decodeListed(answer.KeyMarker ?? '') !== (marker?.key ?? ''))
    return `it begins after "${answer.KeyMarker ?? ''}"`;
  if ((answer.VersionIdMarker ?? '') === (marker?.versionId ?? '')) return undefined;
  return `it begins after the version "${answer.VersionIdMarker ?? ''}"`;
}

function problemOfOrder(entries: readonly Entry[], expected: VersionPageExpectation): string | undefined {
  let key = expected.last?.key;
  let seen = new Set(expected.last?.versionIds);
  for (const entry of entries) {
    if (!entry.key.startsWith(expected.prefix)) return `a key is not under the prefix "${expected.prefix}"`;
    const order = key === undefined ? 1 : compareKeys(entry.key, key);
    if (order < 0 || compareKeys(entry.key, expected.startAfter) < 0) return 'its keys do not ascend';
    if (order > 0) seen = new Set();
    if (seen.has(entry.versionId)) return 'a version is in it twice';
    if (entry.isLatest !== (seen.size === 0)) return 'the newest version of a key is not the first';
    key = entry.key;
    seen.add(entry.versionId);
  }
  return undefined;
}

/**
 * The last version of the page, which is what S3 names (S3 API reference, ListObjectVersions, example). Where a
 * provider cannot be trusted to encode its marker, that version is named whatever it says.
 */
function nextMarkerOf(
  answer: VersionPageAnswer,
  last: Entry | undefined,
  { isEchoed }: VersionPageExpectation,
): VersionMarker | undefined {
  if (!answer.NextKeyMarker || last === undefined) return undefined;
  if (!isEchoed) return { key: last.key, versionId: last.versionId };
  const key = decodeListed(answer.NextKeyMarker);
  return answer.NextVersionIdMarker ? { key, versionId: answer.NextVersionIdMarker } : { key };
}

/** One list again, in the order of the answer. */
function readEntries(answer: VersionPageAnswer, order: readonly EntryKind[]): Entry[] {
  const versions = [...(answer.Versions ?? [])].reverse();
  const markers = [...(answer.DeleteMarkers ?? [])].reverse();
  if (versions.length + markers.length !== order.length) {
    throw new RangeError(`it holds ${order.length} versions, of which ${versions.length + markers.length} can be read`);
  }
  return order.map((kind) => {
    if (kind === 'marker') return { ...readCommon(markers.pop()), ...OF_MARKER };
    const version = versions.pop();
    if (!version?.ETag) throw new RangeError('a version has no ETag');
    if (version.Size === undefined || !Number.isSafeInteger(version.Size) || version.Size < 0) {
      throw new RangeError('a version has no size');
    }
    const { ETag, Size, StorageClass = 'STANDARD' } = version;
    return {
      ...readCommon(version),
      sizeBytes: Size,
      etag: withoutQuotes(ETag),
      storageClass: StorageClass,
      isDeleteMarker: false,
    };
  });
}

const OF_MARKER = { sizeBytes: 0, etag: '', storageClass: '', isDeleteMarker: true };

function readCommon(entry: ObjectVersion | DeleteMarkerEntry | undefined) {
  const modifiedAtMs = entry?.LastModified?.getTime() ?? NaN;
  if (!entry?.Key) throw new RangeError('an entry has no key');
  if (!entry.VersionId) throw new RangeError('an entry has no version id');
  if (entry.IsLatest === undefined) throw new RangeError('an entry does not say whether it is the newest');
  if (Number.isNaN(modifiedAtMs)) throw new RangeError('an entry has no time');
  return {
    key: decodeListed(entry.Key),
    versionId: entry.VersionId,
    isLatest: entry.IsLatest,
    modifiedAtMs: modifiedAtMs as EpochMs,
  };
}
