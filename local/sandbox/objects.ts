import { sliceContent, type Content } from './bodies.ts';
import { answer, bucketOf, xmlAnswer, type Call } from './call.ts';
import { checksumHeaderName, type Checksum } from './checksums.ts';
import { httpDate, requireReadConditions, requireWriteConditions } from './conditions.ts';
import { encryptionHeaders, hasMd5Etag, requireCustomerKey } from './encryption.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyTextOf, type KeyBytes } from './key-order.ts';
import { isArchived, ownerOfNewObject, requestedAttributes } from './object-attributes.ts';
import { lockHeaders, requireUnlocked } from './object-lock.ts';
import { accessDenied, invalidArgument, S3Problem } from './problem.ts';
import type { ReceivedBody } from './receiving.ts';
import type { Bucket, ObjectVersion } from './storage.ts';
import { optionalTag, parseXml, tag, xmlDocument } from './xml.ts';

/** The version a request means. Throws NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker by id. */
export function findVersion(call: Call, bucket: Bucket, key: KeyBytes, versionId: string | undefined): ObjectVersion {
  const versions = bucket.versions.get(key) ?? [];
  if (versionId === undefined) {
    const newest = versions[0];
    if (newest && !newest.isDeleteMarker) return newest;
    throw noSuchKey(call, bucket, key, newest);
  }
  const version = versions.find((candidate) => candidate.versionId === versionId);
  if (!version) {
    if (versionId !== 'null' && !/^[A-Za-z0-9._]{32}$/.test(versionId)) {
      throw invalidArgument('versionId', versionId, 'Invalid version id specified');
    }
    throw new S3Problem('NoSuchVersion', 'The specified version does not exist.', {
      fields: { Key: keyTextOf(key), VersionId: versionId },
    });
  }
  if (version.isDeleteMarker) {
    throw new S3Problem('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      fields: { Method: call.request.method, ResourceType: 'DeleteMarker' },
      headers: { 'x-amz-delete-marker': 'true', 'last-modified': httpDate(version.modifiedAtMs), allow: 'DELETE' },
    });
  }
  return version;
}

/** Whether a key exists is told only to those who may list the bucket. */
function noSuchKey(call: Call, bucket: Bucket, key: KeyBytes, marker: ObjectVersion | undefined): S3Problem {
  if (!call.isAllowed({ action: 's3:ListBucket', bucket: bucket.facts.name })) return accessDenied();
  return new S3Problem('NoSuchKey', 'The specified key does not exist.', {
    fields: { Key: keyTextOf(key) },
    headers: marker ? { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId } : {},
  });
}

const VERSION_ID_DIGITS = 32;

/** The id for a new version: `null` unless the bucket keeps versions. */
export const newVersionId = (call: Call, bucket: Bucket): string =>
  bucket.facts.versioning === 'Enabled' ? call.surroundings.random.hex(VERSION_ID_DIGITS) : 'null';

export const versionHeaders = (bucket: Bucket, version: Pick<ObjectVersion, 'versionId'>): Record<string, string> =>
  bucket.facts.versioning === 'Unversioned' ? {} : { 'x-amz-version-id': version.versionId };

