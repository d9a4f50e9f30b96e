import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketTaggingCommand,
  DeleteBucketWebsiteCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketReplicationCommand,
  GetBucketRequestPaymentCommand,
  GetBucketTaggingCommand,
  GetBucketWebsiteCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  ListBucketInventoryConfigurationsCommand,
  PutBucketCorsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketRequestPaymentCommand,
  PutBucketTaggingCommand,
  PutBucketWebsiteCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { aBucket, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour } from '../world.ts';

const absent: Behaviour[] = [
  behaviour('config-cors-absent', 'no CORS is NoSuchCORSConfiguration', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetBucketCorsCommand({ Bucket })))).toBe('404 NoSuchCORSConfiguration');
  }),
  behaviour('config-lifecycle-absent', 'no lifecycle is NoSuchLifecycleConfiguration', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))).toBe(
      '404 NoSuchLifecycleConfiguration',
    );
  }),
  behaviour('config-tagging-absent', 'no tags are NoSuchTagSet', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetBucketTaggingCommand({ Bucket })))).toBe('404 NoSuchTagSet');
  }),
  behaviour('config-website-absent', 'no website is NoSuchWebsiteConfiguration', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetBucketWebsiteCommand({ Bucket })))).toBe(
      '404 NoSuchWebsiteConfiguration',
    );
  }),
  behaviour('config-replication-absent', 'no replication is ReplicationConfigurationNotFoundError', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetBucketReplicationCommand({ Bucket })))).toBe(
      '404 ReplicationConfigurationNotFoundError',
    );
  }),
  behaviour('config-lock-absent', 'no object lock is ObjectLockConfigurationNotFoundError', async (world) => {
    const Bucket = await aBucket(world);

    expect(await refusalOf(world.a.s3.send(new GetObjectLockConfigurationCommand({ Bucket })))).toBe(
      '404 ObjectLockConfigurationNotFoundError',
    );
  }),
  behaviour('config-inventory-absent', 'no inventory is NoSuchConfiguration, and an empty list', async (world) => {
    const Bucket = await aBucket(world);
    const get = new GetBucketInventoryConfigurationCommand({ Bucket, Id: 'none' });
    const list = await world.a.s3.send(new ListBucketInventoryConfigurationsCommand({ Bucket }));

    expect(await refusalOf(world.a.s3.send(get))).toBe('404 NoSuchConfiguration');
    expect([list.InventoryConfigurationList ?? [], list.IsTruncated]).toEqual([[], false]);
  }),
  behaviour('config-empty', 'logging, notification and acceleration are empty, not errors', async (world) => {
    const Bucket = await aBucket(world);

    const logging = await world.a.s3.send(new GetBucketLoggingCommand({ Bucket }));
    const notification = await world.a.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));

    expect(logging.LoggingEnabled).toBeUndefined();
    expect(notification.TopicConfigurations ?? []).toEqual([]);
  }),
  behaviour('config-accelerate-absent', 'acceleration that was never set has no status', async (world) => {
    const Bucket = await aBucket(world);
    const answer = await world.a.s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }));

    expect(answer.Status).toBeUndefined();
  }),
];

const defaults: Behaviour[] = [
  behaviour('config-payer-default', 'the owner of the bucket pays', async (world) => {
    const Bucket = await aBucket(world);

    expect((await world.a.s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer).toBe('BucketOwner');
  }),
  behaviour('config-encryption-default', 'a new bucket encrypts with AES256', async (world) => {
    const Bucket = await aBucket(world);

    const answer = await world.a.s3.send(new GetBucketEncryptionCommand({ Bucket }));

    const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
    expect(rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm).toBe('AES256');
  }),
  behaviour('config-ownership-default', 'in a new bucket the owner owns everything', async (world) => {
    const Bucket = await aBucket(world);

    const answer = await world.a.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));

    expect(answer.OwnershipControls?.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
  }),
  behaviour('config-public-default', 'a new bucket is closed to the public', async (world) => {
    const Bucket = await aBucket(world);

    const answer = await world.a.s3.send(new GetPublicAccessBlockCommand({ Bucket }));

    expect(answer.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    });
  }),
  behaviour('config-acl-default', 'the owner has full control, nobody else anything', async (world) => {
    const Bucket = await aBucket(world);

    const answer = await world.a.s3.send(new GetBucketAclCommand({ Bucket }));

    expect(answer.Grants?.map((grant) => [grant.Grantee?.ID, grant.Permission])).toEqual([
      [answer.Owner?.ID, 'FULL_CONTROL'],
    ]);
  }),
];

