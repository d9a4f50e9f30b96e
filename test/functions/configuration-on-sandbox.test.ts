import { readFileSync } from 'node:fs';
import * as s3 from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  ConfigurationDocument,
  ConfigurationOutcomeDocument,
} from '../../domain/bucket-configuration/inventory.ts';
import type { Connection } from '../../domain/connection.ts';
import { jsonText } from '../../domain/document-access.ts';
import { paths } from '../../domain/job-documents.ts';
import { parseJobRequest } from '../../domain/job-request.ts';
import { applyConfiguration } from '../../functions/steps/configuration/apply-configuration.ts';
import { captureConfiguration } from '../../functions/steps/configuration/capture-configuration.ts';
import type { StepPorts } from '../../functions/steps/index.ts';
import { credentialsOf } from '../../local/credentials.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { startCloud, type Cloud } from '../support/cloud.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { ShiftedClock, systemRandom } from '../support/system-time.ts';

const Bucket = 'well-furnished';
const RULE = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const }, BucketKeyEnabled: true };
const BLOCK_NOTHING = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

let cloud: Cloud;
let connections: readonly Connection[];

beforeAll(async () => {
  cloud = await startCloud();
  connections = (JSON.parse(readFileSync(cloud.connectionsFile, 'utf8')) as { connections: Connection[] }).connections;
  await furnish(cloud.a);
});
afterAll(() => cloud.close());

/** A value for every setting that the sandbox keeps. */
async function furnish(client: s3.S3Client): Promise<void> {
  await client.send(new s3.CreateBucketCommand({ Bucket, ObjectOwnership: 'ObjectWriter' }));
  const send = (command: object) => client.send(command as Parameters<s3.S3Client['send']>[0]);
  for (const command of [
    new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }),
    new s3.PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: 'Enabled',
        Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } },
      },
    }),
    new s3.PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [RULE] } }),
    new s3.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'blue' }] } }),
    new s3.PutBucketCorsCommand({
      Bucket,
      CORSConfiguration: { CORSRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }] },
    }),
    new s3.PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: [
          { ID: 'd', Status: 'Enabled', Filter: { Prefix: 'x' }, Expiration: { Date: new Date(1_900_000_000_000) } },
        ],
      },
    }),
    new s3.PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: 'i.html' } } }),
    new s3.PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: 'Requester' } }),
    new s3.PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status: 'Enabled' } }),
    new s3.PutBucketLoggingCommand({
      Bucket,
      BucketLoggingStatus: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: 'logs/' } },
    }),
    new s3.PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
    new s3.PutBucketMetricsConfigurationCommand({ Bucket, Id: 'm', MetricsConfiguration: { Id: 'm' } }),
    new s3.PutBucketAnalyticsConfigurationCommand({
      Bucket,
      Id: 'a',
      AnalyticsConfiguration: { Id: 'a', StorageClassAnalysis: {} },
    }),
    new s3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: BLOCK_NOTHING }),
    new s3.PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Read',
            Effect: 'Allow',
            Principal: '*',
            Action: 's3:GetObject',
            Resource: `arn:aws:s3:::${Bucket}/*`,
          },
        ],
      }),
    }),
  ])
    await send(command);
}

async function carry(to: string, appliesPublicAccess: boolean) {
  const find = async (name: string) => connections.find((one) => one.name === name);
  const clock = new ShiftedClock();
  const documents = new MemoryStore();
  const storage = createStorageAccess({ connections: { find }, credentialsOf, clock, random: systemRandom });
  const ports: StepPorts = { documents, connections: { find }, storage, clock, random: systemRandom };
  const jobId = 'copy-20261120-0123456789ab';
  const request = parseJobRequest({
    kind: 'copy',
    source: { connection: 'sandbox-a', bucket: Bucket },
    destination: { connection: 'sandbox-b', bucket: to },
    options: { configuration: 'carry', appliesPublicAccess },
  });
  await documents.write(paths.request(jobId), jsonText({ id: jobId, request, createdAtMs: 0, createdBy: 'test' }));
  const Tags = [{ Key: 'bucket-migrator:job', Value: jobId }];
  await cloud.b.send(new s3.CreateBucketCommand({ Bucket: to, CreateBucketConfiguration: { Tags } }));

  await captureConfiguration({ jobId }, ports);
  const stages = ['before-objects', 'after-verification'] as const;
  for (const stage of stages) await applyConfiguration({ jobId, stage }, ports);
  const items = stages.flatMap(
    (stage) => documents.json<ConfigurationOutcomeDocument>(paths.configurationOutcome(jobId, stage))?.items ?? [],
  );
  const keeper = await storage.open({ connection: 'sandbox-b', purpose: 'configure', buckets: [to], jobId });
  const there = await keeper.readConfiguration(to);
  keeper.close();
  const kept = documents.json<ConfigurationDocument>(paths.configuration(jobId));
  return { items, there, kept: kept?.settings };
}

test('a bucket with every setting comes to another account with all that can be carried', async () => {
  const { items, there, kept } = await carry('furnished-anew', true);

  expect(items.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  const same = ['versioning', 'objectLock', 'encryption', 'cors', 'lifecycle', 'website', 'requestPayment'] as const;
  for (const name of [...same, 'accelerate', 'notification', 'metrics', 'analytics', 'ownership'] as const)
    expect(there[name], name).toEqual(kept?.[name]);
  expect(there.publicAccessBlock).toEqual({ state: 'set', value: BLOCK_NOTHING });
  expect(there.logging).toMatchObject({ value: { TargetBucket: 'furnished-anew' } });
  expect(JSON.stringify(there.policy)).toContain('arn:aws:s3:::furnished-anew/*');
});

test('without consent the new bucket stays shut, and what is left out is told', async () => {
  const { items, there } = await carry('furnished-and-shut', false);

  expect(items.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
  expect(there.policy.state).toBe('absent');
  expect(there.publicAccessBlock).toMatchObject({ value: { BlockPublicPolicy: true } });
  expect(items.filter(({ outcome }) => outcome === 'waived').map(({ setting }) => setting)).toEqual([
    'publicAccessBlock',
    'policy',
  ]);
});
