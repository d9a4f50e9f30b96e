import type { Move } from './plan.ts';
import {
  isOfOldAccount,
  isRenamed,
  isSameAccount,
  isSamePartition,
  isSameRegion,
  judgeKmsKey,
  parseArn,
} from './references.ts';
import type { RuleInput } from './rules.ts';
import {
  asItIs,
  cannot,
  carried,
  drop,
  keep,
  ruleSifted,
  sift,
  type EntryVerdict,
  type Ruling,
  type Sifted,
} from './rulings.ts';

/** Settings that send something elsewhere: reports, logs, events, replicas. */

type WithId = Readonly<{ Id?: string }>;
const byId = ({ Id }: WithId, index: number): string => (Id === undefined ? `Entry ${index + 1}` : `"${Id}"`);

type ReportPlace = Readonly<{ Bucket?: string; accountId?: string | undefined }>;
type PlaceVerdict =
  | Readonly<{ ok: true; Bucket: string; accountId: string | undefined; changes: readonly string[] }>
  | Readonly<{ ok: false; why: string }>;

/**
 * Reports lie in a bucket of the same Region (S3 user guide, "Amazon S3 Inventory"), given as an ARN.
 *   the bucket itself                     follows it
 *   in the old account, or nobody's word  cannot, when the account changes
 *   elsewhere                             cannot, when the Region changes
 */
function judgeReportPlace({ Bucket = '', accountId }: ReportPlace, move: Move): PlaceVerdict {
  const { from, to } = move;
  if (Bucket === `arn:${from.partition}:s3:::${from.bucket}`) {
    const own = `arn:${to.partition}:s3:::${to.bucket}`;
    const owner = accountId === undefined ? undefined : to.accountId;
    const changes = [
      ...(own === Bucket ? [] : [`${Bucket} → ${own}`]),
      ...(owner === accountId ? [] : [`account ${accountId ?? ''} → ${owner ?? 'not named'}`]),
    ];
    return { ok: true, Bucket: own, accountId: owner, changes };
  }
  if (!isSamePartition(move)) return { ok: false, why: `${Bucket} is in another partition.` };
  if (!isSameAccount(move) && (accountId === undefined || isOfOldAccount(accountId, move)))
    return { ok: false, why: `${Bucket} belongs to the old account, as far as it is told.` };
  if (!isSameRegion(move)) return { ok: false, why: `${Bucket} is not in ${to.region}.` };
  return { ok: true, Bucket, accountId, changes: [] };
}

type Report = Readonly<{
  Bucket?: string;
  AccountId?: string;
  Encryption?: Readonly<{ SSEKMS?: Readonly<{ KeyId?: string }> }>;
}>;
type Inventory = WithId & Readonly<{ Destination?: Readonly<{ S3BucketDestination?: Report }> }>;

export const judgeInventory = ({ value, move }: RuleInput): Ruling[] => [
  ruleList(sift(value as readonly Inventory[], byId, (entry) => judgeInventoryEntry(entry, move))),
];

function judgeInventoryEntry(entry: Inventory, move: Move): EntryVerdict<Inventory> {
  const { AccountId, ...report } = entry.Destination?.S3BucketDestination ?? {};
  const place = judgeReportPlace({ ...report, accountId: AccountId }, move);
  if (!place.ok) return drop(place.why);
  const keyId = report.Encryption?.SSEKMS?.KeyId;
  const key = keyId === undefined ? undefined : judgeKmsKey(keyId, move);
  if (key?.ok === false) return drop(key.reason);
  const changes = [
    ...place.changes,
    ...(key && key.key !== keyId ? [`key ${keyId ?? ''} → ${key.key ?? 'the own key'}`] : []),
  ];
  const S3BucketDestination = {
    ...report,
    Bucket: place.Bucket,
    ...(place.accountId === undefined ? {} : { AccountId: place.accountId }),
    ...(key?.key === undefined ? {} : { Encryption: { SSEKMS: { KeyId: key.key } } }),
  };
  return keep({ ...entry, Destination: { ...entry.Destination, S3BucketDestination } }, changes);
}

type Export = Readonly<{ Bucket?: string; BucketAccountId?: string }>;
type Analysis = Readonly<{ DataExport?: Readonly<{ Destination?: Readonly<{ S3BucketDestination?: Export }> }> }>;
type Analytics = WithId & Readonly<{ StorageClassAnalysis?: Analysis }>;

export const judgeAnalytics = ({ value, move }: RuleInput): Ruling[] => [
  ruleList(sift(value as readonly Analytics[], byId, (entry) => judgeAnalyticsEntry(entry, move))),
];

function judgeAnalyticsEntry(entry: Analytics, move: Move): EntryVerdict<Analytics> {
  const dataExport = entry.StorageClassAnalysis?.DataExport;
  if (dataExport?.Destination?.S3BucketDestination === undefined) return keep(entry);
  const { BucketAccountId, ...report } = dataExport.Destination.S3BucketDestination;
  const place = judgeReportPlace({ ...report, accountId: BucketAccountId }, move);
  if (!place.ok) return drop(place.why);
  const S3BucketDestination = {
    ...report,
    Bucket: place.Bucket,
    ...(place.accountId === undefined ? {} : { BucketAccountId: place.accountId }),
  };
  const DataExport = { ...dataExport, Destination: { S3BucketDestination } };
  return keep({ ...entry, StorageClassAnalysis: { ...entry.StorageClassAnalysis, DataExport } }, place.changes);
}

