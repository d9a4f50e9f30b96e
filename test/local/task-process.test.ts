import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { jsonText, readJson } from '../../domain/document-access.ts';
import {
  paths,
  type JobDocument,
  type PlanSummary,
  type ReportDocument,
  type ShardResult,
} from '../../domain/job-documents.ts';
import { parseJobRequest } from '../../domain/job-request.ts';
import { formatTaskCommand } from '../../domain/task-command.ts';
import type { TaskCommand } from '../../domain/ports.ts';
import { steps } from '../../functions/steps/index.ts';
import { openConnections } from '../../local/connections.ts';
import { credentialsOf } from '../../local/credentials.ts';
import { openFileLogs } from '../../local/logs.ts';
import { newSandboxSecrets, sandboxConnections, sandboxSetup } from '../../local/sandbox-accounts.ts';
import { startSandboxServer } from '../../local/sandbox/http-server.ts';
import { seedSamples } from '../../local/sandbox/samples.ts';
import { SandboxWorld } from '../../local/sandbox/world.ts';
import { openDirectoryStore } from '../../local/store.ts';
import { systemClock, systemRandom } from '../../local/system-time.ts';
import { createTaskRunner, DATA_DIRECTORY_VARIABLE } from '../../local/tasks.ts';
import { createStorageAccess } from '../../s3/access.ts';
import { bundle } from '../support/bundle.ts';

const JOB_ID = 'copy-20261120-0123456789ab';
const root = mkdtempSync(join(tmpdir(), 'bucket-migrator-process-'));
const entry = join(root, 'task.mjs');
let sandbox: Awaited<ReturnType<typeof startSandboxServer>>;

beforeAll(async () => {
  bundle(join(import.meta.dirname, '../../local/task-main.ts'), entry);
  const secrets = newSandboxSecrets(systemRandom);
  const world = new SandboxWorld({ setup: sandboxSetup(secrets), clock: systemClock, random: systemRandom });
  seedSamples(world);
  sandbox = await startSandboxServer(world, {});
  for (const connection of sandboxConnections(secrets, sandbox.url))
    await openConnections(openDirectoryStore(root)).put(connection);
}, 60_000);
afterAll(async () => {
  await sandbox.close();
  rmSync(root, { recursive: true, force: true });
});

