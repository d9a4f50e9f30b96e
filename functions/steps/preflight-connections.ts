import { canCopyServerSide, namespaceOf, type Connection } from '../../domain/connection.ts';
import { AccessDeniedError, CredentialsRefusedError, SessionExpiredError } from '../../domain/errors.ts';
import { destinationBucketOf } from '../../domain/job-request.ts';
import { parseRoleArn } from '../../domain/names.ts';
import type { PreflightCheck } from '../../domain/views.ts';
import { blocked, blockedBy, isAboutSession, ok } from './preflight-check.ts';
import { errorOf, valueOf, type Look, type SideLook } from './preflight-look.ts';
import { skipped, type Seen } from './seen.ts';
import type { Check } from './preflight.ts';

type SideName = 'source' | 'destination';

const sessionWorks =
  (name: SideName): Check =>
  ({ request, [name]: side }) => {
    const [id, title] = [`${name}-connection`, `Connection of the ${name}`];
    const connection = request[name].connection;
    if (!side.connection)
      return blocked(id, title, `There is no connection "${connection}".`, 'Add it, or choose one that exists.');
    const error = errorOf(side.identity) ?? sessionErrorOf(side.bucket) ?? sessionErrorOf(triedWith(side));
    if (error !== undefined) return sessionFailed(id, title, side.connection, error);
    return accountCheck(id, title, side.connection, side);
  };

/** Who a role is is known without a request, so the first look at the bucket may be what tries the session. */
const sessionErrorOf = (seen: Seen<unknown>): unknown => {
  const error = errorOf(seen);
  return isAboutSession(error) ? error : undefined;
};
const triedWith = (side: Look[SideName]): Seen<unknown> => ('ownBuckets' in side ? side.ownBuckets : skipped);

function sessionFailed(id: string, title: string, { name, roleArn }: Connection, error: unknown): PreflightCheck {
  if (error instanceof CredentialsRefusedError) {
    const remedy = error.remedy || 'Give the connection keys or a profile that are in force.';
    return blocked(id, title, `The keys of the connection "${name}" were refused. ${error.message}`, remedy);
  }
  if (error instanceof SessionExpiredError) {
    const remedy = error.remedy || 'Sign in again, or give the connection new keys.';
    return blocked(id, title, `The session of the connection "${name}" has expired. ${error.message}`, remedy);
  }
  if (error instanceof AccessDeniedError && roleArn !== undefined) {
    const remedy = error.remedy || `Let the connection's keys assume ${roleArn} in the role's trust policy.`;
    return blocked(id, title, `The role of the connection "${name}" was refused. ${error.message}`, remedy);
  }
  return blockedBy(id, title, error);
}

function accountCheck(id: string, title: string, connection: Connection, side: SideLook): PreflightCheck {
  const { accountId } = valueOf(side.identity) ?? {};
  const role = connection.roleArn === undefined ? undefined : parseRoleArn(connection.roleArn);
  const expected = role?.ok && connection.kind !== 's3-compatible' ? role.role.accountId : undefined;
  if (expected !== undefined && accountId !== undefined && accountId !== expected) {
    return blocked(
      id,
      title,
      `The connection "${connection.name}" names a role of account ${expected} and is in account ${accountId}.`,
      'Correct the role of the connection.',
    );
  }
  return ok(id, title, accountId === undefined ? 'The session works.' : `The session works, in account ${accountId}.`);
}

const bucketsDiffer: Check = ({ request, source, destination }) => {
  if (!source.connection || !destination.connection || request.kind !== 'copy') return undefined;
  const isSame =
    request.source.bucket === destinationBucketOf(request) &&
    namespaceOf(source.connection) === namespaceOf(destination.connection);
  if (!isSame) return undefined;
  return blocked(
    'different-buckets',
    'Two buckets',
    `Both connections lead to the same bucket, "${request.source.bucket}": there is nothing to copy.`,
    'Choose another destination bucket.',
  );
};

const serverSideCopy: Check = ({ source, destination }) => {
  if (!source.connection || !destination.connection) return undefined;
  const [id, title] = ['server-side-copy', 'Copy within the provider'];
  if (canCopyServerSide(source.connection, destination.connection))
    return ok(id, title, 'The provider copies the objects itself; their bytes do not pass through this machine.');
  return blocked(
    id,
    title,
    'Source and destination are with different providers or partitions, so neither can copy from the other.',
    'Choose two connections of one provider and partition. Copying through this machine is not available yet.',
  );
};

/** The grant names the source's principal; a provider that does not tell it must be helped. */
const principalKnown: Check = ({ request, source }: Look) => {
  const identity = valueOf(source.identity);
  if (request.source.connection === request.destination.connection || !identity) return undefined;
  if (identity.principalArn !== undefined) return undefined;
  return blocked(
    'source-principal',
    'Who copies',
    `The provider does not tell who the connection "${request.source.connection}" is, and the destination's policy must name it.`,
    `Set principalArn on the connection "${request.source.connection}", as the provider's bucket policies name its user.`,
  );
};

export const CONNECTION_CHECKS: readonly Check[] = [
  sessionWorks('source'),
  sessionWorks('destination'),
  bucketsDiffer,
  serverSideCopy,
  principalKnown,
];