type Metrics = WithId &
  Readonly<{ Filter?: Readonly<{ AccessPointArn?: string; And?: Readonly<{ AccessPointArn?: string }> }> }>;

export const judgeMetrics = ({ value }: RuleInput): Ruling[] => [
  ruleList(
    sift(value as readonly Metrics[], byId, (entry) =>
      (entry.Filter?.AccessPointArn ?? entry.Filter?.And?.AccessPointArn) === undefined
        ? keep(entry)
        : drop('access points end with the old bucket.'),
    ),
  ),
];

const ruleList = (sifted: Sifted<unknown>): Ruling => ruleSifted(sifted.kept, sifted);

type Logging = Readonly<{ TargetBucket?: string; TargetGrants?: readonly unknown[] }>;

/** The log bucket has the same owner and Region as the bucket (S3 user guide, "Enabling server access logging"). */
export function judgeLogging({ value, move }: RuleInput): Ruling[] {
  const { TargetGrants, ...logging } = value as Logging;
  const grants = TargetGrants === undefined || TargetGrants.length === 0 ? {} : { TargetGrants };
  if (logging.TargetBucket === move.from.bucket) {
    // Who may read the logs is said in names of the old account's users.
    const kept = isSameAccount(move) ? grants : {};
    const changes = [
      ...(isRenamed(move) ? [`logs go to ${move.to.bucket}, the bucket itself`] : []),
      ...('TargetGrants' in grants && !('TargetGrants' in kept) ? ['who may read the logs is left out'] : []),
    ];
    return [carried({ ...logging, TargetBucket: move.to.bucket, ...kept }, changes)];
  }
  const target = logging.TargetBucket ?? '';
  if (!isSameAccount(move)) return [cannot(`Its log bucket ${target} belongs to the old account.`)];
  if (!isSameRegion(move)) return [cannot(`Its log bucket ${target} is not in ${move.to.region}.`)];
  return [asItIs({ ...logging, ...grants })];
}

/** Its tables are made by S3 and stay with the old bucket's account (S3 user guide, "S3 Metadata"). */
export const judgeMetadata = (_: RuleInput): Ruling[] => [
  cannot(
    'Its metadata tables stay behind. Create a metadata configuration for the new bucket; its tables begin empty.',
  ),
];

type Target = WithId & Readonly<{ TopicArn?: string; QueueArn?: string; LambdaFunctionArn?: string }>;
const TARGETS = ['TopicConfigurations', 'QueueConfigurations', 'LambdaFunctionConfigurations'] as const;
type Notification = Readonly<
  Partial<Record<(typeof TARGETS)[number], readonly Target[]>> & { EventBridgeConfiguration?: object }
>;

/** Targets are in the bucket's Region (S3 user guide, "Amazon S3 Event Notifications"). */
export function judgeNotification({ value, move }: RuleInput): Ruling[] {
  const { EventBridgeConfiguration, ...lists } = value as Notification;
  const wanted: Record<string, unknown> = {};
  const differences: string[] = [];
  for (const name of TARGETS) {
    const sifted = sift(lists[name] ?? [], byId, (target) => judgeTarget(target, move));
    if (sifted.kept.length > 0) wanted[name] = sifted.kept;
    differences.push(...sifted.differences);
  }
  const notes =
    EventBridgeConfiguration && !isSameAccount(move) ? ['Events go to the EventBridge of the new account.'] : [];
  if (EventBridgeConfiguration) wanted['EventBridgeConfiguration'] = EventBridgeConfiguration;
  return [ruleSifted(wanted, { kept: Object.keys(wanted), differences }, notes)];
}

function judgeTarget(target: Target, move: Move): EntryVerdict<Target> {
  const text = target.TopicArn ?? target.QueueArn ?? target.LambdaFunctionArn ?? '';
  const arn = parseArn(text);
  if (!arn) return isSameAccount(move) ? keep(target) : drop(`${text} is not an ARN.`);
  if (isOfOldAccount(arn.accountId, move)) return drop(`${text} belongs to the old account.`);
  if (!isSamePartition(move) || (arn.region !== move.to.region && !isSameRegion(move)))
    return drop(`${text} is not in ${move.to.region}.`);
  return keep(target);
}

type Replication = Readonly<{
  Role?: string;
  Rules?: readonly Readonly<{ ID?: string; Destination?: Readonly<{ Bucket?: string }> }>[];
}>;

export function judgeReplication({ value, move, options }: RuleInput): Ruling[] {
  const replication = value as Replication;
  if (!isSameAccount(move) || !isSamePartition(move))
    return [cannot(`Its role ${replication.Role ?? ''} is the old account's: a role of the new one has to replicate.`)];
  if (options.keepsSource)
    return [cannot('The source goes on replicating: two buckets would write into the same one.')];
  const own = `arn:${move.to.partition}:s3:::${move.to.bucket}`;
  const { kept, differences } = sift(
    replication.Rules ?? [],
    ({ ID }, index) => (ID === undefined ? `Rule ${index + 1}` : `"${ID}"`),
    (rule) => (rule.Destination?.Bucket === own ? drop('a bucket cannot replicate to itself.') : keep(rule)),
  );
  const notes = ['What is there already, and the copies themselves, are not replicated.'];
  return [ruleSifted({ ...replication, Rules: kept }, { kept, differences }, notes)];
}
