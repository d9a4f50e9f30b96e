import type { EpochMs } from '../time.ts';
import { SETTING_NAMES, type SettingName } from './catalogue.ts';
import type { SettingFate, SettingStage, Side } from './plan.ts';

/**
 *   set      its value, as JSON in S3's own words
 *   absent   never set; `isUnsupported`: the provider has no such setting
 *   unknown  not told, because we may not read it or S3 refused to tell
 */
export type SettingState =
  | Readonly<{ state: 'set'; value: unknown }>
  | Readonly<{ state: 'absent'; isUnsupported?: true }>
  | Readonly<{ state: 'unknown'; reason: string }>;

/** Every setting of the catalogue, none left out. */
export type BucketConfiguration = Readonly<Record<SettingName, SettingState>>;

/** The settings of the source as they were before anything of it was changed; never written over while it is frozen. */
export type ConfigurationDocument = Readonly<{
  jobId: string;
  /** Where they were read. */
  from: Side;
  /** Where they are meant to go, as far as it was known then: the new bucket may come to another name or place. */
  to: Side;
  capturedAtMs: EpochMs;
  settings: BucketConfiguration;
  /** SHA-256 (hexadecimal) of `configurationText`: a document that was changed is never applied. */
  sha256: string;
}>;

/** What became of one setting at one stage. `failed`: S3 refused it; the reason and the remedy say why and what to do. */
export type SettingOutcome = Readonly<{
  setting: SettingName;
  outcome: Exclude<SettingFate, 'as-it-is'> | 'applied' | 'failed';
  reason: string;
  differences: readonly string[];
  remedy?: string;
  /** What a person may look over and put by hand. */
  proposal?: unknown;
}>;

export type ConfigurationOutcomeDocument = Readonly<{
  jobId: string;
  stage: SettingStage;
  bucket: string;
  /** Of the inventory that was applied. */
  sha256: string;
  atMs: EpochMs;
  items: readonly SettingOutcome[];
}>;

/** What the digest of an inventory is made of: where it was read, where it goes and every setting, in one order. */
export const configurationText = ({ from, to, settings }: Pick<ConfigurationDocument, 'from' | 'to' | 'settings'>) =>
  canonicalText({ from, to, settings });

/** Settings that could not be read: they are lost with the bucket unless somebody notes them down. */
export const unreadSettings = (settings: BucketConfiguration): readonly SettingName[] =>
  SETTING_NAMES.filter((name) => settings[name].state === 'unknown');

/** One text for equal values: fields have no order, lists have one (the first CORS rule that fits is taken). */
export const canonicalText = (value: unknown): string => JSON.stringify(ordered(value)) ?? '';

export const isSameSetting = (one: unknown, other: unknown): boolean => canonicalText(one) === canonicalText(other);

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, ordered(field)]));
}

/** Is it what a new bucket has anyway? (S3 user guide, "Creating a general purpose bucket") */
export function isDefaultSetting(name: SettingName, value: unknown): boolean {
  switch (name) {
    case 'abac':
    case 'accelerate':
    case 'versioning':
      return !isSameStatus(value, 'Enabled') && !isSameStatus(value, 'Suspended');
    case 'acl':
      return otherGrantsOf(value as AccessControl).length === 0;
    case 'encryption':
      return isDefaultEncryption(value as Encryption);
    case 'location':
      return true;
    case 'ownership':
      return ownershipOf(value) === 'BucketOwnerEnforced';
    case 'publicAccessBlock':
      return isEverythingBlocked(value as PublicAccess);
    case 'requestPayment':
      return (value as { Payer?: string }).Payer !== 'Requester';
    default:
      return false;
  }
}

const isSameStatus = (value: unknown, status: string): boolean => (value as { Status?: string }).Status === status;

export type Grant = Readonly<{
  Grantee?: Readonly<{ ID?: string; URI?: string; Type?: string; EmailAddress?: string }>;
  Permission?: string;
}>;
export type AccessControl = Readonly<{ Owner?: Readonly<{ ID?: string }>; Grants?: readonly Grant[] }>;

/** The owner's own full control stands in every list. */
export const otherGrantsOf = ({ Owner, Grants = [] }: AccessControl): readonly Grant[] =>
  Grants.filter(({ Grantee }) => Grantee?.ID === undefined || Grantee.ID !== Owner?.ID);

export type Encryption = Readonly<{
  Rules?: readonly Readonly<{
    ApplyServerSideEncryptionByDefault?: Readonly<{ SSEAlgorithm?: string; KMSMasterKeyID?: string }>;
    BucketKeyEnabled?: boolean;
    BlockedEncryptionTypes?: Readonly<{ EncryptionType?: readonly string[] }>;
  }>[];
}>;

/** New buckets refuse keys that the customer brings (SSE-C); older ones say nothing about it. */
function isDefaultEncryption({ Rules = [] }: Encryption): boolean {
  return Rules.every(({ ApplyServerSideEncryptionByDefault: byDefault, BucketKeyEnabled, BlockedEncryptionTypes }) => {
    const blocked = BlockedEncryptionTypes?.EncryptionType ?? [];
    const isPlain = (byDefault?.SSEAlgorithm ?? 'AES256') === 'AES256' && BucketKeyEnabled !== true;
    return isPlain && blocked.every((type) => type === 'SSE-C');
  });
}

export const ownershipOf = (value: unknown): string | undefined =>
  (value as { Rules?: readonly { ObjectOwnership?: string }[] }).Rules?.[0]?.ObjectOwnership;

export type PublicAccess = Readonly<
  Partial<Record<'BlockPublicAcls' | 'IgnorePublicAcls' | 'BlockPublicPolicy' | 'RestrictPublicBuckets', boolean>>
>;
export const isEverythingBlocked = (block: PublicAccess): boolean =>
  [block.BlockPublicAcls, block.IgnorePublicAcls, block.BlockPublicPolicy, block.RestrictPublicBuckets].every(
    (flag) => flag === true,
  );

type Rule = Readonly<Record<string, unknown>>;
export type Lifecycle = Readonly<{ Rules?: readonly Rule[] }>;

/** The same rules, at rest: while the bucket is moved no clock may expire or archive what is being copied. */
export const pausedLifecycle = <Value extends Lifecycle>(value: Value): Value => ({
  ...value,
  Rules: (value.Rules ?? []).map((rule) => ({ ...rule, Status: 'Disabled' })),
});