export const checksumHeaders = (checksum: Checksum | undefined): Record<string, string> =>
  checksum ? { [checksumHeaderName(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type } : {};

/** MD5 of the bytes where S3 promises that; elsewhere something that is not. */
export const etagFor = (call: Call, md5Hex: string, encryption: ObjectVersion['encryption']): string =>
  hasMd5Etag(encryption) ? md5Hex : call.surroundings.random.hex(32);

export function putObject(call: Call, received: ReceivedBody): SandboxAnswer {
  const bucket = bucketOf(call);
  requireWriteConditions(call, bucket, call.key);
  const attributes = requestedAttributes(call, bucket);
  const version: ObjectVersion = {
    ...attributes,
    versionId: newVersionId(call, bucket),
    isDeleteMarker: false,
    modifiedAtMs: call.nowMs,
    ownerAccountId: ownerOfNewObject(call, bucket.facts),
    etag: etagFor(call, received.md5Hex, attributes.encryption),
    content: received.content,
    checksum: { ...received.checksum, type: 'FULL_OBJECT' },
  };
  call.surroundings.storage.addVersion(bucket, call.key, version);
  return answer(200, {
    etag: `"${version.etag}"`,
    ...versionHeaders(bucket, version),
    ...encryptionHeaders(version.encryption),
    ...checksumHeaders(version.checksum),
  });
}

export function getObject(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const version = findVersion(call, bucket, call.key, call.query.get('versionId'));
  const isRead = call.request.method === 'GET';
  requireCustomerKey(version.encryption, call.headers['x-amz-server-side-encryption-customer-key-md5']);
  requireReadConditions(call, version, versionHeaders(bucket, version));
  if (isRead) requireReadable(version, call.nowMs);
  const headers = objectHeaders(call, bucket, version);
  const part = requestedPart(call, version) ?? requestedRange(call.headers['range'], version.content.sizeBytes);
  if (!part) {
    const isChecksumWanted = call.headers['x-amz-checksum-mode'] === 'ENABLED';
    return answer(200, { ...headers, ...(isChecksumWanted && checksumHeaders(version.checksum)) }, version.content);
  }
  const lastByte = part.offsetBytes + part.lengthBytes - 1;
  const rangeHeaders: Record<string, string> = {
    'content-range': `bytes ${part.offsetBytes}-${lastByte}/${version.content.sizeBytes}`,
    ...('partsCount' in part && { 'x-amz-mp-parts-count': String(part.partsCount) }),
  };
  if (part.lengthBytes === 0) return answer(200, headers, version.content);
  return answer(
    206,
    { ...headers, ...rangeHeaders },
    sliceContent(version.content, part.offsetBytes, part.lengthBytes),
  );
}

export const isRestored = (version: ObjectVersion, nowMs: number): boolean =>
  version.restoredUntilMs !== undefined && version.restoredUntilMs > nowMs;

export const needsRestoring = (version: ObjectVersion, nowMs: number): boolean =>
  isArchived(version.storageClass) && !isRestored(version, nowMs);

function requireReadable(version: ObjectVersion, nowMs: number): void {
  if (!needsRestoring(version, nowMs)) return;
  throw new S3Problem('InvalidObjectState', "The operation is not valid for the object's storage class", {
    fields: { StorageClass: version.storageClass },
  });
}

const RESPONSE_OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

function objectHeaders(call: Call, bucket: Bucket, version: ObjectVersion): Record<string, string> {
  const metadata = Object.entries(version.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  const overrides = RESPONSE_OVERRIDES.flatMap((name) => {
    const value = call.query.get(`response-${name}`);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    'accept-ranges': 'bytes',
    'last-modified': httpDate(version.modifiedAtMs),
    etag: `"${version.etag}"`,
    ...version.headers,
    ...(Object.fromEntries(metadata) as Record<string, string>),
    ...(version.storageClass !== 'STANDARD' && { 'x-amz-storage-class': version.storageClass }),
    ...(version.tags.length > 0 && { 'x-amz-tagging-count': String(version.tags.length) }),
    ...(version.restoredUntilMs !== undefined && {
      'x-amz-restore': `ongoing-request="false", expiry-date="${httpDate(version.restoredUntilMs)}"`,
    }),
    ...encryptionHeaders(version.encryption),
    ...lockHeaders(version.lock),
    ...versionHeaders(bucket, version),
    ...(Object.fromEntries(overrides) as Record<string, string>),
  };
}

type ByteRange = { offsetBytes: number; lengthBytes: number };

/** One range is served; several, or one that is not understood, get the whole object, as S3 does. */
export function requestedRange(header: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, first = '', last = ''] = match;
  const offsetBytes = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  if (offsetBytes >= sizeBytes || (first === '' && Number(last) === 0)) {
    throw new S3Problem('InvalidRange', 'The requested range is not satisfiable', {
      fields: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
    });
  }
  return { offsetBytes, lengthBytes: end - offsetBytes + 1 };
}

function requestedPart(call: Call, version: ObjectVersion): (ByteRange & { partsCount: number }) | undefined {
  const text = call.query.get('partNumber');
  if (text === undefined) return undefined;
  const parts = version.parts ?? [{ number: 1, sizeBytes: version.content.sizeBytes }];
  const index = Number(text) - 1;
  const part = parts[index];
  if (!part) throw new S3Problem('InvalidPartNumber', 'The requested partnumber is not satisfiable', { status: 416 });
  const offsetBytes = parts.slice(0, index).reduce((sum, before) => sum + before.sizeBytes, 0);
  return { offsetBytes, lengthBytes: part.sizeBytes, partsCount: parts.length };
}

/** Removes one version for good, or hides the key under a delete marker. Never fails for what is not there. */
export function removeObject(
  call: Call,
  bucket: Bucket,
  key: KeyBytes,
  versionId: string | undefined,
): { versionId?: string; isDeleteMarker?: boolean } {
  const { storage } = call.surroundings;
  const versions = bucket.versions.get(key) ?? [];
  if (versionId !== undefined) {
    const version = versions.find((candidate) => candidate.versionId === versionId);
    if (bucket.facts.hasMfaDelete) requireSecondFactor(call);
    if (!version) return { versionId };
    requireUnlocked(version.lock, call.nowMs, isBypassed(call, bucket, key));
    storage.removeVersion(bucket, key, versionId);
    return version.isDeleteMarker ? { versionId, isDeleteMarker: true } : { versionId };
  }
  if (bucket.facts.versioning === 'Unversioned') {
    storage.removeVersion(bucket, key, 'null');
    return {};
  }
  const marker = deleteMarker(call, bucket);
  storage.addVersion(bucket, key, marker);
  return { versionId: marker.versionId, isDeleteMarker: true };
}

/** Any will do: the sandbox knows nobody's device (S3 user guide, "Configuring MFA delete"). */
export function requireSecondFactor(call: Call): void {
  if (call.headers['x-amz-mfa'] === undefined) throw accessDenied('Mfa Authentication must be used for this request');
}

const isBypassed = (call: Call, bucket: Bucket, key: KeyBytes): boolean =>
  call.headers['x-amz-bypass-governance-retention'] === 'true' &&
  call.isAllowed({ action: 's3:BypassGovernanceRetention', bucket: bucket.facts.name, key });

const EMPTY: Content = { sizeBytes: 0, pieces: [] };

function deleteMarker(call: Call, bucket: Bucket): ObjectVersion {
  return {
    versionId: newVersionId(call, bucket),
    isDeleteMarker: true,
    modifiedAtMs: call.nowMs,
    ownerAccountId: bucket.facts.accountId,
    etag: '',
    content: EMPTY,
    headers: {},
    metadata: {},
    tags: [],
    storageClass: 'STANDARD',
    encryption: { kind: 'AES256' },
  };
}

export function deleteObject(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const versionId = call.query.get('versionId');
  requireWriteConditions(call, bucket, call.key);
  const removed = removeObject(call, bucket, call.key, versionId);
  return answer(204, {
    ...(removed.versionId !== undefined && { 'x-amz-version-id': removed.versionId }),
    ...(removed.isDeleteMarker && { 'x-amz-delete-marker': 'true' }),
  });
}

export function getObjectAttributes(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const version = findVersion(call, bucket, call.key, call.query.get('versionId'));
  const wanted = new Set((call.headers['x-amz-object-attributes'] ?? '').split(',').map((name) => name.trim()));
  const inner = [
    wanted.has('ETag') ? tag('ETag', version.etag) : '',
    wanted.has('Checksum') && version.checksum ? `<Checksum>${checksumElements(version.checksum)}</Checksum>` : '',
    wanted.has('ObjectParts') && version.parts ? objectParts(version) : '',
    wanted.has('StorageClass') ? tag('StorageClass', version.storageClass) : '',
    wanted.has('ObjectSize') ? tag('ObjectSize', version.content.sizeBytes) : '',
  ];
  return xmlAnswer(xmlDocument('GetObjectAttributesResponse', inner.join('')), {
    'last-modified': httpDate(version.modifiedAtMs),
    ...versionHeaders(bucket, version),
  });
}

export const checksumElements = (checksum: Checksum): string =>
  tag(`Checksum${checksum.algorithm}`, checksum.value) + tag('ChecksumType', checksum.type);

function objectParts(version: ObjectVersion): string {
  const parts = version.parts ?? [];
  const name = `Checksum${version.checksum?.algorithm ?? ''}`;
  const entries = parts.map(
    (part) =>
      `<Part>${tag('PartNumber', part.number)}${tag('Size', part.sizeBytes)}${optionalTag(name, part.checksum)}</Part>`,
  );
  const isListed = version.checksum?.type === 'COMPOSITE'; // S3 lists the parts only of composite checksums
  return `<ObjectParts>${tag('PartsCount', parts.length)}${tag('IsTruncated', false)}${isListed ? entries.join('') : ''}</ObjectParts>`;
}

const DAY_MS = 24 * 3600 * 1000;

/** Restores at once: how long it takes on AWS is not simulated. */
export function restoreObject(call: Call, text: string): SandboxAnswer {
  const bucket = bucketOf(call);
  const version = findVersion(call, bucket, call.key, call.query.get('versionId'));
  if (!isArchived(version.storageClass)) {
    throw new S3Problem('InvalidObjectState', "Restore is not allowed for the object's current storage class", {
      fields: { StorageClass: version.storageClass },
    });
  }
  const days = parseXml(text, 'RestoreRequest').children.find((child) => child.name === 'Days')?.text ?? '1';
  const wasRestored = isRestored(version, call.nowMs);
  const restoredUntilMs = call.nowMs + Number(days) * DAY_MS;
  call.surroundings.storage.changeVersion(bucket, call.key, { ...version, restoredUntilMs });
  return answer(wasRestored ? 200 : 202);
}
