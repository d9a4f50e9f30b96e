import type { Clock, Random } from '../../domain/time.ts';
import type { Accounts, Caller } from './accounts.ts';
import type { BodyStore } from './bodies.ts';
import type { Query, SandboxAnswer, SandboxRequest } from './exchange.ts';
import type { KeyBytes } from './key-order.ts';
import { invalidArgument, noSuchBucket } from './problem.ts';
import type { ReceivedBody } from './receiving.ts';
import type { Bucket, Storage } from './storage.ts';
import type { Requirement } from './authorization.ts';

/** Limits of S3 that tests may lower: nobody wants to write 5 GiB to see a refusal. */
export type SandboxLimits = Readonly<{
  copySizeBytesMax: number;
  partSizeBytesMin: number;
  listPageKeysMax: number;
}>;

const MiB = 1024 ** 2;
export const S3_LIMITS: SandboxLimits = {
  copySizeBytesMax: 5 * 1024 * MiB,
  partSizeBytesMin: 5 * MiB,
  listPageKeysMax: 1000,
};

/** What operations work on: the world without its front door. */
export type Surroundings = Readonly<{
  storage: Storage;
  accounts: Accounts;
  bodies: BodyStore;
  clock: Clock;
  random: Random;
  regions: readonly string[];
  /** How long a name stays busy after its bucket was deleted. */
  nameReleaseDelayMs: (bucket: string) => number;
  /** General purpose buckets go with their uploads as far as is known; directory buckets refuse. */
  isUploadInTheWay: boolean;
  policyDelayMs: number;
  limits: SandboxLimits;
  isCompletionForgotten: boolean;
}>;

/** One request on its way through an operation. */
export type Call = Readonly<{
  surroundings: Surroundings;
  request: SandboxRequest;
  headers: SandboxRequest['headers'];
  query: Query;
  caller: Caller;
  /** Region whose endpoint the client believes to talk to. */
  region: string;
  requestId: string;
  nowMs: number;
  /** Empty for requests that name none. */
  bucketName: string;
  /** Empty for requests about the bucket itself. */
  key: KeyBytes;
  /** Whether a further permission is there; for answers that depend on what the caller may know. */
  isAllowed: (requirement: Requirement) => boolean;
}>;

export type Operation = Readonly<{
  /** What the request carries: nothing that matters, a document, or an object's bytes. */
  body: 'none' | 'document' | 'content';
  /** Every permission that the caller needs. */
  needs: (call: Call) => readonly Requirement[];
  run: (call: Call, body: { text: string; received: ReceivedBody | undefined }) => SandboxAnswer;
  /** Operations that answer without the bucket being there. */
  isBucketOptional?: boolean;
}>;

export function bucketOf(call: Call): Bucket {
  const bucket = call.surroundings.storage.buckets.get(call.bucketName);
  if (!bucket) throw noSuchBucket(call.bucketName);
  return bucket;
}

export const answer = (
  status: number,
  headers: Record<string, string> = {},
  body: SandboxAnswer['body'] = '',
): SandboxAnswer => ({ status, headers, body });

export const xmlAnswer = (body: string, headers: Record<string, string> = {}): SandboxAnswer =>
  answer(200, { 'content-type': 'application/xml', ...headers }, body);

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;

/** A whole number from the query within bounds, or the fallback. */
export function queryInteger(call: Call, name: string, bounds: { fallback: number; max: number }): number {
  const text = call.query.get(name);
  if (text === undefined || text === '') return bounds.fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 2 ** 31 - 1) {
    throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
  }
  return Math.min(value, bounds.max);
}
