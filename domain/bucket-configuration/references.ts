import type { Move } from './plan.ts';

/** What a setting's text refers to: accounts, buckets, keys, hosts; and whether that still holds after the move. */

/** The same owner on both sides. Two accounts that nobody can name are the same only through one connection. */
export function isSameAccount({ from, to }: Move): boolean {
  if (from.accountId !== undefined && to.accountId !== undefined) return from.accountId === to.accountId;
  return from.connection === to.connection;
}
export const isSameRegion = ({ from, to }: Move): boolean => from.region === to.region && isSamePartition({ from, to });
export const isSamePartition = ({ from, to }: Pick<Move, 'from' | 'to'>): boolean => from.partition === to.partition;
export const isRenamed = ({ from, to }: Move): boolean => from.bucket !== to.bucket;

export type Arn = Readonly<{ partition: string; service: string; region: string; accountId: string; resource: string }>;

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` (AWS general reference, "Amazon Resource Names"). */
export function parseArn(text: string): Arn | undefined {
  const parts = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!parts) return undefined;
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = parts;
  return { partition, service, region, accountId, resource };
}

/** Names the account that the bucket leaves, or one that may be it because nobody can tell. */
export function isOfOldAccount(accountId: string, move: Move): boolean {
  if (isSameAccount(move)) return false;
  if (accountId === move.to.accountId && accountId !== '') return false;
  return move.from.accountId === undefined || accountId === move.from.accountId || accountId === '';
}

/** Every text inside a value, with the path to it ("Statement.1.Principal.AWS"). */
export function textsOf(value: unknown, path = ''): readonly Readonly<{ path: string; text: string }>[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => textsOf(field, path === '' ? name : `${path}.${name}`));
}

/** The same value with every text replaced. */
export function mapTexts(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, mapTexts(field, replace)]));
}

/** A line for every text that became another one. */
export function changedLines(before: unknown, after: unknown): string[] {
  const now = new Map(textsOf(after).map(({ path, text }) => [path, text]));
  return textsOf(before).flatMap(({ path, text }) => {
    const other = now.get(path);
    return other === undefined || other === text ? [] : [`${path}: ${text} → ${other}`];
  });
}

/** The bucket's own ARN, and those of what is in it, under the new name and partition. */
export function adaptBucketArn(text: string, { from, to }: Move): string {
  const own = `arn:${from.partition}:s3:::${from.bucket}`;
  if (text !== own && !text.startsWith(`${own}/`)) return text;
  return `arn:${to.partition}:s3:::${to.bucket}${text.slice(own.length)}`;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const wholeNumber = (accountId: string): RegExp => new RegExp(`(?<!\\d)${escaped(accountId)}(?!\\d)`, 'g');

/** For people: the same with the new account's id where the old one stood. Never applied without them. */
export function adaptAccount(text: string, { from, to }: Move): string {
  if (from.accountId === undefined || to.accountId === undefined) return text;
  return text.replace(wholeNumber(from.accountId), to.accountId);
}

/** Where the account cannot be read off: identifiers that live and die with one account. */
const BOUND_TO_AN_ACCOUNT: readonly Readonly<{ matches: RegExp; what: string }>[] = [
  { matches: /^A[A-Z]{2}A[A-Z0-9]{12,}/, what: 'the unique id of a principal' },
  { matches: /CloudFront Origin Access Identity/, what: 'the identity of a CloudFront distribution' },
  { matches: /^o-[a-z0-9]{10,32}(\/|$)/, what: 'an organization' },
  { matches: /^[0-9a-f]{64}$/, what: 'a canonical user id' },
];
/** Networks belong to an account and a Region (VPC user guide). */
const NETWORK = /\bvpce?-[0-9a-f]{8,17}\b/;

/** Why this text cannot stand in the moved bucket's settings as it is; undefined when it can. */
export function whyBoundToOldPlace(text: string, move: Move): string | undefined {
  const arn = parseArn(text);
  const isBucket = arn?.service === 's3' && arn.accountId === '';
  const isOwn = isBucket && (arn.resource === move.from.bucket || arn.resource.startsWith(`${move.from.bucket}/`));
  if (arn && !isOwn && !isSamePartition(move) && arn.partition === move.from.partition) return 'another partition';
  if (NETWORK.test(text) && !(isSameAccount(move) && isSameRegion(move))) return 'a network of the old place';
  if (isSameAccount(move)) return undefined;
  if (arn && !isBucket && isOfOldAccount(arn.accountId, move)) return 'the old account';
  const { accountId } = move.from;
  if (accountId !== undefined && wholeNumber(accountId).test(text)) return 'the old account';
  return BOUND_TO_AN_ACCOUNT.find(({ matches }) => matches.test(text))?.what;
}

/** Inside any setting: ARNs of the account that the bucket leaves. What a rule forgot is found here. */
export const namesOldAccount = (value: unknown, move: Move): boolean =>
  move.from.accountId !== undefined &&
  !isSameAccount(move) &&
  new RegExp(`arn:[^:]*:[^:]*:[^:]*:${escaped(move.from.accountId)}:`).test(JSON.stringify(value) ?? '');

export type KeyVerdict = Readonly<{ ok: true; key: string | undefined }> | Readonly<{ ok: false; reason: string }>;

/**
 * Which KMS key stands for this one after the move.
 *   key                                    same account   result
 *   none, or AWS's own (alias/aws/s3)      any            the destination account's own
 *   of the old account                     no             cannot
 *   in the destination's Region            any            as it is
 *   multi-Region (mrk-)                    any            its replica in the destination's Region
 *   in another Region or partition         any            cannot
 * A key or alias without an ARN is the bucket's own account's, in the bucket's Region.
 */
export function judgeKmsKey(key: string | undefined, move: Move): KeyVerdict {
  if (key === undefined || /(^|:)alias\/aws\/s3$/.test(key)) return { ok: true, key: undefined };
  const arn = parseArn(key);
  const isMultiRegion = /(^|\/)mrk-/.test(arn?.resource ?? key);
  if (!arn) {
    if (!isSameAccount(move)) return { ok: false, reason: `The key ${key} belongs to the old account.` };
    if (isSameRegion(move) || isMultiRegion) return { ok: true, key };
    return { ok: false, reason: `The key ${key} is in ${move.from.region} and has no replica elsewhere.` };
  }
  if (isOfOldAccount(arn.accountId, move)) return { ok: false, reason: `The key ${key} belongs to the old account.` };
  if (arn.partition !== move.to.partition) return { ok: false, reason: `The key ${key} is in another partition.` };
  if (arn.region === move.to.region) return { ok: true, key };
  if (!isMultiRegion) return { ok: false, reason: `The key ${key} is in ${arn.region} and has no replica elsewhere.` };
  return { ok: true, key: `arn:${arn.partition}:kms:${move.to.region}:${arn.accountId}:${arn.resource}` };
}

/** Regions whose website endpoints are written with a dash (AWS general reference, "Amazon S3 website endpoints"). */
const DASHED_WEBSITES = new Set([
  ...['us-east-1', 'us-west-1', 'us-west-2', 'eu-west-1', 'sa-east-1', 'us-gov-west-1'],
  ...['ap-northeast-1', 'ap-southeast-1', 'ap-southeast-2'],
]);
const domainOf = (partition: string): string =>
  partition === 'aws-cn' ? 'amazonaws.com.cn' : partition === 'aws-eusc' ? 'amazonaws.eu' : 'amazonaws.com';

export const websiteHost = ({ bucket, region, partition }: Move['from']): string =>
  `${bucket}.s3-website${DASHED_WEBSITES.has(region) ? '-' : '.'}${region}.${domainOf(partition)}`;
const regionalHost = ({ bucket, region, partition }: Move['from']): string =>
  `${bucket}.s3.${region}.${domainOf(partition)}`;
const globalHost = ({ bucket }: Move['from']): string => `${bucket}.s3.amazonaws.com`;

/** Hosts of the bucket itself, in a redirect or an origin, at their new address; all others stay. */
export function adaptHost(text: string, { from, to }: Move): string {
  const hosts = [websiteHost, regionalHost, ...(isSamePartition({ from, to }) ? [globalHost] : [])];
  const parts = /^(https?:\/\/)?([^/:]+)(.*)$/s.exec(text);
  const found = hosts.find((hostOf) => hostOf(from) === parts?.[2]);
  return parts && found ? `${parts[1] ?? ''}${found(to)}${parts[3] ?? ''}` : text;
}
