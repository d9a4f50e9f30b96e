import { namespaceOf, type Connection } from '../../domain/connection.ts';
import { ConnectionMissingError, RequestInvalidError } from '../../domain/errors.ts';
import { destinationBucketOf, type JobRequest } from '../../domain/job-request.ts';
import type { ConnectionRegistry } from '../../domain/ports.ts';
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
 * The names that the job must have for itself. Rejects with ConnectionMissingError, and with RequestInvalidError where
 * two connections lead to one bucket, because a namespace holds each name once.
 */
export async function leasesOf(
  request: JobRequest,
  connections: Pick<ConnectionRegistry, 'find'>,
): Promise<readonly LeaseWish[]> {
  const source = namespaceOf(await requireConnection(connections, request.source.connection));
  const destination = namespaceOf(await requireConnection(connections, request.destination.connection));
  const bucket = destinationBucketOf(request);
  if (source === destination && bucket === request.source.bucket) {
    const message = `Both connections lead to the same bucket, "${bucket}": there is nothing to copy. Choose another bucket.`;
    throw new RequestInvalidError([{ field: 'destination.bucket', message }]);
  }
  return [
    { namespace: source, bucket: request.source.bucket, role: 'source' },
    { namespace: destination, bucket, role: 'destination' },
  ];
}
