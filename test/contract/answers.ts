import {
  CreateBucketCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import type { Account } from '../support/s3-account.ts';
import type { World } from './world.ts';

/** What a refusal looked like: the status and the error code of the body (the status's name where there is no body). */
export type Refusal = `${number} ${string}`;

/** The refusal of a request that must be refused; `200` when it was not. */
export async function refusalOf(request: Promise<unknown>): Promise<Refusal | 'accepted'> {
  try {
    await request;
    return 'accepted';
  } catch (error) {
    return describeRefusal(error);
  }
}

export function describeRefusal(error: unknown): Refusal {
  if (!isServiceError(error)) throw error;
  return `${error.$metadata.httpStatusCode} ${error.name}`;
}

function isServiceError(error: unknown): error is Error & { $metadata: { httpStatusCode: number } } {
  if (!(error instanceof Error) || !('$metadata' in error)) return false;
  const metadata: unknown = error.$metadata;
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata;
}

export async function aBucket(world: World, owner: Account = world.a): Promise<string> {
  const bucket = world.newName();
  await owner.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

export async function put(
  owner: Account,
  bucket: string,
  key: string,
  body: string | Uint8Array = `body of ${key}`,
  more: Partial<PutObjectCommandInput> = {},
): Promise<{ etag: string; version: string | undefined }> {
  const answer = await owner.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...more }));
  return { etag: answer.ETag ?? '', version: answer.VersionId };
}

export async function read(reader: Account, bucket: string, key: string, version?: string): Promise<string> {
  const which = version === undefined ? {} : { VersionId: version };
  const answer = await reader.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...which }));
  return (await answer.Body?.transformToString()) ?? '';
}

/** Percent form as listings carry it; S3 writes a space as `+`. */
export function decodeListed(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

/** All keys of a bucket in the order in which they are listed. */
export async function listedKeys(reader: Account, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  const pages = paginateListObjectsV2({ client: reader.s3 }, { Bucket: bucket, EncodingType: 'url' });
  for await (const page of pages) {
    for (const object of page.Contents ?? []) keys.push(decodeListed(object.Key ?? ''));
  }
  return keys;
}

/** CopySource as CopyObject wants it: percent-encoded by the caller, each segment by itself. */
export function copySource(bucket: string, key: string, version?: string): string {
  const path = `${bucket}/${key}`.split('/').map(encodeURIComponent).join('/');
  return version === undefined ? path : `${path}?versionId=${version}`;
}
