import type { ObjectAttributes } from '../domain/objects.ts';
import { COPY_OBJECT_BYTES_MAX } from '../domain/sizes.ts';
import type { ProviderTraits } from './traits.ts';

export type CopyPath =
  Readonly<{ path: 'single' }> | Readonly<{ path: 'multipart' }> | Readonly<{ path: 'none'; because: string }>;

/**
 *   size                        can be sent again   path
 *   0                           -                   single (an upload needs a part)
 *   up to the threshold         -                   single
 *   above it, up to 5 GiB       yes                 multipart
 *   above it, up to 5 GiB       no                  single: the server carries what we cannot send
 *   above 5 GiB                 yes                 multipart
 *   above 5 GiB                 no                  none
 */
export function choosePath(
  key: string,
  attributes: ObjectAttributes,
  thresholdBytes: number,
  traits: Pick<ProviderTraits, 'decodesPartSourcesOnce'>,
): CopyPath {
  const { sizeBytes } = attributes;
  if (sizeBytes === 0 || sizeBytes <= Math.min(thresholdBytes, COPY_OBJECT_BYTES_MAX)) return { path: 'single' };
  const obstacle = obstacleToParts(key, attributes, traits);
  if (obstacle === undefined) return { path: 'multipart' };
  return sizeBytes <= COPY_OBJECT_BYTES_MAX ? { path: 'single' } : { path: 'none', because: obstacle };
}

/** Why the object cannot be made again from parts by us, or undefined. */
function obstacleToParts(
  key: string,
  attributes: ObjectAttributes,
  traits: Pick<ProviderTraits, 'decodesPartSourcesOnce'>,
): string | undefined {
  if (attributes.missingMetadataCount > 0) return 'it has metadata that S3 holds and cannot print';
  if (!traits.decodesPartSourcesOnce && /[%?]/.test(key))
    return 'its key holds "%" or "?", which some providers misread';
  const headers = { ...attributes.systemHeaders, ...attributes.userMetadata };
  const odd = Object.entries(headers).find(([, value]) => !isExactInHeader(value));
  return odd === undefined ? undefined : `its "${odd[0]}" cannot be sent again exactly as it is`;
}

/**
 * Comes out as it went in: printable ASCII without blanks around it. S3 prints other characters in RFC 2047 form, and
 * whether such text was typed in or made by S3 cannot be told apart (S3 user guide, "Working with object metadata").
 */
export const isExactInHeader = (value: string): boolean =>
  /^[\x20-\x7e]*$/.test(value) && value.trim() === value && !/=\?.*\?[bq]\?.*\?=/i.test(value);
