import { bucketOf, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import type { KeyBytes } from './key-order.ts';
import {
  encoderOf,
  keyTag,
  listPage,
  optionalKeyTag,
  ownerElement,
  pageSize,
  queryBytes,
  type Encoder,
} from './listing-page.ts';
import { invalidArgument } from './problem.ts';
import type { Bucket, ObjectVersion } from './storage.ts';
import { isoSeconds, optionalTag, tag, xmlDocument } from './xml.ts';

type VersionEntry =
  { kind: 'prefix'; prefix: string } | { kind: 'version'; key: KeyBytes; version: ObjectVersion; isLatest: boolean };

export function listObjectVersions(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const encode = encoderOf(call);
  const [prefix = '', delimiter = '', keyMarker = ''] = ['prefix', 'delimiter', 'key-marker'].map((name) =>
    queryBytes(call, name),
  );
  const versionMarker = call.query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw invalidArgument(
      'version-id-marker',
      versionMarker,
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  const entriesMax = pageSize(call, 'max-keys');
  const all = versionEntries(bucket, { prefix, delimiter, keyMarker, versionMarker, entriesMax });
  const entries = all.slice(0, entriesMax);
  const isTruncated = entriesMax > 0 && all.length > entriesMax;
  const last = entries.at(-1);
  return xmlAnswer(
    xmlDocument(
      'ListVersionsResult',
      tag('Name', bucket.facts.name) +
        keyTag('Prefix', prefix, encode) +
        keyTag('KeyMarker', keyMarker, encode) +
        tag('VersionIdMarker', versionMarker) +
        (isTruncated && last ? nextVersionMarkers(last, encode) : '') +
        tag('MaxKeys', entriesMax) +
        optionalKeyTag('Delimiter', delimiter, encode) +
        optionalTag('EncodingType', call.query.get('encoding-type')) +
        tag('IsTruncated', isTruncated) +
        entries.map((entry) => versionElement(entry, encode)).join(''),
    ),
  );
}

function nextVersionMarkers(last: VersionEntry, encode: Encoder): string {
  if (last.kind === 'prefix') return keyTag('NextKeyMarker', last.prefix, encode);
  return keyTag('NextKeyMarker', last.key, encode) + tag('NextVersionIdMarker', last.version.versionId);
}

/** Up to one entry more than asked for, so that the caller sees whether there is more. */
function versionEntries(
  bucket: Bucket,
  question: { prefix: string; delimiter: string; keyMarker: KeyBytes | ''; versionMarker: string; entriesMax: number },
): VersionEntry[] {
  const { prefix, delimiter, keyMarker, versionMarker, entriesMax } = question;
  const versionsOf = (key: KeyBytes): VersionEntry[] =>
    (bucket.versions.get(key) ?? []).map((version, index) => ({
      kind: 'version',
      key,
      version,
      isLatest: index === 0,
    }));
  const found: VersionEntry[] = [];
  if (versionMarker !== '' && keyMarker !== '' && keyMarker.startsWith(prefix)) {
    const versions = versionsOf(keyMarker);
    const at = versions.findIndex((entry) => entry.kind === 'version' && entry.version.versionId === versionMarker);
    found.push(...versions.slice(at + 1));
  }
  const page = listPage({
    keys: bucket.keys,
    prefix,
    delimiter,
    after: keyMarker,
    entriesMax: entriesMax + 1,
    isVisible: () => true,
  });
  for (const entry of page.entries) {
    if (found.length > entriesMax) break;
    if (entry.kind === 'prefix') found.push(entry);
    else found.push(...versionsOf(entry.key));
  }
  return found.slice(0, entriesMax + 1);
}

function versionElement(entry: VersionEntry, encode: Encoder): string {
  if (entry.kind === 'prefix') return `<CommonPrefixes>${keyTag('Prefix', entry.prefix, encode)}</CommonPrefixes>`;
  const { version } = entry;
  const common =
    keyTag('Key', entry.key, encode) +
    tag('VersionId', version.versionId) +
    tag('IsLatest', entry.isLatest) +
    tag('LastModified', isoSeconds(version.modifiedAtMs));
  const owner = ownerElement(version.ownerAccountId);
  if (version.isDeleteMarker) return `<DeleteMarker>${common}${owner}</DeleteMarker>`;
  const { checksum } = version;
  const checksumFacts = checksum
    ? tag('ChecksumAlgorithm', checksum.algorithm) + tag('ChecksumType', checksum.type)
    : '';
  const facts = tag('ETag', `"${version.etag}"`) + checksumFacts + tag('Size', version.content.sizeBytes);
  return `<Version>${common}${facts}${tag('StorageClass', version.storageClass)}${owner}</Version>`;
}
