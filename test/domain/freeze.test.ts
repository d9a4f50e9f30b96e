import { describe, expect, test } from 'vitest';
import {
  addStatements,
  freezeSid,
  freezeStatement,
  isOurSid,
  protectSid,
  protectStatement,
  removeStatements,
  sealSid,
  sealStatement,
  type BucketPolicy,
} from '../../domain/policy.ts';

const JOB = 'migrate-20261120-0123456789ab';
const theirs: BucketPolicy = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Readers', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' },
  ],
};

describe('the freeze of a source', () => {
  test('exempts the sessions that empty and configure, and not those that copy', () => {
    const { Condition } = freezeStatement(JOB, 'b', 'aws', { kind: 'sessions' });

    expect(Condition).toEqual({
      StringNotLike: { 'aws:userid': [`*:mig-${JOB}-empty-*`, `*:mig-${JOB}-configure-*`] },
    });
  });

  test('lets copies in only while everything is brought back', () => {
    const statement = freezeStatement(JOB, 'b', 'aws', { kind: 'sessions' }, 'undo');

    expect(JSON.stringify(statement.Condition)).toContain(`*:mig-${JOB}-copy-*`);
  });

  test('leaves the bucket policy editable, so that nobody is locked out', () => {
    const statement = freezeStatement(JOB, 'b', 'aws', { kind: 'sessions' });

    expect(JSON.stringify(statement)).not.toMatch(/BucketPolicy/);
  });

  test('names to other providers no action and no condition that they do not know', () => {
    const exemption = { kind: 'principal', principalArns: ['arn:aws:iam:::user/a'], conditions: 'basic' } as const;
    const statement = freezeStatement(JOB, 'b', 'aws', exemption);

    expect(statement).toMatchObject({ NotPrincipal: { AWS: ['arn:aws:iam:::user/a'] } });
    expect(statement['Condition']).toBeUndefined();
    expect(JSON.stringify(statement)).not.toContain('Annotation');
  });

  test('put in and taken out again leaves the policy of others as it was', () => {
    const ours = [
      freezeStatement(JOB, 'b', 'aws', { kind: 'sessions' }),
      protectStatement(JOB, 'b', 'aws'),
      sealStatement(JOB, 'b', 'aws'),
    ];
    const sids = [freezeSid(JOB), protectSid(JOB), sealSid(JOB)];

    expect(removeStatements(addStatements(theirs, ours), sids)).toEqual(theirs);
    expect(sids.every(isOurSid)).toBe(true);
  });
});

describe('the protection of a temporary bucket', () => {
  test('exempts nobody, this job included', () => {
    for (const statement of [protectStatement(JOB, 't', 'aws'), sealStatement(JOB, 't', 'aws')]) {
      expect(statement).toMatchObject({ Effect: 'Deny', Principal: '*' });
      expect(statement['Condition']).toBeUndefined();
    }
  });
});
