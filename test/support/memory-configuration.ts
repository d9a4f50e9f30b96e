import { SETTING_NAMES, type SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import {
  isSameSetting,
  type BucketConfiguration,
  type SettingState,
} from '../../domain/bucket-configuration/inventory.ts';
import type { BucketPolicy } from '../../domain/policy.ts';
import type { MemoryBucket } from './memory-bucket.ts';

const VERSIONING = { off: undefined, enabled: { Status: 'Enabled' }, suspended: { Status: 'Suspended' } } as const;
type Tags = readonly { Key: string; Value: string }[];

/** What a bucket in memory answers about its settings; the bucket's facts and policy are settings too. */
export function configurationOf(bucket: MemoryBucket): BucketConfiguration {
  const states = SETTING_NAMES.map((name): [SettingName, SettingState] => {
    const value = valueOf(bucket, name);
    return [name, value === undefined ? { state: 'absent' } : { state: 'set', value }];
  });
  return Object.fromEntries(states) as BucketConfiguration;
}

function valueOf({ facts, policy, settings }: MemoryBucket, name: SettingName): unknown {
  const tags = Object.entries(facts.tags).map(([Key, Value]) => ({ Key, Value }));
  if (name === 'policy') return policy;
  if (name === 'versioning') return VERSIONING[facts.versioning];
  if (name === 'tagging') return tags.length === 0 ? undefined : tags;
  if (name === 'location') return { LocationConstraint: facts.region };
  return settings?.[name] ?? DEFAULTS[name];
}

/** What AWS gives every new bucket. */
const DEFAULTS: Partial<Record<SettingName, unknown>> = {
  ownership: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  publicAccessBlock: {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: true,
    RestrictPublicBuckets: true,
  },
  requestPayment: { Payer: 'BucketOwner' },
};

export function applyMemorySetting(bucket: MemoryBucket, name: SettingName, value: unknown): 'applied' | 'was-so' {
  if (isSameSetting(valueOf(bucket, name), value)) return 'was-so';
  if (name === 'policy') bucket.policy = mergedPolicy(bucket.policy, value as BucketPolicy);
  else if (name === 'versioning') {
    const isEnabled = (value as { Status?: string }).Status === 'Enabled';
    bucket.facts = { ...bucket.facts, versioning: isEnabled ? 'enabled' : 'suspended' };
  } else if (name === 'tagging') {
    const added = Object.fromEntries((value as Tags).map(({ Key, Value }) => [Key, Value]));
    bucket.facts = { ...bucket.facts, tags: { ...bucket.facts.tags, ...added } };
  } else bucket.settings = { ...bucket.settings, [name]: value };
  return 'applied';
}

const mergedPolicy = (current: BucketPolicy | undefined, { Statement, ...policy }: BucketPolicy): BucketPolicy => ({
  ...policy,
  Statement: [
    ...(current?.Statement ?? []).filter((one) => !Statement.some((two) => isSameSetting(one, two))),
    ...Statement,
  ],
});