describe('tasks as built, between two accounts of the built-in S3', () => {
  const documents = openDirectoryStore(root);
  const logs = openFileLogs(join(root, 'logs'));
  const connections = openConnections(documents);
  const storage = createStorageAccess({ connections, credentialsOf, clock: systemClock, random: systemRandom });
  const ports = { documents, storage, connections, clock: systemClock, random: systemRandom };
  const runner = createTaskRunner({ entry, dataDirectory: root, logs, clock: systemClock });
  const context = { signal: new AbortController().signal, heartbeat: () => undefined };
  const runTask = (command: TaskCommand) =>
    runner.runTask({ Overrides: { ContainerOverrides: [{ Command: formatTaskCommand(command) }] } }, context);

  test('every odd key arrives, is verified, and nothing of ours is left behind', { timeout: 60_000 }, async () => {
    const request = parseJobRequest({
      kind: 'copy',
      source: { connection: 'sandbox-a', bucket: 'sample-odd-keys' },
      destination: { connection: 'sandbox-b', bucket: 'copied-odd-keys' },
      options: { compareAttributes: 'every' },
    });
    const job: JobDocument = { id: JOB_ID, request, createdAtMs: systemClock.nowMs(), createdBy: 'test' };
    await documents.write(paths.request(JOB_ID), jsonText(job));
    const transfer = { jobId: JOB_ID, transfer: 'copy' } as const;

    await steps.checkRequest({ jobId: JOB_ID }, ports);
    await steps.createDestinationBucket({ jobId: JOB_ID }, ports);
    await steps.grantAccess(transfer, ports);
    await runTask({ task: 'plan', ...transfer });
    expect(await steps.readPlan(transfer, ports)).toMatchObject({ round: 1, pendingShardCount: 1 });
    await runTask({ task: 'copy', shard: 1, ...transfer });
    await runTask({ task: 'verify', ...transfer });
    expect(await steps.readVerdict(transfer, ports)).toMatchObject({ verdict: 'equal' });
    await steps.revokeAccess({ jobId: JOB_ID }, ports);
    await steps.finishJob({ jobId: JOB_ID }, ports);

    const report = await readJson<ReportDocument>(documents, paths.report(JOB_ID));
    const result = await readJson<ShardResult>(documents, paths.result(JOB_ID, 'copy', 1));
    expect(result).toMatchObject({ isDone: true, attempt: 1, failedCount: 0 });
    expect(report).toMatchObject({ outcome: 'verified', grantsOutstanding: [], uploadsOutstandingCount: 0 });
    expect(report?.verdict?.verifiedCount).toBe(report?.plan?.sourceCount);
    expect(report?.copiedCount).toBeGreaterThan(20);
  });

  test(
    'a shard that is ended in every way there is goes on each time and loses nothing',
    { timeout: 60_000 },
    async () => {
      const jobId = 'copy-20261120-ba9876543210';
      const request = parseJobRequest({
        kind: 'copy',
        source: { connection: 'sandbox-a', bucket: 'sample-photos' },
        destination: { connection: 'sandbox-b', bucket: 'copied-photos' },
        options: { batchObjectCountMax: 8, inFlightMax: 4 },
      });
      const job: JobDocument = { id: jobId, request, createdAtMs: systemClock.nowMs(), createdBy: 'test' };
      await documents.write(paths.request(jobId), jsonText(job));
      const transfer = { jobId, transfer: 'copy' } as const;
      await steps.checkRequest({ jobId }, ports);
      await steps.createDestinationBucket({ jobId }, ports);
      await steps.grantAccess(transfer, ports);
      await runTask({ task: 'plan', ...transfer });

      const endings = [
        (task: ChildProcess) => void task.kill('SIGKILL'),
        (task: ChildProcess) => void task.kill('SIGTERM'),
        (task: ChildProcess) => task.disconnect(), // what a task sees when its server is killed
      ];
      for (const end of endings) await endMidway(jobId, end);
      const before = await readJson<ShardResult>(documents, paths.result(jobId, 'copy', 1));
      await runTask({ task: 'copy', shard: 1, ...transfer });
      await runTask({ task: 'verify', ...transfer });

      expect(before).toMatchObject({ attempt: 3, isDone: false });
      const result = await readJson<ShardResult>(documents, paths.result(jobId, 'copy', 1));
      const plan = await readJson<PlanSummary>(documents, paths.planSummary(jobId, 'copy'));
      expect(result).toMatchObject({ attempt: 4, isDone: true, copiedCount: plan?.totalCount });
      expect(await steps.readVerdict(transfer, ports)).toMatchObject({ verdict: 'equal' });
    },
  );

  /** Starts the shard's task and ends it as told, as soon as it has gone on by a few batches. */
  async function endMidway(jobId: string, end: (task: ChildProcess) => void): Promise<void> {
    const doneCount = async () =>
      (await readJson<ShardResult>(documents, paths.result(jobId, 'copy', 1)))?.doneCount ?? 0;
    const before = await doneCount();
    const words = formatTaskCommand({ task: 'copy', jobId, transfer: 'copy', shard: 1 });
    const task = spawn(process.execPath, [entry, ...words], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { PATH: process.env['PATH'], [DATA_DIRECTORY_VARIABLE]: root },
    });
    const ended = once(task, 'exit');
    await vi.waitUntil(async () => (await doneCount()) >= before + 16, { timeout: 20_000, interval: 2 });
    end(task);
    await ended;
  }

  test('a copy in which nothing goes wrong logs no error', async () => {
    const events = await logs.tail(`${JOB_ID}/`, 1000);

    const levels = events.map((event) => JSON.parse(event.message) as { level: string; message?: string });
    expect(levels.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('keys and secrets are in no log, and the connections are for their owner only', async () => {
    const [connection] = await connections.list();
    const events = await logs.tail(`${JOB_ID}/`, 1000);

    expect(events.length).toBeGreaterThan(0);
    expect(events.filter((event) => event.message.includes(connection?.secretAccessKey ?? ''))).toEqual([]);
    expect(statSync(join(root, 'connections.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(root, 'connections.json'), 'utf8')).toContain('sandbox-b');
  });
});
