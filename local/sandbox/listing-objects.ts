import { bucketOf, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import {
  encoderOf,
  keyTag,
  listPage,
  optionalKeyTag,
  ownerElement,
  pageSize,
  queryBytes,
  type Encoder,
  type Entry,
} from './listing-page.ts';
import { isArchived } from './object-attributes.ts';
import { invalidArgument } from './problem.ts';
import type { Bucket, ObjectVersion } from './storage.ts';
import { isoSeconds, optionalTag, tag, xmlDocument } from './xml.ts';

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
