import type { Connection } from '../domain/connection.ts';

/** Where providers depart from AWS. What a provider silently ignores cannot be tried, so other providers get the careful way. */
export type ProviderTraits = Readonly<{
  /**
   * Conditions on copies (x-amz-copy-source-if-match, If-None-Match) are honoured. Ceph RGW ignores both and copies a
   * changed source over another object; there we look before and after instead.
   */
  honoursCopyConditions: boolean;
  /**
   * If-Match on deletions, and an ETag in DeleteObjects, are honoured. Where they may be ignored the object is looked
   * at just before.
   */
  honoursDeleteConditions: boolean;
  /** x-amz-expected-bucket-owner is honoured and account ids have 12 digits. */
  knowsOwners: boolean;
  /** The writer owns a copy, and only this ACL lets the bucket's owner read it (AWS: BucketOwnerEnforced). */
  givesOwnerControl: boolean;
  /** CreateMultipartUpload keeps x-amz-tagging; Ceph RGW loses the tags. */
  keepsTagsOfUploads: boolean;
  /** UploadPartCopy decodes its source once; Ceph RGW decodes twice and then copies another object. */
  decodesPartSourcesOnce: boolean;
  /** Ownership, block public access, tags at creation, location constraints, KMS. */
  hasBucketProtection: boolean;
  /** KeyCount and Name stand in every page of a listing. */
  echoesListings: boolean;
}>;

const likeAws: ProviderTraits = {
  honoursCopyConditions: true,
  honoursDeleteConditions: true,
  knowsOwners: true,
  givesOwnerControl: false,
  keepsTagsOfUploads: true,
  decodesPartSourcesOnce: true,
  hasBucketProtection: true,
  echoesListings: true,
};

const careful: ProviderTraits = {
  honoursCopyConditions: false,
  honoursDeleteConditions: false,
  knowsOwners: false,
  givesOwnerControl: true,
  keepsTagsOfUploads: false,
  decodesPartSourcesOnce: false,
  hasBucketProtection: false,
  echoesListings: false,
};

export const traitsOf = (connection: Connection): ProviderTraits =>
  connection.kind === 's3-compatible' ? careful : likeAws;
