import * as s3 from '@aws-sdk/client-s3';
import type { SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import { StorageUnavailableError } from '../../domain/errors.ts';
import { readPolicy } from '../bucket-policies.ts';
import type { Place } from '../place.ts';
import type { Call } from '../requests.ts';
import { jsonOf, unlessEmpty } from './json.ts';

export type Address = Readonly<{ Bucket: string; ExpectedBucketOwner?: string }>;
/** One request; undefined when the answer holds nothing. */
type Ask = (address: Address) => Call<unknown>;
type Page = Readonly<{ entries: readonly unknown[] | undefined; next: string | undefined }>;
type AskPage = (address: Address & { ContinuationToken?: string }) => Call<Page>;

const ONE: Readonly<Partial<Record<SettingName, Ask>>> = {
  abac: (address) => async (client, options) =>
    unlessEmpty({ ...(await client.send(new s3.GetBucketAbacCommand(address), options)).AbacStatus }),
  accelerate: (address) => async (client, options) => {
    const { Status } = await client.send(new s3.GetBucketAccelerateConfigurationCommand(address), options);
    return unlessEmpty({ Status });
  },
  acl: (address) => async (client, options) => {
    const { Owner, Grants } = await client.send(new s3.GetBucketAclCommand(address), options);
    return unlessEmpty({ Owner, Grants });
  },
  cors: (address) => async (client, options) => {
    const { CORSRules } = await client.send(new s3.GetBucketCorsCommand(address), options);
    return unlessEmpty({ CORSRules });
  },
  encryption: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketEncryptionCommand(address), options);
    return unlessEmpty({ Rules: answer.ServerSideEncryptionConfiguration?.Rules });
  },
  lifecycle: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketLifecycleConfigurationCommand(address), options);
    const { Rules, TransitionDefaultMinimumObjectSize } = answer;
    return unlessEmpty({ Rules }) && { Rules, TransitionDefaultMinimumObjectSize };
  },
  location: (address) => async (client, options) => {
    const { LocationConstraint } = await client.send(new s3.GetBucketLocationCommand(address), options);
    return { LocationConstraint };
  },
  logging: (address) => async (client, options) => {
    const { LoggingEnabled } = await client.send(new s3.GetBucketLoggingCommand(address), options);
    return unlessEmpty({ ...LoggingEnabled });
  },
  metadata: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketMetadataConfigurationCommand(address), options);
    return unlessEmpty({ ...answer.GetBucketMetadataConfigurationResult?.MetadataConfigurationResult });
  },
  notification: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketNotificationConfigurationCommand(address), options);
    const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } = answer;
    const lists = { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations };
    return unlessEmpty({ ...lists, EventBridgeConfiguration });
  },
  objectLock: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetObjectLockConfigurationCommand(address), options);
    return unlessEmpty({ ...answer.ObjectLockConfiguration });
  },
  ownership: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketOwnershipControlsCommand(address), options);
    return unlessEmpty({ Rules: answer.OwnershipControls?.Rules });
  },
  publicAccessBlock: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetPublicAccessBlockCommand(address), options);
    return unlessEmpty({ ...answer.PublicAccessBlockConfiguration });
  },
  replication: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketReplicationCommand(address), options);
    return unlessEmpty({ ...answer.ReplicationConfiguration });
  },
  requestPayment: (address) => async (client, options) => {
    const { Payer } = await client.send(new s3.GetBucketRequestPaymentCommand(address), options);
    return unlessEmpty({ Payer });
  },
  tagging: (address) => async (client, options) => {
    const { TagSet } = await client.send(new s3.GetBucketTaggingCommand(address), options);
    return unlessEmpty(TagSet ?? []);
  },
  versioning: (address) => async (client, options) => {
    const { Status, MFADelete } = await client.send(new s3.GetBucketVersioningCommand(address), options);
    return Status === undefined ? undefined : { Status, MFADelete };
  },
  website: (address) => async (client, options) => {
    const answer = await client.send(new s3.GetBucketWebsiteCommand(address), options);
    const { RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules } = answer;
    return unlessEmpty({ RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules });
  },
};

const LISTS: Readonly<Partial<Record<SettingName, AskPage>>> = {
  analytics: (address) => async (client, options) => {
    const answer = await client.send(new s3.ListBucketAnalyticsConfigurationsCommand(address), options);
    return { entries: answer.AnalyticsConfigurationList, next: answer.NextContinuationToken };
  },
  intelligentTiering: (address) => async (client, options) => {
    const answer = await client.send(new s3.ListBucketIntelligentTieringConfigurationsCommand(address), options);
    return { entries: answer.IntelligentTieringConfigurationList, next: answer.NextContinuationToken };
  },
  inventory: (address) => async (client, options) => {
    const answer = await client.send(new s3.ListBucketInventoryConfigurationsCommand(address), options);
    return { entries: answer.InventoryConfigurationList, next: answer.NextContinuationToken };
  },
  metrics: (address) => async (client, options) => {
    const answer = await client.send(new s3.ListBucketMetricsConfigurationsCommand(address), options);
    return { entries: answer.MetricsConfigurationList, next: answer.NextContinuationToken };
  },
};

/** A bucket has at most 1,000 configurations of a kind, 100 in a page (S3 API reference, ListBucketInventoryConfigurations). */
const PAGES_MAX = 100;

/** The setting's value as JSON, undefined when there is none. `operation` stands in the errors. */
export async function askSetting(
  place: Place,
  bucket: string,
  { name, operation }: { name: SettingName; operation: string },
): Promise<unknown> {
  if (name === 'policy') return readPolicy(place, bucket);
  const address: Address = { Bucket: bucket, ...place.ownerOf() };
  const askPage = LISTS[name];
  if (askPage) return jsonOf(unlessEmpty(await askPages(place, address, operation, askPage)));
  return jsonOf(await place.requests.run({ operation, bucket }, askOne(name)(address)));
}

function askOne(name: SettingName): Ask {
  const ask = ONE[name];
  if (!ask) throw new TypeError(`the setting ${name} cannot be read`);
  return ask;
}

async function askPages(place: Place, address: Address, operation: string, ask: AskPage): Promise<unknown[]> {
  const entries: unknown[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const where = token === undefined ? address : { ...address, ContinuationToken: token };
    const answer = await place.requests.run({ operation, bucket: address.Bucket }, ask(where));
    entries.push(...(answer.entries ?? []));
    if (answer.next === undefined || answer.next === '') return entries;
    token = answer.next;
  }
  throw new StorageUnavailableError(`${operation} of ${address.Bucket} failed: its list does not end`, {
    subject: { bucket: address.Bucket, connection: place.connection.name },
    remedy: 'Retry; when it stays, look at the configurations of the bucket in the console.',
  });
}
