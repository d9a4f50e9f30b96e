import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { KeyHistory, VersionFacts } from '../../domain/objects.ts';
import type { ListRequest, Storage } from '../../domain/ports.ts';
import type { Side, StorageWorld } from './storage-world.ts';

/** What contract tests put on the stage past all our code, and how they look at it afterwards. */
export async function aBucket(world: StorageWorld, side: Side): Promise<string> {
  const name = world.newName();
  await world.raw(side).send(new CreateBucketCommand({ Bucket: name }));
  return name;
}

export async function aVersionedBucket(world: StorageWorld, side: Side): Promise<string> {
  const name = await aBucket(world, side);
  await setVersions(world.raw(side), name, 'Enabled');
  return name;
}

export async function setVersions(client: S3Client, bucket: string, Status: 'Enabled' | 'Suspended'): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
}

/** Texts are put as objects, `gone` is a deletion without a version id; in that order. */
export const gone: unique symbol = Symbol('gone');
export async function write(
  client: S3Client,
  bucket: string,
  key: string,
  ...steps: readonly (string | Buffer | typeof gone)[]
): Promise<void> {
  for (const step of steps) {
    if (step === gone) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    else await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: step }));
  }
}

export async function textOf(client: S3Client, bucket: string, key: string, versionId?: string): Promise<string> {
  const version = versionId === undefined ? {} : { VersionId: versionId };
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...version }));
  return (await Body?.transformToString()) ?? '';
}

export async function historiesOf(storage: Storage, request: ListRequest): Promise<KeyHistory[]> {
  const histories: KeyHistory[] = [];
  for await (const page of storage.listHistories(request)) histories.push(...page);
  return histories;
}

/** A history without what differs from bucket to bucket. */
export const shapeOf = (versions: readonly VersionFacts[]) =>
  versions.map(({ etag, sizeBytes, isDeleteMarker }) => (isDeleteMarker ? 'marker' : `${etag} ${sizeBytes}`));

/** Some at once; rejects with the first failure when all have ended. */
export async function someAtOnce<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items].reverse();
  const failures: unknown[] = [];
  const runOne = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: 16 }, runOne));
  if (failures.length > 0) throw failures[0];
}
