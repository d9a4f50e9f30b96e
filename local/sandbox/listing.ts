import { canonicalUserId } from './accounts.ts';
import { bucketOf, queryInteger, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyBytesOf, keyTextOf, successorOfPrefix, type KeyBytes } from './key-order.ts';
import { isArchived } from './object-attributes.ts';
import { uploadPeople } from './multipart.ts';
import { invalidArgument } from './problem.ts';
import type { Bucket, ObjectVersion, Upload } from './storage.ts';
import { escapeXml, isoSeconds, optionalTag, tag, xmlDocument } from './xml.ts';

type Entry = { kind: 'key'; key: KeyBytes } | { kind: 'prefix'; prefix: string };

type PageQuestion = Readonly<{
  keys: { seek: (from: string, isAfter?: boolean) => KeyBytes | undefined; iterate: SortedIterate };
  prefix: string;
  delimiter: string;
  /** Entries up to and including this one are left out; a common prefix leaves out all its keys. */
  after: string;
  entriesMax: number;
  isVisible: (key: KeyBytes) => boolean;
}>;
type SortedIterate = (from: string, isAfter?: boolean) => Iterable<KeyBytes>;

/** One page of keys and common prefixes in byte order. Jumps over the keys of a common prefix. */
function listPage(question: PageQuestion): { entries: Entry[]; isTruncated: boolean } {
  const { keys, prefix, delimiter, after, entriesMax } = question;
  const entries: Entry[] = [];
  if (entriesMax === 0) return { entries, isTruncated: false };
  const isAfterPrefix =
    delimiter !== '' && after.startsWith(prefix) && after.length > prefix.length && after.endsWith(delimiter);
  let from: string | undefined = after < prefix ? prefix : after;
  let isAfter = from === after && after !== '';
  if (isAfterPrefix) {
    from = successorOfPrefix(after);
    isAfter = false;
  }
  while (from !== undefined) {
    let jump: string | undefined;
    for (const key of keys.iterate(from, isAfter)) {
      if (!key.startsWith(prefix)) return { entries, isTruncated: false };
      if (!question.isVisible(key)) continue;
      if (entries.length === entriesMax) return { entries, isTruncated: true };
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        entries.push({ kind: 'key', key });
        continue;
      }
      const common = key.slice(0, end + delimiter.length);
      entries.push({ kind: 'prefix', prefix: common });
      jump = successorOfPrefix(common);
      break;
    }
    from = jump;
    isAfter = false;
  }
  return { entries, isTruncated: false };
}

