import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { expect } from 'vitest';
import { accountFor, stsClientFor, type Account } from '../../support/s3-account.ts';
import { aBucket, put, read, refusalOf } from '../answers.ts';
import { policyOf } from '../policies.ts';
import { assume, aSession } from '../session.ts';
import { behaviour, type Behaviour } from '../world.ts';

const DENIED = '403 AccessDenied';
const HOUR_MS = 60 * 60 * 1000;

export const sessionBehaviours: readonly Behaviour[] = [
  behaviour('session', 'a session may do what its role may, and nothing else', async (world) => {
    const bucket = await aBucket(world, world.a);
    await put(world.a, bucket, 'a', 'text');

    const session = await aSession(world);

    expect(await read(session, bucket, 'a')).toBe('text');
    expect(await refusalOf(session.s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe('accepted');
    expect(await refusalOf(session.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: 'x' })))).toBe(
      DENIED,
    );
  }),
  behaviour('session-lasts', 'a session lasts an hour unless asked otherwise, and says until when', async (world) => {
    const usual = await assume(world, world.b);
    const short = await assume(world, world.b, { DurationSeconds: 900 });
    const lasts = (answer: typeof usual) => (answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now();

    expect(Math.abs(lasts(usual) - HOUR_MS)).toBeLessThan(60_000);
    expect(Math.abs(lasts(short) - HOUR_MS / 4)).toBeLessThan(60_000);
  }),
  behaviour('session-too-short', 'a session of less than 900 seconds is refused', async (world) => {
    expect(await refusalOf(assume(world, world.b, { DurationSeconds: 899 }))).toMatch(/^400 /);
  }),
  behaviour('session-too-long', 'a session longer than the role allows is refused', async (world) => {
    expect(await refusalOf(assume(world, world.b, { DurationSeconds: 12 * 3600 }))).toMatch(/^400 /);
  }),
  behaviour('session-external-id', 'without the agreed external id the role is closed', async (world) => {
    expect(await refusalOf(assume(world, world.b, { ExternalId: 'guessed' }))).toMatch(/^403 /);
    expect(await refusalOf(assume(world, world.b, { ExternalId: undefined }))).toMatch(/^403 /);
  }),
  behaviour('session-not-trusted', 'whom the role does not trust cannot take it on', async (world) => {
    expect(await refusalOf(assume(world, world.c))).toMatch(/^403 /);
  }),
  behaviour('session-refusal', 'refusals speak the words of STS', async (world) => {
    expect(await refusalOf(assume(world, world.c))).toBe('403 AccessDenied');
    expect(await refusalOf(assume(world, world.b, { DurationSeconds: 899 }))).toBe('400 ValidationError');
    expect(await refusalOf(assume(world, world.b, { Policy: '{' }))).toBe('400 MalformedPolicyDocumentException');
  }),
  behaviour('session-no-role', 'a role that does not exist is refused as if it were closed', async (world) => {
    const RoleArn = `${world.role.arn}-that-is-not`;

    expect(await refusalOf(assume(world, world.b, { RoleArn }))).toMatch(/^403 /);
  }),
  behaviour('session-policy', 'a session policy takes rights away', async (world) => {
    const [inside, outside] = [await aBucket(world, world.a), await aBucket(world, world.a)];
    for (const bucket of [inside, outside]) await put(world.a, bucket, 'a', 'text');
    const narrow = policyOf({ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${inside}/*`] });

    const session = await aSession(world, { Policy: JSON.stringify(narrow) });

    expect(await read(session, inside, 'a')).toBe('text');
    expect(await refusalOf(read(session, outside, 'a'))).toBe(DENIED);
    expect(await refusalOf(session.s3.send(new ListObjectsV2Command({ Bucket: inside })))).toBe(DENIED);
  }),
  behaviour('session-policy-wide', 'a session policy gives no rights that the role has not', async (world) => {
    const bucket = await aBucket(world, world.a);
    const wide = policyOf({ Effect: 'Allow', Action: ['s3:*'], Resource: ['arn:aws:s3:::*'] });

    const session = await aSession(world, { Policy: JSON.stringify(wide) });

    expect(await refusalOf(session.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'b', Body: 'x' })))).toBe(
      DENIED,
    );
  }),
  behaviour('session-policy-long', 'a session policy of more than 2,048 characters is refused', async (world) => {
    const Resource = Array.from({ length: 100 }, (_, index) => `arn:aws:s3:::bucket-number-${index}/*`);
    const Policy = JSON.stringify(policyOf({ Effect: 'Allow', Action: ['s3:GetObject'], Resource }));

    expect(await refusalOf(assume(world, world.b, { Policy }))).toMatch(/^400 /);
  }),
  behaviour('session-policy-malformed', 'a session policy that is none is refused', async (world) => {
    expect(await refusalOf(assume(world, world.b, { Policy: '{' }))).toMatch(/^400 /);
  }),
  behaviour(
    'session-token',
    'the keys of a session are worth nothing without its token, or with another',
    async (world) => {
      const bucket = await aBucket(world, world.a);
      await put(world.a, bucket, 'a', 'text');
      const { credentials } = await aSession(world);
      const { accessKeyId, secretAccessKey } = credentials;
      const ask = (sessionToken?: string) => {
        const token = sessionToken === undefined ? {} : { sessionToken };
        const thief = accountFor(world.endpoint, { accessKeyId, secretAccessKey, ...token }, '');
        return refusalOf(thief.s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' })));
      };

      expect(await ask()).toMatch(/^403 /);
      expect(await ask('invented')).toMatch(/^40[03] /);
      expect(await ask(credentials.sessionToken)).toBe('accepted');
    },
  ),
  behaviour('session-identity', 'everybody may ask who they are', async (world) => {
    const session = await aSession(world);
    const ask = (who: Account) => stsClientFor(world.endpoint, who.credentials).send(new GetCallerIdentityCommand({}));

    expect((await ask(world.b)).Arn).toBe(world.b.principalArn);
    expect((await ask(session)).Arn).toBe(session.principalArn);
  }),
];
