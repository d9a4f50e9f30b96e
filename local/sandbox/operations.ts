import { abortMultipartUpload, createMultipartUpload, uploadPart, uploadPartCopy } from './multipart.ts';
import { completeMultipartUpload } from './completing.ts';
import type { Requirement } from './authorization.ts';
import {
  deleteBucketPolicy,
  getBucketAcl,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketAcl,
  putBucketPolicy,
} from './bucket-access.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getVersioning,
  headBucket,
  listBuckets,
  putVersioning,
} from './buckets.ts';
import type { Call, Operation } from './call.ts';
import {
  CONFIGURATIONS,
  CONFIGURATIONS_BY_ID,
  METADATA_CONFIGURATIONS,
  deleteConfiguration,
  deleteConfigurationById,
  getConfiguration,
  getConfigurationById,
  operationName,
  putConfiguration,
  putConfigurationById,
} from './configuration.ts';
import { copyNeeds, copyObject, sourceNeeds } from './copying.ts';
import { deleteObjects } from './deleting.ts';
import { listObjects, listObjectsV2 } from './listing-objects.ts';
import { listMultipartUploads, listParts } from './listing-uploads.ts';
import { listObjectVersions } from './listing-versions.ts';
import {
  deleteObjectTagging,
  getObjectAcl,
  getObjectLegalHold,
  getObjectRetention,
  getObjectTagging,
  putObjectAcl,
  putObjectLegalHold,
  putObjectRetention,
  putObjectTagging,
} from './object-settings.ts';
import { deleteObject, getObject, getObjectAttributes, putObject, restoreObject } from './objects.ts';
import type { SandboxAnswer } from './exchange.ts';
import type { ReceivedBody } from './receiving.ts';

/** Permissions per operation: S3 user guide, "Required permissions for Amazon S3 API operations". */

const onBucket =
  (...actions: string[]) =>
  (call: Call): Requirement[] =>
    actions.map((action) => ({ action: `s3:${action}`, bucket: call.bucketName }));

const onObject =
  (...actions: string[]) =>
  (call: Call): Requirement[] =>
    actions.map((action) => ({ action: `s3:${action}`, bucket: call.bucketName, key: call.key }));

/** `GetObject` or `GetObjectVersion`, whichever the request means. */
const onVersion =
  (before: string, after = '') =>
  (call: Call): Requirement[] =>
    onObject(call.query.has('versionId') ? `${before}Version${after}` : `${before}${after}`)(call);

type Needs = Operation['needs'];

function writeNeeds(call: Call): Requirement[] {
  const { headers } = call;
  return onObject(
    'PutObject',
    ...(headers['x-amz-tagging'] === undefined ? [] : ['PutObjectTagging']),
    ...(headers['x-amz-acl'] === undefined ? [] : ['PutObjectAcl']),
    ...(headers['x-amz-object-lock-mode'] === undefined ? [] : ['PutObjectRetention']),
    ...(headers['x-amz-object-lock-legal-hold'] === undefined ? [] : ['PutObjectLegalHold']),
  )(call);
}

/** Policies that enforce conditions on writes leave the steps of multipart uploads out by this key. */
const asCreation =
  (needs: Needs, isCreation: boolean): Needs =>
  (call) =>
    needs(call).map((need) => ({ ...need, context: { 's3:objectcreationoperation': String(isCreation) } }));

/** A delete with an ETag tells whether the ETag is right, so it needs reading too (S3 user guide, conditional deletes). */
function deleteNeeds(call: Call): Requirement[] {
  const ifMatch = call.headers['if-match'];
  const isConditional = ifMatch !== undefined && ifMatch !== '*';
  return [...onVersion('DeleteObject')(call), ...(isConditional ? onObject('GetObject')(call) : [])];
}

function createBucketNeeds(call: Call): Requirement[] {
  const { headers } = call;
  return onBucket(
    'CreateBucket',
    ...(headers['x-amz-object-ownership'] === undefined ? [] : ['PutBucketOwnershipControls']),
    ...(headers['x-amz-bucket-object-lock-enabled'] === 'true'
      ? ['PutBucketVersioning', 'PutBucketObjectLockConfiguration']
      : []),
  )(call).map((need) => ({ ...need, isNewBucket: true }));
}

const plain = (needs: Needs, run: (call: Call) => SandboxAnswer, isBucketOptional = false): Operation => ({
  body: 'none',
  needs,
  run,
  isBucketOptional,
});

const withDocument = (
  needs: Needs,
  run: (call: Call, text: string) => SandboxAnswer,
  isBucketOptional = false,
): Operation => ({
  body: 'document',
  needs,
  run: (call, { text }) => run(call, text),
  isBucketOptional,
});

const withContent = (needs: Needs, run: (call: Call, received: ReceivedBody) => SandboxAnswer): Operation => ({
  body: 'content',
  needs,
  run: (call, { received }) => {
    if (!received) throw new Error('An operation with content was run without it');
    return run(call, received);
  },
});

