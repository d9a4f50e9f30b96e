import { describe, expect, test } from 'vitest';
import type { StoragePurpose } from '../../domain/ports.ts';
import { SESSION_POLICY_CHARACTERS_MAX, sessionPolicy } from '../../s3/session-policy.ts';

type Statement = { Action: string[]; Resource: string[]; Effect: string; Condition?: unknown };
const statementsOf = (purpose: StoragePurpose, buckets: string[], hasKms = true): Statement[] =>
  (JSON.parse(sessionPolicy({ purpose, buckets, partition: 'aws', hasKms })) as { Statement: Statement[] }).Statement;
const may = (statements: Statement[], action: string, resource: string): boolean =>
  statements.some((one) => fits(one.Action, action) && fits(one.Resource, resource));
const fits = (patterns: string[], value: string): boolean =>
  patterns.some((pattern) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(value),
  );

const SOURCE = 'arn:aws:s3:::from';
const DESTINATION = 'arn:aws:s3:::into';
const OTHER = 'arn:aws:s3:::other';
const CANNOT_DELETE: [StoragePurpose, string[]][] = [
  ['look', []],
  ['look', ['from']],
  ['verify', ['from', 'into']],
  ['keep-buckets', ['into']],
  ['copy', ['from', 'into']],
  ['configure', ['from']],
];
const DELETIONS: [StoragePurpose, string[]][] = [
  ['probe', ['s3:DeleteObject']],
  ['mark', ['s3:DeleteObject']],
  ['empty', ['s3:DeleteObject', 's3:DeleteObjectVersion']],
  ['delete-bucket', ['s3:DeleteBucket']],
];
const EVERY_PURPOSE = [...new Set([...CANNOT_DELETE, ...DELETIONS].map(([purpose]) => purpose))];

