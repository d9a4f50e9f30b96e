import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JournalDamagedError } from './errors.ts';
import type { JournalLine } from './events.ts';
import type { JournalStore, JournalWriter } from './journal.ts';

/**
 * Journals as files of JSON lines, `<directory>/<machine>/<execution>.jsonl`, only ever appended to. What a crash may
 * leave is a torn last line: it is ignored when read and cut off when the file is opened again.
 */
export function journalFiles(directory: string): JournalStore {
  const fileOf = (id: string): string => join(directory, ...id.split('/').map(encodeURIComponent)) + SUFFIX;
  return {
    list: () => listJournals(directory),
    read: (id) => readWholeLines(fileOf(id)).lines,
    open: (id) => new FileJournal(fileOf(id)),
  };
}

const SUFFIX = '.jsonl';

async function listJournals(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return found
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length).split(/[/\\]/).map(decodeURIComponent).join('/'));
}

type WholeLines = Readonly<{ lines: JournalLine[]; sizeBytes: number }>;

function readWholeLines(file: string): WholeLines {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return { lines: [], sizeBytes: 0 };
    throw error;
  }
  const lines: JournalLine[] = [];
  let sizeBytes = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, sizeBytes)) {
    const line = parseLine(bytes.toString('utf8', sizeBytes, end));
    if (line === undefined) {
      const isLast = end === bytes.length - 1;
      if (isLast) break;
      throw new JournalDamagedError(`The journal ${file} is damaged at line ${lines.length + 1}`, {
        remedy: 'Restore the file from a backup, or move it away to give this execution up.',
      });
    }
    lines.push(line);
    sizeBytes = end + 1;
  }
  return { lines, sizeBytes };
}
const NEWLINE = 0x0a;

function parseLine(text: string): JournalLine | undefined {
  try {
    const line = JSON.parse(text) as JournalLine | null;
    return typeof line === 'object' && line !== null && typeof line.event === 'string' ? line : undefined;
  } catch {
    return undefined; // the caller knows whether a damaged line is allowed here
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Everything appended while one write is under way goes out together with one fsync. */
class FileJournal implements JournalWriter {
  private readonly file: string;
  private pending: string[] = [];
  private writing: Promise<void> | undefined;
  private handle: FileHandle | undefined;
  private sizeBytes = 0;

  constructor(file: string) {
    this.file = file;
  }

  append(line: JournalLine): void {
    this.pending.push(`${JSON.stringify(line)}\n`);
  }

  async flush(): Promise<void> {
    // A write under way may have begun before the caller's last line was appended: that line needs one more write.
    const isMineInside = this.pending.length === 0;
    if (this.writing) await this.writing;
    if (isMineInside) return;
    if (this.pending.length === 0) return this.writing;
    this.writing ??= this.writePending().finally(() => (this.writing = undefined));
    return this.writing;
  }

  private async writePending(): Promise<void> {
    const batch = this.pending;
    this.pending = [];
    try {
      this.handle ??= await this.openAtEnd();
      const bytes = Buffer.from(batch.join(''));
      await writeFully(this.handle, bytes, this.sizeBytes);
      await this.handle.datasync();
      this.sizeBytes += bytes.length;
    } catch (error) {
      // Written again from the last durable byte, so a half-written batch never becomes a damaged middle.
      this.pending = [...batch, ...this.pending];
      throw error;
    }
  }

  private async openAtEnd(): Promise<FileHandle> {
    const directory = dirname(this.file);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { sizeBytes } = readWholeLines(this.file);
    const handle = await open(this.file, sizeBytes === 0 ? 'w' : 'r+', 0o600);
    await handle.truncate(sizeBytes);
    syncDirectory(directory);
    syncDirectory(dirname(directory));
    this.sizeBytes = sizeBytes;
    return handle;
  }

  async close(): Promise<void> {
    await this.flush();
    await this.handle?.close();
    this.handle = undefined;
  }
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** A new file is only sure to be found after a crash when its directory is synced too. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return; // Windows cannot open a directory for this
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
