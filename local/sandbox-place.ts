import { join } from 'node:path';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { ConnectionRegistry } from '../domain/ports.ts';
import type { Clock, Random } from '../domain/time.ts';
import { codeOf } from './file-lock.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup, type SandboxSecrets } from './sandbox-accounts.ts';
import { startSandboxServer } from './sandbox/http-server.ts';
import { openPersistence } from './sandbox/persistence.ts';
import { seedSamples } from './sandbox/samples.ts';
import { SandboxWorld } from './sandbox/world.ts';

/**
 * Opens the sandbox of this data directory, with sample buckets the first time, and points its two connections at
 * where it listens now. Answers how to close it.
 */
export async function openSandbox(options: {
  directory: string;
  connections: ConnectionRegistry;
  clock: Clock;
  random: Random;
}): Promise<() => Promise<void>> {
  const { directory, connections, clock, random } = options;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { secrets, isNew } = await keptSecrets(join(directory, 'accounts.json'), random);
  const persistence = openPersistence(directory);
  const world = new SandboxWorld({ setup: sandboxSetup(secrets), clock, random, persistence });
  if (isNew) seedSamples(world);
  const server = await startSandboxServer(world);
  for (const connection of sandboxConnections(secrets, server.url)) await connections.put(connection);
  return async () => {
    await server.close();
    persistence.close();
  };
}

async function keptSecrets(path: string, random: Random): Promise<{ secrets: SandboxSecrets; isNew: boolean }> {
  try {
    return { secrets: JSON.parse(await readFile(path, 'utf8')) as SandboxSecrets, isNew: false };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const secrets = newSandboxSecrets(random);
  // Under its name only when it is whole: a crash must leave either no accounts or these.
  await writeFile(`${path}.new`, JSON.stringify(secrets), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return { secrets, isNew: true };
}
