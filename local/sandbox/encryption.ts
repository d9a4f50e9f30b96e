import { S3Problem } from './problem.ts';

/** How an object is encrypted at rest. The sandbox encrypts nothing; it keeps the facts and what follows from them. */
export type Encryption =
  | Readonly<{ kind: 'AES256' }>
  | Readonly<{ kind: 'aws:kms' | 'aws:kms:dsse'; keyId: string; hasBucketKey: boolean }>
  | Readonly<{ kind: 'customer-key'; keyMd5: string }>;

export const SSE_S3: Encryption = { kind: 'AES256' };

/** ETags are MD5 values only for plain and SSE-S3 objects (S3 API reference, Object). */
export const hasMd5Etag = (encryption: Encryption): boolean => encryption.kind === 'AES256';

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  switch (encryption.kind) {
    case 'AES256':
      return { 'x-amz-server-side-encryption': 'AES256' };
    case 'customer-key':
      return {
        'x-amz-server-side-encryption-customer-algorithm': 'AES256',
        'x-amz-server-side-encryption-customer-key-md5': encryption.keyMd5,
      };
    default:
      return {
        'x-amz-server-side-encryption': encryption.kind,
        'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId,
        ...(encryption.hasBucketKey && { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' }),
      };
  }
}

type Headers = Readonly<Record<string, string | undefined>>;

/** The encryption that a write asks for, or the bucket's default. */
export function requestedEncryption(headers: Headers, bucketDefault: Encryption, awsManagedKeyId: string): Encryption {
  const keyMd5 = headers['x-amz-server-side-encryption-customer-key-md5'];
  if (keyMd5) return { kind: 'customer-key', keyMd5 };
  const kind = headers['x-amz-server-side-encryption'];
  if (kind === undefined) return bucketDefault;
  if (kind === 'AES256') return SSE_S3;
  if (kind !== 'aws:kms' && kind !== 'aws:kms:dsse') {
    throw new S3Problem('InvalidEncryptionAlgorithmError', 'The encryption request that you specified is not valid.');
  }
  return {
    kind,
    keyId: headers['x-amz-server-side-encryption-aws-kms-key-id'] ?? awsManagedKeyId,
    hasBucketKey: headers['x-amz-server-side-encryption-bucket-key-enabled'] === 'true',
  };
}

/** SSE-C objects are read with the key they were written with, all others without one. */
export function requireCustomerKey(encryption: Encryption, keyMd5: string | undefined): void {
  if (encryption.kind !== 'customer-key') {
    if (keyMd5 === undefined) return;
    throw new S3Problem('InvalidRequest', 'The encryption parameters are not applicable to this object.');
  }
  if (keyMd5 === undefined) {
    throw new S3Problem(
      'InvalidRequest',
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    );
  }
  if (keyMd5 !== encryption.keyMd5) throw new S3Problem('AccessDenied', 'Access Denied');
}
