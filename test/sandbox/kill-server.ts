import { randomBytes } from 'node:crypto';
import type { EpochMs } from '../../domain/time.ts';
import { startSandboxServer } from '../../local/sandbox/http-server.ts';
import { openPersistence } from '../../local/sandbox/persistence.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';

/** A sandbox in a process of its own, for tests that kill it. Prints its address as the first line. */
const world = new SandboxWorld({
  setup: JSON.parse(process.argv[3] ?? '') as ConstructorParameters<typeof SandboxWorld>[0]['setup'],
  clock: { nowMs: () => Date.now() as EpochMs, sleep: async () => {} },
  random: { next: Math.random, hex: (digits) => randomBytes(digits).toString('hex').slice(0, digits) },
  persistence: openPersistence(process.argv[2] ?? ''),
});
const server = await startSandboxServer(world);
console.log(server.url);
process.stdin.on('end', () => process.exit()).resume(); // ends with the test that started it
