import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDirectory } from '../../local/data-lock.ts';
import { readServerFile, writeServerFile } from '../../local/server-file.ts';

let directory: string;
beforeEach(async () => (directory = join(await mkdtemp(join(tmpdir(), 'data-')), 'data')));
afterEach(() => rm(join(directory, '..'), { recursive: true }));

test('a data directory is used by one server at a time, and the second is told where the first is', async () => {
  const lock = await lockDataDirectory(directory);
  await writeServerFile(directory, { port: 4711, token: 'secret', pid: process.pid });

  const second = lockDataDirectory(directory);

  await expect(second).rejects.toThrow('http://127.0.0.1:4711');
  await expect(second).rejects.not.toThrow('secret');
  await lock.release();
  await (await lockDataDirectory(directory)).release();
});

test('after kill -9 the next server takes the directory over', async () => {
  await (await lockDataDirectory(directory)).release();
  const dead = spawn(process.execPath, ['-e', '']);
  await once(dead, 'exit');
  await writeFile(join(directory, 'in-use.json'), JSON.stringify({ pid: dead.pid, startTicks: '1', nonce: 'x' }));

  await (await lockDataDirectory(directory)).release();
});

test.runIf(process.platform === 'linux')(
  'a process that has the number of a dead server does not keep the directory',
  async () => {
    await (await lockDataDirectory(directory)).release();
    const reused = { pid: process.pid, startTicks: 'of another process', nonce: 'x' };
    await writeFile(join(directory, 'in-use.json'), JSON.stringify(reused));

    await (await lockDataDirectory(directory)).release();
  },
);

test('of servers that start at once over a dead one, one gets the directory', async () => {
  await (await lockDataDirectory(directory)).release();
  await writeFile(join(directory, 'in-use.json'), '{"pid":');

  const results = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDirectory(directory)));

  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('the token is readable by its owner only, and a cut file is no server', async () => {
  await writeServerFile(directory, { port: 1, token: 't', pid: 2 });
  const file = join(directory, 'server.json');

  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await readServerFile(directory)).toEqual({ port: 1, token: 't', pid: 2 });
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 10));
  expect(await readServerFile(directory)).toBeUndefined();
});
