import { describe, expect, test } from 'vitest';
import { conditionsHold, type ConditionContext } from '../../local/sandbox/policy-conditions.ts';
import type { ConditionBlock, PolicyDocument, PolicyStatement } from '../../local/sandbox/policy-document.ts';
import { decideAccess, type PrincipalFacts } from '../../local/sandbox/policy-evaluation.ts';

const OWNER = '111111111111';
const STRANGER = '222222222222';

const user = (accountId: string): PrincipalFacts => ({
  kind: 'user',
  accountId,
  arn: `arn:aws:iam::${accountId}:user/ann`,
  uniqueId: `AIDA${accountId}`,
});
const session = (accountId: string): PrincipalFacts => ({
  kind: 'role-session',
  accountId,
  arn: `arn:aws:iam::${accountId}:role/job`,
  uniqueId: `AROA${accountId}`,
  sessionArn: `arn:aws:sts::${accountId}:assumed-role/job/one`,
});

const policy = (...statements: Partial<PolicyStatement>[]): PolicyDocument => ({
  Statement: statements.map((statement) => ({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...statement })),
});

const GET = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context: {} };

type Case = {
  title: string;
  principal: PrincipalFacts;
  identity?: PolicyDocument;
  sessionPolicy?: PolicyDocument;
  bucket?: PolicyDocument;
  ids?: Record<string, string>;
  isAllowed: boolean;
};

const everyone = { Principal: '*' } as const;
const named = (name: string) => ({ Principal: { AWS: name } });

