import {
  AccessDeniedError,
  BucketMissingError,
  BucketNameBusyError,
  BucketOwnedByAnotherAccountError,
  WrongRegionError,
} from '../../domain/errors.ts';
import { destinationBucketOf } from '../../domain/job-request.ts';
import { addStatements, BUCKET_POLICY_BYTES_MAX, grantStatements, policyBytes } from '../../domain/policy.ts';
import type { BucketFacts } from '../../domain/ports.ts';
import type { PreflightCheck } from '../../domain/views.ts';
import { JOB_TAG } from './create-destination-bucket.ts';
import { statementOf } from './grant-access.ts';
import { blocked, blockedBy, isAboutSession, ok, warning } from './preflight-check.ts';
import { errorOf, valueOf, type Look } from './preflight-look.ts';
import type { Check } from './preflight.ts';

const sourceExists: Check = ({ request, source }) => {
  const [id, title] = ['source-exists', 'Source bucket'];
  const { bucket, connection } = request.source;
  const facts = valueOf(source.bucket);
  if (facts) return ok(id, title, `"${bucket}" is there, in ${facts.region}.`);
  const error = errorOf(source.bucket);
  if (error === undefined || isAboutSession(error)) return undefined; // the check of the connection has told
  if (error instanceof BucketMissingError)
    return blocked(id, title, `There is no bucket "${bucket}".`, 'Correct the name of the source bucket.');
  if (error instanceof BucketOwnedByAnotherAccountError)
    return blocked(
      id,
      title,
      `"${bucket}" belongs to another account than the connection "${connection}".`,
      'Choose a connection of the account that owns the bucket.',
    );
  if (error instanceof WrongRegionError) return wrongRegion(id, title, bucket, error);
  if (error instanceof AccessDeniedError)
    return blocked(
      id,
      title,
      `The connection "${connection}" may not look at "${bucket}": it lacks permission, or the bucket is another account's. ${error.message}`,
      `Choose a connection of the account that owns the bucket. If that is this one: ${error.remedy || 'allow s3:ListBucket and s3:GetObject on the bucket.'}`,
    );
  return blockedBy(id, title, error);
};

const wrongRegion = (id: string, title: string, bucket: string, { region }: WrongRegionError): PreflightCheck =>
  blocked(
    id,
    title,
    `"${bucket}" is in ${region ?? 'another Region'}, not where the connection looked.`,
    `Use a connection for ${region ?? "the bucket's own Region"}.`,
  );

const sourceListable: Check = ({ source }) => {
  const error = errorOf(source.counted);
  if (error === undefined) return undefined;
  return blockedBy('source-listable', 'Objects of the source', error);
};

const destinationName: Check = (look) => {
  const [id, title] = ['destination-name', 'Destination bucket'];
  const { request, destination } = look;
  const bucket = destinationBucketOf(request);
  const facts = valueOf(destination.bucket);
  if (facts) return ok(id, title, `"${bucket}" is there and ours, in ${facts.region}.`);
  const error = errorOf(destination.bucket);
  if (error === undefined || isAboutSession(error)) return undefined;
  if (error instanceof BucketMissingError)
    return ok(id, title, `"${bucket}" does not exist; it will be made in ${regionOf(look)}.`);
  if (error instanceof BucketOwnedByAnotherAccountError)
    return blocked(id, title, `"${bucket}" belongs to another account.`, 'Choose another name for the destination.');
  if (error instanceof BucketNameBusyError)
    return blocked(
      id,
      title,
      `The name "${bucket}" is being released after its bucket was deleted.`,
      'Wait some hours, or choose another name.',
    );
  if (error instanceof WrongRegionError) return wrongRegion(id, title, bucket, error);
  if (error instanceof AccessDeniedError)
    return blocked(
      id,
      title,
      `"${bucket}" exists, and the connection "${request.destination.connection}" may not look at it: it lacks permission, or the bucket is another account's. ${error.message}`,
      `Choose another name, unless the bucket is yours. If it is: ${error.remedy || 'allow s3:ListBucket on it.'}`,
    );
  return blockedBy(id, title, error);
};

const regionOf = ({ request, destination }: Look): string =>
  request.destination.region ?? destination.connection?.region ?? "the connection's Region";

const destinationRegion: Check = ({ request, destination }) => {
  const facts = valueOf(destination.bucket);
  const wanted = request.destination.region;
  if (!facts || wanted === undefined || facts.region === wanted) return undefined;
  return blocked(
    'destination-region',
    'Region of the destination',
    `"${facts.name}" is in ${facts.region} already, and ${wanted} is asked for.`,
    `Leave the Region out or give ${facts.region}, or choose another bucket.`,
  );
};

