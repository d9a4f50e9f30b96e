import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CreateMultipartUploadCommandInput,
  type UploadPartCopyCommandInput,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Account } from '../support/s3-account.ts';
import { aBucket } from './answers.ts';
import type { World } from './world.ts';

const MiB = 1024 ** 2;
export const PART_SIZE_BYTES_MIN = 5 * MiB;
/** The smallest part that need not be the last. */
export const big = 'x'.repeat(PART_SIZE_BYTES_MIN);
export const OTHER_ETAG = '"00000000000000000000000000000000"';

export type Part = Readonly<{ PartNumber: number; ETag: string }>;

/** An upload of `a` that has begun in `bucket`, and everything that can be done with it. */
export async function begin(who: Account, bucket: string, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const object = { Bucket: bucket, Key: 'a' };
  const { UploadId = '' } = await who.s3.send(new CreateMultipartUploadCommand({ ...object, ...more }));
  const upload = { ...object, UploadId };
  const part = async (PartNumber: number, Body: string): Promise<Part> => {
    const answer = await who.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    return { PartNumber, ETag: answer.ETag ?? '' };
  };
  const copyPart = async (
    PartNumber: number,
    CopySource: string,
    how: Partial<UploadPartCopyCommandInput> = {},
  ): Promise<Part> => {
    const answer = await who.s3.send(new UploadPartCopyCommand({ ...upload, PartNumber, CopySource, ...how }));
    return { PartNumber, ETag: answer.CopyPartResult?.ETag ?? '' };
  };
  const complete = (...Parts: Part[]) =>
    who.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
  const abort = () => who.s3.send(new AbortMultipartUploadCommand(upload));
  const listParts = (page: object = {}) => who.s3.send(new ListPartsCommand({ ...upload, ...page }));
  return { upload, part, copyPart, complete, abort, listParts };
}

export async function anUpload(world: World, more: Partial<CreateMultipartUploadCommandInput> = {}) {
  const bucket = await aBucket(world);
  const head = () => world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));
  return { bucket, head, ...(await begin(world.a, bucket, more)) };
}

/** The ETag of an object in parts: the MD5 of the MD5s, and how many they are. */
export const digestOf = (...bodies: string[]): string => {
  const digests = bodies.map((body) => createHash('md5').update(body).digest());
  return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${bodies.length}"`;
};
