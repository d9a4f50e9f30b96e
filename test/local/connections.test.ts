import { describe, expect, test } from 'vitest';
import type { Connection } from '../../domain/connection.ts';
import { CredentialsRefusedError } from '../../domain/errors.ts';
import { openConnections } from '../../local/connections.ts';
import { credentialsOf } from '../../local/credentials.ts';
import { MemoryStore } from '../support/memory-store.ts';

const aConnection = (name: string, more: Partial<Connection> = {}): Connection => ({
  name,
  kind: 'aws',
  region: 'eu-west-1',
  profile: 'default',
  ...more,
});

describe('connections on this machine', () => {
  test('a connection that was saved is found by another process, and replaces the one of its name', async () => {
    const documents = new MemoryStore();
    await openConnections(documents).put(aConnection('b'));
    await openConnections(documents).put(aConnection('a'));
    await openConnections(documents).put(aConnection('b', { region: 'us-east-1' }));

    const registry = openConnections(documents);

    expect((await registry.list()).map(({ name }) => name)).toEqual(['a', 'b']);
    expect(await registry.find('b')).toMatchObject({ region: 'us-east-1' });
    expect(await registry.find('c')).toBeUndefined();
  });

  test('two that are saved at once are both kept', async () => {
    const registry = openConnections(new MemoryStore());

    await Promise.all(['a', 'b', 'c'].map((name) => registry.put(aConnection(name))));

    expect(await registry.list()).toHaveLength(3);
  });

  test('keys are used as they are given', async () => {
    const { profile: _, ...connection } = aConnection('a', { accessKeyId: 'AKIA', secretAccessKey: 's' });

    expect(await credentialsOf(connection)()).toEqual({ accessKeyId: 'AKIA', secretAccessKey: 's' });
  });

  test('a secret of the deployed place, and a profile that is not there, are refused with what to do', async () => {
    const { profile: _, ...connection } = aConnection('a', { secretArn: 'arn:aws:secretsmanager:x' });

    await expect(credentialsOf(connection)()).rejects.toMatchObject({
      name: 'CredentialsRefusedError',
      remedy: expect.stringContaining('deployed place') as string,
    });
    await expect(credentialsOf(aConnection('a', { profile: 'no-such-profile' }))()).rejects.toThrow(
      CredentialsRefusedError,
    );
  });
});
