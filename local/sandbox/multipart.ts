import { sliceContent } from './bodies.ts';
import { answer, bucketOf, xmlAnswer, type Call } from './call.ts';
import {
  checksumHeaderName,
  newHasher,
  parseChecksumAlgorithm,
  type ChecksumAlgorithm,
  type ChecksumType,
} from './checksums.ts';
import { copySourceVersionHeader, openSource } from './copying.ts';
import { encryptionHeaders, hasMd5Etag } from './encryption.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyTextOf } from './key-order.ts';
import { requestedAttributes, requireComposable } from './object-attributes.ts';
import { invalidArgument, invalidRequest, noSuchUpload, S3Problem } from './problem.ts';
import type { ReceivedBody } from './receiving.ts';
import type { Bucket, ObjectVersion, Upload, UploadedPart } from './storage.ts';
import { isoSeconds, optionalTag, tag, xmlDocument } from './xml.ts';

export const PART_COUNT_MAX = 10_000;
const UPLOAD_ID_DIGITS = 64;

export function uploadOf(call: Call, bucket: Bucket): Upload {
  const uploadId = call.query.get('uploadId') ?? '';
  const upload = bucket.uploads.get(uploadId);
  if (!upload || upload.key !== call.key) throw noSuchUpload(uploadId);
  return upload;
}

export function createMultipartUpload(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const { algorithm, type, isRequested } = requestedChecksum(call);
  const upload: Upload = {
    uploadId: call.surroundings.random.hex(UPLOAD_ID_DIGITS),
    key: call.key,
    initiatedAtMs: call.nowMs,
    initiator: { id: call.caller.displayArn, name: call.caller.displayArn, accountId: call.caller.accountId },
    attributes: requestedAttributes(call, bucket),
    checksumAlgorithm: algorithm,
    checksumType: type,
    isChecksumRequested: isRequested,
    parts: new Map(),
  };
  call.surroundings.storage.saveUpload(bucket, upload);
  return xmlAnswer(
    xmlDocument(
      'InitiateMultipartUploadResult',
      tag('Bucket', bucket.facts.name) + tag('Key', keyTextOf(call.key)) + tag('UploadId', upload.uploadId),
    ),
    {
      ...encryptionHeaders(upload.attributes.encryption),
      ...(isRequested && { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type }),
    },
  );
}

function requestedChecksum(call: Call): { algorithm: ChecksumAlgorithm; type: ChecksumType; isRequested: boolean } {
  const named = call.headers['x-amz-checksum-algorithm'];
  const algorithm = named === undefined ? 'CRC64NVME' : parseChecksumAlgorithm(named);
  if (!algorithm) throw invalidRequest('Checksum algorithm provided is unsupported.');
  const type = call.headers['x-amz-checksum-type'] ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type !== 'FULL_OBJECT' && type !== 'COMPOSITE')
    throw invalidRequest('Value for x-amz-checksum-type header is invalid.');
  requireComposable(algorithm, type);
  return { algorithm, type, isRequested: named !== undefined };
}

function partNumberOf(call: Call): number {
  const text = call.query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > PART_COUNT_MAX) {
    throw invalidArgument('partNumber', text, 'Part number must be an integer between 1 and 10000, inclusive');
  }
  return number;
}

export function uploadPart(call: Call, received: ReceivedBody): SandboxAnswer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket);
  const { algorithm } = received.checksum;
  if (upload.isChecksumRequested && received.isChecksumRequested && algorithm !== upload.checksumAlgorithm) {
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.checksumAlgorithm.toLowerCase()}, actual checksum Type: ${algorithm.toLowerCase()}`,
    );
  }
  const part: UploadedPart = {
    number: partNumberOf(call),
    etag: partEtag(call, upload, received.md5Hex),
    content: received.content,
    modifiedAtMs: call.nowMs,
    checksum:
      algorithm === upload.checksumAlgorithm
        ? received.checksum.value
        : contentChecksum(call, upload.checksumAlgorithm, received.content),
  };
  call.surroundings.storage.savePart(bucket, upload, part);
  return answer(200, {
    etag: `"${part.etag}"`,
    ...encryptionHeaders(upload.attributes.encryption),
    ...(received.isChecksumRequested && { [checksumHeaderName(algorithm)]: received.checksum.value }),
  });
}

const partEtag = (call: Call, upload: Upload, md5Hex: string): string =>
  hasMd5Etag(upload.attributes.encryption) ? md5Hex : call.surroundings.random.hex(32);

function contentChecksum(call: Call, algorithm: ChecksumAlgorithm, content: ObjectVersion['content']): string {
  const hasher = newHasher(algorithm);
  for (const chunk of call.surroundings.bodies.read(content)) hasher.update(chunk);
  return hasher.digest().toString('base64');
}

export function uploadPartCopy(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket);
  const { bucket: sourceBucket, version } = openSource(call);
  const content = copiedRange(call, version);
  const md5 = newHasher('MD5');
  const checksum = newHasher(upload.checksumAlgorithm);
  for (const chunk of call.surroundings.bodies.read(content)) {
    md5.update(chunk);
    checksum.update(chunk);
  }
  const part: UploadedPart = {
    number: partNumberOf(call),
    etag: partEtag(call, upload, md5.digest().toString('hex')),
    content,
    modifiedAtMs: call.nowMs,
    checksum: checksum.digest().toString('base64'),
  };
  call.surroundings.storage.savePart(bucket, upload, part);
  const checksumElement = upload.isChecksumRequested
    ? optionalTag(`Checksum${upload.checksumAlgorithm}`, part.checksum)
    : '';
  return xmlAnswer(
    xmlDocument(
      'CopyPartResult',
      tag('LastModified', isoSeconds(part.modifiedAtMs)) + tag('ETag', `"${part.etag}"`) + checksumElement,
    ),
    { ...encryptionHeaders(upload.attributes.encryption), ...copySourceVersionHeader(sourceBucket, version) },
  );
}

/** `bytes=first-last`, both given and within the source; the whole source without the header. */
function copiedRange(call: Call, version: ObjectVersion): ObjectVersion['content'] {
  const header = call.headers['x-amz-copy-source-range'];
  const { sizeBytes } = version.content;
  const { copySizeBytesMax } = call.surroundings.limits;
  if (header === undefined) {
    if (sizeBytes > copySizeBytesMax) {
      throw invalidRequest(
        `The specified copy source is larger than the maximum allowable size for a copy source: ${copySizeBytesMax}`,
      );
    }
    return version.content;
  }
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  const first = Number(match?.[1]);
  const last = Number(match?.[2]);
  if (!match || last < first) {
    throw invalidArgument(
      'x-amz-copy-source-range',
      header,
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (last >= sizeBytes) {
    throw invalidArgument(
      'x-amz-copy-source-range',
      header,
      `Range specified is not valid for source object of size: ${sizeBytes}`,
    );
  }
  if (last - first + 1 > copySizeBytesMax) throw new S3Problem('EntityTooLarge', 'The part is too large');
  return sliceContent(version.content, first, last - first + 1);
}

export function abortMultipartUpload(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket);
  call.surroundings.storage.removeUpload(bucket, upload.uploadId);
  return answer(204);
}
