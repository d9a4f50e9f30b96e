import * as s3 from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { ALICE, aSandbox, problemOf } from './worlds.ts';

const Bucket = 'photos';

type Row = {
  name: string;
  get: () => object;
  put: () => object;
  remove?: () => object;
  /** Error code, or the answer without the metadata. */
  absent: string | object;
  expected: object;
};

const CORS = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] };
const LIFECYCLE: s3.BucketLifecycleConfiguration = {
  Rules: [{ ID: 'a', Status: 'Enabled', Filter: { Prefix: 'x' }, Expiration: { Days: 1 } }],
};
const KMS: s3.ServerSideEncryptionConfiguration = {
  Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'key' } }],
};
const ANALYTICS: s3.AnalyticsConfiguration = { Id: 'a', StorageClassAnalysis: {} };
const WEBSITE = { IndexDocument: { Suffix: 'index.html' } };
const TAGS = [{ Key: 'a', Value: 'b + c' }];
const BLOCK_NOTHING = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

const ROWS: Row[] = [
  {
    name: 'CORS',
    get: () => new s3.GetBucketCorsCommand({ Bucket }),
    put: () => new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: CORS }),
    remove: () => new s3.DeleteBucketCorsCommand({ Bucket }),
    absent: 'NoSuchCORSConfiguration',
    expected: CORS,
  },
  {
    name: 'lifecycle',
    get: () => new s3.GetBucketLifecycleConfigurationCommand({ Bucket }),
    put: () => new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: LIFECYCLE }),
    remove: () => new s3.DeleteBucketLifecycleCommand({ Bucket }),
    absent: 'NoSuchLifecycleConfiguration',
    expected: LIFECYCLE,
  },
  {
    name: 'tags',
    get: () => new s3.GetBucketTaggingCommand({ Bucket }),
    put: () => new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: TAGS } }),
    remove: () => new s3.DeleteBucketTaggingCommand({ Bucket }),
    absent: 'NoSuchTagSet',
    expected: { TagSet: TAGS },
  },
  {
    name: 'website',
    get: () => new s3.GetBucketWebsiteCommand({ Bucket }),
    put: () => new s3.PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: WEBSITE }),
    remove: () => new s3.DeleteBucketWebsiteCommand({ Bucket }),
    absent: 'NoSuchWebsiteConfiguration',
    expected: WEBSITE,
  },
  {
    name: 'encryption',
    get: () => new s3.GetBucketEncryptionCommand({ Bucket }),
    put: () => new s3.PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: KMS }),
    remove: () => new s3.DeleteBucketEncryptionCommand({ Bucket }),
    absent: {
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
      },
    },
    expected: { ServerSideEncryptionConfiguration: KMS },
  },
  {
    name: 'policy',
    get: () => new s3.GetBucketPolicyCommand({ Bucket }),
    put: () =>
      new s3.PutBucketPolicyCommand({
        Bucket,
        Policy: `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::${Bucket}"}]}`,
      }),
    remove: () => new s3.DeleteBucketPolicyCommand({ Bucket }),
    absent: 'NoSuchBucketPolicy',
    expected: {},
  },
  {
    name: 'public access block',
    get: () => new s3.GetPublicAccessBlockCommand({ Bucket }),
    put: () => new s3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: BLOCK_NOTHING }),
    remove: () => new s3.DeletePublicAccessBlockCommand({ Bucket }),
    absent: {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    },
    expected: { PublicAccessBlockConfiguration: BLOCK_NOTHING },
  },
  {
    name: 'ownership controls',
    get: () => new s3.GetBucketOwnershipControlsCommand({ Bucket }),
    put: () =>
      new s3.PutBucketOwnershipControlsCommand({
        Bucket,
        OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
      }),
    remove: () => new s3.DeleteBucketOwnershipControlsCommand({ Bucket }),
    absent: { OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] } },
    expected: { OwnershipControls: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } },
  },
  {
    name: 'replication',
    get: () => new s3.GetBucketReplicationCommand({ Bucket }),
    put: () =>
      new s3.PutBucketReplicationCommand({
        Bucket,
        ReplicationConfiguration: {
          Role: 'arn:aws:iam::111111111111:role/r',
          Rules: [{ Status: 'Enabled', Destination: { Bucket: 'arn:aws:s3:::other' } }],
        },
      }),
    remove: () => new s3.DeleteBucketReplicationCommand({ Bucket }),
    absent: 'ReplicationConfigurationNotFoundError',
    expected: {},
  },
  {
    name: 'analytics by id',
    get: () => new s3.GetBucketAnalyticsConfigurationCommand({ Bucket, Id: 'a' }),
    put: () => new s3.PutBucketAnalyticsConfigurationCommand({ Bucket, Id: 'a', AnalyticsConfiguration: ANALYTICS }),
    remove: () => new s3.DeleteBucketAnalyticsConfigurationCommand({ Bucket, Id: 'a' }),
    absent: 'NoSuchConfiguration',
    expected: { AnalyticsConfiguration: ANALYTICS },
  },
  {
    name: 'analytics list',
    get: () => new s3.ListBucketAnalyticsConfigurationsCommand({ Bucket }),
    put: () => new s3.PutBucketAnalyticsConfigurationCommand({ Bucket, Id: 'a', AnalyticsConfiguration: ANALYTICS }),
    absent: { IsTruncated: false },
    expected: { AnalyticsConfigurationList: [ANALYTICS] },
  },
  {
    name: 'versioning',
    get: () => new s3.GetBucketVersioningCommand({ Bucket }),
    put: () => new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    absent: {},
    expected: { Status: 'Enabled' },
  },
  {
    name: 'logging',
    get: () => new s3.GetBucketLoggingCommand({ Bucket }),
    put: () =>
      new s3.PutBucketLoggingCommand({
        Bucket,
        BucketLoggingStatus: { LoggingEnabled: { TargetBucket: 'logs', TargetPrefix: 'a/' } },
      }),
    absent: {},
    expected: { LoggingEnabled: { TargetBucket: 'logs', TargetPrefix: 'a/' } },
  },
  {
    name: 'notifications',
    get: () => new s3.GetBucketNotificationConfigurationCommand({ Bucket }),
    put: () =>
      new s3.PutBucketNotificationConfigurationCommand({
        Bucket,
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    absent: {},
    expected: { EventBridgeConfiguration: {} },
  },
  {
    name: 'acceleration',
    get: () => new s3.GetBucketAccelerateConfigurationCommand({ Bucket }),
    put: () =>
      new s3.PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status: 'Enabled' } }),
    absent: {},
    expected: { Status: 'Enabled' },
  },
  {
    name: 'payer',
    get: () => new s3.GetBucketRequestPaymentCommand({ Bucket }),
    put: () => new s3.PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }),
    absent: { Payer: 'BucketOwner' },
    expected: { Payer: 'Requester' },
  },
  {
    name: 'attribute-based access control',
    get: () => new s3.GetBucketAbacCommand({ Bucket }),
    put: () => new s3.PutBucketAbacCommand({ Bucket, AbacStatus: { Status: 'Enabled' } }),
    absent: { AbacStatus: { Status: 'Disabled' } },
    expected: { AbacStatus: { Status: 'Enabled' } },
  },
  {
    name: 'object lock',
    get: () => new s3.GetObjectLockConfigurationCommand({ Bucket }),
    put: () => new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    absent: 'ObjectLockConfigurationNotFoundError',
    expected: {},
  },
];

