import { bucketOf, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { keyBytesOf, KEY_SIZE_BYTES_MAX, type KeyBytes } from './key-order.ts';
import { removeObject } from './objects.ts';
import { malformedXml, S3Problem } from './problem.ts';
import type { Bucket } from './storage.ts';
import { childrenNamed, childText, optionalTag, parseXml, tag, xmlDocument, type XmlElement } from './xml.ts';

const DELETE_COUNT_MAX = 1000;

/** Deletes up to 1,000 keys; each is decided on its own, so 200 may carry errors. */
export function deleteObjects(call: Call, text: string): SandboxAnswer {
  const bucket = bucketOf(call);
  requireDigest(call);
  const root = parseXml(text, 'Delete');
  const objects = childrenNamed(root, 'Object');
  if (objects.length === 0 || objects.length > DELETE_COUNT_MAX) throw malformedXml();
  const isQuiet = childText(root, 'Quiet') === 'true';
  const results = objects.map((object) => deleteOne(call, bucket, object, isQuiet));
  return xmlAnswer(xmlDocument('DeleteResult', results.join('')));
}

/** S3 insists on a digest here, because a damaged list deletes the wrong objects. */
function requireDigest(call: Call): void {
  const hasDigest =
    call.headers['content-md5'] !== undefined ||
    Object.keys(call.headers).some((name) => name.startsWith('x-amz-checksum-') || name === 'x-amz-trailer');
  if (!hasDigest) {
    throw new S3Problem('InvalidRequest', 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  }
}

function deleteOne(call: Call, bucket: Bucket, object: XmlElement, isQuiet: boolean): string {
  const keyText = childText(object, 'Key') ?? '';
  const key = keyBytesOf(keyText);
  const versionId = childText(object, 'VersionId');
  try {
    if (key === '' || key.length > KEY_SIZE_BYTES_MAX) throw new S3Problem('KeyTooLongError', 'Your key is too long');
    const etag = childText(object, 'ETag');
    requireDeletable(call, bucket, key, versionId, etag);
    requireUnchanged(bucket, key, etag);
    const removed = removeObject(call, bucket, key, versionId);
    if (isQuiet) return '';
    const marker = removed.isDeleteMarker
      ? tag('DeleteMarker', true) + optionalTag('DeleteMarkerVersionId', removed.versionId)
      : '';
    return `<Deleted>${tag('Key', keyText)}${optionalTag('VersionId', versionId)}${marker}</Deleted>`;
  } catch (error) {
    if (!(error instanceof S3Problem)) throw error;
    return `<Error>${tag('Key', keyText)}${optionalTag('VersionId', versionId)}${tag('Code', error.code)}${tag('Message', error.message)}</Error>`;
  }
}

/** An ETag that fits tells what the object is, so it needs reading too (S3 user guide, conditional deletes). */
function requireDeletable(
  call: Call,
  bucket: Bucket,
  key: KeyBytes,
  versionId: string | undefined,
  etag: string | undefined,
): void {
  const actions = [versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion'];
  if (etag !== undefined && etag !== '*') actions.push('s3:GetObject');
  const context = { 's3:if-match': etag };
  const isAllowed = actions.every((action) => call.isAllowed({ action, bucket: bucket.facts.name, key, context }));
  if (!isAllowed) throw new S3Problem('AccessDenied', 'Access Denied');
}

function requireUnchanged(bucket: Bucket, key: KeyBytes, etag: string | undefined): void {
  if (etag === undefined || etag === '') return;
  const newest = bucket.versions.get(key)?.[0];
  if (!newest) throw new S3Problem('NoSuchKey', 'The specified key does not exist.');
  const isSame = !newest.isDeleteMarker && (etag === '*' || etag.replace(/^"(.*)"$/, '$1') === newest.etag);
  if (!isSame)
    throw new S3Problem('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}