const FIXED: Readonly<Record<string, Operation>> = {
  ListBuckets: plain(() => [{ action: 's3:ListAllMyBuckets', bucket: '' }], listBuckets, true),
  CreateBucket: withDocument(createBucketNeeds, createBucket, true),
  DeleteBucket: plain(onBucket('DeleteBucket'), deleteBucket),
  HeadBucket: plain(onBucket('ListBucket'), headBucket),
  GetBucketLocation: plain(onBucket('GetBucketLocation'), getBucketLocation),
  GetBucketVersioning: plain(onBucket('GetBucketVersioning'), getVersioning),
  PutBucketVersioning: withDocument(onBucket('PutBucketVersioning'), putVersioning),
  GetBucketPolicy: plain(onBucket('GetBucketPolicy'), getBucketPolicy),
  PutBucketPolicy: withDocument(onBucket('PutBucketPolicy'), putBucketPolicy),
  DeleteBucketPolicy: plain(onBucket('DeleteBucketPolicy'), deleteBucketPolicy),
  GetBucketPolicyStatus: plain(onBucket('GetBucketPolicyStatus'), getBucketPolicyStatus),
  GetBucketAcl: plain(onBucket('GetBucketAcl'), getBucketAcl),
  PutBucketAcl: withDocument(onBucket('PutBucketAcl'), putBucketAcl),
  ListObjects: plain(onBucket('ListBucket'), listObjects),
  ListObjectsV2: plain(onBucket('ListBucket'), listObjectsV2),
  ListObjectVersions: plain(onBucket('ListBucketVersions'), listObjectVersions),
  ListMultipartUploads: plain(onBucket('ListBucketMultipartUploads'), listMultipartUploads),
  DeleteObjects: withDocument(() => [], deleteObjects), // each key is decided on its own
  PutObject: withContent(asCreation(writeNeeds, true), putObject),
  CopyObject: plain(copyNeeds, copyObject),
  GetObject: plain(onVersion('GetObject'), getObject),
  HeadObject: plain(onVersion('GetObject'), getObject),
  DeleteObject: plain(deleteNeeds, deleteObject),
  GetObjectAttributes: plain(
    (call) => [...onVersion('GetObject')(call), ...onVersion('GetObject', 'Attributes')(call)],
    getObjectAttributes,
  ),
  GetObjectTagging: plain(onVersion('GetObject', 'Tagging'), getObjectTagging),
  PutObjectTagging: withDocument(onVersion('PutObject', 'Tagging'), putObjectTagging),
  DeleteObjectTagging: plain(onVersion('DeleteObject', 'Tagging'), deleteObjectTagging),
  GetObjectAcl: plain(onVersion('GetObject', 'Acl'), getObjectAcl),
  PutObjectAcl: withDocument(onVersion('PutObject', 'Acl'), putObjectAcl),
  GetObjectRetention: plain(onObject('GetObjectRetention'), getObjectRetention),
  PutObjectRetention: withDocument(onObject('PutObjectRetention'), putObjectRetention),
  GetObjectLegalHold: plain(onObject('GetObjectLegalHold'), getObjectLegalHold),
  PutObjectLegalHold: withDocument(onObject('PutObjectLegalHold'), putObjectLegalHold),
  RestoreObject: withDocument(onObject('RestoreObject'), restoreObject),
  CreateMultipartUpload: plain(asCreation(writeNeeds, false), createMultipartUpload),
  UploadPart: withContent(asCreation(onObject('PutObject'), false), uploadPart),
  UploadPartCopy: plain(
    (call) => [...sourceNeeds(call), ...asCreation(onObject('PutObject'), false)(call)],
    uploadPartCopy,
  ),
  CompleteMultipartUpload: withDocument(asCreation(onObject('PutObject'), true), completeMultipartUpload),
  AbortMultipartUpload: plain(onObject('AbortMultipartUpload'), abortMultipartUpload),
  ListParts: plain(onObject('ListMultipartUploadParts'), listParts),
};

/** `GetBucketCors`, `PutBucketCors`, ... : one entry per sub-resource that is stored as it is. */
function configurationOperations(): Record<string, Operation> {
  const operations: Record<string, Operation> = {};
  for (const one of CONFIGURATIONS) {
    operations[operationName('Get', one)] = plain(onBucket(`Get${one.action}`), (call) => getConfiguration(call, one));
    operations[operationName('Put', one)] = withDocument(onBucket(`Put${one.action}`), (call, text) =>
      putConfiguration(call, one, text),
    );
    if (one.isDeletable) {
      const action = one.name === 'website' ? 'DeleteBucketWebsite' : `Put${one.action}`;
      operations[operationName('Delete', one)] = plain(onBucket(action), (call) => deleteConfiguration(call, one));
    }
  }
  for (const one of METADATA_CONFIGURATIONS) {
    operations[operationName('Get', one)] = plain(onBucket(`Get${one.action}`), (call) => getConfiguration(call, one));
  }
  for (const one of CONFIGURATIONS_BY_ID) {
    operations[operationName('Get', one)] = plain(onBucket(`Get${one.action}`), (call) =>
      getConfigurationById(call, one),
    );
    operations[operationName('Put', one)] = withDocument(onBucket(`Put${one.action}`), (call, text) =>
      putConfigurationById(call, one, text),
    );
    operations[operationName('Delete', one)] = plain(onBucket(`Put${one.action}`), (call) =>
      deleteConfigurationById(call, one),
    );
  }
  return operations;
}

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...FIXED, ...configurationOperations() }),
);
