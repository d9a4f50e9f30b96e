import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Connection } from '../domain/connection.ts';
import { CredentialsRefusedError, SessionExpiredError } from '../domain/errors.ts';
import type { StorageRequest } from '../domain/ports.ts';
import { HOUR_MS, MINUTE_MS, type Clock, type EpochMs, type Random } from '../domain/time.ts';
import type { Connector } from './connector.ts';
import { isAboutClock, type RequestSubject } from './answer.ts';
import { translateError } from './errors.ts';
import { ATTEMPTS_MAX, isWorthRepeating, pause } from './retrying.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';

/** Renewed at this age, so that any one request still has 45 minutes. */
export const SESSION_AGE_MS_MAX = 15 * MINUTE_MS;
/** A role assumed by a role gets an hour at most, and asking for more fails (STS API reference, AssumeRole). */
const SESSION_SECONDS = HOUR_MS / 1000;

export type SessionOptions = Readonly<{
  connection: Connection;
  request: StorageRequest;
  credentials: CredentialsProvider;
  /** JSON text; only used with a role. */
  policy: string;
  connector: Pick<Connector, 'sts'>;
  clock: Clock;
  random: Random;
  /** Where sessions of the same kind find each other; each has its own when left out. */
  known?: KnownSessions;
}>;

/** What the storages of one process have assumed, by role, purpose, buckets and job: one session does for all of them. */
export type KnownSessions = Map<string, Held>;

type Own = Readonly<{ credentials: Credentials; sts: STSClient }>;
export type Held = Readonly<{ credentials: Credentials; sinceMs: EpochMs }>;

/**
 * The credentials that requests are signed with: those of the connection, or of the role that they assume. The object
 * returned stays the same one until it is renewed. Leaves nothing behind: sessions lapse by themselves.
 */
export class Session {
  private readonly known: KnownSessions;
  private readonly kind: string;
  private renewal: Promise<Held> | undefined;

  constructor(private readonly options: SessionOptions) {
    const { connection, request, policy, known = new Map<string, Held>() } = options;
    this.known = known;
    // The policy names purpose and buckets; the session's name has the job, which a freeze lets pass or not.
    this.kind = JSON.stringify([connection, request.purpose, request.jobId, request.buckets, policy]);
  }

  private get held(): Held | undefined {
    return this.known.get(this.kind);
  }

  /** Rejects with AccessDeniedError, CredentialsRefusedError, StorageThrottledError or StorageUnavailableError. */
  async credentials(): Promise<Credentials> {
    const held = this.held && this.isFresh(this.held) ? this.held : await this.renew();
    return held.credentials;
  }

  /** Says that S3 called these credentials expired; those of a newer session stay. */
  discard(credentials: Credentials): void {
    if (this.held?.credentials === credentials) this.known.delete(this.kind);
  }

  private isFresh(held: Held): boolean {
    const nowMs = this.options.clock.nowMs();
    const expiresAtMs = held.credentials.expiration?.getTime() ?? Infinity;
    return nowMs - held.sinceMs < SESSION_AGE_MS_MAX && expiresAtMs - nowMs > MINUTE_MS;
  }

  private renew(): Promise<Held> {
    // Single-flight: a thousand copies that find the session old ask STS once.
    this.renewal ??= this.begin().finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  private async begin(): Promise<Held> {
    const sinceMs = this.options.clock.nowMs();
    const { connection } = this.options;
    const subject = { operation: connection.roleArn === undefined ? 'GetCredentials' : 'AssumeRole' };
    const credentials = await this.attempt({ ...subject, connection: connection.name, ...roleOf(connection) });
    const held = { credentials, sinceMs };
    this.forgetOld();
    this.known.set(this.kind, held);
    return held;
  }

  /** Jobs end, and their sessions with them. */
  private forgetOld(): void {
    for (const [kind, held] of this.known) if (!this.isFresh(held)) this.known.delete(kind);
  }

  private async attempt(subject: RequestSubject): Promise<Credentials> {
    let own: Own | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        own ??= await this.readOwn();
        return await this.obtain(own);
      } catch (thrown) {
        const error = translateError(thrown, subject);
        if (error instanceof SessionExpiredError && attempt > 1) throw refused(error);
        const isFinal = !isWorthRepeating(error) && !(error instanceof SessionExpiredError);
        if (isFinal || attempt >= ATTEMPTS_MAX) throw error;
        // The same client signs by the storage's clock from now on; keys that expired are read again.
        if (!isAboutClock(error.cause)) own = undefined;
        await pause(attempt, this.options.clock, this.options.random);
      }
    }
  }

  private async readOwn(): Promise<Own> {
    const credentials = await this.options.credentials();
    return { credentials, sts: this.options.connector.sts(credentials) };
  }

  private async obtain({ credentials, sts }: Own): Promise<Credentials> {
    const { roleArn } = this.options.connection;
    return roleArn === undefined ? { ...credentials } : this.assume(sts, roleArn);
  }

  private async assume(sts: STSClient, roleArn: string): Promise<Credentials> {
    const { connection, policy, random, request } = this.options;
    const answer = await sts.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName(request, random),
        DurationSeconds: SESSION_SECONDS,
        Policy: policy,
        ...(connection.externalId === undefined ? {} : { ExternalId: connection.externalId }),
      }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error('AssumeRole answered without credentials');
    // Its own expiry is left out: the age decides, and the storage's clock may differ from ours.
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  }
}

/** The connection's own keys are over, and what was read again is over too. */
const refused = ({ message, subject, remedy, cause }: SessionExpiredError): CredentialsRefusedError =>
  new CredentialsRefusedError(message, { subject, remedy, cause });

const roleOf = (connection: Connection): { role?: string } =>
  connection.roleArn === undefined ? {} : { role: connection.roleArn };

/** Stands in the audit trail of the bucket's owner; 64 of letters, digits and `_+=,.@-` (STS API reference, AssumeRole). */
export function sessionName({ jobId, purpose }: StorageRequest, random: Random): string {
  const words = [`mig-${jobId ?? 'page'}`, purpose].join('-').replace(/[^\w+=,.@-]/g, '-');
  return `${words.slice(0, 64 - 7)}-${random.hex(6)}`;
}
