import { readFile } from 'node:fs/promises';
import { parseConnection, type Connection } from '../domain/connection.ts';
import { RequestInvalidError } from '../domain/errors.ts';

/** The message is for the person who named the file. */
export class ConnectionsFileError extends Error {
  override readonly name = 'ConnectionsFileError';
}

/**
 * `{ "connections": [ … ] }` or the list alone, as in the data directory. Rejects with ConnectionsFileError, which
 * names every field that is wrong.
 */
export async function readConnectionsFile(file: string): Promise<readonly Connection[]> {
  const list = listOf(await readJsonFile(file), file);
  const problems: string[] = [];
  const connections = list.flatMap((input, index) => {
    try {
      return [parseConnection(input, `connections.${index}.`)];
    } catch (error) {
      if (!(error instanceof RequestInvalidError)) throw error;
      problems.push(...error.problems.map(({ field, message }) => `  ${field}: ${message}`));
      return [];
    }
  });
  if (problems.length > 0) throw new ConnectionsFileError(`${file} cannot be used:\n${problems.join('\n')}`);
  return connections;
}

async function readJsonFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read';
    throw new ConnectionsFileError(`${file} cannot be used: ${why}.`, { cause: error });
  }
}

function listOf(document: unknown, file: string): readonly unknown[] {
  if (Array.isArray(document)) return document as unknown[];
  const inner: unknown = typeof document === 'object' && document !== null && 'connections' in document ? document.connections : undefined; // prettier-ignore
  if (Array.isArray(inner)) return inner as unknown[];
  throw new ConnectionsFileError(`${file} cannot be used: it holds no list "connections".`);
}
