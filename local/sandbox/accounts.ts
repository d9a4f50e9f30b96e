import { createHash } from 'node:crypto';
import { ALLOW_EVERYTHING, type PolicyDocument } from './policy-document.ts';
import type { PrincipalFacts } from './policy-evaluation.ts';

export type UserSetup = Readonly<{
  name: string;
  accessKeyId: string;
  secretAccessKey: string;
  policies?: PolicyDocument[];
  isAdministrator?: boolean;
}>;
export type RoleSetup = Readonly<{
  name: string;
  trustPolicy: PolicyDocument;
  policies: PolicyDocument[];
  /** Longest session that may be asked for; 3,600 unless set, as in IAM. */
  maxSessionSeconds?: number;
}>;
export type AccountSetup = Readonly<{ id: string; name: string; users: UserSetup[]; roles: RoleSetup[] }>;

export type Role = Readonly<{
  arn: string;
  accountId: string;
  name: string;
  uniqueId: string;
  trustPolicy: PolicyDocument;
  policies: readonly PolicyDocument[];
  maxSessionSeconds: number;
}>;

/** A session made by AssumeRole. The policies of its role are looked up at each request, as AWS does. */
export type Session = Readonly<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  roleArn: string;
  roleUniqueId: string;
  sessionName: string;
  sessionPolicy?: PolicyDocument | undefined;
  expiresAtMs: number;
}>;

/** Who made a request, with the policies that limit it. */
export type Caller = PrincipalFacts &
  Readonly<{
    /** As GetCallerIdentity shows it. */
    userId: string;
    displayArn: string;
    identityPolicies: readonly PolicyDocument[];
    sessionPolicy?: PolicyDocument | undefined;
  }>;

export type Credential =
  | Readonly<{ kind: 'user'; secretAccessKey: string; caller: Caller }>
  | Readonly<{ kind: 'session'; secretAccessKey: string; session: Session; caller: Caller | undefined }>;

export const ANONYMOUS: Caller = {
  kind: 'anonymous',
  accountId: 'anonymous',
  arn: 'anonymous',
  uniqueId: 'anonymous',
  userId: 'anonymous',
  displayArn: 'anonymous',
  identityPolicies: [],
};

/** The accounts, users, roles and sessions of the sandbox: what IAM would know. */
export class Accounts {
  private readonly accounts = new Map<string, AccountSetup>();
  private readonly users = new Map<string, { secretAccessKey: string; caller: Caller }>();
  private readonly userIds = new Map<string, string>();
  private readonly roles = new Map<string, Role>();
  private readonly sessions = new Map<string, Session>();
  private roleGeneration = 0;

  constructor(accounts: readonly AccountSetup[]) {
    for (const account of accounts) {
      this.accounts.set(account.id, account);
      for (const user of account.users) this.addUser(account.id, user);
      for (const role of account.roles) this.addRole(account.id, role);
    }
  }

  addUser(accountId: string, user: UserSetup): void {
    const arn = `arn:aws:iam::${accountId}:user/${user.name}`;
    const uniqueId = uniqueIdOf('AIDA', arn);
    const identityPolicies = [...(user.policies ?? []), ...(user.isAdministrator ? [ALLOW_EVERYTHING] : [])];
    const caller: Caller = {
      kind: 'user',
      accountId,
      arn,
      uniqueId,
      userId: uniqueId,
      displayArn: arn,
      identityPolicies,
    };
    this.userIds.set(arn, uniqueId);
    this.users.set(user.accessKeyId, { secretAccessKey: user.secretAccessKey, caller });
  }

  /** Makes a role, or replaces it: one that was removed before gets another unique id, as in IAM. */
  addRole(accountId: string, role: RoleSetup): Role {
    const arn = `arn:aws:iam::${accountId}:role/${role.name}`;
    const made: Role = {
      arn,
      accountId,
      name: role.name,
      uniqueId: this.roles.get(arn)?.uniqueId ?? uniqueIdOf('AROA', `${arn}#${this.roleGeneration || ''}`),
      trustPolicy: role.trustPolicy,
      policies: role.policies,
      maxSessionSeconds: role.maxSessionSeconds ?? 3600,
    };
    this.roles.set(arn, made);
    return made;
  }

  /** Its sessions end at once, and grants that name it name nobody. */
  removeRole(arn: string): void {
    if (this.roles.delete(arn)) this.roleGeneration += 1;
  }

  role(arn: string): Role | undefined {
    return this.roles.get(arn);
  }

  /** In the order of the setup. */
  ids(): string[] {
    return [...this.accounts.keys()];
  }

  hasAccount(id: string): boolean {
    return this.accounts.has(id);
  }

  accountName(id: string): string {
    return this.accounts.get(id)?.name ?? id;
  }

  /** The unique id behind a user's or role's ARN; undefined when there is none. */
  uniqueIdOf(arn: string): string | undefined {
    return this.roles.get(arn)?.uniqueId ?? this.userIds.get(arn);
  }

  addSession(session: Session): void {
    this.sessions.set(session.accessKeyId, session);
  }

  allSessions(): IterableIterator<Session> {
    return this.sessions.values();
  }

  credential(accessKeyId: string): Credential | undefined {
    const user = this.users.get(accessKeyId);
    if (user) return { kind: 'user', ...user };
    const session = this.sessions.get(accessKeyId);
    if (!session) return undefined;
    return { kind: 'session', secretAccessKey: session.secretAccessKey, session, caller: this.callerOf(session) };
  }

  private callerOf(session: Session): Caller | undefined {
    const role = this.roles.get(session.roleArn);
    if (!role || role.uniqueId !== session.roleUniqueId) return undefined;
    const sessionArn = `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/${session.sessionName}`;
    return {
      kind: 'role-session',
      accountId: role.accountId,
      arn: role.arn,
      uniqueId: role.uniqueId,
      sessionArn,
      userId: `${role.uniqueId}:${session.sessionName}`,
      displayArn: sessionArn,
      identityPolicies: role.policies,
      sessionPolicy: session.sessionPolicy,
    };
  }
}

/** The long id by which S3 names an account as owner. */
export const canonicalUserId = (accountId: string): string => createHash('sha256').update(accountId).digest('hex');

const UNIQUE_ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Stable across restarts, because policies remember principals by it. */
function uniqueIdOf(prefix: 'AIDA' | 'AROA', text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  return prefix + Array.from(bytes.subarray(0, 17), (byte) => UNIQUE_ID_ALPHABET[byte % 32]).join('');
}
