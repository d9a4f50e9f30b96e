import type { StoragePurpose } from '../domain/ports.ts';

/** AssumeRole takes no longer one in plain text (STS API reference, AssumeRole, Policy). */
export const SESSION_POLICY_CHARACTERS_MAX = 2048;

export type SessionPolicyRequest = Readonly<{
  purpose: StoragePurpose;
  /** For `copy`: the source first, then where copies are written; a single one is both. */
  buckets: readonly string[];
  partition: string;
  /** Providers other than AWS refuse a policy with actions they do not know. */
  hasKms: boolean;
}>;

type Statement = Readonly<{
  Effect: 'Allow';
  Action: readonly string[];
  Resource: readonly string[];
  Condition?: unknown;
}>;

/**
 * What a session may do at most, whatever its role allows; JSON text. No purpose holds a deletion of objects or
 * buckets (parts of an unfinished upload are no object). Throws a RangeError when the buckets do not fit.
 *
 *   purpose        buckets named           may
 *   look           these, or every one     list buckets, read facts, list and read objects
 *   verify         these                   the same without the list of buckets
 *   copy           source, destination     read both, write and abort uploads at the destination
 *   keep-buckets   these                   read facts, create, tag and protect buckets, edit bucket policies
 */
export function sessionPolicy(request: SessionPolicyRequest): string {
  if (request.buckets.length === 0 && request.purpose !== 'look') {
    throw new RangeError(`a session to ${request.purpose} names its buckets`);
  }
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statementsFor(request) });
  if (text.length <= SESSION_POLICY_CHARACTERS_MAX) return text;
  throw new RangeError(`a session policy of ${text.length} characters: ${request.buckets.length} buckets are too many`);
}

const READ_FACTS = ['s3:ListBucket', 's3:GetBucket*', 's3:GetEncryptionConfiguration'];
const READ_OBJECTS = ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectAnnotation', 's3:GetObjectAttributes'];
const WRITE_OBJECTS = ['s3:PutObject', 's3:PutObjectTagging', 's3:PutObjectAnnotation', 's3:PutObjectAcl'];
const KEEP_UPLOADS = ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:ListBucketMultipartUploads'];
const KEEP_BUCKETS = ['s3:CreateBucket', 's3:PutBucketTagging', 's3:TagResource', 's3:PutBucketPublicAccessBlock'];
const KEEP_POLICIES = ['s3:PutBucketOwnershipControls', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'];

function statementsFor({ purpose, buckets, partition, hasKms }: SessionPolicyRequest): Statement[] {
  const named = buckets.length === 0 ? ['*'] : buckets;
  const arns = (names: readonly string[], end: string) => names.map((name) => `arn:${partition}:s3:::${name}${end}`);
  const facts = allow(READ_FACTS, arns(named, ''));
  const listNames = allow(['s3:ListAllMyBuckets'], ['*']);
  const read = allow(READ_OBJECTS, arns(named, '/*'));
  switch (purpose) {
    case 'look':
      return [listNames, facts, read, ...kms(hasKms, 'Decrypt')];
    case 'verify':
      return [facts, read, ...kms(hasKms, 'Decrypt')];
    case 'copy': {
      const written = arns(buckets.length === 1 ? buckets : buckets.slice(1), '');
      const write = allow([...WRITE_OBJECTS, ...KEEP_UPLOADS], [...written, ...written.map((arn) => `${arn}/*`)]);
      return [facts, read, write, ...kms(hasKms, 'Decrypt', 'GenerateDataKey')];
    }
    case 'keep-buckets':
      return [listNames, facts, allow([...KEEP_BUCKETS, ...KEEP_POLICIES], arns(named, ''))];
  }
}

const allow = (Action: readonly string[], Resource: readonly string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

/** Keys are used only by S3 on our behalf, never by us. */
function kms(hasKms: boolean, ...actions: string[]): Statement[] {
  if (!hasKms) return [];
  const viaS3 = { StringLike: { 'kms:ViaService': 's3.*.amazonaws.com*' } };
  return [
    {
      ...allow(
        actions.map((action) => `kms:${action}`),
        ['*'],
      ),
      Condition: viaS3,
    },
  ];
}