describe('what a session may do at most', () => {
  test.each(CANNOT_DELETE)('a session to %s %j cannot delete an object or a bucket', (purpose, buckets) => {
    const statements = statementsOf(purpose, buckets);

    for (const bucket of ['from', 'into', 'other']) {
      for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteObjectTagging']) {
        expect(may(statements, action, `arn:aws:s3:::${bucket}/key`), action).toBe(false);
      }
      expect(may(statements, 's3:DeleteBucket', `arn:aws:s3:::${bucket}`)).toBe(false);
    }
    expect(statements.every((statement) => statement.Effect === 'Allow')).toBe(true);
  });

  test.each(DELETIONS)('a session to %s may %j in its bucket and nothing else that deletes', (purpose, allowed) => {
    const statements = statementsOf(purpose, ['from']);

    for (const action of ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteBucket', 's3:DeleteBucketPolicy']) {
      const resource = action.includes('Bucket') ? SOURCE : `${SOURCE}/key`;
      expect(may(statements, action, resource), action).toBe(allowed.includes(action));
      expect(may(statements, action, resource.replace('from', 'other')), action).toBe(false);
    }
    for (const action of ['s3:PutObject', 's3:PutLifecycleConfiguration', 's3:PutBucketPolicy']) {
      expect(may(statements, action, `${SOURCE}/key`) || may(statements, action, SOURCE), action).toBe(false);
    }
  });

  test.each(['probe', 'mark', 'empty'] as const)('a session to %s deletes an object only on condition', (purpose) => {
    const deletions = statementsOf(purpose, ['from']).filter((one) => one.Action.includes('s3:DeleteObject'));

    expect(deletions.map((one) => one.Condition)).toEqual([{ Null: { 's3:if-match': 'false' } }]);
  });

  test.each([
    ['look', ['from'], 's3:ListBucket', SOURCE, true],
    ['look', ['from'], 's3:ListBucketVersions', SOURCE, true],
    ['look', ['from'], 's3:GetLifecycleConfiguration', SOURCE, true],
    ['look', ['from'], 's3:GetReplicationConfiguration', SOURCE, true],
    ['look', ['from'], 's3:GetAccelerateConfiguration', SOURCE, true],
    ['look', ['from'], 's3:PutLifecycleConfiguration', SOURCE, false],
    ['verify', ['from'], 's3:GetObjectVersion', `${SOURCE}/key`, true],
    ['copy', ['from', 'into'], 's3:GetObjectVersion', `${SOURCE}/key`, true],
    ['copy', ['from', 'into'], 's3:GetObjectVersionTagging', `${SOURCE}/key`, true],
    ['copy', ['from', 'into'], 's3:ListBucketVersions', SOURCE, true],
    ['copy', ['from', 'into'], 's3:PutLifecycleConfiguration', DESTINATION, false],
    ['keep-buckets', ['into'], 's3:PutBucketVersioning', DESTINATION, true],
    ['keep-buckets', ['into'], 's3:PutLifecycleConfiguration', DESTINATION, false],
    ['configure', ['into'], 's3:PutLifecycleConfiguration', DESTINATION, true],
    ['configure', ['into'], 's3:PutBucketNotification', DESTINATION, true],
    ['configure', ['into'], 's3:PutBucketCORS', DESTINATION, true],
    ['configure', ['into'], 's3:PutReplicationConfiguration', DESTINATION, true],
    ['configure', ['into'], 's3:DeleteBucketWebsite', DESTINATION, true],
    ['configure', ['into'], 's3:GetObject', `${DESTINATION}/key`, false],
    ['configure', ['into'], 's3:PutBucketTagging', SOURCE, false],
    ['configure', ['into'], 's3:CreateBucket', DESTINATION, false],
    ['look', ['from'], 's3:GetBucketVersioning', SOURCE, true],
    ['look', ['from'], 's3:ListBucket', OTHER, false],
    ['look', [], 's3:ListBucket', OTHER, true],
    ['look', [], 's3:ListAllMyBuckets', '*', true],
    ['look', [], 's3:PutObject', `${OTHER}/key`, false],
    ['look', [], 's3:PutBucketPolicy', OTHER, false],
    ['verify', ['into'], 's3:GetObject', `${DESTINATION}/key`, true],
    ['verify', ['into'], 's3:GetObjectTagging', `${DESTINATION}/key`, true],
    ['verify', ['into'], 's3:PutObject', `${DESTINATION}/key`, false],
    ['copy', ['from', 'into'], 's3:GetObject', `${SOURCE}/key`, true],
    ['copy', ['from', 'into'], 's3:PutObject', `${SOURCE}/key`, false],
    ['copy', ['from', 'into'], 's3:PutObject', `${DESTINATION}/key`, true],
    ['copy', ['from', 'into'], 's3:AbortMultipartUpload', `${DESTINATION}/key`, true],
    ['copy', ['from', 'into'], 's3:PutBucketPolicy', DESTINATION, false],
    ['copy', ['from', 'into'], 's3:GetObject', `${OTHER}/key`, false],
    ['copy', ['both'], 's3:PutObject', 'arn:aws:s3:::both/key', true],
    ['keep-buckets', ['into'], 's3:CreateBucket', DESTINATION, true],
    ['keep-buckets', ['into'], 's3:PutBucketPolicy', DESTINATION, true],
    ['keep-buckets', ['into'], 's3:PutBucketPolicy', SOURCE, false],
    ['keep-buckets', ['into'], 's3:GetObject', `${DESTINATION}/key`, false],
    ['keep-buckets', ['into'], 's3:PutObject', `${DESTINATION}/key`, false],
  ] as const)('%s %j: %s on %s is %s', (purpose, buckets, action, resource, expected) => {
    expect(may(statementsOf(purpose, [...buckets]), action, resource)).toBe(expected);
  });

  test('the longest bucket names fit into what AssumeRole takes', () => {
    const buckets = ['a'.repeat(63), 'b'.repeat(63)];
    for (const purpose of EVERY_PURPOSE) {
      const text = sessionPolicy({ purpose, buckets, partition: 'aws-us-gov', hasKms: true });
      expect(text.length, purpose).toBeLessThanOrEqual(SESSION_POLICY_CHARACTERS_MAX);
    }
  });

  test('a policy that does not fit, or that would open every bucket, is refused here and not by STS', () => {
    const many = Array.from({ length: 40 }, (_, index) => `bucket-with-a-rather-long-name-${index}`);

    expect(() => statementsOf('verify', many)).toThrow(RangeError);
    expect(() => statementsOf('copy', [])).toThrow(RangeError);
    expect(() => statementsOf('verify', [])).toThrow(RangeError);
  });

  test('keys are used through S3 only, and left out where the provider does not know them', () => {
    const actions = (hasKms: boolean) => statementsOf('copy', ['from', 'into'], hasKms).flatMap((one) => one.Action);

    expect(actions(true)).toContain('kms:GenerateDataKey');
    expect(sessionPolicy({ purpose: 'copy', buckets: ['a', 'b'], partition: 'aws', hasKms: true })).toContain(
      'kms:ViaService',
    );
    expect(actions(false).filter((action) => action.startsWith('kms:'))).toEqual([]);
  });
});
