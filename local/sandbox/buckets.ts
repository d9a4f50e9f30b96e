import { canonicalUserId } from './accounts.ts';
import { answer, bucketOf, queryInteger, xmlAnswer, type Call } from './call.ts';
import type { SandboxAnswer } from './exchange.ts';
import { requireSecondFactor } from './objects.ts';
import { invalidArgument, malformedXml, S3Problem } from './problem.ts';
import type { BucketFacts } from './storage.ts';
import { childNamed, childrenNamed, childText, isoSeconds, optionalTag, parseXml, tag, xmlDocument } from './xml.ts';

const BLOCK_ALL_PUBLIC_ACCESS = xmlDocument(
  'PublicAccessBlockConfiguration',
  ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets']
    .map((name) => tag(name, true))
    .join(''),
);

export const ownershipControls = (ownership: string): string =>
  xmlDocument('OwnershipControls', `<Rule>${tag('ObjectOwnership', ownership)}</Rule>`);

/** What every new bucket has (S3 user guide: defaults since April 2023). */
export const NEW_BUCKET_CONFIGURATIONS: Readonly<Record<string, string>> = {
  publicAccessBlock: BLOCK_ALL_PUBLIC_ACCESS,
  ownershipControls: ownershipControls('BucketOwnerEnforced'),
};

export function createBucket(call: Call, text: string): SandboxAnswer {
  const { storage } = call.surroundings;
  const name = call.bucketName;
  const namespace = requireName(call);
  const wanted = parseCreation(text);
  const region = wanted.region ?? 'us-east-1';
  requireRegion(call, wanted.region);
  const existing = storage.buckets.get(name);
  if (existing) return answerForExisting(call, existing.facts);
  requireReleased(call);
  const facts: BucketFacts = {
    name,
    accountId: call.caller.accountId,
    region,
    createdAtMs: call.nowMs,
    namespace,
    versioning: call.headers['x-amz-bucket-object-lock-enabled'] === 'true' ? 'Enabled' : 'Unversioned',
    configurations: { ...NEW_BUCKET_CONFIGURATIONS, ...creationConfigurations(call, wanted.tags) },
    policies: [],
  };
  storage.saveBucket(facts);
  return answer(200, { location: call.region === 'us-east-1' ? `/${name}` : `http://${name}.s3.amazonaws.com/` });
}

function parseCreation(text: string): { region: string | undefined; tags: string | undefined } {
  if (text.trim() === '') return { region: undefined, tags: undefined };
  const root = parseXml(text, 'CreateBucketConfiguration');
  const tags = childNamed(root, 'Tags');
  const pairs = (tags ? childrenNamed(tags, 'Tag') : []).map(
    (pair) => `<Tag>${tag('Key', childText(pair, 'Key') ?? '')}${tag('Value', childText(pair, 'Value') ?? '')}</Tag>`,
  );
  const constraint = childText(root, 'LocationConstraint');
  return {
    region: constraint === 'EU' ? 'eu-west-1' : constraint === '' ? undefined : constraint,
    tags: pairs.length === 0 ? undefined : xmlDocument('Tagging', `<TagSet>${pairs.join('')}</TagSet>`),
  };
}

function creationConfigurations(call: Call, tags: string | undefined): Record<string, string> {
  const ownership = call.headers['x-amz-object-ownership'];
  return {
    ...(tags !== undefined && { tagging: tags }),
    ...(ownership !== undefined && { ownershipControls: ownershipControls(ownership) }),
    ...(call.headers['x-amz-bucket-object-lock-enabled'] === 'true' && {
      'object-lock': xmlDocument('ObjectLockConfiguration', tag('ObjectLockEnabled', 'Enabled')),
    }),
  };
}

/** Rules of names: S3 user guide, "General purpose bucket naming rules". */
function requireName(call: Call): BucketFacts['namespace'] {
  const name = call.bucketName;
  const isWellFormed =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.\.|^\d+\.\d+\.\d+\.\d+$|^xn--|^sthree-|^amzn-s3-demo-|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$/.test(
      name,
    );
  if (!isWellFormed) {
    throw new S3Problem('InvalidBucketName', 'The specified bucket is not valid.', { fields: { BucketName: name } });
  }
  const isRegional = call.headers['x-amz-bucket-namespace'] === 'account-regional';
  const suffix = `-${call.caller.accountId}-${call.region}-an`;
  if (isRegional ? !name.endsWith(suffix) || name.length === suffix.length : name.endsWith('-an')) {
    throw new S3Problem(
      'InvalidBucketName',
      `Names of the account-regional namespace, and only they, end with ${suffix}`,
      {
        fields: { BucketName: name },
      },
    );
  }
  return isRegional ? 'account-regional' : 'global';
}

