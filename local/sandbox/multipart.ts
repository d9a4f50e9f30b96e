import { createHash } from 'node:crypto';
import { canonicalUserId } from './accounts.ts';
import { joinContents, sliceContent } from './bodies.ts';
import { answer, bucketOf, queryInteger, xmlAnswer, type Call } from './call.ts';
import {
  CHECKSUM_ALGORITHMS,
  checksumHeaderName,
  combineCrc,
  isCombinable,
  newHasher,
  parseChecksumAlgorithm,
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
} from './checksums.ts';
import { requireWriteConditions } from './conditions.ts';
import { copySourceVersionHeader, openSource } from './copying.ts';
import { encryptionHeaders, hasMd5Etag } from './encryption.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyTextOf } from './key-order.ts';
import { ownerOfNewObject, requestedAttributes, requireComposable } from './object-attributes.ts';
import { newVersionId, versionHeaders } from './objects.ts';
import { invalidArgument, invalidRequest, malformedXml, noSuchUpload, S3Problem } from './problem.ts';
import type { ReceivedBody } from './receiving.ts';
import type { Bucket, ObjectVersion, Upload, UploadedPart } from './storage.ts';
import {
  childrenNamed,
  childText,
  isoSeconds,
  optionalTag,
  parseXml,
  tag,
  xmlDocument,
  type XmlElement,
} from './xml.ts';

const PART_COUNT_MAX = 10_000;
const UPLOAD_ID_DIGITS = 64;

function uploadOf(call: Call, bucket: Bucket): Upload {
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

/** Answers NoSuchUpload when it is asked again after it succeeded: clients have to look for the object then. */
export function completeMultipartUpload(call: Call, text: string): SandboxAnswer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket);
  const parts = chosenParts(call, upload, parseXml(text, 'CompleteMultipartUpload'));
  requireWriteConditions(call, bucket, call.key);
  const checksum = wholeChecksum(upload, parts);
  requireClaims(call, checksum, parts);
  const content = joinContents(parts.map((part) => part.content));
  const version: ObjectVersion = {
    ...upload.attributes,
    versionId: newVersionId(call, bucket),
    isDeleteMarker: false,
    modifiedAtMs: call.nowMs,
    ownerAccountId: ownerOfNewObject(call, bucket.facts),
    etag: multipartEtag(parts),
    content,
    checksum,
    parts: parts.map((part, index) => ({
      number: index + 1,
      sizeBytes: part.content.sizeBytes,
      checksum: part.checksum,
    })),
  };
  const { storage } = call.surroundings;
  storage.addVersion(bucket, call.key, version);
  storage.removeUpload(bucket, upload.uploadId);
  return xmlAnswer(
    xmlDocument(
      'CompleteMultipartUploadResult',
      tag('Location', `http://${call.headers['host'] ?? 's3'}/${bucket.facts.name}/${encodeURI(keyTextOf(call.key))}`) +
        tag('Bucket', bucket.facts.name) +
        tag('Key', keyTextOf(call.key)) +
        tag('ETag', `"${version.etag}"`) +
        (checksum ? tag(`Checksum${checksum.algorithm}`, checksum.value) + tag('ChecksumType', checksum.type) : ''),
    ),
    { ...versionHeaders(bucket, version), ...encryptionHeaders(version.encryption) },
  );
}

function chosenParts(call: Call, upload: Upload, root: XmlElement): UploadedPart[] {
  const elements = childrenNamed(root, 'Part');
  if (elements.length === 0) throw malformedXml();
  let previous = 0;
  const parts = elements.map((element) => {
    const number = Number(childText(element, 'PartNumber'));
    if (number <= previous) {
      throw new S3Problem(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        {
          fields: { UploadId: upload.uploadId },
        },
      );
    }
    previous = number;
    return chosenPart(upload, number, element);
  });
  const tooSmall = parts
    .slice(0, -1)
    .find((part) => part.content.sizeBytes < call.surroundings.limits.partSizeBytesMin);
  if (tooSmall) {
    throw new S3Problem('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      fields: {
        PartNumber: String(tooSmall.number),
        ETag: tooSmall.etag,
        ProposedSize: String(tooSmall.content.sizeBytes),
        MinSizeAllowed: String(call.surroundings.limits.partSizeBytesMin),
      },
    });
  }
  return parts;
}

