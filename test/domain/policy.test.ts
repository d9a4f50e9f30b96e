import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addStatements,
  grantSids,
  grantStatements,
  isOurSid,
  parseBucketPolicy,
  policyBytes,
  removeStatements,
  type Grant,
} from '../../domain/policy.ts';
import type { EpochMs } from '../../domain/time.ts';

const aGrant = (change: Partial<Grant> = {}): Grant => ({
  jobId: 'copy-20261120-0123456789ab',
  principalArn: 'arn:aws:iam::111111111111:role/source',
  sourceBucket: 'from',
  destinationBucket: 'to',
  destinationPrefix: '',
  partition: 'aws',
  expiresAtMs: Date.UTC(2026, 10, 21) as EpochMs,
  allowsParts: true,
  conditions: 'aws',
  givesOwnerControl: false,
  ...change,
});

const anyStatement = fc.record(
  {
    Sid: fc.string().filter((sid) => !isOurSid(sid)),
    Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
    Action: fc.oneof(fc.string(), fc.array(fc.string())),
    Condition: fc.object({ maxDepth: 2 }),
  },
  { requiredKeys: ['Effect'] },
);
const anyPolicy = fc.option(
  fc.record(
    { Version: fc.constant('2012-10-17'), Id: fc.string(), Statement: fc.array(anyStatement, { minLength: 1 }) },
    { requiredKeys: ['Statement'] },
  ),
  { nil: undefined },
);

describe('a grant in a bucket policy', () => {
  test('added and removed again leaves any policy as it was', () => {
    fc.assert(
      fc.property(anyPolicy, fc.boolean(), (policy, allowsParts) => {
        const granted = addStatements(policy, grantStatements(aGrant({ allowsParts })));

        expect(removeStatements(granted, grantSids(aGrant().jobId))).toEqual(policy);
      }),
    );
  });

  test('added twice stands there once', () => {
    const once = addStatements(undefined, grantStatements(aGrant()));

    expect(addStatements(once, grantStatements(aGrant()))).toEqual(once);
  });

  test('removed from a policy that somebody edited meanwhile keeps the edit', () => {
    const granted = addStatements(undefined, grantStatements(aGrant()));
    const edited = addStatements(granted, [{ Sid: 'Theirs', Effect: 'Deny' }]);

    expect(removeStatements(edited, grantSids(aGrant().jobId))?.Statement).toEqual([{ Sid: 'Theirs', Effect: 'Deny' }]);
  });

  test('of another job is not touched', () => {
    const other = aGrant({ jobId: 'copy-20261120-ffffffffffff' });
    const both = addStatements(addStatements(undefined, grantStatements(other)), grantStatements(aGrant()));

    expect(removeStatements(both, grantSids(aGrant().jobId))?.Statement).toEqual(grantStatements(other));
  });

  test('lets the source write copies of this source, for a limited time, and delete nothing', () => {
    const [copy, parts] = grantStatements(aGrant());

    expect(copy).toMatchObject({
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111111111111:role/source' },
      Resource: 'arn:aws:s3:::to/*',
      Condition: {
        DateLessThan: { 'aws:CurrentTime': '2026-11-21T00:00:00.000Z' },
        StringLike: { 's3:x-amz-copy-source': ['from/*', '/from/*'] },
      },
    });
    expect(JSON.stringify([copy, parts])).not.toMatch(/Delete|\*"\]?,"Resource|s3:\*|GetObject/);
  });

  test('is wide enough for parts only when the plan needs parts', () => {
    expect(grantStatements(aGrant({ allowsParts: false })).map((statement) => statement.Sid)).toEqual([
      grantSids(aGrant().jobId)[0],
    ]);
  });

  test('takes wildcards in a prefix as the characters they are', () => {
    const [copy] = grantStatements(aGrant({ destinationPrefix: 'a*b?c$d/' }));

    expect(copy?.['Resource']).toBe('arn:aws:s3:::to/a${*}b${?}c${$}d/*');
  });

  test('has Sids of letters and digits that tell the job', () => {
    for (const sid of grantSids(aGrant().jobId)) expect(sid).toMatch(/^Migratorcopy202611200123456789ab(Copy|Parts)$/);
  });

  test('fits with its job in a few hundred bytes', () => {
    expect(policyBytes(addStatements(undefined, grantStatements(aGrant())))).toBeLessThan(2048);
  });
});

describe('a bucket policy', () => {
  test('with one statement instead of a list is read as a list', () => {
    expect(parseBucketPolicy('{"Statement":{"Effect":"Allow"}}').Statement).toEqual([{ Effect: 'Allow' }]);
  });

  test.each(['', '{}', '{"Statement":["x"]}', 'null'])('%j is refused', (text) => {
    expect(() => parseBucketPolicy(text)).toThrow();
  });
});
