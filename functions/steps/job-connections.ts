import type { Connection } from '../../domain/connection.ts';
import { ConnectionMissingError } from '../../domain/errors.ts';
import type { ConnectionRegistry } from '../../domain/ports.ts';

export type JobConnections = Readonly<{ source: Connection; destination: Connection }>;

/** Rejects with ConnectionMissingError, which names the connection. */
export async function findConnection(name: string, connections: Pick<ConnectionRegistry, 'find'>): Promise<Connection> {
  const connection = await connections.find(name);
  if (connection) return connection;
  throw new ConnectionMissingError(`There is no connection "${name}".`, {
    subject: { connection: name },
    remedy: 'Add the connection, or choose one that exists.',
  });
}
