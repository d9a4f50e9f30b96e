import { isOurSid, type BucketPolicy, type PolicyStatement } from '../policy.ts';
import { isEverythingBlocked, otherGrantsOf, ownershipOf, type AccessControl, type Grant } from './inventory.ts';
import type { Move } from './plan.ts';
import {
  adaptAccount,
  adaptBucketArn,
  changedLines,
  isSameAccount,
  isSamePartition,
  mapTexts,
  textsOf,
  whyBoundToOldPlace,
} from './references.ts';
import type { RuleInput } from './rules.ts';
import {
  asItIs,
  cannot,
  carried,
  drop,
  keep,
  nothing,
  sift,
  waived,
  type EntryVerdict,
  type Ruling,
} from './rulings.ts';

/** Settings that say who reaches the bucket. */

export const NOTHING_BLOCKED = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

const NO_CONSENT = 'Public access stays shut, because nobody consented to opening it.';

export function judgePublicAccessBlock({ value, options }: RuleInput): Ruling[] {
  if (isEverythingBlocked(value as typeof NOTHING_BLOCKED)) return [asItIs(value)];
  const stage = 'after-verification';
  if (!options.appliesPublicAccess) return [waived(NO_CONSENT, { stage })];
  return [asItIs(value, 'Opened as the source was, last of all, as was consented to.', { stage })];
}

/**
 * The new bucket is made with ownership enforced and stays so while it is filled: whoever writes the copies, they are
 * the bucket owner's. What is looser comes afterwards and leaves their owner as it is.
 */
export function judgeOwnership({ value }: RuleInput): Ruling[] {
  if (ownershipOf(value) === 'BucketOwnerEnforced') return [asItIs(value)];
  return [asItIs(value, 'Carried as it is, once the copies belong to the owner.', { stage: 'after-verification' })];
}

export const judgeAbac = ({ value, move }: RuleInput): Ruling[] => [
  asItIs(value, 'Carried as it is.', {
    differences: isSameAccount(move)
      ? []
      : ['The policies that look at the tags of buckets are those of the new account.'],
  }),
];

export const judgeRequestPayment = ({ value }: RuleInput): Ruling[] => [asItIs(value)];

// --- ACL -----------------------------------------------------------------------------------------------------------

const isPublicGrant = ({ Grantee }: Grant): boolean =>
  /\/global\/(AllUsers|AuthenticatedUsers)$/.test(Grantee?.URI ?? '');
const granteeOf = ({ Grantee }: Grant): string => Grantee?.URI ?? Grantee?.ID ?? Grantee?.EmailAddress ?? '?';

/** The value holds the grants to others; the owner of the new bucket keeps full control. */
export function judgeAcl({ value, settings, move, options }: RuleInput): Ruling[] {
  const ownership = settings.ownership;
  if (ownership.state === 'set' && ownershipOf(ownership.value) === 'BucketOwnerEnforced')
    return [nothing('Its ACL is not in use: the bucket owner owns everything.')];
  if (!isSamePartition(move)) return [cannot('Its ACL names users of another partition.')];
  const grants = otherGrantsOf(value as AccessControl);
  const kept = options.appliesPublicAccess ? grants : grants.filter((grant) => !isPublicGrant(grant));
  const dropped = grants.filter((grant) => !kept.includes(grant));
  if (kept.length === 0) return [waived(NO_CONSENT, { differences: dropped.map(lineOfDropped) })];
  const Grants = kept.map(({ Grantee, Permission }) => ({ Grantee: plainGrantee(Grantee), Permission }));
  const notes = isSameAccount(move) ? [] : ['The new account owns the bucket; the old one keeps no right of its own.'];
  return [carried({ Grants }, dropped.map(lineOfDropped), notes)];
}

const lineOfDropped = (grant: Grant): string => `${grant.Permission ?? '?'} for ${granteeOf(grant)} is left out.`;

