import type { Connection } from '../domain/connection.ts';
import { SECOND_MS, type Random } from '../domain/time.ts';
import type { PolicyDocument } from './sandbox/policy-document.ts';
import type { SandboxSetup } from './sandbox/world.ts';

/** What differs from one installation's sandbox to the next; kept beside its buckets. */
export type SandboxSecrets = Readonly<{ accessKeyId: string; secretAccessKey: string; externalIds: readonly string[] }>;

export const newSandboxSecrets = (random: Random): SandboxSecrets => ({
  accessKeyId: `AKIA${random.hex(16).toUpperCase()}`,
  secretAccessKey: random.hex(40),
  externalIds: ACCOUNTS.map(() => random.hex(32)),
});

const REGION = 'us-east-1';
/** On AWS a name may take hours to come free; here a first migration should take a minute and still show the wait. */
const NAME_RELEASE_MS = 20 * SECOND_MS;
const TOOL = { id: '999900009999', user: 'bucket-migrator' } as const;
const ROLE = 'bucket-migrator';
/** Two accounts that know nothing of each other, and a third where the product's own user lives, as it would be on AWS. */
const ACCOUNTS = [
  { id: '111100001111', connection: 'sandbox-a' },
  { id: '222200002222', connection: 'sandbox-b' },
] as const;

/**
 * What a person would have to allow the role in an account of theirs. Copies need the first two; the others are for
 * migrations, which move settings and, with consent, empty and delete the source.
 */
const ROLE_POLICY: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'ReadAnything',
      Effect: 'Allow',
      Action: ['s3:List*', 's3:Get*'],
      Resource: '*',
    },
    {
      Sid: 'MakeBucketsAndWriteObjects',
      Effect: 'Allow',
      Action: [
        's3:CreateBucket',
        's3:PutBucketPolicy',
        's3:DeleteBucketPolicy',
        's3:PutBucketTagging',
        's3:TagResource',
        's3:PutBucketPublicAccessBlock',
        's3:PutBucketOwnershipControls',
        's3:PutObject',
        's3:PutObjectTagging',
        's3:AbortMultipartUpload',
      ],
      Resource: '*',
    },
    {
      Sid: 'ChangeSettingsOfBuckets',
      Effect: 'Allow',
      Action: [
        's3:PutBucket*',
        's3:PutLifecycleConfiguration',
        's3:PutReplicationConfiguration',
        's3:PutEncryptionConfiguration',
        's3:PutAccelerateConfiguration',
        's3:PutAnalyticsConfiguration',
        's3:PutInventoryConfiguration',
        's3:PutMetricsConfiguration',
        's3:PutIntelligentTieringConfiguration',
        's3:DeleteBucketWebsite',
      ],
      Resource: '*',
    },
    {
      Sid: 'EmptyAndDeleteBuckets',
      Effect: 'Allow',
      Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:DeleteBucket'],
      Resource: '*',
    },
  ],
};

export function sandboxSetup(secrets: SandboxSecrets): SandboxSetup {
  const toolArn = `arn:aws:iam::${TOOL.id}:user/${TOOL.user}`;
  const { accessKeyId, secretAccessKey } = secrets;
  return {
    nameReleaseDelayMs: NAME_RELEASE_MS,
    // The accounts with the sample buckets come first: that is where the samples are put.
    accounts: [
      ...ACCOUNTS.map(({ id, connection }, index) => ({
        id,
        name: connection,
        users: [],
        roles: [
          { name: ROLE, trustPolicy: trustPolicy(toolArn, secrets.externalIds[index] ?? ''), policies: [ROLE_POLICY] },
        ],
      })),
      {
        id: TOOL.id,
        name: 'tool',
        users: [{ name: TOOL.user, accessKeyId, secretAccessKey, policies: [ASSUME_THE_ROLES] }],
        roles: [],
      },
    ],
  };
}

const roleArn = (accountId: string): string => `arn:aws:iam::${accountId}:role/${ROLE}`;

const ASSUME_THE_ROLES: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ACCOUNTS.map(({ id }) => roleArn(id)) }],
};

const trustPolicy = (toolArn: string, externalId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: toolArn },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    },
  ],
});

/** The endpoint is another one at every start, because the port is. */
export const sandboxConnections = (secrets: SandboxSecrets, endpoint: string): readonly Connection[] =>
  ACCOUNTS.map(({ id, connection }, index) => ({
    name: connection,
    kind: 'sandbox',
    region: REGION,
    endpoint,
    addressing: 'path',
    accessKeyId: secrets.accessKeyId,
    secretAccessKey: secrets.secretAccessKey,
    roleArn: roleArn(id),
    externalId: secrets.externalIds[index] ?? '',
  }));
