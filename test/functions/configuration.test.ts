import { beforeEach, describe, expect, test } from 'vitest';
import type {
  ConfigurationDocument,
  ConfigurationOutcomeDocument,
  SettingOutcome,
} from '../../domain/bucket-configuration/inventory.ts';
import { jsonText } from '../../domain/document-access.ts';
import { AccessDeniedError, StorageRefusedError, StorageThrottledError } from '../../domain/errors.ts';
import { paths } from '../../domain/job-documents.ts';
import { parseJobRequest, type JobRequestInput } from '../../domain/job-request.ts';
import type { FinalBucketDocument, FreezeDocument } from '../../domain/migration.ts';
import type { EpochMs } from '../../domain/time.ts';
import { applyConfiguration } from '../../functions/steps/configuration/apply-configuration.ts';
import { captureConfiguration } from '../../functions/steps/configuration/capture-configuration.ts';
import { describeConfiguration } from '../../functions/steps/configuration/describe-configuration.ts';
import { JOB_ID, JobWorld } from '../support/a-job.ts';

const job = { jobId: JOB_ID };
const CORS = { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] };
const LIFECYCLE = { Rules: [{ ID: 'a', Status: 'Enabled', Expiration: { Days: 3 } }] };
const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:jobs';
const EVENTS = { QueueConfigurations: [{ Id: 'q', QueueArn: QUEUE, Events: ['s3:ObjectCreated:*'] }] };
const FREEZE = {
  Sid: 'Migratorcopy202611200123456789abFreeze',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:PutObject',
  Resource: 'arn:aws:s3:::source-bucket/*',
} as const;
const FRIEND = {
  Sid: 'Friend',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::333333333333:root' },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::source-bucket/*',
} as const;

let world: JobWorld;

async function begin(request: Partial<JobRequestInput> = {}, tags: Record<string, string> = {}): Promise<void> {
  world = new JobWorld({ hasDestinationBucket: false });
  const input = {
    kind: 'migrate',
    source: { connection: 'ours', bucket: 'source-bucket' },
    destination: { connection: 'theirs' },
    ...request,
  };
  await world.documents.write(paths.request(JOB_ID), jsonText({ ...world.job, request: parseJobRequest(input) }));
  const source = world.storage.bucket('source-bucket');
  source.facts = { ...source.facts, versioning: 'enabled', tags };
  source.settings = { cors: CORS, lifecycle: LIFECYCLE, notification: EVENTS };
  source.policy = { Version: '2012-10-17', Statement: [FRIEND, FREEZE] };
}

async function freeze(more: Partial<FreezeDocument> = {}): Promise<void> {
  const frozen = { connection: 'ours', bucket: 'source-bucket', sid: FREEZE.Sid, putAtMs: world.clock.nowMs() };
  await world.documents.write(paths.freeze(JOB_ID), jsonText({ ...frozen, ...more }));
}

/** The flow made the destination bucket: here under another name, so that both stand in one world. */
async function makeFinalBucket(): Promise<void> {
  world.storage.addBucket('final-bucket', '222222222222', { tags: { 'bucket-migrator:job': JOB_ID } });
  const final: FinalBucketDocument = {
    connection: 'theirs',
    bucket: 'final-bucket',
    region: 'us-east-1',
    claimedAtMs: 0 as EpochMs,
    isTemporary: false,
  };
  await world.documents.write(paths.finalBucket(JOB_ID), jsonText(final));
}

const captured = () => world.documents.json<ConfigurationDocument>(paths.configuration(JOB_ID));
const outcomeOf = (stage: 'before-objects' | 'after-verification') =>
  world.documents.json<ConfigurationOutcomeDocument>(paths.configurationOutcome(JOB_ID, stage));
const outcomes = (stage: 'before-objects' | 'after-verification'): Record<string, SettingOutcome['outcome']> =>
  Object.fromEntries((outcomeOf(stage)?.items ?? []).map(({ setting, outcome }) => [setting, outcome]));
const before = { ...job, stage: 'before-objects' } as const;
const after = { ...job, stage: 'after-verification' } as const;
const final = () => world.storage.bucket('final-bucket');

beforeEach(() => begin());

