import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SETTING_NAMES, type SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import {
  canonicalText,
  configurationText,
  isSameSetting,
  pausedLifecycle,
  unreadSettings,
  type BucketConfiguration,
  type SettingState,
} from '../../domain/bucket-configuration/inventory.ts';
import {
  planConfiguration,
  type ConfigurationOptions,
  type Move,
  type PlanItem,
  type Side,
} from '../../domain/bucket-configuration/plan.ts';
import { isPublicStatement } from '../../domain/bucket-configuration/rules-of-access.ts';

const OLD = '111111111111';
const NEW = '222222222222';
const THIRD = '333333333333';
const here: Side = { connection: 'ours', bucket: 'photos', region: 'us-east-1', partition: 'aws', accountId: OLD };
const to = (change: Partial<Side>): Move => ({ from: here, to: { ...here, ...change } });

/** The bucket moves … */
const MOVES = {
  nowhere: to({}),
  region: to({ region: 'eu-west-1' }),
  account: to({ accountId: NEW, connection: 'theirs' }),
  both: to({ accountId: NEW, connection: 'theirs', region: 'eu-west-1' }),
  china: to({ accountId: NEW, connection: 'theirs', region: 'cn-north-1', partition: 'aws-cn' }),
  renamed: to({ bucket: 'pictures' }),
  dotted: to({ bucket: 'my.photos' }),
} as const;
type MoveName = keyof typeof MOVES;

const nothing = Object.fromEntries(
  SETTING_NAMES.map((name): [SettingName, SettingState] => [name, { state: 'absent', isUnsupported: true }]),
) as BucketConfiguration;
const having = (values: Partial<Record<SettingName, unknown>>): BucketConfiguration => ({
  ...nothing,
  ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { state: 'set', value }])),
});
const shut: ConfigurationOptions = { appliesPublicAccess: false, keepsSource: false };
const open: ConfigurationOptions = { ...shut, appliesPublicAccess: true };

function fatesOf(name: SettingName, value: unknown, move: MoveName, options = shut, others = {}): string[] {
  const items = planConfiguration(having({ ...others, [name]: value }), MOVES[move], options);
  return items.filter(({ setting }) => setting === name).map(({ fate, stage }) => `${fate}, ${stage.split('-')[0]}`);
}
function itemOf(name: SettingName, value: unknown, move: MoveName, options = shut): PlanItem {
  const items = planConfiguration(having({ [name]: value }), MOVES[move], options);
  return items.find(({ setting }) => setting === name) as PlanItem;
}

