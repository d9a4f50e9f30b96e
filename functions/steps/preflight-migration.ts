import { BUCKET_POLICY_BYTES_MAX, addStatements, freezeStatement, isOurSid, policyBytes } from '../../domain/policy.ts';
import type { PolicyStatement } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/names.ts';
import { exemptsSessions } from './freezing.ts';
import { blocked, blockedBy, isAboutSession, many, ok, warning } from './preflight-check.ts';
import { errorOf, valueOf, type Look } from './preflight-look.ts';
import type { Check } from './preflight.ts';

/** A move to where the bucket is already would delete it for nothing. */
const moves: Check = (look) => {
  const [id, title] = ['migration-moves', 'What changes'];
  const facts = valueOf(look.source.bucket);
  const isOwn = isSameAccount(look);
  if (!facts || isOwn === undefined) return undefined;
  const region = regionWanted(look);
  const isSameRegion = region === facts.region;
  if (isOwn && isSameRegion) {
    return blocked(
      id,
      title,
      `"${facts.name}" is in this account and in ${facts.region} already: there is nothing to migrate.`,
      'Choose the connection of another account, or another Region.',
    );
  }
  const what = isOwn ? 'The account stays the same' : 'The bucket goes to another account';
  return ok(
    id,
    title,
    `${what}; ${isSameRegion ? `it stays in ${region}` : `it goes from ${facts.region} to ${region}`}.`,
  );
};

const regionWanted = ({ request, destination }: Look): string | undefined =>
  request.destination.region ?? destination.connection?.region;

/** Undefined when nothing tells. The destination's own list of buckets is the best witness. */
function isSameAccount({ source, destination }: Look): boolean | undefined {
  const own = valueOf(destination.ownBuckets);
  if (own) return own.namesSource;
  const [from, to] = [valueOf(source.identity)?.accountId, valueOf(destination.identity)?.accountId];
  return from === undefined || to === undefined ? undefined : from === to;
}

/** S3 user guide, "Bucket quotas": 10,000 general purpose buckets, unless AWS raised it. */
const BUCKETS_MAX = 10_000;

const roomForBuckets: Check = ({ request, destination }) => {
  const [id, title] = ['destination-buckets', 'Buckets of the destination'];
  const error = errorOf(destination.ownBuckets);
  if (error !== undefined && !isAboutSession(error)) {
    return warning(
      id,
      title,
      `The connection "${request.destination.connection}" may not list its buckets, so whether the name is ours is harder to tell.`,
      'Allow s3:ListAllMyBuckets in the role of the destination.',
    );
  }
  const own = valueOf(destination.ownBuckets);
  if (!own) return undefined;
  if (own.count < BUCKETS_MAX - 1)
    return ok(id, title, `${many(own.count, 'bucket')} there. A temporary bucket is made beside them for a while.`);
  return warning(
    id,
    title,
    `${many(own.count, 'bucket')} there, and AWS allows ${BUCKETS_MAX.toLocaleString('en-US')} unless it raised that. A temporary bucket and the new one are needed.`,
    'Ask for a higher quota, or delete buckets that are not needed.',
  );
};

const freezeFits: Check = ({ request, jobId, source }) => {
  const [id, title] = ['source-policy', "Source's bucket policy"];
  const error = errorOf(source.sourcePolicy);
  if (error !== undefined) return blockedBy(id, title, error);
  if (!('value' in source.sourcePolicy) || !source.connection) return undefined;
  const { connection } = source;
  const principalArn = valueOf(source.identity)?.principalArn ?? '';
  const conditions = connection.kind === 's3-compatible' ? 'basic' : 'aws';
  const exemption = exemptsSessions(connection)
    ? ({ kind: 'sessions' } as const)
    : ({ kind: 'principal', principalArns: [principalArn], conditions } as const);
  const partition = conditions === 'basic' ? 'aws' : partitionOf(connection.region);
  const id0 = jobId ?? 'migrate-00000000-000000000000';
  const statement = freezeStatement(id0, request.source.bucket, partition, exemption, 'undo');
  const sizeBytes = policyBytes(addStatements(source.sourcePolicy.value, [statement]));
  if (sizeBytes <= BUCKET_POLICY_BYTES_MAX)
    return ok(id, title, 'A statement that freezes the source while it is moved fits; a stop takes it out again.');
  return blocked(
    id,
    title,
    `With the statement that freezes it the source's policy would have ${sizeBytes.toLocaleString('en-US')} bytes; S3 takes ${BUCKET_POLICY_BYTES_MAX.toLocaleString('en-US')}.`,
    'Shorten the policy of the source bucket.',
  );
};

