import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import type { JobRequestInput } from '../../domain/job-request.ts';
import type { FailuresView, JobView, ProblemView, ReportView } from '../../domain/views.ts';
import { contentsOf, policyOf, startCloud, type Cloud } from '../support/cloud.ts';
import { hasEnded, startProduct, until, type Product } from '../support/product.ts';

export const ROLE_A = 'arn:aws:iam::111100001111:role/bucket-migrator';

/** One running program between two accounts of one storage, for all the tests of a file. */
export type TwoAccounts = {
  cloud: Cloud;
  product: Product;
  /** Where the program keeps its documents. */
  directory: string;
  ended(id: string): Promise<JobView>;
  /** From the start to the end, whatever it is. */
  run(request: JobRequestInput): Promise<JobView>;
  redriven(id: string): Promise<JobView>;
  stop(id: string): Promise<{ status: number; body: JobView & ProblemView }>;
  /** Once everything that the job had running has ended. */
  stopped(id: string): Promise<JobView>;
  failures(id: string): Promise<FailuresView>;
  report(id: string): Promise<ReportView>;
  refusal(request: unknown, headers?: Record<string, string>): Promise<{ status: number; body: ProblemView }>;
};

/** `alsoWith` makes connections that are given to the program besides the good ones, from one of those. */
export function twoAccounts(alsoWith: (good: Connection) => readonly Connection[] = () => []): TwoAccounts {
  const place = {} as TwoAccounts;
  const closers: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const cloud = await startCloud();
    closers.push(cloud.close);
    const directory = cloud.newDataDirectory();
    addConnections(cloud.connectionsFile, alsoWith);
    const flags = ['--data', directory, '--connections', cloud.connectionsFile, '--no-sandbox'];
    const product = await startProduct(flags);
    closers.push(product.stop);
    Object.assign(place, { cloud, directory, product, ...asking(product) });
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });
  return place;
}

function addConnections(file: string, alsoWith: (good: Connection) => readonly Connection[]): void {
  const { connections } = JSON.parse(readFileSync(file, 'utf8')) as { connections: Connection[] };
  const [good] = connections;
  if (good) writeFileSync(file, JSON.stringify({ connections: [...connections, ...alsoWith(good)] }));
}

function asking(product: Product): Omit<TwoAccounts, 'cloud' | 'product' | 'directory'> {
  const ended = (id: string) => until(() => product.job(id), hasEnded, `the end of job ${id}`);
  return {
    ended,
    run: async (request) => ended((await product.startJob(request)).id),
    redriven: async (id) => {
      const answer = await product.request<JobView>('POST', `/api/jobs/${id}/redrive`);
      if (answer.status !== 200) throw new Error(`not redriven: ${JSON.stringify(answer.body)}`);
      return ended(id);
    },
    stop: (id) => product.request<JobView & ProblemView>('POST', `/api/jobs/${id}/stop`),
    stopped: (id) => until(() => product.job(id), ({ status }) => status === 'stopped', `the stop of ${id}`), // prettier-ignore
    failures: async (id) => (await product.request<FailuresView>('GET', `/api/jobs/${id}/failures`)).body,
    report: async (id) => (await product.request<ReportView>('GET', `/api/jobs/${id}/report`)).body,
    refusal: (request, headers) => product.request<ProblemView>('POST', '/api/jobs', request, headers),
  };
}

/** What a job that was refused or has ended must not leave: access, and the names of its buckets held. */
export async function leftBehind({ cloud }: TwoAccounts, job: JobView): Promise<readonly string[]> {
  const bucket = job.destination.bucket ?? '';
  const isThere = cloud.world.storage.buckets.has(bucket);
  const policy = isThere ? await policyOf(cloud.b, bucket) : undefined;
  return [
    ...(policy?.includes(job.id) ? [`a grant in the policy of ${bucket}: ${policy}`] : []),
    ...(job.grantsOutstandingCount > 0 ? [`${job.grantsOutstandingCount} grants that it knows of`] : []),
  ];
}

export const put = (client: S3Client, Bucket: string, Key: string, more: Partial<PutObjectCommandInput> = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: `content of ${Key}`, ...more }));

/** Somebody's own rule for their bucket: our role may not read these keys. */
export const deny = (client: S3Client, bucket: string, action: string, ...keys: string[]) =>
  client.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'KeepOut',
            Effect: 'Deny',
            Principal: { AWS: ROLE_A },
            Action: action,
            Resource: keys.map((key) => `arn:aws:s3:::${bucket}/${key}`),
          },
        ],
      }),
    }),
  );

/** How often the destination was asked for the copy of this key. */
export const copiesOf = ({ cloud }: TwoAccounts, bucket: string, key: string): number =>
  cloud.world.copies.get(`/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`) ?? 0;

/** All copy requests into this bucket so far. */
export const copiesInto = ({ cloud }: TwoAccounts, bucket: string): number =>
  [...cloud.world.copies].filter(([path]) => path.startsWith(`/${bucket}/`)).reduce((sum, [, times]) => sum + times, 0);

/** The pids of the tasks that run for this job, as the system sees them. */
export function tasksOf({ product }: TwoAccounts, id: string, command = ''): number[] {
  const isOne = (pid: number): boolean => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
      return parent === product.pid && words.includes(id) && (command === '' || words.includes(command));
    } catch {
      return false; // it has ended meanwhile
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter(isOne);
}

/** Everything has arrived, and nothing of ours is left. */
export async function isVerified(place: TwoAccounts, job: JobView, from: string, to: string): Promise<void> {
  expect(job).toMatchObject({ status: 'succeeded', percent: 100, failedCount: 0, grantsOutstandingCount: 0 });
  expect(await contentsOf(place.cloud.b, to)).toEqual(await contentsOf(place.cloud.a, from));
  expect(await leftBehind(place, job)).toEqual([]);
}
