import type { JournalStore, JournalWriter } from '../../local/engine/journal.ts';

/** A store whose disk work can be waited for, so that a virtual clock does not move while a file is being written. */
export class WatchedJournals implements JournalStore {
  private readonly inner: JournalStore;
  private busyCount = 0;

  constructor(inner: JournalStore) {
    this.inner = inner;
  }

  list(): Promise<readonly string[]> {
    return this.inner.list();
  }

  read(id: string): ReturnType<JournalStore['read']> {
    return this.inner.read(id);
  }

  open(id: string): JournalWriter {
    const writer = this.inner.open(id);
    return {
      append: (line) => writer.append(line),
      flush: () => this.watch(writer.flush()),
      close: () => this.watch(writer.close()),
    };
  }

  private async watch(work: Promise<void>): Promise<void> {
    this.busyCount += 1;
    try {
      await work;
    } finally {
      this.busyCount -= 1;
    }
  }

  /** For the clock's `idle`: resolves when no file is being written and nothing else is left to do. */
  readonly idle = async (): Promise<void> => {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.busyCount > 0);
  };
}
