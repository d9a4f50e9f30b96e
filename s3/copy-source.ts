import { toPercentForm } from '../domain/keys.ts';

/**
 * `x-amz-copy-source`: the SDK sends it as it is given, so every byte that could be taken for something else is
 * encoded here, `?` included; a real version id stands behind an unencoded `?` (S3 API reference, CopyObject).
 */
export function copySourceOf(bucket: string, key: string, versionId?: string): string {
  const version = versionId === undefined ? '' : `?versionId=${encodeURIComponent(versionId)}`;
  return `${bucket}/${toPercentForm(key)}${version}`;
}
