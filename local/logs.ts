import { appendFile, mkdir, open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LogEvent, TaskLogs } from '../domain/ports.ts';
import type { EpochMs } from '../domain/time.ts';
import { codeOf } from './file-lock.ts';

export interface FileLogs extends TaskLogs {
  /** Adds one event; resolves when it is in the file. Events of one stream keep their order. */
  append(stream: string, message: string, atMs: EpochMs): Promise<void>;
}

/** CloudWatch Logs takes events up to this size; what is longer is cut, here as there. */
const MESSAGE_CHARACTERS_MAX = 256 * 1024;
/** Bytes read at a time, and the grain of the index by time. */
const BLOCK_BYTES = 64 * 1024;

/** One JSON-lines file for each stream. Files only grow; a line that a crash cut short is passed over. */
export function openFileLogs(directory: string): FileLogs {
  return new LogDirectory(directory);
}

type StoredEvent = Readonly<{ at: EpochMs; m: string }>;

class LogDirectory implements FileLogs {
  private readonly directory: string;
  private readonly files = new Map<string, LogFile>();

  constructor(directory: string) {
    this.directory = directory;
  }

  async append(stream: string, message: string, atMs: EpochMs): Promise<void> {
    const event: StoredEvent = { at: atMs, m: message.slice(0, MESSAGE_CHARACTERS_MAX) };
    await this.fileOf(stream).append(`${JSON.stringify(event)}\n`);
  }

  async *read(streamPrefix: string, sinceMs: EpochMs, untilMs: EpochMs): AsyncGenerator<LogEvent> {
    for (const stream of await this.streams(streamPrefix)) {
      for await (const event of this.fileOf(stream).read(sinceMs, untilMs)) {
        yield { stream, atMs: event.at, message: event.m };
      }
    }
  }

  async tail(streamPrefix: string, eventsMax: number): Promise<readonly LogEvent[]> {
    const events: LogEvent[] = [];
    for (const stream of await this.streams(streamPrefix)) {
      const last = await this.fileOf(stream).tail(eventsMax);
      events.push(...last.map((event) => ({ stream, atMs: event.at, message: event.m })));
      if (events.length > eventsMax * 8) keepNewest(events, eventsMax);
    }
    return keepNewest(events, eventsMax);
  }

  private async streams(prefix: string): Promise<string[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const found = await namesUnder(join(this.directory, folder), folder);
    return found.filter((stream) => stream.startsWith(prefix)).sort();
  }

  private fileOf(stream: string): LogFile {
    const wrong = stream.split('/').find((name) => !/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name));
    if (wrong !== undefined) throw new RangeError(`"${stream}" is not the name of a log stream`);
    const known = this.files.get(stream) ?? new LogFile(join(this.directory, `${stream}.jsonl`));
    this.files.set(stream, known);
    return known;
  }
}

function keepNewest(events: LogEvent[], eventsMax: number): LogEvent[] {
  events.sort((left, right) => left.atMs - right.atMs);
  events.splice(0, Math.max(0, events.length - eventsMax));
  return events;
}

async function namesUnder(directory: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of (await readdir(directory, { withFileTypes: true }).catch(ifAbsent)) ?? []) {
    if (entry.isDirectory()) names.push(...(await namesUnder(join(directory, entry.name), `${prefix}${entry.name}/`)));
    else if (entry.name.endsWith('.jsonl')) names.push(prefix + entry.name.slice(0, -'.jsonl'.length));
  }
  return names;
}

/** A run of whole lines and the times in it: a look at a window reads only the blocks that can hold it. */
type Block = { from: number; to: number; oldestMs: number; newestMs: number };

class LogFile {
  private readonly file: string;
  private readonly blocks: Block[] = [];
  private pending: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  private indexing: Promise<unknown> = Promise.resolve();
  private endsWithLine: boolean | undefined;

  constructor(file: string) {
    this.file = file;
  }

  /** Lines that come while one write is under way go out together in the next. */
  async append(line: string): Promise<void> {
    this.pending.push(line);
    this.writing = this.writing.catch(() => undefined).then(() => this.writePending());
    return this.writing;
  }

  private async writePending(): Promise<void> {
    const text = this.pending.join('');
    this.pending = [];
    if (text === '') return;
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    this.endsWithLine ??= await this.hasWholeLastLine();
    await appendFile(this.file, this.endsWithLine ? text : `\n${text}`, { mode: 0o600 });
    this.endsWithLine = true;
  }

