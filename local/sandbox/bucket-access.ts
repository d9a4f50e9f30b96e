import { acceptBucketPolicy, isPublicPolicy, policyTextOf } from './bucket-policy.ts';
import { answer, bucketOf, xmlAnswer, type Call } from './call.ts';
import { saveConfigurations } from './configuration.ts';
import type { SandboxAnswer } from './exchange.ts';
import { requestedAcl } from './object-attributes.ts';
import { aclDocument } from './object-settings.ts';
import { accessDenied, malformedXml, S3Problem } from './problem.ts';
import type { BucketFacts } from './storage.ts';
import { childText, parseXml, tag, xmlDocument } from './xml.ts';

/** A bucket's policy and ACL: who else may do what. */

export function getBucketPolicy(call: Call): SandboxAnswer {
  const { facts } = bucketOf(call);
  const newest = facts.policies.at(-1);
  if (!newest || newest.text === '') {
    throw new S3Problem('NoSuchBucketPolicy', 'The bucket policy does not exist', {
      fields: { BucketName: facts.name },
    });
  }
  return answer(200, { 'content-type': 'application/json' }, policyTextOf(newest, call.surroundings.accounts));
}

export function putBucketPolicy(call: Call, text: string): SandboxAnswer {
  const { facts } = bucketOf(call);
  const accepted = acceptBucketPolicy(text, facts.name, call.surroundings.accounts, call.nowMs);
  const block = facts.configurations['publicAccessBlock'];
  if (block !== undefined && childText(parseXml(block), 'BlockPublicPolicy') === 'true' && isPublicPolicy(text)) {
    throw accessDenied(
      'User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the BlockPublicPolicy block public access setting.',
    );
  }
  savePolicy(call, facts, accepted);
  return answer(204);
}

export function deleteBucketPolicy(call: Call): SandboxAnswer {
  const { facts } = bucketOf(call);
  savePolicy(call, facts, { text: '', principalIds: {}, putAtMs: call.nowMs });
  return answer(204);
}

/** Keeps the newest that is in force and everything after it: an older one still holds until the delay is over. */
function savePolicy(call: Call, facts: BucketFacts, policy: BucketFacts['policies'][number]): void {
  const inForceSinceMs = call.nowMs - call.surroundings.policyDelayMs;
  const firstNeeded = facts.policies.findLastIndex((old) => old.putAtMs <= inForceSinceMs);
  const kept = call.surroundings.policyDelayMs === 0 ? [] : facts.policies.slice(Math.max(0, firstNeeded));
  call.surroundings.storage.saveBucket({ ...facts, policies: [...kept, policy] });
}

/** Whether the policy in place lets strangers in. */
export function getBucketPolicyStatus(call: Call): SandboxAnswer {
  const newest = bucketOf(call).facts.policies.at(-1);
  if (!newest || newest.text === '') throw new S3Problem('NoSuchBucketPolicy', 'The bucket policy does not exist');
  return xmlAnswer(xmlDocument('PolicyStatus', tag('IsPublic', isPublicPolicy(newest.text))));
}

export function getBucketAcl(call: Call): SandboxAnswer {
  const { facts } = bucketOf(call);
  return xmlAnswer(aclDocument(facts.accountId, facts.configurations['acl']));
}

export function putBucketAcl(call: Call, text: string): SandboxAnswer {
  const { facts } = bucketOf(call);
  const acl = requestedAcl(call, facts);
  if (acl === undefined && text.trim() === '') throw malformedXml();
  saveConfigurations(call, facts, { ...facts.configurations, acl: acl ?? 'private' });
  return answer(200);
}