const kept: Behaviour[] = [
  behaviour('config-cors', 'CORS is kept as it was put, and removed', async (world) => {
    const Bucket = await aBucket(world);
    const rule = {
      ID: 'page',
      AllowedMethods: ['GET', 'PUT'],
      AllowedOrigins: ['https://example.com', 'https://*.example.org'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    };
    await world.a.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));

    const [seen] = (await world.a.s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules ?? [];
    await world.a.s3.send(new DeleteBucketCorsCommand({ Bucket }));

    expect({ ...seen, AllowedOrigins: seen?.AllowedOrigins?.sort() }).toEqual({
      ...rule,
      AllowedOrigins: [...rule.AllowedOrigins].sort(),
    });
    expect(await refusalOf(world.a.s3.send(new GetBucketCorsCommand({ Bucket })))).toBe('404 NoSuchCORSConfiguration');
  }),
  behaviour('config-lifecycle', 'a lifecycle is kept as it was put, and removed', async (world) => {
    const Bucket = await aBucket(world);
    const rule = {
      ID: 'abort',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'in/' },
      Expiration: { Days: 30 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    };
    await world.a.s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
    );
    const get = () => world.a.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));

    expect((await get()).Rules).toEqual([rule]);
    await world.a.s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    expect(await refusalOf(get())).toBe('404 NoSuchLifecycleConfiguration');
  }),
  behaviour('config-tagging', 'tags of a bucket are kept, replaced as a whole, and removed', async (world) => {
    const Bucket = await aBucket(world);
    const set = (Key: string) =>
      world.a.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key, Value: 'x' }] } }));
    const get = () => world.a.s3.send(new GetBucketTaggingCommand({ Bucket }));
    await set('one');
    await set('two');

    expect((await get()).TagSet).toEqual([{ Key: 'two', Value: 'x' }]);
    await world.a.s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    expect(await refusalOf(get())).toBe('404 NoSuchTagSet');
  }),
  behaviour('config-tagging-at-start', 'tags given when the bucket is made are there at once', async (world) => {
    const Bucket = world.newName();
    const Tags = [{ Key: 'job', Value: '1' }];
    await world.a.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags } }));

    expect((await world.a.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).toEqual(Tags);
  }),
  behaviour('config-website', 'a website is kept as it was put, and removed', async (world) => {
    const Bucket = await aBucket(world);
    const website = { IndexDocument: { Suffix: 'index.html' }, ErrorDocument: { Key: 'error.html' } };
    await world.a.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: website }));
    const get = () => world.a.s3.send(new GetBucketWebsiteCommand({ Bucket }));

    expect(await get()).toMatchObject(website);
    await world.a.s3.send(new DeleteBucketWebsiteCommand({ Bucket }));
    expect(await refusalOf(get())).toBe('404 NoSuchWebsiteConfiguration');
  }),
  behaviour('config-public', 'the public access block is kept, and removed', async (world) => {
    const Bucket = await aBucket(world);
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: true,
      IgnorePublicAcls: false,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: false,
    };
    await world.a.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    const get = () => world.a.s3.send(new GetPublicAccessBlockCommand({ Bucket }));

    expect((await get()).PublicAccessBlockConfiguration).toEqual(PublicAccessBlockConfiguration);
    await world.a.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    expect(await refusalOf(get())).toBe('404 NoSuchPublicAccessBlockConfiguration');
  }),
  behaviour('config-payer', 'the requester can be made to pay', async (world) => {
    const Bucket = await aBucket(world);
    const RequestPaymentConfiguration = { Payer: 'Requester' as const };
    await world.a.s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration }));

    expect((await world.a.s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer).toBe('Requester');
  }),
  behaviour('config-encryption', 'default encryption is kept as it was put', async (world) => {
    const Bucket = await aBucket(world);
    const rule = {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'testkey-1' },
      BucketKeyEnabled: true,
    };
    const ServerSideEncryptionConfiguration = { Rules: [rule] };
    await world.a.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));

    const answer = await world.a.s3.send(new GetBucketEncryptionCommand({ Bucket }));

    expect(answer.ServerSideEncryptionConfiguration?.Rules?.[0]).toMatchObject(rule);
  }),
  behaviour('config-ownership', 'ownership is kept as it was put', async (world) => {
    const Bucket = await aBucket(world);
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' as const }] };
    await world.a.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));

    const answer = await world.a.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));

    expect(answer.OwnershipControls).toEqual(OwnershipControls);
  }),
  behaviour('config-foreign', 'another account can neither read nor change configuration', async (world) => {
    const Bucket = await aBucket(world, world.a);
    const tag = { Bucket, Tagging: { TagSet: [{ Key: 'x', Value: 'y' }] } };

    expect(await refusalOf(world.b.s3.send(new GetBucketTaggingCommand({ Bucket })))).toBe('403 AccessDenied');
    expect(await refusalOf(world.b.s3.send(new PutBucketTaggingCommand(tag)))).toBe('403 AccessDenied');
    expect(await refusalOf(world.b.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })))).toBe(
      '403 AccessDenied',
    );
  }),
];

export const configurationBehaviours: readonly Behaviour[] = [...absent, ...defaults, ...kept];