/** us-east-1 creates anywhere; every other endpoint only in its own Region, which must be named. */
function requireRegion(call: Call, wanted: string | undefined): void {
  if (wanted !== undefined && !call.surroundings.regions.includes(wanted)) {
    throw new S3Problem('InvalidLocationConstraint', 'The specified location-constraint is not valid', {
      fields: { LocationConstraint: wanted },
    });
  }
  if (call.region === 'us-east-1' || wanted === call.region) return;
  throw new S3Problem(
    'IllegalLocationConstraintException',
    `The ${wanted ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

function answerForExisting(call: Call, facts: BucketFacts): SandboxAnswer {
  const fields = { BucketName: facts.name };
  if (facts.accountId !== call.caller.accountId) {
    throw new S3Problem(
      'BucketAlreadyExists',
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
      { fields },
    );
  }
  const isQuirk = call.region === 'us-east-1' && facts.region === 'us-east-1';
  if (!isQuirk) {
    throw new S3Problem(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { fields },
    );
  }
  const { acl: _, ...kept } = facts.configurations; // us-east-1 answers 200 and resets the ACL
  call.surroundings.storage.saveBucket({ ...facts, configurations: kept });
  return answer(200, { location: `/${facts.name}` });
}

function requireReleased(call: Call): void {
  const freeAtMs = call.surroundings.storage.releasing.get(call.bucketName);
  if (freeAtMs === undefined || freeAtMs <= call.nowMs) return;
  throw new S3Problem(
    'OperationAborted',
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  );
}

export function deleteBucket(call: Call): SandboxAnswer {
  const bucket = bucketOf(call);
  if (!bucket.isEmpty) {
    const hasHidden = [...bucket.versions.values()].every((versions) => versions[0]?.isDeleteMarker);
    throw new S3Problem(
      'BucketNotEmpty',
      hasHidden
        ? 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
        : 'The bucket you tried to delete is not empty',
      { fields: { BucketName: bucket.facts.name } },
    );
  }
  const { storage, nameReleaseDelayMs, isUploadInTheWay } = call.surroundings;
  if (isUploadInTheWay && bucket.uploads.size > 0) {
    throw new S3Problem('BucketNotEmpty', 'The bucket you tried to delete has multipart uploads in progress', {
      fields: { BucketName: bucket.facts.name },
    });
  }
  storage.removeBucket(bucket.facts.name, call.nowMs + nameReleaseDelayMs(bucket.facts.name));
  return answer(204);
}

export function headBucket(call: Call): SandboxAnswer {
  const { facts } = bucketOf(call);
  return answer(200, {
    'x-amz-bucket-region': facts.region,
    'x-amz-access-point-alias': 'false',
    'content-type': 'application/xml',
  });
}

export function getBucketLocation(call: Call): SandboxAnswer {
  const { region } = bucketOf(call).facts;
  return xmlAnswer(xmlDocument('LocationConstraint', region === 'us-east-1' ? '' : region));
}

const BUCKETS_PER_PAGE_MAX = 10_000;

export function listBuckets(call: Call): SandboxAnswer {
  const { accountId } = call.caller;
  const after = call.query.get('continuation-token') ?? '';
  const prefix = call.query.get('prefix') ?? '';
  const region = call.query.get('bucket-region');
  const pageMax = queryInteger(call, 'max-buckets', { fallback: BUCKETS_PER_PAGE_MAX, max: BUCKETS_PER_PAGE_MAX });
  if (pageMax === 0)
    throw invalidArgument('max-buckets', '0', 'Argument max-buckets must be an integer between 1 and 10000');
  const own = [...call.surroundings.storage.buckets.values()]
    .map((bucket) => bucket.facts)
    .filter((facts) => facts.accountId === accountId && facts.name > after && facts.name.startsWith(prefix))
    .filter((facts) => region === undefined || facts.region === region)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = own.slice(0, pageMax);
  const entries = page.map(
    (facts) =>
      `<Bucket>${tag('Name', facts.name)}${tag('CreationDate', isoSeconds(facts.createdAtMs))}${tag('BucketRegion', facts.region)}</Bucket>`,
  );
  const token = own.length > page.length ? page.at(-1)?.name : undefined;
  const owner = `<Owner>${tag('ID', canonicalUserId(accountId))}</Owner>`;
  return xmlAnswer(
    xmlDocument(
      'ListAllMyBucketsResult',
      `${owner}<Buckets>${entries.join('')}</Buckets>${optionalTag('ContinuationToken', token)}${optionalTag('Prefix', prefix || undefined)}`,
    ),
  );
}

export function getVersioning(call: Call): SandboxAnswer {
  const { versioning, hasMfaDelete } = bucketOf(call).facts;
  const mfaDelete = hasMfaDelete === undefined ? undefined : hasMfaDelete ? 'Enabled' : 'Disabled';
  const status = versioning === 'Unversioned' ? '' : tag('Status', versioning) + optionalTag('MfaDelete', mfaDelete);
  return xmlAnswer(xmlDocument('VersioningConfiguration', status));
}

export function putVersioning(call: Call, text: string): SandboxAnswer {
  const bucket = bucketOf(call);
  const root = parseXml(text, 'VersioningConfiguration');
  const status = childText(root, 'Status');
  const mfaDelete = childText(root, 'MfaDelete');
  if (mfaDelete !== undefined || bucket.facts.hasMfaDelete) requireSecondFactor(call);
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  if (status === 'Suspended' && bucket.facts.configurations['object-lock'] !== undefined) {
    throw new S3Problem(
      'InvalidBucketState',
      'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.',
    );
  }
  const hasMfaDelete = mfaDelete === undefined ? bucket.facts.hasMfaDelete : mfaDelete === 'Enabled';
  call.surroundings.storage.saveBucket({
    ...bucket.facts,
    versioning: status,
    ...(hasMfaDelete !== undefined && { hasMfaDelete }),
  });
  return answer(200);
}
