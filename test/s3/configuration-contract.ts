import { randomBytes } from 'node:crypto';
import * as s3 from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { SETTING_NAMES, type SettingName } from '../../domain/bucket-configuration/catalogue.ts';
import type { BucketConfiguration } from '../../domain/bucket-configuration/inventory.ts';
import { planConfiguration, type Side as Place } from '../../domain/bucket-configuration/plan.ts';
import type { Storage } from '../../domain/ports.ts';
import type { Side, StorageWorld } from './storage-world.ts';

const TAGS = [{ Key: 'team', Value: 'blue + green' }];
const CORS = { CORSRules: [{ ID: 'page', AllowedMethods: ['GET'], AllowedOrigins: ['https://example.com'] }] };
const LIFECYCLE = {
  Rules: [
    { ID: 'days', Status: 'Enabled' as const, Filter: { Prefix: 'in/' }, Expiration: { Days: 30 } },
    {
      ID: 'date',
      Status: 'Disabled' as const,
      Filter: { Prefix: 'x/' },
      Expiration: { Date: new Date('2031-01-01T00:00:00Z') },
    },
  ],
};
const OURS = 'Migratorcopy202611200123456789abCopy';

/** What reading and putting the settings of a bucket promises, on whatever storage it stands. */
export function describeConfigurationContract(world: () => StorageWorld): void {
  const aBucket = async (side: Side): Promise<string> => {
    const name = `${world().newName()}-${randomBytes(2).toString('hex')}`;
    await world()
      .raw(side)
      .send(new s3.CreateBucketCommand({ Bucket: name }));
    return name;
  };
  const policyOf = (bucket: string, Sid = 'Friend') => ({
    Version: '2012-10-17',
    Statement: [
      {
        Sid,
        Effect: 'Allow' as const,
        Principal: { AWS: world().grant.principalArn },
        Action: ['s3:GetObject'],
        Resource: [`arn:aws:s3:::${bucket}/*`],
      },
    ],
  });

  async function setUpSource(): Promise<string> {
    const Bucket = await aBucket('source');
    const client = world().raw('source');
    const versioning = { Bucket, VersioningConfiguration: { Status: 'Enabled' as const } };
    await client.send(new s3.PutBucketVersioningCommand(versioning));
    await client.send(new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: TAGS } }));
    await client.send(new s3.PutBucketCorsCommand({ Bucket, CORSConfiguration: CORS }));
    await client.send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: LIFECYCLE }));
    await client.send(new s3.PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policyOf(Bucket)) }));
    return Bucket;
  }
  const valueOf = (settings: BucketConfiguration, name: SettingName): unknown => {
    const state = settings[name];
    return state.state === 'set' ? state.value : undefined;
  };

  test('every setting of a new bucket is told, and none that is missing keeps the others from it', async () => {
    const bucket = await aBucket('source');
    const storage = await world().open('source', 'look', bucket);
    const settings = await storage.readConfiguration(bucket);

    expect(Object.keys(settings).sort()).toEqual([...SETTING_NAMES].sort());
    for (const name of ['cors', 'lifecycle', 'tagging', 'policy', 'versioning', 'website'] as const)
      expect(settings[name].state, name).toBe('absent');
    expect(settings.acl.state).toBe('set');
    expect(Object.values(settings).filter(({ state }) => state === 'unknown')).toEqual([]);
  });

  test('versioning, tags, CORS, lifecycle and policy come over to another account as they are', async () => {
    const source = await setUpSource();
    const destination = await aBucket('destination');
    const reading = await world().open('source', 'configure', source);
    const writing = await world().open('destination', 'configure', destination);
    const settings = await reading.readConfiguration(source);
    // A third account owns the bucket as far as the plan knows, so that the policy names nobody who is left behind.
    const { region } = world();
    const place = (bucket: string, accountId: string): Place => ({
      connection: accountId,
      bucket,
      region,
      partition: 'aws',
      accountId,
    });
    const move = { from: place(source, '999999999999'), to: place(destination, '888888888888') };
    const iamWithoutAccount = world().grant.conditions === 'basic';
    const plan = planConfiguration(
      settings,
      iamWithoutAccount ? { from: { ...move.from, accountId: 'x' }, to: { ...move.to, accountId: 'x' } } : move,
      { appliesPublicAccess: false, keepsSource: true },
    );

    for (const { setting, value } of plan)
      if (value !== undefined) await putOrTold(writing, destination, setting, value);

    const there = await writing.readConfiguration(destination);
    expect(valueOf(there, 'versioning')).toMatchObject({ Status: 'Enabled' });
    expect(valueOf(there, 'tagging')).toEqual(TAGS);
    expect(valueOf(there, 'cors')).toMatchObject(CORS);
    expect(valueOf(there, 'lifecycle')).toEqual(valueOf(settings, 'lifecycle'));
    expect(valueOf(there, 'policy')).toEqual(
      JSON.parse(JSON.stringify(valueOf(settings, 'policy')).replaceAll(source, destination)) as unknown,
    );
  });

  /** What a provider does not have is refused with a class of its own, and nothing else goes wrong. */
  async function putOrTold(storage: Storage, bucket: string, name: SettingName, value: unknown): Promise<void> {
    const error = await storage.applySetting(bucket, name, value).catch((thrown: unknown) => thrown);
    if (typeof error === 'string') return;
    expect((error as Error).name, `${name}: ${(error as Error).message}`).toMatch(
      /^(StorageUnsupportedError|StorageRefusedError)$/,
    );
    expect(world().lacks.has('protection'), `${name}: ${(error as Error).message}`).toBe(true);
  }

  test('what is so already is not written again', async () => {
    const bucket = await aBucket('destination');
    const storage = await world().open('destination', 'configure', bucket);
    const values = { versioning: { Status: 'Enabled' }, tagging: TAGS, cors: CORS, policy: policyOf(bucket) } as const;
    const putAll = async () => {
      const answers: string[] = [];
      for (const [name, value] of Object.entries(values))
        answers.push(await storage.applySetting(bucket, name as SettingName, value));
      return answers;
    };

    expect(await putAll()).toEqual(['applied', 'applied', 'applied', 'applied']);
    expect(await putAll()).toEqual(['was-so', 'was-so', 'was-so', 'was-so']);
  });

  test("a job's tag and its grant stay where tags and a policy are carried to", async () => {
    const bucket = await aBucket('destination');
    const job = { Key: 'bucket-migrator:job', Value: 'x' };
    const grant = policyOf(bucket, OURS).Statement;
    const client = world().raw('destination');
    await client.send(new s3.PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet: [job] } }));
    const storage = await world().open('destination', 'configure', bucket);
    await storage.changePolicy(bucket, () => ({ Version: '2012-10-17', Statement: grant }));

    await storage.applySetting(bucket, 'tagging', TAGS);
    await storage.applySetting(bucket, 'policy', policyOf(bucket));

    const there = await storage.readConfiguration(bucket);
    const keysOf = (tags: unknown) => (tags as { Key: string }[]).map(({ Key }) => Key).sort();
    const sids = (valueOf(there, 'policy') as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid);
    expect(keysOf(valueOf(there, 'tagging'))).toEqual(['bucket-migrator:job', 'team']);
    expect(sids).toEqual([OURS, 'Friend']);
  });

  test("a bucket of another account's tells nothing", async () => {
    const bucket = await aBucket('stranger');
    const storage = await world().open('source', 'configure', bucket);
    const settings = await storage.readConfiguration(bucket).catch(() => undefined);

    for (const [name, state] of Object.entries(settings ?? {}))
      expect(state.state === 'set' ? name : '', JSON.stringify(state)).toBe('');
    await expect(storage.applySetting(bucket, 'tagging', TAGS)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  });

  test('a bucket that is not there is missing, and has no settings', async () => {
    const storage = await world().open('source', 'configure', 'nobody-made-this-bucket');

    await expect(storage.readConfiguration('nobody-made-this-bucket')).rejects.toMatchObject({
      name: 'BucketMissingError',
    });
  });
}
