import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, test } from 'vitest';
import { AccessDeniedError, CredentialsRefusedError } from '../../domain/errors.ts';
import type { Connection } from '../../domain/connection.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { createStorageAccess } from '../../s3/access.ts';
import type { StoragePurpose } from '../../domain/ports.ts';
import { SESSION_AGE_MS_MAX, sessionName } from '../../s3/session.ts';
import { FastClock, seededRandom } from '../support/time.ts';
import { errorBody, startDouble, type Asked, type Reply } from './s3-double.ts';

const ROLE = 'arn:aws:iam::111111111111:role/reader';

const assumed = (number: number): Reply => ({
  headers: { 'content-type': 'text/xml' },
  body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIA${number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token-${number}</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
});
const stsError = (code: string): Reply => ({
  status: 403,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>R</RequestId></ErrorResponse>`,
});
const tags: Reply = { body: '<Tagging><TagSet/></Tagging>' };

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

/** A storage with a role; `sts` answers the n-th AssumeRole, `s3` everything else by its session token. */
async function aStorage(
  sts: (number: number) => Reply,
  s3: (token: string) => Reply = () => tags,
  credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }> = async () => KEYS,
) {
  const assumes: Asked[] = [];
  const tokens: string[] = [];
  const double = await startDouble((asked) => {
    if (asked.method === 'POST') return sts(assumes.push(asked));
    const token = String(asked.headers['x-amz-security-token']);
    tokens.push(token);
    return s3(token);
  });
  const connection: Connection = {
    name: 'home',
    kind: 'sandbox',
    region: 'us-east-1',
    endpoint: double.endpoint,
    roleArn: ROLE,
    externalId: 'agreed',
  };
  const clock = new FastClock();
  const access = createStorageAccess({
    connections: { find: async () => connection },
    credentialsOf: () => credentials,
    clock,
    random: seededRandom(7),
  });
  const request = {
    connection: 'home',
    purpose: 'verify',
    buckets: ['photos'],
    jobId: 'copy-20261120-0123456789ab',
  } as const;
  const storage = await access.open(request);
  stop = async () => {
    storage.close();
    await double.close();
  };
  return { storage, clock, assumes, tokens };
}
const KEYS = { accessKeyId: 'AKIAOWNER', secretAccessKey: 'secret' };

describe('a session', () => {
  test('is renewed once it is 15 minutes old, before the next request', async () => {
    const { storage, clock, tokens, assumes } = await aStorage(assumed);

    await storage.readTags('photos', 'a');
    clock.advance(SESSION_AGE_MS_MAX - MINUTE_MS);
    await storage.readTags('photos', 'b');
    clock.advance(MINUTE_MS);
    await storage.readTags('photos', 'c');

    expect(tokens).toEqual(['token-1', 'token-1', 'token-2']);
    expect(assumes).toHaveLength(2);
  });

  test('is asked for once, however many requests find it old', async () => {
    const { storage, clock, assumes } = await aStorage(assumed);
    const many = () => Promise.all(Array.from({ length: 40 }, (_, index) => storage.readTags('photos', `${index}`)));

    await many();
    clock.advance(SESSION_AGE_MS_MAX);
    await many();

    expect(assumes).toHaveLength(2);
  });

  test('that S3 calls expired is replaced, and the request is repeated once with the new one', async () => {
    const expired: Reply = { status: 400, body: errorBody('ExpiredToken') };
    const { storage, tokens } = await aStorage(assumed, (token) => (token === 'token-1' ? expired : tags));

    await expect(storage.readTags('photos', 'a')).resolves.toEqual({});

    expect(tokens).toEqual(['token-1', 'token-2']);
  });

  test('that is called expired again and again ends in an error', async () => {
    const { storage, tokens } = await aStorage(assumed, () => ({ status: 400, body: errorBody('ExpiredToken') }));

    await expect(storage.readTags('photos', 'a')).rejects.toMatchObject({ name: 'SessionExpiredError' });

    expect(tokens).toEqual(['token-1', 'token-2']);
  });

  test('refused by the role says which role and what to add', async () => {
    const { storage, assumes } = await aStorage(() => stsError('AccessDenied'));

    const error = await storage.readTags('photos', 'a').catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(AccessDeniedError);
    expect((error as AccessDeniedError).remedy).toContain(ROLE);
    expect((error as AccessDeniedError).subject.role).toBe(ROLE);
    expect(assumes).toHaveLength(1);
  });

  test('with keys that STS does not know is refused without another try', async () => {
    const { storage, assumes } = await aStorage(() => stsError('InvalidClientTokenId'));

    await expect(storage.readTags('photos', 'a')).rejects.toThrow(CredentialsRefusedError);

    expect(assumes).toHaveLength(1);
  });

  test('whose profile cannot be read says that its credentials are refused', async () => {
    const missing = Object.assign(new Error('Could not resolve credentials of profile x'), {
      name: 'CredentialsProviderError',
    });
    const { storage } = await aStorage(assumed, undefined, () => Promise.reject(missing));

    await expect(storage.readTags('photos', 'a')).rejects.toThrow(CredentialsRefusedError);
  });

  test('survives STS being away for a moment', async () => {
    const { storage } = await aStorage((number) => (number < 3 ? { status: 503 } : assumed(number)));

    await expect(storage.readTags('photos', 'a')).resolves.toEqual({});
  });

  test('bears the name of its job, in characters that STS takes', () => {
    const name = (jobId: string) =>
      sessionName({ connection: 'c', purpose: 'keep-buckets', buckets: [], jobId }, seededRandom(1));

    expect(name('copy-20261120-0123456789ab')).toMatch(/^mig-copy-20261120-0123456789ab-keep-buckets-[0-9a-f]{6}$/);
    expect(name(`${'x'.repeat(80)} ü`)).toMatch(/^[\w+=,.@-]{2,64}$/);
    expect(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: name('a') }).input.RoleSessionName).toBeDefined();
  });

  test('keeps job and purpose whole for every purpose, because a freeze exempts sessions by them', () => {
    const purposes = ['look', 'keep-buckets', 'copy', 'verify', 'configure', 'probe', 'mark', 'empty', 'delete-bucket'];
    for (const purpose of purposes as StoragePurpose[]) {
      const jobId = 'migrate-20261120-0123456789ab';
      const name = sessionName({ connection: 'c', purpose, buckets: [], jobId }, seededRandom(1));

      expect(name).toMatch(new RegExp(`^mig-${jobId}-${purpose}-[0-9a-f]{6}$`));
      expect(name.length).toBeLessThanOrEqual(64);
    }
  });
});
