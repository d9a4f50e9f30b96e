import type { Accounts } from './accounts.ts';
import { checkConditionOperators, wildcardPattern } from './policy-conditions.ts';
import {
  listOf,
  malformedPolicy,
  parsePolicyDocument,
  statementsOf,
  type PolicyDocument,
  type PolicyStatement,
  type PrincipalElement,
} from './policy-document.ts';
import type { PrincipalIds } from './policy-evaluation.ts';
import type { BucketFacts } from './storage.ts';

/** S3 user guide, "Adding a bucket policy". */
const POLICY_SIZE_BYTES_MAX = 20 * 1024;

/** A bucket policy as it was put; `text` is empty for a deletion that has not taken effect yet. */
export type StoredPolicy = Readonly<{ text: string; principalIds: PrincipalIds; putAtMs: number }>;

/**
 * Checks a bucket policy as PutBucketPolicy does and remembers its principals by their unique ids.
 * Throws MalformedPolicy: not JSON, too large, a resource of another bucket, or a principal that does not exist.
 */
export function acceptBucketPolicy(text: string, bucket: string, accounts: Accounts, nowMs: number): StoredPolicy {
  if (Buffer.byteLength(text) > POLICY_SIZE_BYTES_MAX) throw malformedPolicy('Policy exceeds the maximum allowed size');
  const document = parsePolicyDocument(text);
  const principalIds: Record<string, string> = {};
  for (const statement of statementsOf(document)) {
    checkBucketStatement(statement, bucket);
    for (const arn of namedPrincipals(statement)) {
      const uniqueId = accounts.uniqueIdOf(arn);
      if (uniqueId !== undefined) principalIds[arn] = uniqueId;
      else if (!isKnownPrincipal(arn, accounts)) throw malformedPolicy('Invalid principal in policy');
    }
  }
  return { text, principalIds, putAtMs: nowMs };
}

function checkBucketStatement(statement: PolicyStatement, bucket: string): void {
  if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
    throw malformedPolicy('Missing required field Principal');
  }
  const actions = listOf(statement.Action ?? statement.NotAction);
  if (actions.length === 0 || actions.some((action) => !/^(\*|s3:[A-Za-z*?]+)$/i.test(action))) {
    throw malformedPolicy('Policy has invalid action');
  }
  const resources = listOf(statement.Resource ?? statement.NotResource);
  const ofThisBucket = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/`];
  const isOurs = (resource: string): boolean =>
    resource === ofThisBucket[0] ||
    resource.startsWith(ofThisBucket[1] ?? '') ||
    (/[*?]/.test(resource) && ofThisBucket.some((name) => wildcardPattern(resource).test(name)));
  if (resources.length === 0 || !resources.every(isOurs)) throw malformedPolicy('Policy has invalid resource');
  checkConditionOperators(statement.Condition ?? {});
}

const awsPrincipals = (element: PrincipalElement | undefined): readonly string[] =>
  element === undefined || element === '*' ? [] : listOf(element['AWS']);

const namedPrincipals = (statement: PolicyStatement): readonly string[] =>
  [...awsPrincipals(statement.Principal), ...awsPrincipals(statement.NotPrincipal)].filter((name) => name !== '*');

function isKnownPrincipal(name: string, accounts: Accounts): boolean {
  const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (account !== undefined) return accounts.hasAccount(account);
  const session = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\/.+$/.exec(name);
  if (session) return accounts.role(`arn:aws:iam::${session[1] ?? ''}:role/${session[2] ?? ''}`) !== undefined;
  return false;
}

/** The policy that is in force: a new one takes effect `delayMs` after it was put. */
export function policyInForce(facts: BucketFacts, nowMs: number, delayMs: number): StoredPolicy | undefined {
  return facts.policies.filter((policy) => policy.putAtMs + delayMs <= nowMs).at(-1);
}

export const policyDocumentOf = (stored: StoredPolicy | undefined): PolicyDocument | undefined =>
  !stored || stored.text === '' ? undefined : parsePolicyDocument(stored.text);

/** What GetBucketPolicy answers: principals that are gone stand there as their unique ids. */
export function policyTextOf(stored: StoredPolicy, accounts: Accounts): string {
  let text = stored.text;
  for (const [arn, uniqueId] of Object.entries(stored.principalIds)) {
    if (accounts.uniqueIdOf(arn) !== uniqueId) text = text.replaceAll(JSON.stringify(arn), JSON.stringify(uniqueId));
  }
  return text;
}

/** Allows someone whom nothing pins to an account: what Block Public Access refuses. */
export function isPublicPolicy(text: string): boolean {
  const pins =
    /^(aws:(PrincipalArn|PrincipalAccount|PrincipalOrgID|SourceIp|SourceArn|SourceAccount|SourceVpc|SourceVpce|userid))$/i;
  return statementsOf(parsePolicyDocument(text)).some((statement) => {
    if (statement.Effect !== 'Allow') return false;
    const isForAnyone = statement.Principal === '*' || awsPrincipals(statement.Principal).includes('*');
    const keys = Object.values(statement.Condition ?? {}).flatMap((block) => Object.keys(block));
    return (isForAnyone || statement.NotPrincipal !== undefined) && !keys.some((key) => pins.test(key));
  });
}
