import type { ChecksumAlgorithm } from './checksums.ts';
import type { Call } from './call.ts';
import { requestedEncryption, SSE_S3, type Encryption } from './encryption.ts';
import { defaultLock, requestedLock, requireLockBucket } from './object-lock.ts';
import { invalidRequest, S3Problem } from './problem.ts';
import type { Bucket, BucketFacts, ObjectAttributes, Tag } from './storage.ts';
import { childNamed, childrenNamed, childText, parseXml } from './xml.ts';
import { percentDecodeToBytes } from './exchange.ts';

/** System headers that come back as they were sent (S3 user guide, "Working with object metadata"). */
const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
  'x-amz-website-redirect-location',
] as const;

const METADATA_PREFIX = 'x-amz-meta-';
const METADATA_SIZE_BYTES_MAX = 2 * 1024;

export const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
]);

/** Classes whose objects must be restored before they can be read. */
export const isArchived = (storageClass: string): boolean =>
  storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE';

type Headers = Call['headers'];

export function systemHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = name === 'content-encoding' ? withoutAwsChunked(headers[name]) : headers[name];
    if (value !== undefined && value !== '') kept[name] = value;
  }
  kept['content-type'] ??= 'binary/octet-stream';
  return kept;
}

/** `aws-chunked` describes the transfer, not the object. */
function withoutAwsChunked(value: string | undefined): string | undefined {
  return value
    ?.split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== 'aws-chunked')
    .join(',');
}

export function userMetadata(headers: Headers): Record<string, string> {
  const metadata: Record<string, string> = {};
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(METADATA_PREFIX) || value === undefined) continue;
    metadata[name.slice(METADATA_PREFIX.length)] = value.trim();
    sizeBytes += name.length - METADATA_PREFIX.length + value.length;
  }
  if (sizeBytes > METADATA_SIZE_BYTES_MAX) {
    throw new S3Problem('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      fields: { Size: String(sizeBytes), MaxSizeAllowed: String(METADATA_SIZE_BYTES_MAX) },
    });
  }
  return metadata;
}

const invalidTag = (message: string): S3Problem => new S3Problem('InvalidTag', message);

/** Limits: S3 user guide, "Categorizing your storage using tags". */
function checkTags(tags: readonly Tag[], countMax: number): readonly Tag[] {
  if (tags.length > countMax) {
    throw new S3Problem('BadRequest', `Object tags cannot be greater than ${countMax}`);
  }
  if (new Set(tags.map((tag) => tag.key)).size !== tags.length) {
    throw invalidTag('Cannot provide multiple Tags with the same key');
  }
  for (const { key, value } of tags) {
    if (key.length === 0 || key.length > 128) throw invalidTag('The TagKey you have provided is invalid');
    if (value.length > 256) throw invalidTag('The TagValue you have provided is invalid');
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) throw invalidTag('The TagKey or TagValue is invalid');
  }
  return tags;
}

export function tagsOfHeader(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === '') return [];
  const decode = (text: string): string =>
    Buffer.from(percentDecodeToBytes(text.replaceAll('+', ' ')), 'latin1').toString('utf8');
  const pairs = header.split('&').map((pair): Tag => {
    const [key = '', ...rest] = pair.split('=');
    return { key: decode(key), value: decode(rest.join('=')) };
  });
  return checkTags(pairs, 10);
}

export function tagsOfXml(text: string, countMax = 10): readonly Tag[] {
  const set = childNamed(parseXml(text, 'Tagging'), 'TagSet');
  const pairs = (set ? childrenNamed(set, 'Tag') : []).map((pair) => ({
    key: childText(pair, 'Key') ?? '',
    value: childText(pair, 'Value') ?? '',
  }));
  return checkTags(pairs, countMax);
}

export function requestedStorageClass(headers: Headers): string {
  const storageClass = headers['x-amz-storage-class'] ?? 'STANDARD';
  if (!STORAGE_CLASSES.has(storageClass)) {
    throw new S3Problem('InvalidStorageClass', 'The storage class you specified is not valid');
  }
  return storageClass;
}

const defaultEncryptions = new Map<string, Encryption>();

