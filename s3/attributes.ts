import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import {
  isArchiveClass,
  type Checksum,
  type ChecksumAlgorithm,
  type ObjectAttributes,
  type ObjectEncryption,
} from '../domain/objects.ts';
import type { EpochMs } from '../domain/time.ts';
import { withoutQuotes } from './listing-page.ts';

export type HeadAnswer = Omit<HeadObjectCommandOutput, '$metadata'>;

/** HEAD's answer in the product's words. Throws a RangeError when it lacks what every HEAD has. */
export function readAttributes(head: HeadAnswer): ObjectAttributes {
  const modifiedAtMs = head.LastModified?.getTime() ?? NaN;
  if (head.ContentLength === undefined) throw new RangeError('HeadObject answered without a length');
  if (!head.ETag) throw new RangeError('HeadObject answered without an ETag');
  if (Number.isNaN(modifiedAtMs)) throw new RangeError('HeadObject answered without a time');
  return {
    sizeBytes: head.ContentLength,
    etag: withoutQuotes(head.ETag),
    modifiedAtMs: modifiedAtMs as EpochMs,
    storageClass: head.StorageClass ?? 'STANDARD',
    systemHeaders: systemHeadersOf(head),
    userMetadata: head.Metadata ?? {},
    missingMetadataCount: head.MissingMeta ?? 0,
    encryption: encryptionOf(head),
    checksums: checksumsOf(head),
    isArchived: isArchived(head),
    ...(head.WebsiteRedirectLocation === undefined ? {} : { websiteRedirectLocation: head.WebsiteRedirectLocation }),
    ...(head.TagCount === undefined ? {} : { tagCount: head.TagCount }),
    ...(head.PartsCount === undefined ? {} : { partCount: head.PartsCount }),
    ...lockOf(head),
  };
}

function lockOf(head: HeadAnswer): Pick<ObjectAttributes, 'lock'> {
  const untilMs = head.ObjectLockRetainUntilDate?.getTime() as EpochMs | undefined;
  const isHeld = head.ObjectLockLegalHoldStatus === 'ON';
  if (untilMs === undefined && !isHeld) return {};
  return { lock: { isHeld, ...(untilMs === undefined ? {} : { untilMs }) } };
}

/** `Expires` as text: objects hold dates that no parser accepts. */
function systemHeadersOf(head: HeadAnswer): Record<string, string> {
  const pairs: [string, string | undefined][] = [
    ['cache-control', head.CacheControl],
    ['content-disposition', head.ContentDisposition],
    ['content-encoding', head.ContentEncoding],
    ['content-language', head.ContentLanguage],
    ['content-type', head.ContentType],
    ['expires', head.ExpiresString],
  ];
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function encryptionOf(head: HeadAnswer): ObjectEncryption {
  if (head.SSECustomerAlgorithm !== undefined) return { kind: 'sse-c' };
  const keyArn = head.SSEKMSKeyId === undefined ? {} : { keyArn: head.SSEKMSKeyId };
  const usesBucketKey = head.BucketKeyEnabled ?? false;
  if (head.ServerSideEncryption === 'aws:kms') return { kind: 'sse-kms', ...keyArn, usesBucketKey };
  if (head.ServerSideEncryption === 'aws:kms:dsse') return { kind: 'dsse-kms', ...keyArn, usesBucketKey };
  return { kind: head.ServerSideEncryption === undefined ? 'none' : 'sse-s3' };
}

function checksumsOf(head: HeadAnswer): Checksum[] {
  const values: [ChecksumAlgorithm, string | undefined][] = [
    ['CRC64NVME', head.ChecksumCRC64NVME],
    ['CRC32', head.ChecksumCRC32],
    ['CRC32C', head.ChecksumCRC32C],
    ['SHA1', head.ChecksumSHA1],
    ['SHA256', head.ChecksumSHA256],
  ];
  return values.flatMap(([algorithm, value]) =>
    value ? [{ algorithm, value, type: checksumTypeOf(value, head.ChecksumType) }] : [],
  );
}

/** Composite values end in the number of parts; where the answer names no type, that end alone tells. */
const checksumTypeOf = (value: string, named: string | undefined): Checksum['type'] =>
  named === 'COMPOSITE' || /-\d+$/.test(value) ? 'COMPOSITE' : 'FULL_OBJECT';

/** Archived classes read again while a restored copy stands; Intelligent-Tiering tells its archive tiers apart. */
function isArchived(head: HeadAnswer): boolean {
  const isRestored = /ongoing-request="false"/.test(head.Restore ?? '');
  return !isRestored && (isArchiveClass(head.StorageClass ?? 'STANDARD') || head.ArchiveStatus !== undefined);
}