function chosenPart(upload: Upload, number: number, element: XmlElement): UploadedPart {
  const part = upload.parts.get(number);
  const etag = (childText(element, 'ETag') ?? '').replace(/^"(.*)"$/, '$1');
  const claimed = childText(element, `Checksum${upload.checksumAlgorithm}`);
  if (!part || part.etag !== etag || (claimed !== undefined && claimed !== part.checksum)) {
    throw new S3Problem(
      'InvalidPart',
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { fields: { UploadId: upload.uploadId, PartNumber: String(number), ETag: etag } },
    );
  }
  return part;
}

function multipartEtag(parts: readonly UploadedPart[]): string {
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

/** Composite: the checksum of the parts' checksums. Full object: the parts' CRCs joined, without reading them again. */
function wholeChecksum(upload: Upload, parts: readonly UploadedPart[]): Checksum | undefined {
  const algorithm = upload.checksumAlgorithm;
  const values = parts.map((part) => Buffer.from(part.checksum ?? '', 'base64'));
  if (upload.checksumType === 'COMPOSITE') {
    const hasher = newHasher(algorithm);
    for (const value of values) hasher.update(value);
    return { algorithm, type: 'COMPOSITE', value: `${hasher.digest().toString('base64')}-${parts.length}` };
  }
  if (!isCombinable(algorithm)) return undefined;
  const [first = Buffer.alloc(0), ...rest] = values;
  const joined = rest.reduce<Buffer>(
    (sum, value, index) => combineCrc(algorithm, sum, value, parts[index + 1]?.content.sizeBytes ?? 0),
    first,
  );
  return { algorithm, type: 'FULL_OBJECT', value: joined.toString('base64') };
}

/** What the client says about the whole object must be so (S3 API reference, CompleteMultipartUpload). */
function requireClaims(call: Call, checksum: Checksum | undefined, parts: readonly UploadedPart[]): void {
  const sizeBytes = parts.reduce((sum, part) => sum + part.content.sizeBytes, 0);
  const claimedSize = call.headers['x-amz-mp-object-size'];
  if (claimedSize !== undefined && Number(claimedSize) !== sizeBytes) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${claimedSize} does not match what was computed: ${sizeBytes}`,
    );
  }
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const claimed = call.headers[checksumHeaderName(algorithm)];
    if (claimed === undefined || checksum?.algorithm !== algorithm) continue;
    if (claimed.replace(/-\d+$/, '') !== checksum.value.replace(/-\d+$/, '')) {
      throw new S3Problem('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}

export function listParts(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket);
  const pageMax = queryInteger(call, 'max-parts', { fallback: 1000, max: 1000 });
  const after = queryInteger(call, 'part-number-marker', { fallback: 0, max: PART_COUNT_MAX });
  const parts = [...upload.parts.values()].filter((part) => part.number > after).sort((a, b) => a.number - b.number);
  const page = parts.slice(0, pageMax);
  const checksumName = `Checksum${upload.checksumAlgorithm}`;
  const entries = page.map(
    (part) =>
      `<Part>${tag('PartNumber', part.number)}${tag('LastModified', isoSeconds(part.modifiedAtMs))}${tag('ETag', `"${part.etag}"`)}${tag('Size', part.content.sizeBytes)}${upload.isChecksumRequested ? optionalTag(checksumName, part.checksum) : ''}</Part>`,
  );
  const checksumFacts = upload.isChecksumRequested
    ? tag('ChecksumAlgorithm', upload.checksumAlgorithm) + tag('ChecksumType', upload.checksumType)
    : '';
  return xmlAnswer(
    xmlDocument(
      'ListPartsResult',
      tag('Bucket', bucket.facts.name) +
        tag('Key', keyTextOf(upload.key)) +
        tag('UploadId', upload.uploadId) +
        uploadPeople(bucket, upload) +
        tag('StorageClass', upload.attributes.storageClass) +
        checksumFacts +
        tag('PartNumberMarker', after) +
        tag('NextPartNumberMarker', page.at(-1)?.number ?? after) +
        tag('MaxParts', pageMax) +
        tag('IsTruncated', parts.length > page.length) +
        entries.join(''),
    ),
  );
}

/** Who began the upload and who will own the object. */
export const uploadPeople = (bucket: Bucket, upload: Upload): string =>
  `<Initiator>${tag('ID', upload.initiator.id)}${tag('DisplayName', upload.initiator.name)}</Initiator>` +
  `<Owner>${tag('ID', canonicalUserId(bucket.facts.accountId))}</Owner>`;
