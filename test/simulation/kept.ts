import { DocumentConflictError } from '../../domain/errors.ts';
import type { DocumentStore, LogEvent, StoredDocument, TaskLogs, WriteCondition } from '../../domain/ports.ts';
import type { EpochMs } from '../../domain/time.ts';
import type { JournalLine } from '../../local/engine/events.ts';
import type { JournalStore, JournalWriter } from '../../local/engine/journal.ts';
import type { Life, Scheduler } from './scheduler.ts';

/** What outlives a crash: documents, journals and logs. Each life gets its own view of them. */
export class Kept {
  readonly documents = new Map<string, { body: Uint8Array; version: string }>();
  readonly journals = new Map<string, string[]>();
  readonly logs: LogEvent[] = [];
  /** Told of every document that was written, with what it holds now. */
  onWrite: (path: string, body: Uint8Array) => void = () => undefined;
  private writes = 0;

  constructor(private readonly scheduler: Scheduler) {}

  documentsOf(life: Life): DocumentStore {
    const { scheduler } = this;
    const alive = async <T>(value: T): Promise<T> => (life.isOver ? new Promise<never>(() => undefined) : value);
    return {
      read: async (path) => alive(this.documents.get(path) as StoredDocument | undefined),
      write: (path, body, condition) =>
        scheduler.effect(life, 'document', `writes ${path}`, () => this.write(path, body, condition)),
      list: (prefix) => this.list(prefix),
      remove: (path, condition) => {
        if (!this.documents.has(path)) return alive(undefined);
        return scheduler.effect(life, 'document', `removes ${path}`, () => this.remove(path, condition));
      },
    };
  }

  private write(path: string, body: string | Uint8Array, condition?: WriteCondition): { version: string } {
    insist(path, condition, this.documents.get(path)?.version);
    const bytes = typeof body === 'string' ? Buffer.from(body) : Uint8Array.from(body);
    this.writes += 1;
    const version = `v${this.writes}`;
    this.documents.set(path, { body: bytes, version });
    this.onWrite(path, bytes);
    return { version };
  }

  private async *list(prefix: string): AsyncGenerator<string> {
    yield* [...this.documents.keys()].filter((path) => path.startsWith(prefix)).sort();
  }

  private remove(path: string, condition?: { ifVersion: string }): void {
    const current = this.documents.get(path)?.version;
    if (condition && current !== undefined) insist(path, condition, current);
    this.documents.delete(path);
  }

  /** The document as JSON, or undefined. */
  json<T>(path: string): T | undefined {
    const found = this.documents.get(path);
    return found && (JSON.parse(Buffer.from(found.body).toString('utf8')) as T);
  }

  text(path: string): string {
    return Buffer.from(this.documents.get(path)?.body ?? []).toString('utf8');
  }

  journalsOf(life: Life): JournalStore {
    return {
      list: async () => [...this.journals.keys()],
      read: (id) => (this.journals.get(id) ?? []).map((text) => JSON.parse(text) as JournalLine),
      open: (id) => this.openJournal(life, id),
    };
  }

  private openJournal(life: Life, id: string): JournalWriter {
    let pending: string[] = [];
    const keep = (): void => {
      const lines = this.journals.get(id) ?? [];
      for (const text of pending) lines.push(text);
      this.journals.set(id, lines);
      pending = [];
    };
    const flush = async (): Promise<void> => {
      if (pending.length > 0) await this.scheduler.effect(life, 'journal', `flushes ${id}`, keep);
    };
    return { append: (line) => void pending.push(JSON.stringify(line)), flush, close: flush };
  }

  logsView(): TaskLogs {
    const { logs } = this;
    return {
      read: async function* (prefix, sinceMs, untilMs) {
        for (const event of logs)
          if (event.atMs >= sinceMs && event.atMs < untilMs && event.stream.startsWith(prefix)) yield event;
      },
      tail: async (prefix, eventsMax) => logs.filter(({ stream }) => stream.startsWith(prefix)).slice(-eventsMax),
    };
  }

  log(stream: string, message: string, atMs: EpochMs): void {
    this.logs.push({ stream, message, atMs });
  }
}

function insist(path: string, condition: WriteCondition | undefined, version: string | undefined): void {
  if (!condition) return;
  const holds = 'ifAbsent' in condition ? version === undefined : version === condition.ifVersion;
  if (!holds) throw new DocumentConflictError(`The document ${path} was written by another meanwhile.`);
}
