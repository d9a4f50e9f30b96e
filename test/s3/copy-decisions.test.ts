import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ObjectAttributes } from '../../domain/objects.ts';
import { GiB, MiB } from '../../domain/sizes.ts';
import type { EpochMs } from '../../domain/time.ts';
import { readAttributes } from '../../s3/attributes.ts';
import { canonical } from '../../s3/bucket-policies.ts';
import { choosePath, isExactInHeader } from '../../s3/copy-path.ts';
import { copySourceOf } from '../../s3/copy-source.ts';
import { roleOfSession } from '../../s3/identity.ts';
import { compareObjects, etagOfParts } from '../../s3/sameness.ts';

const object = (more: Partial<ObjectAttributes> = {}): ObjectAttributes => ({
  sizeBytes: 5,
  etag: 'e1',
  modifiedAtMs: 0 as EpochMs,
  storageClass: 'STANDARD',
  systemHeaders: { 'content-type': 'text/plain' },
  userMetadata: {},
  missingMetadataCount: 0,
  encryption: { kind: 'sse-s3' },
  checksums: [],
  isArchived: false,
  ...more,
});

describe('the path of a copy', () => {
  const odd = { userMetadata: { name: 'Ã©' } };
  test.each<[string, number, Partial<ObjectAttributes>, number, string]>([
    ['no bytes, even when everything goes in parts', 0, {}, 0, 'single'],
    ['at the threshold', 64 * MiB, {}, 64 * MiB, 'single'],
    ['one byte above the threshold', 64 * MiB + 1, {}, 64 * MiB, 'multipart'],
    ['at 5 GiB, with a threshold beyond it', 5 * GiB, {}, 50 * GiB, 'single'],
    ['one byte above 5 GiB, with a threshold beyond it', 5 * GiB + 1, {}, 50 * GiB, 'multipart'],
    ['metadata that S3 cannot print, up to 5 GiB', 5 * GiB, { missingMetadataCount: 1 }, MiB, 'single'],
    ['metadata that S3 cannot print, above 5 GiB', 5 * GiB + 1, { missingMetadataCount: 1 }, MiB, 'none'],
    ['metadata that cannot be sent exactly, up to 5 GiB', GiB, odd, MiB, 'single'],
    ['metadata that cannot be sent exactly, above 5 GiB', 6 * GiB, odd, MiB, 'none'],
  ])('%s', (_name, sizeBytes, more, thresholdBytes, path) => {
    const traits = { decodesPartSourcesOnce: true };

    expect(choosePath('key', object({ sizeBytes, ...more }), thresholdBytes, traits).path).toBe(path);
  });

  test('a key that some providers misread goes in one piece there, or not at all', () => {
    const traits = { decodesPartSourcesOnce: false };

    expect(choosePath('a%2Fb', object({ sizeBytes: GiB }), MiB, traits).path).toBe('single');
    expect(choosePath('a%2Fb', object({ sizeBytes: 6 * GiB }), MiB, traits).path).toBe('none');
    expect(choosePath('a b+c', object({ sizeBytes: 6 * GiB }), MiB, traits).path).toBe('multipart');
  });

  test.each([
    ['plain "text"; q=1', true],
    ['', true],
    [' led by a blank', false],
    ['followed by a tab\t', false],
    ['é', false],
    ['Ã©', false],
    ['=?UTF-8?Q?caf=C3=A9?=', false],
    ['a=?b', true],
    ['two\nlines', false],
  ])('the header %j comes out as it went in: %s', (value, isExact) => {
    expect(isExactInHeader(value)).toBe(isExact);
  });
});

describe('what stands at the destination', () => {
  const crc = (value: string, type: 'FULL_OBJECT' | 'COMPOSITE' = 'FULL_OBJECT') => ({
    checksums: [{ algorithm: 'CRC64NVME' as const, value, type }],
  });
  test.each<[string, Partial<ObjectAttributes>, Partial<ObjectAttributes>, string]>([
    ['another size', {}, { sizeBytes: 6 }, 'different'],
    ['the same ETag', {}, {}, 'same'],
    ['the same ETag and another size', { sizeBytes: 6 }, {}, 'different'],
    ['equal checksums', crc('x'), { etag: 'e2-3', ...crc('x') }, 'same'],
    ['other checksums', crc('x'), { etag: 'e2-3', ...crc('y') }, 'different'],
    ['equal values of parts', crc('x-2', 'COMPOSITE'), { etag: 'e2-3', ...crc('x-2', 'COMPOSITE') }, 'unknown'],
    ['no checksum in common', crc('x'), { etag: 'e2' }, 'unknown'],
  ])('%s', (_name, source, destination, answer) => {
    expect(compareObjects(object(source), object(destination))).toBe(answer);
  });

  test('the ETag of an upload follows from those of its parts', () => {
    const parts = ['a', 'b'].map((text) => createHash('md5').update(text).digest());

    expect(etagOfParts(parts.map((part) => part.toString('hex')))).toBe(
      `${createHash('md5').update(Buffer.concat(parts)).digest('hex')}-2`,
    );
  });
});

