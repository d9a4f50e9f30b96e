import { isoTime, type EpochMs } from './time.ts';

/** A bucket policy as S3 keeps it. Statements that are not ours are carried through untouched. */
export type PolicyStatement = Readonly<Record<string, unknown> & { Sid?: string; Effect: 'Allow' | 'Deny' }>;
export type BucketPolicy = Readonly<{ Version?: string; Id?: string; Statement: readonly PolicyStatement[] }>;

/** S3 refuses a larger bucket policy (S3 user guide, "Bucket policies"). */
export const BUCKET_POLICY_BYTES_MAX = 20 * 1024;
export const POLICY_VERSION = '2012-10-17';

/** Adding then removing the same Sids gives the first policy back, for every policy that holds none of them. */
export function addStatements(policy: BucketPolicy | undefined, statements: readonly PolicyStatement[]): BucketPolicy {
  const ours = new Set(statements.map((statement) => statement.Sid));
  const others = (policy?.Statement ?? []).filter((statement) => !ours.has(statement.Sid));
  return { ...(policy ?? { Version: POLICY_VERSION }), Statement: [...others, ...statements] };
}

/** Without the statements of these Sids; undefined when none is left, because S3 keeps no empty policy. */
export function removeStatements(policy: BucketPolicy | undefined, sids: readonly string[]): BucketPolicy | undefined {
  if (!policy) return undefined;
  const left = policy.Statement.filter((statement) => !sids.includes(statement.Sid ?? ''));
  return left.length === 0 ? undefined : { ...policy, Statement: left };
}

/** S3 lets `Statement` be one object; everything here works on the list. Throws a SyntaxError on anything else. */
export function parseBucketPolicy(text: string): BucketPolicy {
  const document = JSON.parse(text) as { Statement?: unknown };
  const list: unknown[] = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  if (list.some((statement) => typeof statement !== 'object' || statement === null)) {
    throw new SyntaxError('a bucket policy without statements');
  }
  return { ...document, Statement: list as PolicyStatement[] };
}

export const policyBytes = (policy: BucketPolicy): number => new TextEncoder().encode(JSON.stringify(policy)).length;

/** `Sid`s hold letters and digits only; the job's id in it tells whose statement it is. */
export const grantSids = (jobId: string): readonly [string, string] => {
  const id = jobId.replace(/[^A-Za-z0-9]/g, '');
  return [`Migrator${id}Copy`, `Migrator${id}Parts`];
};
export const isOurSid = (sid: string | undefined): boolean =>
  /^Migrator[A-Za-z0-9]+(Copy|Parts|Freeze|Protect|Seal)$/.test(sid ?? '');

const sidOf = (jobId: string, what: 'Freeze' | 'Protect' | 'Seal'): string =>
  `Migrator${jobId.replace(/[^A-Za-z0-9]/g, '')}${what}`;
export const freezeSid = (jobId: string): string => sidOf(jobId, 'Freeze');
export const protectSid = (jobId: string): string => sidOf(jobId, 'Protect');
export const sealSid = (jobId: string): string => sidOf(jobId, 'Seal');

export type Grant = Readonly<{
  jobId: string;
  /** The principal that copies: the source role's ARN. */
  principalArn: string;
  sourceBucket: string;
  destinationBucket: string;
  destinationPrefix: string;
  partition: string;
  expiresAtMs: EpochMs;
  /** Objects that must be copied in parts are in the plan. */
  allowsParts: boolean;
  /** Providers without the condition key for copy sources get the grant without that condition. */
  conditions: 'aws' | 'basic';
  /** Providers where the writer owns the object need the ACL that gives it to the bucket's owner. */
  givesOwnerControl: boolean;
}>;

/**
 * What lets the source's principal write the copies, and nothing else. CopyObject is bound to this source by its
 * copy-source header. Multipart requests are the same action, PutObject, and CompleteMultipartUpload carries no such
 * header (S3 user guide, "Multipart upload API and permissions"), so that wider statement is given only when the plan
 * holds an object that needs it.
 */
