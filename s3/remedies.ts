import type { AnswerKind, RequestSubject, ServerAnswer } from './answer.ts';

/** The permission that an operation needs (S3 user guide, "Required permissions for Amazon S3 API operations"). */
const ACTION_OF_OPERATION: Readonly<Record<string, string>> = {
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  AssumeRole: 'sts:AssumeRole',
  CompleteMultipartUpload: 's3:PutObject',
  CopyObject: 's3:PutObject, and s3:GetObject and s3:GetObjectTagging at the source',
  CreateBucket: 's3:CreateBucket',
  CreateMultipartUpload: 's3:PutObject and s3:PutObjectTagging',
  DeleteBucket: 's3:DeleteBucket',
  DeleteBucketPolicy: 's3:DeleteBucketPolicy',
  DeleteObject: 's3:DeleteObject, s3:DeleteObjectVersion and s3:GetObject',
  DeleteObjects: 's3:DeleteObject, s3:DeleteObjectVersion and s3:GetObject',
  GetBucketEncryption: 's3:GetEncryptionConfiguration',
  GetBucketOwnershipControls: 's3:GetBucketOwnershipControls',
  GetBucketPolicy: 's3:GetBucketPolicy',
  GetBucketVersioning: 's3:GetBucketVersioning',
  GetObject: 's3:GetObject',
  GetObjectTagging: 's3:GetObjectTagging',
  HeadBucket: 's3:ListBucket',
  HeadObject: 's3:GetObject',
  ListBuckets: 's3:ListAllMyBuckets',
  ListMultipartUploads: 's3:ListBucketMultipartUploads',
  ListObjectVersions: 's3:ListBucketVersions',
  ListObjectsV2: 's3:ListBucket',
  ListParts: 's3:ListMultipartUploadParts',
  PutBucketPolicy: 's3:PutBucketPolicy',
  PutBucketTagging: 's3:PutBucketTagging',
  PutBucketVersioning: 's3:PutBucketVersioning',
  PutPublicAccessBlock: 's3:PutBucketPublicAccessBlock',
  UploadPartCopy: 's3:PutObject, and s3:GetObject at the source',
};

/** One sentence that says what the reader can do. */
export function remedyFor(kind: AnswerKind, request: RequestSubject, answer: ServerAnswer): string {
  const who = request.role === undefined ? `the keys of connection ${request.connection}` : request.role;
  switch (kind) {
    case 'throttled':
      return 'Nothing to do: S3 asked for fewer requests and the copy goes on more slowly.';
    case 'unavailable':
      return unavailableRemedy(request, answer);
    case 'expired':
      return expiredRemedy(request, answer);
    case 'denied':
      return deniedRemedy(request, answer, who);
    case 'credentials':
      return `Check the access key, the secret key or the profile of connection ${request.connection}.`;
    case 'bucket-missing':
      return 'Check the name of the bucket, and that the connection is that of its account.';
    case 'bucket-taken':
      return 'Choose another name, or the connection of the account that owns the bucket.';
    case 'bucket-busy':
      return 'Wait: S3 is still releasing the name or working on the bucket.';
    case 'wrong-region':
      return answer.region === undefined
        ? 'Give the Region that the bucket is in.'
        : `Give the Region ${answer.region}, where the bucket is.`;
    case 'object-missing':
      return 'Nothing to do if the object was deleted at the source on purpose.';
    case 'changed':
      return 'Look which of the two objects is wanted; nothing was overwritten.';
    case 'archived':
      return 'Restore the object, then retry the job.';
    case 'needs-customer-key':
      return 'Copy this object with the key that it was encrypted with: only its owner holds that key.';
    case 'unsupported':
      return `The storage of connection ${request.connection} has no ${request.operation}; ask its provider.`;
    case 'refused':
      return `Read what S3 said about ${request.operation} and correct it; the same request will be refused again.`;
  }
}

function unavailableRemedy(request: RequestSubject, answer: ServerAnswer): string {
  if (answer.status !== undefined) return 'Nothing to do: the request is repeated, then the job can be retried.';
  return `Check that this machine reaches the endpoint of connection ${request.connection}.`;
}

function expiredRemedy(request: RequestSubject, answer: ServerAnswer): string {
  if (answer.code === 'RequestTimeTooSkewed')
    return "Set this machine's clock: it differs from the storage's by minutes.";
  return `Renew the credentials of connection ${request.connection} (log in again, or give new keys).`;
}

function deniedRemedy(request: RequestSubject, answer: ServerAnswer, who: string): string {
  if (request.operation === 'AssumeRole') {
    return `Let the trust policy of ${request.role ?? 'the role'} allow sts:AssumeRole to the principal of connection ${request.connection} with its external id, and let that principal's own policy allow it too.`;
  }
  if (/kms/i.test(answer.code) || /kms:/i.test(answer.message)) {
    return `Allow ${who} kms:Decrypt on the source's key and kms:GenerateDataKey on the destination's key.`;
  }
  const action = ACTION_OF_OPERATION[request.operation] ?? `s3:${request.operation}`;
  const place = request.bucket === undefined ? '' : ` on ${request.bucket}`;
  // Ceph RGW answers a wrong key like a missing permission.
  const orKeys = request.role === undefined ? ', and check the keys: some servers refuse wrong ones the same way' : '';
  return `Allow ${who} ${action}${place}${orKeys}.`;
}