/** S3's own form of URL encoding: `/` and `*` stay, a space becomes `+`. */
function encodeForUrl(bytes: string): string {
  return bytes.replace(/[^A-Za-z0-9\-_./*]/g, (character) =>
    character === ' ' ? '+' : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

type Encoder = (bytes: string) => string;

function encoderOf(call: Call): Encoder {
  const encoding = call.query.get('encoding-type');
  if (encoding === undefined || encoding === '') return (bytes) => escapeXml(keyTextOf(bytes as KeyBytes));
  if (encoding !== 'url')
    throw invalidArgument('encoding-type', encoding, 'Invalid Encoding Method specified in Request');
  return encodeForUrl;
}

const keyTag = (name: string, bytes: string, encode: Encoder): string => `<${name}>${encode(bytes)}</${name}>`;
const optionalKeyTag = (name: string, bytes: string | undefined, encode: Encoder): string =>
  bytes === undefined || bytes === '' ? '' : keyTag(name, bytes, encode);

const queryBytes = (call: Call, name: string): KeyBytes => keyBytesOf(call.query.get(name) ?? '');

const pageSize = (call: Call, name: string): number =>
  queryInteger(call, name, {
    fallback: call.surroundings.limits.listPageKeysMax,
    max: call.surroundings.limits.listPageKeysMax,
  });

const ownerElement = (accountId: string): string => `<Owner>${tag('ID', canonicalUserId(accountId))}</Owner>`;

function objectElement(version: ObjectVersion, key: string, call: Call, hasOwner: boolean): string {
  const { checksum } = version;
  const wantsRestore = call.headers['x-amz-optional-object-attributes']?.includes('RestoreStatus');
  return (
    '<Contents>' +
    key +
    tag('LastModified', isoSeconds(version.modifiedAtMs)) +
    tag('ETag', `"${version.etag}"`) +
    (checksum ? tag('ChecksumAlgorithm', checksum.algorithm) + tag('ChecksumType', checksum.type) : '') +
    tag('Size', version.content.sizeBytes) +
    (hasOwner ? ownerElement(version.ownerAccountId) : '') +
    tag('StorageClass', version.storageClass) +
    (wantsRestore && isArchived(version.storageClass) ? restoreStatus(version) : '') +
    '</Contents>'
  );
}

function restoreStatus(version: ObjectVersion): string {
  const until = version.restoredUntilMs;
  return `<RestoreStatus>${tag('IsRestoreInProgress', false)}${until === undefined ? '' : tag('RestoreExpiryDate', isoSeconds(until))}</RestoreStatus>`;
}

function objectEntries(
  bucket: Bucket,
  entries: readonly Entry[],
  encode: Encoder,
  call: Call,
  hasOwner: boolean,
): string {
  return entries
    .map((entry) => {
      if (entry.kind === 'prefix') return `<CommonPrefixes>${keyTag('Prefix', entry.prefix, encode)}</CommonPrefixes>`;
      const version = bucket.current(entry.key);
      return version ? objectElement(version, keyTag('Key', entry.key, encode), call, hasOwner) : '';
    })
    .join('');
}

const positionOf = (entry: Entry | undefined): string =>
  entry === undefined ? '' : entry.kind === 'key' ? entry.key : entry.prefix;

/** Where the next page begins; opaque to clients, as on S3. */
const tokenOf = (position: string): string => Buffer.from(`1${position}`, 'latin1').toString('base64');

function positionOfToken(token: string): string {
  const position = Buffer.from(token, 'base64').toString('latin1');
  if (!position.startsWith('1') || tokenOf(position.slice(1)) !== token) {
    throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
  }
  return position.slice(1);
}

export function listObjectsV2(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const encode = encoderOf(call);
  const [prefix, delimiter, startAfter] = ['prefix', 'delimiter', 'start-after'].map((name) => queryBytes(call, name));
  const token = call.query.get('continuation-token');
  const entriesMax = pageSize(call, 'max-keys');
  const { entries, isTruncated } = listPage({
    keys: bucket.keys,
    prefix: prefix ?? '',
    delimiter: delimiter ?? '',
    after: token === undefined ? (startAfter ?? '') : positionOfToken(token),
    entriesMax,
    isVisible: (key) => bucket.current(key) !== undefined,
  });
  return xmlAnswer(
    xmlDocument(
      'ListBucketResult',
      tag('Name', bucket.facts.name) +
        keyTag('Prefix', prefix ?? '', encode) +
        optionalKeyTag('StartAfter', startAfter, encode) +
        optionalTag('ContinuationToken', token) +
        (isTruncated ? tag('NextContinuationToken', tokenOf(positionOf(entries.at(-1)))) : '') +
        tag('KeyCount', entries.length) +
        tag('MaxKeys', entriesMax) +
        optionalKeyTag('Delimiter', delimiter, encode) +
        optionalTag('EncodingType', call.query.get('encoding-type')) +
        tag('IsTruncated', isTruncated) +
        objectEntries(bucket, entries, encode, call, call.query.get('fetch-owner') === 'true'),
    ),
  );
}

export function listObjects(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const encode = encoderOf(call);
  const [prefix, delimiter, marker] = ['prefix', 'delimiter', 'marker'].map((name) => queryBytes(call, name));
  const entriesMax = pageSize(call, 'max-keys');
  const { entries, isTruncated } = listPage({
    keys: bucket.keys,
    prefix: prefix ?? '',
    delimiter: delimiter ?? '',
    after: marker ?? '',
    entriesMax,
    isVisible: (key) => bucket.current(key) !== undefined,
  });
  // S3 gives NextMarker only with a delimiter; without one the last key serves.
  const nextMarker = isTruncated && delimiter ? positionOf(entries.at(-1)) : undefined;
  return xmlAnswer(
    xmlDocument(
      'ListBucketResult',
      tag('Name', bucket.facts.name) +
        keyTag('Prefix', prefix ?? '', encode) +
        keyTag('Marker', marker ?? '', encode) +
        optionalKeyTag('NextMarker', nextMarker, encode) +
        tag('MaxKeys', entriesMax) +
        optionalKeyTag('Delimiter', delimiter, encode) +
        optionalTag('EncodingType', call.query.get('encoding-type')) +
        tag('IsTruncated', isTruncated) +
        objectEntries(bucket, entries, encode, call, true),
    ),
  );
}

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

export function listMultipartUploads(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const encode = encoderOf(call);
  const [prefix = '', delimiter = '', keyMarker = ''] = ['prefix', 'delimiter', 'key-marker'].map((name) =>
    queryBytes(call, name),
  );
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const pageMax = queryInteger(call, 'max-uploads', { fallback: 1000, max: 1000 });
  const matching = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .filter(
      (upload) => upload.key > keyMarker || (idMarker !== '' && upload.key === keyMarker && upload.uploadId > idMarker),
    )
    .sort((a, b) => compare(a.key, b.key) || compare(a.uploadId, b.uploadId));
  const { uploads, prefixes } = rollUp(matching, prefix, delimiter);
  const page = uploads.slice(0, pageMax);
  const isTruncated = uploads.length > page.length;
  const last = page.at(-1);
  return xmlAnswer(
    xmlDocument(
      'ListMultipartUploadsResult',
      tag('Bucket', bucket.facts.name) +
        keyTag('KeyMarker', keyMarker, encode) +
        tag('UploadIdMarker', idMarker) +
        (isTruncated && last
          ? keyTag('NextKeyMarker', last.key, encode) + tag('NextUploadIdMarker', last.uploadId)
          : '') +
        optionalKeyTag('Delimiter', delimiter, encode) +
        keyTag('Prefix', prefix, encode) +
        optionalTag('EncodingType', call.query.get('encoding-type')) +
        tag('MaxUploads', pageMax) +
        tag('IsTruncated', isTruncated) +
        page.map((upload) => uploadElement(bucket, upload, encode)).join('') +
        prefixes.map((common) => `<CommonPrefixes>${keyTag('Prefix', common, encode)}</CommonPrefixes>`).join(''),
    ),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function rollUp(
  uploads: readonly Upload[],
  prefix: string,
  delimiter: string,
): { uploads: Upload[]; prefixes: string[] } {
  if (delimiter === '') return { uploads: [...uploads], prefixes: [] };
  const prefixes = new Set<string>();
  const kept = uploads.filter((upload) => {
    const end = upload.key.indexOf(delimiter, prefix.length);
    if (end >= 0) prefixes.add(upload.key.slice(0, end + delimiter.length));
    return end < 0;
  });
  return { uploads: kept, prefixes: [...prefixes] };
}

function uploadElement(bucket: Bucket, upload: Upload, encode: Encoder): string {
  const checksum = upload.isChecksumRequested
    ? tag('ChecksumAlgorithm', upload.checksumAlgorithm) + tag('ChecksumType', upload.checksumType)
    : '';
  return (
    '<Upload>' +
    keyTag('Key', upload.key, encode) +
    tag('UploadId', upload.uploadId) +
    uploadPeople(bucket, upload) +
    tag('StorageClass', upload.attributes.storageClass) +
    tag('Initiated', isoSeconds(upload.initiatedAtMs)) +
    checksum +
    '</Upload>'
  );
}
