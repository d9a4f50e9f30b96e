import * as s3 from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import {
  NOT_SETTINGS,
  SETTINGS,
  SETTING_NAMES,
  type SettingName,
} from '../../domain/bucket-configuration/catalogue.ts';
import type { Connection } from '../../domain/connection.ts';
import { errorBody, startDouble, storageAt, type Asked, type Reply } from './s3-double.ts';

let stop: (() => Promise<void>) | undefined;
afterEach(() => stop?.());

async function aStorage(reply: (asked: Asked, count: number) => Reply, connection: Partial<Connection> = {}) {
  const double = await startDouble(reply);
  const storage = await storageAt(double.endpoint, connection);
  stop = async () => {
    storage.close();
    await double.close();
  };
  return { storage, asked: double.asked, clock: storage.clock };
}

const has = (asked: Asked, subresource: string): boolean => new RegExp(`[?&]${subresource}(=|&|$)`).test(asked.url);
const NEVER_SET: Reply = { status: 404, body: errorBody('NoSuchThingConfiguration') };
const xml = (root: string, inner: string): Reply => ({ body: `<?xml version="1.0"?><${root}>${inner}</${root}>` });

describe('the catalogue of settings', () => {
  const commands = Object.keys(s3)
    .filter((name) => name.endsWith('Command'))
    .map((name) => name.slice(0, -'Command'.length));
  const reading = commands.filter((name) =>
    /^(GetBucket.+|ListBucket.+Configurations|GetObjectLockConfiguration|GetPublicAccessBlock)$/.test(name),
  );

  test('has every operation of the SDK that reads a setting of a bucket, or says why it is none', () => {
    const known = [...SETTINGS.map(({ operation }) => operation), ...Object.keys(NOT_SETTINGS)];

    expect(reading.length).toBeGreaterThan(20);
    expect([...known].sort()).toEqual([...reading].sort());
  });

  test('has a way to put every setting that can be put, and no other', () => {
    const puts = commands.filter((name) => /^Put(Bucket.+|ObjectLockConfiguration|PublicAccessBlock)$/.test(name));

    // The Region is given when a bucket is made, and metadata tables are made by S3.
    expect(puts).toHaveLength(SETTING_NAMES.length - 2);
  });
});

