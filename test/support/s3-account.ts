import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';

export type Credentials = Readonly<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>;

/** One side of a conversation between accounts: who asks, and how policies name them. */
export type Account = Readonly<{ s3: S3Client; credentials: Credentials; principalArn: string }>;

const REGION = 'us-east-1';

/** A client that tries once: a test wants to see the first answer, not what became of it. */
export function s3ClientFor(endpoint: string, credentials: Credentials, more: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint, region: REGION, credentials, forcePathStyle: true, maxAttempts: 1, ...more });
}

export function stsClientFor(endpoint: string, credentials: Credentials): STSClient {
  return new STSClient({ endpoint, region: REGION, credentials, maxAttempts: 1 });
}

export function accountFor(
  endpoint: string,
  credentials: Credentials,
  principalArn: string,
  region: string = REGION,
): Account {
  return { s3: s3ClientFor(endpoint, credentials, { region }), credentials, principalArn };
}
