import { createHash } from 'node:crypto';
import { joinContents } from './bodies.ts';
import { bucketOf, xmlAnswer, type Call } from './call.ts';
import {
  CHECKSUM_ALGORITHMS,
  checksumHeaderName,
  combineCrc,
  isCombinable,
  newHasher,
  type Checksum,
} from './checksums.ts';
import { requireWriteConditions } from './conditions.ts';
import { encryptionHeaders } from './encryption.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyTextOf } from './key-order.ts';
import { uploadOf } from './multipart.ts';
import { ownerOfNewObject } from './object-attributes.ts';
import { checksumElements, newVersionId, versionHeaders } from './objects.ts';
import { invalidRequest, malformedXml, S3Problem } from './problem.ts';
import type { Bucket, Completion, ObjectVersion, Upload, UploadedPart } from './storage.ts';
import { childrenNamed, childText, parseXml, tag, xmlDocument, type XmlElement } from './xml.ts';

/**
 * Joins the parts. Asked again with the same parts, it answers the same, as S3 does while it remembers; a world may be
 * told to forget at once, because clients see NoSuchUpload then, and have to look for the object.
 */
export function completeMultipartUpload(call: Call, text: string): SandboxAnswer {
  const bucket = bucketOf(call);
  const repeated = repeatedAnswer(call, bucket, text);
  if (repeated) return repeated;
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
  remember(call, bucket, { uploadId: upload.uploadId, key: call.key, versionId: version.versionId, text });
  return completionAnswer(call, bucket, version);
}

const REMEMBERED_COUNT_MAX = 1000;

function remember(call: Call, bucket: Bucket, completion: Completion): void {
  if (call.surroundings.isCompletionForgotten) return;
  bucket.completions.set(completion.uploadId, completion);
  const [oldest] = bucket.completions.keys();
  if (bucket.completions.size > REMEMBERED_COUNT_MAX && oldest !== undefined) bucket.completions.delete(oldest);
}

function repeatedAnswer(call: Call, bucket: Bucket, text: string): SandboxAnswer | undefined {
  const completion = bucket.completions.get(call.query.get('uploadId') ?? '');
  if (!completion || completion.key !== call.key || completion.text !== text) return undefined;
  const version = bucket.versions.get(call.key)?.find((candidate) => candidate.versionId === completion.versionId);
  return version?.parts ? completionAnswer(call, bucket, version) : undefined;
}

function completionAnswer(call: Call, bucket: Bucket, version: ObjectVersion): SandboxAnswer {
  const { checksum } = version;
  return xmlAnswer(
    xmlDocument(
      'CompleteMultipartUploadResult',
      tag('Location', `http://${call.headers['host'] ?? 's3'}/${bucket.facts.name}/${encodeURI(keyTextOf(call.key))}`) +
        tag('Bucket', bucket.facts.name) +
        tag('Key', keyTextOf(call.key)) +
        tag('ETag', `"${version.etag}"`) +
        (checksum ? checksumElements(checksum) : ''),
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