describe('reading the settings', () => {
  test('lists are followed to their end', async () => {
    const page = (id: string, next?: string) =>
      xml(
        'ListInventoryConfigurationsResult',
        `<InventoryConfiguration><Id>${id}</Id><IsEnabled>true</IsEnabled></InventoryConfiguration>` +
          (next ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>` : ''),
      );
    const { storage } = await aStorage((asked) => {
      if (!has(asked, 'inventory')) return NEVER_SET;
      return has(asked, 'continuation-token') ? page('two') : page('one', 'more');
    });

    expect((await storage.readConfiguration('photos')).inventory).toEqual({
      state: 'set',
      value: [
        { Id: 'one', IsEnabled: true },
        { Id: 'two', IsEnabled: true },
      ],
    });
  });

  test('a list that never ends is not followed for ever', async () => {
    const { storage } = await aStorage((asked) =>
      has(asked, 'metrics')
        ? xml('ListMetricsConfigurationsResult', '<NextContinuationToken>again</NextContinuationToken>')
        : NEVER_SET,
    );

    await expect(storage.readConfiguration('photos')).rejects.toThrow('does not end');
  });

  test.each<[what: string, reply: Reply, state: object]>([
    ['what was never set is absent', NEVER_SET, { state: 'absent' }],
    [
      'what the provider does not have says so',
      { status: 501, body: errorBody('NotImplemented') },
      { state: 'absent', isUnsupported: true },
    ],
    [
      'also as a method that is not allowed',
      { status: 405, body: errorBody('MethodNotAllowed') },
      { state: 'absent', isUnsupported: true },
    ],
    [
      'also as an argument',
      { status: 400, body: errorBody('UnsupportedArgument') },
      { state: 'absent', isUnsupported: true },
    ],
    [
      'what may not be read is unknown',
      { status: 403, body: errorBody('AccessDenied') },
      { state: 'unknown', reason: expect.stringContaining('403') as string },
    ],
    [
      'what is refused is unknown',
      { status: 400, body: errorBody('InvalidRequest') },
      { state: 'unknown', reason: expect.stringContaining('InvalidRequest') as string },
    ],
    ['an answer without content is absent', {}, { state: 'absent' }],
    [
      'an answer about something else is absent',
      xml('ListBucketResult', '<Name>photos</Name><IsTruncated>false</IsTruncated>'),
      { state: 'absent' },
    ],
  ])('%s, and keeps no other setting back', async (_what, reply, state) => {
    const tags = xml('Tagging', '<TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet>');
    const { storage } = await aStorage((asked) =>
      has(asked, 'tagging') ? tags : has(asked, 'cors') ? reply : NEVER_SET,
    );
    const settings = await storage.readConfiguration('photos');

    expect(settings.cors).toEqual(state);
    expect(settings.tagging).toEqual({ state: 'set', value: [{ Key: 'a', Value: 'b' }] });
    expect(Object.keys(settings).sort()).toEqual([...SETTING_NAMES].sort());
  });

  test('where another provider answers nothing about ownership, it is not taken for a bucket whose writers own', async () => {
    const { storage } = await aStorage((asked) => (has(asked, 'ownershipControls') ? {} : NEVER_SET), {
      kind: 's3-compatible',
    });

    expect((await storage.readConfiguration('photos')).ownership).toEqual({ state: 'absent', isUnsupported: true });
  });

  test.each<[what: string, reply: Reply, name: string]>([
    ['a bucket that is gone', { status: 404, body: errorBody('NoSuchBucket') }, 'BucketMissingError'],
    ['a storage in trouble', { status: 500, body: errorBody('InternalError') }, 'StorageUnavailableError'],
    ['a storage that asks for patience', { status: 503, body: errorBody('SlowDown') }, 'StorageThrottledError'],
  ])('%s is no answer about a setting', async (_what, reply, name) => {
    const { storage } = await aStorage((asked) => (has(asked, 'cors') ? reply : NEVER_SET));

    await expect(storage.readConfiguration('photos')).rejects.toMatchObject({ name });
  });

  test('every request asks for the bucket of our account only', async () => {
    const { storage, asked } = await aStorage(
      ({ body }) =>
        body.includes('AssumeRole')
          ? xml(
              'AssumeRoleResponse',
              '<AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>',
            )
          : NEVER_SET,
      { roleArn: 'arn:aws:iam::111111111111:role/us' },
    );
    await storage.readConfiguration('photos');

    const owners = asked
      .filter(({ method }) => method === 'GET')
      .map(({ headers }) => headers['x-amz-expected-bucket-owner']);
    expect(owners).toHaveLength(SETTING_NAMES.length);
    expect(new Set(owners)).toEqual(new Set(['111111111111']));
  });
});

describe('putting a setting', () => {
  const LIFECYCLE = {
    Rules: [
      {
        ID: 'a',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        Expiration: { Date: '2031-01-01T00:00:00.000Z' },
        Transitions: [{ Date: '2030-01-01T00:00:00.000Z', StorageClass: 'GLACIER' }],
      },
    ],
    TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
  };

  test('dates that were kept as texts are dates again, and what stands in a header goes there', async () => {
    const { storage, asked } = await aStorage(({ method }) => (method === 'GET' ? NEVER_SET : {}));

    expect(await storage.applySetting('photos', 'lifecycle', LIFECYCLE)).toBe('applied');
    const put = asked.find(({ method }) => method === 'PUT');
    expect(put?.body).toContain('<Date>2031-01-01T00:00:00Z</Date>');
    expect(put?.body).toContain('<Date>2030-01-01T00:00:00Z</Date>');
    expect(put?.headers['x-amz-transition-default-minimum-object-size']).toBe('varies_by_storage_class');
  });

  test('another change that is under way is waited for', async () => {
    let tries = 0;
    const { storage, clock } = await aStorage(({ method }) => {
      if (method === 'GET') return NEVER_SET;
      tries += 1;
      return tries < 3 ? { status: 409, body: errorBody('OperationAborted') } : {};
    });

    expect(await storage.applySetting('photos', 'requestPayment', { Payer: 'Requester' })).toBe('applied');
    expect(clock.sleepsMs).toHaveLength(2);
  });

  test('versioning that is not seen after it was put is not taken for granted', async () => {
    const { storage } = await aStorage(({ method }) => (method === 'GET' ? xml('VersioningConfiguration', '') : {}));

    await expect(storage.applySetting('photos', 'versioning', { Status: 'Enabled' })).rejects.toMatchObject({
      name: 'StorageUnavailableError',
    });
  });

  test('versioning that is seen late is waited for', async () => {
    let looks = 0;
    const { storage } = await aStorage(({ method }) => {
      if (method === 'PUT') return {};
      looks += 1;
      return xml('VersioningConfiguration', looks < 4 ? '' : '<Status>Enabled</Status>');
    });

    expect(await storage.applySetting('photos', 'versioning', { Status: 'Enabled' })).toBe('applied');
  });

  test('what may be written and not read is written', async () => {
    const { storage, asked } = await aStorage(({ method }) =>
      method === 'GET' ? { status: 403, body: errorBody('AccessDenied') } : {},
    );

    expect(await storage.applySetting('photos', 'cors', { CORSRules: [] })).toBe('applied');
    expect(await storage.applySetting('photos', 'versioning', { Status: 'Enabled' })).toBe('applied');
    expect(asked.filter(({ method }) => method === 'PUT')).toHaveLength(2);
  });

  test("the new bucket's owner keeps full control, whoever else is let in", async () => {
    const owner = '<Owner><ID>new-owner</ID></Owner>';
    const { storage, asked } = await aStorage(({ method }) =>
      method === 'GET' ? xml('AccessControlPolicy', `${owner}<AccessControlList></AccessControlList>`) : {},
    );
    await storage.applySetting('photos', 'acl', {
      Grants: [{ Grantee: { Type: 'CanonicalUser', ID: 'friend' }, Permission: 'READ' }],
    });

    const { body } = asked.find(({ method }) => method === 'PUT') as Asked;
    expect(body).toMatch(/<ID>new-owner<\/ID>.*<Permission>FULL_CONTROL<\/Permission>.*<ID>friend<\/ID>/);
  });

  test('of a list only the entries that are missing are put, each under its id', async () => {
    const entry = (Id: string) => ({ Id, StorageClassAnalysis: {} });
    const listed = '<AnalyticsConfiguration><Id>one</Id><StorageClassAnalysis/></AnalyticsConfiguration>';
    const { storage, asked } = await aStorage(({ method }) =>
      method === 'GET' ? xml('ListBucketAnalyticsConfigurationsResult', listed) : {},
    );
    await storage.applySetting('photos', 'analytics', [entry('one'), entry('two')]);

    const puts = asked
      .filter(({ method }) => method === 'PUT')
      .map(({ url }) => new URL(url, 'http://x').searchParams.get('id'));
    expect(puts).toEqual(['two']);
  });

  test('tags that only AWS sets are not sent back', async () => {
    const tag = (key: string) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`;
    const { storage, asked } = await aStorage(({ method }) =>
      method === 'GET' ? xml('Tagging', `<TagSet>${tag('aws:cloudformation:stack-id')}${tag('mine')}</TagSet>`) : {},
    );
    await storage.applySetting('photos', 'tagging', [{ Key: 'new', Value: 'v' }]);

    const { body } = asked.find(({ method }) => method === 'PUT') as Asked;
    expect([...body.matchAll(/<Key>([^<]+)/g)].map(([, key]) => key)).toEqual(['mine', 'new']);
  });

  test.each<SettingName>(['location', 'metadata'])('%s cannot be put, and nothing is tried', async (name) => {
    const { storage, asked } = await aStorage(() => NEVER_SET);

    await expect(storage.applySetting('photos', name, {})).rejects.toMatchObject({ name: 'StorageUnsupportedError' });
    expect(asked.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  /** A value for each setting that has one request to put it. */
  const VALUES: Partial<Record<SettingName, unknown>> = {
    abac: { Status: 'Enabled' },
    accelerate: { Status: 'Enabled' },
    encryption: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    intelligentTiering: [{ Id: 'i', Status: 'Enabled', Tierings: [{ Days: 90, AccessTier: 'ARCHIVE_ACCESS' }] }],
    inventory: [{ Id: 'i', IsEnabled: true }],
    logging: { TargetBucket: 'logs', TargetPrefix: '' },
    metrics: [{ Id: 'm', Filter: { Prefix: 'p' } }],
    notification: { EventBridgeConfiguration: {} },
    objectLock: { ObjectLockEnabled: 'Enabled' },
    ownership: { Rules: [{ ObjectOwnership: 'ObjectWriter' }] },
    publicAccessBlock: { BlockPublicAcls: false },
    replication: { Role: 'arn:aws:iam::1:role/r', Rules: [] },
    requestPayment: { Payer: 'Requester' },
    website: { IndexDocument: { Suffix: 'i.html' } },
  };
  test.each(Object.entries(VALUES))('%s is one request with its value', async (name, value) => {
    const { storage, asked } = await aStorage(({ method }) => (method === 'GET' ? NEVER_SET : {}));
    await storage.applySetting('photos', name as SettingName, value);

    const puts = asked.filter(({ method }) => method === 'PUT');
    expect(puts).toHaveLength(1);
    const words = JSON.stringify(value).match(/(?<=:")[^"]+/g) ?? [];
    for (const word of words) expect(decodeURIComponent(`${puts[0]?.url} ${puts[0]?.body}`)).toContain(word);
  });
});