/** The bucket's default encryption; SSE-S3 unless configured. */
export function bucketEncryption(facts: BucketFacts): Encryption {
  const text = facts.configurations['encryption'];
  if (text === undefined) return SSE_S3;
  let encryption = defaultEncryptions.get(text);
  if (!encryption) {
    encryption = parseEncryption(text, facts);
    defaultEncryptions.set(text, encryption);
  }
  return encryption;
}

function parseEncryption(text: string, facts: BucketFacts): Encryption {
  const rule = childNamed(parseXml(text), 'Rule');
  const byDefault = rule && childNamed(rule, 'ApplyServerSideEncryptionByDefault');
  const kind = byDefault && childText(byDefault, 'SSEAlgorithm');
  if (!rule || !byDefault || (kind !== 'aws:kms' && kind !== 'aws:kms:dsse')) return SSE_S3;
  return {
    kind,
    keyId: childText(byDefault, 'KMSMasterKeyID') ?? awsManagedKey(facts),
    hasBucketKey: childText(rule, 'BucketKeyEnabled') === 'true',
  };
}

const awsManagedKey = (facts: BucketFacts): string => `arn:aws:kms:${facts.region}:${facts.accountId}:alias/aws/s3`;

export const encryptionFor = (call: Call, bucket: Bucket): Encryption =>
  requestedEncryption(call.headers, bucketEncryption(bucket.facts), awsManagedKey(bucket.facts));

export const hasEnforcedOwner = (facts: BucketFacts): boolean =>
  facts.configurations['ownershipControls']?.includes('BucketOwnerEnforced') ?? false;

/** ACLs mean nothing where the bucket's owner owns everything; only saying so again is accepted. */
export function requestedAcl(call: Call, facts: BucketFacts): string | undefined {
  const acl = call.headers['x-amz-acl'];
  const hasGrants = Object.keys(call.headers).some((name) => name.startsWith('x-amz-grant-'));
  if (hasEnforcedOwner(facts)) {
    const isHarmless = acl === undefined || acl === 'bucket-owner-full-control' || acl === 'private';
    if (hasGrants || !isHarmless) {
      throw new S3Problem('AccessControlListNotSupported', 'The bucket does not allow ACLs');
    }
  }
  return acl;
}

/** Who owns a new object (S3 user guide, "Controlling ownership of objects"). */
export function ownerOfNewObject(call: Call, facts: BucketFacts): string {
  if (hasEnforcedOwner(facts)) return facts.accountId;
  const isPreferred = facts.configurations['ownershipControls']?.includes('BucketOwnerPreferred') ?? false;
  if (isPreferred && call.headers['x-amz-acl'] === 'bucket-owner-full-control') return facts.accountId;
  return call.caller.accountId;
}

/** Everything that a PutObject or CreateMultipartUpload says about the object besides its bytes. */
export function requestedAttributes(call: Call, bucket: Bucket): ObjectAttributes {
  return {
    headers: systemHeaders(call.headers),
    metadata: userMetadata(call.headers),
    tags: tagsOfHeader(call.headers['x-amz-tagging']),
    ...placementAttributes(call, bucket),
  };
}

/** What is never copied along and always said anew: class, encryption, lock, ACL. */
export function placementAttributes(
  call: Call,
  bucket: Bucket,
): Pick<ObjectAttributes, 'storageClass' | 'encryption' | 'lock' | 'acl'> {
  const lockConfiguration = bucket.facts.configurations['object-lock'];
  const lock = requestedLock(call.headers);
  if (lock) requireLockBucket(lockConfiguration !== undefined);
  return {
    storageClass: requestedStorageClass(call.headers),
    encryption: encryptionFor(call, bucket),
    lock: lock ?? defaultLock(lockConfiguration, call.nowMs),
    acl: requestedAcl(call, bucket.facts),
  };
}

export function requireComposable(algorithm: ChecksumAlgorithm, type: string): void {
  const isFullOnly = algorithm === 'CRC64NVME';
  const isCompositeOnly = algorithm === 'SHA1' || algorithm === 'SHA256' || algorithm === 'SHA512';
  if ((isFullOnly && type === 'COMPOSITE') || (isCompositeOnly && type === 'FULL_OBJECT')) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
}
