import type { Connection } from '../domain/connection.ts';
import { ConnectionMissingError } from '../domain/errors.ts';
import { partitionOf } from '../domain/names.ts';
import type { ConnectionRegistry, Storage, StorageAccess, StorageRequest } from '../domain/ports.ts';
import type { Clock, Random } from '../domain/time.ts';
import { Connector, type Edge } from './connector.ts';
import { Place } from './place.ts';
import { Requests } from './requests.ts';
import { Session, type Held, type KnownSessions } from './session.ts';
import { sessionPolicy } from './session-policy.ts';
import { S3Storage } from './storage.ts';
import { traitsOf } from './traits.ts';
import type { CredentialsProvider } from './credentials.ts';

export type StorageAccessOptions = Readonly<{
  connections: Pick<ConnectionRegistry, 'find'>;
  /** Keys, profile or secret of a connection, before its role is assumed; given by the composition floor. */
  credentialsOf: (connection: Connection) => CredentialsProvider;
  clock: Clock;
  random: Random;
  /** Sockets per storage; 256 when left out. */
  inFlightMax?: number;
  /** For a storage in this process; clients with sockets and signatures when left out. */
  edge?: Edge;
  /** Sessions that several accesses of one process share. */
  sessions?: KnownSessions;
}>;

/** The only door to S3. Opening asks nothing of S3: the first request shows whether the credentials are good. */
export function createStorageAccess(options: StorageAccessOptions): StorageAccess {
  const known: KnownSessions = options.sessions ?? new Map<string, Held>();
  return {
    open: async (request) => {
      const connection = await options.connections.find(request.connection);
      if (connection === undefined) throw missing(request.connection);
      return openStorage(connection, request, options, known);
    },
  };
}

function openStorage(
  connection: Connection,
  request: StorageRequest,
  options: StorageAccessOptions,
  known: KnownSessions,
): Storage {
  const { clock, random, credentialsOf, inFlightMax, edge } = options;
  const connector = new Connector(connection, inFlightMax, edge);
  const policy = connection.roleArn === undefined ? '' : policyFor(connection, request);
  const credentials = credentialsOf(connection);
  // Keys and profiles may be exchanged at any time; roles are assumed once for all who need the same.
  const shared = connection.roleArn === undefined ? {} : { known };
  const session = new Session({ connection, request, credentials, policy, connector, clock, random, ...shared });
  const requests = new Requests(connection, session, connector, clock, random);
  return new S3Storage(new Place(connection, requests, clock, random));
}

const policyFor = (connection: Connection, { purpose, buckets }: StorageRequest): string =>
  sessionPolicy({
    purpose,
    buckets,
    partition: connection.region === 'default' ? 'aws' : partitionOf(connection.region),
    hasKms: traitsOf(connection).hasBucketProtection,
  });

const missing = (connection: string): ConnectionMissingError =>
  new ConnectionMissingError(`There is no connection "${connection}"`, {
    subject: { connection },
    remedy: 'Add the connection, or choose one that exists.',
  });
