import { canonicalUserId } from './accounts.ts';
import { bucketOf, queryInteger, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyTextOf } from './key-order.ts';
import { encoderOf, keyTag, optionalKeyTag, queryBytes, type Encoder } from './listing-page.ts';
import { PART_COUNT_MAX, uploadOf } from './multipart.ts';
import type { Bucket, Upload } from './storage.ts';
import { isoSeconds, optionalTag, tag, xmlDocument } from './xml.ts';

export function listMultipartUploads(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  const encode = encoderOf(call);
  const [prefix = '', delimiter = '', keyMarker = ''] = ['prefix', 'delimiter', 'key-marker'].map((name) =>
    queryBytes(call, name),
  );
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const pageMax = queryInteger(call, 'max-uploads', { fallback: 1000, max: 1000 });
  const matching = [...bucket.uploads.values()]
    .filter((upload) => upload.key.startsWith(prefix))
    .filter(
      (upload) => upload.key > keyMarker || (idMarker !== '' && upload.key === keyMarker && upload.uploadId > idMarker),
    )
    .sort((a, b) => compare(a.key, b.key) || compare(a.uploadId, b.uploadId));
  const { uploads, prefixes } = rollUp(matching, prefix, delimiter);
  const page = uploads.slice(0, pageMax);
  const isTruncated = uploads.length > page.length;
  const last = page.at(-1);
  return xmlAnswer(
    xmlDocument(
      'ListMultipartUploadsResult',
      tag('Bucket', bucket.facts.name) +
        keyTag('KeyMarker', keyMarker, encode) +
        tag('UploadIdMarker', idMarker) +
        (isTruncated && last
          ? keyTag('NextKeyMarker', last.key, encode) + tag('NextUploadIdMarker', last.uploadId)
          : '') +
        optionalKeyTag('Delimiter', delimiter, encode) +
        keyTag('Prefix', prefix, encode) +
        optionalTag('EncodingType', call.query.get('encoding-type')) +
        tag('MaxUploads', pageMax) +
        tag('IsTruncated', isTruncated) +
        page.map((upload) => uploadElement(bucket, upload, encode)).join('') +
        prefixes.map((common) => `<CommonPrefixes>${keyTag('Prefix', common, encode)}</CommonPrefixes>`).join(''),
    ),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function rollUp(
  uploads: readonly Upload[],
  prefix: string,
  delimiter: string,
): { uploads: Upload[]; prefixes: string[] } {
  if (delimiter === '') return { uploads: [...uploads], prefixes: [] };
  const prefixes = new Set<string>();
  const kept = uploads.filter((upload) => {
    const end = upload.key.indexOf(delimiter, prefix.length);
    if (end >= 0) prefixes.add(upload.key.slice(0, end + delimiter.length));
    return end < 0;
  });
  return { uploads: kept, prefixes: [...prefixes] };
}

function uploadElement(bucket: Bucket, upload: Upload, encode: Encoder): string {
  const checksum = upload.isChecksumRequested
    ? tag('ChecksumAlgorithm', upload.checksumAlgorithm) + tag('ChecksumType', upload.checksumType)
    : '';
  return (
    '<Upload>' +
    keyTag('Key', upload.key, encode) +
    tag('UploadId', upload.uploadId) +
    uploadPeople(bucket, upload) +
    tag('StorageClass', upload.attributes.storageClass) +
    tag('Initiated', isoSeconds(upload.initiatedAtMs)) +
    checksum +
    '</Upload>'
  );
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
const uploadPeople = (bucket: Bucket, upload: Upload): string =>
  `<Initiator>${tag('ID', upload.initiator.id)}${tag('DisplayName', upload.initiator.name)}</Initiator>` +
  `<Owner>${tag('ID', canonicalUserId(bucket.facts.accountId))}</Owner>`;
