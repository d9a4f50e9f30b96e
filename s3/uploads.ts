import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { AccessDeniedError, StorageUnavailableError } from '../domain/errors.ts';
import { displayKey } from '../domain/keys.ts';
import type { RegisteredUpload } from '../domain/ports.ts';
import { readAnswer } from './answer.ts';
import { askUntilBelieved, type Checked } from './believing.ts';
import { decodeListed } from './listing-page.ts';
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

type FoundUpload = RegisteredUpload & Readonly<{ initiator?: string }>;
type UploadMarker = Readonly<{ key: string; uploadId: string }>;
type UploadPage = Readonly<{ uploads: readonly FoundUpload[]; next: UploadMarker | undefined }>;

/**
 * Every upload that was begun and not ended (S3 API reference, ListMultipartUploads). `initiator` is the principal's
 * ARN; that of a role ends in the name of its session.
 */
export async function listUploads(place: Place, bucket: string): Promise<readonly FoundUpload[]> {
  const found: FoundUpload[] = [];
  let marker: UploadMarker | undefined;
  // Ends: every page but the last holds an upload that none before held.
  for (;;) {
    const from = marker;
    const page = await askUntilBelieved<UploadPage>(place, { operation: 'ListMultipartUploads', bucket }, () =>
      askUploads(place, bucket, from),
    );
    found.push(...page.uploads);
    if (page.next === undefined) return found;
    marker = page.next;
  }
}

function askUploads(place: Place, bucket: string, marker: UploadMarker | undefined): Promise<Checked<UploadPage>> {
  return place.requests.run({ operation: 'ListMultipartUploads', bucket }, async (client, options) => {
    const from = marker === undefined ? {} : { KeyMarker: marker.key, UploadIdMarker: marker.uploadId };
    const input = { Bucket: bucket, EncodingType: 'url' as const, ...from, ...place.ownerOf() };
    return checkUploads(place, bucket, await client.send(new ListMultipartUploadsCommand(input), options), marker);
  });
}

function checkUploads(
  { traits }: Place,
  bucket: string,
  answer: Omit<ListMultipartUploadsCommandOutput, '$metadata'>,
  marker: UploadMarker | undefined,
): Checked<UploadPage> {
  const no = (reason: string) => ({ ok: false, reason }) as const;
  if (answer.Bucket !== bucket) return no(`it is of ${answer.Bucket ?? 'no bucket'}`);
  if (typeof answer.IsTruncated !== 'boolean') return no('it does not say whether more follows');
  const entries = answer.Uploads ?? [];
  if (entries.some(({ Key, UploadId }) => !Key || !UploadId)) return no('an upload has no key or no id');
  // Ceph RGW encodes the keys, does not say so, and leaves its markers as they are.
  if (traits.echoesListings && entries.length > 0 && answer.EncodingType !== 'url')
    return no('its keys are not encoded');
  const uploads = entries.map(({ Key = '', UploadId = '', Initiator }): FoundUpload => {
    const initiator = Initiator?.ID ?? Initiator?.DisplayName;
    return { bucket, key: decodeListed(Key), uploadId: UploadId, ...(initiator === undefined ? {} : { initiator }) };
  });
  if (!answer.IsTruncated) return { ok: true, uploads, next: undefined };
  const next = traits.echoesListings
    ? { key: decodeListed(answer.NextKeyMarker ?? ''), uploadId: answer.NextUploadIdMarker ?? '' }
    : { key: uploads.at(-1)?.key ?? '', uploadId: uploads.at(-1)?.uploadId ?? '' };
  const isOn = uploads.length > 0 && next.key !== '' && JSON.stringify(next) !== JSON.stringify(marker);
  return isOn ? { ok: true, uploads, next } : no('more follows, and it does not say where');
}