/** Names that are shown are not part of who is meant, and not every answer has them. */
const plainGrantee = (grantee: Grant['Grantee']) => ({
  Type: grantee?.Type,
  ...(grantee?.ID === undefined ? {} : { ID: grantee.ID }),
  ...(grantee?.URI === undefined ? {} : { URI: grantee.URI }),
  ...(grantee?.EmailAddress === undefined ? {} : { EmailAddress: grantee.EmailAddress }),
});

// --- policy --------------------------------------------------------------------------------------------------------

const nameOf = ({ Sid }: PolicyStatement, index: number): string => `Statement ${index + 1}${Sid ? ` (${Sid})` : ''}`;

/**
 *   names what is bound to the old place      cannot; shown with the new account's id for a person to put
 *   opens the bucket to everyone, no consent  that statement is left out
 *   names the bucket itself                   under its new name and partition
 * Statements of this product are never carried.
 */
export function judgePolicy({ value, move, options }: RuleInput): Ruling[] {
  const policy = value as BucketPolicy;
  const statements = policy.Statement.filter(({ Sid }) => !isOurSid(Sid));
  if (statements.length === 0) return [nothing('It holds only statements of this product.')];
  const bound = statements.flatMap((statement, index) => boundLines(statement, nameOf(statement, index), move));
  if (bound.length > 0) {
    const proposal = { ...policy, Statement: statements.map((statement) => proposed(statement, move)) };
    const reason = 'It names what belongs to the old place. Look it over and put it by hand.';
    return [cannot(reason, { differences: bound, proposal })];
  }
  const isOpening = (one: PolicyStatement) => !options.appliesPublicAccess && isPublicStatement(one);
  const { kept, differences } = sift(statements, nameOf, (one) =>
    isOpening(one) ? drop('it opens the bucket to everyone.') : carriedStatement(one, move),
  );
  return [
    kept.length === 0 ? waived(NO_CONSENT, { differences }) : carried({ ...policy, Statement: kept }, differences),
  ];
}

function carriedStatement(statement: PolicyStatement, move: Move): EntryVerdict<PolicyStatement> {
  const wanted = mapTexts(statement, (text) => adaptBucketArn(text, move)) as PolicyStatement;
  return keep(wanted, changedLines(statement, wanted));
}

function boundLines(statement: PolicyStatement, name: string, move: Move): string[] {
  return textsOf(statement).flatMap(({ path, text }) => {
    if (path === 'Sid') return [];
    const why = whyBoundToOldPlace(text, move);
    if (why === undefined) return [];
    const other = adaptAccount(adaptBucketArn(text, move), move);
    return [`${name}: ${path}: ${text} (${why})${other === text ? '' : ` → ${other}?`}`];
  });
}

const proposed = (statement: PolicyStatement, move: Move): unknown =>
  mapTexts(statement, (text) => adaptAccount(adaptBucketArn(text, move), move));

/** Conditions that pin a request to somebody, when their value is no pattern (S3 user guide, "The meaning of public"). */
const PINS =
  /^(aws:(PrincipalArn|PrincipalAccount|PrincipalOrgID|PrincipalOrgPaths|SourceAccount|SourceArn|SourceIp|SourceOwner|SourceVpc|SourceVpce|userid)|s3:(DataAccessPointAccount|DataAccessPointArn|x-amz-server-side-encryption-aws-kms-key-id))$/i;
const POSITIVE = /^(ForAnyValue:)?(StringEquals|StringLike|StringEqualsIgnoreCase|ArnEquals|ArnLike|IpAddress)$/i;

export function isPublicStatement(statement: PolicyStatement): boolean {
  if (statement.Effect !== 'Allow') return false;
  const isForEveryone = textsOf(statement['Principal']).some(({ text }) => text === '*');
  if (!isForEveryone && statement['NotPrincipal'] === undefined) return false;
  return !Object.entries((statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>).some(
    ([operator, block]) =>
      POSITIVE.test(operator) && Object.entries(block).some(([key, value]) => isPinned(key, value)),
  );
}

const isPinned = (key: string, value: unknown): boolean =>
  PINS.test(key) && textsOf(value).every(({ text }) => !/^[*?]|\$\{|^0\.0\.0\.0\/0$|^::\/0$/.test(text) && text !== '');