describe('the source of a copy', () => {
  test.each([
    ['a b+c', 'from/a%20b%2Bc'],
    ['a?versionId=x', 'from/a%3FversionId%3Dx'],
    ['/a//b', 'from//a//b'],
    ['é', 'from/%C3%A9'],
    ['100%', 'from/100%25'],
  ])('%j is %s', (key, form) => {
    expect(copySourceOf('from', key)).toBe(form);
  });

  test('names a version behind a mark that no key can hold', () => {
    expect(copySourceOf('from', 'a?b', 'v/1')).toBe('from/a%3Fb?versionId=v%2F1');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (key) => !copySourceOf('from', key).includes('?')));
  });
});

describe('what HEAD says', () => {
  const head = { ContentLength: 1, ETag: '"e"', LastModified: new Date(0) };

  test.each<[object, boolean]>([
    [{ StorageClass: 'GLACIER' }, true],
    [{ StorageClass: 'DEEP_ARCHIVE', Restore: 'ongoing-request="true"' }, true],
    [{ StorageClass: 'GLACIER', Restore: 'ongoing-request="false", expiry-date="..."' }, false],
    [{ StorageClass: 'GLACIER_IR' }, false],
    [{ StorageClass: 'INTELLIGENT_TIERING' }, false],
    [{ StorageClass: 'INTELLIGENT_TIERING', ArchiveStatus: 'DEEP_ARCHIVE_ACCESS' }, true],
  ])('%j is archived: %s', (more, isArchived) => {
    expect(readAttributes({ ...head, ...more }).isArchived).toBe(isArchived);
  });

  test.each<[object, string]>([
    [{}, 'none'],
    [{ ServerSideEncryption: 'AES256' }, 'sse-s3'],
    [{ ServerSideEncryption: 'aws:kms' }, 'sse-kms'],
    [{ ServerSideEncryption: 'aws:kms:dsse' }, 'dsse-kms'],
    [{ SSECustomerAlgorithm: 'AES256' }, 'sse-c'],
  ])('%j is encrypted by %s', (more, kind) => {
    expect(readAttributes({ ...head, ...more }).encryption.kind).toBe(kind);
  });

  test('a checksum of parts is told from one of the whole', () => {
    const types = (more: object) => readAttributes({ ...head, ...more }).checksums.map((checksum) => checksum.type);

    expect(types({ ChecksumCRC64NVME: 'x', ChecksumType: 'FULL_OBJECT' })).toEqual(['FULL_OBJECT']);
    expect(types({ ChecksumCRC32: 'x-3' })).toEqual(['COMPOSITE']);
    expect(types({ ChecksumSHA256: 'x', ChecksumType: 'COMPOSITE' })).toEqual(['COMPOSITE']);
  });

  test('a date that no parser knows stays as it was written', () => {
    expect(readAttributes({ ...head, ExpiresString: 'never' }).systemHeaders).toEqual({ expires: 'never' });
  });

  test('an answer without a length is an error, not an object of no bytes', () => {
    expect(() => readAttributes({ ETag: '"e"', LastModified: new Date(0) })).toThrow('length');
  });
});

describe('names and policies', () => {
  test('a session is named by its role in policies', () => {
    expect(roleOfSession('arn:aws:sts::111111111111:assumed-role/reader/mig-x')).toBe(
      'arn:aws:iam::111111111111:role/reader',
    );
    expect(roleOfSession('arn:aws:iam::111111111111:user/anna')).toBe('arn:aws:iam::111111111111:user/anna');
  });

  test('policies that mean the same are the same, however S3 writes them', () => {
    const mine = { Version: 'v', Statement: [{ Sid: 'A', Action: ['s3:Get', 's3:Put'], Resource: ['r'] }] };
    const theirs = { Statement: { Resource: 'r', Action: ['s3:Put', 's3:Get'], Sid: 'A' }, Version: 'v' };

    expect(canonical(mine)).toBe(canonical(theirs));
    expect(canonical(mine)).not.toBe(canonical({ ...theirs, Statement: { ...theirs.Statement, Resource: 'q' } }));
    expect(canonical(undefined)).not.toBe(canonical({}));
  });
});