/** The SDK's command classes share no usable type here; each is sent as what it is. */
type AnyCommand = Parameters<s3.S3Client['send']>[0];

describe('of a new bucket', () => {
  test.each(ROWS)('$name: absent, put, read, removed', async ({ name, get, put, remove, absent, expected }) => {
    const client = (await aSandbox()).s3(ALICE);
    await client.send(new s3.CreateBucketCommand({ Bucket }));
    const send = (command: object) => client.send(command as AnyCommand);
    const read = async (): Promise<string | object> => {
      try {
        const { $metadata: _, ...answer } = await send(get());
        return JSON.parse(JSON.stringify(answer)) as object;
      } catch (error) {
        return (error as Error).name;
      }
    };

    expect(await read()).toEqual(absent);
    await send(put());
    if (name !== 'object lock') expect(await read()).toMatchObject(expected);
    if (!remove) return;
    await send(remove());
    if (typeof absent === 'string') expect(await read()).toBe(absent);
  });
});

test.each([
  ['metadata', new s3.GetBucketMetadataConfigurationCommand({ Bucket })],
  ['metadata table', new s3.GetBucketMetadataTableConfigurationCommand({ Bucket })],
])('that a bucket has no %s configuration is an answer', async (_name, command) => {
  const client = (await aSandbox()).s3(ALICE);
  await client.send(new s3.CreateBucketCommand({ Bucket }));

  const asked = client.send(command as AnyCommand);

  expect(await problemOf(asked)).toMatchObject({ name: 'MetadataConfigurationNotFound', status: 404 });
});
