import { SETTING_NAMES, titleOf, type SettingName } from './catalogue.ts';
import { isDefaultSetting, isSameSetting, type BucketConfiguration } from './inventory.ts';
import { namesOldAccount } from './references.ts';
import { RULES, type Rule } from './rules.ts';
import { cannot, nothing, waived, type Ruling } from './rulings.ts';

/** One end of the move. `accountId` is missing where the provider does not tell it. */
export type Side = Readonly<{
  connection: string;
  bucket: string;
  region: string;
  partition: string;
  accountId?: string;
}>;
export type Move = Readonly<{ from: Side; to: Side }>;

export type ConfigurationOptions = Readonly<{
  /** A person consented to opening the bucket as widely as the source was. */
  appliesPublicAccess: boolean;
  /** A copy: the source goes on living beside the new bucket. */
  keepsSource: boolean;
  /** The destination's settings, when the bucket was there before the job; left out for a bucket of the job's own. */
  existing?: BucketConfiguration;
}>;

/**
 *   as-it-is  applied, the same
 *   adapted   applied, with the differences shown
 *   cannot    not applied: a person has to do it, or do without
 *   waived    not applied, because nobody consented or the destination has its own
 *   nothing   there is nothing to apply
 */
export type SettingFate = 'as-it-is' | 'adapted' | 'cannot' | 'waived' | 'nothing';
export type SettingStage = 'before-objects' | 'after-verification';

export type PlanItem = Readonly<{
  setting: SettingName;
  fate: SettingFate;
  stage: SettingStage;
  /** What is put; only for `as-it-is` and `adapted`. */
  value?: unknown;
  /** What a person may look over and put by hand. */
  proposal?: unknown;
  /** For people, a line each. */
  differences: readonly string[];
  /** One sentence. */
  reason: string;
}>;

/** The order in which settings are put at each stage: what others need comes first, what opens the bucket last. */
const ORDER: Readonly<Record<SettingStage, readonly SettingName[]>> = {
  'before-objects': ['ownership', 'publicAccessBlock', 'versioning', 'objectLock', 'encryption', 'tagging', 'cors'],
  'after-verification': [
    ...(['location', 'metadata', 'website', 'analytics', 'metrics', 'inventory', 'logging', 'accelerate'] as const),
    ...(['requestPayment', 'objectLock', 'intelligentTiering', 'lifecycle', 'versioning'] as const),
    ...(['replication', 'notification', 'abac', 'ownership', 'publicAccessBlock', 'acl', 'policy'] as const),
  ],
};
const usualStageOf = (setting: SettingName): SettingStage =>
  ORDER['before-objects'].includes(setting) ? 'before-objects' : 'after-verification';

/**
 * What becomes of every setting of the source, in the order in which it is put. The same question has the same answer.
 *
 *   setting             same account     other account                              stage
 *   abac                as it is         as it is, told                             after
 *   accelerate          as it is; a name with dots cannot                           after
 *   acl                 other grants as they are; public ones with consent only     after, last
 *   analytics           as it is         export to a bucket of the old one cannot   after
 *   cors                own hosts adapted                                           before
 *   encryption          KMS keys: see judgeKmsKey                                   before
 *   intelligentTiering  as it is                                                    after
 *   inventory           as it is; another Region's bucket cannot; keys as above     after
 *   lifecycle           as it is, told that clocks begin anew                       after
 *   location            nothing: the job says where                                 -
 *   logging             as it is; another Region's or account's bucket cannot       after
 *   metadata            cannot: its tables stay                                     -
 *   metrics             as it is; those of access points cannot                     after
 *   notification        targets of the same Region; those of the old account cannot after
 *   objectLock          on before the objects, default retention after verification both
 *   ownership           enforced before, everything else after verification         both
 *   policy              as it is         cannot when it names what is the old one's after, last
 *   publicAccessBlock   all on at once; opened with consent only                    after, last
 *   replication         as it is         cannot: its role is the old account's      after
 *   requestPayment      as it is                                                    after
 *   tagging             as it is, without S3's own and ours                         before
 *   versioning          on before the objects, suspended after; MFA delete cannot   both
 *   website             own hosts adapted                                           after
 */
export function planConfiguration(
  settings: BucketConfiguration,
  move: Move,
  options: ConfigurationOptions,
): readonly PlanItem[] {
  const items = SETTING_NAMES.flatMap((setting) =>
    rulingsOf(setting, settings, move, options).map(({ stage, ...ruling }): PlanItem => {
      const item = { setting, stage: stage ?? usualStageOf(setting), ...ruling };
      return withoutTheOldAccount(keepingWhatIsThere(item, options.existing), move);
    }),
  );
  return [...inOrder(items, 'before-objects'), ...inOrder(items, 'after-verification')];
}

const inOrder = (items: readonly PlanItem[], stage: SettingStage): PlanItem[] =>
  ORDER[stage].flatMap((setting) => items.filter((item) => item.setting === setting && item.stage === stage));

function rulingsOf(
  setting: SettingName,
  settings: BucketConfiguration,
  move: Move,
  options: ConfigurationOptions,
): readonly Ruling[] {
  const rule: Rule = RULES[setting];
  const found = settings[setting];
  if (found.state === 'unknown') return [cannot(`The source does not tell it: ${found.reason}`)];
  const value = found.state === 'set' ? found.value : found.isUnsupported ? undefined : rule.whenAbsent;
  if (value === undefined) return [nothing('The source has none.')];
  if (found.state === 'set' && isDefaultSetting(setting, value) && !rule.appliesDefaults)
    return [nothing('The source has what every new bucket has.')];
  return rule.judge({ value, settings, move, options });
}

/** What decides over the objects that are there already, and who reaches them, is not changed behind their owner's back. */
const ABOUT_WHAT_IS_THERE = new Set<SettingName>([
  ...(['lifecycle', 'intelligentTiering', 'objectLock', 'replication', 'requestPayment'] as const),
  ...(['policy', 'acl', 'publicAccessBlock', 'ownership', 'abac', 'website'] as const),
]);

function keepingWhatIsThere(item: PlanItem, existing: BucketConfiguration | undefined): PlanItem {
  if (!existing || item.value === undefined) return item;
  const { value, ...rest } = item;
  const there = existing[item.setting];
  if (there.state === 'set' && isSameSetting(there.value, value)) return item;
  const name = titleOf(item.setting);
  if (ABOUT_WHAT_IS_THERE.has(item.setting))
    return { ...rest, ...waived(`${name}: the bucket was there before, and what it holds would be affected.`) };
  if (there.state === 'set' && !isDefaultSetting(item.setting, there.value))
    return { ...rest, ...waived(`${name}: the bucket was there before and has its own, which is kept.`) };
  if (there.state === 'unknown')
    return { ...rest, ...waived(`${name}: the bucket was there before, and what it has cannot be read.`) };
  return item;
}

/** The last door: whatever a rule forgot, nothing that is put names the account that the bucket leaves. */
function withoutTheOldAccount(item: PlanItem, move: Move): PlanItem {
  if (item.value === undefined || item.setting === 'tagging' || !namesOldAccount(item.value, move)) return item;
  const { value, ...rest } = item;
  return { ...rest, ...cannot('It names the account that the bucket leaves.', { proposal: value }) };
}
