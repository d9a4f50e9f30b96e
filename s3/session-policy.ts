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
 * What a session may do at most, whatever its role allows; JSON text. Throws a RangeError when the buckets do not fit.
 * The first five hold no deletion of objects, versions or buckets (parts of an unfinished upload are no object).
 *
 *   purpose        buckets named           may
 *   look           these, or every one     list buckets, read facts, list and read objects and their versions
 *   verify         these                   the same without the list of buckets
 *   copy           source, destination     read both, write and abort uploads at the destination
 *   keep-buckets   these                   read facts, create, tag and protect buckets, versioning, bucket policies
 *   configure      these                   read and write bucket settings
 *   probe          these                   list and read, DeleteObject on condition of an ETag
 *   mark           these                   the same, which lays delete markers in versioned buckets
 *   empty          these                   the same, DeleteObjectVersion, abort uploads
 *   delete-bucket  these                   DeleteBucket, read facts
 *
 * A deletion on condition reads the object too (S3 user guide, "How to perform conditional deletes"), and without
 * ListBucket a key that is absent would be answered like a refusal.
 */
export function sessionPolicy(request: SessionPolicyRequest): string {
  if (request.buckets.length === 0 && request.purpose !== 'look') {
    throw new RangeError(`a session to ${request.purpose} names its buckets`);
  }
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statementsFor(request) });
  if (text.length <= SESSION_POLICY_CHARACTERS_MAX) return text;
  throw new RangeError(`a session policy of ${text.length} characters: ${request.buckets.length} buckets are too many`);
}

const LIST = ['s3:ListBucket', 's3:ListBucketVersions', 's3:ListBucketMultipartUploads'];
/** Settings are read as `GetBucket…` or `Get…Configuration` (Service authorization reference, "Actions for Amazon S3"). */
const READ_FACTS = [...LIST, 's3:GetBucket*', 's3:Get*Configuration'];
/** Bytes, tags, annotations, attributes, retention; of versions too: every action of that name reads. */
const READ_OBJECTS = ['s3:GetObject*'];
const WRITE_OBJECTS = ['s3:PutObject', 's3:PutObjectTagging', 's3:PutObjectAnnotation', 's3:PutObjectAcl'];
const KEEP_UPLOADS = ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts', 's3:ListBucketMultipartUploads'];
const KEEP_BUCKETS = [
  's3:CreateBucket',
  's3:PutBucketTagging',
  's3:TagResource',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketOwnershipControls',
  's3:PutBucketVersioning',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
];
/** Taking most settings away is the same permission as putting them; these have one of their own. */
const CONFIGURE = [
  's3:PutBucket*',
  's3:Put*Configuration',
  's3:DeleteBucketPolicy',
  's3:DeleteBucketWebsite',
  's3:*BucketMetadataTableConfiguration',
  's3:*TagResource',
  's3:ListTagsForResource',
];

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
      return [listNames, facts, allow(KEEP_BUCKETS, arns(named, ''))];
    case 'configure':
      return [facts, allow(CONFIGURE, arns(named, '')), ...passRole(hasKms)];
    case 'probe':
    case 'mark':
      return [facts, read, deleteNamed(hasKms, arns(named, '/*'))];
    case 'empty': {
      const remove = allow(['s3:DeleteObjectVersion', ...KEEP_UPLOADS], [...arns(named, ''), ...arns(named, '/*')]);
      return [facts, read, deleteNamed(hasKms, arns(named, '/*')), remove, ...kms(hasKms, 'Decrypt')];
    }
    case 'delete-bucket':
      return [listNames, facts, allow(['s3:DeleteBucket'], arns(named, ''))];
  }
}

/** Only with If-Match, or an ETag in DeleteObjects; other providers do not know the condition key. */
function deleteNamed(knowsCondition: boolean, resources: readonly string[]): Statement {
  const statement = allow(['s3:DeleteObject'], resources);
  return knowsCondition ? { ...statement, Condition: { Null: { 's3:if-match': 'false' } } } : statement;
}

/** Replication names the role that S3 takes on, and naming it needs this. */
function passRole(hasIam: boolean): Statement[] {
  if (!hasIam) return [];
  const Condition = { StringEquals: { 'iam:PassedToService': 's3.amazonaws.com' } };
  return [{ ...allow(['iam:PassRole'], ['*']), Condition }];
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
