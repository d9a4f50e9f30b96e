import { requireWriteConditions, requireSourceConditions } from './conditions.ts';
import { answer, bucketOf, type Call } from './call.ts';
import { digestOf, newHasher, parseChecksumAlgorithm, type Checksum } from './checksums.ts';
import { encryptionHeaders, hasMd5Etag, requireCustomerKey } from './encryption.ts';
import { percentDecodeToBytes, type SandboxAnswer } from './exchange.ts';
import { isUtf8, type KeyBytes } from './key-order.ts';
import {
  ownerOfNewObject,
  placementAttributes,
  systemHeaders,
  tagsOfHeader,
  userMetadata,
} from './object-attributes.ts';
import { checksumElements, etagFor, findVersion, needsRestoring, newVersionId, versionHeaders } from './objects.ts';
import { accessDenied, invalidArgument, invalidRequest, noSuchBucket, S3Problem } from './problem.ts';
import type { Requirement } from './authorization.ts';
import type { Bucket, ObjectVersion } from './storage.ts';
import { isoSeconds, tag, xmlDocument } from './xml.ts';

export type CopySource = Readonly<{ bucketName: string; key: KeyBytes; versionId: string | undefined }>;

/** `/bucket/key?versionId=id`, percent-encoded; the version id is split off before decoding, as a key may hold a `?`. */
export function parseCopySource(header: string): CopySource {
  const mark = header.lastIndexOf('?versionId=');
  const path = (mark < 0 ? header : header.slice(0, mark)).replace(/^\//, '').replaceAll('+', ' ');
  const decoded = percentDecodeToBytes(path);
  const slash = decoded.indexOf('/');
  const key = decoded.slice(slash + 1) as KeyBytes;
  if (slash < 1 || key === '' || !isUtf8(key)) {
    throw invalidArgument('x-amz-copy-source', header, 'Invalid copy source object key');
  }
  return {
    bucketName: decoded.slice(0, slash),
    key,
    versionId: mark < 0 ? undefined : percentDecodeToBytes(header.slice(mark + '?versionId='.length)),
  };
}

/** Reading the source, by the principal that makes the request: the same needs for whole objects and for parts. */
export function sourceNeeds(call: Call): Requirement[] {
  const source = parseCopySource(call.headers['x-amz-copy-source'] ?? '');
  const version = source.versionId === undefined ? '' : 'Version';
  const at = { bucket: source.bucketName, key: source.key };
  const needs: Requirement[] = [{ action: `s3:GetObject${version}`, ...at }];
  if (copiesTags(call) && sourceTags(call, source).length > 0) {
    needs.push({ action: `s3:GetObject${version}Tagging`, ...at });
  }
  return needs;
}

/** CopyObject is one request by one principal: it needs both sides (S3 API reference, CopyObject). */
export function copyNeeds(call: Call): Requirement[] {
  const source = parseCopySource(call.headers['x-amz-copy-source'] ?? '');
  const context = { 's3:objectcreationoperation': 'true' };
  const at = { bucket: call.bucketName, key: call.key, context };
  const hasTags = copiesTags(call) ? sourceTags(call, source).length > 0 : call.headers['x-amz-tagging'] !== undefined;
  return [
    ...sourceNeeds(call),
    { action: 's3:PutObject', ...at },
    ...(hasTags ? [{ action: 's3:PutObjectTagging', ...at }] : []),
    ...(call.headers['x-amz-acl'] === undefined ? [] : [{ action: 's3:PutObjectAcl', ...at }]),
  ];
}

const copiesTags = (call: Call): boolean =>
  call.query.get('partNumber') === undefined && (call.headers['x-amz-tagging-directive'] ?? 'COPY') === 'COPY';

function sourceTags(call: Call, source: CopySource): ObjectVersion['tags'] {
  const versions = call.surroundings.storage.buckets.get(source.bucketName)?.versions.get(source.key) ?? [];
  const version = source.versionId === undefined ? versions[0] : versions.find((v) => v.versionId === source.versionId);
  return version?.tags ?? [];
}

/** The object to copy from, checked as S3 checks it: owner, existence, key, conditions, storage class. */
export function openSource(call: Call): { bucket: Bucket; source: CopySource; version: ObjectVersion } {
  const source = parseCopySource(call.headers['x-amz-copy-source'] ?? '');
  const bucket = call.surroundings.storage.buckets.get(source.bucketName);
  if (!bucket) throw noSuchBucket(source.bucketName);
  const expectedOwner = call.headers['x-amz-source-expected-bucket-owner'];
  if (expectedOwner !== undefined && expectedOwner !== bucket.facts.accountId) throw accessDenied();
  const version = findVersion(call, bucket, source.key, source.versionId);
  requireCustomerKey(version.encryption, call.headers['x-amz-copy-source-server-side-encryption-customer-key-md5']);
  requireSourceConditions(call, version);
  if (needsRestoring(version, call.nowMs)) {
    throw new S3Problem(
      'ObjectNotInActiveTierError',
      'The source object of the COPY action is not in the active tier and is only stored in Amazon S3 Glacier.',
    );
  }
  return { bucket, source, version };
}

function directive(call: Call, name: string): 'COPY' | 'REPLACE' {
  const value = call.headers[name] ?? 'COPY';
  if (value !== 'COPY' && value !== 'REPLACE') {
    throw invalidArgument(name, value, `Unknown ${name.replace('x-amz-', '').replace('-', ' ')}.`);
  }
  return value;
}

/** An object may be copied onto itself only when something about it changes. */
function requireChange(call: Call, source: CopySource): void {
  if (source.bucketName !== call.bucketName || source.key !== call.key || source.versionId !== undefined) return;
  const changing = [
    'x-amz-storage-class',
    'x-amz-website-redirect-location',
    'x-amz-server-side-encryption',
    'x-amz-server-side-encryption-customer-algorithm',
    'x-amz-checksum-algorithm',
  ];
  if (directive(call, 'x-amz-metadata-directive') === 'REPLACE') return;
  if (directive(call, 'x-amz-tagging-directive') === 'REPLACE') return;
  if (changing.some((name) => call.headers[name] !== undefined)) return;
  throw invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

export function copyObject(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const { bucket: sourceBucket, source, version: from } = openSource(call);
  requireChange(call, source);
  requireWriteConditions(call, bucket, call.key);
  if (from.content.sizeBytes > call.surroundings.limits.copySizeBytesMax) {
    throw invalidRequest(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${call.surroundings.limits.copySizeBytesMax}`,
    );
  }
  const placement = placementAttributes(call, bucket);
  const version: ObjectVersion = {
    ...describedAttributes(call, from),
    ...placement,
    versionId: newVersionId(call, bucket),
    isDeleteMarker: false,
    modifiedAtMs: call.nowMs,
    ownerAccountId: ownerOfNewObject(call, bucket.facts),
    etag: copiedEtag(call, from, placement.encryption),
    content: from.content,
    checksum: copiedChecksum(call, from),
  };
  call.surroundings.storage.addVersion(bucket, call.key, version);
  return answer(
    200,
    {
      'content-type': 'application/xml',
      ...versionHeaders(bucket, version),
      ...encryptionHeaders(version.encryption),
      ...copySourceVersionHeader(sourceBucket, from),
    },
    xmlDocument('CopyObjectResult', copyResult(version)),
  );
}

export const copySourceVersionHeader = (bucket: Bucket, version: ObjectVersion): Record<string, string> =>
  bucket.facts.versioning === 'Unversioned' ? {} : { 'x-amz-copy-source-version-id': version.versionId };

function copyResult(version: ObjectVersion): string {
  const { checksum } = version;
  return (
    tag('LastModified', isoSeconds(version.modifiedAtMs)) +
    tag('ETag', `"${version.etag}"`) +
    (checksum ? checksumElements(checksum) : '')
  );
}

/** Metadata and tags follow their directives; the website redirect is never copied, only said anew. */
function describedAttributes(call: Call, from: ObjectVersion): Pick<ObjectVersion, 'headers' | 'metadata' | 'tags'> {
  const isReplaced = directive(call, 'x-amz-metadata-directive') === 'REPLACE';
  const redirect = call.headers['x-amz-website-redirect-location'];
  const { 'x-amz-website-redirect-location': _, ...copied } = from.headers;
  return {
    headers: isReplaced
      ? systemHeaders(call.headers)
      : { ...copied, ...(redirect !== undefined && { 'x-amz-website-redirect-location': redirect }) },
    metadata: isReplaced ? userMetadata(call.headers) : from.metadata,
    tags:
      directive(call, 'x-amz-tagging-directive') === 'REPLACE'
        ? tagsOfHeader(call.headers['x-amz-tagging'])
        : from.tags,
  };
}

/** A copy has one part, so the ETag of a multipart source becomes the MD5 of the whole. */
function copiedEtag(call: Call, from: ObjectVersion, encryption: ObjectVersion['encryption']): string {
  const isKnown = hasMd5Etag(from.encryption) && !from.etag.includes('-');
  const md5Hex =
    isKnown || !hasMd5Etag(encryption)
      ? from.etag
      : digestOf('MD5', call.surroundings.bodies.read(from.content)).toString('hex');
  return etagFor(call, md5Hex, encryption);
}

/** The source's value is copied along unless another algorithm is asked for or it depends on parts. */
function copiedChecksum(call: Call, from: ObjectVersion): Checksum | undefined {
  const named = call.headers['x-amz-checksum-algorithm'];
  const asked = named === undefined ? undefined : parseChecksumAlgorithm(named);
  if (named !== undefined && !asked) throw invalidRequest('Checksum algorithm provided is unsupported.');
  if (!asked && from.checksum?.type === 'FULL_OBJECT') return from.checksum;
  const algorithm = asked ?? from.checksum?.algorithm ?? 'CRC64NVME';
  const hasher = newHasher(algorithm);
  for (const chunk of call.surroundings.bodies.read(from.content)) hasher.update(chunk);
  return { algorithm, type: 'FULL_OBJECT', value: hasher.digest().toString('base64') };
}
