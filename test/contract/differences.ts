/** Where a server departs from AWS; `seenAs` is what the check of that behaviour then says. */
export type Difference = Readonly<{ behaviour: string; aws: string; here: string; seenAs: RegExp }>;

const buckets: Difference[] = [
  {
    behaviour: 'bucket-location',
    aws: 'no location constraint in us-east-1',
    here: 'the zone group is named as the location',
    seenAs: /expected 'default' to be ''/,
  },
  {
    behaviour: 'bucket-create-elsewhere',
    aws: 'any enabled Region',
    here: 'only the one zone group is a location',
    seenAs: /^InvalidLocationConstraint/,
  },
  {
    behaviour: 'bucket-expected-owner',
    aws: '403 when the owner is another',
    here: 'x-amz-expected-bucket-owner is ignored',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'signature-secret',
    aws: 'SignatureDoesNotMatch',
    here: 'AccessDenied, because session keys are tried last and fail too',
    seenAs: /expected '403 AccessDenied' to be '403 SignatureDoesNotMatch'/,
  },
  {
    behaviour: 'signature-key',
    aws: 'InvalidAccessKeyId',
    here: 'AccessDenied, because session keys are tried last and fail too',
    seenAs: /expected '403 AccessDenied' to be '403 InvalidAccessKeyId'/,
  },
];

const objects: Difference[] = [
  {
    behaviour: 'object-metadata-limit',
    aws: 'MetadataTooLarge above 2 KB',
    here: 'larger user metadata is stored',
    seenAs: /expected 'accepted' to be '400 MetadataTooLarge'/,
  },
  {
    behaviour: 'object-storage-class-unknown',
    aws: 'InvalidStorageClass',
    here: 'InvalidArgument',
    seenAs: /to contain '<Code>InvalidStorageClass<\/Code>'/,
  },
  {
    behaviour: 'write-if-match',
    aws: 'If-Match with the current ETag writes',
    here: 'If-Match on a write always answers 412',
    seenAs: /expected '412 PreconditionFailed' to be 'accepted'/,
  },
  {
    behaviour: 'write-if-match-missing',
    aws: '404 NoSuchKey',
    here: '412 PreconditionFailed',
    seenAs: /expected '412 PreconditionFailed' to be '404 NoSuchKey'/,
  },
  {
    behaviour: 'delete-if-match',
    aws: '412 when the ETag is another',
    here: 'If-Match is ignored on a delete: the object is gone',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'checksum-kept',
    aws: 'x-amz-checksum-* is stored and read back',
    here: 'x-amz-checksum-* is ignored',
    seenAs: /expected undefined to be/,
  },
  {
    behaviour: 'checksum-wrong',
    aws: 'BadDigest',
    here: 'x-amz-checksum-* is ignored',
    seenAs: /expected 'accepted' to be '400 BadDigest'/,
  },
  {
    behaviour: 'checksum-default',
    aws: 'CRC64NVME is added',
    here: 'no checksums are kept',
    seenAs: /expected undefined to be 'rosUhgp5mIg='/,
  },
  {
    behaviour: 'stream-trailer',
    aws: 'a body in frames with a trailer is accepted',
    here: '411: frames need x-amz-decoded-content-length and no trailer',
    seenAs: /^MissingContentLength/,
  },
  {
    behaviour: 'key-too-long',
    aws: 'KeyTooLongError',
    here: 'InvalidObjectName',
    seenAs: /expected '400 InvalidObjectName' to be '400 KeyTooLongError'/,
  },
];

const listings: Difference[] = [
  {
    behaviour: 'list-token-wrong',
    aws: 'InvalidArgument',
    here: 'a continuation token is a key, any text will do',
    seenAs: /expected 'accepted' to be '400 InvalidArgument'/,
  },
  {
    behaviour: 'list-encoding-wrong',
    aws: 'InvalidArgument',
    here: 'an unknown encoding is ignored',
    seenAs: /expected 200 to be 400/,
  },
];

const versions: Difference[] = [
  {
    behaviour: 'versioning-read-marker',
    aws: '405 MethodNotAllowed',
    here: '404 NoSuchKey',
    seenAs: /expected '404 NoSuchKey' to be '405 MethodNotAllowed'/,
  },
  {
    behaviour: 'versioning-delete-version',
    aws: 'NoSuchVersion',
    here: 'NoSuchKey',
    seenAs: /expected '404 NoSuchKey' to be '404 NoSuchVersion'/,
  },
  {
    behaviour: 'versioning-copy',
    aws: 'x-amz-copy-source-version-id is answered',
    here: 'the answer does not say which version was copied',
    seenAs: /expected undefined to be '/,
  },
];

const deletions: Difference[] = [
  {
    behaviour: 'delete-many-limit',
    aws: 'MalformedXML',
    here: '400 without a body',
    seenAs: /expected '400 Unknown' to be '400 MalformedXML'/,
  },
  {
    behaviour: 'delete-many-partly',
    aws: 'each key is judged by itself',
    here: 'the whole request is refused unless the bucket as such may be deleted from',
    seenAs: /^AccessDenied/,
  },
  {
    behaviour: 'delete-many-if-match',
    aws: 'an ETag in the request is a condition',
    here: 'the ETag is ignored: the changed object is gone',
    seenAs: /expected undefined to deeply equal/,
  },
];

export const cephDifferences: readonly Difference[] = [...buckets, ...objects, ...listings, ...versions, ...deletions];

/** Our own sandbox is meant to have none. */
export const sandboxDifferences: readonly Difference[] = [];
