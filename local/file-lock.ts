import { randomBytes } from 'node:crypto';
import { link, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** A write takes milliseconds. A holder that is alive and this old has been asleep or has another's process number. */
const HELD_MS_MAX = 60_000;
/** How long to try at most: a holder that is alive and busy for longer is a fault worth hearing about. */
const WAIT_MS_MAX = 90_000;

/**
 * Runs `work` while no other process of this machine holds the same lock. The lock is a file that names its holder;
 * one whose holder is dead is taken over. Leaves no file behind, unless the process is killed meanwhile.
 */
export async function withFileLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const release = await acquire(lock);
  try {
    return await work();
  } finally {
    await release();
  }
}

type Holder = Readonly<{ processId: number; nonce: string }>;

async function acquire(lock: string): Promise<() => Promise<void>> {
  const own: Holder = { processId: process.pid, nonce: randomBytes(8).toString('hex') };
  const giveUpAtMs = Date.now() + WAIT_MS_MAX;
  for (let waitMs = 1; Date.now() < giveUpAtMs; waitMs = Math.min(20, waitMs * 2)) {
    if (await tryCreate(lock, own)) return () => unlinkIfThere(lock);
    await removeIfStale(lock);
    await pause(waitMs * (0.5 + Math.random()));
  }
  throw new Error(`The file ${lock} has been held for ${WAIT_MS_MAX / 1000} seconds. Remove it if nothing runs.`);
}

/** A link appears whole or not at all, so a lock always names its holder. */
async function tryCreate(lock: string, own: Holder): Promise<boolean> {
  const draft = `${lock}.${own.nonce}`;
  await writeFile(draft, `${own.processId} ${own.nonce}`, { mode: 0o600 });
  try {
    await link(draft, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await unlinkIfThere(draft);
  }
}

/**
 * Two waiters may find the same dead holder. Only who holds the lock on that very holder (its nonce is in the name)
 * may remove it, and looks again first; so nobody removes the lock of a holder who came after.
 */
async function removeIfStale(lock: string): Promise<void> {
  const seen = await holderOf(lock);
  if (!seen || !(await isStale(lock, seen))) return;
  const release = await acquire(`${lock}.${seen.nonce}.stale`);
  try {
    if ((await holderOf(lock))?.nonce === seen.nonce) await unlinkIfThere(lock);
  } finally {
    await release();
  }
}

async function isStale(lock: string, holder: Holder): Promise<boolean> {
  if (!isAlive(holder.processId)) return true;
  try {
    return Date.now() - (await stat(lock)).mtimeMs > HELD_MS_MAX;
  } catch {
    return false; // released meanwhile
  }
}

async function holderOf(lock: string): Promise<Holder | undefined> {
  try {
    const [processId = '', nonce = ''] = (await readFile(lock, 'utf8')).split(' ');
    return { processId: Number(processId), nonce };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM'; // there, and another user's
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