describe('keeping the settings of the source', () => {
  test('every setting is kept with where it comes from and where it goes, by sessions that can change nothing', async () => {
    const { sha256 } = await captureConfiguration(job, world.ports);

    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(captured()).toMatchObject({
      jobId: JOB_ID,
      sha256,
      from: { connection: 'ours', bucket: 'source-bucket', region: 'us-east-1', accountId: '111111111111' },
      to: { connection: 'theirs', bucket: 'source-bucket', region: 'us-east-1', accountId: '222222222222' },
      settings: { cors: { state: 'set', value: CORS }, website: { state: 'absent' } },
    });
    expect(new Set(world.storage.opened.map(({ purpose }) => purpose))).toEqual(new Set(['look']));
  });

  test('settings that were changed after a failed job gave the source back are kept in the place of the old ones', async () => {
    const { sha256 } = await captureConfiguration(job, world.ports);
    await freeze({ thawedAtMs: world.clock.nowMs() });
    const changed = { CORSRules: [{ AllowedMethods: ['PUT'], AllowedOrigins: ['https://example.com'] }] };
    world.storage.bucket('source-bucket').settings = { cors: changed };

    const again = await captureConfiguration(job, world.ports);

    expect(again.sha256).not.toBe(sha256);
    expect(captured()).toMatchObject({ sha256: again.sha256, settings: { cors: { state: 'set', value: changed } } });
  });

  test('once deletions may have happened the settings are not read again', async () => {
    const first = await captureConfiguration(job, world.ports);
    await freeze({ thawedAtMs: world.clock.nowMs() });
    await world.documents.write(paths.milestone(JOB_ID, 'emptying-began'), jsonText({ atMs: world.clock.nowMs() }));
    world.storage.bucket('source-bucket').settings = {};

    expect(await captureConfiguration(job, world.ports)).toEqual(first);
  });

  test('what was kept is never written over while the source is frozen, whatever became of it', async () => {
    const first = await captureConfiguration(job, world.ports);
    await freeze();
    world.storage.bucket('source-bucket').settings = {};
    world.storage.buckets.delete('source-bucket');

    expect(await captureConfiguration(job, world.ports)).toEqual(first);
    expect(captured()?.settings.cors).toEqual({ state: 'set', value: CORS });
  });

  test('of two that keep them at the same time the first one counts', async () => {
    const early = await captureConfiguration(job, world.ports);
    const document = world.documents.documents.get(paths.configuration(JOB_ID)) as Uint8Array;
    world.documents.documents.delete(paths.configuration(JOB_ID));
    world.storage.bucket('source-bucket').settings = {};
    world.documents.beforeWrite = (path) => void world.documents.documents.set(path, document);

    expect(await captureConfiguration(job, world.ports)).toEqual(early);
    expect(captured()?.settings.cors).toEqual({ state: 'set', value: CORS });
  });

  test('a copy that leaves the settings reads and keeps none', async () => {
    await begin({ kind: 'copy', destination: { connection: 'theirs', bucket: 'destination-bucket' } });

    expect(await captureConfiguration(job, world.ports)).toEqual({});
    expect(captured()).toBeUndefined();
    expect(await describeConfiguration(JOB_ID, world.documents)).toBeUndefined();
  });

  test('a migration that leaves the settings keeps them all the same, and puts none', async () => {
    await begin({ options: { configuration: 'leave' } });
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();

    expect(await applyConfiguration(after, world.ports)).toEqual({ appliedCount: 0, cannotCount: 0, failedCount: 0 });
    expect(captured()?.settings.cors.state).toBe('set');
    expect(final().settings).toBeUndefined();
    expect((await describeConfiguration(JOB_ID, world.documents))?.isCarried).toBe(false);
  });
});

