import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect } from 'vitest';
import { signedRequest } from '../../support/raw-request.ts';
import type { Account } from '../../support/s3-account.ts';
import { aBucket, copySource, put, read, refusalOf } from '../answers.ts';
import { behaviour, type Behaviour } from '../world.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64');

const headWithChecksum = (who: Account, Bucket: string, Key: string) =>
  who.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));

const single: Behaviour[] = [
  behaviour('checksum-kept', 'a checksum given with the object can be read back', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text', { ChecksumSHA256: sha256('text') });

    const head = await headWithChecksum(world.a, bucket, 'a');

    expect(head.ChecksumSHA256).toBe(sha256('text'));
    expect(head.ChecksumType).toBe('FULL_OBJECT');
  }),
  behaviour('checksum-on-request', 'a checksum is only answered to those who ask', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text', { ChecksumSHA256: sha256('text') });

    const answer = await signedRequest(world.endpoint, world.a.credentials, { method: 'HEAD', path: `/${bucket}/a` });

    expect(answer.headers['x-amz-checksum-sha256']).toBeUndefined();
  }),
  behaviour('checksum-wrong', 'a body that does not match its checksum is refused', async (world) => {
    const bucket = await aBucket(world);

    expect(await refusalOf(put(world.a, bucket, 'a', 'text', { ChecksumSHA256: sha256('other') }))).toBe(
      '400 BadDigest',
    );
    expect(await refusalOf(headWithChecksum(world.a, bucket, 'a'))).toBe('404 NotFound');
  }),
  behaviour('checksum-default', 'an object sent without a checksum gets CRC64NVME', async (world) => {
    const bucket = await aBucket(world);
    await signedRequest(world.endpoint, world.a.credentials, {
      method: 'PUT',
      path: `/${bucket}/a`,
      body: '123456789',
    });

    const head = await headWithChecksum(world.a, bucket, 'a');

    expect(head.ChecksumCRC64NVME).toBe('rosUhgp5mIg='); // the check value of the algorithm: 0xAE8B14860A799888
  }),
  behaviour(
    'stream-trailer',
    'a stream whose checksum comes at its end is stored without its frames',
    async (world) => {
      const bucket = await aBucket(world);
      const Body = Readable.from([Buffer.from('one,'), Buffer.from('two')]);

      await world.a.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body, ContentLength: 7 }));
      const head = await world.a.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: 'a' }));

      expect(await read(world.a, bucket, 'a')).toBe('one,two');
      expect(head.ContentEncoding).toBeUndefined();
    },
  ),
  behaviour('stream-plain', 'a stream without a checksum is stored as it is', async (world) => {
    const bucket = await aBucket(world);
    const body = 'one,two';

    const answer = await signedRequest(world.endpoint, world.a.credentials, {
      method: 'PUT',
      path: `/${bucket}/a`,
      headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      body,
    });

    expect(answer.status).toBe(200);
    expect(await read(world.a, bucket, 'a')).toBe(body);
  }),
];

const copied: Behaviour[] = [
  behaviour('checksum-copied', 'a copy has the checksum of its source', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text', { ChecksumSHA256: sha256('text') });
    await world.a.s3.send(new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: copySource(bucket, 'a') }));

    expect((await headWithChecksum(world.a, bucket, 'b')).ChecksumSHA256).toBe(sha256('text'));
  }),
  behaviour('checksum-computed', 'a copy gets the checksum that is asked for, and answers it', async (world) => {
    const bucket = await aBucket(world);
    await put(world.a, bucket, 'a', 'text');
    const CopySource = copySource(bucket, 'a');
    const command = { Bucket: bucket, Key: 'b', CopySource, ChecksumAlgorithm: 'SHA256' as const };
    const answer = await world.a.s3.send(new CopyObjectCommand(command));

    expect(answer.CopyObjectResult?.ChecksumSHA256).toBe(sha256('text'));
    expect((await headWithChecksum(world.a, bucket, 'b')).ChecksumSHA256).toBe(sha256('text'));
  }),
  behaviour('checksum-composite', 'the SHA-256 of an upload in parts is made of those of the parts', async (world) => {
    const bucket = await aBucket(world);
    const object = { Bucket: bucket, Key: 'a' };
    const begin = new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' });
    const { UploadId } = await world.a.s3.send(begin);
    const part = new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'SHA256' });
    const { ETag, ChecksumSHA256 } = await world.a.s3.send(part);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumSHA256 }] };
    await world.a.s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));

    const head = await headWithChecksum(world.a, bucket, 'a');

    const composite = createHash('sha256')
      .update(Buffer.from(sha256('x'), 'base64'))
      .digest('base64');
    expect([head.ChecksumSHA256, head.ChecksumType]).toEqual([`${composite}-1`, 'COMPOSITE']);
  }),
  behaviour('object-attributes', 'checksum, size, class and ETag come in one answer', async (world) => {
    const bucket = await aBucket(world);
    const { etag } = await put(world.a, bucket, 'a', 'text', { ChecksumSHA256: sha256('text') });

    const answer = await world.a.s3.send(
      new GetObjectAttributesCommand({
        Bucket: bucket,
        Key: 'a',
        ObjectAttributes: ['Checksum', 'ETag', 'ObjectSize', 'StorageClass'],
      }),
    );

    expect(answer).toMatchObject({ ETag: etag.replaceAll('"', ''), ObjectSize: 4, StorageClass: 'STANDARD' });
    expect(answer.Checksum?.ChecksumSHA256).toBe(sha256('text'));
  }),
];

export const checksumBehaviours: readonly Behaviour[] = [...single, ...copied];