  async *read(sinceMs: number, untilMs: number): AsyncGenerator<StoredEvent> {
    const extend = () => this.withHandle((handle, sizeBytes) => this.extendIndex(handle, sizeBytes));
    this.indexing = this.indexing.catch(() => undefined).then(extend); // two looks at once must not index a line twice
    await this.indexing;
    for (const block of [...this.blocks]) {
      if (block.newestMs < sinceMs || block.oldestMs >= untilMs) continue;
      const events = (await this.withHandle((handle) => readEvents(handle, block.from, block.to))) ?? [];
      yield* events.filter((event) => event.at >= sinceMs && event.at < untilMs);
    }
  }

  async tail(eventsMax: number): Promise<StoredEvent[]> {
    const events = await this.withHandle(async (handle, sizeBytes) => {
      for (let wanted = BLOCK_BYTES; ; wanted *= 4) {
        const from = Math.max(0, sizeBytes - wanted);
        const found = await readEvents(handle, from, sizeBytes);
        if (found.length > eventsMax || from === 0) return found.slice(-eventsMax);
      }
    });
    return events ?? [];
  }

  /** Reads on from where the index ends, so that over the file's life every byte is indexed once. */
  private async extendIndex(handle: FileHandle, sizeBytes: number): Promise<void> {
    for (let from = this.blocks.at(-1)?.to ?? 0; from < sizeBytes;) {
      const { text, lengthBytes } = await wholeLines(handle, from, sizeBytes);
      if (lengthBytes === 0) return; // the last line is still being written
      this.note({ from, to: from + lengthBytes, ...timesOf(parseEvents(text)) });
      from += lengthBytes;
    }
  }

  /** Small additions join the block before them, or a file that is looked at often would have a block for each look. */
  private note(next: Block): void {
    const last = this.blocks.at(-1);
    if (!last || next.to - last.from > BLOCK_BYTES) {
      this.blocks.push(next);
      return;
    }
    last.to = next.to;
    last.oldestMs = Math.min(last.oldestMs, next.oldestMs);
    last.newestMs = Math.max(last.newestMs, next.newestMs);
  }

  /** A process that was killed may have left half a line, which must not swallow the next one. */
  private async hasWholeLastLine(): Promise<boolean> {
    const last = await this.withHandle(async (handle, sizeBytes) =>
      sizeBytes === 0 ? 10 : (await readRange(handle, sizeBytes - 1, sizeBytes))[0],
    );
    return last === undefined || last === 10;
  }

  private async withHandle<T>(work: (handle: FileHandle, sizeBytes: number) => Promise<T>): Promise<T | undefined> {
    const facts = await stat(this.file).catch(ifAbsent);
    if (!facts) return undefined;
    const handle = await open(this.file, 'r');
    try {
      return await work(handle, facts.size);
    } finally {
      await handle.close();
    }
  }
}

const timesOf = (events: readonly StoredEvent[]): { oldestMs: number; newestMs: number } => ({
  oldestMs: events.reduce((oldest, event) => Math.min(oldest, event.at), Infinity),
  newestMs: events.reduce((newest, event) => Math.max(newest, event.at), -Infinity),
});

/** About a block of lines from `from` on; a line longer than a block is read whole. */
async function wholeLines(
  handle: FileHandle,
  from: number,
  sizeBytes: number,
): Promise<{ text: string; lengthBytes: number }> {
  for (let wanted = BLOCK_BYTES; ; wanted *= 4) {
    const bytes = await readRange(handle, from, Math.min(sizeBytes, from + wanted));
    const lengthBytes = bytes.lastIndexOf(10) + 1;
    if (lengthBytes > 0 || from + wanted >= sizeBytes) {
      return { text: bytes.subarray(0, lengthBytes).toString('utf8'), lengthBytes };
    }
  }
}

async function readEvents(handle: FileHandle, from: number, to: number): Promise<StoredEvent[]> {
  return parseEvents((await readRange(handle, from, to)).toString('utf8'));
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
  return bytes.subarray(0, bytesRead);
}

/** Lines that are not whole (the first of a tail, the last before a crash) are no events. */
function parseEvents(text: string): StoredEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = JSON.parse(line) as Partial<StoredEvent>;
      return typeof event.at === 'number' && typeof event.m === 'string' ? [event as StoredEvent] : [];
    } catch {
      return [];
    }
  });
}

function ifAbsent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
  return undefined;
}
