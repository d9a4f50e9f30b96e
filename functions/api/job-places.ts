import { namespaceOf, type Connection } from '../../domain/connection.ts';
import { readJson } from '../../domain/document-access.ts';
import { ConnectionMissingError, RequestInvalidError } from '../../domain/errors.ts';
import { paths, type JobDocument } from '../../domain/job-documents.ts';
import { destinationBucketOf, type JobRequest } from '../../domain/job-request.ts';
import type { NameDecision, TemporaryBucketDocument } from '../../domain/migration.ts';
import type { ConnectionRegistry, DocumentStore } from '../../domain/ports.ts';
import type { LeaseWish } from './leases.ts';

/** Rejects with ConnectionMissingError. */
export async function requireConnection(
  connections: Pick<ConnectionRegistry, 'find'>,
  name: string,
): Promise<Connection> {
  const connection = await connections.find(name);
  if (connection) return connection;
  throw new ConnectionMissingError(`There is no connection "${name.slice(0, 100)}".`, {
    subject: { connection: name },
    remedy: 'Add it on the page Connections, or name one that is there.',
  });
}

/**
 * The names that the job must have for itself; a migration within one namespace has one. Rejects with ConnectionMissingError, and with RequestInvalidError where
 * two connections lead to one bucket, because a namespace holds each name once.
 */
export async function leasesOf(
  request: JobRequest,
  connections: Pick<ConnectionRegistry, 'find'>,
): Promise<readonly LeaseWish[]> {
  const source = namespaceOf(await requireConnection(connections, request.source.connection));
  const destination = namespaceOf(await requireConnection(connections, request.destination.connection));
  const bucket = destinationBucketOf(request);
  if (request.kind === 'migrate' && source === destination) {
    return [{ namespace: source, bucket, role: 'source' }];
  }
  if (source === destination && bucket === request.source.bucket) {
    const message = `Both connections lead to the same bucket, "${bucket}": there is nothing to copy. Choose another bucket.`;
    throw new RequestInvalidError([{ field: 'destination.bucket', message }]);
  }
  return [
    { namespace: source, bucket: request.source.bucket, role: 'source' },
    { namespace: destination, bucket, role: 'destination' },
  ];
}

/**
 * The same, with the names that a migration has chosen since: its temporary bucket's, and one that a person decided on.
 * Rejects with ConnectionMissingError.
 */
export async function allLeasesOf(
  job: JobDocument,
  { documents, connections }: Readonly<{ documents: DocumentStore; connections: Pick<ConnectionRegistry, 'find'> }>,
): Promise<readonly LeaseWish[]> {
  const wishes = await leasesOf(job.request, connections);
  if (job.request.kind === 'copy') return wishes;
  const temporary = await readJson<TemporaryBucketDocument>(documents, paths.temporaryBucket(job.id));
  const decision = await readJson<NameDecision>(documents, paths.answer(job.id, 'name'));
  const decided = decision && decidedLease(job, decision, await namespacesOf(job, connections));
  const chosen =
    temporary && temporary.removedAtMs === undefined ? [await leaseOfTemporary(temporary, connections)] : [];
  return [...wishes, ...chosen, ...(decided ? [decided] : [])];
}

async function leaseOfTemporary(
  { connection, bucket }: TemporaryBucketDocument,
  connections: Pick<ConnectionRegistry, 'find'>,
): Promise<LeaseWish> {
  return { namespace: namespaceOf(await requireConnection(connections, connection)), bucket, role: 'temporary' };
}

async function namespacesOf({ request }: JobDocument, connections: Pick<ConnectionRegistry, 'find'>) {
  return {
    source: namespaceOf(await requireConnection(connections, request.source.connection)),
    destination: namespaceOf(await requireConnection(connections, request.destination.connection)),
  };
}

/** The name that a decision asks for; none where the job holds it already. */
function decidedLease(
  { request }: JobDocument,
  { choice, bucket = request.source.bucket }: Pick<NameDecision, 'choice' | 'bucket'>,
  namespaces: Readonly<{ source: string; destination: string }>,
): LeaseWish | undefined {
  if ((choice !== 'other-name' && choice !== 'rebuild-source') || bucket === request.source.bucket) return undefined;
  return choice === 'other-name'
    ? { namespace: namespaces.destination, bucket, role: 'destination' }
    : { namespace: namespaces.source, bucket, role: 'source' };
}

/** The name that this decision needs beside those that the job holds; rejects with ConnectionMissingError. */
export async function leaseOfDecision(
  job: JobDocument,
  decision: Pick<NameDecision, 'choice' | 'bucket'>,
  connections: Pick<ConnectionRegistry, 'find'>,
): Promise<readonly LeaseWish[]> {
  const lease = decidedLease(job, decision, await namespacesOf(job, connections));
  return lease ? [lease] : [];
}
