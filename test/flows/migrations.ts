import {
  CreateBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type { JobView, ProblemView, ProofView } from '../../domain/views.ts';
import { policyOf } from '../support/cloud.ts';
import { hasEnded, until, type Product } from '../support/product.ts';
import type { TwoAccounts } from './two-accounts.ts';

export const aMigration = (bucket: string, options: JobRequestInput['options'] = {}): JobRequestInput => ({
  kind: 'migrate',
  source: { connection: 'sandbox-a', bucket },
  destination: { connection: 'sandbox-b' },
  options: { quarantineDays: 0, ...options },
});

type Asked = 'consent' | 'name' | 'quarantine';
export const isAsking =
  (question: Asked) =>
  ({ migration }: JobView): boolean =>
    migration?.question?.question === question;

/** Until it asks this question, or ends without having asked. */
export const asked = (product: Product, id: string, question: Asked): Promise<JobView> =>
  until(
    () => product.job(id),
    (job) => isAsking(question)(job) || hasEnded(job),
    `the question of ${id} about ${question}`,
    3000,
  );

export const proofOf = async (product: Product, id: string): Promise<ProofView> =>
  (await product.request<ProofView>('GET', `/api/jobs/${id}/proof`)).body;

export async function consent(
  product: Product,
  id: string,
  typed: { bucket: string; digest?: string; lostVersionCount?: number },
): Promise<{ status: number; body: JobView & ProblemView }> {
  const digest = typed.digest ?? (await proofOf(product, id)).digest;
  return product.request('POST', `/api/jobs/${id}/consent`, { ...typed, digest });
}

/** From the start to the end, with consent when it asks. */
export async function migrated(product: Product, request: JobRequestInput): Promise<JobView> {
  const { id } = await product.startJob(request);
  const job = await asked(product, id, 'consent');
  if (hasEnded(job)) return job;
  const answer = await consent(product, id, { bucket: request.source.bucket });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return until(() => product.job(id), hasEnded, `the end of ${id}`, 3000);
}

export type SeenVersion = Readonly<{ key: string; etag: string; isMarker: boolean; isLatest: boolean }>;

/** Every version and marker, newest first within a key, as a client that is not the product sees them. */
export async function historyOf(client: S3Client, Bucket: string): Promise<SeenVersion[]> {
  const seen: (SeenVersion & { atMs: number })[] = [];
  let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (at) {
    const page: ListObjectVersionsCommandOutput = await client.send(new ListObjectVersionsCommand({ Bucket, ...at }));
    const versions = (page.Versions ?? []).map((one) => ({ ...one, isMarker: false }));
    const markers = (page.DeleteMarkers ?? []).map((one) => ({ ...one, ETag: '', isMarker: true }));
    for (const { Key = '', ETag = '', isMarker, IsLatest = false, LastModified } of [...versions, ...markers])
      seen.push({ key: Key, etag: ETag, isMarker, isLatest: IsLatest, atMs: LastModified?.getTime() ?? 0 });
    at = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker } : undefined;
  }
  const order = (a: (typeof seen)[number], b: (typeof seen)[number]): number =>
    a.key < b.key ? -1 : a.key > b.key ? 1 : Number(b.isLatest) - Number(a.isLatest) || b.atMs - a.atMs;
  return seen.sort(order).map(({ key, etag, isMarker, isLatest }) => ({ key, etag, isMarker, isLatest }));
}

export async function exists(client: S3Client, Bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
    return true;
  } catch {
    return false;
  }
}

/** What a migration that has ended must not leave in either account. */
export async function traces({ cloud }: TwoAccounts, { id }: JobView): Promise<readonly string[]> {
  const found: string[] = [];
  for (const client of [cloud.a, cloud.b]) {
    const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
    for (const { Name = '' } of Buckets) {
      if (Name.startsWith('mig-')) found.push(`the temporary bucket ${Name}`);
      const policy = await policyOf(client, Name);
      if (policy?.includes('Migrator') && policy.includes(id.replaceAll('-', '')))
        found.push(`the policy of ${Name}: ${policy}`);
    }
  }
  return found;
}

export const make = (client: S3Client, Bucket: string) => client.send(new CreateBucketCommand({ Bucket }));
