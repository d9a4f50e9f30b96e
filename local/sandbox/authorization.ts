import { policyDocumentOf, policyInForce } from './bucket-policy.ts';
import { bucketArn, type Call } from './call.ts';
import { isoTime, type EpochMs } from '../../domain/time.ts';
import { accessDenied } from './problem.ts';
import { keyTextOf, type KeyBytes } from './key-order.ts';
import type { ConditionContext } from './policy-conditions.ts';
import { hasEnforcedOwner } from './object-attributes.ts';
import { decideAccess } from './policy-evaluation.ts';
import type { Bucket, ObjectVersion } from './storage.ts';

/** One permission on one resource. A bucket's own account and policy decide with the caller's policies. */
export type Requirement = Readonly<{
  action: string;
  /** Empty for what is about no bucket, such as listing buckets. */
  bucket: string;
  key?: KeyBytes | undefined;
  /** The bucket is about to be made: whoever has the name now has no say. */
  isNewBucket?: boolean;
  context?: ConditionContext;
  /** Object tags that policies may look at (`s3:ExistingObjectTag/...`). */
  tags?: readonly Readonly<{ key: string; value: string }>[] | undefined;
}>;

/** The one place where access is decided. Throws AccessDenied for the first permission that is missing. */
export function authorize(call: Call, requirements: readonly Requirement[]): void {
  for (const requirement of requirements) {
    const verdict = decide(call, requirement);
    if (verdict.isAllowed) continue;
    const resource = resourceOf(requirement);
    throw accessDenied(
      call.caller.kind === 'anonymous'
        ? 'Access Denied'
        : `User: ${call.caller.displayArn} is not authorized to perform: ${requirement.action} on resource: "${resource}" because ${verdict.because}`,
    );
  }
}

export function decide(call: Call, requirement: Requirement): { isAllowed: boolean; because: string } {
  const { storage, policyDelayMs } = call.surroundings;
  const bucket = requirement.isNewBucket ? undefined : storage.buckets.get(requirement.bucket);
  const stored = bucket && policyInForce(bucket.facts, call.nowMs, policyDelayMs);
  const object = requirement.key === undefined ? undefined : bucket?.current(requirement.key);
  const isForeign = bucket !== undefined && belongsToAnother(bucket, object, requirement.action);
  return decideAccess({
    question: {
      action: requirement.action,
      resource: resourceOf(requirement),
      // Most policies ask no conditions.
      get context() {
        return { ...contextOf(call), ...tagContext(requirement.tags ?? object?.tags), ...requirement.context };
      },
    },
    principal: call.caller,
    identityPolicies: call.caller.identityPolicies,
    sessionPolicy: call.caller.sessionPolicy,
    resourcePolicy: isForeign ? undefined : policyDocumentOf(stored),
    resourcePolicyIds: stored?.principalIds,
    resourceAccountId: isForeign ? (object?.ownerAccountId ?? '') : (bucket?.facts.accountId ?? call.caller.accountId),
  });
}

/**
 * Objects that another account wrote and still owns are not the bucket owner's to read, nor its policy's to open,
 * unless their ACL says so (S3 user guide, "Controlling ownership of objects"). Deleting them is.
 */
function belongsToAnother(bucket: Bucket, object: ObjectVersion | undefined, action: string): boolean {
  if (!object || object.ownerAccountId === bucket.facts.accountId || hasEnforcedOwner(bucket.facts)) return false;
  if (!/^s3:(Get|Restore)Object/.test(action)) return false;
  return object.acl !== 'bucket-owner-full-control' && object.acl !== 'bucket-owner-read';
}

function resourceOf(requirement: Requirement): string {
  if (requirement.bucket === '') return '*';
  const arn = bucketArn(requirement.bucket);
  return requirement.key === undefined ? arn : `${arn}/${keyTextOf(requirement.key)}`;
}

const contexts = new WeakMap<Call, ConditionContext>();

/** Of a request that needs several permissions they are the same for each. */
function contextOf(call: Call): ConditionContext {
  const known = contexts.get(call) ?? requestContext(call);
  contexts.set(call, known);
  return known;
}

/** Condition keys that every request has, and those that follow from headers (service authorization reference, S3). */
function requestContext(call: Call): ConditionContext {
  const { caller, headers, query } = call;
  const isSigned = caller.kind !== 'anonymous';
  return {
    'aws:currenttime': isoTime(call.nowMs as EpochMs),
    'aws:epochtime': String(Math.floor(call.nowMs / 1000)),
    'aws:securetransport': String(call.request.isSecure ?? false),
    'aws:sourceip': call.request.sourceIp,
    'aws:useragent': headers['user-agent'],
    'aws:requestedregion': call.region,
    'aws:principalarn': isSigned ? caller.arn : undefined,
    'aws:principalaccount': isSigned ? caller.accountId : undefined,
    'aws:principaltype': isSigned ? (caller.kind === 'user' ? 'User' : 'AssumedRole') : 'Anonymous',
    'aws:userid': isSigned ? caller.userId : undefined,
    's3:authtype': query.has('X-Amz-Signature') ? 'REST-QUERY-STRING' : isSigned ? 'REST-HEADER' : undefined,
    's3:signatureversion': isSigned ? 'AWS4-HMAC-SHA256' : undefined,
    's3:x-amz-content-sha256': headers['x-amz-content-sha256'],
    's3:x-amz-acl': headers['x-amz-acl'],
    's3:x-amz-storage-class': headers['x-amz-storage-class'],
    's3:x-amz-server-side-encryption': headers['x-amz-server-side-encryption'],
    's3:x-amz-server-side-encryption-aws-kms-key-id': headers['x-amz-server-side-encryption-aws-kms-key-id'],
    's3:x-amz-metadata-directive': headers['x-amz-metadata-directive'],
    's3:x-amz-copy-source': copySourceForPolicy(headers['x-amz-copy-source']),
    's3:if-match': headers['if-match'],
    's3:if-none-match': headers['if-none-match'],
    's3:x-amz-website-redirect-location': headers['x-amz-website-redirect-location'],
    's3:prefix': query.get('prefix'),
    's3:delimiter': query.get('delimiter'),
    's3:max-keys': query.get('max-keys'),
    's3:versionid': query.get('versionId'),
  };
}

/** Policies compare `bucket/key` without a leading slash, decoded (S3 user guide, bucket policy examples). */
function copySourceForPolicy(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const path = header.replace(/^\//, '').replace(/\?versionId=[^?]*$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function tagContext(tags: Requirement['tags']): ConditionContext {
  if (!tags || tags.length === 0) return {};
  return Object.fromEntries(tags.map((tag) => [`s3:existingobjecttag/${tag.key.toLowerCase()}`, tag.value]));
}
