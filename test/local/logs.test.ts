import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { EpochMs } from '../../domain/time.ts';
import { openFileLogs } from '../../local/logs.ts';
import { MemoryLogs } from '../support/memory-logs.ts';
import { describeTaskLogsContract } from './task-logs-contract.ts';

const root = mkdtempSync(join(tmpdir(), 'bucket-migrator-logs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newDirectory = (): string => mkdtempSync(join(root, 'l-'));
const ms = (value: number): EpochMs => value as EpochMs;

describeTaskLogsContract('files in a directory', async () => openFileLogs(newDirectory()));
describeTaskLogsContract('memory, for tests', async () => new MemoryLogs());

describe('log files', () => {
  test('a line that a crash cut short is passed over, and what follows it is found', async () => {
    const directory = newDirectory();
    await openFileLogs(directory).append('job/copy/copy/1', 'first', ms(1));
    appendFileSync(join(directory, 'job/copy/copy/1.jsonl'), '{"at":2,"m":"cut sh');

    const logs = openFileLogs(directory);
    await logs.append('job/copy/copy/1', 'third', ms(3));

    expect((await logs.tail('job/', 9)).map((event) => event.message)).toEqual(['first', 'third']);
  });

  test('a look at the newest minute reads the file from where the last look ended', async () => {
    const directory = newDirectory();
    const logs = openFileLogs(directory);
    for (let at = 0; at < 200; at += 1) await logs.append('job/copy/copy/1', 'x'.repeat(2000), ms(at));
    for await (const _event of logs.read('job/', ms(0), ms(1000)));
    const file = join(directory, 'job/copy/copy/1.jsonl');
    await logs.append('job/copy/copy/1', 'new', ms(500));
    blank(file, 0.5); // the older half would be no events any more, if it were read again

    const seen: string[] = [];
    for await (const event of logs.read('job/', ms(400), ms(1000))) seen.push(event.message);

    expect(seen).toEqual(['new']);
  });

  test('only the person who runs the product can read the logs', async () => {
    const directory = newDirectory();
    await openFileLogs(directory).append('job/copy/copy/1', 'x', ms(1));

    expect(statSync(join(directory, 'job/copy/copy/1.jsonl')).mode & 0o777).toBe(0o600);
  });

  test('a stream cannot be named out of the directory', async () => {
    await expect(openFileLogs(newDirectory()).append('../x', 'x', ms(1))).rejects.toThrow(RangeError);
  });
});

/** Replaces the first part of the file by zeros, keeping its length. */
function blank(file: string, part: number): void {
  const sizeBytes = statSync(file).size;
  const tail = readFileSync(file).subarray(Math.floor(sizeBytes * part));
  truncateSync(file, 0);
  truncateSync(file, Math.floor(sizeBytes * part));
  appendFileSync(file, tail);
}