export function grantStatements(grant: Grant): readonly PolicyStatement[] {
  const [copySid, partsSid] = grantSids(grant.jobId);
  const resource = `arn:${grant.partition}:s3:::${grant.destinationBucket}/${escapeWildcards(grant.destinationPrefix)}*`;
  const base = { Effect: 'Allow' as const, Principal: { AWS: grant.principalArn }, Resource: resource };
  const lapses = { DateLessThan: { 'aws:CurrentTime': isoTime(grant.expiresAtMs) } };
  const puts = ['s3:PutObject', 's3:PutObjectTagging', ...(grant.givesOwnerControl ? ['s3:PutObjectAcl'] : [])];
  const parts = ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];
  const fromSource =
    grant.conditions === 'aws'
      ? { StringLike: { 's3:x-amz-copy-source': [`${grant.sourceBucket}/*`, `/${grant.sourceBucket}/*`] } }
      : {};
  const copy: PolicyStatement = { Sid: copySid, ...base, Action: puts, Condition: { ...lapses, ...fromSource } };
  if (!grant.allowsParts) return [copy];
  return [copy, { Sid: partsSid, ...base, Action: [...puts, ...parts], Condition: lapses }];
}

/** `*`, `?` and `${` in a prefix are data, not patterns (IAM user guide, policy variables: `${*}`). */
const escapeWildcards = (text: string): string => text.replace(/[*?$]/g, (character) => `\${${character}}`);

/** Who may still write while the source is frozen. */
export type FreezeExemption =
  /** Only our sessions that empty and configure, by their names: everybody else with the same role is frozen too. */
  | Readonly<{ kind: 'sessions' }>
  /** A connection with plain keys has no session names, so its principal is exempt, and whoever else uses those keys. */
  | Readonly<{ kind: 'principal'; principalArns: readonly string[]; conditions: 'aws' | 'basic' }>;

const DENIED_WHILE_FROZEN = [
  's3:PutObject',
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:PutObjectTagging',
  's3:DeleteObjectTagging',
  's3:PutObjectVersionTagging',
  's3:DeleteObjectVersionTagging',
  's3:PutObjectAcl',
  's3:PutObjectVersionAcl',
  's3:PutBucketVersioning',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
];
/** Unknown to other providers, which refuse a policy with actions they do not know. */
const DENIED_ON_AWS = ['s3:PutObjectAnnotation', 's3:DeleteObjectAnnotation'];

/**
 * Nobody writes to the source but the sessions that empty it, or, while an undo brings objects back, those that copy
 * into it. Bucket policies stay editable: nobody is locked out.
 */
export function freezeStatement(
  jobId: string,
  bucket: string,
  partition: string,
  exemption: FreezeExemption,
  admits: 'emptying' | 'undo' = 'emptying',
): PolicyStatement {
  const isBasic = exemption.kind === 'principal' && exemption.conditions === 'basic';
  const arn = `arn:${partition}:s3:::${bucket}`;
  return {
    Sid: freezeSid(jobId),
    Effect: 'Deny',
    ...exempting(jobId, exemption, admits),
    Action: isBasic ? DENIED_WHILE_FROZEN : [...DENIED_WHILE_FROZEN, ...DENIED_ON_AWS],
    Resource: [arn, `${arn}/*`],
  };
}

function exempting(
  jobId: string,
  exemption: FreezeExemption,
  admits: 'emptying' | 'undo',
): Readonly<Record<string, unknown>> {
  if (exemption.kind === 'sessions') {
    const purposes = admits === 'undo' ? ['empty', 'configure', 'copy', 'mark'] : ['empty', 'configure'];
    // A negated condition also holds where the key is absent, so services of AWS are denied too.
    const ours = purposes.map((purpose) => `*:mig-${jobId}-${purpose}-*`);
    return { Principal: '*', Condition: { StringNotLike: { 'aws:userid': ours } } };
  }
  if (exemption.conditions === 'basic') return { NotPrincipal: { AWS: exemption.principalArns } };
  return { Principal: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': exemption.principalArns } } };
}

/** Nobody deletes anything in the temporary bucket, we included: the clean-up takes this statement out first. */
export function protectStatement(jobId: string, bucket: string, partition: string): PolicyStatement {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const Action = ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteBucket', 's3:PutLifecycleConfiguration'];
  return { Sid: protectSid(jobId), Effect: 'Deny', Principal: '*', Action, Resource: [arn, `${arn}/*`] };
}

/** From the proof on nobody writes into the temporary bucket either. */
export function sealStatement(jobId: string, bucket: string, partition: string): PolicyStatement {
  const arn = `arn:${partition}:s3:::${bucket}`;
  const Action = ['s3:PutObject', 's3:PutObjectTagging', 's3:PutObjectAcl', 's3:PutBucketVersioning'];
  return { Sid: sealSid(jobId), Effect: 'Deny', Principal: '*', Action, Resource: [arn, `${arn}/*`] };
}
