import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { PolicyDocument, PolicyStatement } from '../../local/sandbox/policy-document.ts';
import type { Account } from '../support/s3-account.ts';

export type Statement = PolicyStatement;

/** Whom a statement is about. */
export type Principal = Readonly<{ principalArn: string }>;

export type Policy = PolicyDocument;

export const policyOf = (...statements: Statement[]): Policy => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** Who may take on a role; with an external id only those who know it. */
export const trustPolicy = (principalArn: string, externalId?: string): Policy =>
  policyOf({
    Effect: 'Allow',
    Principal: { AWS: [principalArn] },
    Action: ['sts:AssumeRole'],
    ...(externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
  });

export const readOnlyPolicy: Policy = policyOf({
  Effect: 'Allow',
  Action: ['s3:GetObject', 's3:ListBucket', 's3:ListAllMyBuckets', 's3:GetObjectTagging'],
  Resource: ['arn:aws:s3:::*'],
});

export const copierPolicy: Policy = policyOf({
  Effect: 'Allow',
  Action: ['s3:Get*', 's3:List*', 's3:PutObject*', 's3:AbortMultipartUpload'],
  Resource: ['arn:aws:s3:::*'],
});

export const allow = (to: Principal, actions: string | readonly string[], ...resources: string[]): Statement =>
  statement('Allow', to, actions, resources);

export const deny = (to: Principal, actions: string | readonly string[], ...resources: string[]): Statement =>
  statement('Deny', to, actions, resources);

function statement(
  effect: 'Allow' | 'Deny',
  who: Principal,
  actions: string | readonly string[],
  resources: readonly string[],
): Statement {
  return {
    Effect: effect,
    Principal: { AWS: [who.principalArn] },
    Action: actions,
    Resource: resources.map((resource) => `arn:aws:s3:::${resource}`),
  };
}

export async function setPolicy(owner: Account, bucket: string, ...statements: Statement[]): Promise<void> {
  const policy = JSON.stringify(policyOf(...statements));
  await owner.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
}
