import type { Random } from '../../domain/time.ts';
import type { Accounts, Caller, Role, Session } from './accounts.ts';
import type { SandboxAnswer } from './exchange.ts';
import { parsePolicyDocument, type PolicyDocument } from './policy-document.ts';
import { decideAccess, evaluateIdentityPolicies, evaluateResourcePolicy } from './policy-evaluation.ts';
import { accessDenied, S3Problem } from './problem.ts';
import type { ConditionContext } from './policy-conditions.ts';
import { escapeXml, tag } from './xml.ts';

const SESSION_SECONDS_MIN = 900;
const SESSION_SECONDS_DEFAULT = 3600;
/** A session that was made by another session lasts an hour at most; asking for more fails (STS API, AssumeRole). */
const CHAINED_SECONDS_MAX = 3600;
const SESSION_POLICY_LENGTH_MAX = 2048;

export type StsCall = Readonly<{
  form: ReadonlyMap<string, string>;
  caller: Caller;
  accounts: Accounts;
  random: Random;
  nowMs: number;
  requestId: string;
  saveSession: (session: Session) => void;
}>;

/** Answers one STS request. Throws S3Problem with STS's codes. */
export function answerSts(call: StsCall): SandboxAnswer {
  const action = call.form.get('Action') ?? '';
  switch (action) {
    case 'AssumeRole':
      return stsAnswer(call, action, assumeRole(call));
    case 'GetCallerIdentity':
      return stsAnswer(call, action, callerIdentity(call.caller));
    default:
      throw new S3Problem('InvalidAction', `Could not find operation ${action} for version 2011-06-15`);
  }
}

const STS_NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

function stsAnswer(call: StsCall, action: string, inner: string): SandboxAnswer {
  const metadata = `<ResponseMetadata>${tag('RequestId', call.requestId)}</ResponseMetadata>`;
  const body = `<${action}Response xmlns="${STS_NAMESPACE}"><${action}Result>${inner}</${action}Result>${metadata}</${action}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

export const stsErrorDocument = (problem: S3Problem, requestId: string): string =>
  `<ErrorResponse xmlns="${STS_NAMESPACE}"><Error><Type>${problem.status >= 500 ? 'Receiver' : 'Sender'}</Type>${tag('Code', problem.code)}<Message>${escapeXml(problem.message)}</Message></Error>${tag('RequestId', requestId)}</ErrorResponse>`;

function callerIdentity(caller: Caller): string {
  if (caller.kind === 'anonymous') {
    throw new S3Problem('MissingAuthenticationToken', 'Request is missing Authentication Token', { status: 403 });
  }
  return tag('Arn', caller.displayArn) + tag('UserId', caller.userId) + tag('Account', caller.accountId);
}

const invalid = (message: string): S3Problem => new S3Problem('ValidationError', message);

function assumeRole(call: StsCall): string {
  const roleArn = required(call, 'RoleArn');
  const sessionName = required(call, 'RoleSessionName');
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName)) {
    throw invalid(
      `1 validation error detected: Value '${sessionName}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
    );
  }
  const sessionPolicy = requestedSessionPolicy(call);
  const role = call.accounts.role(roleArn);
  // A role that does not exist and one that does not trust the caller look the same from outside.
  if (!role || !isTrusted(call, role)) throw mayNotAssume(call, roleArn);
  const seconds = requestedSeconds(call, role);
  const session = newSession(call, role, { sessionName, sessionPolicy, seconds });
  call.saveSession(session);
  return sessionDocument(role, session);
}

const mayNotAssume = (call: StsCall, roleArn: string): S3Problem =>
  accessDenied(`User: ${call.caller.displayArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);

function required(call: StsCall, name: string): string {
  const value = call.form.get(name);
  if (value === undefined || value === '') throw invalid(`The request must contain the parameter ${name}`);
  return value;
}

function requestedSessionPolicy(call: StsCall): PolicyDocument | undefined {
  const text = call.form.get('Policy');
  if (text === undefined) return undefined;
  if (text.length > SESSION_POLICY_LENGTH_MAX) {
    throw invalid(
      `1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to ${SESSION_POLICY_LENGTH_MAX}`,
    );
  }
  try {
    return parsePolicyDocument(text);
  } catch (error) {
    throw new S3Problem('MalformedPolicyDocument', error instanceof Error ? error.message : 'Syntax errors in policy.');
  }
}

function requestedSeconds(call: StsCall, role: Role): number {
  const isChained = call.caller.kind === 'role-session';
  const seconds = Number(call.form.get('DurationSeconds') ?? SESSION_SECONDS_DEFAULT);
  if (!Number.isInteger(seconds) || seconds < SESSION_SECONDS_MIN) {
    throw invalid(
      `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to ${SESSION_SECONDS_MIN}`,
    );
  }
  if (isChained && seconds > CHAINED_SECONDS_MAX) {
    throw invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
  }
  if (seconds > role.maxSessionSeconds) {
    throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  }
  return seconds;
}

/**
 * The trust policy must name the caller. In the role's own account that suffices; from another account, or where the
 * policy names the whole account, the caller's own policies must allow sts:AssumeRole too.
 */
function isTrusted(call: StsCall, role: Role): boolean {
  const { caller } = call;
  const question = { action: 'sts:AssumeRole', resource: role.arn, context: trustContext(call) };
  const trust = evaluateResourcePolicy(role.trustPolicy, { ...question, resource: '*' }, caller);
  if (trust.answer !== 'allow') return false;
  const isOwnAccount = caller.accountId === role.accountId;
  if (isOwnAccount && trust.namedAs.some((name) => name !== 'account')) {
    return evaluateIdentityPolicies(caller.identityPolicies, question) !== 'deny';
  }
  return decideAccess({
    question,
    principal: caller,
    identityPolicies: caller.identityPolicies,
    sessionPolicy: caller.sessionPolicy,
    resourceAccountId: caller.accountId,
  }).isAllowed;
}

function trustContext(call: StsCall): ConditionContext {
  return {
    'sts:externalid': call.form.get('ExternalId'),
    'sts:rolesessionname': call.form.get('RoleSessionName'),
    'sts:sourceidentity': call.form.get('SourceIdentity'),
    'aws:principalarn': call.caller.arn,
    'aws:principalaccount': call.caller.accountId,
    'aws:currenttime': new Date(call.nowMs).toISOString(),
  };
}

function newSession(
  call: StsCall,
  role: Role,
  facts: { sessionName: string; sessionPolicy: PolicyDocument | undefined; seconds: number },
): Session {
  const { random } = call;
  return {
    accessKeyId: `ASIA${random.hex(16).toUpperCase()}`,
    secretAccessKey: random.hex(40),
    sessionToken: Buffer.from(random.hex(96)).toString('base64'),
    roleArn: role.arn,
    roleUniqueId: role.uniqueId,
    sessionName: facts.sessionName,
    sessionPolicy: facts.sessionPolicy,
    expiresAtMs: call.nowMs + facts.seconds * 1000,
  };
}

function sessionDocument(role: Role, session: Session): string {
  const credentials =
    tag('AccessKeyId', session.accessKeyId) +
    tag('SecretAccessKey', session.secretAccessKey) +
    tag('SessionToken', session.sessionToken) +
    tag('Expiration', new Date(session.expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'));
  const user =
    tag('AssumedRoleId', `${role.uniqueId}:${session.sessionName}`) +
    tag('Arn', `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${session.sessionName}`);
  return `<Credentials>${credentials}</Credentials><AssumedRoleUser>${user}</AssumedRoleUser>`;
}
