import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { codeOf, withFileLock } from './file-lock.ts';
import { addressOf, readServerFile } from './server-file.ts';

/** The message is for the person who typed the command. */
export class DataDirectoryInUseError extends Error {
  override readonly name = 'DataDirectoryInUseError';
}

type Holder = Readonly<{ pid: number; startTicks: string; nonce: string }>;

/**
 * Takes the data directory for this process until it ends: two engines on one set of journals would ruin them. A
 * holder that was killed is told from a living one, also when its process number was given to another process.
 * Rejects with DataDirectoryInUseError, which names the address of the server that runs.
 */
export async function lockDataDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'in-use.json');
  const own: Holder = {
    pid: process.pid,
    startTicks: startTicksOf(process.pid) ?? '',
    nonce: randomBytes(8).toString('hex'),
  };
  // Looking and taking are one step, or two that find the same dead holder would both go on.
  await withFileLock(`${path}.lock`, async () => {
    const holder = await readHolder(path);
    if (holder && isAlive(holder)) throw await inUse(directory, holder);
    await writeFile(path, JSON.stringify(own), { mode: 0o600 });
  });
  return { release: () => release(path, own) };
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return undefined; // none, or cut short by a crash: either way nobody holds it
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
  }
  const startTicks = startTicksOf(holder.pid);
  return startTicks === undefined || startTicks === holder.startTicks;
}

/** When the process began, in ticks since boot (proc(5), stat, field 22); undefined where there is no /proc. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

async function inUse(directory: string, holder: Holder): Promise<DataDirectoryInUseError> {
  const server = await readServerFile(directory);
  const where = server?.pid === holder.pid ? ` at ${addressOf(server)}` : '';
  return new DataDirectoryInUseError(
    `Bucket Migrator runs already${where} on ${resolve(directory)} (process ${holder.pid}). ` +
      'Use that one, stop it first, or give another directory with --data.',
  );
}

async function release(path: string, own: Holder): Promise<void> {
  if ((await readHolder(path))?.nonce === own.nonce) await unlink(path);
}