const destinationEmpty: Check = (look) => {
  const [id, title] = ['destination-empty', 'Objects at the destination'];
  const { request, destination } = look;
  const error = errorOf(destination.holdsObjects);
  if (error !== undefined) return blockedBy(id, title, error);
  const holdsObjects = valueOf(destination.holdsObjects);
  if (holdsObjects === undefined) return undefined;
  if (!holdsObjects) return ok(id, title, 'The destination holds no objects here.');
  if (isOwnWork(look)) return ok(id, title, 'What the destination holds, this job has copied.');
  if (request.options.whenDestinationHasObjects === 'merge')
    return warning(
      id,
      title,
      'The destination holds objects already. What is absent is added; nothing is overwritten, and every collision is reported.',
      'Give a prefix to keep the two apart.',
    );
  return blocked(
    id,
    title,
    'The destination holds objects already.',
    'Choose an empty bucket or a new prefix, or choose to merge: then what is absent is added and nothing is overwritten.',
  );
};

/** A job that goes on finds its own bucket, or its own objects in a bucket that was there before. */
const isOwnWork = ({ jobId, hasPlanned, destination }: Look): boolean =>
  jobId !== undefined && (hasPlanned || valueOf(destination.bucket)?.tags[JOB_TAG] === jobId);

const policyFits: Check = ({ request, jobId, source, destination }) => {
  if (request.source.connection === request.destination.connection) return undefined;
  const [id, title] = ['destination-policy', "Destination's bucket policy"];
  const error = errorOf(destination.policy);
  if (error !== undefined) return blockedBy(id, title, error);
  const principalArn = valueOf(source.identity)?.principalArn;
  if (!('value' in destination.policy) || !source.connection || !destination.connection || !principalArn)
    return undefined;
  const route = {
    source: request.source,
    destination: { ...request.destination, bucket: destinationBucketOf(request) },
  };
  const connections = { source: source.connection, destination: destination.connection };
  const statement = statementOf(jobId ?? 'copy-00000000-000000000000', route, connections, principalArn);
  const grant = { ...statement, allowsParts: true };
  const sizeBytes = policyBytes(addStatements(destination.policy.value, grantStatements(grant)));
  if (sizeBytes <= BUCKET_POLICY_BYTES_MAX)
    return ok(id, title, 'A statement for the time of the copy fits; it is taken out again at the end.');
  return blocked(
    id,
    title,
    `With our statement the bucket's policy would have ${sizeBytes.toLocaleString('en-US')} bytes; S3 takes ${BUCKET_POLICY_BYTES_MAX.toLocaleString('en-US')}.`,
    'Shorten the policy of the destination bucket, or choose another bucket.',
  );
};

const versions: Check = ({ source }) => {
  const facts = valueOf(source.bucket);
  if (!facts || facts.versioning === 'off') return undefined;
  return warning(
    'source-versions',
    'Versions',
    `The source keeps versions. Only the current version of each object is copied; older versions and delete markers stay at the source.`,
    'Keep the source as long as you need its older versions.',
  );
};

const objectLock: Check = ({ source }) => {
  if (!valueOf(source.bucket)?.hasObjectLock) return undefined;
  return warning(
    'source-object-lock',
    'Object Lock',
    'The source has Object Lock. Retention and legal holds are not copied.',
    'Set retention at the destination after the copy, if it is required.',
  );
};

const requesterPays: Check = ({ source }) => {
  if (!valueOf(source.bucket)?.isRequesterPays) return undefined;
  return warning(
    'source-requester-pays',
    'Requester pays',
    "Whoever asks pays for requests and transfer from this bucket: the source connection's account.",
    'Nothing, if that is meant.',
  );
};

const kms: Check = ({ source, destination }) => {
  const reasons = [
    kmsReason('source', valueOf(source.bucket), 'kms:Decrypt'),
    kmsReason('destination', valueOf(destination.bucket), 'kms:GenerateDataKey and kms:Decrypt'),
  ].filter((reason) => reason !== undefined);
  if (reasons.length === 0) return undefined;
  return warning(
    'kms-keys',
    'KMS keys',
    reasons.join(' '),
    "Allow these in the source role's policy and in the key's policy. The key aws/s3 cannot be used from another account.",
  );
};

const kmsReason = (side: string, facts: BucketFacts | undefined, actions: string): string | undefined =>
  facts?.encryption === 'sse-kms'
    ? `The ${side} encrypts with the KMS key ${facts.kmsKeyArn ?? 'aws/s3'}: the source role needs ${actions} on it.`
    : undefined;

/** What every job asks, before and after what its kind asks. */
export const SOURCE_CHECKS: readonly Check[] = [sourceExists, sourceListable];
export const COST_CHECKS: readonly Check[] = [requesterPays, kms];
/** What only a copy asks: its destination has a name of its own, and its source stays. */
export const COPY_CHECKS: readonly Check[] = [
  destinationName,
  destinationRegion,
  destinationEmpty,
  policyFits,
  versions,
  objectLock,
];
