import { answer, bucketOf, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { tagsOfXml } from './object-attributes.ts';
import { invalidArgument, S3Problem } from './problem.ts';
import type { BucketFacts } from './storage.ts';
import { childText, parseXml, tag, xmlDocument } from './xml.ts';

/** What the sandbox knows about one sub-resource of a bucket. It is stored as it was put. */
export type Configuration = Readonly<{
  /** The query parameter that names it. */
  name: string;
  /** What the operations are about in the S3 API: `Get` + subject and so on. */
  subject: string;
  rootElement: string;
  action: string;
  /** Answer when absent: an error, or a document. */
  absent: Readonly<{ code: string; message: string }> | ((facts: BucketFacts) => string);
  isDeletable?: boolean;
}>;

const empty =
  (rootElement: string, inner = '') =>
  (): string =>
    xmlDocument(rootElement, inner);

const DEFAULT_ENCRYPTION = `<Rule><ApplyServerSideEncryptionByDefault>${tag('SSEAlgorithm', 'AES256')}</ApplyServerSideEncryptionByDefault>${tag('BucketKeyEnabled', false)}</Rule>`;

/** S3 API reference: the Get, Put and Delete operation of each sub-resource, and what Get answers when there is none. */
export const CONFIGURATIONS: readonly Configuration[] = [
  {
    name: 'cors',
    subject: 'BucketCors',
    rootElement: 'CORSConfiguration',
    action: 'BucketCORS',
    absent: { code: 'NoSuchCORSConfiguration', message: 'The CORS configuration does not exist' },
    isDeletable: true,
  },
  {
    name: 'lifecycle',
    subject: 'BucketLifecycleConfiguration',
    rootElement: 'LifecycleConfiguration',
    action: 'LifecycleConfiguration',
    absent: { code: 'NoSuchLifecycleConfiguration', message: 'The lifecycle configuration does not exist' },
    isDeletable: true,
  },
  {
    name: 'tagging',
    subject: 'BucketTagging',
    rootElement: 'Tagging',
    action: 'BucketTagging',
    absent: { code: 'NoSuchTagSet', message: 'The TagSet does not exist' },
    isDeletable: true,
  },
  {
    name: 'website',
    subject: 'BucketWebsite',
    rootElement: 'WebsiteConfiguration',
    action: 'BucketWebsite',
    absent: {
      code: 'NoSuchWebsiteConfiguration',
      message: 'The specified bucket does not have a website configuration',
    },
    isDeletable: true,
  },
  {
    name: 'replication',
    subject: 'BucketReplication',
    rootElement: 'ReplicationConfiguration',
    action: 'ReplicationConfiguration',
    absent: {
      code: 'ReplicationConfigurationNotFoundError',
      message: 'The replication configuration was not found',
    },
    isDeletable: true,
  },
  {
    name: 'encryption',
    subject: 'BucketEncryption',
    rootElement: 'ServerSideEncryptionConfiguration',
    action: 'EncryptionConfiguration',
    absent: empty('ServerSideEncryptionConfiguration', DEFAULT_ENCRYPTION),
    isDeletable: true,
  },
  {
    name: 'ownershipControls',
    subject: 'BucketOwnershipControls',
    rootElement: 'OwnershipControls',
    action: 'BucketOwnershipControls',
    absent: { code: 'OwnershipControlsNotFoundError', message: 'The bucket ownership controls were not found' },
    isDeletable: true,
  },
  {
    name: 'publicAccessBlock',
    subject: 'PublicAccessBlock',
    rootElement: 'PublicAccessBlockConfiguration',
    action: 'BucketPublicAccessBlock',
    absent: {
      code: 'NoSuchPublicAccessBlockConfiguration',
      message: 'The public access block configuration was not found',
    },
    isDeletable: true,
  },
  {
    name: 'object-lock',
    subject: 'ObjectLockConfiguration',
    rootElement: 'ObjectLockConfiguration',
    action: 'BucketObjectLockConfiguration',
    absent: {
      code: 'ObjectLockConfigurationNotFoundError',
      message: 'Object Lock configuration does not exist for this bucket',
    },
  },
  {
    name: 'notification',
    subject: 'BucketNotificationConfiguration',
    rootElement: 'NotificationConfiguration',
    action: 'BucketNotification',
    absent: empty('NotificationConfiguration'),
  },
  {
    name: 'logging',
    subject: 'BucketLogging',
    rootElement: 'BucketLoggingStatus',
    action: 'BucketLogging',
    absent: empty('BucketLoggingStatus'),
  },
  {
    name: 'accelerate',
    subject: 'BucketAccelerateConfiguration',
    rootElement: 'AccelerateConfiguration',
    action: 'AccelerateConfiguration',
    absent: empty('AccelerateConfiguration'),
  },
  {
    name: 'abac',
    subject: 'BucketAbac',
    rootElement: 'AbacStatus',
    action: 'BucketABAC',
    absent: empty('AbacStatus', tag('Status', 'Disabled')),
  },
  {
    name: 'requestPayment',
    subject: 'BucketRequestPayment',
    rootElement: 'RequestPaymentConfiguration',
    action: 'BucketRequestPayment',
    absent: empty('RequestPaymentConfiguration', tag('Payer', 'BucketOwner')),
  },
];

/** Both ways to ask for a metadata configuration. The sandbox makes none, so it has only the answer that there is none. */
export const METADATA_CONFIGURATIONS: readonly Configuration[] = [
  ['metadataConfiguration', 'BucketMetadataConfiguration'] as const,
  ['metadataTable', 'BucketMetadataTableConfiguration'] as const,
].map(([name, subject]) => ({
  name,
  subject,
  rootElement: `Get${subject}Result`,
  action: 'BucketMetadataTableConfiguration',
  absent: { code: 'MetadataConfigurationNotFound', message: 'The metadata configuration was not found' },
}));

export const operationName = (verb: string, { subject }: Pick<Configuration, 'subject'>): string =>
  verb === 'Delete' && subject === 'BucketLifecycleConfiguration' ? 'DeleteBucketLifecycle' : `${verb}${subject}`;

export function getConfiguration(call: Call, configuration: Configuration): SandboxAnswer {
  const { facts } = bucketOf(call);
  const stored = facts.configurations[configuration.name];
  if (stored !== undefined) return xmlAnswer(stored);
  const { absent } = configuration;
  if (typeof absent === 'function') return xmlAnswer(absent(facts));
  throw new S3Problem(absent.code, absent.message, { fields: { BucketName: facts.name } });
}

const BUCKET_TAG_COUNT_MAX = 50;

export function putConfiguration(call: Call, configuration: Configuration, text: string): SandboxAnswer {
  const { facts } = bucketOf(call);
  parseXml(text, configuration.rootElement);
  if (configuration.name === 'tagging') tagsOfXml(text, BUCKET_TAG_COUNT_MAX);
  if (configuration.name === 'object-lock' && facts.versioning !== 'Enabled') {
    throw new S3Problem(
      'InvalidBucketState',
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    );
  }
  saveConfigurations(call, facts, { ...facts.configurations, [configuration.name]: text });
  return answer(configuration.name === 'tagging' ? 204 : 200);
}

export function deleteConfiguration(call: Call, configuration: Configuration): SandboxAnswer {
  const { facts } = bucketOf(call);
  const { [configuration.name]: _, ...kept } = facts.configurations;
  saveConfigurations(call, facts, kept);
  return answer(204);
}

export function saveConfigurations(call: Call, facts: BucketFacts, configurations: Record<string, string>): void {
  call.surroundings.storage.saveBucket({ ...facts, configurations });
}

// --- configurations by id ------------------------------------------------------------------------------------------

export type ConfigurationById = Readonly<{
  name: string;
  subject: string;
  rootElement: string;
  listElement: string;
  action: string;
}>;

export const CONFIGURATIONS_BY_ID: readonly ConfigurationById[] = [
  {
    name: 'analytics',
    subject: 'BucketAnalyticsConfiguration',
    rootElement: 'AnalyticsConfiguration',
    listElement: 'ListBucketAnalyticsConfigurationResult',
    action: 'AnalyticsConfiguration',
  },
  {
    name: 'inventory',
    subject: 'BucketInventoryConfiguration',
    rootElement: 'InventoryConfiguration',
    listElement: 'ListInventoryConfigurationsResult',
    action: 'InventoryConfiguration',
  },
  {
    name: 'metrics',
    subject: 'BucketMetricsConfiguration',
    rootElement: 'MetricsConfiguration',
    listElement: 'ListMetricsConfigurationsResult',
    action: 'MetricsConfiguration',
  },
  {
    name: 'intelligent-tiering',
    subject: 'BucketIntelligentTieringConfiguration',
    rootElement: 'IntelligentTieringConfiguration',
    listElement: 'ListBucketIntelligentTieringConfigurationsOutput',
    action: 'IntelligentTieringConfiguration',
  },
];

const storedAs = (configuration: ConfigurationById, id: string): string => `${configuration.name}/${id}`;

export function getConfigurationById(call: Call, configuration: ConfigurationById): SandboxAnswer {
  const { facts } = bucketOf(call);
  const id = call.query.get('id');
  if (id === undefined) return listConfigurations(facts, configuration);
  const stored = facts.configurations[storedAs(configuration, id)];
  if (stored === undefined) throw noSuchConfiguration();
  return xmlAnswer(stored);
}

const noSuchConfiguration = (): S3Problem =>
  new S3Problem('NoSuchConfiguration', 'The specified configuration does not exist.');

function listConfigurations(facts: BucketFacts, configuration: ConfigurationById): SandboxAnswer {
  const prefix = storedAs(configuration, '');
  const items = Object.keys(facts.configurations)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => (facts.configurations[name] ?? '').replace(/^\s*<\?xml[^>]*\?>\s*/, ''));
  return xmlAnswer(xmlDocument(configuration.listElement, items.join('') + tag('IsTruncated', false)));
}

export function putConfigurationById(call: Call, configuration: ConfigurationById, text: string): SandboxAnswer {
  const { facts } = bucketOf(call);
  const id = call.query.get('id') ?? '';
  const root = parseXml(text, configuration.rootElement);
  if (childText(root, 'Id') !== id) throw invalidArgument('id', id, 'The id does not match the configuration.');
  saveConfigurations(call, facts, { ...facts.configurations, [storedAs(configuration, id)]: text });
  return answer(200);
}

export function deleteConfigurationById(call: Call, configuration: ConfigurationById): SandboxAnswer {
  const { facts } = bucketOf(call);
  const name = storedAs(configuration, call.query.get('id') ?? '');
  const { [name]: stored, ...kept } = facts.configurations;
  if (stored === undefined) throw noSuchConfiguration();
  saveConfigurations(call, facts, kept);
  return answer(204);
}
