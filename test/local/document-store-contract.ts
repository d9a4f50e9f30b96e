import { describe, expect, test } from 'vitest';
import { DocumentConflictError } from '../../domain/errors.ts';
import type { DocumentStore } from '../../domain/ports.ts';

const text = (body: Uint8Array | undefined): string | undefined => (body ? new TextDecoder().decode(body) : undefined);

async function listed(store: DocumentStore, prefix: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of store.list(prefix)) paths.push(path);
  return paths;
}

/** What every keeper of job documents promises. `openStore` gives an empty one. */
export function describeDocumentStoreContract(name: string, openStore: () => Promise<DocumentStore>): void {
  describe(`job documents: ${name}`, () => {
    test('what was written is read back, byte for byte, with the version that the write told', async () => {
      const store = await openStore();
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);

      const { version } = await store.write('jobs/a/shards/1.jsonl.gz', bytes);

      const read = await store.read('jobs/a/shards/1.jsonl.gz');
      expect([...(read?.body ?? [])]).toEqual([...bytes]);
      expect(read?.version).toBe(version);
    });

    test('a document that was never written is absent, and absent documents can be removed', async () => {
      const store = await openStore();

      await store.remove('jobs/a/request.json');

      expect(await store.read('jobs/a/request.json')).toBeUndefined();
      expect(await store.read('jobs')).toBeUndefined();
    });

    test('an empty document is there, and is not the same as none', async () => {
      const store = await openStore();

      await store.write('shards.jsonl', '');

      expect((await store.read('shards.jsonl'))?.body.length).toBe(0);
      await expect(store.write('shards.jsonl', 'x', { ifAbsent: true })).rejects.toThrow(DocumentConflictError);
    });

    test('of many writers who want to be first, exactly one is', async () => {
      const store = await openStore();

      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, writer) => store.write('leases/aws/b.json', `${writer}`, { ifAbsent: true })),
      );

      const winners = results.flatMap((result, writer) => (result.status === 'fulfilled' ? [writer] : []));
      expect(winners).toHaveLength(1);
      expect(text((await store.read('leases/aws/b.json'))?.body)).toBe(`${winners[0]}`);
    });

    test('a write over a version that is gone is refused and changes nothing', async () => {
      const store = await openStore();
      const first = await store.write('progress.json', '1');
      await store.write('progress.json', '2', { ifVersion: first.version });

      const late = store.write('progress.json', '3', { ifVersion: first.version });

      await expect(late).rejects.toThrow(DocumentConflictError);
      expect(text((await store.read('progress.json'))?.body)).toBe('2');
    });

    test('a write over a version of a document that was removed is refused', async () => {
      const store = await openStore();
      const { version } = await store.write('a.json', '1');
      await store.remove('a.json');

      await expect(store.write('a.json', '2', { ifVersion: version })).rejects.toThrow(DocumentConflictError);
    });

    test('a document that another has written meanwhile is not removed on condition of its version', async () => {
      const store = await openStore();
      const first = await store.write('a.json', '1');
      const second = await store.write('a.json', '2');

      await expect(store.remove('a.json', { ifVersion: first.version })).rejects.toThrow(DocumentConflictError);
      expect(text((await store.read('a.json'))?.body)).toBe('2');
      await store.remove('a.json', { ifVersion: second.version });
      await store.remove('a.json', { ifVersion: second.version });

      expect(await store.read('a.json')).toBeUndefined();
    });

    test('twenty writers who each add one to a counter lose none', async () => {
      const store = await openStore();
      await store.write('counter.json', '0');

      await Promise.all(Array.from({ length: 20 }, () => addOne(store)));

      expect(text((await store.read('counter.json'))?.body)).toBe('20');
    });

    test('a prefix lists every document under it once, in ascending order, and no other', async () => {
      const store = await openStore();
      const paths = ['a/1.json', 'a/10.json', 'a/2.json', 'a-b/1.json', 'a.json', 'a/1/x.json', 'b/1.json'];
      for (const path of paths) await store.write(path, path);

      expect(await listed(store, 'a')).toEqual(
        ['a-b/1.json', 'a.json', 'a/1.json', 'a/1/x.json', 'a/10.json', 'a/2.json'].sort(),
      );
      expect(await listed(store, 'a/')).toEqual(['a/1.json', 'a/1/x.json', 'a/10.json', 'a/2.json']);
      expect(await listed(store, 'a/1')).toEqual(['a/1.json', 'a/1/x.json', 'a/10.json']);
      expect(await listed(store, 'nothing/')).toEqual([]);
      expect(await listed(store, '')).toHaveLength(paths.length);
    });
  });
}

async function addOne(store: DocumentStore): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const current = await store.read('counter.json');
    try {
      await store.write('counter.json', `${Number(text(current?.body)) + 1}`, { ifVersion: current?.version ?? '' });
      return;
    } catch (error) {
      if (!(error instanceof DocumentConflictError)) throw error;
    }
  }
}
