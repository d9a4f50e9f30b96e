import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../local/system-time.ts';
import { createTaskRunner, type TaskDescription } from '../../local/tasks.ts';
import { JOB_ID } from '../support/a-job.ts';
import { bundle } from '../support/bundle.ts';
import { MemoryLogs } from '../support/memory-logs.ts';

const root = mkdtempSync(join(tmpdir(), 'bucket-migrator-tasks-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const entry = join(import.meta.dirname, 'fixtures/task.mjs');
const COPY = ['copy', '--job', JOB_ID, '--transfer', 'copy', '--shard', '3'];
const argsOf = (Command: readonly string[]) => ({ Overrides: { ContainerOverrides: [{ Name: 'task', Command }] } });

class Run {
  readonly logs = new MemoryLogs();
  readonly stop = new AbortController();
  readonly readyFile = join(mkdtempSync(join(root, 't-')), 'ready');
  heartbeats = 0;
  readonly ended: Promise<TaskDescription>;

  constructor(mode: string, { graceMs = 10_000, command = COPY } = {}) {
    const env = { PATH: process.env['PATH'], TASK_MODE: mode, TASK_READY_FILE: this.readyFile };
    const options = { entry, dataDirectory: '/data', logs: this.logs, clock: systemClock, env, graceMs };
    const context = { signal: this.stop.signal, heartbeat: () => void (this.heartbeats += 1) };
    this.ended = createTaskRunner(options).runTask(argsOf(command), context);
    this.ended.catch(() => undefined);
  }

  async whenReady(): Promise<number> {
    return await processIdIn(this.readyFile);
  }

  messages(): string[] {
    return this.logs.events.map((event) => event.message);
  }
}

async function processIdIn(file: string): Promise<number> {
  await vi.waitUntil(() => existsSync(file) && readFileSync(file, 'utf8') !== '', { timeout: 10_000, interval: 5 });
  return Number(readFileSync(file, 'utf8'));
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a task as a child process', () => {
  test('is given its command and the documents, and its lines go to the stream of its shard', async () => {
    const run = new Run('ends');

    expect((await run.ended).Containers).toEqual([{ Name: 'task', ExitCode: 0 }]);

    expect(JSON.parse(run.messages()[0] ?? '')).toEqual({ words: COPY, data: '/data' });
    expect(run.logs.events[0]?.stream).toBe(`${JOB_ID}/copy/copy/3`);
    expect(run.heartbeats).toBeGreaterThan(0);
  });

  test.each([
    ['fails', /pause may heal/, 75],
    ['crashes', /crashed with exit code 1/, 1],
    ['is-killed', /killed by SIGKILL/, null],
    ['runs-out-of-memory', /out of memory/, null],
  ])('that %s fails with what happened', async (mode, reason, exitCode) => {
    const run = new Run(mode);

    const error = await run.ended.catch((thrown: unknown) => thrown as Error);

    expect(error).toMatchObject({ name: 'States.TaskFailed' });
    const cause = JSON.parse((error as Error).cause as string) as Record<string, unknown>;
    expect(cause['StoppedReason']).toMatch(reason);
    expect(cause['ExitCode']).toBe(exitCode);
  });

  test('has what it writes to the error output in its log, as errors', async () => {
    const run = new Run('fails');

    await run.ended.catch(() => undefined);

    expect(JSON.parse(run.messages().at(-1) ?? '')).toMatchObject({ level: 'error', message: 'it broke' });
  });

  test('is asked to stop when the flow is, and is gone before the promise settles', async () => {
    const run = new Run('waits');
    const processId = await run.whenReady();

    run.stop.abort(new Error('stopped by a person'));

    await expect(run.ended).rejects.toThrow('stopped by a person');
    expect(isAlive(processId)).toBe(false);
    expect(run.messages()).toContain('stopping');
  });

  test('that does not stop in time is ended', async () => {
    const run = new Run('will-not-stop', { graceMs: 50 });
    const processId = await run.whenReady();

    run.stop.abort(new Error('stopped by a person'));

    await expect(run.ended).rejects.toThrow('stopped by a person');
    expect(isAlive(processId)).toBe(false);
  });

  test('does not outlive a server that is killed', async () => {
    const server = bundle(join(import.meta.dirname, 'fixtures/dies-with-a-task.ts'), join(root, 'server.mjs'));
    const readyFile = join(mkdtempSync(join(root, 't-')), 'ready');
    const env = { PATH: process.env['PATH'], TASK_MODE: 'waits', TASK_READY_FILE: readyFile };
    const parent = spawn(process.execPath, [server, entry, root], { env, stdio: 'ignore' });
    const processId = await processIdIn(readyFile);

    parent.kill('SIGKILL');

    await vi.waitUntil(() => !isAlive(processId), { timeout: 10_000, interval: 5 });
  });

  test('a command that is none is refused before anything runs', async () => {
    await expect(new Run('ends', { command: ['empty'] }).ended).rejects.toThrow(RangeError);
  });
});