const CASES: Case[] = [
  { title: 'nothing allows', principal: user(OWNER), isAllowed: false },
  { title: 'own account, identity policy', principal: user(OWNER), identity: policy({}), isAllowed: true },
  {
    title: 'own account, bucket policy names the user',
    principal: user(OWNER),
    bucket: policy(named(user(OWNER).arn)),
    isAllowed: true,
  },
  {
    title: 'own account, bucket policy names anyone',
    principal: user(OWNER),
    bucket: policy(everyone),
    isAllowed: true,
  },
  {
    title: 'own account, bucket policy names only the account',
    principal: user(OWNER),
    bucket: policy(named(OWNER)),
    isAllowed: false,
  },
  { title: 'other account, identity policy only', principal: user(STRANGER), identity: policy({}), isAllowed: false },
  {
    title: 'other account, bucket policy only',
    principal: user(STRANGER),
    bucket: policy(named(user(STRANGER).arn)),
    isAllowed: false,
  },
  {
    title: 'other account, both',
    principal: user(STRANGER),
    identity: policy({}),
    bucket: policy(named(user(STRANGER).arn)),
    isAllowed: true,
  },
  {
    title: 'other account, both, named by account root',
    principal: user(STRANGER),
    identity: policy({}),
    bucket: policy(named(`arn:aws:iam::${STRANGER}:root`)),
    isAllowed: true,
  },
  {
    title: 'other account, another user is named',
    principal: user(STRANGER),
    identity: policy({}),
    bucket: policy(named(`arn:aws:iam::${STRANGER}:user/bea`)),
    isAllowed: false,
  },
  {
    title: 'the bucket denies what the identity allows',
    principal: user(OWNER),
    identity: policy({}),
    bucket: policy({ ...everyone, Effect: 'Deny' }),
    isAllowed: false,
  },
  {
    title: 'the identity denies what the bucket allows',
    principal: user(OWNER),
    identity: policy({ Effect: 'Deny' }),
    bucket: policy(everyone),
    isAllowed: false,
  },
  {
    title: 'a session within its session policy',
    principal: session(OWNER),
    identity: policy({}),
    sessionPolicy: policy({ Resource: 'arn:aws:s3:::b/*' }),
    isAllowed: true,
  },
  {
    title: 'a session beyond its session policy',
    principal: session(OWNER),
    identity: policy({}),
    sessionPolicy: policy({ Resource: 'arn:aws:s3:::other/*' }),
    isAllowed: false,
  },
  {
    title: 'the session policy limits what the bucket gives the role',
    principal: session(OWNER),
    sessionPolicy: policy({ Resource: 'arn:aws:s3:::other/*' }),
    bucket: policy(named(session(OWNER).arn)),
    isAllowed: false,
  },
  {
    title: 'the session policy does not limit what the bucket gives the session',
    principal: session(OWNER),
    sessionPolicy: policy({ Resource: 'arn:aws:s3:::other/*' }),
    bucket: policy(named(session(OWNER).sessionArn ?? '')),
    isAllowed: true,
  },
  {
    title: 'a role of that name that was made anew',
    principal: session(STRANGER),
    identity: policy({}),
    bucket: policy(named(session(STRANGER).arn)),
    ids: { [session(STRANGER).arn]: 'AROAOLD' },
    isAllowed: false,
  },
  {
    title: 'a deny for all but this principal',
    principal: user(OWNER),
    identity: policy({}),
    bucket: policy({ Effect: 'Deny', NotPrincipal: { AWS: user(OWNER).arn } }),
    isAllowed: true,
  },
  {
    title: 'a deny for all but another principal',
    principal: user(OWNER),
    identity: policy({}),
    bucket: policy({ Effect: 'Deny', NotPrincipal: { AWS: 'arn:aws:iam::333333333333:user/x' } }),
    isAllowed: false,
  },
  {
    title: 'NotAction leaves the action out',
    principal: user(OWNER),
    identity: { Statement: { Effect: 'Allow', NotAction: 's3:Get*', Resource: '*' } },
    isAllowed: false,
  },
  {
    title: 'NotResource leaves the key out',
    principal: user(OWNER),
    identity: { Statement: { Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::b/*' } },
    isAllowed: false,
  },
  {
    title: 'actions are compared without case, with wildcards',
    principal: user(OWNER),
    identity: policy({ Action: 'S3:get?bject' }),
    isAllowed: true,
  },
];

describe('who may', () => {
  test.each(CASES)('$title: $isAllowed', ({ principal, identity, sessionPolicy, bucket, ids, isAllowed }) => {
    const verdict = decideAccess({
      question: GET,
      principal,
      identityPolicies: identity ? [identity] : [],
      sessionPolicy,
      resourcePolicy: bucket,
      resourcePolicyIds: ids,
      resourceAccountId: OWNER,
    });

    expect(verdict.isAllowed, verdict.because).toBe(isAllowed);
  });
});

describe('conditions', () => {
  const context: ConditionContext = {
    's3:prefix': 'logs/2026',
    'aws:principalarn': 'arn:aws:iam::111111111111:role/job',
    'aws:currenttime': '2026-11-20T12:00:00.000Z',
    'aws:securetransport': 'false',
    'aws:sourceip': '10.1.2.3',
    's3:max-keys': '10',
    many: ['a', 'b'],
  };
  const table: [ConditionBlock, boolean][] = [
    [{ StringEquals: { 's3:prefix': 'logs/2026' } }, true],
    [{ StringEquals: { 's3:prefix': ['x', 'logs/2026'] } }, true],
    [{ StringNotEquals: { 's3:prefix': ['x', 'logs/2026'] } }, false],
    [{ StringLike: { 's3:Prefix': 'logs/*' } }, true],
    [{ StringNotLike: { 's3:prefix': 'logs/*' } }, false],
    [{ StringEquals: { absent: 'x' } }, false],
    [{ StringNotEquals: { absent: 'x' } }, true],
    [{ StringEqualsIfExists: { absent: 'x' } }, true],
    [{ StringEqualsIfExists: { 's3:prefix': 'x' } }, false],
    [{ Null: { absent: 'true' } }, true],
    [{ Null: { 's3:prefix': 'true' } }, false],
    [{ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/job' } }, true],
    [{ ArnNotEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111111111111:role/other' } }, true],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, true],
    [{ DateLessThan: { 'aws:CurrentTime': '2026-11-20T12:00:01Z' } }, true],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2026-11-21T00:00:00Z' } }, false],
    [{ NumericLessThanEquals: { 's3:max-keys': 10 } }, true],
    [{ IpAddress: { 'aws:SourceIp': '10.1.0.0/16' } }, true],
    [{ NotIpAddress: { 'aws:SourceIp': '10.1.0.0/16' } }, false],
    [{ 'ForAnyValue:StringEquals': { many: 'b' } }, true],
    [{ 'ForAllValues:StringEquals': { many: 'b' } }, false],
    [{ 'ForAllValues:StringEquals': { absent: 'b' } }, true],
    [{ StringEquals: { 's3:prefix': 'logs/2026' }, Bool: { 'aws:SecureTransport': 'true' } }, false],
    [{ NoSuchOperator: { 's3:prefix': 'logs/2026' } }, false],
  ];

  test.each(table)('%j holds: %s', (block, holds) => {
    expect(conditionsHold(block, context)).toBe(holds);
  });
});
