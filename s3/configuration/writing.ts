import * as s3 from '@aws-sdk/client-s3';
import type { SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import type { Call } from '../requests.ts';
import type { Address } from './reading.ts';

export type Write = Readonly<{ operation: string; call: (address: Address, value: unknown) => Call<unknown> }>;

/** Values come from the same SDK's answers, by way of a document whose digest was checked; here they get their types back. */
const as = <Type>(value: unknown): Type => value as Type;

export const WRITES: Readonly<Partial<Record<SettingName, Write>>> = {
  abac: {
    operation: 'PutBucketAbac',
    call: (address, value) => (client, options) =>
      client.send(new s3.PutBucketAbacCommand({ ...address, AbacStatus: as<s3.AbacStatus>(value) }), options),
  },
  accelerate: {
    operation: 'PutBucketAccelerateConfiguration',
    call: (address, value) => (client, options) => {
      const AccelerateConfiguration = as<s3.AccelerateConfiguration>(value);
      return client.send(
        new s3.PutBucketAccelerateConfigurationCommand({ ...address, AccelerateConfiguration }),
        options,
      );
    },
  },
  acl: {
    operation: 'PutBucketAcl',
    call: (address, value) => (client, options) => {
      const AccessControlPolicy = as<s3.AccessControlPolicy>(value);
      return client.send(new s3.PutBucketAclCommand({ ...address, AccessControlPolicy }), options);
    },
  },
  cors: {
    operation: 'PutBucketCors',
    call: (address, value) => (client, options) => {
      const CORSConfiguration = as<s3.CORSConfiguration>(value);
      return client.send(new s3.PutBucketCorsCommand({ ...address, CORSConfiguration }), options);
    },
  },
  encryption: {
    operation: 'PutBucketEncryption',
    call: (address, value) => (client, options) => {
      const ServerSideEncryptionConfiguration = as<s3.ServerSideEncryptionConfiguration>(value);
      return client.send(new s3.PutBucketEncryptionCommand({ ...address, ServerSideEncryptionConfiguration }), options);
    },
  },
  lifecycle: {
    operation: 'PutBucketLifecycleConfiguration',
    call: (address, value) => (client, options) => {
      const { Rules = [], TransitionDefaultMinimumObjectSize: size } =
        as<s3.GetBucketLifecycleConfigurationOutput>(value);
      const LifecycleConfiguration = { Rules: Rules.map(withDates) };
      const more = size === undefined ? {} : { TransitionDefaultMinimumObjectSize: size };
      return client.send(
        new s3.PutBucketLifecycleConfigurationCommand({ ...address, LifecycleConfiguration, ...more }),
        options,
      );
    },
  },
  logging: {
    operation: 'PutBucketLogging',
    call: (address, value) => (client, options) => {
      const BucketLoggingStatus = { LoggingEnabled: as<s3.LoggingEnabled>(value) };
      return client.send(new s3.PutBucketLoggingCommand({ ...address, BucketLoggingStatus }), options);
    },
  },
  notification: {
    operation: 'PutBucketNotificationConfiguration',
    call: (address, value) => (client, options) => {
      const NotificationConfiguration = as<s3.NotificationConfiguration>(value);
      return client.send(
        new s3.PutBucketNotificationConfigurationCommand({ ...address, NotificationConfiguration }),
        options,
      );
    },
  },
  objectLock: {
    operation: 'PutObjectLockConfiguration',
    call: (address, value) => (client, options) => {
      const ObjectLockConfiguration = as<s3.ObjectLockConfiguration>(value);
      return client.send(new s3.PutObjectLockConfigurationCommand({ ...address, ObjectLockConfiguration }), options);
    },
  },
  ownership: {
    operation: 'PutBucketOwnershipControls',
    call: (address, value) => (client, options) => {
      const OwnershipControls = as<s3.OwnershipControls>(value);
      return client.send(new s3.PutBucketOwnershipControlsCommand({ ...address, OwnershipControls }), options);
    },
  },
  publicAccessBlock: {
    operation: 'PutPublicAccessBlock',
    call: (address, value) => (client, options) => {
      const PublicAccessBlockConfiguration = as<s3.PublicAccessBlockConfiguration>(value);
      return client.send(new s3.PutPublicAccessBlockCommand({ ...address, PublicAccessBlockConfiguration }), options);
    },
  },
  replication: {
    operation: 'PutBucketReplication',
    call: (address, value) => (client, options) => {
      const ReplicationConfiguration = as<s3.ReplicationConfiguration>(value);
      return client.send(new s3.PutBucketReplicationCommand({ ...address, ReplicationConfiguration }), options);
    },
  },
  requestPayment: {
    operation: 'PutBucketRequestPayment',
    call: (address, value) => (client, options) => {
      const RequestPaymentConfiguration = as<s3.RequestPaymentConfiguration>(value);
      return client.send(new s3.PutBucketRequestPaymentCommand({ ...address, RequestPaymentConfiguration }), options);
    },
  },
  tagging: {
    operation: 'PutBucketTagging',
    call: (address, value) => (client, options) => {
      const Tagging = { TagSet: as<s3.Tag[]>(value) };
      return client.send(new s3.PutBucketTaggingCommand({ ...address, Tagging }), options);
    },
  },
  versioning: {
    operation: 'PutBucketVersioning',
    call: (address, value) => (client, options) => {
      const { Status } = as<s3.VersioningConfiguration>(value);
      const VersioningConfiguration = { Status };
      return client.send(new s3.PutBucketVersioningCommand({ ...address, VersioningConfiguration }), options);
    },
  },
  website: {
    operation: 'PutBucketWebsite',
    call: (address, value) => (client, options) => {
      const WebsiteConfiguration = as<s3.WebsiteConfiguration>(value);
      return client.send(new s3.PutBucketWebsiteCommand({ ...address, WebsiteConfiguration }), options);
    },
  },
};

/** One entry of a list; `value` has the entry's Id. */
export const ENTRY_WRITES: Readonly<Partial<Record<SettingName, Write>>> = {
  analytics: {
    operation: 'PutBucketAnalyticsConfiguration',
    call: (address, value) => (client, options) => {
      const AnalyticsConfiguration = as<s3.AnalyticsConfiguration>(value);
      const { Id } = AnalyticsConfiguration;
      return client.send(
        new s3.PutBucketAnalyticsConfigurationCommand({ ...address, Id, AnalyticsConfiguration }),
        options,
      );
    },
  },
  intelligentTiering: {
    operation: 'PutBucketIntelligentTieringConfiguration',
    call: (address, value) => (client, options) => {
      const IntelligentTieringConfiguration = as<s3.IntelligentTieringConfiguration>(value);
      const { Id } = IntelligentTieringConfiguration;
      return client.send(
        new s3.PutBucketIntelligentTieringConfigurationCommand({ ...address, Id, IntelligentTieringConfiguration }),
        options,
      );
    },
  },
  inventory: {
    operation: 'PutBucketInventoryConfiguration',
    call: (address, value) => (client, options) => {
      const InventoryConfiguration = as<s3.InventoryConfiguration>(value);
      const { Id } = InventoryConfiguration;
      return client.send(
        new s3.PutBucketInventoryConfigurationCommand({ ...address, Id, InventoryConfiguration }),
        options,
      );
    },
  },
  metrics: {
    operation: 'PutBucketMetricsConfiguration',
    call: (address, value) => (client, options) => {
      const MetricsConfiguration = as<s3.MetricsConfiguration>(value);
      const { Id } = MetricsConfiguration;
      return client.send(
        new s3.PutBucketMetricsConfigurationCommand({ ...address, Id, MetricsConfiguration }),
        options,
      );
    },
  },
};

/** Dates went through JSON as texts. */
function withDates(rule: s3.LifecycleRule): s3.LifecycleRule {
  const { Expiration, Transitions } = rule;
  return {
    ...rule,
    ...(Expiration === undefined ? {} : { Expiration: dated(Expiration) }),
    ...(Transitions === undefined ? {} : { Transitions: Transitions.map(dated) }),
  };
}

const dated = <Rule extends { Date?: Date | undefined }>(rule: Rule): Rule =>
  rule.Date === undefined ? rule : { ...rule, Date: new Date(rule.Date) };
