import type { JournalLine } from './events.ts';

/**
 * Where journals are kept. A journal's id is `<machine>/<execution name>`, or for the items of a distributed map the
 * id of the parent's journal, `#` and the number of the state.
 */
export interface JournalStore {
  list(): Promise<readonly string[]>;
  /** Every whole line, oldest first; nothing when there is no such journal. Throws JournalDamagedError. */
  read(id: string): readonly JournalLine[];
  /** Goes on after the last whole line. Only one writer at a time for one id. */
  open(id: string): JournalWriter;
}

export interface JournalWriter {
  /** Keeps the line in order; it is durable only after `flush`. */
  append(line: JournalLine): void;
  /** Resolves when everything appended so far survives a crash. May be tried again after a rejection. */
  flush(): Promise<void>;
  /** Flushes, then lets go of the journal. */
  close(): Promise<void>;
}

/** For tests and simulations. What is not flushed is lost when the store is copied, as in a crash. */
export class MemoryJournals implements JournalStore {
  private readonly texts = new Map<string, string[]>();

  async list(): Promise<readonly string[]> {
    return [...this.texts.keys()];
  }

  read(id: string): readonly JournalLine[] {
    return (this.texts.get(id) ?? []).map((text) => JSON.parse(text) as JournalLine);
  }

  /** Lines as they would stand in a file. */
  lines(id: string): readonly string[] {
    return this.texts.get(id) ?? [];
  }

  /** A store with the given lines, for example those of a crashed one, cut short. */
  static of(journals: Readonly<Record<string, readonly string[]>>): MemoryJournals {
    const store = new MemoryJournals();
    for (const [id, lines] of Object.entries(journals)) store.texts.set(id, [...lines]);
    return store;
  }

  open(id: string): JournalWriter {
    let pending: string[] = [];
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return;
      const durable = this.texts.get(id) ?? [];
      for (const text of pending) durable.push(text);
      this.texts.set(id, durable);
      pending = [];
    };
    return { append: (line) => void pending.push(JSON.stringify(line)), flush, close: flush };
  }
}
