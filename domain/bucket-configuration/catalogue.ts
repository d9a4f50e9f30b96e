/**
 * Every setting that a bucket has apart from its objects, by the operation that reads it (S3 API reference). The value
 * of a setting is the JSON of that operation's answer, in S3's own words:
 *   acl           { Owner, Grants }
 *   logging       what stands in LoggingEnabled
 *   metadata      what stands in MetadataConfigurationResult
 *   policy        the policy document, not its text
 *   tagging       the list in TagSet
 *   lists         the configurations themselves, each with its Id
 *   all others    the configuration element, for example { CORSRules } or { Status }
 */
export const SETTINGS = [
  { name: 'abac', title: 'Attribute-based access control', operation: 'GetBucketAbac' },
  { name: 'accelerate', title: 'Transfer acceleration', operation: 'GetBucketAccelerateConfiguration' },
  { name: 'acl', title: 'Access control list', operation: 'GetBucketAcl' },
  { name: 'analytics', title: 'Storage class analysis', operation: 'ListBucketAnalyticsConfigurations' },
  { name: 'cors', title: 'Cross-origin resource sharing', operation: 'GetBucketCors' },
  { name: 'encryption', title: 'Default encryption', operation: 'GetBucketEncryption' },
  {
    name: 'intelligentTiering',
    title: 'Intelligent-Tiering archive configurations',
    operation: 'ListBucketIntelligentTieringConfigurations',
  },
  { name: 'inventory', title: 'Inventory reports', operation: 'ListBucketInventoryConfigurations' },
  { name: 'lifecycle', title: 'Lifecycle rules', operation: 'GetBucketLifecycleConfiguration' },
  { name: 'location', title: 'Region', operation: 'GetBucketLocation' },
  { name: 'logging', title: 'Server access logging', operation: 'GetBucketLogging' },
  { name: 'metadata', title: 'Metadata tables', operation: 'GetBucketMetadataConfiguration' },
  { name: 'metrics', title: 'Request metrics', operation: 'ListBucketMetricsConfigurations' },
  { name: 'notification', title: 'Event notifications', operation: 'GetBucketNotificationConfiguration' },
  { name: 'objectLock', title: 'Object Lock', operation: 'GetObjectLockConfiguration' },
  { name: 'ownership', title: 'Object ownership', operation: 'GetBucketOwnershipControls' },
  { name: 'policy', title: 'Bucket policy', operation: 'GetBucketPolicy' },
  { name: 'publicAccessBlock', title: 'Block public access', operation: 'GetPublicAccessBlock' },
  { name: 'replication', title: 'Replication', operation: 'GetBucketReplication' },
  { name: 'requestPayment', title: 'Requester pays', operation: 'GetBucketRequestPayment' },
  { name: 'tagging', title: 'Bucket tags', operation: 'GetBucketTagging' },
  { name: 'versioning', title: 'Versioning', operation: 'GetBucketVersioning' },
  { name: 'website', title: 'Static website', operation: 'GetBucketWebsite' },
] as const;

export type SettingName = (typeof SETTINGS)[number]['name'];
export const SETTING_NAMES: readonly SettingName[] = SETTINGS.map(({ name }) => name);

/** Operations that read a bucket and look like a setting's, and why they are none. */
export const NOT_SETTINGS: Readonly<Record<string, string>> = {
  GetBucketAnalyticsConfiguration: 'one entry of the list',
  GetBucketIntelligentTieringConfiguration: 'one entry of the list',
  GetBucketInventoryConfiguration: 'one entry of the list',
  GetBucketMetricsConfiguration: 'one entry of the list',
  GetBucketMetadataTableConfiguration: 'the older view of the metadata tables, which the newer one reads too',
  GetBucketPolicyStatus: 'follows from the policy',
};

const TITLES = new Map<SettingName, string>(SETTINGS.map(({ name, title }) => [name, title]));
export const titleOf = (name: SettingName): string => TITLES.get(name) ?? name;
