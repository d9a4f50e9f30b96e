import { parseConnection, type Connection } from '../../domain/connection.ts';
import { RequestInvalidError } from '../../domain/errors.ts';
import type { ConnectionRegistry } from '../../domain/ports.ts';

/**
 * Makes the connection or changes it. The page never gets the secret, so a change that names no way in keeps the keys
 * that are there, as long as they still go to the same place. Rejects with RequestInvalidError.
 */
export async function keepConnection(
  name: string,
  input: unknown,
  connections: ConnectionRegistry,
): Promise<{ connection: Connection; isNew: boolean }> {
  const fields = fieldsOf(input, name);
  const before = await connections.find(name);
  const connection = parseConnection(before ? withKeysOf(before, fields) : fields);
  await connections.put(connection);
  return { connection, isNew: before === undefined };
}

function fieldsOf(input: unknown, name: string): Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new RequestInvalidError([{ field: '', message: 'A connection is an object with named fields.' }]);
  }
  const fields: Record<string, unknown> = { name, ...input };
  if (fields['name'] !== name) {
    const message = `The address says "${name.slice(0, 100)}". A connection keeps its name: make another one instead.`;
    throw new RequestInvalidError([{ field: 'name', message }]);
  }
  return fields;
}

const WAYS_IN = ['profile', 'accessKeyId', 'secretAccessKey', 'secretArn'];

function withKeysOf(before: Connection, fields: Record<string, unknown>): Record<string, unknown> {
  const namesOne = WAYS_IN.some((field) => fields[field] !== undefined);
  const isSamePlace = fields['kind'] === before.kind && fields['endpoint'] === before.endpoint;
  if (namesOne || !isSamePlace || before.secretAccessKey === undefined) return fields;
  return { ...fields, accessKeyId: before.accessKeyId, secretAccessKey: before.secretAccessKey };
}