const principalKnown: Check = ({ request, source }) => {
  const identity = valueOf(source.identity);
  if (!identity || !source.connection || exemptsSessions(source.connection)) return undefined;
  if (identity.principalArn !== undefined) return undefined;
  return blocked(
    'source-freezer',
    'Who empties',
    `The provider does not tell who the connection "${request.source.connection}" is, and the freeze must leave it out.`,
    `Set principalArn on the connection "${request.source.connection}", as the provider's bucket policies name its user.`,
  );
};

/** What a migration cannot do without, and a policy may forbid. */
const NEEDED = ['s3:DeleteBucket', 's3:DeleteObject', 's3:DeleteObjectVersion', 's3:PutBucketPolicy'];

const denied: Check = ({ source }) => {
  const policy = valueOf(source.sourcePolicy);
  const denying = (policy?.Statement ?? []).filter(({ Sid, Effect }) => Effect === 'Deny' && !isOurSid(Sid));
  const found = denying.map((statement) => ({ statement, actions: NEEDED.filter((one) => covers(statement, one)) }));
  const worst = found.find(({ statement, actions }) => actions.length > 0 && isForEverybody(statement));
  const [id, title] = ['source-deletable', 'Deleting the source'];
  if (worst) {
    return blocked(
      id,
      title,
      `${nameOf(worst.statement)} in the source's policy denies ${worst.actions.join(', ')} to everybody: it could not be emptied and deleted.`,
      'Take that statement out of the policy of the source bucket first.',
    );
  }
  const some = found.filter(({ actions }) => actions.length > 0).map(({ statement }) => nameOf(statement));
  const role = source.connection?.roleArn ?? 'the keys of the source connection';
  return warning(
    id,
    title,
    some.length > 0
      ? `${some.join(', ')} in the source's policy may forbid to delete it. That is known only when it is tried, after every object is safe elsewhere.`
      : 'Whether the source may be emptied and deleted is known only when it is tried, after every object is safe elsewhere.',
    `Make sure that ${role} may ${NEEDED.join(', ')}, and that no access point is attached: S3 then refuses to delete the bucket, and access points are not seen here.`,
  );
};

const nameOf = ({ Sid }: PolicyStatement): string => (Sid === undefined ? 'A statement' : `The statement "${Sid}"`);

const listOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');

function covers(statement: PolicyStatement, action: string): boolean {
  const isNamed = (patterns: unknown): boolean => listOf(patterns).some((pattern) => matches(pattern, action));
  return statement['NotAction'] === undefined ? isNamed(statement['Action']) : !isNamed(statement['NotAction']);
}

function matches(pattern: string, action: string): boolean {
  const literal = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${literal}$`, 'i').test(action);
}

function isForEverybody(statement: PolicyStatement): boolean {
  const principal = statement['Principal'];
  const aws = typeof principal === 'object' && principal !== null ? (principal as { AWS?: unknown }).AWS : principal;
  return statement['Condition'] === undefined && listOf(aws).includes('*');
}

const nameRelease: Check = ({ request }) =>
  warning(
    'name-release',
    'While the name changes hands',
    `After the source is deleted the name "${request.source.bucket}" is nobody's, for minutes as a rule and for up to 72 hours. Another account could take it in that time, and would then get what is still sent to the bucket: by applications, websites, CloudFront, Route 53 records. The objects are safe in the temporary bucket throughout.`,
    'Stop what uses the bucket, and take DNS records and distributions off it, before you consent to its deletion.',
  );

export const MIGRATION_CHECKS: readonly Check[] = [
  moves,
  principalKnown,
  roomForBuckets,
  freezeFits,
  denied,
  nameRelease,
];
