import { conditionsHold, wildcardPattern, type ConditionContext } from './policy-conditions.ts';
import {
  listOf,
  statementsOf,
  type PolicyDocument,
  type PolicyStatement,
  type PrincipalElement,
} from './policy-document.ts';

/** Who asks. `arn` is the role's for a session; `sessionArn` then is the session's own. */
export type PrincipalFacts = Readonly<{
  kind: 'user' | 'role-session' | 'root' | 'anonymous';
  accountId: string;
  arn: string;
  uniqueId: string;
  sessionArn?: string | undefined;
}>;

/** The context may cost something: it is looked at only where a statement has conditions. */
export type AccessQuestion = Readonly<{ action: string; resource: string; context: ConditionContext }>;

/** How a resource policy's statement names the asker, from the widest to the narrowest. */
export type NamedAs = 'anyone' | 'account' | 'principal' | 'session';

/** Which principals of a policy still exist as they were when it was put: ARN to unique id. */
export type PrincipalIds = Readonly<Record<string, string>>;

export type Verdict = Readonly<{ isAllowed: boolean; because: string }>;

type PolicyAnswer = 'deny' | 'allow' | 'none';

const matchesAny = (patterns: readonly string[], text: string, flags: '' | 'i' = ''): boolean =>
  patterns.some((pattern) => pattern === '*' || wildcardPattern(pattern, flags).test(text));

function statementCovers(statement: PolicyStatement, question: AccessQuestion): boolean {
  const isAction =
    statement.NotAction === undefined
      ? matchesAny(listOf(statement.Action), question.action, 'i')
      : !matchesAny(listOf(statement.NotAction), question.action, 'i');
  if (!isAction) return false;
  if (statement.NotResource !== undefined) {
    if (matchesAny(listOf(statement.NotResource), question.resource)) return false;
  } else if (statement.Resource !== undefined && !matchesAny(listOf(statement.Resource), question.resource)) {
    return false;
  }
  return statement.Condition === undefined || conditionsHold(statement.Condition, question.context);
}

/** What policies without principals (identity and session policies) say together. */
export function evaluateIdentityPolicies(policies: readonly PolicyDocument[], question: AccessQuestion): PolicyAnswer {
  let answer: PolicyAnswer = 'none';
  for (const statement of policies.flatMap(statementsOf)) {
    if (!statementCovers(statement, question)) continue;
    if (statement.Effect === 'Deny') return 'deny';
    answer = 'allow';
  }
  return answer;
}

/** What a bucket or trust policy says to this principal, and how the allowing statements name it. */
export function evaluateResourcePolicy(
  policy: PolicyDocument | undefined,
  question: AccessQuestion,
  principal: PrincipalFacts,
  ids: PrincipalIds = {},
): { answer: PolicyAnswer; namedAs: readonly NamedAs[] } {
  const namedAs = new Set<NamedAs>();
  for (const statement of policy ? statementsOf(policy) : []) {
    if (!statementCovers(statement, question)) continue;
    const name = howNamed(statement, principal, ids);
    if (!name) continue;
    if (statement.Effect === 'Deny') return { answer: 'deny', namedAs: [] };
    namedAs.add(name);
  }
  return { answer: namedAs.size > 0 ? 'allow' : 'none', namedAs: [...namedAs] };
}

function howNamed(statement: PolicyStatement, principal: PrincipalFacts, ids: PrincipalIds): NamedAs | undefined {
  if (statement.NotPrincipal !== undefined) {
    return howPrincipalElementNames(statement.NotPrincipal, principal, ids) ? undefined : 'anyone';
  }
  return statement.Principal === undefined ? undefined : howPrincipalElementNames(statement.Principal, principal, ids);
}

function howPrincipalElementNames(
  element: PrincipalElement,
  principal: PrincipalFacts,
  ids: PrincipalIds,
): NamedAs | undefined {
  if (element === '*') return 'anyone';
  const names = listOf(element['AWS']).map((name) => howNameMatches(name, principal, ids));
  const order: readonly NamedAs[] = ['session', 'principal', 'anyone', 'account'];
  return order.find((candidate) => names.includes(candidate));
}

function howNameMatches(name: string, principal: PrincipalFacts, ids: PrincipalIds): NamedAs | undefined {
  if (name === '*') return 'anyone';
  if (principal.kind === 'anonymous') return undefined;
  if (name === principal.accountId || name === `arn:aws:iam::${principal.accountId}:root`) return 'account';
  if (name === principal.sessionArn) return 'session';
  // A principal is remembered by its unique id: one that was deleted and made again is another one.
  const isSameOne = name === principal.arn && (ids[name] ?? principal.uniqueId) === principal.uniqueId;
  return isSameOne || name === principal.uniqueId ? 'principal' : undefined;
}

/**
 * AWS's rules for one request (IAM user guide, policy evaluation logic):
 *
 *   any explicit deny                                        denied
 *   same account   identity policy (within the session)      allowed
 *                  resource policy names the principal       allowed (a session policy still limits it)
 *                  resource policy names the session         allowed
 *                  resource policy names anyone              allowed (a session policy still limits it)
 *                  resource policy names the account         only delegates: the identity policy decides
 *   other account  identity policy and resource policy       both must allow
 *   anonymous      resource policy names anyone              allowed
 */
export function decideAccess(facts: {
  question: AccessQuestion;
  principal: PrincipalFacts;
  identityPolicies: readonly PolicyDocument[];
  sessionPolicy?: PolicyDocument | undefined;
  resourcePolicy?: PolicyDocument | undefined;
  resourcePolicyIds?: PrincipalIds | undefined;
  resourceAccountId: string;
}): Verdict {
  const { question, principal } = facts;
  const resource = evaluateResourcePolicy(facts.resourcePolicy, question, principal, facts.resourcePolicyIds);
  const identity = evaluateIdentityPolicies(facts.identityPolicies, question);
  const session = facts.sessionPolicy ? evaluateIdentityPolicies([facts.sessionPolicy], question) : 'allow';
  if (resource.answer === 'deny') return denied('an explicit deny in a resource-based policy');
  if (identity === 'deny') return denied('an explicit deny in an identity-based policy');
  if (session === 'deny') return denied('an explicit deny in a session policy');

  const isRoot = principal.kind === 'root';
  const isIdentityAllowed = isRoot || (identity === 'allow' && session === 'allow');
  if (principal.accountId !== facts.resourceAccountId) {
    if (resource.answer !== 'allow') return denied('no resource-based policy allows the action');
    if (principal.kind === 'anonymous' || isIdentityAllowed) return allowed('both policies allow');
    return denied(missing(identity, session));
  }
  if (isIdentityAllowed) return allowed('an identity-based policy allows');
  if (resource.namedAs.includes('session')) return allowed('the resource-based policy allows the session');
  const isNamed = resource.namedAs.includes('principal') || resource.namedAs.includes('anyone');
  if (isNamed && session === 'allow') return allowed('the resource-based policy allows the principal');
  return denied(missing(identity, session));
}

const allowed = (because: string): Verdict => ({ isAllowed: true, because });
const denied = (because: string): Verdict => ({ isAllowed: false, because });
const missing = (identity: PolicyAnswer, session: PolicyAnswer): string =>
  identity === 'allow' && session !== 'allow'
    ? 'no session policy allows the action'
    : 'no identity-based policy allows the action';
