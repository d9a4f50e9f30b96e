import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConnection } from '../../domain/connection.ts';
import type { Clock, EpochMs } from '../../domain/time.ts';
import { readConnectionsFile } from '../../local/connections-file.ts';
import { ProgressKeeper } from '../../local/progress-keeper.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup } from '../../local/sandbox-accounts.ts';
import { every } from '../../local/ticker.ts';

describe('the numbers of running jobs', () => {
  test('are taken at every look, and once more after a job has ended', async () => {
    let running = ['one', 'two'];
    const looks: string[] = [];
    const keeper = new ProgressKeeper({
      runningJobs: () => running,
      update: async (jobId) => looks.push(jobId),
      onProblem: () => undefined,
    });

    await keeper.look();
    running = ['two'];
    await keeper.look();
    await keeper.look();

    expect(looks).toEqual(['one', 'two', 'two', 'one', 'two']);
  });

  test('of one job that cannot be read do not keep the others from theirs', async () => {
    const problems: unknown[] = [];
    const looks: string[] = [];
    const keeper = new ProgressKeeper({
      runningJobs: () => ['broken', 'fine'],
      update: async (jobId) => {
        if (jobId === 'broken') throw new Error(jobId);
        looks.push(jobId);
      },
      onProblem: (problem) => problems.push(problem),
    });

    await keeper.look();

    expect([looks, problems]).toEqual([['fine'], [new Error('broken')]]);
  });

  test('of many jobs are not all taken at once', async () => {
    let [atOnce, most] = [0, 0];
    const keeper = new ProgressKeeper({
      runningJobs: () => Array.from({ length: 50 }, (_, index) => `job ${index}`),
      update: async () => {
        most = Math.max(most, ++atOnce);
        await Promise.resolve();
        atOnce -= 1;
      },
      onProblem: () => undefined,
    });

    await keeper.look();

    expect(most).toBe(4);
  });
});

test('repeated work goes on after a failure, never beside itself, and ends when it is stopped', async () => {
  const problems: unknown[] = [];
  let [atOnce, most, times] = [0, 0, 0];
  let enough: () => void;
  const threeTimes = new Promise<void>((resolve) => (enough = resolve));
  const clock: Clock = { nowMs: () => 0 as EpochMs, sleep: async (_waitMs, signal) => void signal?.throwIfAborted() };

  const ticker = every(
    1000,
    async () => {
      most = Math.max(most, ++atOnce);
      times += 1;
      await Promise.resolve();
      atOnce -= 1;
      if (times === 3) enough();
      if (times === 1) throw new Error('the first time');
    },
    clock,
    (problem) => problems.push(problem),
  );
  await threeTimes;
  await ticker.stop();
  const timesAtStop = times;
  await Promise.resolve();

  expect([most, problems.length, times]).toEqual([1, 1, timesAtStop]);
});

describe('the sandbox', () => {
  const secrets = newSandboxSecrets({ next: () => 0, hex: (digits) => 'a'.repeat(digits) });

  test('has connections that the product itself accepts', () => {
    const connections = sandboxConnections(secrets, 'http://127.0.0.1:1234');

    expect(connections.map((one) => parseConnection(one).name)).toEqual(['sandbox-a', 'sandbox-b']);
  });

  test('lets the product delete what a migration must, and no version that is locked', () => {
    const policies = sandboxSetup(secrets).accounts.flatMap(({ roles }) => roles.flatMap((role) => role.policies));
    const destructive = JSON.stringify(policies).match(/"s3:(\*|Delete[^"]*|Bypass[^"]*|AbortMultipart[^"]*)"/g);

    expect([...new Set(destructive)].sort()).toEqual([
      '"s3:AbortMultipartUpload"',
      '"s3:DeleteBucket"',
      '"s3:DeleteBucketPolicy"',
      '"s3:DeleteBucketWebsite"',
      '"s3:DeleteObject"',
      '"s3:DeleteObjectVersion"',
    ]);
  });
});

describe('a file of connections', () => {
  const read = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'connections-'));
    try {
      const file = join(folder, 'mine.json');
      await writeFile(file, text);
      return await readConnectionsFile(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const one = { name: 'mine', kind: 'aws', region: 'eu-west-1', profile: 'work' };

  test.each([JSON.stringify([one]), JSON.stringify({ connections: [one] })])('may be %s', async (text) => {
    expect(await read(text)).toEqual([one]);
  });

  test.each([
    ['{', 'it is not JSON'],
    ['{}', 'it holds no list "connections"'],
    ['[{}]', 'connections.0.name'],
    [JSON.stringify([one, { ...one, region: 'nowhere' }]), 'connections.1.region'],
  ])('%s is refused with the reason', async (text, reason) => {
    await expect(read(text)).rejects.toThrow(reason);
  });

  test('that is not there is named', async () => {
    await expect(readConnectionsFile('/nowhere/mine.json')).rejects.toThrow('/nowhere/mine.json cannot be used');
  });
});
