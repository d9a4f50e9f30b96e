import { createHash } from 'node:crypto';
import { DocumentConflictError } from '../../domain/errors.ts';
import type { DocumentStore, StoredDocument, WriteCondition } from '../../domain/ports.ts';

const encoder = new TextEncoder();

/** Job documents in memory. `beforeWrite` may throw, to stand for a crash or for another writer getting in between. */
export class MemoryStore implements DocumentStore {
  readonly documents = new Map<string, Uint8Array>();
  readonly writes: string[] = [];
  beforeWrite: ((path: string, body: string | Uint8Array) => void | Promise<void>) | undefined;

  async read(path: string): Promise<StoredDocument | undefined> {
    const body = this.documents.get(path);
    return body ? { body, version: versionOf(body) } : undefined;
  }

  async write(path: string, body: string | Uint8Array, condition?: WriteCondition): Promise<{ version: string }> {
    await this.beforeWrite?.(path, body);
    const current = this.documents.get(path);
    if (condition && !holds(condition, current)) throw new DocumentConflictError(`${path} was written by another`);
    const bytes = typeof body === 'string' ? encoder.encode(body) : Uint8Array.from(body);
    this.documents.set(path, bytes);
    this.writes.push(path);
    return { version: versionOf(bytes) };
  }

  async *list(prefix: string): AsyncGenerator<string> {
    const found = [...this.documents.keys()].filter((path) => path.startsWith(prefix));
    yield* found.sort();
  }

  async remove(path: string, condition?: { ifVersion: string }): Promise<void> {
    const current = this.documents.get(path);
    if (condition && current && !holds(condition, current))
      throw new DocumentConflictError(`${path} was written by another`);
    this.documents.delete(path);
  }

  /** The document as JSON, or undefined. */
  json<T>(path: string): T | undefined {
    const body = this.documents.get(path);
    return body ? (JSON.parse(new TextDecoder().decode(body)) as T) : undefined;
  }
}

const versionOf = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');

const holds = (condition: WriteCondition, current: Uint8Array | undefined): boolean =>
  'ifAbsent' in condition ? current === undefined : current !== undefined && versionOf(current) === condition.ifVersion;
