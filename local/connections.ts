import { jsonText, readVersioned, type Versioned } from '../domain/document-access.ts';
import { parseConnection, type Connection } from '../domain/connection.ts';
import { DocumentConflictError } from '../domain/errors.ts';
import { paths } from '../domain/job-documents.ts';
import type { ConnectionRegistry, DocumentStore } from '../domain/ports.ts';

type ConnectionsDocument = Readonly<{ connections: readonly Connection[] }>;

/** Others who save a connection at the same instant; each loss means that one of them was saved. */
const TRIES_MAX = 10;

/**
 * The connections as one document of the store, keys and all: the store keeps it for its owner only. Tasks are
 * processes of their own and read it anew each time, so a connection that was changed counts from the next use on.
 */
export function openConnections(documents: DocumentStore): ConnectionRegistry {
  const read = async (): Promise<Versioned<ConnectionsDocument> | undefined> =>
    await readVersioned<ConnectionsDocument>(documents, paths.connections());
  const list = async (): Promise<readonly Connection[]> => {
    const document = await read();
    return (document?.value.connections ?? []).map((one, index) => parseConnection(one, `connections.${index}.`));
  };
  return {
    list,
    find: async (name) => (await list()).find((connection) => connection.name === name),
    put: async (connection) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await save(documents, await read(), connection);
        } catch (error) {
          if (!(error instanceof DocumentConflictError) || tries >= TRIES_MAX) throw error;
        }
      }
    },
  };
}

async function save(
  documents: DocumentStore,
  current: Versioned<ConnectionsDocument> | undefined,
  connection: Connection,
): Promise<void> {
  const others = (current?.value.connections ?? []).filter(({ name }) => name !== connection.name);
  const next: ConnectionsDocument = {
    connections: [...others, connection].sort((left, right) => (left.name < right.name ? -1 : 1)),
  };
  await documents.write(
    paths.connections(),
    jsonText(next),
    current ? { ifVersion: current.version } : { ifAbsent: true },
  );
}
