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

const copies: Difference[] = [
  {
    behaviour: 'copy-etag',
    aws: 'the ETag of the answer is in quotes',
    here: 'the ETag of the answer is without quotes',
    seenAs: /expected '[0-9a-f]{32}' to be '"/,
  },
  {
    behaviour: 'copy-replace-tags',
    aws: 'x-amz-tagging-directive REPLACE takes the tags of the request',
    here: 'the tags of the source are always copied',
    seenAs: /Value: 'old'/,
  },
  {
    behaviour: 'copy-storage-class',
    aws: 'STANDARD unless asked for',
    here: 'the class of the source is kept',
    seenAs: /expected 'STANDARD_IA' to be undefined/,
  },
  {
    behaviour: 'copy-source-if-match',
    aws: '412 when the source is another',
    here: 'x-amz-copy-source-if-* is ignored: the changed source is copied (the gateway reads x-amz-copy-if-*)',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'copy-source-if-none-match',
    aws: '412 when the source is the known one',
    here: 'x-amz-copy-source-if-* is ignored',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'copy-source-if-since',
    aws: '412 when the source is newer',
    here: 'x-amz-copy-source-if-* is ignored',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'copy-if-none-match',
    aws: '412 when something is there',
    here: 'If-None-Match on a copy is ignored: the other object is overwritten',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'copy-if-match',
    aws: '412 when something else is there',
    here: 'If-Match on a copy is ignored: the other object is overwritten',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'copy-accounts-owner',
    aws: 'the owner of the bucket owns every object (BucketOwnerEnforced is the default)',
    here: 'the writer owns the object: the owner of the bucket cannot read it without an ACL',
    seenAs: /expected '403 AccessDenied' to be 'accepted'/,
  },
  {
    behaviour: 'copy-accounts-tags',
    aws: 's3:GetObjectTagging is needed to copy tags',
    here: 's3:GetObject is enough',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'copy-expected-owners',
    aws: '403 when an owner is another',
    here: 'x-amz-expected-bucket-owner and x-amz-source-expected-bucket-owner are ignored',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
];

const uploads: Difference[] = [
  {
    behaviour: 'multipart-etag-answer',
    aws: 'the ETag is answered',
    here: 'the ETag of the answer is empty the first time',
    seenAs: /expected '' to be '"/,
  },
  {
    behaviour: 'multipart-tags',
    aws: 'x-amz-tagging at the start tags the object',
    here: 'the tags are lost',
    seenAs: /expected undefined to deeply equal/,
  },
  {
    behaviour: 'multipart-chosen',
    aws: 'parts that are not named are left out',
    here: 'every part that was sent must be named',
    seenAs: /^InvalidPart/,
  },
  {
    behaviour: 'multipart-order',
    aws: 'InvalidPartOrder',
    here: 'parts are put in order',
    seenAs: /expected 'accepted' to be '400 InvalidPartOrder'/,
  },
  {
    behaviour: 'multipart-number',
    aws: '1 to 10,000',
    here: '0 and 10,001 are accepted when sent, and make Complete fail',
    seenAs: /expected 'accepted' to be '400 InvalidArgument'/,
  },
  {
    behaviour: 'multipart-complete-conditional',
    aws: '412 when something is there',
    here: 'If-None-Match is ignored: the other object is overwritten',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'multipart-abort-list',
    aws: 'NoSuchUpload',
    here: 'NoSuchKey',
    seenAs: /expected '404 NoSuchKey' to be '404 NoSuchUpload'/,
  },
  {
    behaviour: 'multipart-abort-complete',
    aws: 'NoSuchUpload',
    here: '500 InternalError',
    seenAs: /expected '500 InternalError' to be '404 NoSuchUpload'/,
  },
  {
    behaviour: 'part-copy-percent',
    aws: 'the key is decoded once',
    here: 'the key is decoded twice: another object is copied, without an error',
    seenAs: /expected 'wrong' to be 'right'/,
  },
  {
    behaviour: 'part-copy-query',
    aws: 'the key is decoded once',
    here: 'the key is decoded twice, and its end taken for a version',
    seenAs: /^NoSuchKey/,
  },
  {
    behaviour: 'part-copy-if-match',
    aws: '412 when the source is another',
    here: 'x-amz-copy-source-if-match is ignored',
    seenAs: /expected 'accepted' to be '412 PreconditionFailed'/,
  },
  {
    behaviour: 'part-copy-accounts-read',
    aws: 'a policy that allows s3:GetObject is enough',
    here: 'the source must belong to the caller, or be opened by its ACL',
    seenAs: /^AccessDenied/,
  },
];

const policies: Difference[] = [
  {
    behaviour: 'policy-malformed',
    aws: 'MalformedPolicy',
    here: 'InvalidArgument',
    seenAs: /expected '400 InvalidArgument' to be '400 MalformedPolicy'/,
  },
  {
    behaviour: 'policy-other-bucket',
    aws: 'MalformedPolicy',
    here: 'a policy may name any bucket',
    seenAs: /expected 'accepted' to be '400 MalformedPolicy'/,
  },
  {
    behaviour: 'policy-nobody',
    aws: 'MalformedPolicy',
    here: 'a policy may name users that do not exist',
    seenAs: /expected 'accepted' to be '400 MalformedPolicy'/,
  },
  {
    behaviour: 'policy-not-action',
    aws: 'NotAction opens everything else',
    here: 'NotAction without Action opens nothing',
    seenAs: /expected \[ '403 AccessDenied'/,
  },
  {
    behaviour: 'policy-if-secure',
    aws: 'the key is false on plain HTTP',
    here: 'the key is absent on plain HTTP',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'policy-if-principal',
    aws: 'aws:PrincipalArn is the caller',
    here: 'aws:PrincipalArn is not known, and the denial does not hold',
    seenAs: /expected \[ 'accepted', 'accepted' \]/,
  },
];

const sessions: Difference[] = [
  {
    behaviour: 'session-external-id',
    aws: 'sts:ExternalId is compared',
    here: 'the external id is ignored, and a trust policy that asks for it closes the role',
    seenAs: /expected 'accepted' to match/,
  },
  {
    behaviour: 'session-refusal',
    aws: 'errors of STS have their own form',
    here: 'errors of STS come in the form of S3, which the client cannot read',
    seenAs: /expected '403 Unknown' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'session-no-role',
    aws: '403',
    here: '404',
    seenAs: /expected '404 NotFound' to match/,
  },
  {
    behaviour: 'session-identity',
    aws: 'GetCallerIdentity',
    here: 'there is no GetCallerIdentity',
    seenAs: /^Unknown/,
  },
  {
    behaviour: 'session-copy-closed',
    aws: 'the other account has to allow it too',
    here: 'the policy of a role opens every bucket of every user',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'session-copy-user',
    aws: 'a grant to a user is not one to a role',
    here: 'the policy of a role opens every bucket of every user',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'session-copy-revoked',
    aws: 'a grant that is gone closes the bucket',
    here: 'the policy of a role opens every bucket of every user',
    seenAs: /expected 'accepted' to be '403 AccessDenied'/,
  },
  {
    behaviour: 'session-copy-parts',
    aws: 'allowed',
    here: 'a session owns nothing, and the source of a part must belong to the caller',
    seenAs: /^AccessDenied/,
  },
];

const configuration: Difference[] = [
  {
    behaviour: 'config-replication-absent',
    aws: '404',
    here: '200 with nothing in it',
    seenAs: /expected 'accepted' to be '404 ReplicationConf/,
  },
  {
    behaviour: 'config-inventory-absent',
    aws: '404',
    here: '200 with nothing in it',
    seenAs: /expected 'accepted' to be '404 NoSuchConfiguration'/,
  },
  {
    behaviour: 'config-encryption-default',
    aws: 'AES256',
    here: 'no encryption',
    seenAs: /expected undefined to be 'AES256'/,
  },
  {
    behaviour: 'config-ownership-default',
    aws: 'BucketOwnerEnforced',
    here: 'there is no ownership, the writer owns',
    seenAs: /expected undefined to deeply equal/,
  },
  {
    behaviour: 'config-public-default',
    aws: 'all four are on',
    here: 'all four are off',
    seenAs: /BlockPublicAcls: false/,
  },
  {
    behaviour: 'config-tagging-at-start',
    aws: 'tags are set with the bucket',
    here: 'tags in CreateBucket are refused',
    seenAs: /^InvalidArgument/,
  },
  {
    behaviour: 'config-public',
    aws: '404 once removed',
    here: '200 with all four off',
    seenAs: /expected 'accepted' to be '404 NoSuchPublic/,
  },
  {
    behaviour: 'config-encryption',
    aws: 'kept',
    here: 'it cannot be put',
    seenAs: /^InvalidArgument/,
  },
  {
    behaviour: 'config-ownership',
    aws: 'kept',
    here: 'it cannot be put',
    seenAs: /^InvalidArgument/,
  },
];

const facts: Difference[] = [
  {
    behaviour: 'checksum-copied',
    aws: 'a copy has the checksum of its source',
    here: 'no checksums are kept',
    seenAs: /expected undefined to be 'mC2e/,
  },
  {
    behaviour: 'checksum-computed',
    aws: 'x-amz-checksum-algorithm computes one',
    here: 'no checksums are computed',
    seenAs: /expected undefined to be 'mC2e/,
  },
  {
    behaviour: 'checksum-composite',
    aws: 'a composite checksum',
    here: 'no checksums are kept',
    seenAs: /expected \[ undefined, undefined \]/,
  },
  {
    behaviour: 'object-attributes',
    aws: 'GetObjectAttributes',
    here: 'the request is taken for GetObject, and answered with the bytes of the object',
    seenAs: /XML parse error/,
  },
  {
    behaviour: 'archived-read',
    aws: 'GLACIER is a storage class',
    here: 'only the classes of the zone exist',
    seenAs: /^InvalidArgument/,
  },
  {
    behaviour: 'archived-copy',
    aws: 'DEEP_ARCHIVE is a storage class',
    here: 'only the classes of the zone exist',
    seenAs: /^InvalidArgument/,
  },
  {
    behaviour: 'redirect-kept',
    aws: 'x-amz-website-redirect-location is not copied',
    here: 'the redirect is copied',
    seenAs: /\[ '\/elsewhere', '\/elsewhere' \]/,
  },
];

export const cephDifferences: readonly Difference[] = [
  ...buckets,
  ...objects,
  ...facts,
  ...listings,
  ...versions,
  ...deletions,
  ...copies,
  ...uploads,
  ...policies,
  ...sessions,
  ...configuration,
];

/** Our own sandbox is meant to have none. */
export const sandboxDifferences: readonly Difference[] = [];
