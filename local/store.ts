import { createHash, randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DocumentConflictError } from '../domain/errors.ts';
import type { DocumentStore, StoredDocument, WriteCondition } from '../domain/ports.ts';
import { codeOf, withFileLock } from './file-lock.ts';

/**
 * Job documents as plain files under one directory. A document is replaced by renaming a complete, flushed file over
 * it, so a crash leaves the old or the new one. Conditions hold between processes: every write of a path is made
 * under that path's lock file. A document's version is the SHA-256 of its bytes. Files whose name begins with a full
 * stop are drafts and locks, never documents; a killed process may leave one behind, which does no harm.
 */
export function openDirectoryStore(directory: string): DocumentStore {
  return new DirectoryStore(directory);
}

class DirectoryStore implements DocumentStore {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  async read(path: string): Promise<StoredDocument | undefined> {
    const body = await readIfThere(this.fileOf(path));
    return body ? { body, version: versionOf(body) } : undefined;
  }

  async write(path: string, body: string | Uint8Array, condition?: WriteCondition): Promise<{ version: string }> {
    const file = this.fileOf(path);
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    await makeFolder(dirname(file));
    await withFileLock(lockOf(file), async () => {
      if (condition) await insist(path, file, condition);
      await replaceFile(file, bytes);
    });
    return { version: versionOf(bytes) };
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const slash = prefix.lastIndexOf('/');
    yield* this.walk(slash < 0 ? '' : prefix.slice(0, slash + 1), prefix);
  }

  async remove(path: string, condition?: { ifVersion: string }): Promise<void> {
    const file = this.fileOf(path);
    if (!(await readIfThere(file))) return;
    await withFileLock(lockOf(file), async () => {
      if (condition && (await readIfThere(file))) await insist(path, file, condition);
      await unlink(file).catch(unlessCode('ENOENT', 'EISDIR', 'EPERM'));
      await flushDirectory(dirname(file));
    });
  }

  /** `folder` ends with "/" or is empty. A folder sorts as its name with "/", which is how its paths begin. */
  private async *walk(folder: string, prefix: string): AsyncGenerator<string> {
    for (const entry of await entriesOf(join(this.directory, folder))) {
      const path = folder + entry;
      if (!path.startsWith(prefix) && !(path.endsWith('/') && prefix.startsWith(path))) continue;
      if (path.endsWith('/')) yield* this.walk(path, prefix);
      else yield path;
    }
  }

  /** A path cannot leave the directory: its names hold no separator and begin with no full stop. */
  private fileOf(path: string): string {
    const names = path.split('/');
    const wrong = names.find((name) => !/^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/.test(name));
    if (wrong !== undefined || path.length > 1024) throw new RangeError(`"${path}" is not the path of a document`);
    return join(this.directory, ...names);
  }
}

const versionOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
const lockOf = (file: string): string => join(dirname(file), `.${basename(file)}.lock`);

async function insist(path: string, file: string, condition: WriteCondition): Promise<void> {
  const current = await readIfThere(file);
  const holds =
    'ifAbsent' in condition
      ? current === undefined
      : current !== undefined && versionOf(current) === condition.ifVersion;
  if (!holds) throw new DocumentConflictError(`The document ${path} was written by another meanwhile.`);
}

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.draft`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  await flushDirectory(dirname(file));
}

/** A new folder is durable once the folder that it stands in is, and so on upwards to the first one that was there. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await flushDirectory(dirname(made));
}

/** A rename is durable once its directory is. Some systems cannot flush a directory; there the rename must do. */
async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(unlessCode('EISDIR', 'EPERM', 'EACCES'));
  if (!handle) return;
  try {
    await handle.sync().catch(unlessCode('EPERM', 'EINVAL', 'EISDIR'));
  } finally {
    await handle.close();
  }
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  return await readFile(file).catch(unlessCode('ENOENT', 'EISDIR', 'ENOTDIR'));
}

/** Names in the directory, folders with "/" at their end, in byte order. */
async function entriesOf(directory: string): Promise<string[]> {
  const entries: Dirent[] =
    (await readdir(directory, { withFileTypes: true }).catch(unlessCode('ENOENT', 'ENOTDIR'))) ?? [];
  return entries
    .filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort();
}

const unlessCode =
  (...codes: readonly string[]) =>
  (error: unknown): undefined => {
    if (!codes.includes(String(codeOf(error)))) throw error;
    return undefined;
  };
