import type { SettingName } from './catalogue.ts';
import type { BucketConfiguration } from './inventory.ts';
import type { ConfigurationOptions, Move } from './plan.ts';
import * as access from './rules-of-access.ts';
import * as contents from './rules-of-contents.ts';
import * as reports from './rules-of-reports.ts';
import type { Ruling } from './rulings.ts';

export type RuleInput = Readonly<{
  value: unknown;
  /** Every setting of the source: some depend on each other. */
  settings: BucketConfiguration;
  move: Move;
  options: ConfigurationOptions;
}>;

export type Rule = Readonly<{
  judge: (input: RuleInput) => readonly Ruling[];
  /** What an absent setting means, where that is not what a new bucket has. */
  whenAbsent?: unknown;
  /** Also a value that new buckets have anyway is put, because more than its value is to be told. */
  appliesDefaults?: true;
}>;

export const RULES: Readonly<Record<SettingName, Rule>> = {
  abac: { judge: access.judgeAbac },
  accelerate: { judge: contents.judgeAccelerate },
  acl: { judge: access.judgeAcl },
  analytics: { judge: reports.judgeAnalytics },
  cors: { judge: contents.judgeCors },
  encryption: { judge: contents.judgeEncryption },
  intelligentTiering: { judge: contents.judgeIntelligentTiering },
  inventory: { judge: reports.judgeInventory },
  lifecycle: { judge: contents.judgeLifecycle },
  location: { judge: contents.judgeLocation, appliesDefaults: true },
  logging: { judge: reports.judgeLogging },
  metadata: { judge: reports.judgeMetadata },
  metrics: { judge: reports.judgeMetrics },
  notification: { judge: reports.judgeNotification },
  objectLock: { judge: contents.judgeObjectLock },
  // A bucket without ownership controls is one where the writer owns (S3 user guide, "Controlling ownership of objects").
  ownership: { judge: access.judgeOwnership, whenAbsent: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] } },
  policy: { judge: access.judgePolicy },
  publicAccessBlock: { judge: access.judgePublicAccessBlock, whenAbsent: access.NOTHING_BLOCKED },
  replication: { judge: reports.judgeReplication },
  requestPayment: { judge: access.judgeRequestPayment },
  tagging: { judge: contents.judgeTagging },
  versioning: { judge: contents.judgeVersioning },
  website: { judge: contents.judgeWebsite },
};
