import { CONFIGURATIONS, CONFIGURATIONS_BY_ID, METADATA_CONFIGURATIONS, operationName } from './configuration.ts';
import { percentDecodeToBytes, type Query, type SandboxRequest, type Target } from './exchange.ts';
import { isUtf8, KEY_SIZE_BYTES_MAX, type KeyBytes } from './key-order.ts';
import { S3Problem } from './problem.ts';

/** What a request is about, before anything is known about who asks. */
export type Route = Readonly<{ operation: string; bucketName: string; key: KeyBytes }>;

export function routeOf(request: SandboxRequest, target: Target): Route {
  const { bucketName, key } = addressOf(request, target.path);
  if (key !== '') requireKey(key);
  const operation =
    bucketName === ''
      ? serviceOperation(request.method)
      : key === ''
        ? bucketOperation(request.method, target.query)
        : objectOperation(request, target.query);
  if (operation === undefined) {
    throw new S3Problem('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      fields: { Method: request.method, ResourceType: key === '' ? 'BUCKET' : 'OBJECT' },
    });
  }
  return { operation, bucketName, key };
}

function addressOf(request: SandboxRequest, path: string): { bucketName: string; key: KeyBytes } {
  const hostBucket = bucketOfHost(request.headers['host'] ?? '');
  const decoded = percentDecodeToBytes(path.slice(1));
  if (hostBucket !== undefined) return { bucketName: hostBucket, key: decoded as KeyBytes };
  const slash = decoded.indexOf('/');
  if (slash < 0) return { bucketName: decoded, key: '' as KeyBytes };
  return { bucketName: decoded.slice(0, slash), key: decoded.slice(slash + 1) as KeyBytes };
}

/** `bucket.localhost`, `bucket.s3.localhost`, and the names of S3 itself for clients that come through a proxy. */
function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '');
  const match = /^(.+?)(?:\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com|(?:\.s3)?\.localhost)$/.exec(name);
  return match?.[1] === 's3' ? undefined : match?.[1];
}

function requireKey(key: KeyBytes): void {
  if (key.length > KEY_SIZE_BYTES_MAX) {
    throw new S3Problem('KeyTooLongError', 'Your key is too long', {
      fields: { Size: String(key.length), MaxSizeAllowed: String(KEY_SIZE_BYTES_MAX) },
    });
  }
  if (!isUtf8(key)) throw new S3Problem('InvalidURI', "Couldn't parse the specified URI.");
}

const serviceOperation = (method: string): string | undefined => (method === 'GET' ? 'ListBuckets' : undefined);

const STORED = new Map([...CONFIGURATIONS, ...CONFIGURATIONS_BY_ID].map((one) => [one.name, one] as const));
const VERB: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };

const BUCKET_SUBRESOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    location: 'GetBucketLocation',
    versioning: 'GetBucketVersioning',
    policy: 'GetBucketPolicy',
    policyStatus: 'GetBucketPolicyStatus',
    acl: 'GetBucketAcl',
    versions: 'ListObjectVersions',
    uploads: 'ListMultipartUploads',
    ...Object.fromEntries(METADATA_CONFIGURATIONS.map((one) => [one.name, operationName('Get', one)])),
  },
  PUT: { versioning: 'PutBucketVersioning', policy: 'PutBucketPolicy', acl: 'PutBucketAcl' },
  DELETE: { policy: 'DeleteBucketPolicy' },
  POST: { delete: 'DeleteObjects' },
};

/** Sub-resources of S3 that the sandbox does not have; better said than taken for something else. */
const UNSUPPORTED = ['session', 'torrent', 'select', 'annotation'];

function bucketOperation(method: string, query: Query): string | undefined {
  requireSupported(query);
  if (method !== 'GET' && METADATA_CONFIGURATIONS.some(({ name }) => query.has(name))) return undefined;
  for (const name of query.keys()) {
    const known = BUCKET_SUBRESOURCES[method]?.[name];
    if (known !== undefined) return known;
    const stored = STORED.get(name);
    if (stored) return operationName(VERB[method] ?? '', stored);
  }
  switch (method) {
    case 'GET':
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return 'CreateBucket';
    case 'DELETE':
      return 'DeleteBucket';
    default:
      return undefined;
  }
}

const OBJECT_SUBRESOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    tagging: 'GetObjectTagging',
    acl: 'GetObjectAcl',
    attributes: 'GetObjectAttributes',
    retention: 'GetObjectRetention',
    'legal-hold': 'GetObjectLegalHold',
    uploadId: 'ListParts',
  },
  PUT: {
    tagging: 'PutObjectTagging',
    acl: 'PutObjectAcl',
    retention: 'PutObjectRetention',
    'legal-hold': 'PutObjectLegalHold',
  },
  DELETE: { tagging: 'DeleteObjectTagging', uploadId: 'AbortMultipartUpload' },
  POST: { uploads: 'CreateMultipartUpload', uploadId: 'CompleteMultipartUpload', restore: 'RestoreObject' },
};

function objectOperation(request: SandboxRequest, query: Query): string | undefined {
  requireSupported(query);
  const isCopy = request.headers['x-amz-copy-source'] !== undefined;
  if (request.method === 'PUT' && query.has('uploadId')) return isCopy ? 'UploadPartCopy' : 'UploadPart';
  for (const name of query.keys()) {
    const known = OBJECT_SUBRESOURCES[request.method]?.[name];
    if (known !== undefined) return known;
  }
  switch (request.method) {
    case 'GET':
      return 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      return isCopy ? 'CopyObject' : 'PutObject';
    case 'DELETE':
      return 'DeleteObject';
    default:
      return undefined;
  }
}

function requireSupported(query: Query): void {
  const unsupported = UNSUPPORTED.find((name) => query.has(name));
  if (unsupported === undefined) return;
  throw new S3Problem('NotImplemented', `The sandbox has no ${unsupported}.`);
}
