import { resolve } from 'node:path';
import { addressOf, readServerFile } from '../server-file.ts';
import { ApiClient, clientInProcess, clientOfServer } from './api-client.ts';
import { readConnectionsFile } from '../connections-file.ts';
import type { Flags } from './parse-command.ts';
import type { Terminal } from './terminal.ts';

export const DEFAULT_DATA_DIRECTORY = '.bucket-migrator';
export const dataDirectoryOf = (flags: Flags): string =>
  resolve(typeof flags['data'] === 'string' ? flags['data'] : DEFAULT_DATA_DIRECTORY);

/** Where a command's job runs: in the server of the data directory, or in this very process while the command lasts. */
export type PlaceOfWork = Readonly<{ kind: 'server' | 'this-process'; client: ApiClient; close(): Promise<void> }>;

export async function openPlaceOfWork(flags: Flags, terminal: Terminal): Promise<PlaceOfWork> {
  const dataDirectory = dataDirectoryOf(flags);
  const connectionsFile = typeof flags['connections'] === 'string' ? flags['connections'] : undefined;
  const server = await findServer(dataDirectory);
  if (server) {
    if (connectionsFile !== undefined) await putConnections(connectionsFile, server);
    return { kind: 'server', client: server, close: async () => undefined };
  }
  // Loaded only here: a command that a running server answers needs none of it, and is there at once.
  const { openSystem } = await import('../system.ts');
  const system = await openSystem({
    dataDirectory,
    sandbox: flags['no-sandbox'] !== true,
    ...(connectionsFile === undefined ? {} : { connectionsFile }),
    onProblem: (problem) => terminal.complain(`${problem instanceof Error ? problem.message : String(problem)}\n`),
  });
  return { kind: 'this-process', client: clientInProcess(system.api, system.token), close: () => system.close() };
}

/** The address that a killed server left is nobody's, or somebody else's by now: it has to answer with our token. */
async function findServer(dataDirectory: string): Promise<ApiClient | undefined> {
  const file = await readServerFile(dataDirectory);
  if (!file) return undefined;
  const client = clientOfServer(addressOf(file), file.token);
  const isThere = await client.call('GET', '/api/connections').then(
    () => true,
    () => false,
  );
  return isThere ? client : undefined;
}

async function putConnections(file: string, client: ApiClient): Promise<void> {
  for (const connection of await readConnectionsFile(file)) {
    await client.call('PUT', `/api/connections/${connection.name}`, connection);
  }
}
