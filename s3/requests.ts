import type { S3Client } from '@aws-sdk/client-s3';
import type { STSClient } from '@aws-sdk/client-sts';
import type { Connection } from '../domain/connection.ts';
import {
  SessionExpiredError,
  StorageThrottledError,
  StorageUnavailableError,
  WrongRegionError,
  type MigrationError,
} from '../domain/errors.ts';
import type { Clock, Random } from '../domain/time.ts';
import type { Connector } from './connector.ts';
import { isAboutClock, readAnswer, type RequestSubject } from './answer.ts';
import { translateError } from './errors.ts';
import { ATTEMPTS_MAX, isWorthRepeating, pause } from './retrying.ts';
import type { Session } from './session.ts';
import type { Credentials } from './credentials.ts';

export type SendOptions = Readonly<{ abortSignal?: AbortSignal }>;
export type Call<Output> = (client: S3Client, options: SendOptions) => Promise<Output>;
export type StsCall<Output> = (client: STSClient, options: SendOptions) => Promise<Output>;
type Send<Output> = (region: string, credentials: Credentials, options: SendOptions) => Promise<Output>;

export type RunOptions<Output> = Readonly<{
  signal?: AbortSignal | undefined;
  /** The Region to ask when it is not that of the connection or of the bucket. */
  region?: string;
  attemptsMax?: number;
  /** Asked after an attempt whose outcome is unknown: an answer is the result, none lets the request be repeated. */
  lookBeforeRepeating?: () => Promise<Output | undefined>;
}>;

export type Words = Omit<RequestSubject, 'connection' | 'role'>;

/**
 * Every request of one storage goes through here: a session that is young enough, the Region of the bucket, bounded
 * attempts with full jitter, one more try after an expired token or a wrong Region, and errors of the domain.
 */
export class Requests {
  throttledCount = 0;
  private readonly regionOfBucket = new Map<string, string>();
  private readonly clients = new Map<string, { credentials: Credentials; client: S3Client }>();
  private isClosed = false;

  constructor(
    private readonly connection: Connection,
    private readonly session: Session,
    private readonly connector: Connector,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  run<Output>(words: Words, call: Call<Output>, options: RunOptions<Output> = {}): Promise<Output> {
    const send: Send<Output> = (region, credentials, how) => call(this.clientFor(region, credentials), how);
    return this.repeat(words, send, options);
  }

  /** The same for questions to STS, with the session's own credentials. */
  runSts<Output>(words: Words, call: StsCall<Output>): Promise<Output> {
    return this.repeat(words, (_region, credentials, how) => call(this.connector.sts(credentials), how), {});
  }

  private async repeat<Output>(words: Words, send: Send<Output>, options: RunOptions<Output>): Promise<Output> {
    const attemptsMax = options.attemptsMax ?? ATTEMPTS_MAX;
    const second = { session: true, region: true };
    for (let attempt = 1; ;) {
      const outcome = await this.attempt(words, send, options);
      if ('output' in outcome) return outcome.output;
      const { error } = outcome;
      if (this.canGoOnAtOnce(error, words, options, second)) continue;
      if (!isWorthRepeating(error) || attempt >= attemptsMax) throw error;
      await pause(attempt, this.clock, this.random, options.signal);
      const found = error instanceof StorageUnavailableError ? await options.lookBeforeRepeating?.() : undefined;
      if (found !== undefined) return found;
      attempt += 1;
    }
  }

  /** What S3 told about where the bucket is, or the connection's Region. */
  regionOf(bucket: string | undefined): string {
    return (bucket === undefined ? undefined : this.regionOfBucket.get(bucket)) ?? this.connection.region;
  }

  close(): void {
    this.isClosed = true;
    this.connector.close();
  }

  private async attempt<Output>(
    words: Words,
    send: Send<Output>,
    { signal, region = this.regionOf(words.bucket) }: RunOptions<Output>,
  ): Promise<{ output: Output } | { error: MigrationError }> {
    let credentials: Credentials | undefined;
    try {
      credentials = await this.session.credentials();
      signal?.throwIfAborted();
      const options = signal === undefined ? {} : { abortSignal: signal };
      return { output: await send(region, credentials, options) };
    } catch (thrown) {
      // Ours to stop is not S3's failure: whoever aborted gets the reason that was given.
      signal?.throwIfAborted();
      if (this.isClosed) throw closedError(words);
      const error = this.withRegion(translateError(thrown, this.subjectOf(words)), words, region);
      if (error instanceof StorageThrottledError) this.throttledCount += 1;
      const isOver = error instanceof SessionExpiredError && !isAboutClock(error.cause);
      if (isOver && credentials) this.session.discard(credentials);
      return { error };
    }
  }

  /** An expired token and a wrong Region are each answered once, without counting as an attempt. */
  private canGoOnAtOnce(
    error: MigrationError,
    words: Words,
    options: { region?: string },
    second: { session: boolean; region: boolean },
  ): boolean {
    if (error instanceof SessionExpiredError && second.session) {
      second.session = false;
      return true;
    }
    if (!(error instanceof WrongRegionError) || !error.region || !words.bucket || options.region) return false;
    if (!second.region || this.connection.kind === 's3-compatible') return false;
    second.region = false;
    this.regionOfBucket.set(words.bucket, error.region);
    return true;
  }

  /** HEAD in a wrong Region is answered 301, 400 or 403 without a body; only the header tells. */
  private withRegion(error: MigrationError, words: Words, asked: string): MigrationError {
    if (this.connection.kind === 's3-compatible' || words.operation !== 'HeadBucket') return error;
    const { region, status } = readAnswer(error.cause);
    if (region === undefined || region === asked || (status !== 400 && status !== 403)) return error;
    return new WrongRegionError(error.message, {
      subject: error.subject,
      remedy: error.remedy,
      cause: error.cause,
      region,
    });
  }

  private subjectOf(words: Words): RequestSubject {
    const { name, roleArn } = this.connection;
    return { ...words, connection: name, ...(roleArn === undefined ? {} : { role: roleArn }) };
  }

  private clientFor(region: string, credentials: Credentials): S3Client {
    const known = this.clients.get(region);
    if (known?.credentials === credentials) return known.client;
    const client = this.connector.s3(region, credentials);
    this.clients.set(region, { credentials, client });
    return client;
  }
}

const closedError = ({ operation }: Words): StorageUnavailableError =>
  new StorageUnavailableError(`${operation}: this storage was closed`, { remedy: 'Open the storage again.' });
