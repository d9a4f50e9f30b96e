import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openDirectoryStore } from '../../local/store.ts';
import { bundle } from '../support/bundle.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { describeDocumentStoreContract } from './document-store-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'bucket-migrator-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(root, 's-'));

describeDocumentStoreContract('a directory', async () => openDirectoryStore(newDirectory()));
describeDocumentStoreContract('memory, for tests', async () => new MemoryStore());

describe('the directory of job documents', () => {
  test.each(['../a.json', '/etc/passwd', 'a/../../b', 'a//b', '', 'a/', '.hidden', 'a/.lock', 'a\\b', 'a\0b', 'a/é'])(
    'the path %j is refused before any file is touched',
    async (path) => {
      const directory = newDirectory();
      const store = openDirectoryStore(directory);

      await expect(store.write(path, 'x')).rejects.toThrow(RangeError);
      await expect(store.read(path)).rejects.toThrow(RangeError);

      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test('only the person who runs the product can read its documents', async () => {
    const directory = newDirectory();

    await openDirectoryStore(directory).write('jobs/a/request.json', '{}');

    expect(statSync(join(directory, 'jobs/a/request.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'jobs')).mode & 0o777).toBe(0o700);
  });

  test('a lock that a killed process left behind does not stop the next writer', async () => {
    const directory = newDirectory();
    const gone = fork(join(import.meta.dirname, 'fixtures/exits-at-once.mjs'));
    await once(gone, 'exit');
    writeFileSync(join(directory, '.a.json.lock'), `${gone.pid} 0123456789abcdef`);

    await openDirectoryStore(directory).write('a.json', '1');

    expect(readdirSync(directory)).toEqual(['a.json']);
  });

  test('several processes that add to one counter lose nothing', { timeout: 60_000 }, async () => {
    const directory = newDirectory();
    await openDirectoryStore(directory).write('counter.json', '0');

    const entry = bundle(join(import.meta.dirname, 'fixtures/counts-to.ts'), join(root, 'counts-to.mjs'));
    const writers = Array.from({ length: 3 }, () => fork(entry, [directory, '30']));
    const codes = await Promise.all(writers.map(async (writer) => ((await once(writer, 'exit')) as [number])[0]));

    expect(codes).toEqual([0, 0, 0]);
    const counter = await openDirectoryStore(directory).read('counter.json');
    expect(new TextDecoder().decode(counter?.body)).toBe('90');
    expect(readdirSync(directory)).toEqual(['counter.json']);
  });
});
