import { AbortMultipartUploadCommand, ListPartsCommand } from '@aws-sdk/client-s3';
import { AccessDeniedError, StorageUnavailableError } from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { RegisteredUpload } from '../domain/ports.ts';
import { readAnswer } from './answer.ts';
import type { Place } from './place.ts';
import { ATTEMPTS_MAX, pause } from './retrying.ts';

/**
 * Aborts until nothing is left: parts that were in flight may arrive after an abort and are then billed and seen by
 * nobody (S3 API reference, AbortMultipartUpload). ListParts tells; where it is refused, an abort that finds no upload
 * tells the same. No error when there is no such upload.
 */
export async function abortUpload(place: Place, upload: RegisteredUpload): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const abort = await sendAbort(place, upload);
    const parts = await lookForParts(place, upload);
    if (parts === 'none' || (parts === 'hidden' && abort === 'gone')) return;
    await pause(attempt, place.clock, place.random);
  }
  throw new StorageUnavailableError(
    `AbortMultipartUpload ${upload.bucket}/${displayKey(upload.key)}: parts may be left after ${ATTEMPTS_MAX} times`,
    { subject: { bucket: upload.bucket, key: upload.key }, remedy: 'Retry the job: it aborts the upload again.' },
  );
}

const addressOf = ({ bucket, key, uploadId }: RegisteredUpload) => ({ Bucket: bucket, Key: key, UploadId: uploadId });

function sendAbort(place: Place, upload: RegisteredUpload): Promise<'aborted' | 'gone'> {
  const { bucket, key } = upload;
  return place.requests.run({ operation: 'AbortMultipartUpload', bucket, key }, async (client, options) => {
    try {
      await client.send(new AbortMultipartUploadCommand(addressOf(upload)), options);
      return 'aborted';
    } catch (error) {
      if (isGone(error)) return 'gone';
      throw error;
    }
  });
}

async function lookForParts(place: Place, upload: RegisteredUpload): Promise<'none' | 'some' | 'hidden'> {
  const { bucket, key } = upload;
  try {
    return await place.requests.run({ operation: 'ListParts', bucket, key }, async (client, options) => {
      try {
        const answer = await client.send(new ListPartsCommand({ ...addressOf(upload), MaxParts: 1 }), options);
        return (answer.Parts ?? []).length > 0 ? 'some' : 'none';
      } catch (error) {
        if (isGone(error)) return 'none';
        throw error;
      }
    });
  } catch (error) {
    if (error instanceof AccessDeniedError) return 'hidden';
    throw error;
  }
}

/** Ceph RGW calls an upload that is gone NoSuchKey; with its bucket gone, its parts are too. */
function isGone(error: unknown): boolean {
  const { code, status } = readAnswer(error);
  return status === 404 && (code === 'NoSuchUpload' || code === 'NoSuchKey' || code === 'NoSuchBucket');
}