const kms = (KMSMasterKeyID?: string) => ({
  Rules: [
    {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', ...(KMSMasterKeyID ? { KMSMasterKeyID } : {}) },
      BucketKeyEnabled: true,
    },
  ],
});
const keyOf = (account: string, id = 'abc', region = 'us-east-1') => `arn:aws:kms:${region}:${account}:key/${id}`;
const inventory = (Bucket: string, AccountId?: string, KeyId?: string) => [
  {
    Id: 'all',
    IsEnabled: true,
    Destination: {
      S3BucketDestination: {
        Bucket: `arn:aws:s3:::${Bucket}`,
        Format: 'CSV',
        ...(AccountId ? { AccountId } : {}),
        ...(KeyId ? { Encryption: { SSEKMS: { KeyId } } } : {}),
      },
    },
  },
];
const exporting = (Bucket: string, BucketAccountId?: string) => [
  {
    Id: 'a',
    StorageClassAnalysis: {
      DataExport: {
        OutputSchemaVersion: 'V_1',
        Destination: {
          S3BucketDestination: {
            Bucket: `arn:aws:s3:::${Bucket}`,
            Format: 'CSV',
            ...(BucketAccountId ? { BucketAccountId } : {}),
          },
        },
      },
    },
  },
];
const queue = (account: string, region = 'us-east-1') => ({
  QueueConfigurations: [{ Id: 'q', QueueArn: `arn:aws:sqs:${region}:${account}:jobs`, Events: ['s3:ObjectCreated:*'] }],
});
const replicating = (bucket: string) => ({
  Role: `arn:aws:iam::${OLD}:role/replicator`,
  Rules: [{ ID: 'r', Status: 'Enabled', Destination: { Bucket: `arn:aws:s3:::${bucket}` } }],
});
const policy = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements });
const allow = (Principal: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Principal,
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::photos/*',
  ...more,
});
const root = (account: string) => ({ AWS: `arn:aws:iam::${account}:root` });
const readers = (...grantees: object[]) => ({
  Owner: { ID: 'me' },
  Grants: [
    { Grantee: { Type: 'CanonicalUser', ID: 'me', DisplayName: 'Me' }, Permission: 'FULL_CONTROL' },
    ...grantees.map((Grantee) => ({ Grantee, Permission: 'READ' })),
  ],
});
const friend = { Type: 'CanonicalUser', ID: 'friend' };
const everyone = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' };
const ALL_BLOCKED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const NONE_BLOCKED = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const LOCK = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } };
const FREEZE = {
  Sid: 'Migratormigrate20261120abcFreeze',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: '*',
};

type Row = [
  what: string,
  setting: SettingName,
  value: unknown,
  move: MoveName,
  fates: string,
  options?: ConfigurationOptions,
];

/** The truth table: a setting, where the bucket goes, and what becomes of it. */
const TABLE: Row[] = [
  ['versioning that is on', 'versioning', { Status: 'Enabled' }, 'both', 'as-it-is, before'],
  ['versioning with MFA delete', 'versioning', { Status: 'Enabled', MFADelete: 'Enabled' }, 'both', 'adapted, before'],
  ['suspended versioning', 'versioning', { Status: 'Suspended' }, 'both', 'adapted, before; as-it-is, after'],
  ['Object Lock', 'objectLock', { ObjectLockEnabled: 'Enabled' }, 'both', 'as-it-is, before'],
  ['a default retention', 'objectLock', LOCK, 'both', 'as-it-is, before; as-it-is, after'],
  [
    'enforced ownership',
    'ownership',
    { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    'both',
    'nothing, before',
  ],
  ['looser ownership', 'ownership', { Rules: [{ ObjectOwnership: 'ObjectWriter' }] }, 'both', 'as-it-is, after'],
  ['tags', 'tagging', [{ Key: 'a', Value: 'b' }], 'both', 'as-it-is, before'],
  [
    'tags of AWS',
    'tagging',
    [
      { Key: 'a', Value: 'b' },
      { Key: 'aws:x', Value: 'y' },
    ],
    'both',
    'adapted, before',
  ],
  ['only tags of AWS', 'tagging', [{ Key: 'aws:x', Value: 'y' }], 'both', 'cannot, before'],
  ['only the tag of a job', 'tagging', [{ Key: 'bucket-migrator:job', Value: 'x' }], 'both', 'nothing, before'],
  ['CORS', 'cors', { CORSRules: [{ AllowedOrigins: ['https://example.org'] }] }, 'both', 'as-it-is, before'],
  [
    'CORS for its own website',
    'cors',
    { CORSRules: [{ AllowedOrigins: ['http://photos.s3-website-us-east-1.amazonaws.com'] }] },
    'region',
    'adapted, before',
  ],
  ['a website', 'website', { IndexDocument: { Suffix: 'i.html' } }, 'both', 'as-it-is, after'],
  [
    'lifecycle rules',
    'lifecycle',
    { Rules: [{ Expiration: { Days: 3 }, Status: 'Enabled' }] },
    'both',
    'as-it-is, after',
  ],
  ['archive tiers', 'intelligentTiering', [{ Id: 'x', Tierings: [] }], 'both', 'as-it-is, after'],
  ['requester pays', 'requestPayment', { Payer: 'Requester' }, 'both', 'as-it-is, after'],
  ['owner pays', 'requestPayment', { Payer: 'BucketOwner' }, 'both', 'nothing, after'],
  ['ABAC', 'abac', { Status: 'Enabled' }, 'both', 'as-it-is, after'],
  ['ABAC that is off', 'abac', { Status: 'Disabled' }, 'both', 'nothing, after'],
  ['acceleration', 'accelerate', { Status: 'Enabled' }, 'both', 'as-it-is, after'],
  ['acceleration of a name with dots', 'accelerate', { Status: 'Enabled' }, 'dotted', 'cannot, after'],
  ['acceleration that was ended', 'accelerate', { Status: 'Suspended' }, 'both', 'nothing, after'],
  ['the Region', 'location', { LocationConstraint: null }, 'both', 'nothing, after'],
  ['metadata tables', 'metadata', { DestinationResult: {} }, 'nowhere', 'cannot, after'],

  [
    'SSE-S3',
    'encryption',
    { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    'both',
    'nothing, before',
  ],
  ['the own key for S3', 'encryption', kms(), 'both', 'as-it-is, before'],
  [
    'the own key by its alias',
    'encryption',
    kms(`arn:aws:kms:us-east-1:${OLD}:alias/aws/s3`),
    'both',
    'adapted, before',
  ],
  ['a key of ours', 'encryption', kms(keyOf(OLD)), 'nowhere', 'as-it-is, before'],
  ['a key of ours', 'encryption', kms(keyOf(OLD)), 'region', 'cannot, before'],
  ['a key of ours', 'encryption', kms(keyOf(OLD)), 'account', 'cannot, before'],
  ['a multi-Region key of ours', 'encryption', kms(keyOf(OLD, 'mrk-1')), 'region', 'adapted, before'],
  ['a multi-Region key of ours', 'encryption', kms(keyOf(OLD, 'mrk-1')), 'account', 'cannot, before'],
  ["a third account's key", 'encryption', kms(keyOf(THIRD)), 'account', 'as-it-is, before'],
  ["a third account's key", 'encryption', kms(keyOf(THIRD)), 'region', 'cannot, before'],
  ['a key without its ARN', 'encryption', kms('abc'), 'account', 'cannot, before'],
  ['a key without its ARN', 'encryption', kms('abc'), 'nowhere', 'as-it-is, before'],

  ['inventory into a bucket of ours', 'inventory', inventory('reports', OLD), 'nowhere', 'as-it-is, after'],
  ['inventory into a bucket of ours', 'inventory', inventory('reports', OLD), 'region', 'cannot, after'],
  ['inventory into a bucket of ours', 'inventory', inventory('reports', OLD), 'account', 'cannot, after'],
  ['inventory into nobody knows whose bucket', 'inventory', inventory('reports'), 'account', 'cannot, after'],
  ["inventory into a third account's bucket", 'inventory', inventory('reports', THIRD), 'account', 'as-it-is, after'],
  ['inventory into itself', 'inventory', inventory('photos', OLD), 'nowhere', 'as-it-is, after'],
  ['inventory into itself', 'inventory', inventory('photos', OLD), 'both', 'adapted, after'],
  ['inventory with a key of ours', 'inventory', inventory('photos', OLD, keyOf(OLD)), 'both', 'cannot, after'],
  ['analysis', 'analytics', [{ Id: 'a', StorageClassAnalysis: {} }], 'both', 'as-it-is, after'],
  ['analysis with an export', 'analytics', exporting('reports', OLD), 'account', 'cannot, after'],
  ['analysis with an export', 'analytics', exporting('reports', OLD), 'nowhere', 'as-it-is, after'],
  ['metrics', 'metrics', [{ Id: 'm', Filter: { Prefix: 'x' } }], 'both', 'as-it-is, after'],
  [
    'metrics of an access point',
    'metrics',
    [{ Id: 'm', Filter: { AccessPointArn: 'arn:x' } }],
    'nowhere',
    'cannot, after',
  ],
  [
    'some metrics of an access point',
    'metrics',
    [{ Id: 'n' }, { Id: 'm', Filter: { AccessPointArn: 'arn:x' } }],
    'nowhere',
    'adapted, after',
  ],
  ['logs', 'logging', { TargetBucket: 'logs', TargetPrefix: '' }, 'nowhere', 'as-it-is, after'],
  ['logs', 'logging', { TargetBucket: 'logs', TargetPrefix: '' }, 'region', 'cannot, after'],
  ['logs', 'logging', { TargetBucket: 'logs', TargetPrefix: '' }, 'account', 'cannot, after'],
  ['logs into itself', 'logging', { TargetBucket: 'photos', TargetPrefix: 'l/' }, 'both', 'as-it-is, after'],
  ['logs into itself', 'logging', { TargetBucket: 'photos', TargetPrefix: 'l/' }, 'renamed', 'adapted, after'],
  ['events to a queue of ours', 'notification', queue(OLD), 'nowhere', 'as-it-is, after'],
  ['events to a queue of ours', 'notification', queue(OLD), 'region', 'cannot, after'],
  ['events to a queue of ours', 'notification', queue(OLD), 'account', 'cannot, after'],
  ["events to a third account's queue", 'notification', queue(THIRD), 'account', 'as-it-is, after'],
  ["events to a third account's queue", 'notification', queue(THIRD), 'china', 'cannot, after'],
  ['events to EventBridge', 'notification', { EventBridgeConfiguration: {} }, 'both', 'as-it-is, after'],
  ['some events', 'notification', { ...queue(OLD), EventBridgeConfiguration: {} }, 'both', 'adapted, after'],
  ['replication', 'replication', replicating('mirror'), 'region', 'as-it-is, after'],
  ['replication', 'replication', replicating('mirror'), 'account', 'cannot, after'],
  ['replication to itself', 'replication', replicating('photos'), 'region', 'cannot, after'],
  [
    'replication of a copy',
    'replication',
    replicating('mirror'),
    'renamed',
    'cannot, after',
    { ...shut, keepsSource: true },
  ],

  ['a policy that names nobody old', 'policy', policy(allow(root(THIRD))), 'account', 'as-it-is, after'],
  ['a policy of a renamed bucket', 'policy', policy(allow(root(THIRD))), 'renamed', 'adapted, after'],
  ['a policy for the old account', 'policy', policy(allow(root(OLD))), 'account', 'cannot, after'],
  ['a policy for the old account', 'policy', policy(allow(root(OLD))), 'region', 'as-it-is, after'],
  ['a policy of the frozen source', 'policy', policy(FREEZE), 'both', 'nothing, after'],
  [
    'a policy for a deleted principal',
    'policy',
    policy(allow({ AWS: 'AROAEXAMPLE1234567890' })),
    'account',
    'cannot, after',
  ],
  [
    'a policy for a distribution',
    'policy',
    policy(
      allow(
        { Service: 'cloudfront.amazonaws.com' },
        { Condition: { StringEquals: { 'AWS:SourceArn': `arn:aws:cloudfront::${OLD}:distribution/E1` } } },
      ),
    ),
    'account',
    'cannot, after',
  ],
  [
    'a policy for a network',
    'policy',
    policy(allow('*', { Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-0123456789abcdef0' } } })),
    'region',
    'cannot, after',
  ],
  ['a policy for the public', 'policy', policy(allow('*')), 'account', 'waived, after'],
  ['a policy for the public, consented', 'policy', policy(allow('*')), 'account', 'as-it-is, after', open],
  ['a policy for the public and others', 'policy', policy(allow('*'), allow(root(THIRD))), 'account', 'adapted, after'],
  ['a policy of another partition', 'policy', policy(allow(root(THIRD))), 'china', 'cannot, after'],
  ['an ACL of the owner alone', 'acl', readers(), 'both', 'nothing, after'],
  ['an ACL for a friend', 'acl', readers(friend), 'both', 'as-it-is, after'],
  ['an ACL for a friend', 'acl', readers(friend), 'china', 'cannot, after'],
  ['an ACL for everyone', 'acl', readers(everyone), 'both', 'waived, after'],
  ['an ACL for everyone, consented', 'acl', readers(everyone), 'both', 'as-it-is, after', open],
  ['an ACL for a friend and everyone', 'acl', readers(friend, everyone), 'both', 'adapted, after'],
  ['a bucket that is shut', 'publicAccessBlock', ALL_BLOCKED, 'both', 'nothing, before'],
  ['a bucket that is open', 'publicAccessBlock', NONE_BLOCKED, 'both', 'waived, after'],
  ['a bucket that is open, consented', 'publicAccessBlock', NONE_BLOCKED, 'both', 'as-it-is, after', open],
];

describe('what becomes of each setting', () => {
  test.each(TABLE)('%s (%s)', (_what, name, value, move, fates, options) => {
    expect(fatesOf(name, value, move, options)).toEqual(fates.split('; '));
  });

  test('every setting has a row', () => {
    expect(new Set(TABLE.map(([, name]) => name))).toEqual(new Set(SETTING_NAMES));
  });
});

describe('the plan', () => {
  test('covers every setting, also those that are absent or could not be read', () => {
    const settings = { ...nothing, website: { state: 'unknown', reason: '403' } } as BucketConfiguration;
    const plan = planConfiguration(settings, MOVES.both, shut);

    expect(new Set(plan.map(({ setting }) => setting))).toEqual(new Set(SETTING_NAMES));
    expect(plan.find(({ setting }) => setting === 'website')).toMatchObject({
      fate: 'cannot',
      reason: expect.stringContaining('403') as string,
    });
    expect(unreadSettings(settings)).toEqual(['website']);
  });

  test('puts what opens the bucket last, and what acts on its own after everything was verified', () => {
    const settings = having(Object.fromEntries(TABLE.map(([, name, value]) => [name, value])));
    const order = planConfiguration(settings, MOVES.nowhere, open).map(({ setting, stage }) => `${stage} ${setting}`);
    const after = (name: SettingName) => order.indexOf(`after-verification ${name}`);

    expect(order.slice(-4)).toEqual(
      ['ownership', 'publicAccessBlock', 'acl', 'policy'].map((name) => `after-verification ${name}`),
    );
    for (const name of ['notification', 'replication', 'lifecycle', 'inventory', 'logging'] as const)
      expect(after(name), name).toBeGreaterThan(order.indexOf('before-objects versioning'));
    expect(after('versioning')).toBeLessThan(after('replication'));
  });

  test('an old bucket without ownership controls stays one where the writer owns', () => {
    const plan = planConfiguration({ ...nothing, ownership: { state: 'absent' } }, MOVES.both, shut);

    expect(plan.find(({ setting }) => setting === 'ownership')).toMatchObject({
      fate: 'as-it-is',
      stage: 'after-verification',
      value: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
    });
  });

  test('an ACL that is not in use is not carried', () => {
    const ownership = { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] };

    expect(fatesOf('acl', readers(friend), 'nowhere', shut, { ownership })).toEqual(['nothing, after']);
  });

  test('a policy that names the old account is shown with the new one, and not put', () => {
    const item = itemOf('policy', policy(allow(root(OLD), { Sid: 'App' }), FREEZE), 'account');

    expect(item.value).toBeUndefined();
    expect(item.proposal).toEqual(policy(allow(root(NEW), { Sid: 'App' })));
    expect(item.differences).toEqual([
      `Statement 1 (App): Principal.AWS: arn:aws:iam::${OLD}:root (the old account) → arn:aws:iam::${NEW}:root?`,
    ]);
  });

  test('the same policy of two users that nobody can tell apart by account is not put either', () => {
    const user = { AWS: 'arn:aws:iam:::user/anna' };
    const side = { bucket: 'photos', region: 'default', partition: 'aws' };
    const move: Move = { from: { ...side, connection: 'anna' }, to: { ...side, connection: 'bruno' } };
    const fate = (between: Move) =>
      planConfiguration(having({ policy: policy(allow(user)) }), between, shut).find(
        ({ setting }) => setting === 'policy',
      )?.fate;

    expect(fate(move)).toBe('cannot');
    expect(fate({ from: move.from, to: move.from })).toBe('as-it-is');
  });

  test('in a bucket that was there before the job nothing of its own is changed', () => {
    const mine = { CORSRules: [{ AllowedOrigins: ['https://mine.example'] }] };
    const theirs = { CORSRules: [{ AllowedOrigins: ['https://theirs.example'] }] };
    const lifecycle = { Rules: [{ Expiration: { Days: 1 }, Status: 'Enabled' }] };
    const settings = having({ cors: mine, lifecycle, tagging: [{ Key: 'a', Value: 'b' }] });
    const plan = (existing: BucketConfiguration) =>
      Object.fromEntries(
        planConfiguration(settings, MOVES.renamed, { ...shut, keepsSource: true, existing }).map((item) => [
          item.setting,
          item.fate,
        ]),
      );

    expect(plan(having({ cors: theirs }))).toMatchObject({ cors: 'waived', lifecycle: 'waived', tagging: 'as-it-is' });
    expect(plan(having({ cors: mine, lifecycle }))).toMatchObject({ cors: 'as-it-is', lifecycle: 'as-it-is' });
  });
});

describe('who is the public', () => {
  test.each([
    ['everyone', allow('*'), true],
    ['everyone, written as AWS', allow({ AWS: ['*'] }), true],
    ['everyone but one', { ...allow(undefined), NotPrincipal: root(OLD) }, true],
    ['a Deny', { ...allow('*'), Effect: 'Deny' }, false],
    ['an account', allow(root(OLD)), false],
    [
      'everyone of an organization',
      allow('*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } } }),
      false,
    ],
    ['everyone from anywhere', allow('*', { Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } } }), true],
    ['everyone by a wildcard', allow('*', { Condition: { StringLike: { 'aws:PrincipalArn': '*' } } }), true],
    ['everyone else', allow('*', { Condition: { StringNotEquals: { 'aws:PrincipalAccount': OLD } } }), true],
    ['everyone over TLS', allow('*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), true],
  ])('%s', (_who, statement, isPublic) => {
    expect(isPublicStatement(statement as Parameters<typeof isPublicStatement>[0])).toBe(isPublic);
  });
});

describe('for any bucket', () => {
  const values = fc.record(
    Object.fromEntries(
      SETTING_NAMES.map((name) => [
        name,
        fc.constantFrom(...TABLE.filter(([, setting]) => setting === name).map(([, , value]) => value)),
      ]),
    ) as Record<SettingName, fc.Arbitrary<unknown>>,
    { requiredKeys: [] },
  );
  const moves = fc.constantFrom(...Object.values(MOVES));
  const options = fc.record({ appliesPublicAccess: fc.boolean(), keepsSource: fc.boolean() });

  test('the same plan comes out twice, and planning changes nothing of what it was given', () => {
    fc.assert(
      fc.property(values, moves, options, (given, move, chosen) => {
        const settings = having(given);
        const before = configurationText({ from: here, to: here, settings });

        expect(planConfiguration(settings, move, chosen)).toEqual(planConfiguration(settings, move, chosen));
        expect(configurationText({ from: here, to: here, settings })).toBe(before);
      }),
    );
  });

  test('what is put is as it should be already when it is carried again from there', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(MOVES.region, MOVES.both, MOVES.account), (given, move) => {
        const put = planConfiguration(having(given), move, open).filter(({ value }) => value !== undefined);
        const there = having(Object.fromEntries(put.map(({ setting, value }) => [setting, value])));
        const again = planConfiguration(there, { from: move.to, to: move.to }, open);

        for (const { setting, value, stage } of put) {
          const next = again.find((item) => item.setting === setting && item.stage === stage);
          if (setting !== 'versioning' && setting !== 'objectLock' && next?.fate !== 'nothing')
            expect(next?.value, setting).toEqual(value);
        }
      }),
    );
  });

  test('nothing that names the old account is put in a bucket of another one', () => {
    const arns = fc.constantFrom(
      ...['kms:us-east-1', 'iam:', 'sqs:us-east-1', 'lambda:us-east-1', 's3:us-east-1', 'cloudfront:'].map(
        (service) => `arn:aws:${service}:${OLD}:thing/x`,
      ),
    );
    /** An ARN anywhere, also where no rule looks for one. */
    const anywhere = fc.dictionary(
      fc.constantFrom('Role', 'Rules', 'Status', 'Statement', 'Bucket'),
      fc.oneof(arns, fc.array(arns)),
    );
    const wild = fc.constantFrom<SettingName>('website', 'cors', 'lifecycle', 'abac', 'requestPayment');
    fc.assert(
      fc.property(values, wild, anywhere, fc.constantFrom(MOVES.account, MOVES.both), (given, name, value, move) => {
        const plan = planConfiguration(having({ ...given, [name]: value }), move, open);

        for (const item of plan.filter(({ setting }) => setting !== 'tagging'))
          expect(JSON.stringify(item.value ?? null), item.setting).not.toContain(OLD);
      }),
    );
  });

  test('nothing public is put without consent', () => {
    fc.assert(
      fc.property(values, moves, (given, move) => {
        const text = JSON.stringify(planConfiguration(having(given), move, shut).map(({ value }) => value));

        expect(text).not.toContain('AllUsers');
        expect(text).not.toContain('"BlockPublicAcls":false');
      }),
    );
  });
});

describe('texts of settings', () => {
  test('fields have no order, lists have one', () => {
    expect(isSameSetting({ a: 1, b: [1, 2], c: undefined }, { b: [1, 2], a: 1 })).toBe(true);
    expect(isSameSetting([1, 2], [2, 1])).toBe(false);
    expect(canonicalText(undefined)).toBe('');
  });

  test('lifecycle rules at rest keep everything but their status', () => {
    const value = {
      Rules: [{ ID: 'a', Status: 'Enabled', Expiration: { Days: 1 } }],
      TransitionDefaultMinimumObjectSize: 'x',
    };

    expect(pausedLifecycle(value)).toEqual({ ...value, Rules: [{ ...value.Rules[0], Status: 'Disabled' }] });
  });
});