describe('putting the settings', () => {
  test('versioning and tags come before the objects, what acts on its own only after they are verified', async () => {
    await begin({}, { team: 'blue' });
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();

    await applyConfiguration(before, world.ports);
    expect(final().facts).toMatchObject({
      versioning: 'enabled',
      tags: { team: 'blue', 'bucket-migrator:job': JOB_ID },
    });
    expect(final().settings).toEqual({ cors: CORS });
    expect(final().policy).toBeUndefined();

    await applyConfiguration(after, world.ports);
    expect(final().settings).toEqual({ cors: CORS, lifecycle: LIFECYCLE });
    expect(outcomes('after-verification')).toMatchObject({ lifecycle: 'applied', website: 'nothing' });
  });

  test("a queue of the old account is told to be left out, and the old account's freeze is not carried", async () => {
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();
    await applyConfiguration(after, world.ports);

    const told = outcomeOf('after-verification')?.items.find(({ setting }) => setting === 'notification');
    expect(told).toMatchObject({ outcome: 'cannot' });
    expect(told?.differences.join()).toContain(QUEUE);
    expect(final().policy?.Statement).toEqual([{ ...FRIEND, Resource: 'arn:aws:s3:::final-bucket/*' }]);
    expect(outcomes('after-verification')['policy']).toBe('adapted');
  });

  test('every setting ends in one of the two lists, and doing it again changes nothing', async () => {
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();
    const first = [await applyConfiguration(before, world.ports), await applyConfiguration(after, world.ports)];
    const there = structuredClone({ ...final(), objects: undefined, older: undefined });
    const again = [await applyConfiguration(before, world.ports), await applyConfiguration(after, world.ports)];

    expect(again).toEqual(first);
    expect({ ...final(), objects: undefined, older: undefined }).toEqual(there);
    const settings = [...Object.keys(outcomes('before-objects')), ...Object.keys(outcomes('after-verification'))];
    expect(new Set(settings)).toEqual(new Set(Object.keys(captured()?.settings ?? {})));
  });

  test('a setting that is refused is told with what to do, and the others are put', async () => {
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();
    world.storage.fault = ({ operation, key }) =>
      operation === 'applySetting' && key === 'lifecycle'
        ? new AccessDeniedError('not allowed', { remedy: 'Ask for it.' })
        : undefined;

    expect(await applyConfiguration(after, world.ports)).toMatchObject({ failedCount: 1 });
    expect(outcomeOf('after-verification')?.items).toContainEqual(
      expect.objectContaining({
        setting: 'lifecycle',
        outcome: 'failed',
        reason: 'not allowed',
        remedy: 'Ask for it.',
      }),
    );
    expect(outcomes('after-verification')['policy']).toBe('adapted');
  });

  test('without versioning nothing goes on, because versions would be lost', async () => {
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();
    world.storage.fault = ({ operation, key }) =>
      operation === 'applySetting' && key === 'versioning' ? new StorageRefusedError('no') : undefined;

    await expect(applyConfiguration(before, world.ports)).rejects.toMatchObject({ name: 'StorageRefusedError' });
  });

  test('what a pause may heal asks for another try, and leaves no false word behind', async () => {
    await captureConfiguration(job, world.ports);
    await makeFinalBucket();
    world.storage.fault = ({ operation, key }) =>
      operation === 'applySetting' && key === 'cors' ? new StorageThrottledError('slow down') : undefined;

    await expect(applyConfiguration(before, world.ports)).rejects.toMatchObject({ name: 'StorageThrottledError' });
    expect(outcomeOf('before-objects')).toBeUndefined();
  });

  test('settings that were changed on disk are not put, and neither are none where some were to be kept', async () => {
    await makeFinalBucket();
    await expect(applyConfiguration(before, world.ports)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    await captureConfiguration(job, world.ports);
    const forged = JSON.stringify(captured()).replace('"AllowedOrigins":["*"]', '"AllowedOrigins":["https://evil"]');
    await world.documents.write(paths.configuration(JOB_ID), forged);

    await expect(applyConfiguration(before, world.ports)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    await expect(captureConfiguration(job, world.ports)).rejects.toMatchObject({ name: 'DocumentInvalidError' });
    expect(final().settings).toBeUndefined();
  });

  test('a copy into a bucket that was there keeps what that bucket has of its own', async () => {
    const theirs = { CORSRules: [{ AllowedMethods: ['PUT'], AllowedOrigins: ['https://theirs'] }] };
    await begin({
      kind: 'copy',
      destination: { connection: 'theirs', bucket: 'destination-bucket' },
      options: { configuration: 'carry' },
    });
    world.storage.addBucket('destination-bucket', '222222222222').settings = { cors: theirs };
    await captureConfiguration(job, world.ports);
    await applyConfiguration(before, world.ports);
    await applyConfiguration(after, world.ports);

    const there = world.storage.bucket('destination-bucket');
    expect(there.settings).toEqual({ cors: theirs });
    expect(there.policy).toBeUndefined();
    expect(there.facts.versioning).toBe('enabled');
    expect(outcomes('before-objects')['cors']).toBe('waived');
    expect(outcomes('after-verification')).toMatchObject({ lifecycle: 'waived', policy: 'waived' });
  });

  test('what is planned can be seen before the new bucket is there, and what came of it afterwards', async () => {
    await captureConfiguration(job, world.ports);
    const planned = await describeConfiguration(JOB_ID, world.documents);
    expect(planned?.items.find(({ setting }) => setting === 'notification')).toMatchObject({
      title: 'Event notifications',
      fate: 'cannot',
    });
    expect(planned?.items.every(({ outcome }) => outcome === undefined)).toBe(true);

    await makeFinalBucket();
    await applyConfiguration(before, world.ports);
    const done = await describeConfiguration(JOB_ID, world.documents);
    expect(done?.items.find(({ setting }) => setting === 'cors')).toMatchObject({ outcome: 'applied' });
  });
});
